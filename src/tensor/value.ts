import { WorldloomError } from "../core/errors.ts";
import type { DType } from "./dtype.ts";
import type { Methods } from "./methods.ts";
import { isSymbolic, type Shape, showShape, sizeOf } from "./shape.ts";

/** What is known of a value without looking at its elements. */
export interface Aval {
  readonly dtype: DType;
  readonly dims: Shape;
}

/**
 * What operations take and give: a tensor with elements, a plain number, or a tracer that stands for a tensor while a
 * function is differentiated, batched or compiled.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods.ts defines what the interface declares
export abstract class Value implements Aval, Disposable {
  abstract readonly dtype: DType;
  /** Extents of the axes, where a leading extent may stand for any number: for operations. See {@link Value.shape}. */
  abstract readonly dims: Shape;

  /** Extents of the axes. Throws `tensor-traced` where the leading one is open in the plan that is being traced. */
  get shape(): Shape {
    if (!isSymbolic(this.dims)) return this.dims;
    throw new WorldloomError(
      "tensor-traced",
      `The shape ${showShape(this.dims)} depends on the leading number of the plan; use axisSize(x, axis) for an extent as a value.`,
      { shape: showShape(this.dims) },
    );
  }

  /** Gives memory back, where the value has some. */
  dispose(): void {}

  [Symbol.dispose](): void {
    this.dispose();
  }

  get rank(): number {
    return this.dims.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }
}

/** Operations as methods: `methods.ts` has them and puts them on the prototype. */
export interface Value extends Methods {}

/** A number in an expression: rank 0, without memory. */
export class Literal extends Value {
  readonly dtype: DType;
  readonly dims: Shape = [];
  readonly value: number;

  constructor(value: number, dtype: DType) {
    super();
    this.value = value;
    this.dtype = dtype;
  }
}

/** Stands for a tensor while a function is traced. It belongs to the trace that made it. */
export abstract class Tracer extends Value {
  abstract readonly trace: Trace;
}

/** An interpreter of operations: forward mode, batching, recording, staging. Inner ones have higher levels. */
export interface Trace {
  readonly level: number;
  /** Some of `inputs` are tracers of this trace; none is of one with a higher level. */
  process(primitive: Primitive, inputs: readonly Value[], params: unknown): Value[];
}

/** See `primitive/primitive.ts`. */
export type Primitive = import("./primitive/primitive.ts").Primitive;
