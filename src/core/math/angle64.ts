import { productError, ROUNDER } from "./word.ts";

/** An angle as `quarter * pi/2 + rest + tail`, the rest within pi/4 and a little; the tail is what the rest was rounded by. */
export interface Reduced {
  /** 0 to 3. */
  readonly quarter: number;
  readonly rest: number;
  readonly tail: number;
}

/** Angles up to this are reduced in f64. */
const SMALL: number = 2 ** 20;
const TWO_OVER_PI = 0.6366197723675814;
/** pi/2 = the sum: 33 bits twice, so that products with numbers of quarters are exact, and 53 more. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;
/** pi/2 = the sum of two f64. */
export const HALF_PI_LONG = [1.5707963267948966, 6.123233995736766e-17] as const;

/** 1,280 bits of 2/pi, the first of which is worth 1/2. */
const TWO_OVER_PI_BITS = BigInt(
  "0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e006492eea09d1921cfe1deb1cb129a73e" +
    "e88235f52ebb4484e99c7026b45f7e413991d639835339f49c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b7" +
    "4f463f669e5fea2d7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babf0cfbc209af4361d",
);
const BITS = 1280;
/** Bits of 2/pi that are used at a time. */
const WINDOW = 256;
/** Fractions of quarters have so many bits. */
const FRACTION = 127;
const FRACTION_UNIT: number = 2 ** -127;

/** Of any finite angle. */
export function reduceAngle(angle: number): Reduced {
  return Math.abs(angle) <= SMALL ? reduceSmall(angle) : reduceLarge(angle);
}

/** Cody and Waite's reduction. */
function reduceSmall(angle: number): Reduced {
  const count = angle * TWO_OVER_PI + ROUNDER - ROUNDER;
  const a = angle - count * HALF_PI[0];
  const b = count * HALF_PI[1];
  const high = a - b;
  const bRounded = high - a;
  const low = a - (high - bRounded) - (b + bRounded) - count * HALF_PI[2];
  const rest = high + low;
  return { quarter: count & 3, rest, tail: high - rest + low };
}

/** Payne and Hanek's reduction: bits of 2/pi that would give whole turns are left out, and those that do not matter. */
function reduceLarge(angle: number): Reduced {
  if (!(Math.abs(angle) < Infinity)) return { quarter: 0, rest: Number.NaN, tail: Number.NaN };
  const bits = BigInt.asUintN(64, new BigInt64Array(new Float64Array([angle]).buffer)[0]!);
  const mantissa = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1075;
  // The angle is mantissa * 2^exponent.
  const skipped = Math.max(exponent - 2, 0);
  const window = BigInt.asUintN(WINDOW, TWO_OVER_PI_BITS >> BigInt(BITS - WINDOW - skipped));
  const product = mantissa * window;
  const shift = BigInt(WINDOW - (exponent - skipped));
  const fraction = BigInt.asIntN(FRACTION, product >> (shift - BigInt(FRACTION)));
  const quarter = Number(BigInt.asUintN(2, product >> shift)) + (fraction < 0n ? 1 : 0);
  const high = Number(fraction);
  const low = Number(fraction - BigInt(high)) * FRACTION_UNIT;
  return turned(quarter, high * FRACTION_UNIT, low, angle < 0);
}

/** `fraction + low` quarters after `quarter`, in radians. */
function turned(quarter: number, fraction: number, low: number, negative: boolean): Reduced {
  const product = fraction * HALF_PI_LONG[0];
  const end = productError(fraction, HALF_PI_LONG[0], product) + (fraction * HALF_PI_LONG[1] + low * HALF_PI_LONG[0]);
  const rest = product + end;
  const tail = product - rest + end;
  return negative ? { quarter: -quarter & 3, rest: -rest, tail: -tail } : { quarter: quarter & 3, rest, tail };
}
