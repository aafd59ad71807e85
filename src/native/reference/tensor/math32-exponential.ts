import { bitsOf32, copySign, float32, polynomial32 } from "../../../core/math/word.ts";

/*
 * The same bits as `exp` and `tanh` of kernels: one mathematics. Everything is rounded to f32 after each operation.
 */

const { fround } = Math;

/** 1.5 * 2^23: an f32 below 2^22 that is added to it is rounded to an integer, which the low bits of the sum hold. */
export const ROUNDER32 = 12_582_912;
/** Of the exponent of an f32. */
export const BIAS = 127;
const LOG2E: number = fround(Math.LOG2E);
/** ln 2 = the sum: 15 bits, so that products with exponents are exact, and 24 more. */
export const LN2_32 = [0.693145751953125, 0.000001428606765330187] as const;

/** e^r = 1 + r + r^2 E(r), within 2^-28.2 for r within (ln 2)/2; minimax by Remez' exchange, coefficients rounded one after the other. */
const EXPONENTIAL = [
  0.4999999403953552, 0.16666516661643982, 0.041668105870485306, 0.008369140326976776, 0.0013836747966706753,
];
/** tanh x = x + x^3 T(x^2), within 2^-28.4 up to {@link SMALL}; likewise. */
const TANGENT = [
  -0.33333298563957214, 0.13331936299800873, -0.05378471687436104, 0.02079862542450428, -0.005897966679185629,
];
const SMALL: number = fround(0.6);
/** From here on the nearest f32 is 1. */
const LARGE = 9.5;

/** e^x, within 1 ulp. */
export function exp32(x: number): number {
  // Beyond, the result is 0 or infinite.
  const bounded = x > 89 ? 89 : x < -104 ? -104 : x;
  const sum = fround(fround(bounded * LOG2E) + (ROUNDER32 + 2 * BIAS));
  const count = fround(sum - (ROUNDER32 + 2 * BIAS));
  return scaled32(exponentialOfRest(restOf(bounded, count)), bitsOf32(sum));
}

function restOf(x: number, count: number): number {
  return fround(fround(x - fround(count * LN2_32[0])) - fround(count * LN2_32[1]));
}

/** e^r for r within (ln 2)/2 and a little. */
export function exponentialOfRest(rest: number): number {
  const end = fround(fround(rest * rest) * polynomial32(rest, EXPONENTIAL));
  return fround(fround(rest + end) + 1);
}

/**
 * An f32 times 2^n, in two steps that are rounded once, for |n| up to 250: `bits` is n + 2 * {@link BIAS} plus a number
 * whose lowest ten bits are 0, such as the bits of {@link ROUNDER32}.
 */
export function scaled32(value: number, bits: number): number {
  const half = bits >> 1;
  return fround(fround(value * float32(half << 23)) * float32((bits - half) << 23));
}

/** Hyperbolic tangent, within 1.4 ulp. */
export function tanh32(x: number): number {
  const size = Math.abs(x);
  if (size < SMALL) {
    const square = fround(size * size);
    const end = fround(fround(size * square) * polynomial32(square, TANGENT));
    return copySign(fround(size + end), x);
  }
  // 1 - 2 / (e^2x + 1)
  const twice = fround(size + size);
  const bounded = twice > 2 * LARGE ? 2 * LARGE : twice;
  const sum = fround(fround(bounded * LOG2E) + (ROUNDER32 + BIAS));
  const rest = restOf(bounded, fround(sum - (ROUNDER32 + BIAS)));
  const power = fround(exponentialOfRest(rest) * float32(bitsOf32(sum) << 23));
  return copySign(fround(1 - fround(2 / fround(power + 1))), x);
}

/** 1/d for d from 1 to 2 is this less d/2, within 0.043. */
const INVERSE: number = fround(1.4571068);

/** 1 / (1 + e^-x), within 1.4 ulp. */
export function logistic32(x: number): number {
  // n / d with d = 1 + e^-|x|, the exponential as a sum.
  const size = Math.abs(x);
  const bounded = size > 104 ? -104 : -size;
  const sum = fround(fround(bounded * LOG2E) + (ROUNDER32 + 2 * BIAS));
  const rest = restOf(bounded, fround(sum - (ROUNDER32 + 2 * BIAS)));
  const part = fround(rest + fround(fround(rest * rest) * polynomial32(rest, EXPONENTIAL)));
  const value = fround(1 + part);
  const power = scaled32(value, bitsOf32(sum));
  const powerLow = scaled32(fround(fround(1 - value) + part), bitsOf32(sum));
  const d = fround(1 + power);
  const dLow = fround(fround(fround(1 - d) + power) + powerLow);
  const ratio = fround((x < 0 ? power : 1) / d);
  const lack = fround((x < 0 ? powerLow : 0) - fround(ratio * dLow));
  return fround(ratio + fround(lack * fround(INVERSE - fround(0.5 * d))));
}
