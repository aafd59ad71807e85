import { halvedPolynomial, productError, sumError, upperBits } from "../../../core/math/word.ts";
import { countLn2, EXP_MAX, EXP_MIN, expm1OfRest, LN2, scaled } from "./math64-exponential.ts";
import { splitBinary } from "./math64-logarithm.ts";

/** atanh s = s + s^3 (1/3 + s^2 A(s^2)), within 2^-66.3; minimax by Remez' exchange. */
const AREA_TANGENT = [
  0.20000000000001128, 0.14285714285049217, 0.11111111260064165, 0.09090892174475265, 0.07693379089894876,
  0.06628398842722517, 0.0659825894860621,
];
const THIRD = [0.3333333333333333, 1.850371707708594e-17] as const;
/** Larger exponents do what this does. */
const HEIGHT_MAX: number = 2 ** 66;

/** x to the power y, within 1 ulp. As in C, 1 to any power is 1, and so is -1 to an infinite one. */
export function pow64(x: number, y: number): number {
  if (x === 1 || y === 0) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const whole = Math.trunc(y) === y;
  const odd = whole && Math.abs(y) < 2 ** 53 && Math.trunc(y * 0.5) !== y * 0.5;
  const base = Math.abs(x);
  if (upperBits(x) < 0 && base > 0 && base < Infinity && !whole) return Number.NaN;
  const size = ofSize(base, y);
  return odd && upperBits(x) < 0 ? -size : size;
}

function ofSize(base: number, y: number): number {
  if (base === 1) return 1;
  if (base === 0 || base === Infinity || Math.abs(y) === Infinity) return base > 1 === y > 0 ? Infinity : 0;
  const height = y > HEIGHT_MAX ? HEIGHT_MAX : y < -HEIGHT_MAX ? -HEIGHT_MAX : y;
  const { high, low } = longLogarithm(base);
  const product = height * high;
  const error = productError(height, high, product) + height * low;
  const beyond = !(product < EXP_MAX && product > EXP_MIN);
  const bounded = beyond ? (product > 0 ? EXP_MAX : EXP_MIN) : product;
  const count = countLn2(bounded);
  const rest = bounded - count * LN2[0] - (count * LN2[1] - (beyond ? 0 : error));
  return scaled(1 + expm1OfRest(rest), count);
}

/** The logarithm of a positive number as a sum, within 2^-66 of it. */
function longLogarithm(x: number): { readonly high: number; readonly low: number } {
  const { count, significand } = splitBinary(x);
  // s = (m - 1) / (m + 1)
  const y = significand - 1;
  const d = significand + 1;
  const dLow = sumError(significand, 1, d);
  const s = y / d;
  const sd = s * d;
  const sLow = (y - sd - productError(s, d, sd) - s * dLow) / d;
  const z = s * s;
  const zLow = productError(s, s, z) + 2 * s * sLow;
  // 1/3 + z A(z)
  const end = z * halvedPolynomial(z, AREA_TANGENT);
  const a = THIRD[0] + end;
  const aLow = THIRD[0] - a + end + THIRD[1];
  // 1 + z (...)
  const za = z * a;
  const zaLow = productError(z, a, za) + (z * aLow + zLow * a);
  const b = 1 + za;
  const bLow = 1 - b + za + zaLow;
  // 2 s (...)
  const sb = s * b;
  const sbLow = productError(s, b, sb) + (s * bLow + sLow * b);
  const upper = count * LN2[0];
  const sum = upper + 2 * sb;
  const sumLow = upper - sum + 2 * sb + (count * LN2[1] + 2 * sbLow);
  const high = sum + sumLow;
  return { high, low: sum - high + sumLow };
}
