import { bitsOf32, polynomial, polynomial32 } from "../../../core/math/word.ts";
import {
  type Reduced32,
  reduceLargeLong,
  reduceSmall32,
  reduceSmallLong,
  SMALL_LONG,
  SMALL32,
} from "./math32-angle.ts";

/* The same bits as `sin`, `cos` and `tan` of kernels. */

const { fround } = Math;

/** sin r = r + r^3 S(r^2), within 2^-27.9; minimax by Remez' exchange, coefficients rounded one after the other. */
const SINE = [-0.16666655242443085, 0.008332189172506332, -0.00019518283079378307];
/** cos r = 1 + r^2 C(r^2), within 2^-33; likewise. */
const COSINE = [1, -0.5, 0.04166664555668831, -0.0013887309469282627, 0.000024432327336398885];
/** tan r = r + r^3 T(r^2), within 2^-29.5; minimax by Remez' exchange. */
const TANGENT = [
  0.33333349895823744, 0.133326583108305, 0.054060505676117476, 0.02127904749172376, 0.010844195604998342,
  0.00007861126922512366, 0.004381806318711586,
];

/** Sine of an angle in radians, whatever its size, within 1.7 ulp. */
export function sin32(x: number): number {
  const reduced = reduce(x);
  const value = reduced.quarter & 1 ? cosineOfRest(reduced) : sineOfRest(reduced);
  return reduced.quarter & 2 ? -value : value;
}

/** Cosine, likewise. */
export function cos32(x: number): number {
  const reduced = reduce(x);
  const value = reduced.quarter & 1 ? -sineOfRest(reduced) : cosineOfRest(reduced);
  return reduced.quarter & 2 ? -value : value;
}

function reduce(x: number): Reduced32 {
  if (Math.abs(x) <= SMALL32) return reduceSmall32(x);
  const { quarter, rest } = reduceLargeLong(Math.abs(x));
  const head = bitsOf32(x) < 0 ? -fround(rest) : fround(rest);
  return { quarter: bitsOf32(x) < 0 ? -quarter : quarter, rest: head, head, tail: Number.NaN };
}

function sineOfRest({ rest, head, tail }: Reduced32): number {
  const square = fround(rest * rest);
  const end = fround(fround(rest * square) * polynomial32(square, SINE));
  // Large angles have no tail.
  return Number.isNaN(tail) ? fround(rest + end) : fround(head - fround(tail - end));
}

function cosineOfRest({ rest }: Reduced32): number {
  return polynomial32(fround(rest * rest), COSINE);
}

/** Tangent of an angle in radians, whatever its size, within 0.6 ulp; in f64 inside, for its slope grows with it. */
export function tan32(x: number): number {
  const angle = Math.abs(x);
  const { quarter, rest } = angle > SMALL_LONG ? reduceLargeLong(angle) : reduceSmallLong(angle);
  const square = rest * rest;
  const value = rest + rest * square * polynomial(square, TANGENT);
  const quotient = fround(quarter & 1 ? -1 / value : value / 1);
  return bitsOf32(x) < 0 ? -quotient : quotient;
}
