import { type Reduced, reduceAngle } from "./angle64.ts";
import { halvedPolynomial, quotient } from "./word.ts";

/** sin r = r + r^3 S(r^2) within 2^-57.9, cos r = 1 - r^2/2 + r^4 C(r^2) within 2^-64, up to pi/4; minimax by Remez' exchange. */
const SINE = [
  -0.1666666666666663, 0.008333333333322106, -0.00019841269829579884, 2.755731361793125e-6, -2.5050747206274075e-8,
  1.5896197020112933e-10,
];
const COSINE = [
  0.041666666666666595, -0.001388888888887304, 2.4801587288841113e-5, -2.755731417615881e-7, 2.0875700405363586e-9,
  -1.1358513414062384e-11,
];
/** Up to here angles, sines and tangents have the same f64 next to them. */
const TINY: number = 2 ** -27;

/** Sine of an angle in radians, whatever its size, within 0.8 ulp. */
export function sin64(x: number): number {
  if (Math.abs(x) < TINY) return x;
  const reduced = reduceAngle(x);
  const { quarter, rest, tail } = reduced;
  const value = quarter & 1 ? cosineOfRest(rest, tail) : rest + sineEnd(reduced);
  return quarter & 2 ? -value : value;
}

/** Cosine, likewise, within 0.8 ulp. */
export function cos64(x: number): number {
  const reduced = reduceAngle(x);
  const { quarter, rest, tail } = reduced;
  const value = quarter & 1 ? -(rest + sineEnd(reduced)) : cosineOfRest(rest, tail);
  return quarter & 2 ? -value : value;
}

/** Tangent, likewise, within 1 ulp. */
export function tan64(x: number): number {
  if (Math.abs(x) < TINY) return x;
  const reduced = reduceAngle(x);
  const { quarter, rest, tail } = reduced;
  const sineRest = sineEnd(reduced);
  const sine = rest + sineRest;
  const sineLow = rest - sine + sineRest;
  const first = 1 - 0.5 * (rest * rest);
  const cosineRest = cosineEnd(rest, tail);
  const cosine = first + cosineRest;
  const cosineLow = first - cosine + cosineRest;
  return quarter & 1 ? -quotient(cosine, cosineLow, sine, sineLow) : quotient(sine, sineLow, cosine, cosineLow);
}

/** What the sine is more than the rest. */
function sineEnd({ rest, tail }: Reduced): number {
  const square = rest * rest;
  return rest * square * halvedPolynomial(square, SINE) + tail * (1 - 0.5 * square);
}

function cosineOfRest(rest: number, tail: number): number {
  return 1 - 0.5 * (rest * rest) + cosineEnd(rest, tail);
}

/** What the cosine is more than `1 - rest^2 / 2`, rounded. */
function cosineEnd(rest: number, tail: number): number {
  const square = rest * rest;
  const half = 0.5 * square;
  const first = 1 - half;
  return 1 - first - half + (square * square * halvedPolynomial(square, COSINE) - rest * tail);
}
