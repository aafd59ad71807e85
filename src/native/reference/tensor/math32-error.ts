import { halvedPolynomial, power2, ROUNDER } from "../../../core/math/word.ts";

/* In f64 inside, rounded once at the end. */

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

/** The probability that a normal variate is below x: 1/2 + x P(x^2), within 2^-26.4 from -3.5 to 3.5; minimax by Remez' exchange. */
const PROBABILITY = [
  0.39894225496279206, -0.06649024059565367, 0.009973294407470518, -0.0011870760983032354, 0.0001152889490684365,
  -9.389215342187463e-6, 6.513384655118009e-7, -3.8459645216682494e-8, 1.8909350095769004e-9, -7.385975322938443e-11,
  2.1203535096434117e-12, -3.9200356299315125e-14, 3.45962722476798e-16,
];
/** The same from -14.6 to -3.5: e^(-x^2 / 2) T(1 / x^2) / |x|, within 2^-26.4; likewise. */
const TAIL = [
  0.3989421990406957, -0.39891153332544715, 1.192697471746905, -5.714016537912213, 31.908812299885632,
  -145.77036485162276, 344.21445604527923,
];
/** e^r within 2^-29 for r within (ln 2)/2; likewise. */
const EXPONENTIAL = [
  1.0000000005568597, 1.0000000364628654, 0.4999999204979265, 0.16666419532919946, 0.04166822950105271,
  0.008374869645883257, 0.0013836784346619852,
];
const NEAR = 3.5;
/** Below the negative of this, x times the probability is -0. */
const GELU_MAX = 15;

/** Error function, within 0.7 ulp. */
export function erf32(x: number): number {
  const bounded = x > ERF_MAX ? ERF_MAX : x < -ERF_MAX ? -ERF_MAX : x;
  return fround(bounded * halvedPolynomial(bounded * bounded, ERROR));
}

/** x times the probability that a normal variate is below x, within 0.7 ulp; -0 for -Infinity. */
export function gelu32(x: number): number {
  const size = Math.abs(x);
  if (size <= NEAR) return fround(x * (0.5 + x * halvedPolynomial(x * x, PROBABILITY)));
  const bounded = size > GELU_MAX ? GELU_MAX : size;
  const rest = tail(bounded);
  return fround(x > 0 ? x * (1 - rest) : -bounded * rest);
}

/** The probability below a number from -15 to -3.5, given its size. */
function tail(size: number): number {
  const power = -0.5 * (size * size);
  const count = power * Math.LOG2E + ROUNDER - ROUNDER;
  const value = halvedPolynomial(power - count * Math.LN2, EXPONENTIAL);
  const inverse = 1 / size;
  const end = halvedPolynomial(inverse * inverse, TAIL) * inverse;
  return value * end * power2(count);
}
