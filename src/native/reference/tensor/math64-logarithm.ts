import { halvedPolynomial, sumError, upperBits, upperHalf, withUpperBits } from "../../../core/math/word.ts";
import { LN2 } from "./math64-exponential.ts";

/** The upper bits of the root of 1/2: significands are taken from there to the root of 2. */
const ROOT_HALF_BITS = 0x3fe6a09e;

/** ln m = 2s + s^3 L(s^2) with s = (m - 1) / (m + 1), within 2^-59.5; minimax by Remez' exchange. */
const LOGARITHM = [
  0.6666666666666734, 0.3999999999941397, 0.28571428742561916, 0.22222198553761713, 0.1818356540993316,
  0.15314021025180244, 0.1479626229421983,
];
/** 1 / ln 2 and 1 / ln 10, each as the sum of 26 bits and 53 more. */
const LOG2E = [1.4426950216293335, 1.9259629911266175e-8] as const;
const LOG10E = [0.4342944771051407, 4.798111141615973e-9] as const;
/** log10 2 = the sum: 40 bits, so that products with exponents are exact, and 53 more. */
const LOG10_2 = [0.30102999566361177, 3.694239077158931e-13] as const;

/** A positive f64 as `significand * 2^count`, the significand between the roots of 1/2 and 2. */
export function splitBinary(x: number): { readonly count: number; readonly significand: number } {
  const small = x < 2 ** -1022;
  const normal = small ? x * 2 ** 54 : x;
  const bits = upperBits(normal);
  const count = (bits - ROOT_HALF_BITS) >> 20;
  return { count: small ? count - 54 : count, significand: withUpperBits(normal, bits - (count << 20)) };
}

/** What ln(1 + y) is less than y, for 1 + y between the roots of 1/2 and 2. */
function lack(y: number): number {
  const s = y / (2 + y);
  const square = s * s;
  return s * (y - square * halvedPolynomial(square, LOGARITHM));
}

/** The logarithm of 0, of numbers below it, of infinity and NaN. */
function special(x: number): number {
  return x > 0 ? x : x === 0 ? -Infinity : Number.NaN;
}

/** Natural logarithm, within 0.8 ulp. */
export function log64(x: number): number {
  if (!(x > 0 && x < Infinity)) return special(x);
  const { count, significand } = splitBinary(x);
  const y = significand - 1;
  return count * LN2[0] + (count * LN2[1] - lack(y) + y);
}

/** ln(1 + x + low), for x above -1 and below infinity and a low that is below an ulp of x or so. */
export function log1pOfSum(x: number, low: number): number {
  const sum = 1 + x;
  const rest = sumError(1, x, sum) + low;
  const { count, significand } = splitBinary(sum);
  const y = significand - 1;
  return count * LN2[0] + (count * LN2[1] + rest / sum - lack(y) + y);
}

/** ln(1 + x), within 0.8 ulp. */
export function log1p64(x: number): number {
  if (Math.abs(x) < 2 ** -54) return x;
  return x > -1 && x < Infinity ? log1pOfSum(x, 0) : special(x + 1);
}

/** `upper + lower + (log(1 + y) in another base)`, of which only the last sum is rounded; `scale` is that of {@link LOG2E}. */
function inBase(upper: number, lower: number, y: number, scale: readonly [number, number]): number {
  const high = upperHalf(y);
  const product = high * scale[0];
  const rest = (y - high) * scale[0] + y * scale[1] - lack(y) * (scale[0] + scale[1]) + lower;
  const sum = upper + product;
  return sum + (product - (sum - upper) + rest);
}

/** Binary logarithm, within 0.9 ulp, exact for powers of 2. */
export function log264(x: number): number {
  if (!(x > 0 && x < Infinity)) return special(x);
  const { count, significand } = splitBinary(x);
  return inBase(count, 0, significand - 1, LOG2E);
}

/** Decimal logarithm, within 1 ulp, exact for powers of 10. */
export function log1064(x: number): number {
  if (!(x > 0 && x < Infinity)) return special(x);
  const { count, significand } = splitBinary(x);
  return inBase(count * LOG10_2[0], count * LOG10_2[1], significand - 1, LOG10E);
}
