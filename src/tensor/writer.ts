import { WorldloomError } from "../core/errors.ts";
import {
  type Cumulation,
  cumulations,
  FLAG_ROWS,
  HEADER_WORDS,
  type Instruction,
  instructions,
  PROGRAM_MAGIC,
  type PutKind,
  putKinds,
  REGISTERS_MAX,
  type Reduction,
  reductions,
  STEP_WORDS,
  type Step,
  steps,
  tensorTypeCode,
} from "../native/tensor/format.ts";
import type { DType } from "./dtype.ts";
import type { Emitter } from "./emitter.ts";
import type { Graph } from "./graph.ts";
import type { Operand } from "./operand.ts";
import type { Registers } from "./registers.ts";
import { leadingFactor, type Shape } from "./shape.ts";

/** An elementwise program to be written. */
export interface Fused {
  readonly inputs: readonly Operand[];
  readonly outputs: readonly Operand[];
  readonly body: (registers: Registers, inputs: readonly number[]) => readonly number[];
}

export interface DotOptions {
  readonly accumulate?: boolean;
  /** The second operand never changes between runs. */
  readonly constant?: boolean;
  /** Register 0 is the result; `inputs` are the registers after it. */
  readonly epilogue?: Fused;
}

/** Where intermediates lie, and how graphs inside instructions are written: what differs between eager and plans. */
export interface Surroundings {
  temporary(dtype: DType, dims: Shape): Operand;
  graph: Emitter["graph"];
}

const opcodes = Object.fromEntries(instructions.map((name, code) => [name, code])) as Record<Instruction, number>;
const stepCodes = Object.fromEntries(steps.map((name, code) => [name, code])) as Record<Step, number>;
const number = new DataView(new ArrayBuffer(8));

/** Writes a program, instruction by instruction, in the words of `native/tensor/format.ts`. */
export class ProgramWriter implements Emitter {
  words = new Uint32Array(256);
  length = HEADER_WORDS;
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  /** Begins anew. */
  clear(): void {
    this.length = HEADER_WORDS;
  }

  /** The whole program. It is valid until the next word is written. */
  finish(leadingMax = 0, slots = 0, slotTable = 0, localBytes = 0): Uint32Array {
    this.words.set([PROGRAM_MAGIC, this.length, leadingMax, slots, slotTable, localBytes]);
    return this.words.subarray(0, this.length);
  }

  temporary(dtype: DType, dims: Shape): Operand {
    return this.#around.temporary(dtype, dims);
  }

  graph(graph: Graph, inputs: readonly Operand[], outputs: readonly (Operand | undefined)[]): readonly Operand[] {
    return this.#around.graph(graph, inputs, outputs);
  }

  fuse(inputs: readonly Operand[], outputs: readonly Operand[], body: Fused["body"]): void {
    this.#fused({ inputs, outputs, body }, undefined);
  }

  copy(input: Operand, output: Operand): void {
    this.fuse([input], [output], (registers, [from]) => [
      input.dtype === output.dtype
        ? (from as number)
        : registers.step("cast", input.dtype, output.dtype, [from as number], tensorTypeCode[output.dtype]),
    ]);
  }

  fill(output: Operand, value: number): void {
    this.fuse([], [output], (registers) => [registers.constant(value, output.dtype)]);
  }

  reduce(kind: Reduction, axes: readonly number[], input: Operand, output: Operand): void {
    const mask = axes.reduce((bits, axis) => bits | (1 << axis), 0);
    this.#instruction("reduce", [reductions.indexOf(kind), mask], [input, output]);
  }

  cumulate(kind: Cumulation, axis: number, reverse: boolean, input: Operand, output: Operand): void {
    this.#instruction("cumulate", [cumulations.indexOf(kind), axis, reverse ? 1 : 0], [input, output]);
  }

  dot(a: Operand, b: Operand, output: Operand, accumulate = false): void {
    this.dotWith(a, b, output, { accumulate });
  }

  dotWith(a: Operand, b: Operand, output: Operand, { accumulate, constant, epilogue }: DotOptions): void {
    const at = this.#begin("dot");
    this.#word((constant ? 1 : 0) | (accumulate ? 2 : 0));
    this.#operands([a, b, output]);
    if (epilogue === undefined) this.#word(0);
    else this.#fused(epilogue, output.dtype);
    this.#end(at);
  }

  take(axis: number, source: Operand, indices: Operand, output: Operand): void {
    this.#instruction("take", [axis], [source, indices, output]);
  }

  takeAlong(axis: number, source: Operand, indices: Operand, output: Operand): void {
    this.#instruction("takeAlong", [axis], [source, indices, output]);
  }

  put(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void {
    this.#instruction("put", [axis, putKinds.indexOf(kind)], [target, indices, updates]);
  }

  putAlong(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void {
    this.#instruction("putAlong", [axis, putKinds.indexOf(kind)], [target, indices, updates]);
  }

  sort(descending: boolean, input: Operand, values: Operand, indices: Operand): void {
    this.#instruction("sort", [descending ? 1 : 0], [input, values, indices]);
  }

  slice(axis: number, source: Operand, start: Operand, output: Operand): void {
    this.#instruction("slice", [axis], [source, start, output]);
  }

  update(axis: number, target: Operand, start: Operand, source: Operand): void {
    this.#instruction("update", [axis], [target, start, source]);
  }

  cholesky(input: Operand, output: Operand): void {
    this.#instruction("cholesky", [], [input, output]);
  }

  lu(input: Operand, output: Operand, pivots: Operand): void {
    this.#instruction("lu", [], [input, output, pivots]);
  }

  triangular(upper: boolean, unit: boolean, matrix: Operand, right: Operand, output: Operand): void {
    this.#instruction("triangular", [(upper ? 1 : 0) | (unit ? 2 : 0)], [matrix, right, output]);
  }

  load(columns: number, table: number, output: Operand): void {
    this.#instruction("load", [columns, table], [output]);
  }

  store(columns: number, table: number, source: Operand): void {
    this.#instruction("store", [columns, table], [source]);
  }

  /** `extent` may be a multiple of `LEADING`. */
  rows(extent: number, blockRows: number, body: () => void): void {
    const at = this.#begin("rows");
    const factor = leadingFactor(extent);
    this.#word(factor === 0 ? extent : factor);
    this.#word(factor === 0 ? 0 : 1);
    this.#word(blockRows);
    this.#block(body);
    this.#end(at);
  }

  loop(count: number, counter: Operand, body: () => void): void {
    const at = this.#begin("loop");
    this.#word(count);
    const size = this.#reserve();
    this.#operands([counter]);
    this.#fill(size, body);
    this.#end(at);
  }

  while(condition: Operand, test: () => void, body: () => void): void {
    const at = this.#begin("while");
    const testSize = this.#reserve();
    const bodySize = this.#reserve();
    this.#operands([condition]);
    this.#fill(testSize, test);
    this.#fill(bodySize, body);
    this.#end(at);
  }

  branch(selector: Operand, branches: readonly (() => void)[]): void {
    const at = this.#begin("branch");
    this.#word(branches.length);
    const sizes = branches.map(() => this.#reserve());
    this.#operands([selector]);
    for (const [i, body] of branches.entries()) this.#fill(sizes[i] as number, body);
    this.#end(at);
  }

  #instruction(name: Instruction, words: readonly number[], operands: readonly Operand[]): void {
    const at = this.#begin(name);
    for (const word of words) this.#word(word);
    this.#operands(operands);
    this.#end(at);
  }

  /** `result` is the type of register 0 of an epilogue, undefined for a program of its own. */
  #fused({ inputs, outputs, body }: Fused, result: DType | undefined): void {
    const at = this.#begin("fuse");
    const types = inputs.map(({ dtype }) => dtype);
    const list = new StepList(result === undefined ? types : [result, ...types]);
    const results = body(list, Array.from(list.types.keys()));
    this.#word(inputs.length);
    this.#word(outputs.length);
    this.#word(list.count);
    this.#word(list.types.length);
    this.#operands(inputs);
    this.#operands(outputs);
    for (const word of list.words) this.#word(word);
    for (const register of results) this.#word(register);
    this.#end(at);
  }

  #operands(operands: readonly Operand[]): void {
    for (const { dtype, dims, strides, offset, slot, space, rows } of operands) {
      this.#word(tensorTypeCode[dtype] | (dims.length << 8) | (space << 16) | (slot << 24));
      const flagsAt = this.length;
      let flags = rows ? FLAG_ROWS : 0;
      this.#word(0);
      this.#word(offset);
      for (let axis = 0; axis < dims.length; axis++) {
        const extent = dims[axis] as number;
        const stride = strides[axis] as number;
        const extentFactor = leadingFactor(extent);
        const strideFactor = leadingFactor(stride);
        if (extentFactor !== 0) flags |= 1 << axis;
        if (strideFactor !== 0) flags |= 1 << (8 + axis);
        this.#word(extentFactor || extent);
        this.#word(strideFactor || stride);
      }
      this.words[flagsAt] = flags;
    }
  }

  #begin(name: Instruction): number {
    const at = this.length;
    this.#word(opcodes[name]);
    this.#word(0);
    return at;
  }

  #end(at: number): void {
    this.words[at + 1] = this.length - at;
  }

  #block(body: () => void): void {
    this.#fill(this.#reserve(), body);
  }

  #reserve(): number {
    this.#word(0);
    return this.length - 1;
  }

  #fill(sizeAt: number, body: () => void): void {
    const from = this.length;
    body();
    this.words[sizeAt] = this.length - from;
  }

  #word(value: number): void {
    if (this.length === this.words.length) {
      const larger = new Uint32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words[this.length++] = value;
  }
}

/** Steps of one elementwise program. */
class StepList implements Registers {
  readonly types: DType[];
  readonly words: number[] = [];

  constructor(types: readonly DType[]) {
    this.types = [...types];
  }

  get count(): number {
    return this.words.length / STEP_WORDS;
  }

  typeOf(register: number): DType {
    return this.types[register] as DType;
  }

  constant(value: number, dtype: DType): number {
    number.setFloat64(0, value, true);
    return this.#push("constant", dtype, dtype, [], 0, number.getUint32(0, true), number.getUint32(4, true));
  }

  step(step: Step, dtype: DType, result: DType, operands: readonly number[], extra = 0): number {
    return this.#push(step, dtype, result, operands, extra, 0, 0);
  }

  #push(
    step: Step,
    dtype: DType,
    result: DType,
    [a = 0, b = 0, c = 0]: readonly number[],
    extra: number,
    low: number,
    high: number,
  ): number {
    const target = this.types.length;
    if (target >= REGISTERS_MAX)
      throw new WorldloomError(
        "tensor-plan",
        `An elementwise program has more than ${REGISTERS_MAX} registers; split it.`,
        {},
      );
    this.types.push(result);
    this.words.push(
      stepCodes[step] | (tensorTypeCode[dtype] << 8) | (target << 16),
      a | (b << 16),
      c | (extra << 16),
      low,
      high,
    );
    return target;
  }
}
