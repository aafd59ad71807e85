import { checkList } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { type DType, isFloat } from "../dtype.ts";
import { type DotParams, dotGeneral } from "../primitive/dot.ts";
import { cast, reshape, slice } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { broadcast, checkShape, normalAxis, shapeError } from "../shape.ts";
import { Value } from "../value.ts";
import { less, multiply, remainder, subtract, where } from "./arithmetic.ts";
import { asValue, broadcastValue, commonType, type Like } from "./convert.ts";
import { sum } from "./reduce.ts";
import { expandDims, moveaxis } from "./view.ts";

/**
 * Matrix product over the last two axes, the axes before them broadcast; a vector is a row on the left, a column on the right.
 * Each element is one chain of fused multiply-adds in ascending order.
 */
export function matmul(a: Like, b: Like): Value {
  if (isPlain(a, b)) return bindOne(dotGeneral, [a as Value, b as Value], PLAIN);
  return scope(() => {
    const [x, y] = floats(a, b);
    if (x.dims.length === 0 || y.dims.length === 0)
      throw shapeError("matmul", [x.dims, y.dims], "both need an axis; multiply() takes scalars");
    const left = x.dims.length === 1 ? reshape(x, [1, ...x.dims]) : x;
    const right = y.dims.length === 1 ? reshape(y, [...y.dims, 1]) : y;
    const [k, other] = [left.dims.at(-1), right.dims.at(-2)];
    if (k !== other)
      throw shapeError(
        "matmul",
        [x.dims, y.dims],
        `axis -1 of the first is ${k}, axis ${y.dims.length === 1 ? -1 : -2} of the second ${other}`,
        -1,
      );
    const out = batchedProduct(left, right);
    const kept = out.dims.filter(
      (_, i) =>
        !(y.dims.length === 1 && i === out.dims.length - 1) && !(x.dims.length === 1 && i === out.dims.length - 2),
    );
    return asBefore(reshape(out, kept), a, b);
  });
}

const PLAIN: DotParams = { contract: { a: [1], b: [0] }, batch: { a: [], b: [] } };

/** Two matrices of one float type that fit. */
function isPlain(a: Like, b: Like): boolean {
  if (!(a instanceof Value && b instanceof Value) || a.dtype !== b.dtype || !isFloat(a.dtype)) return false;
  return a.dims.length === 2 && b.dims.length === 2 && a.dims[1] === b.dims[0];
}

function batchedProduct(a: Value, b: Value): Value {
  const rank = a.dims.length;
  // A matrix for all: the rows of the whole batch are rows of one product.
  if (b.dims.length === 2)
    return bindOne(dotGeneral, [a, b], { contract: { a: [rank - 1], b: [0] }, batch: { a: [], b: [] } });
  const batch = broadcast("matmul", a.dims.slice(0, -2), b.dims.slice(0, -2));
  const axes = batch.map((_, i) => i);
  return bindOne(
    dotGeneral,
    [broadcastValue(a, [...batch, ...a.dims.slice(-2)]), broadcastValue(b, [...batch, ...b.dims.slice(-2)])],
    { contract: { a: [batch.length + 1], b: [batch.length] }, batch: { a: axes, b: axes } },
  );
}

/** Sums of products over the last `axes` axes of a and the first of b, or over the pairs of axes that are listed. */
export function tensordot(a: Like, b: Like, axes: number | readonly [readonly number[], readonly number[]] = 2): Value {
  return scope(() => {
    const [x, y] = floats(a, b);
    if (typeof axes !== "number") {
      checkList("tensordot", "axes", axes);
      for (const side of [0, 1]) checkList("tensordot", "the axes of each side", axes[side]);
    } else {
      checkShape("tensordot", [axes]);
      if (axes > Math.min(x.dims.length, y.dims.length))
        throw shapeError("tensordot", [x.dims, y.dims], `both need ${axes} axes at least`);
    }
    const [left, right] =
      typeof axes === "number"
        ? [Array.from({ length: axes }, (_, i) => x.dims.length - axes + i), Array.from({ length: axes }, (_, i) => i)]
        : axes;
    if (left.length !== right.length)
      throw shapeError("tensordot", [x.dims, y.dims], `${left.length} and ${right.length} axes do not pair up`);
    const contract = {
      a: left.map((axis) => normalAxis("tensordot", axis, x.dims.length)),
      b: right.map((axis) => normalAxis("tensordot", axis, y.dims.length)),
    };
    return asBefore(dot(x, y, { contract, batch: { a: [], b: [] } }), a, b);
  });
}

/** Sums of products of vectors along an axis, the other axes broadcast. */
export function vecdot(a: Like, b: Like, axis = -1): Value {
  return scope(() => {
    const [x, y] = floats(a, b);
    const [left, right] = [moveaxis(x, axis, -1), moveaxis(y, axis, -1)];
    const out = matmul(expandDims(left, -2), expandDims(right, -1));
    return asBefore(reshape(out, out.dims.slice(0, -2)), a, b);
  });
}

/** All products of elements of two vectors: [n] and [m] give [n, m]. */
export function outer(a: Like, b: Like): Value {
  const [x, y] = [asValue(a), asValue(b)];
  if (x.dims.length !== 1 || y.dims.length !== 1)
    throw shapeError("outer", [x.dims, y.dims], "both must be vectors; use flatten()");
  return scope(() => multiply(expandDims(x, 1), expandDims(y, 0)));
}

/** Sums of products over axes, by pairs: see `primitive/dot.ts`. The types are equal floats. */
export function dot(a: Value, b: Value, params: DotParams): Value {
  return bindOne(dotGeneral, [a, b], params);
}

/** The sum of the diagonal of the last two axes. */
export function trace(x: Like): Value {
  return scope(() => sum(diagonal(x), -1));
}

/** The diagonal of the last two axes. */
export function diagonal(x: Like): Value {
  const value = asValue(x);
  const { dims } = value;
  if (dims.length < 2) throw shapeError("diagonal", [dims], "a matrix has two axes");
  const [n, m] = dims.slice(-2) as [number, number];
  const size = Math.min(n, m);
  return scope(() => {
    // In rows of m + 1 elements the diagonal is the first column.
    const flat = reshape(value, [...dims.slice(0, -2), n * m]);
    const axis = dims.length - 2;
    const starts = flat.dims.map(() => 0);
    const extents = flat.dims.map((extent, i) => (i === axis ? size : extent));
    const steps = flat.dims.map((_, i) => (i === axis ? m + 1 : 1));
    return slice(flat, starts, extents, steps);
  });
}

/** Both as floats of one type; integers as f64, which holds sums below 2^53. */
function floats(a: Like, b: Like): [Value, Value] {
  const dtype = commonType(a, b);
  const float = isFloat(dtype) ? dtype : "f64";
  return [cast(asValue(a), float), cast(asValue(b), float)];
}

function asBefore(x: Value, a: Like, b: Like): Value {
  return asIntegers(x, commonType(a, b));
}

/** Sums of products of integers are integers again, and wrap: exactly those below 2^53. */
export function asIntegers(x: Value, dtype: DType): Value {
  if (dtype !== "i32" && dtype !== "u8") return cast(x, dtype);
  const word = remainder(x, 2 ** 32);
  return cast(cast(where(less(word, 2 ** 31), word, subtract(word, 2 ** 32)), "i32"), dtype);
}
