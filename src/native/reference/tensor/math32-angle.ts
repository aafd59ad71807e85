import { ROUNDER32 } from "./math32-exponential.ts";

/* The same bits as the reductions of kernels. */

const { fround } = Math;

/** An angle as `quarter * pi/2 + rest`, the rest within pi/4 and a little. */
export interface Reduced32 {
  /** Integer whose two lowest bits count. */
  readonly quarter: number;
  /** f32, of the functions with `Long` in their names f64. */
  readonly rest: number;
  /** f32 whose difference is the rest before it was rounded. */
  readonly head: number;
  readonly tail: number;
}

/** Angles up to this are reduced by {@link reduceSmall32}: 2^11 quarters. */
export const SMALL32 = 3216;
/** Likewise by {@link reduceSmallLong}: 2^13 quarters. */
export const SMALL_LONG = 12_867;

const TWO_OVER_PI: number = fround(0.6366197723675814);
/**
 * pi/2 = the sum: parts of 12 and 13 bits, so that products with numbers of quarters are exact, and one of 24 bits that is
 * below 2^-33.
 */
const HALF_PI = [1.57080078125, -0.000004454515874385834, 6.07710062827671e-11] as const;
/** pi/2 = the sum: 40 bits, and 53 more. */
const HALF_PI_LONG = [1.5707963267941523, 7.443547480486623e-13] as const;
/** Bits of 2/pi, the first of which is worth 1/2; 32 zeros before them. */
const TWO_OVER_PI_BITS = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];

/** Cody and Waite's reduction of an f32 within {@link SMALL32}. */
export function reduceSmall32(angle: number): Reduced32 {
  const sum = fround(fround(angle * TWO_OVER_PI) + ROUNDER32);
  const count = fround(sum - ROUNDER32);
  // Where there are none, +0 is subtracted and then -0 added: so an angle of -0 stays one.
  const opposite = fround(ROUNDER32 - sum);
  const first = fround(angle - fround(count * HALF_PI[0]));
  const head = fround(first + fround(opposite * fround(HALF_PI[1])));
  const tail = fround(count * fround(HALF_PI[2]));
  return { quarter: count, rest: fround(head - tail), head, tail };
}

/** The same within {@link SMALL_LONG}, the rest in f64, exact to 2^-60 or so. */
export function reduceSmallLong(angle: number): Reduced32 {
  const count = fround(fround(fround(angle * TWO_OVER_PI) + ROUNDER32) - ROUNDER32);
  const rest = angle - count * HALF_PI_LONG[0] - count * HALF_PI_LONG[1];
  return { quarter: count, rest, head: rest, tail: 0 };
}

/**
 * Payne and Hanek's reduction of an f32 of at least 2^-7: of the product of its 24 bits with 2/pi only what can change the
 * result is computed, three words. The rest is f64; infinity and NaN give a NaN.
 */
export function reduceLargeLong(angle: number): Reduced32 {
  if (!(angle < Infinity)) return { quarter: 0, rest: Number.NaN, head: Number.NaN, tail: 0 };
  const bits = new Uint32Array(new Float32Array([angle]).buffer)[0]!;
  const mantissa = (bits & 0x7fffff) | 0x800000;
  // angle = mantissa * 2^exponent; bit `exponent + 30` of the words is worth two quarters in the product with the mantissa.
  const start = (bits >>> 23) - 120;
  const shift = start & 31;
  const word = (i: number): number => {
    const at = (start >> 5) + i;
    return ((TWO_OVER_PI_BITS[at]! << shift) | ((TWO_OVER_PI_BITS[at + 1]! >>> 1) >>> (31 - shift))) >>> 0;
  };
  // In units of 2^-30 quarters. Whole turns fall out of the first product at its upper end.
  const fraction = mantissa * word(1) * 2 ** -32;
  const whole = Math.floor(fraction);
  const sum = (Math.imul(mantissa, word(0)) + whole) >>> 0;
  const quarter = ((sum + 2 ** 29) >>> 0) >>> 30;
  const units = ((sum - (quarter << 30)) | 0) + (fraction - whole) + mantissa * word(2) * 2 ** -64;
  const rest = units * (1.5707963267948966 * 2 ** -30);
  return { quarter, rest, head: rest, tail: 0 };
}
