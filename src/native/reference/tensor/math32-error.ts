import { bitsOf32, copySign, float32, halvedPolynomial, polynomial32 } from "../../../core/math/word.ts";
import { BIAS, LN2_32, ROUNDER32 } from "./math32-exponential.ts";

const { fround } = Math;

/** erf x = x E(x^2), within 2^-26.9 up to {@link ERF_MAX}; minimax by Remez' exchange. */
const ERROR = [
  1.1283791580469487, -0.376126094173064, 0.11283626452934803, -0.02686240960062594, 0.005219373004714536,
  -0.0008513444384812458, 0.00011877614670551994, -1.428256479465848e-5, 1.474479489136812e-6, -1.2883265102483313e-7,
  9.318625765097909e-9, -5.425759766143852e-10, 2.457523189919212e-11, -8.280777029384776e-13, 1.942729547282681e-14,
  -2.8206693196760485e-16, 1.902992486581304e-18,
];
/** From here on the nearest f32 is 1. */
const ERF_MAX = 4;

/**
 * The probability that a normal variate is below x: 1/2 + x P(x^2), within 2^-24.9 up to {@link NEAR}; minimax, coefficients
 * rounded one after the other.
 */
const PROBABILITY = [
  0.3989422917366028, -0.0664905235171318, 0.009973467327654362, -0.001183224725537002, 0.00010397872392786667,
];
const NEAR: number = fround(0.78);
/**
 * The probability below -x, times x e^(x^2 / 2): {@link TAIL_START} and a polynomial of (x - 1) / (x + {@link TAIL_FAR})
 * times that quotient, within 2^-27.4 from 0.77 to 13.8; likewise.
 */
const TAIL_CHANGE = [
  0.49879804253578186, -0.7147358655929565, 0.46898433566093445, -0.06648725271224976, -0.07667636126279831,
  0.005452206823974848, 0.03618669509887695, -0.01418390404433012,
];
const TAIL_START: number = fround(0.2615782916545868);
const TAIL_FAR = 3.015625;
/** e^(-s / 2) = 1 - s/2 + s^2 E(s), within 2^-28.2 for s within ln 2: that of `exp` with half the variable. */
const HALF_POWER = [
  0.1249999850988388, -0.020833145827054977, 0.0026042566169053316, -0.00026153563521802425, 2.16199186979793e-5,
];
/** Below the negative of this, x times the probability is -0. */
const GELU_MAX = 15;
/** The upper 12 bits of an f32, whose square is exact. */
const UPPER_HALF = 0xfffff000;
/** 2^-64. Tails are multiplied by it last, so that only that step makes denormal ones. */
const SMALL = 5.421010862427522e-20;
/** A sum with a count is this and the count, whose low bits hold the exponent of 2^count / {@link SMALL}. */
const COUNT_ZERO = ROUNDER32 + BIAS + 64;
const HALF_LOG2E: number = fround(-0.5 * fround(Math.LOG2E));
const LN4_HIGH: number = fround(2 * LN2_32[0]);
const LN4_LOW: number = fround(2 * LN2_32[1]);

/** Error function, in f64 and rounded once at the end: within 0.7 ulp. */
export function erf32(x: number): number {
  const bounded = x > ERF_MAX ? ERF_MAX : x < -ERF_MAX ? -ERF_MAX : x;
  return fround(bounded * halvedPolynomial(bounded * bounded, ERROR));
}

/** x times the probability that a normal variate is below x, within 2 ulp; -0 for -Infinity. */
export function gelu32(x: number): number {
  const size = Math.abs(x);
  if (size < NEAR) {
    const square = fround(x * x);
    return copySign(fround(fround(0.5 * x) + fround(square * polynomial32(square, PROBABILITY))), x);
  }
  return copySign(fround((x > 0 ? x : 0) - tail(size > GELU_MAX ? GELU_MAX : size)), x);
}

/** The probability below the negative of a number from {@link NEAR} to {@link GELU_MAX}, times the number. */
function tail(size: number): number {
  const place = fround(fround(size - 1) / fround(size + TAIL_FAR));
  const change = fround(place * polynomial32(place, TAIL_CHANGE));
  // size^2 as a sum, and e^(-size^2 / 2) as (1 + part) 2^count.
  const upper = float32(bitsOf32(size) & UPPER_HALF);
  const squareLow = fround(fround(size - upper) * fround(size + upper));
  const square = fround(upper * upper);
  const sum = fround(fround(square * HALF_LOG2E) + COUNT_ZERO);
  const count = fround(sum - COUNT_ZERO);
  const restHigh = fround(square + fround(count * LN4_HIGH));
  const rest = fround(restHigh + fround(fround(count * LN4_LOW) + squareLow));
  const part = fround(fround(fround(rest * rest) * polynomial32(rest, HALF_POWER)) - fround(0.5 * rest));
  const scaled = fround(fround(change + fround(fround(change + TAIL_START) * part)) + TAIL_START);
  return fround(fround(scaled * float32(bitsOf32(sum) << 23)) * SMALL);
}
