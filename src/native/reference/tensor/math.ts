import { cos64, sin64, tan64 } from "../../../core/math/sine64.ts";
import { floorDivide, remainder, roundEven, sign } from "./math-rounding.ts";
import { atan32, atan232 } from "./math32-arctangent.ts";
import { erf32 } from "./math32-error.ts";
import { exp32, logistic32, tanh32 } from "./math32-exponential.ts";
import { gelu32 } from "./math32-gelu.ts";
import { log32 } from "./math32-logarithm.ts";
import { pow32 } from "./math32-power.ts";
import { cos32, sin32, tan32 } from "./math32-sine.ts";
import { acos64, asin64, atan64, atan264 } from "./math64-arctangent.ts";
import { erf64, erfc64, gelu64 } from "./math64-error.ts";
import { exp64, expm164, logistic64 } from "./math64-exponential.ts";
import { acosh64, asinh64, atanh64, cosh64, sinh64, tanh64 } from "./math64-hyperbolic.ts";
import { log1p64, log64, log264, log1064 } from "./math64-logarithm.ts";
import { pow64 } from "./math64-power.ts";

const { fround } = Math;

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

/**
 * Elementwise functions of f64 by the name of their step, with the special values of C and of the Python array API. Their
 * bits are the specification; native code gives the same. NaN is any NaN. Errors are the largest that were measured, of f64
 * against arithmetic of 160 bits at 15,000 places, of f32 against f64 at 70 million.
 */
export const unary64 = {
  sign,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundEven,
  exp: exp64,
  expm1: expm164,
  log: log64,
  log1p: log1p64,
  log2: log264,
  log10: log1064,
  sin: sin64,
  cos: cos64,
  tan: tan64,
  asin: asin64,
  acos: acos64,
  atan: atan64,
  sinh: sinh64,
  cosh: cosh64,
  tanh: tanh64,
  asinh: asinh64,
  acosh: acosh64,
  atanh: atanh64,
  erf: erf64,
  erfc: erfc64,
  logistic: logistic64,
  gelu: gelu64,
} as const satisfies Readonly<Record<string, Unary>>;

export type MathUnary = keyof typeof unary64;

/** The same of f32: from f32 to f32, within 2 ulp. Those without a formula of their own round the result of f64. */
export const unary32: Readonly<Record<MathUnary, Unary>> = {
  sign,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundEven,
  exp: exp32,
  expm1: (x) => fround(expm164(x)),
  log: log32,
  log1p: (x) => fround(log1p64(x)),
  log2: (x) => fround(log264(x)),
  log10: (x) => fround(log1064(x)),
  sin: sin32,
  cos: cos32,
  tan: tan32,
  asin: (x) => fround(asin64(x)),
  acos: (x) => fround(acos64(x)),
  atan: atan32,
  sinh: (x) => fround(sinh64(x)),
  cosh: (x) => fround(cosh64(x)),
  tanh: tanh32,
  asinh: (x) => fround(asinh64(x)),
  acosh: (x) => fround(acosh64(x)),
  atanh: (x) => fround(atanh64(x)),
  erf: erf32,
  erfc: (x) => fround(erfc64(x)),
  logistic: logistic32,
  gelu: gelu32,
};

export const binary64 = {
  floorDivide: (a, b) => floorDivide(a, b, same),
  remainder: (a, b) => remainder(a, b, same),
  pow: pow64,
  atan2: atan264,
} as const satisfies Readonly<Record<string, Binary>>;

export type MathBinary = keyof typeof binary64;

export const binary32: Readonly<Record<MathBinary, Binary>> = {
  floorDivide: (a, b) => floorDivide(a, b, fround),
  remainder: (a, b) => remainder(a, b, fround),
  pow: pow32,
  atan2: atan232,
};

function same(x: number): number {
  return x;
}
