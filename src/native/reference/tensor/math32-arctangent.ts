import { bitsOf32, copySign, polynomial32 } from "../../../core/math/word.ts";

/* The same bits as `atan2` of kernels. */

const { fround } = Math;

/** atan a = a + a^3 A(a^2), within 2^-28.1 up to 1; minimax by Remez' exchange, coefficients rounded one after the other. */
const ARCTANGENT = [
  -0.33333298563957214, 0.1999852955341339, -0.14264042675495148, 0.10951543599367142, -0.08403550088405609,
  0.057998981326818466, -0.031259261071681976, 0.010978777892887592, -0.0018121555913239717,
];
/** pi/2 and pi, each as the sum of two f32. */
const HALF_PI = [1.5707963705062866, -4.371139000186241e-8] as const;
const PI = [3.1415927410125732, -8.742278000372482e-8] as const;

/** The angle of the point (x, y) from the positive x axis, from -pi to pi, within 2 ulp. */
export function atan232(y: number, x: number): number {
  const width = Math.abs(x);
  const height = Math.abs(y);
  const steep = height > width;
  const short = steep ? width : height;
  const long = steep ? height : width;
  // 0/0 is 0 here, and infinity by infinity 1.
  const ratio = short === long ? (long > 0 ? 1 : 0) : fround(short / long);
  const square = fround(ratio * ratio);
  const flat = fround(ratio + fround(fround(ratio * square) * polynomial32(square, ARCTANGENT)));
  const turned = steep ? fround(HALF_PI[0] - fround(flat - HALF_PI[1])) : flat;
  return copySign(bitsOf32(x) < 0 ? fround(PI[0] - fround(turned - PI[1])) : turned, y);
}

/** Arctangent, within 1.5 ulp: the angle of the point (1, x). */
export function atan32(x: number): number {
  return atan232(x, 1);
}
