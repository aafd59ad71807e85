import type { Emitter } from "../emitter.ts";
import type { Graph } from "../graph.ts";
import type { Layout, Operand } from "../operand.ts";
import type { Registers } from "../registers.ts";
import type { Aval, Value } from "../value.ts";

/** An input of a linear operation whose cotangent is wanted: only its type is known. */
export class Unknown implements Aval {
  readonly dtype: Aval["dtype"];
  readonly dims: Aval["dims"];

  constructor(aval: Aval) {
    this.dtype = aval.dtype;
    this.dims = aval.dims;
  }
}

/**
 * One row of the table of primitives: everything that any interpreter needs to know of an operation. Exactly one of
 * `view`, `steps` and `lower` says how it is executed.
 *
 * Elementwise primitives take inputs of one shape, with literals (rank 0) among them; all take inputs of equal types where
 * the operation needs that: the functions that users call broadcast and cast before.
 */
export interface Primitive<P = never> {
  readonly name: string;
  /** The shape rule: types of the results. Throws coded errors that name the operation, the shapes and the axis. */
  shapes(inputs: readonly Aval[], params: P): Aval[];

  /** A result without a copy; undefined where these strides need one (then the input is copied first). */
  view?(input: Layout, params: P): Layout | undefined;
  /** An elementwise operation as steps: takes registers of the inputs, gives the register of the result. */
  steps?(registers: Registers, inputs: readonly number[], params: P): number;
  /** Instructions that write `outputs` (contiguous, not overlapping the inputs). Literals come as operands. */
  lower?(emit: Emitter, inputs: readonly Operand[], outputs: readonly Operand[], params: P): void;
  /** A graph of the same inputs and results, which stands in the place of the operation in plans. */
  inline?(params: P): Graph;
  /** For operations whose params hold graphs (`scan`): how they run outside plans, operation by operation. */
  execute?(inputs: readonly Value[], params: P): Value[];

  /**
   * Tangents of the results from tangents of the inputs; undefined is zero. Uses other operations only, linear ones on
   * tangents. `"linear"`: the operation itself, applied to the tangents (of all inputs; zeros are filled in).
   * `"none"`: no derivative: tangents of results are zero.
   */
  readonly jvp: "linear" | "none" | ((rule: Forward<P>) => (Value | undefined)[]);
  /**
   * For operations that are linear in some inputs: cotangents of the inputs that are {@link Unknown}, from those of the
   * results; undefined is zero, and stands for inputs that are known. `"never"`: it is not applied to tangents.
   */
  readonly transpose: "never" | ((rule: Backward<P>) => (Value | undefined)[]);
  /** For operations whose params hold graphs: results and tangents together. It is used instead of `jvp`. */
  readonly dual?: (rule: Dual<P>) => { outputs: Value[]; tangents: (Value | undefined)[] };
  /**
   * For operations whose params hold graphs, before they are recorded for transposition: executes what does not depend on
   * the linear inputs, and records the rest, as operations that are linear in their linear inputs.
   */
  readonly split?: (rule: Split<P>) => Value[];
  /** For operations whose params hold graphs, used instead of `batch`: results with and without the further axis. */
  readonly batchSome?: (rule: Batched<P>) => SomeBatched;
  /** The operation over a further axis: batched inputs have it as axis 0, and so have all results. */
  readonly batch: (rule: Batched<P>) => Value[];
}

export interface Forward<P> {
  readonly primals: readonly Value[];
  readonly tangents: readonly (Value | undefined)[];
  readonly outputs: readonly Value[];
  readonly params: P;
}

export interface Dual<P> {
  readonly primals: readonly Value[];
  /** At least one is not undefined. */
  readonly tangents: readonly (Value | undefined)[];
  readonly params: P;
}

export interface Split<P> {
  readonly inputs: readonly Value[];
  /** Which inputs are linear. At least one. */
  readonly linear: readonly boolean[];
  readonly params: P;
  record<Q>(primitive: Primitive<Q>, inputs: readonly Value[], params: Q): Value[];
}

export interface Backward<P> {
  readonly cotangents: readonly (Value | undefined)[];
  readonly inputs: readonly (Value | Unknown)[];
  /** Types of the results. */
  readonly outputs: readonly Aval[];
  readonly params: P;
}

export interface Batched<P> {
  readonly inputs: readonly Value[];
  /** Which inputs have the further axis. At least one. */
  readonly batched: readonly boolean[];
  /** Its extent. */
  readonly size: number;
  readonly params: P;
}

export interface SomeBatched {
  readonly results: readonly Value[];
  /** Which results have the further axis. */
  readonly has: readonly boolean[];
}
