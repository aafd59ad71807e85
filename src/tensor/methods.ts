import type { DType } from "./dtype.ts";
import * as arithmetic from "./function/arithmetic.ts";
import type { Like } from "./function/convert.ts";
import { argsort, type Indices, type SortOptions, sort, take } from "./function/index-by.ts";
import { matmul } from "./function/matmul.ts";
import type { Axes, NormOptions, ReduceOptions, VarianceOptions } from "./function/reduce.ts";
import * as reductions from "./function/reduce.ts";
import type { Range } from "./function/view.ts";
import * as views from "./function/view.ts";
import { format, item, type NestedNumbers, toArray } from "./read.ts";
import type { Shape } from "./shape.ts";
import { Tracer, Value } from "./value.ts";

/** Operations as methods of values: each is the function of the same name with the value as its first argument. */
const methods = {
  /** All axes reversed: the transpose of a matrix. */
  get T(): Value {
    return views.permuteDims(this as unknown as Value);
  },
  add(this: Value, other: Like): Value {
    return arithmetic.add(this, other);
  },
  subtract(this: Value, other: Like): Value {
    return arithmetic.subtract(this, other);
  },
  multiply(this: Value, other: Like): Value {
    return arithmetic.multiply(this, other);
  },
  divide(this: Value, other: Like): Value {
    return arithmetic.divide(this, other);
  },
  remainder(this: Value, other: Like): Value {
    return arithmetic.remainder(this, other);
  },
  pow(this: Value, other: Like): Value {
    return arithmetic.pow(this, other);
  },
  maximum(this: Value, other: Like): Value {
    return arithmetic.maximum(this, other);
  },
  minimum(this: Value, other: Like): Value {
    return arithmetic.minimum(this, other);
  },
  equal(this: Value, other: Like): Value {
    return arithmetic.equal(this, other);
  },
  notEqual(this: Value, other: Like): Value {
    return arithmetic.notEqual(this, other);
  },
  less(this: Value, other: Like): Value {
    return arithmetic.less(this, other);
  },
  lessEqual(this: Value, other: Like): Value {
    return arithmetic.lessEqual(this, other);
  },
  greater(this: Value, other: Like): Value {
    return arithmetic.greater(this, other);
  },
  greaterEqual(this: Value, other: Like): Value {
    return arithmetic.greaterEqual(this, other);
  },
  negative(this: Value): Value {
    return arithmetic.negative(this);
  },
  abs(this: Value): Value {
    return arithmetic.abs(this);
  },
  square(this: Value): Value {
    return arithmetic.square(this);
  },
  sqrt(this: Value): Value {
    return arithmetic.sqrt(this);
  },
  exp(this: Value): Value {
    return arithmetic.exp(this);
  },
  log(this: Value): Value {
    return arithmetic.log(this);
  },
  sin(this: Value): Value {
    return arithmetic.sin(this);
  },
  cos(this: Value): Value {
    return arithmetic.cos(this);
  },
  tanh(this: Value): Value {
    return arithmetic.tanh(this);
  },
  clip(this: Value, low?: Like | null, high?: Like | null): Value {
    return arithmetic.clip(this, low, high);
  },
  astype(this: Value, dtype: DType): Value {
    return arithmetic.astype(this, dtype);
  },
  matmul(this: Value, other: Like): Value {
    return matmul(this, other);
  },
  sum(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.sum(this, axes, options);
  },
  prod(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.prod(this, axes, options);
  },
  max(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.max(this, axes, options);
  },
  min(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.min(this, axes, options);
  },
  mean(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.mean(this, axes, options);
  },
  std(this: Value, axes?: Axes, options?: VarianceOptions): Value {
    return reductions.std(this, axes, options);
  },
  any(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.any(this, axes, options);
  },
  all(this: Value, axes?: Axes, options?: ReduceOptions): Value {
    return reductions.all(this, axes, options);
  },
  argmax(this: Value, axis?: number, options?: ReduceOptions): Value {
    return reductions.argmax(this, axis, options);
  },
  argmin(this: Value, axis?: number, options?: ReduceOptions): Value {
    return reductions.argmin(this, axis, options);
  },
  norm(this: Value, axes?: Axes, options?: NormOptions): Value {
    return reductions.norm(this, axes, options);
  },
  cumulativeSum(this: Value, axis?: number): Value {
    return reductions.cumulativeSum(this, axis);
  },
  reshape(this: Value, dims: Shape): Value {
    return views.reshape(this, dims);
  },
  flatten(this: Value): Value {
    return views.flatten(this);
  },
  permuteDims(this: Value, axes?: readonly number[]): Value {
    return views.permuteDims(this, axes);
  },
  matrixTranspose(this: Value): Value {
    return views.matrixTranspose(this);
  },
  squeeze(this: Value, axes?: number | readonly number[]): Value {
    return views.squeeze(this, axes);
  },
  expandDims(this: Value, axis: number): Value {
    return views.expandDims(this, axis);
  },
  broadcastTo(this: Value, dims: Shape): Value {
    return views.broadcastTo(this, dims);
  },
  flip(this: Value, axes?: number | readonly number[]): Value {
    return views.flip(this, axes);
  },
  slice(this: Value, ...ranges: Range[]): Value {
    return views.slice(this, ...ranges);
  },
  copy(this: Value): Value {
    return views.copy(this);
  },
  take(this: Value, indices: Indices, axis?: number): Value {
    return take(this, indices, axis);
  },
  sort(this: Value, axis?: number, options?: SortOptions): Value {
    return sort(this, axis, options);
  },
  argsort(this: Value, axis?: number, options?: SortOptions): Value {
    return argsort(this, axis, options);
  },
  toArray(this: Value): NestedNumbers {
    return toArray(this);
  },
  item(this: Value): number {
    return item(this);
  },
  toString(this: Value): string {
    return format(this);
  },
};

export type Methods = typeof methods;

/** What `console.log` of Node shows: the elements, not the arena. */
Object.defineProperty(Value.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: Value): string {
    return this instanceof Tracer ? format(this) : `${this.dtype} ${format(this)}`;
  },
});
Object.defineProperties(Value.prototype, Object.getOwnPropertyDescriptors(methods));
