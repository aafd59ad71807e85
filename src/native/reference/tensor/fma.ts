/**
 * Fused multiply-add, `a * b + c` rounded once, for machines that have none. Infinities and NaNs are as in `a * b + c`.
 */

const F32_MAX = 3.4028234663852886e38;
/** Halfway from the largest f32 to 2^128: what is rounded to Infinity, as a tie. */
const F32_LIMIT = 3.4028235677973366e38;

const word = new Float64Array(1);
const half = new Int32Array(word.buffer);
const bits = new BigInt64Array(word.buffer);

/**
 * Of three f32, to an f32. The product is exact as an f64; the f64 sum is nearest to the true one, so that rounding it
 * again goes wrong only where it is halfway between two f32 while the true sum is not.
 */
export function fma32(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const near = Math.fround(sum);
  const rest = sum - near;
  if (rest === 0) return near;
  const other = near + 2 * rest;
  if (Math.fround(other) === other) return nudge32(product, c, sum, near, other);
  if ((sum === F32_LIMIT || sum === -F32_LIMIT) && sumError(product, c, sum) * sum < 0)
    return sum < 0 ? -F32_MAX : F32_MAX;
  return near;
}

/** The f32 nearest to `product + c`, whose f64 sum is halfway between the f32 `near`, to which it is rounded, and `other`. */
export function nudge32(product: number, c: number, sum: number, near: number, other: number): number {
  const error = sumError(product, c, sum);
  return error > 0 ? Math.max(near, other) : error < 0 ? Math.min(near, other) : near;
}

/** Products and sums that stay in this range lose nothing to overflow or underflow on the way. */
const PRODUCT_MIN = power(-900);
const PRODUCT_MAX = power(1000);
const FACTOR_MAX = power(990);
/** Splits 53 bits in halves (Veltkamp). */
const SPLIT = 0x8000001;

/**
 * Of three f64. Error-free product and sums, of which the small ones are added with rounding to odd, so that the last
 * addition rounds as if it saw them all (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */
export function fma64(a: number, b: number, c: number): number {
  const product = a * b;
  const size = Math.abs(product);
  if (
    !(size >= PRODUCT_MIN && size <= PRODUCT_MAX && Math.abs(c) <= PRODUCT_MAX) ||
    Math.abs(a) > FACTOR_MAX ||
    Math.abs(b) > FACTOR_MAX
  )
    return rareFma64(a, b, c, product);
  let t = SPLIT * a;
  const aHigh = t - (t - a);
  const aLow = a - aHigh;
  t = SPLIT * b;
  const bHigh = t - (t - b);
  const bLow = b - bHigh;
  const productLow = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const low = c + productLow;
  const lowRest = sumError(c, productLow, low);
  const high = product + low;
  const highRest = sumError(product, low, high);
  return high + oddSum(lowRest, highRest);
}

/** `a + b = sum + sumError` exactly, for finite ones (Knuth). */
function sumError(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}

/** `a + b`, or where that is not exact the neighbour of the true sum whose last bit is 1. */
function oddSum(a: number, b: number): number {
  const sum = a + b;
  const error = sumError(a, b, sum);
  if (error === 0) return sum;
  word[0] = sum;
  if ((half[0]! & 1) === 0) bits[0]! += error > 0 === sum > 0 ? 1n : -1n;
  return word[0]!;
}

function rareFma64(a: number, b: number, c: number, product: number): number {
  // The product of finite numbers is finite, even where its f64 is not.
  if (Number.isFinite(a) && Number.isFinite(b) && !Number.isFinite(c)) return c;
  if (!Number.isFinite(a) || !Number.isFinite(b) || a === 0 || b === 0) return product + c;
  // The product may be infinite only because it overflows.
  if (!Number.isFinite(c)) return c;
  if (c === 0) return product;
  return exactSum(a, b, c);
}

/** Of finite numbers other than 0, in integers. */
function exactSum(a: number, b: number, c: number): number {
  const [x, xExponent] = parts(a);
  const [y, yExponent] = parts(b);
  const [z, zExponent] = parts(c);
  const exponent = Math.min(xExponent + yExponent, zExponent);
  const sum = ((x * y) << BigInt(xExponent + yExponent - exponent)) + (z << BigInt(zExponent - exponent));
  return nearest(sum, exponent);
}

/** An integer and an exponent of 2 whose product it is. */
function parts(value: number): [bigint, number] {
  word[0] = value;
  const biased = (half[1]! >>> 20) & 0x7ff;
  const fraction = bits[0]! & 0xfffffffffffffn;
  const size = biased === 0 ? fraction : fraction | 0x10000000000000n;
  return [value < 0 ? -size : size, Math.max(biased, 1) - 1075];
}

/** The f64 nearest to `integer * 2^exponent`, the even one of two. */
function nearest(integer: bigint, exponent: number): number {
  if (integer === 0n) return 0;
  const negative = integer < 0n;
  const size = negative ? -integer : integer;
  const length = size.toString(2).length;
  // The exponent of the last bit that the result can have.
  const last = Math.max(exponent + length - 53, -1074);
  let scaled = size;
  if (last > exponent) {
    const shift = BigInt(last - exponent);
    scaled = size >> shift;
    const rest = size - (scaled << shift);
    const tie = 1n << (shift - 1n);
    if (rest > tie || (rest === tie && (scaled & 1n) === 1n)) scaled++;
  } else scaled = size << BigInt(exponent - last);
  // Both factors are exact, and so is the product unless it overflows; 2^last alone may be too small.
  const value =
    last < -1000 ? Number(scaled) * power(last + 200) * power(-200) : Number(scaled) * power(Math.min(last, 1023));
  return negative ? -value : value;
}

/** 2^exponent, for exponents of normal numbers. */
function power(exponent: number): number {
  bits[0] = BigInt(exponent + 1023) << 52n;
  return word[0]!;
}
