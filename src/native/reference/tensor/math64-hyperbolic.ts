import { copySign, polynomial, power2, productError, quotient, sumError } from "../../../core/math/word.ts";
import { countLn2, LN2 } from "./math64-exponential.ts";
import { log1pOfSum, log64 } from "./math64-logarithm.ts";

/** sinh r = r + r^3 S(r^2), within 2^-61.7, and cosh r = 1 + r^2 C(r^2), within 2^-70.6, up to (ln 2)/2; minimax by Remez' exchange. */
const SINE = [
  0.16666666666666677, 0.008333333333321563, 0.0001984126988631004, 2.7557244013403095e-6, 2.510910872825577e-8,
];
const COSINE = [
  0.5, 0.04166666666666671, 0.001388888888886382, 2.480158736361132e-5, 2.7557241644822946e-7, 2.0924480844099996e-9,
];
/** Up to here all odd functions have the same f64 next to them as their argument. */
const TINY: number = 2 ** -28;
/** From here on 1 makes no difference to the square. */
const LARGE: number = 2 ** 28;

/** Halves of the sine and cosine of a size, each as a sum whose second part is the smaller. */
interface Halves {
  readonly sine: number;
  readonly sineEnd: number;
  readonly cosine: number;
  readonly cosineEnd: number;
}

/** From sines and cosines of `n ln 2`, which are nearly exact, and of the rest. */
function halves(size: number): Halves {
  const count = countLn2(size);
  const first = size - count * LN2[0];
  const rest = first - count * LN2[1];
  const tail = first - rest - count * LN2[1];
  const square = rest * rest;
  const sineRest = rest * square * polynomial(square, SINE) + tail;
  const cosineRest = square * polynomial(square, COSINE);
  const power = power2(count - 2);
  const inverse = 0.0625 / power;
  const sine = power - inverse;
  const cosine = power + inverse;
  return {
    sine,
    sineEnd: cosine * rest + (cosine * sineRest + sine * cosineRest),
    cosine,
    cosineEnd: sine * rest + (sine * sineRest + cosine * cosineRest),
  };
}

/** Beyond this, both are infinite. */
function bounded(size: number, limit: number): number {
  return size > limit ? limit : size;
}

/** Hyperbolic sine, within 1.3 ulp. */
export function sinh64(x: number): number {
  const size = Math.abs(x);
  if (size < TINY) return x;
  const { sine, sineEnd } = halves(bounded(size, 710.8));
  return copySign(2 * (sine + sineEnd), x);
}

/** Hyperbolic cosine, within 1 ulp. */
export function cosh64(x: number): number {
  const { cosine, cosineEnd } = halves(bounded(Math.abs(x), 710.8));
  return 2 * (cosine + cosineEnd);
}

/** Hyperbolic tangent, within 1.9 ulp. */
export function tanh64(x: number): number {
  const size = Math.abs(x);
  if (size < TINY) return x;
  const { sine, sineEnd, cosine, cosineEnd } = halves(bounded(size, 22));
  const above = sine + sineEnd;
  const below = cosine + cosineEnd;
  return copySign(quotient(above, sine - above + sineEnd, below, cosine - below + cosineEnd), x);
}

/** Inverse of the hyperbolic sine, within 1 ulp. */
export function asinh64(x: number): number {
  const size = Math.abs(x);
  if (size < TINY) return x;
  return copySign(size < LARGE ? ofSmall(size) : log64(size) + Math.LN2, x);
}

/** ln(1 + a + a^2 / (1 + root)) */
function ofSmall(size: number): number {
  const square = size * size;
  const more = square / (1 + Math.sqrt(1 + square));
  const sum = size + more;
  return log1pOfSum(sum, size - sum + more);
}

/** Inverse of the hyperbolic cosine, within 1 ulp; NaN below 1. */
export function acosh64(x: number): number {
  if (!(x >= 1)) return Number.NaN;
  if (!(x < LARGE)) return log64(x) + Math.LN2;
  // ln(1 + t + root(2t + t^2)) with t = x - 1
  const t = x - 1;
  const low = x - t - 1;
  const product = t * t;
  const square = 2 * t + product;
  const squareLow = sumError(2 * t, product, square) + productError(t, t, product);
  const root = Math.sqrt(square);
  const rootSquare = root * root;
  const rootRest = (square - rootSquare - productError(root, root, rootSquare) + squareLow) / (2 * root);
  const sum = root + t;
  return t > 0 ? log1pOfSum(sum, root - sum + t + rootRest + 2 * low) : 0;
}

/** Inverse of the hyperbolic tangent, within 0.9 ulp; NaN beyond 1. */
export function atanh64(x: number): number {
  const size = Math.abs(x);
  if (size < TINY) return x;
  if (!(size < 1)) return size === 1 ? copySign(Infinity, x) : Number.NaN;
  // ln(1 + 2a / (1 - a)) / 2
  const d = 1 - size;
  const dLow = 1 - d - size;
  const ratio = (2 * size) / d;
  const product = ratio * d;
  const rest = 2 * size - product - productError(ratio, d, product) - ratio * dLow;
  return copySign(0.5 * log1pOfSum(ratio, rest / d), x);
}
