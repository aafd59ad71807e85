import { WorldloomError } from "../../core/errors.ts";
import { SPACE_LOCAL, SPACE_MEMORY } from "../../native/tensor/format.ts";
import { type Block, currentArena, type TensorArena } from "../arena.ts";
import { checkFunction } from "../argument.ts";
import { bytesOf, type DType } from "../dtype.ts";
import { operandOf } from "../eager.ts";
import type { Operand } from "../operand.ts";
import { scope } from "../scope.ts";
import { isContiguous, LEADING, leadingFactor, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { stage } from "../trace/stage.ts";
import { type Tree, treeLeaves, treeLike } from "../tree.ts";
import { ProgramWriter } from "../writer.ts";
import { Buffer, bufferOf, type PlanOperand } from "./buffer.ts";
import { tableWords } from "./columns.ts";
import { asValue, matchDonated } from "./donation.ts";
import { explainList } from "./explain.ts";
import { everyOperand, type PlanInstruction } from "./instruction.ts";
import { copyTogether, lowerGraph } from "./lowering.ts";
import { Plan } from "./plan.ts";
import { Recorder } from "./recorder.ts";
import { bytesOfRow, intoRowBlocks, isRowBlock, type Scheduled } from "./rows.ts";
import { simplify } from "./simplify.ts";
import { asSpec, type Spec, type Traced } from "./spec.ts";
import { type Lifetime, planMemory } from "./workspace.ts";

/** One result of a plan: which memory it is in. */
export interface PlanOutput {
  readonly dtype: DType;
  readonly dims: Shape;
  readonly buffer: Buffer;
}

/** One input of a plan. */
export interface PlanInput {
  readonly spec: Spec;
  /** 1 and up; 0 for columns. */
  readonly slot: number;
  /** Byte offset of the segment table, for columns. */
  readonly table: number;
}

/**
 * Traces `body` once with inputs as `specs` say, differentiated and batched as it asks for, and makes one program of it:
 * each run of the plan is one native call. Tensors that it captures are constants. Reading a value while tracing throws
 * `tensor-traced`; what cannot be planned throws `tensor-plan`.
 */
export function compile<const S extends readonly Tree[], R extends Tree>(
  body: (...inputs: Traced<S>) => R,
  ...specs: S
): Plan<R> {
  checkFunction("compile", "the body", body);
  let plan: unknown;
  // What the body makes of constants is not needed once it has been copied into the plan.
  scope(() => {
    plan = new Compilation(body as never, specs).plan();
    return undefined;
  });
  return plan as Plan<R>;
}

class Compilation {
  readonly #arena: TensorArena = currentArena();
  readonly #body: (...inputs: readonly Tree[]) => Tree;
  readonly #specs: readonly Tree[];
  readonly #leaves: readonly Spec[];
  readonly #leadingMax: number;
  readonly #blocks: Block[] = [];
  readonly #constants = new Map<Tensor, Operand>();
  #constantBytes = 0;
  readonly #recorder = new Recorder(
    (dtype, dims) => this.#bytes(dtype, dims),
    (recorder, graph, inputs, outputs) => {
      const results = lowerGraph(recorder, simplify(graph), inputs, (tensor) => this.#constant(tensor));
      return copyTogether(recorder, results, outputs);
    },
  );

  constructor(body: (...inputs: readonly Tree[]) => Tree, specs: readonly Tree[]) {
    this.#body = body;
    this.#specs = specs;
    this.#leaves = treeLeaves(specs).map(asSpec);
    const open = this.#leaves.map(({ leadingMax }) => leadingMax).filter((max) => max > 0);
    this.#leadingMax = open.length === 0 ? 0 : Math.min(...open);
  }

  plan(): Plan<Tree> {
    let results: Tree = null;
    const { graph, captures } = stage((inputs) => {
      results = this.#body(...(treeLike(this.#specs, inputs) as readonly Tree[]));
      return treeLeaves(results).map(asValue);
    }, this.#leaves);
    if (captures.length > 0)
      throw new WorldloomError(
        "tensor-traced",
        "A plan cannot use a value of a function that is being traced around it; pass it as an input.",
        {},
      );
    try {
      const simple = simplify(graph);
      const inputs = this.#inputs();
      const stored = matchDonated(this.#specs, results, ({ segmentsMax }) => segmentsMax > 0);
      const operands = lowerGraph(this.#recorder, simple, this.#load(inputs), (tensor) => this.#constant(tensor));
      this.#store(inputs, stored, operands);
      const outputs = this.#outputs(results, operands);
      const scheduled = intoRowBlocks(withoutUnread(this.#recorder.list), (extent) => this.#extent(extent));
      const workspace = this.#placeBuffers(scheduled);
      return this.#write(
        scheduled,
        inputs,
        outputs,
        results,
        workspace,
        simple.equations.length,
        graph.equations.length,
      );
    } catch (error) {
      for (const block of this.#blocks) this.#arena.release(block);
      throw error;
    }
  }

  #inputs(): PlanInput[] {
    let slot = 0;
    return this.#leaves.map((spec) => {
      if (spec.segmentsMax === 0) return { spec, slot: ++slot, table: 0 };
      const table = this.#allocate(tableWords(spec.dims[1] as number, spec.segmentsMax) * 4);
      return { spec, slot: 0, table: table.offset };
    });
  }

  /** Operands of the inputs; columns are loaded first of all. */
  #load(inputs: readonly PlanInput[]): Operand[] {
    return inputs.map(({ spec: { dtype, dims }, slot, table }) => {
      if (slot > 0) return this.#recorder.operand(new Buffer("input", this.#bytes(dtype, dims), slot), dtype, dims);
      const operand = this.#recorder.temporary(dtype, dims);
      this.#recorder.load(dims[1] as number, table, operand);
      return operand;
    });
  }

  #store(inputs: readonly PlanInput[], matches: ReadonlyMap<number, number>, operands: readonly Operand[]): void {
    for (const [input, output] of matches) {
      const { spec, table } = inputs[input] as PlanInput;
      this.#recorder.store(spec.dims[1] as number, table, operands[output] as Operand);
    }
  }

  /** Gives every result a buffer of its own, or that of the donated input that it is written over. */
  #outputs(tree: Tree, operands: readonly Operand[]): PlanOutput[] {
    const matches = matchDonated(this.#specs, tree, ({ segmentsMax }) => segmentsMax === 0);
    const inputOf = new Map([...matches].map(([input, output]) => [output, input]));
    const outputs: PlanOutput[] = [];
    const used = new Set<Buffer>();
    const isOwn = (operand: Operand): boolean => {
      const buffer = bufferOf(operand);
      const own = buffer.kind === "temporary" && isWhole(operand) && !used.has(buffer);
      used.add(buffer);
      return own;
    };
    for (const [o, operand] of operands.entries()) {
      if (inputOf.has(o)) continue;
      const { dtype, dims } = operand;
      let buffer = bufferOf(operand);
      if (isOwn(operand)) buffer.kind = "output";
      else {
        buffer = new Buffer("output", this.#bytes(dtype, dims));
        this.#recorder.copy(operand, this.#recorder.operand(buffer, dtype, dims));
      }
      outputs[o] = { dtype, dims, buffer };
    }
    // What is written over donated inputs comes last: first out of their way, then into them.
    const results = new Map(
      [...inputOf.keys()].map((o) => [o, this.#apart(operands[o] as Operand, isOwn(operands[o] as Operand))]),
    );
    for (const [o, operand] of results) {
      const { dtype, dims } = operand;
      const buffer = this.#inputBuffer(this.#slotOf(inputOf.get(o) as number), dtype, dims);
      if (!this.#replace(bufferOf(operand), buffer))
        this.#recorder.copy(operand, this.#recorder.operand(buffer, dtype, dims));
      outputs[o] = { dtype, dims, buffer };
    }
    return outputs;
  }

  #apart(operand: Operand, own: boolean): Operand {
    if (own) return operand;
    const copy = this.#recorder.temporary(operand.dtype, operand.dims);
    this.#recorder.copy(operand, copy);
    return copy;
  }

  #slotOf(input: number): number {
    return this.#leaves.slice(0, input + 1).filter(({ segmentsMax }) => segmentsMax === 0).length;
  }

  #inputBuffer(slot: number, dtype: DType, dims: Shape): Buffer {
    for (const instruction of this.#recorder.list) {
      for (const operand of everyOperand(instruction)) {
        const buffer = bufferOf(operand);
        if (buffer.kind === "input" && buffer.slot === slot) return buffer;
      }
    }
    return new Buffer("input", this.#bytes(dtype, dims), slot);
  }

  /** Has what is written to `result` go to `target` at once, if nobody reads `target` later: whether it does. */
  #replace(result: Buffer, target: Buffer): boolean {
    const list = this.#recorder.list;
    const touches = (instruction: PlanInstruction, buffer: Buffer): boolean =>
      [...everyOperand(instruction)].some((operand) => bufferOf(operand) === buffer);
    const first = list.findIndex((instruction) => touches(instruction, result));
    const instruction = list[first];
    if (instruction === undefined || list.slice(first + 1).some((later) => touches(later, target))) return false;
    if (touches(instruction, target)) {
      const { dot, reads } = instruction;
      if (!instruction.elementwise && dot === undefined) return false;
      if (dot !== undefined && (bufferOf(dot.a) === target || bufferOf(dot.b) === target)) return false;
      if (reads.some((operand) => bufferOf(operand) === target && !isWhole(operand))) return false;
      // The raw product must not be written over what its epilogue reads.
      if (dot !== undefined && bufferOf(dot.raw) === result) dot.separate();
    }
    result.replaceBy(target);
    return true;
  }

  /** Offsets for everything in the workspace and in local memory. */
  #placeBuffers(scheduled: readonly Scheduled[]): { bytes: number; local: number } {
    const lifetimes = new Map<Buffer, Lifetime>();
    let local = 0;
    for (const [i, item] of scheduled.entries()) {
      const inside = new Map<Buffer, Lifetime>();
      const rows = new Map<Buffer, number>();
      const list = isRowBlock(item) ? item.list : [item];
      for (const [j, instruction] of list.entries()) {
        for (const operand of everyOperand(instruction)) {
          const buffer = bufferOf(operand);
          if (buffer.kind === "local") {
            live(inside, buffer, j);
            rows.set(buffer, Math.max(rows.get(buffer) ?? 0, bytesOfRow(operand)));
          } else if (buffer.kind === "temporary") live(lifetimes, buffer, i);
          else if (buffer.kind === "output") {
            live(lifetimes, buffer, i);
            (lifetimes.get(buffer) as Lifetime).last = Number.POSITIVE_INFINITY;
          }
        }
      }
      if (isRowBlock(item)) {
        local = Math.max(
          local,
          planMemory([...inside.values()], (buffer) => (rows.get(buffer) ?? 0) * item.blockRows),
        );
      }
    }
    return { bytes: planMemory([...lifetimes.values()]), local };
  }

  #write(
    scheduled: readonly Scheduled[],
    inputs: readonly PlanInput[],
    outputs: readonly PlanOutput[],
    results: Tree,
    workspace: { bytes: number; local: number },
    equations: number,
    traced: number,
  ): Plan<Tree> {
    const base = this.#allocate(workspace.bytes);
    const slots = inputs.filter(({ slot }) => slot > 0).length;
    const slotTable = this.#allocate(Math.max(4, slots * 4));
    const writer = new ProgramWriter({
      temporary: () => {
        throw new WorldloomError("tensor-plan", "An instruction asked for memory after it had been planned.", {});
      },
      graph: () => [],
    });
    const placed = (operand: Operand, rows: boolean): Operand => {
      const buffer = bufferOf(operand);
      const own = buffer.kind === "temporary" || buffer.kind === "output" ? base.offset : 0;
      const { dtype, dims, strides } = operand;
      return {
        dtype,
        dims,
        strides,
        offset: own + buffer.offset + operand.offset,
        slot: buffer.slot,
        space: buffer.kind === "local" ? SPACE_LOCAL : SPACE_MEMORY,
        rows,
      };
    };
    for (const item of scheduled) {
      if (!isRowBlock(item)) item.write(writer, (operand) => placed(operand, false));
      else {
        writer.rows(item.extent, item.blockRows, () => {
          for (const instruction of item.list)
            instruction.write(writer, (operand) => placed(operand, item.operands.has(operand)));
        });
      }
    }
    const words = writer.finish(this.#leadingMax, slots, slotTable.offset, workspace.local);
    const program = this.#allocate(words.length * 4);
    this.#arena.memory.u32.set(words, program.offset >> 2);
    const id = this.#arena.jobs.tensorPlan(this.#arena.memory, program.offset, words.length);
    return new Plan({
      arena: this.#arena,
      id,
      specs: this.#specs,
      inputs,
      outputs,
      results,
      leadingMax: this.#leadingMax,
      slotTable: slotTable.offset,
      workspace: base.offset,
      blocks: this.#blocks,
      explanation: [
        `${traced} operations traced, ${equations} after simplification, ${countInstructions(scheduled)} instructions in ${words.length} words`,
        `memory: ${workspace.bytes} bytes of workspace, ${workspace.local} of scratch for each lane, ${this.#constantBytes} of constants`,
        ...explainList(scheduled),
      ],
    });
  }

  /** A copy of a captured tensor, without what is repeated along axes of stride 0. */
  #constant(tensor: Tensor): Operand {
    let operand = this.#constants.get(tensor);
    if (operand === undefined) {
      const { dtype, dims, strides } = tensor;
      const once = dims.map((extent, axis) => (strides[axis] === 0 ? 1 : extent));
      const bytes = sizeOf(once) * bytesOf(dtype);
      const block = this.#allocate(bytes);
      this.#constantBytes += bytes;
      const writer = new ProgramWriter({ temporary: () => operandOf(tensor), graph: () => [] });
      const buffer = new Buffer("constant", block.bytes);
      buffer.offset = block.offset;
      const whole: PlanOperand = this.#recorder.operand(buffer, dtype, once);
      writer.copy({ ...operandOf(tensor), dims: once }, { ...whole, offset: block.offset });
      const words = writer.finish();
      const { memory, jobs, scratch } = this.#arena;
      memory.u32.set(words, scratch.offset >> 2);
      jobs.tensorOnce(memory, scratch.offset, words.length);
      operand = { ...whole, dims, strides: whole.strides.map((stride, axis) => (strides[axis] === 0 ? 0 : stride)) };
      this.#constants.set(tensor, operand);
    }
    return operand;
  }

  #allocate(bytes: number): Block {
    const block = this.#arena.allocate(bytes);
    this.#blocks.push(block);
    return block;
  }

  #bytes(dtype: DType, dims: Shape): number {
    return dims.reduce((size, extent) => size * this.#extent(extent), bytesOf(dtype));
  }

  #extent(extent: number): number {
    const factor = leadingFactor(extent);
    if (factor !== 0) return factor * this.#leadingMax;
    if (extent < LEADING / 2) return extent;
    throw new WorldloomError(
      "tensor-plan",
      `An extent is computed from the open one in another way than times a number; only products of it can be planned.`,
      { extent },
    );
  }
}

function live(lifetimes: Map<Buffer, Lifetime>, buffer: Buffer, at: number): void {
  const known = lifetimes.get(buffer);
  if (known === undefined) lifetimes.set(buffer, { buffer, first: at, last: at });
  else known.last = Math.max(known.last, at);
}

/** Without loads of columns that nothing reads: those that are only stored to. */
function withoutUnread(list: readonly PlanInstruction[]): PlanInstruction[] {
  const read = new Set(
    list
      .flatMap((instruction) => [
        ...instruction.reads,
        ...instruction.bodies.flatMap((body) => body.flatMap((inner) => [...everyOperand(inner)])),
      ])
      .map(bufferOf),
  );
  return list.filter(({ name, writes }) => name !== "load" || read.has(bufferOf(writes[0] as Operand)));
}

function isWhole(operand: Operand): boolean {
  return operand.offset === 0 && isContiguous(operand.dims, operand.strides);
}

function countInstructions(scheduled: readonly Scheduled[]): number {
  return scheduled.reduce((count, item) => count + (isRowBlock(item) ? item.list.length + 1 : 1), 0);
}
