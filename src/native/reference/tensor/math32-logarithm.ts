import { bitsOf32, float32, polynomial32 } from "../../../core/math/word.ts";
import { LN2_32 } from "./math32-exponential.ts";

/* The same bits as `log` of kernels. */

const { fround } = Math;

const NORMAL_MIN: number = 2 ** -126;
/** Bits of the f32 next to the root of 1/2: significands are taken from there to the root of 2. */
const ROOT_HALF_BITS = 0x3f3504f3;

/** ln m = 2s + s L(s^2) with s = (m - 1) / (m + 1), within 2^-30; minimax by Remez' exchange, coefficients rounded one after the other. */
const LOGARITHM = [0.6666677594184875, 0.3997756838798523, 0.29871460795402527];

/** A positive f32 as `significand * 2^count`, the significand between the roots of 1/2 and 2. */
export function splitBinary32(x: number): { readonly count: number; readonly significand: number } {
  const small = x < NORMAL_MIN;
  const bits = bitsOf32(small ? x * 2 ** 24 : x);
  const above = bits - ROOT_HALF_BITS;
  const count = above >> 23;
  return { count: small ? count - 24 : count, significand: float32(bits - (count << 23)) };
}

/** Natural logarithm, within 0.9 ulp. */
export function log32(x: number): number {
  if (!(x > 0 && x < Infinity)) return x > 0 ? x : x === 0 ? -Infinity : Number.NaN;
  const { count, significand } = splitBinary32(x);
  const y = fround(significand - 1);
  const s = fround(y / fround(y + 2));
  const square = fround(s * s);
  const half = fround(fround(y * 0.5) * y);
  const end = fround(s * fround(half + fround(square * polynomial32(square, LOGARITHM))));
  const low = fround(half - fround(end + fround(count * LN2_32[1])));
  return fround(fround(y - low) + fround(count * LN2_32[0]));
}
