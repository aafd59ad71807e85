import { WorldloomError } from "../../core/errors.ts";
import type { Reduction } from "../../native/tensor/format.ts";
import { checkNumber, optionsOf } from "../argument.ts";
import { type DType, isFloat } from "../dtype.ts";
import { cast, cumulate, reduce, reshape } from "../primitive/exact.ts";
import { countOf } from "../primitive/reduce.ts";
import { scope } from "../scope.ts";
import { normalAxes, normalAxis, sizeOf } from "../shape.ts";
import { Literal, Value } from "../value.ts";
import { abs, divide, equal, greater, pow, sqrt, square, subtract, where } from "./arithmetic.ts";
import { asFloat, asValue, type Like } from "./convert.ts";
import { copy } from "./view.ts";

/** The axes to reduce over: all of them where it is not given. */
export type Axes = number | readonly number[] | undefined;

export interface ReduceOptions {
  /** Keeps the axes, with extent 1. */
  readonly keepdims?: boolean;
}

function reduceOf(kind: Reduction, x: Value, axes: Axes, options?: ReduceOptions): Value {
  const { keepdims = false } = optionsOf(kind, options, ["keepdims"]);
  const normal = normalAxes(kind, axes, x.dims.length);
  const out = normal.length === 0 ? reduceNothing(kind, x) : reduce(kind, x, normal);
  if (!keepdims) return out;
  return reshape(
    out,
    x.dims.map((extent, i) => (normal.includes(i) ? 1 : extent)),
  );
}

function reduceNothing(kind: Reduction, x: Value): Value {
  return kind === "argmax" || kind === "argmin" ? subtract(cast(x, "i32"), cast(x, "i32")) : copy(x);
}

/** Integers smaller than i32 are summed as i32. */
function summable(x: Value): Value {
  return x.dtype === "bool" || x.dtype === "u8" ? cast(x, "i32") : x;
}

export function sum(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  if (x instanceof Value && isFloat(x.dtype) && options === undefined) return reduceOf("sum", x, axes);
  return scope(() => reduceOf("sum", summable(asValue(x)), axes, options));
}

export function prod(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => reduceOf("prod", summable(asValue(x)), axes, options));
}

/** The largest element; NaN if there is a NaN; -Infinity, or the least number of the type, if there is no element. */
export function max(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => reduceOf("max", asValue(x), axes, options));
}

/** The smallest element; NaN if there is a NaN; Infinity, or the largest number of the type, if there is no element. */
export function min(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => reduceOf("min", asValue(x), axes, options));
}

export function any(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => reduceOf("any", cast(asValue(x), "bool"), axes, options));
}

export function all(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => reduceOf("all", cast(asValue(x), "bool"), axes, options));
}

/** The index (i32) of the largest element along an axis, or in row-major order; the first of several, the first NaN. */
export function argmax(x: Like, axis?: number, options?: ReduceOptions): Value {
  return scope(() => reduceOf("argmax", asValue(x), axis, options));
}

export function argmin(x: Like, axis?: number, options?: ReduceOptions): Value {
  return scope(() => reduceOf("argmin", asValue(x), axis, options));
}

/** The sum divided by the count. Integers in floats. */
export function mean(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => {
    const value = asFloat(x);
    const normal = normalAxes("mean", axes, value.dims.length);
    return divide(reduceOf("sum", value, normal, options), countOf(value, normal, value.dtype));
  });
}

export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the count: 1 for the variance of a population from a sample. */
  readonly correction?: number;
}

/** The mean of squared differences from the mean. */
export function variance(x: Like, axes?: Axes, given?: VarianceOptions): Value {
  return scope(() => {
    const { correction = 0, ...options } = optionsOf("variance", given, ["correction", "keepdims"]);
    checkNumber("variance", "correction", correction);
    const value = asFloat(x);
    const normal = normalAxes("var", axes, value.dims.length);
    const centred = subtract(value, mean(value, normal, { keepdims: true }));
    const count = countOf(value, normal, value.dtype);
    const divisor =
      count instanceof Literal ? new Literal(count.value - correction, count.dtype) : subtract(count, correction);
    return divide(reduceOf("sum", square(centred), normal, options), divisor);
  });
}

/** The square root of the variance. Where it is 0, so is the derivative. */
export function std(x: Like, axes?: Axes, options?: VarianceOptions): Value {
  return scope(() => rootOf(variance(x, axes, options), sqrt));
}

export interface CumulativeOptions {
  /** From the last element to the first. */
  readonly reverse?: boolean;
}

/** Running sums along an axis; a flat tensor needs none. */
export function cumulativeSum(x: Like, axis?: number, options?: CumulativeOptions): Value {
  return scope(() => {
    const reverse = isReverse("cumulativeSum", options);
    const value = summable(asValue(x));
    return cumulate("sum", value, onlyAxis("cumulativeSum", value, axis), reverse);
  });
}

export function cumulativeProd(x: Like, axis?: number, options?: CumulativeOptions): Value {
  return scope(() => {
    const reverse = isReverse("cumulativeProd", options);
    const value = summable(asValue(x));
    return cumulate("prod", value, onlyAxis("cumulativeProd", value, axis), reverse);
  });
}

export function cumulativeMax(x: Like, axis?: number, options?: CumulativeOptions): Value {
  const reverse = isReverse("cumulativeMax", options);
  const value = asValue(x);
  return cumulate("max", value, onlyAxis("cumulativeMax", value, axis), reverse);
}

export function cumulativeMin(x: Like, axis?: number, options?: CumulativeOptions): Value {
  const reverse = isReverse("cumulativeMin", options);
  const value = asValue(x);
  return cumulate("min", value, onlyAxis("cumulativeMin", value, axis), reverse);
}

export interface NormOptions extends ReduceOptions {
  /** 1, 2 (unless given), Infinity, -Infinity, 0 (count of elements that are not 0), or any other power. */
  readonly ord?: number;
}

/** The norm of vectors along axes. Its derivative at 0 is 0. */
export function norm(x: Like, axes?: Axes, given?: NormOptions): Value {
  return scope(() => {
    const { ord = 2, ...options } = optionsOf("norm", given, ["ord", "keepdims"]);
    const value = asFloat(x);
    if (ord === 2) return rootOf(reduceOf("sum", square(value), axes, options), sqrt);
    const size = abs(value);
    if (ord === 1) return reduceOf("sum", size, axes, options);
    if (ord === Number.POSITIVE_INFINITY) return reduceOf("max", size, axes, options);
    if (ord === Number.NEGATIVE_INFINITY) return reduceOf("min", size, axes, options);
    if (ord === 0) return reduceOf("sum", cast(greater(size, 0), value.dtype), axes, options);
    const none = equal(size, 0);
    const powers = where(none, ord > 0 ? 0 : Number.POSITIVE_INFINITY, pow(where(none, 1, size), ord));
    const total = reduceOf("sum", powers, axes, options);
    const root = (power: Value) => pow(power, 1 / ord);
    return ord > 0 ? rootOf(total, root) : root(total);
  });
}

/** `root` of totals; 0 of 0, and without its derivative there, which is infinite. */
function rootOf(total: Value, root: (total: Value) => Value): Value {
  const none = equal(total, 0);
  return where(none, 0, root(where(none, 1, total)));
}

/** Whether all elements are equal, and shapes broadcast: a tensor of one bool. */
export function arrayEqual(a: Like, b: Like): Value {
  return scope(() => all(equal(a, b)));
}

/** The number of elements along `axes` (all, unless given) as a tensor or number: it may depend on the leading number of a plan. */
export function axisSize(x: Like, axes?: Axes, dtype: DType = "f32"): Value {
  const value = asValue(x);
  return countOf(value, normalAxes("axisSize", axes, value.dims.length), dtype);
}

function onlyAxis(operation: string, { dims }: Value, axis: number | undefined): number {
  if (axis !== undefined) return normalAxis(operation, axis, dims.length);
  if (dims.length === 1) return 0;
  throw new WorldloomError("tensor-shape", `${operation}: name the axis of a tensor of rank ${dims.length}.`, {
    operation,
    size: sizeOf(dims),
  });
}

function isReverse(operation: string, options: CumulativeOptions | undefined): boolean {
  return optionsOf(operation, options, ["reverse"]).reverse ?? false;
}
