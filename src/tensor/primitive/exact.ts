import type { Cumulation, PutKind, Reduction } from "../../native/tensor/format.ts";
import { bindOne } from "../bind.ts";
import type { DType } from "../dtype.ts";
import { type Shape, sameShape } from "../shape.ts";
import { Literal, type Value } from "../value.ts";
import { cast as castRow, type ElementwiseName, elementwise } from "./elementwise.ts";
import { put as putRow, take as takeRow } from "./index-by.ts";
import { concatenate as concatenateRow, fold as foldRow, pad as padRow } from "./join.ts";
import { cumulate as cumulateRow, reduce as reduceRow } from "./reduce.ts";
import { triangularSolve as triangularRow } from "./solve.ts";
import { expand as expandRow, permute as permuteRow, reshape as reshapeRow, slice as sliceRow } from "./view.ts";

/**
 * Operations on values whose types and shapes fit exactly: the language in which rules of differentiation, transposition
 * and batching are written, and what the functions of users end in.
 */

/**
 * An elementwise operation. A number takes the type of the last value; values of rank 0 beside others are expanded.
 */
export function op(name: ElementwiseName, ...inputs: readonly (Value | number)[]): Value {
  let dtype: DType = "f32";
  let dims: Shape = [];
  for (const input of inputs) {
    if (typeof input === "number") continue;
    dtype = input.dtype;
    if (input.dims.length > dims.length) dims = input.dims;
  }
  const values = inputs.map((input) => (typeof input === "number" ? new Literal(input, dtype) : ofRank(input, dims)));
  return bindOne(elementwise[name], values, undefined);
}

/** A value of rank 0 beside others as one of their shape. */
function ofRank(value: Value, dims: Shape): Value {
  return value instanceof Literal || value.dims.length === dims.length ? value : expand(value, dims, []);
}

/** `a + b` where undefined stands for 0. */
export function sumOf(...terms: readonly (Value | undefined)[]): Value | undefined {
  let sum: Value | undefined;
  for (const term of terms) if (term !== undefined) sum = sum === undefined ? term : op("add", sum, term);
  return sum;
}

export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : bindOne(castRow, [x], { dtype });
}

/** A number as a tensor of any shape, in the memory of one element. */
export function constant(value: number, dtype: DType, dims: Shape): Value {
  return expand(new Literal(value, dtype), dims, []);
}

export function zerosLike(x: { readonly dtype: DType; readonly dims: Shape }): Value {
  return constant(0, x.dtype, x.dims);
}

export function reshape(x: Value, dims: Shape): Value {
  return sameShape(x.dims, dims) ? x : bindOne(reshapeRow, [x], { dims });
}

/** Axis i of the result is axis `axes[i]` of `x`. */
export function permute(x: Value, axes: readonly number[]): Value {
  return axes.every((axis, i) => axis === i) ? x : bindOne(permuteRow, [x], { axes });
}

/** Axis `from` becomes axis `to`; the others keep their order. */
export function moveAxis(x: Value, from: number, to: number): Value {
  const axes = x.dims.map((_, i) => i);
  axes.splice(from, 1);
  axes.splice(to, 0, from);
  return permute(x, axes);
}

/** Exchanges the last two axes. */
export function swapLast(x: Value): Value {
  const rank = x.dims.length;
  return permute(
    x,
    x.dims.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i)),
  );
}

/** Axis i of `x` becomes axis `axes[i]` of the result, repeated where its extent is 1; the other axes repeat `x`. */
export function expand(x: Value, dims: Shape, axes: readonly number[]): Value {
  return sameShape(x.dims, dims) && !(x instanceof Literal) ? x : bindOne(expandRow, [x], { dims, axes });
}

/** `x` with a new axis 0 of `size` equal parts. */
export function repeatFirst(x: Value, size: number): Value {
  return expand(
    x,
    [size, ...x.dims],
    x.dims.map((_, i) => i + 1),
  );
}

/** What `x`, reduced over `axes`, is expanded to: undoes a reduction of a tensor of `dims`. */
export function expandReduced(x: Value, dims: Shape, axes: readonly number[]): Value {
  return expand(
    x,
    dims,
    dims.map((_, i) => i).filter((i) => !axes.includes(i)),
  );
}

/** Element i of an axis is element `start + i * step` of `x`, for `extents` elements. */
export function slice(x: Value, starts: readonly number[], extents: Shape, steps: readonly number[]): Value {
  return bindOne(sliceRow, [x], { starts, extents, steps });
}

/** Elements `start` to `start + extent - 1` of one axis. */
export function part(x: Value, axis: number, start: number, extent: number, step = 1): Value {
  const { dims } = x;
  return slice(
    x,
    dims.map((_, i) => (i === axis ? start : 0)),
    dims.map((own, i) => (i === axis ? extent : own)),
    dims.map((_, i) => (i === axis ? step : 1)),
  );
}

/** `low` and `high` times `value` around an axis, and `interior` times it between neighbours, for each axis. */
export function pad(
  x: Value,
  value: number,
  low: readonly number[],
  high: readonly number[],
  interior: readonly number[],
): Value {
  return bindOne(padRow, [x], { value, low, high, interior });
}

export function concatenate(parts: readonly Value[], axis: number): Value {
  return parts.length === 1 ? (parts[0] as Value) : bindOne(concatenateRow, parts, { axis });
}

export function fold(x: Value, params: { axis: number; extent: number; stride: number; dilation: number }): Value {
  return bindOne(foldRow, [x], params);
}

export function reduce(kind: Reduction, x: Value, axes: readonly number[]): Value {
  return axes.length === 0 ? x : bindOne(reduceRow, [x], { kind, axes });
}

export function cumulate(kind: Cumulation, x: Value, axis: number, reverse = false): Value {
  return bindOne(cumulateRow, [x], { kind, axis, reverse });
}

export function take(x: Value, indices: Value, axis: number, along = false): Value {
  return bindOne(takeRow, [x, indices], { axis, along });
}

export function put(
  target: Value,
  indices: Value,
  updates: Value,
  params: { kind: PutKind; axis: number; along: boolean },
): Value {
  return bindOne(putRow, [target, indices, updates], params);
}

/** X with `matrix X = right`, of whose `matrix` only one triangle is read. */
export function triangularSolve(matrix: Value, right: Value, upper: boolean, unit: boolean): Value {
  return bindOne(triangularRow, [matrix, right], { upper, unit });
}
