import { halvedPolynomial, power2, ROUNDER } from "../../../core/math/word.ts";

/** ln 2 = the sum: 32 bits, so that products with exponents are exact, and 53 more. */
export const LN2 = [0.6931471803691238, 1.9082149292705877e-10] as const;

/** e^r = 1 + r + r^2 E(r), within 2^-61.7 for r within (ln 2)/2; minimax by Remez' exchange. */
const EXPONENTIAL = [
  0.5, 0.16666666666666677, 0.041666666666666505, 0.00833333333332164, 0.001388888888896268, 0.0001984126988611385,
  2.480158717213908e-5, 2.755724420913283e-6, 2.755740280430969e-7, 2.5109041572729503e-8, 2.0875335059774185e-9,
];

/** Beyond these the exponential is 0 or infinite. */
export const EXP_MIN = -746;
export const EXP_MAX = 710;

/** The number of ln 2 in `x` that leaves least. */
export function countLn2(x: number): number {
  return x * Math.LOG2E + ROUNDER - ROUNDER;
}

/** e^r - 1 for r within (ln 2)/2 and a little. */
export function expm1OfRest(rest: number): number {
  return rest + rest * rest * halvedPolynomial(rest, EXPONENTIAL);
}

/** `x * 2^n` for |n| up to 2,000, rounded once. */
export function scaled(x: number, n: number): number {
  const half = Math.floor(n / 2);
  return x * power2(half) * power2(n - half);
}

/** e^x, within 0.95 ulp. */
export function exp64(x: number): number {
  const bounded = x > EXP_MAX ? EXP_MAX : x < EXP_MIN ? EXP_MIN : x;
  const count = countLn2(bounded);
  return scaled(1 + expm1OfRest(bounded - count * LN2[0] - count * LN2[1]), count);
}

/** e^x - 1, within 1.7 ulp. */
export function expm164(x: number): number {
  if (Math.abs(x) < 2 ** -54) return x;
  const bounded = x > EXP_MAX ? EXP_MAX : x < -40 ? -40 : x;
  const count = countLn2(bounded);
  const rest = expm1OfRest(bounded - count * LN2[0] - count * LN2[1]);
  const half = power2(count - 1);
  return 2 * (half * rest + (half - 0.5));
}

/** 1 / (1 + e^-x), within 1.9 ulp. */
export function logistic64(x: number): number {
  const power = exp64(-Math.abs(x));
  return (x < 0 ? power : 1) / (1 + power);
}
