import { HALF_PI_LONG } from "../../../core/math/angle64.ts";
import { copySign, halvedPolynomial, productError, upperBits } from "../../../core/math/word.ts";

/** atan t = t + t^3 A(t^2), within 2^-61.1 up to 1/3; minimax by Remez' exchange. */
const ARCTANGENT = [
  -0.33333333333333276, 0.1999999999997581, -0.14285714282016346, 0.11111110830865523, -0.09090896862978244,
  0.07691976577231277, -0.06660901833475105, 0.05817384590926107, -0.04799564160906248, 0.02793786584583269,
];
/** asin t = t + t^3 A(t^2), within 2^-59.8 up to 1/2; likewise. */
const ARCSINE = [
  0.16666666666666763, 0.07499999999970096, 0.04464285717528876, 0.030381942675172118, 0.022372215908309297,
  0.017351595467662958, 0.013981018806289136, 0.011397291681123741, 0.010789324768625342, 0.003672184223513362,
  0.021790623279833908, -0.02111665486133605, 0.032702105635481336,
];
/** atan(1/2) as the sum of two f64. */
const ATAN_HALF = [0.4636476090008061, 2.2698777452961687e-17] as const;
const PI = [Math.PI, 1.2246467991473532e-16] as const;
const NONE = [0, 0] as const;

/** Arctangent, within 1.7 ulp. */
export function atan64(x: number): number {
  const size = Math.abs(x);
  const steep = size > 1;
  const angle = steep ? ofSlope(size === Infinity ? 0 : 1, size === Infinity ? 1 : size) : ofSlope(size, 1);
  return copySign(steep ? HALF_PI_LONG[0] - (angle - HALF_PI_LONG[1]) : angle, x);
}

/** The angle of the point (x, y) from the positive x axis, from -pi to pi, within 1.8 ulp. */
export function atan264(y: number, x: number): number {
  const width = Math.abs(x);
  const height = Math.abs(y);
  const steep = height > width;
  let short = steep ? width : height;
  let long = steep ? height : width;
  const scale = long > 2 ** 1000 ? 2 ** -100 : long < 2 ** -900 ? 2 ** 100 : 1;
  short = long === Infinity ? (short === Infinity ? 1 : short * 0) : short * scale;
  long = long === Infinity || long === 0 ? 1 : long * scale;
  const angle = ofSlope(short, long);
  const left = upperBits(x) < 0;
  const whole = steep ? HALF_PI_LONG : left ? PI : NONE;
  return copySign(whole[0] + ((steep === left ? angle : -angle) + whole[1]), y);
}

/** atan(short / long) for 0 <= short <= long, long > 0. */
function ofSlope(short: number, long: number): number {
  // atan q = atan(1/2) + atan((q - 1/2) / (1 + q/2))
  const far = short * 3 > long;
  const part = far ? 0.5 : 0;
  const t = (short - part * long) / (long + part * short);
  const square = t * t;
  const angle = t + t * square * halvedPolynomial(square, ARCTANGENT);
  return far ? ATAN_HALF[0] + (angle + ATAN_HALF[1]) : angle;
}

/** Parts of the arcsine of a size up to 1: `root + end`, of twice that less than pi/2 if it is above 1/2. */
function arcsine(size: number): { readonly root: number; readonly end: number } {
  const far = size > 0.5;
  const square = far ? (1 - size) * 0.5 : size * size;
  const root = far ? Math.sqrt(square) : size;
  const product = root * root;
  const rest = (square - product - productError(root, root, product)) / (2 * root);
  const end = root * square * halvedPolynomial(square, ARCSINE);
  return { root, end: far && root > 0 ? end + rest : end };
}

/** Arcsine, within 0.6 ulp; NaN beyond 1. */
export function asin64(x: number): number {
  const size = Math.abs(x);
  const { root, end } = arcsine(size);
  if (size <= 0.5) return copySign(root + end, x);
  return copySign(lessTwice(HALF_PI_LONG, root, end), x);
}

/** Arccosine, within 0.6 ulp; NaN beyond 1. */
export function acos64(x: number): number {
  const size = Math.abs(x);
  const { root, end } = arcsine(size);
  if (size <= 0.5) return lessTwice(HALF_PI_LONG, copySign(root, x) * 0.5, copySign(end, x) * 0.5);
  return x < 0 ? lessTwice(PI, root, end) : 2 * (root + end);
}

/** `whole - 2 (root + end)`. */
function lessTwice(whole: readonly [number, number], root: number, end: number): number {
  const first = whole[0] - 2 * root;
  return first + (whole[0] - first - 2 * root + (whole[1] - 2 * end));
}
