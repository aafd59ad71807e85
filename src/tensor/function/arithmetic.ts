import { checkType, type DType, isFloat } from "../dtype.ts";
import type { ElementwiseName } from "../primitive/elementwise.ts";
import { cast } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import {
  SMALL_ADD,
  SMALL_DIVIDE,
  SMALL_MAXIMUM,
  SMALL_MINIMUM,
  SMALL_MULTIPLY,
  SMALL_SUBTRACT,
  small,
} from "../small.ts";
import type { Value } from "../value.ts";
import { asFloat, asValue, commonType, elementwiseOf, floatOf, type Like, own } from "./convert.ts";

const NUMBERS: readonly DType[] = ["u8", "i32", "f32", "f64"];
const BITS: readonly DType[] = ["bool", "u8", "i32"];

function binary(name: ElementwiseName, a: Like, b: Like, dtype: DType): Value {
  return elementwiseOf(name, [asValue(a), asValue(b)], [dtype, dtype]);
}

function numeric(name: ElementwiseName, a: Like, b: Like): Value {
  const dtype = commonType(a, b);
  checkType(name, dtype, NUMBERS);
  return binary(name, a, b, dtype);
}

function floating(name: ElementwiseName, a: Like, b: Like): Value {
  return binary(name, a, b, floatOf(commonType(a, b)));
}

function bitwise(name: ElementwiseName, a: Like, b: Like, types: readonly DType[]): Value {
  const dtype = commonType(a, b);
  checkType(name, dtype, types);
  return binary(name, a, b, dtype);
}

function logical(name: ElementwiseName, a: Like, b: Like): Value {
  return binary(name, a, b, "bool");
}

function compare(name: ElementwiseName, a: Like, b: Like): Value {
  return binary(name, a, b, commonType(a, b));
}

function unaryNumeric(name: ElementwiseName, x: Like): Value {
  const dtype = commonType(x);
  checkType(name, dtype, NUMBERS);
  return elementwiseOf(name, [asValue(x)], [dtype]);
}

function unaryFloat(name: ElementwiseName, x: Like): Value {
  return elementwiseOf(name, [asValue(x)], [floatOf(commonType(x))]);
}

/** Rounding of integers gives them as they are. */
function rounding(name: ElementwiseName, x: Like): Value {
  const dtype = commonType(x);
  return isFloat(dtype) ? unaryFloat(name, x) : elementwiseOf("maximum", [asValue(x), asValue(x)], [dtype, dtype]);
}

/** `a + b`; of bool: or. */
export function add(a: Like, b: Like): Value {
  const fast = small(SMALL_ADD, a, b);
  if (fast !== undefined) return fast;
  const dtype = commonType(a, b);
  return binary(dtype === "bool" ? "or" : "add", a, b, dtype);
}

/** `a - b`. */
export function subtract(a: Like, b: Like): Value {
  return small(SMALL_SUBTRACT, a, b) ?? numeric("subtract", a, b);
}

/** `a * b`; of bool: and. */
export function multiply(a: Like, b: Like): Value {
  const fast = small(SMALL_MULTIPLY, a, b);
  if (fast !== undefined) return fast;
  const dtype = commonType(a, b);
  return binary(dtype === "bool" ? "and" : "multiply", a, b, dtype);
}

/** `a / b`; of integers in f64. */
export function divide(a: Like, b: Like): Value {
  const fast = small(SMALL_DIVIDE, a, b);
  if (fast !== undefined) return fast;
  const dtype = commonType(a, b);
  return binary("divide", a, b, isFloat(dtype) ? dtype : "f64");
}

/** The largest integer at most `a / b`. Integers divided by 0 give 0. */
export function floorDivide(a: Like, b: Like): Value {
  return numeric("floorDivide", a, b);
}

/** What is left by {@link floorDivide}: it has the sign of `b`. */
export function remainder(a: Like, b: Like): Value {
  return numeric("remainder", a, b);
}

/** `a` to the power `b`; of integers in floats. */
export function pow(a: Like, b: Like): Value {
  return floating("pow", a, b);
}

/** The angle of the point (x, y), in radians from -pi to pi. */
export function atan2(y: Like, x: Like): Value {
  return floating("atan2", y, x);
}

/** The larger one; NaN if either is NaN. */
export function maximum(a: Like, b: Like): Value {
  return small(SMALL_MAXIMUM, a, b) ?? binary("maximum", a, b, commonType(a, b));
}

/** The smaller one; NaN if either is NaN. */
export function minimum(a: Like, b: Like): Value {
  return small(SMALL_MINIMUM, a, b) ?? binary("minimum", a, b, commonType(a, b));
}

export function bitwiseAnd(a: Like, b: Like): Value {
  return bitwise("and", a, b, BITS);
}

export function bitwiseOr(a: Like, b: Like): Value {
  return bitwise("or", a, b, BITS);
}

export function bitwiseXor(a: Like, b: Like): Value {
  return bitwise("xor", a, b, BITS);
}

/** Bits shifted to the left by the lower 5 bits (u8: 3) of `b`. */
export function bitwiseLeftShift(a: Like, b: Like): Value {
  return bitwise("leftShift", a, b, ["u8", "i32"]);
}

/** Bits shifted to the right; i32 keeps its sign. */
export function bitwiseRightShift(a: Like, b: Like): Value {
  return bitwise("rightShift", a, b, ["u8", "i32"]);
}

/** All bits flipped; of bool: not. */
export function bitwiseInvert(x: Like): Value {
  const dtype = commonType(x);
  checkType("not", dtype, BITS);
  return elementwiseOf("not", [asValue(x)], [dtype]);
}

export function logicalAnd(a: Like, b: Like): Value {
  return logical("and", a, b);
}

export function logicalOr(a: Like, b: Like): Value {
  return logical("or", a, b);
}

export function logicalXor(a: Like, b: Like): Value {
  return logical("xor", a, b);
}

export function logicalNot(x: Like): Value {
  return elementwiseOf("not", [asValue(x)], ["bool"]);
}

export function equal(a: Like, b: Like): Value {
  return compare("equal", a, b);
}

export function notEqual(a: Like, b: Like): Value {
  return compare("notEqual", a, b);
}

export function less(a: Like, b: Like): Value {
  return compare("less", a, b);
}

export function lessEqual(a: Like, b: Like): Value {
  return compare("lessEqual", a, b);
}

export function greater(a: Like, b: Like): Value {
  return compare("less", b, a);
}

export function greaterEqual(a: Like, b: Like): Value {
  return compare("lessEqual", b, a);
}

export function isnan(x: Like): Value {
  return unaryFloat("isnan", x);
}

export function isfinite(x: Like): Value {
  return unaryFloat("isfinite", x);
}

export function isinf(x: Like): Value {
  return scope(() => equal(abs(asFloat(x)), Number.POSITIVE_INFINITY));
}

export function negative(x: Like): Value {
  return unaryNumeric("negate", x);
}

export function abs(x: Like): Value {
  return unaryNumeric("abs", x);
}

/** -1, 0 or 1; NaN of NaN. */
export function sign(x: Like): Value {
  return unaryNumeric("sign", x);
}

export function square(x: Like): Value {
  return unaryNumeric("square", x);
}

export function floor(x: Like): Value {
  return rounding("floor", x);
}

export function ceil(x: Like): Value {
  return rounding("ceil", x);
}

export function trunc(x: Like): Value {
  return rounding("trunc", x);
}

/** The nearest integer; of two that are equally near, the even one. */
export function round(x: Like): Value {
  return rounding("round", x);
}

export function sqrt(x: Like): Value {
  return unaryFloat("sqrt", x);
}

/** `1 / sqrt(x)`, both rounded. */
export function rsqrt(x: Like): Value {
  return scope(() => divide(1, sqrt(x)));
}

export function reciprocal(x: Like): Value {
  return divide(1, x);
}

export function exp(x: Like): Value {
  return unaryFloat("exp", x);
}

/** `exp(x) - 1`, exact near 0. */
export function expm1(x: Like): Value {
  return unaryFloat("expm1", x);
}

export function log(x: Like): Value {
  return unaryFloat("log", x);
}

/** `log(1 + x)`, exact near 0. */
export function log1p(x: Like): Value {
  return unaryFloat("log1p", x);
}

export function log2(x: Like): Value {
  return unaryFloat("log2", x);
}

export function log10(x: Like): Value {
  return unaryFloat("log10", x);
}

/** Of an angle in radians. */
export function sin(x: Like): Value {
  return unaryFloat("sin", x);
}

export function cos(x: Like): Value {
  return unaryFloat("cos", x);
}

export function tan(x: Like): Value {
  return unaryFloat("tan", x);
}

export function asin(x: Like): Value {
  return unaryFloat("asin", x);
}

export function acos(x: Like): Value {
  return unaryFloat("acos", x);
}

export function atan(x: Like): Value {
  return unaryFloat("atan", x);
}

export function sinh(x: Like): Value {
  return unaryFloat("sinh", x);
}

export function cosh(x: Like): Value {
  return unaryFloat("cosh", x);
}

export function tanh(x: Like): Value {
  return unaryFloat("tanh", x);
}

export function asinh(x: Like): Value {
  return unaryFloat("asinh", x);
}

export function acosh(x: Like): Value {
  return unaryFloat("acosh", x);
}

export function atanh(x: Like): Value {
  return unaryFloat("atanh", x);
}

/** The error function. */
export function erf(x: Like): Value {
  return unaryFloat("erf", x);
}

/** `1 - erf(x)`, exact for large x. */
export function erfc(x: Like): Value {
  return unaryFloat("erfc", x);
}

/** `condition ? a : b`, element by element. */
export function where(condition: Like, a: Like, b: Like): Value {
  const dtype = commonType(a, b);
  return elementwiseOf("select", [asValue(condition), asValue(a), asValue(b)], ["bool", dtype, dtype]);
}

/** Elements below `low` become `low`, those above `high` become `high`; null is no limit. NaN stays. */
export function clip(x: Like, low: Like | null = null, high: Like | null = null): Value {
  return scope(() => {
    let out = asValue(x);
    if (low !== null) out = maximum(out, low);
    if (high !== null) out = minimum(out, high);
    return own(out, x);
  });
}

/** The elements as another type: see `cast` of the format. */
export function astype(x: Like, dtype: DType): Value {
  return own(cast(asValue(x), dtype), x);
}
