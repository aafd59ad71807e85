import type { Memory } from "../native/memory.ts";
import { claims } from "../native/reference/claims.ts";
import { cellAt, cellUpTo, openIndex, reachOf, type SpatialIndex } from "../native/reference/spatial-index.ts";
import { readRows, writeNumber, writeRows } from "./column.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { type Binding, chunkRecord, type Frame, frameOf, nearPlaces } from "./frame.ts";
import { locate, located, placeIn, readColumn } from "./lookup.ts";
import type { Loop, Node } from "./node.ts";
import { type FoldKind, type Program, UNIFORM_BYTES } from "./program.ts";

/**
 * Runs a program over the `count` chunk records at byte offset `list`, with the frame at byte offset `frame`: obvious
 * loops that say what compiled code does. Rows beyond those of a chunk are not touched.
 */
export function interpret(
  program: Program,
  binding: Binding,
  memory: Memory,
  list: number,
  count: number,
  frame: number,
): void {
  let interpreter = interpreters.get(program);
  if (interpreter === undefined) interpreters.set(program, (interpreter = new Interpreter(program)));
  interpreter.run(binding, memory, list, count, frame);
}

const { fround } = Math;
const interpreters = new WeakMap<Program, Interpreter>();

/** Rows that are computed together: a multiple of 4, so that a row has the same accumulator of a fold in every block. */
const BLOCK = 64;

/** A node and where its value and those of its operands are. */
interface Step {
  readonly node: Node;
  readonly at: number;
  /** At least three; those that the operation lacks are anywhere. */
  readonly args: readonly number[];
  /** Of operations on values alone. */
  readonly evaluation: Evaluation | undefined;
  /** To be run before this step: the loop that it is the first result of. */
  readonly visits: Visits | undefined;
}

/** A loop: where its values are, and what is computed for each candidate. */
interface Visits {
  readonly radius: number;
  readonly mask: number;
  readonly starts: readonly number[];
  readonly phis: readonly number[];
  readonly nexts: readonly number[];
  readonly body: readonly Step[];
  /** Carried values while they change hands. */
  readonly hand: Float64Array;
}

const NEUTRAL: Readonly<Record<FoldKind, number>> = { sum: 0, min: Infinity, max: -Infinity, count: 0 };

/** A program with the room it needs to run. */
class Interpreter {
  readonly #program: Program;
  readonly #frame: Frame;
  /** {@link BLOCK} values of each node. */
  readonly #values: Float64Array;
  readonly #places = new Map<Node, number>();
  readonly #steps: readonly Step[];
  /** Whether the program visits neighbours: then rows are taken as the spatial index has them. */
  readonly #near: boolean;
  /** Four accumulators of each fold. */
  readonly #sums: Float64Array;
  // Of the running call: where its frame is.
  #base = 0;
  // Of the rows that are computed: their record (a word index), the first of them, and where their entities are.
  #record = 0;
  #first = 0;
  #entities = 0;
  /** The index, the position of the row in it, and that of the neighbour. */
  #index!: SpatialIndex;
  #position = 0;
  #candidate = 0;

  constructor(program: Program) {
    const { nodes } = program;
    this.#program = program;
    this.#frame = frameOf(program);
    this.#values = new Float64Array(nodes.length * BLOCK);
    this.#sums = new Float64Array(program.folds.length * 4);
    for (const [i, node] of nodes.entries()) this.#places.set(node, i * BLOCK);
    const seen = new Set<Loop>();
    this.#steps = nodes
      .filter(({ loop }) => loop === undefined)
      .map((node) => {
        const loop = node.of !== undefined && !seen.has(node.of) ? node.of : undefined;
        if (loop !== undefined) seen.add(loop);
        return this.#step(node, loop && this.#visits(loop));
      });
    this.#near = seen.size > 0;
  }

  run(binding: Binding, memory: Memory, list: number, count: number, frame: number): void {
    this.#base = frame;
    if (this.#near) {
      this.#runIndex(binding, memory);
      return;
    }
    for (let k = 0; k < count; k++) {
      this.#record = (list >>> 2) + k * (chunkRecord.pointers + binding.pointers);
      this.#runChunk(binding, memory);
    }
  }

  #runChunk(binding: Binding, memory: Memory): void {
    const rows = memory.i32[this.#record + chunkRecord.rows]!;
    this.#entities = memory.i32[this.#record + chunkRecord.entities]!;
    this.#clearSums();
    for (let first = 0; first < rows; first += BLOCK) {
      this.#first = first;
      this.#runRows(binding, memory, Math.min(BLOCK, rows - first), 0);
    }
    this.#putSums(memory);
  }

  /** Row by row in the order of the index; rows that do not exist any more or are not in the list are passed over. */
  #runIndex(binding: Binding, memory: Memory): void {
    const { i32 } = memory;
    const at = (this.#base + this.#frame.index) >>> 2;
    claims.begin(memory);
    this.#index = openIndex(memory, i32[at + nearPlaces.header]!);
    const { entity } = this.#index;
    const entities = i32[(this.#base + this.#frame.entities) >>> 2]!;
    const records = i32[at + nearPlaces.records]!;
    this.#entities = entity << 2;
    this.#clearSums();
    for (let p = i32[at + nearPlaces.first]!, end = i32[at + nearPlaces.end]!; p < end; p++) {
      if (!locate(memory, entities, i32[entity + p]!)) continue;
      const record = placeIn(memory, records);
      if (record === 0) continue;
      this.#record = record >>> 2;
      this.#first = located.row;
      this.#position = p;
      this.#runRows(binding, memory, 1, p & 3);
    }
    this.#putSums(memory);
  }

  /** Computes `count` rows and does what follows from them; the accumulator of the first is number `turn`. */
  #runRows(binding: Binding, memory: Memory, count: number, turn: number): void {
    const steps = this.#steps;
    for (let s = 0; s < steps.length; s++) {
      const step = steps[s]!;
      if (step.visits !== undefined) this.#visit(step.visits, binding, memory);
      this.#compute(step, binding, memory, count);
    }
    this.#store(binding, memory, count);
    this.#fold(count, turn);
    this.#append(memory, count);
  }

  /** Visits the candidates of the row, of which there is one. */
  #visit({ radius, mask, starts, phis, nexts, body, hand }: Visits, binding: Binding, memory: Memory): void {
    const values = this.#values;
    const { i32, f32 } = memory;
    const index = this.#index;
    for (let i = 0; i < phis.length; i++) values[phis[i]!] = values[starts[i]!]!;
    if (values[mask] === 0) return;
    // The points behind the last cell have a NaN; they are near nobody.
    if (this.#position >= i32[index.cellStart + index.cells]!) return;
    const x = f32[index.x + this.#position]!;
    const y = f32[index.y + this.#position]!;
    const reach = reachOf(Math.abs(values[radius]!));
    const left = cellAt(fround(x - reach), index.minX, index.scale, index.width);
    const right = cellUpTo(fround(x + reach), index.minX, index.scale, index.width);
    const top = cellAt(fround(y - reach), index.minY, index.scale, index.height);
    const bottom = cellUpTo(fround(y + reach), index.minY, index.scale, index.height);
    for (let row = top; row <= bottom; row++) {
      const cells = index.cellStart + row * index.width;
      const end = i32[cells + right + 1]!;
      for (let c = i32[cells + left]!; c < end; c++) {
        this.#candidate = c;
        for (let s = 0; s < body.length; s++) this.#compute(body[s]!, binding, memory, 1);
        for (let i = 0; i < nexts.length; i++) hand[i] = values[nexts[i]!]!;
        for (let i = 0; i < phis.length; i++) values[phis[i]!] = hand[i]!;
      }
    }
  }

  #compute({ node, at, args, evaluation }: Step, binding: Binding, memory: Memory, count: number): void {
    const values = this.#values;
    if (evaluation !== undefined) {
      const [a, b, c] = [args[0]!, args[1]!, args[2]!];
      for (let i = 0; i < count; i++) values[at + i] = evaluation(values[a + i]!, values[b + i]!, values[c + i]!);
      return;
    }
    const { i32, f32 } = memory;
    switch (node.op) {
      case "const":
        values.fill(node.value, at, at + count);
        break;
      case "uniform":
        values.fill(this.#uniform(node, memory), at, at + count);
        break;
      case "load": {
        const buffer = node.value >>> 16;
        const { element, lanes } = this.#program.buffers[buffer]!;
        const column = this.#column(buffer, binding, memory);
        readRows(memory, element, column, lanes, node.value & 0xffff, this.#first, count, values, at);
        break;
      }
      case "entity": {
        const first = (this.#entities >>> 2) + (this.#near ? this.#position : this.#first);
        for (let i = 0; i < count; i++) values[at + i] = i32[first + i]!;
        break;
      }
      case "alive":
      case "fetch":
        this.#gather(node, at, args, memory, count);
        break;
      case "result":
        values[at] = values[this.#places.get(node.of!.phis[node.value]!)!]!;
        break;
      case "phi":
        break;
      default: {
        const index = this.#index;
        if (node.op === "other") values[at] = i32[index.entity + this.#candidate]!;
        else if (node.op === "otherX") values[at] = f32[index.x + this.#candidate]!;
        else if (node.op === "otherY") values[at] = f32[index.y + this.#candidate]!;
        else values[at] = f32[(node.op === "selfX" ? index.x : index.y) + this.#position]!;
      }
    }
  }

  #uniform({ type, value }: Node, { f32, f64, i32, u32 }: Memory): number {
    const at = this.#base + this.#frame.uniforms + value * UNIFORM_BYTES;
    if (type === "f32") return f32[at >>> 2]!;
    if (type === "f64") return f64[at >>> 3]!;
    return type === "u32" ? u32[at >>> 2]! : i32[at >>> 2]!;
  }

  #gather({ op, value }: Node, at: number, args: readonly number[], memory: Memory, count: number): void {
    const values = this.#values;
    const entities = memory.i32[(this.#base + this.#frame.entities) >>> 2]!;
    const places = memory.i32[(this.#base + this.#frame.gathers[value]!) >>> 2]!;
    for (let i = 0; i < count; i++) {
      const holds = values[args[1]! + i] !== 0;
      const column = holds && locate(memory, entities, values[args[0]! + i]!) ? placeIn(memory, places) : 0;
      values[at + i] = Number(column !== 0 && op === "alive");
      if (column !== 0 && op === "fetch") readColumn(memory, column, this.#program.gathers[value]!, values, at + i);
    }
  }

  #store(binding: Binding, memory: Memory, count: number): void {
    const { stores, buffers } = this.#program;
    for (let s = 0; s < stores.length; s++) {
      const { buffer, lane, value } = stores[s]!;
      const { element, lanes } = buffers[buffer]!;
      const column = this.#column(buffer, binding, memory);
      writeRows(memory, element, column, lanes, lane, this.#first, count, this.#values, this.#places.get(value)!);
    }
  }

  #fold(count: number, turn: number): void {
    const values = this.#values;
    const sums = this.#sums;
    const { folds } = this.#program;
    for (let f = 0; f < folds.length; f++) {
      const { kind, mask, value } = folds[f]!;
      const [chosen, at] = [this.#places.get(mask)!, this.#places.get(value)!];
      for (let i = 0; i < count; i++) {
        if (values[chosen + i] === 0) continue;
        const sum = f * 4 + ((turn + i) & 3);
        sums[sum] = combine(kind, sums[sum]!, kind === "count" ? 1 : values[at + i]!);
      }
    }
  }

  #append(memory: Memory, count: number): void {
    const { i32 } = memory;
    const values = this.#values;
    const { appends } = this.#program;
    for (let a = 0; a < appends.length; a++) {
      const { mask, values: nodes } = appends[a]!;
      const chosen = this.#places.get(mask)!;
      const word = (this.#base + this.#frame.appends[a]!) >>> 2;
      for (let i = 0; i < count; i++) {
        if (values[chosen + i] === 0) continue;
        const length = i32[word]!;
        i32[word] = length + 1;
        for (let v = 0; v < nodes.length; v++) {
          const node = nodes[v]!;
          const element = node.type === "bool" ? "i32" : node.type;
          writeNumber(memory, element, i32[word + 1 + v]!, length, values[this.#places.get(node)! + i]!);
        }
      }
    }
  }

  #clearSums(): void {
    const { folds } = this.#program;
    for (let f = 0; f < folds.length; f++) this.#sums.fill(NEUTRAL[folds[f]!.kind], f * 4, f * 4 + 4);
  }

  #putSums(memory: Memory): void {
    const sums = this.#sums;
    const { folds } = this.#program;
    const word = (this.#base + this.#frame.folds) >>> 2;
    const at = memory.i32[word]!;
    for (let f = 0; f < folds.length; f++) {
      const { kind } = folds[f]!;
      const lower = combine(kind, sums[f * 4]!, sums[f * 4 + 1]!);
      const upper = combine(kind, sums[f * 4 + 2]!, sums[f * 4 + 3]!);
      writeNumber(memory, "f64", at, f, combine(kind, lower, upper));
    }
    memory.i32[word] = at + folds.length * 8;
  }

  #column(buffer: number, { buffers }: Binding, memory: Memory): number {
    const { pointer, offset } = buffers[buffer]!;
    return memory.i32[this.#record + chunkRecord.pointers + pointer]! + offset;
  }

  #visits(visited: Loop): Visits {
    const { radius, mask, starts, phis, nexts } = visited;
    const places = (nodes: readonly Node[]): number[] => nodes.map((node) => this.#places.get(node)!);
    return {
      radius: this.#places.get(radius)!,
      mask: this.#places.get(mask)!,
      starts: places(starts),
      phis: places(phis),
      nexts: places(nexts),
      body: this.#program.nodes.filter(({ loop }) => loop === visited).map((node) => this.#step(node, undefined)),
      hand: new Float64Array(phis.length),
    };
  }

  #step(node: Node, visits: Visits | undefined): Step {
    const args = [...node.args.map((arg) => this.#places.get(arg)!), 0, 0, 0];
    const plain = node.args.length > 0 && node.op !== "alive" && node.op !== "fetch";
    const evaluation = plain ? evaluate(node.op, node.args[0]!.type, node.type) : undefined;
    return { node, at: this.#places.get(node)!, args, evaluation, visits };
  }
}

function combine(kind: FoldKind, a: number, b: number): number {
  if (kind === "min") return Math.min(a, b);
  return kind === "max" ? Math.max(a, b) : a + b;
}
