import { cast, part, reduce } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { normalAxes, normalAxis, shapeError } from "../shape.ts";
import type { Value } from "../value.ts";
import {
  abs,
  add,
  divide,
  equal,
  exp,
  less,
  log1p,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  multiply,
  negative,
  notEqual,
  sqrt,
  square,
  subtract,
  where,
} from "./arithmetic.ts";
import { asValue, castValue, commonType, floatOf, type Like } from "./convert.ts";
import { stack } from "./join.ts";
import type { Axes } from "./reduce.ts";
import { broadcastArrays, slice } from "./view.ts";

/** `sqrt(a^2 + b^2)`, without overflow in between. */
export function hypot(a: Like, b: Like): Value {
  return scope(() => {
    const [x, y] = floats(a, b).map(abs) as [Value, Value];
    const [large, small] = [maximum(x, y), minimum(x, y)];
    const ratio = divide(small, where(equal(large, 0), 1, large));
    const length = multiply(large, sqrt(add(square(ratio), 1)));
    // Two infinities have no ratio, and what is infinite in one direction is so whatever the other is.
    const infinite = Number.POSITIVE_INFINITY;
    return where(logicalOr(equal(x, infinite), equal(y, infinite)), infinite, length);
  });
}

/** `log(exp(a) + exp(b))`, without overflow. */
export function logaddexp(a: Like, b: Like): Value {
  return scope(() => {
    const [x, y] = floats(a, b);
    const large = maximum(x, y);
    const gap = negative(abs(subtract(x, y)));
    // Equal infinities have no difference.
    return where(equal(x, y), add(large, Math.LN2), add(large, log1p(exp(gap))));
  });
}

/** Whether the sign is negative, that of -0 too. Of NaN: false. */
export function signbit(x: Like): Value {
  return scope(() => logicalOr(less(x, 0), logicalAnd(equal(x, 0), less(divide(1, x), 0))));
}

/** The absolute value of `a` with the sign of `b`. */
export function copysign(a: Like, b: Like): Value {
  return scope(() => {
    const [x, y] = floats(a, b);
    const size = abs(x);
    return where(signbit(y), negative(size), size);
  });
}

/** Differences of neighbours along an axis: one element less. */
export function diff(x: Like, axis = -1): Value {
  return scope(() => {
    const value = asValue(x);
    const at = normalAxis("diff", axis, value.dims.length);
    const extent = value.dims[at] as number;
    if (extent === 0) throw shapeError("diff", [value.dims], `axis ${at} has no element`, at);
    return subtract(part(value, at, 1, extent - 1), part(value, at, 0, extent - 1));
  });
}

/** How many elements are not 0 (i32). */
export function countNonzero(x: Like, axes?: Axes): Value {
  return scope(() => {
    const value = asValue(x);
    return reduce("sum", cast(notEqual(value, 0), "i32"), normalAxes("countNonzero", axes, value.dims.length));
  });
}

/** The cross product of vectors of three elements along the last axis. */
export function cross(a: Like, b: Like): Value {
  return scope(() => {
    const [x, y] = broadcastArrays(a, b) as [Value, Value];
    if (x.dims.at(-1) !== 3) throw shapeError("cross", [x.dims, y.dims], "the last axis must have three elements", -1);
    const of = (value: Value, i: number) =>
      cast(slice(value, ...value.dims.slice(1).map(() => null), i), commonType(a, b));
    const [[x0, x1, x2], [y0, y1, y2]] = [x, y].map((value) => [0, 1, 2].map((i) => of(value, i))) as [
      [Value, Value, Value],
      [Value, Value, Value],
    ];
    return stack(
      [
        subtract(multiply(x1, y2), multiply(x2, y1)),
        subtract(multiply(x2, y0), multiply(x0, y2)),
        subtract(multiply(x0, y1), multiply(x1, y0)),
      ],
      -1,
    );
  });
}

/** Both as floats of one type; numbers adapt. */
function floats(a: Like, b: Like): [Value, Value] {
  const dtype = floatOf(commonType(a, b));
  return [castValue(a, dtype), castValue(b, dtype)];
}
