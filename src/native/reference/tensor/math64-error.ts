import { halvedPolynomial, productError, quotient } from "../../../core/math/word.ts";
import { countLn2, expm1OfRest, LN2, scaled } from "./math64-exponential.ts";

/** erf b = b + b E(b^2), within 2^-57.8 up to 1/2; minimax by Remez' exchange. */
const ERROR = [
  0.12837916709551256, -0.37612638903183465, 0.11283791670924728, -0.026866170632686336, 0.005223977369823511,
  -0.0008548297478090887, 0.00012053321964606211, -1.4845521977930644e-5, 1.472255838539554e-6,
];
/**
 * erfc b = e^(-b^2) W(t) / (1 + 2b), W = {@link TAIL_MEAN} + t times this, with t = (b - 3.5) / (b + 3.5), within 2^-60.2
 * from 1/2 to 27.4; likewise.
 */
const TAIL = [
  -0.14000918013761943, -0.010555596332218326, 0.09751909515325845, -0.11508959816018965, 0.08798315382487076,
  -0.04882332582795303, 0.01909933094235697, -0.004215019907302759, -0.0003022678777599289, 0.0005643844158977254,
  -0.00012151241334674237, -4.2782232310103735e-5, 2.4260881254546402e-5, 2.328335500206896e-6, -3.814226304566098e-6,
  -4.431106678702094e-8, 5.998930603543623e-7, -7.845997244946285e-9, -9.279083357597345e-8, 5.370107515999372e-10,
  1.0317620323488946e-8,
];
const TAIL_MEAN = 1.2423492448711544;
const TAIL_CENTER = 3.5;
/** What the f64 next to the root of 1/2 lacks. */
const ROOT_HALF_LOW = -4.833646656726457e-17;
/** From here on by {@link TAIL}. */
const NEAR = 0.5;
const FAR = 27.5;

/** Error function, within 1.1 ulp. */
export function erf64(x: number): number {
  const size = Math.abs(x);
  if (size < NEAR) return nearZero(x);
  const rest = size > 6 ? 0 : tail(size * size, productError(size, size, size * size), size, 0, 1);
  return x < 0 ? rest - 1 : 1 - rest;
}

/** 1 less the error function, within 1.2 ulp. */
export function erfc64(x: number): number {
  const size = Math.abs(x);
  if (size < NEAR) return 1 - nearZero(x);
  const bounded = size > FAR ? FAR : size;
  const rest = tail(bounded * bounded, productError(bounded, bounded, bounded * bounded), bounded, 0, 1);
  return x < 0 ? 2 - rest : rest;
}

/** x times the probability that a normal variate is below x, within 1.6 ulp; -0 for -Infinity. */
export function gelu64(x: number): number {
  const bounded = x < -40 ? -40 : x > 40 ? 40 : x;
  const root = Math.abs(bounded) * Math.SQRT1_2;
  if (root < NEAR) return x * (0.5 + 0.5 * nearZero(bounded * Math.SQRT1_2));
  const size = Math.abs(bounded);
  const rootLow = productError(size, Math.SQRT1_2, root) + size * ROOT_HALF_LOW;
  const square = bounded * bounded;
  const factor = x < 0 ? 0.5 * bounded : 0.5;
  const rest = tail(0.5 * square, 0.5 * productError(bounded, bounded, square), root, rootLow, factor);
  return x < 0 ? rest : x * (1 - rest);
}

/** The error function up to 1/2. */
function nearZero(b: number): number {
  return b + b * halvedPolynomial(b * b, ERROR);
}

/** `factor` erfc b for b from 1/2, given b and its square as sums. */
function tail(square: number, squareLow: number, b: number, bLow: number, factor: number): number {
  const count = countLn2(-square);
  const rest = expm1OfRest(-square - count * LN2[0] - (count * LN2[1] + squareLow));
  const power = 1 + rest;
  const powerLow = 1 - power + rest;
  const t = (b - TAIL_CENTER) / (b + TAIL_CENTER);
  const end = t * halvedPolynomial(t, TAIL);
  const w = TAIL_MEAN + end;
  const wLow = TAIL_MEAN - w + end;
  const below = 1 + 2 * b;
  // W hardly changes with the lower part.
  const belowLow = 2 * b - below + 1 + 2 * bLow;
  const product = power * w;
  const productLow = productError(power, w, product) + (powerLow * w + power * wLow);
  return scaled(factor * quotient(product, productLow, below, belowLow), count);
}
