import { type Binding, chunkRecord, frameOf } from "../../src/kernel/frame.ts";
import { Graph } from "../../src/kernel/graph.ts";
import { interpret } from "../../src/kernel/interpret.ts";
import type { Node, ValueType } from "../../src/kernel/node.ts";
import {
  type Append,
  type Buffer,
  type BufferElement,
  type Fold,
  type Gather,
  type Program,
  type Store,
  UNIFORM_BYTES,
  type Uniform,
} from "../../src/kernel/program.ts";
import { Memory } from "../../src/native/memory.ts";

export const BYTES: Readonly<Record<BufferElement, number>> = {
  f32: 4,
  f64: 8,
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  bool: 1,
};

export interface Parts {
  readonly buffers?: readonly Buffer[];
  readonly uniforms?: readonly Uniform[];
  readonly gathers?: readonly Gather[];
  readonly stores?: readonly Store[];
  readonly folds?: readonly Fold[];
  readonly appends?: readonly Append[];
}

export function programOf(graph: Graph, parts: Parts): Program {
  const { buffers = [], uniforms = [], gathers = [], stores = [], folds = [], appends = [] } = parts;
  const nodes = graph.reached(stores, folds, appends);
  return { name: "test", buffers, uniforms, gathers, stores, folds, appends, nodes };
}

export type View =
  | Memory["f32"]
  | Memory["f64"]
  | Memory["i8"]
  | Memory["u8"]
  | Memory["i16"]
  | Memory["u16"]
  | Memory["i32"];

export function viewOf(memory: Memory, element: BufferElement): View {
  return memory[element === "bool" ? "u8" : element] as View;
}

/** Memory with a program's chunks in it, and a frame. */
export class Stage {
  readonly memory: Memory;
  readonly program: Program;
  readonly binding: Binding;
  readonly frame: number;
  readonly list: number;
  readonly chunks: readonly number[];
  /** Byte offset of each buffer of each chunk, of the entities of each chunk, of each append's lists, of the partials. */
  readonly columns: number[][] = [];
  readonly entities: number[] = [];
  readonly lists: number[][] = [];
  readonly partials: number;
  #end = 64;

  /** `chunks`: the rows of each. Uniforms are their values. `more`: bytes to be taken besides. */
  constructor(program: Program, chunks: readonly number[], uniforms: readonly number[] = [], more = 0) {
    const total = chunks.reduce((sum, rows) => sum + rows + 4, 0);
    const perRow = program.buffers.reduce((sum, { element, lanes }) => sum + BYTES[element] * lanes, 0);
    const lists = program.appends.reduce((sum, { values }) => sum + values.length, 0);
    const bytes = 65_536 + more + total * (perRow + 4 + 8 * lists) + 4096 * (chunks.length + 1);
    this.memory = new Memory({ bytesMax: 256 * 1024 * 1024 });
    this.memory.grow(Math.ceil(bytes / 65_536) + 1);
    this.program = program;
    this.chunks = chunks;
    const { i32 } = this.memory;
    this.binding = {
      pointers: program.buffers.length,
      buffers: program.buffers.map((_, b) => ({ pointer: b, offset: 0 })),
    };
    const frame = frameOf(program);
    this.frame = this.take(frame.bytes);
    this.list = this.take(chunks.length * (chunkRecord.pointers + program.buffers.length) * 4);
    let word = this.list >>> 2;
    for (const rows of chunks) {
      const room = Math.max(8, (rows + 7) & ~7);
      const columns = program.buffers.map(({ element, lanes }) => this.take(room * lanes * BYTES[element]));
      this.columns.push(columns);
      this.entities.push(this.take(room * 4));
      i32[word + chunkRecord.rows] = rows;
      i32[word + chunkRecord.entities] = this.entities.at(-1)!;
      for (let i = 0; i < room; i++) i32[(this.entities.at(-1)! >>> 2) + i] = 65_536 + this.entities.length * 1024 + i;
      word += chunkRecord.pointers;
      for (const column of columns) i32[word++] = column;
    }
    program.uniforms.forEach(({ type }, u) => {
      const at = this.frame + frame.uniforms + u * UNIFORM_BYTES;
      viewOf(this.memory, type === "bool" ? "i32" : type)[type === "f64" ? at >>> 3 : at >>> 2] = uniforms[u] ?? 0;
    });
    program.appends.forEach(({ values }, a) => {
      const word = (this.frame + frame.appends[a]!) >>> 2;
      this.lists.push(values.map(() => this.take((total + 8) * 8)));
      for (const [v, at] of this.lists[a]!.entries()) i32[word + 1 + v] = at;
    });
    this.partials = this.take(chunks.length * program.folds.length * 8 + 8);
    i32[(this.frame + frame.folds) >>> 2] = this.partials;
  }

  /** Bytes that nothing else has, as offset divisible by 64. */
  take(bytes: number): number {
    const at = this.#end;
    this.#end = (at + bytes + 63) & ~63;
    return at;
  }

  /** Writes rows of a buffer of a chunk from the first on, row by row. */
  set(chunk: number, buffer: number, values: ArrayLike<number>): this {
    const { element } = this.program.buffers[buffer]!;
    viewOf(this.memory, element).set(values, this.columns[chunk]![buffer]! / BYTES[element]);
    return this;
  }

  /** The rows of a buffer of a chunk. */
  get(chunk: number, buffer: number, rows: number = this.chunks[chunk]!): number[] {
    const { element, lanes } = this.program.buffers[buffer]!;
    const start = this.columns[chunk]![buffer]! / BYTES[element];
    return [...viewOf(this.memory, element).subarray(start, start + rows * lanes)];
  }

  interpret(): this {
    interpret(this.program, this.binding, this.memory, this.list, this.chunks.length, this.frame);
    return this;
  }

  appended(append: number): number[][] {
    const { i32 } = this.memory;
    const count = i32[(this.frame + frameOf(this.program).appends[append]!) >>> 2]!;
    return this.program.appends[append]!.values.map(({ type }, v) => {
      const at = this.lists[append]![v]!;
      const start = type === "f64" ? at >>> 3 : at >>> 2;
      return [...viewOf(this.memory, type === "bool" ? "i32" : type).subarray(start, start + count)];
    });
  }

  partial(chunk: number, fold: number): number {
    return this.memory.f64[(this.partials >>> 3) + chunk * this.program.folds.length + fold]!;
  }
}

/** Computes `expand(x, y, ...)` for columns of operands by the interpreter. All have as many rows as the first. */
export function compute(
  type: ValueType,
  expand: (graph: Graph, ...args: Node[]) => Node,
  ...columns: readonly ArrayLike<number>[]
): number[] {
  const graph = new Graph();
  const value = expand(graph, ...columns.map((_, b) => graph.load(type, b, 0)));
  const result = columns.length;
  const buffers = [...columns.map(() => type), value.type].map(
    (element, b): Buffer => ({ name: `b${b}`, element, lanes: 1, written: b === result }),
  );
  const program = programOf(graph, { buffers, stores: [{ buffer: result, lane: 0, value }] });
  const stage = new Stage(program, [columns[0]!.length]);
  for (const [b, column] of columns.entries()) stage.set(0, b, column);
  return stage.interpret().get(0, result);
}
