import { bitsOf32, copySign, polynomial } from "../../../core/math/word.ts";
import { BIAS, exponentialOfRest, ROUNDER32, scaled32 } from "./math32-exponential.ts";
import { splitBinary32 } from "./math32-logarithm.ts";

const { fround } = Math;

/** log2 m = s L(s^2) with s = (m - 1) / (m + 1), within 2^-37.8; minimax by Remez' exchange. */
const LOGARITHM = [2.885390081790142, 0.9617966732663629, 0.5770836003193857, 0.4116717462892963, 0.34074897401999976];
/** 2^52: what is added to it is rounded to an integer, ties to even. */
const WHOLE: number = 2 ** 52;

/**
 * x to the power y, within 1 ulp; the same bits as `pow` of kernels but where C differs from JavaScript: 1 to any power is 1,
 * and so is -1 to an infinite one.
 */
export function pow32(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const whole = Math.trunc(y) === y;
  const odd = whole && Math.abs(y) < 2 ** 24 && (y & 1) !== 0;
  const base = Math.abs(x);
  const negative = bitsOf32(x) < 0;
  if (negative && base > 0 && base < Infinity && !whole) return Number.NaN;
  const size = ofSize(base, y);
  return odd && negative ? -size : size;
}

/** 2^(y log2 x), the exponent in f64. */
function ofSize(base: number, y: number): number {
  if (Math.abs(y) === Infinity && base === 1) return 1;
  if (base === 0 || base === Infinity || Math.abs(y) === Infinity) return base > 1 === y > 0 ? Infinity : 0;
  const { count, significand } = splitBinary32(base);
  const s = (significand - 1) / (significand + 1);
  const total = y * (count + s * polynomial(s * s, LOGARITHM));
  const size = Math.abs(total);
  const whole = size < WHOLE ? copySign(size + WHOLE - WHOLE, total) : total;
  const rest = fround((total - whole) * Math.LN2);
  // Beyond, the result is 0 or infinite.
  const steps = whole > 200 ? 200 : whole < -200 ? -200 : whole;
  return scaled32(exponentialOfRest(rest), bitsOf32(steps + (ROUNDER32 + 2 * BIAS)));
}
