import type { Equation } from "../graph.ts";
import { type Operand, reshapeLayout } from "../operand.ts";
import type { Registers } from "../registers.ts";
import { type Shape, sameShape } from "../shape.ts";
import { Literal } from "../value.ts";
import { type Buffer, bufferOf } from "./buffer.ts";
import type { Recorder } from "./recorder.ts";

/** Whether elementwise equations after this one can run while its rows are in cache. */
export function isHead(equation: Equation): boolean {
  return equation.primitive.name === "dotGeneral";
}

interface Member {
  readonly equation: Equation;
  readonly inputs: readonly (Operand | Literal)[];
  readonly output: Operand;
  /** Reads of the result by whatever is not in the fusion yet. */
  outside: number;
}

/** Elementwise equations of one shape that become one program, after a product of matrices if there is a `head`. */
export class Fusion {
  /** Registers and operands that one program should not go beyond. */
  static readonly WEIGHT_MAX = 40;
  readonly dims: Shape;
  readonly head: Equation | undefined;
  weight = 0;
  readonly #members: Member[] = [];
  readonly #byBuffer = new Map<Buffer, Member>();

  constructor(dims: Shape, head?: Equation) {
    this.dims = dims;
    this.head = head;
  }

  get full(): boolean {
    return this.weight >= Fusion.WEIGHT_MAX - 4;
  }

  /** Whether some equation of it gives what `buffer` will hold. */
  holds(buffer: Buffer): boolean {
    return this.#byBuffer.has(buffer);
  }

  /** One of the reads of `buffer` is an equation that is about to be added. */
  readInside(buffer: Buffer): void {
    (this.#byBuffer.get(buffer) as Member).outside--;
  }

  /** One of the reads of `buffer` is a view, which is read so many times itself. */
  viewed(buffer: Buffer, uses: number): void {
    (this.#byBuffer.get(buffer) as Member).outside += uses - 1;
  }

  add(equation: Equation, inputs: readonly (Operand | Literal)[], output: Operand, uses: number): void {
    const member = { equation, inputs, output, outside: uses };
    this.#members.push(member);
    this.#byBuffer.set(bufferOf(output), member);
    this.weight += 2 + inputs.filter((input) => input instanceof Literal || !this.holds(bufferOf(input))).length;
  }

  /** Takes over another fusion of the same shape; neither needs a result of the other. */
  absorb(other: Fusion): void {
    for (const member of other.#members) {
      this.#members.push(member);
      this.#byBuffer.set(bufferOf(member.output), member);
    }
    this.weight += other.weight;
  }

  record(recorder: Recorder): void {
    const [first, ...rest] = this.#members as [Member, ...Member[]];
    if (this.head === undefined) {
      const [inputs, outputs] = [this.#inputs(this.#members), needed(this.#members)];
      if (outputs.length > 0)
        recorder.fuse(
          inputs,
          outputs.map(({ output }) => output),
          this.#body(this.#members, outputs, inputs, []),
          noteOf(this.#members),
        );
      return;
    }
    const before = recorder.list.length;
    this.head.primitive.lower?.(
      recorder,
      first.inputs as readonly Operand[],
      [first.output],
      this.head.params as never,
    );
    const outputs = needed(rest);
    if (outputs.length === 0) return;
    const last = recorder.list.at(-1);
    const dot = recorder.list.length > before ? last?.dot : undefined;
    const inputs = this.#inputs(rest);
    const operands = [...inputs, ...outputs.map(({ output }) => output)];
    const shaped =
      dot === undefined || bufferOf(dot.raw) !== bufferOf(first.output) ? undefined : reshaped(operands, dot.raw.dims);
    if (dot === undefined || shaped === undefined) {
      const all = this.#inputs(rest, first);
      recorder.fuse(
        all,
        outputs.map(({ output }) => output),
        this.#body(rest, outputs, all, []),
        noteOf(rest),
      );
      return;
    }
    recorder.list.pop();
    const to = shaped.slice(inputs.length);
    const place = outputs.findIndex(({ output }) => output.dtype === first.output.dtype);
    const raw = first.outside > 0 || place < 0 ? dot.raw : (to[place] as Operand);
    const body = this.#body(rest, outputs, inputs, [first]);
    recorder.dotWith(dot.a, dot.b, raw, { inputs: shaped.slice(0, inputs.length), outputs: to, body }, noteOf(rest));
  }

  /** What `members` read from memory, each once; results of `head` too. */
  #inputs(members: readonly Member[], head?: Member): Operand[] {
    const found = new Map<string, Operand>();
    for (const { inputs } of members) {
      for (const input of inputs) {
        if (input instanceof Literal) continue;
        const member = this.#byBuffer.get(bufferOf(input));
        if (member === undefined || member === head) found.set(keyOf(input), this.#expanded(input));
      }
    }
    return [...found.values()];
  }

  /** `loaded` are results that are in the first registers, before those of `inputs`. */
  #body(members: readonly Member[], outputs: readonly Member[], inputs: readonly Operand[], loaded: readonly Member[]) {
    const order = inputOrder(members, inputs.length, (input) => {
      const member = this.#byBuffer.get(bufferOf(input));
      return member === undefined || (!members.includes(member) && !loaded.includes(member));
    });
    return (registers: Registers, given: readonly number[]): number[] => {
      const constants = new Map<string, number>();
      const results = new Map<Buffer, number>();
      for (const [i, { output }] of loaded.entries()) results.set(bufferOf(output), given[i] as number);
      for (const { equation, inputs: operands, output } of members) {
        const from = operands.map((operand) => {
          if (operand instanceof Literal) {
            const key = `${operand.dtype}:${Object.is(operand.value, -0) ? "-0" : operand.value}`;
            const known = constants.get(key) ?? registers.constant(operand.value, operand.dtype);
            constants.set(key, known);
            return known;
          }
          return (
            results.get(bufferOf(operand)) ?? (given[loaded.length + (order.get(keyOf(operand)) as number)] as number)
          );
        });
        results.set(bufferOf(output), equation.primitive.steps?.(registers, from, equation.params as never) as number);
      }
      return outputs.map(({ output }) => results.get(bufferOf(output)) as number);
    };
  }

  /** Numbers that are tensors of rank 0 go with every element. */
  #expanded(operand: Operand): Operand {
    if (sameShape(operand.dims, this.dims)) return operand;
    return { ...operand, dims: this.dims, strides: this.dims.map(() => 0) };
  }
}

function needed(members: readonly Member[]): Member[] {
  return members.filter(({ outside }) => outside > 0);
}

/** Which input an operand is. */
function inputOrder(
  members: readonly Member[],
  count: number,
  isInput: (operand: Operand) => boolean,
): Map<string, number> {
  const order = new Map<string, number>();
  for (const { inputs } of members) {
    for (const input of inputs) {
      if (input instanceof Literal || !isInput(input) || order.has(keyOf(input))) continue;
      order.set(keyOf(input), order.size);
    }
  }
  if (order.size !== count) throw new RangeError("inputs of a fusion were counted in two ways");
  return order;
}

const numbers = new WeakMap<Buffer, number>();
let buffers = 0;

/** Equal for operands that read the same elements in the same places. */
function keyOf(operand: Operand): string {
  const buffer = bufferOf(operand);
  let number = numbers.get(buffer);
  if (number === undefined) {
    number = ++buffers;
    numbers.set(buffer, number);
  }
  return `${number}+${operand.offset}[${operand.dims}][${operand.strides}]`;
}

/** All of them with other extents, if none needs a copy for that. */
function reshaped(operands: readonly Operand[], dims: Shape): Operand[] | undefined {
  const out: Operand[] = [];
  for (const operand of operands) {
    if (sameShape(operand.dims, dims)) {
      out.push(operand);
      continue;
    }
    const layout = reshapeLayout({ dims: operand.dims, strides: operand.strides, start: 0 }, dims);
    if (layout === undefined) return undefined;
    out.push({ ...operand, dims: layout.dims, strides: layout.strides });
  }
  return out;
}

function noteOf(members: readonly Member[]): string {
  return members.map(({ equation }) => equation.primitive.name).join(" ");
}
