import type { Cumulation, PutKind, Reduction } from "../native/tensor/format.ts";
import type { DType } from "./dtype.ts";
import type { Operand } from "./operand.ts";
import type { Registers } from "./registers.ts";
import type { Shape } from "./shape.ts";

/** Writes instructions: what the lowering of a primitive calls. See `native/tensor/format.ts` for each. */
export interface Emitter {
  /** Room for an intermediate of one lowering: contiguous, undefined content. */
  temporary(dtype: DType, dims: Shape): Operand;
  /** An elementwise program; inputs are expanded to the shape of the outputs by the caller. */
  fuse(
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    body: (registers: Registers, inputs: readonly number[]) => readonly number[],
  ): void;
  /** `output = input`, cast if the types differ. */
  copy(input: Operand, output: Operand): void;
  fill(output: Operand, value: number): void;
  reduce(kind: Reduction, axes: readonly number[], input: Operand, output: Operand): void;
  cumulate(kind: Cumulation, axis: number, reverse: boolean, input: Operand, output: Operand): void;
  /** `output = a b`, or `+=` with `accumulate`. */
  dot(a: Operand, b: Operand, output: Operand, accumulate?: boolean): void;
  take(axis: number, source: Operand, indices: Operand, output: Operand): void;
  takeAlong(axis: number, source: Operand, indices: Operand, output: Operand): void;
  put(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void;
  putAlong(kind: PutKind, axis: number, target: Operand, indices: Operand, updates: Operand): void;
  sort(descending: boolean, input: Operand, values: Operand, indices: Operand): void;
  slice(axis: number, source: Operand, start: Operand, output: Operand): void;
  update(axis: number, target: Operand, start: Operand, source: Operand): void;
  cholesky(input: Operand, output: Operand): void;
  lu(input: Operand, output: Operand, pivots: Operand): void;
  triangular(upper: boolean, unit: boolean, matrix: Operand, right: Operand, output: Operand): void;
  /** Rows of columns, in segments: `table` is the byte offset of their table. */
  load(columns: number, table: number, output: Operand): void;
  store(columns: number, table: number, source: Operand): void;
  loop(count: number, counter: Operand, body: () => void): void;
  while(condition: Operand, test: () => void, body: () => void): void;
  branch(selector: Operand, branches: readonly (() => void)[]): void;
  /**
   * The instructions of a graph (a body of `scan`, say): operands of its inputs in, its results copied to `outputs`, which
   * may be among the inputs: they are written last. Gives where results lie for which there is no output.
   */
  graph(
    graph: import("./graph.ts").Graph,
    inputs: readonly Operand[],
    outputs: readonly (Operand | undefined)[],
  ): readonly Operand[];
}
