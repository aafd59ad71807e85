/** Bits of floats, and arithmetic that keeps what was rounded off: what all functions here are made of. */

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);
const double = new Float64Array(1);
const doubleBits = new Int32Array(double.buffer);

/** Bits of an f32, as i32. */
export function bitsOf32(x: number): number {
  single[0] = x;
  return singleBits[0]!;
}

export function float32(bits: number): number {
  singleBits[0] = bits;
  return single[0]!;
}

/** The upper 32 bits of an f64, as i32. */
export function upperBits(x: number): number {
  double[0] = x;
  return doubleBits[1]!;
}

/** `x`, its upper 32 bits replaced. */
export function withUpperBits(x: number, bits: number): number {
  double[0] = x;
  doubleBits[1] = bits;
  return double[0]!;
}

/** 2^n as f64, for whole n from -1,022 to 1,023. */
export function power2(n: number): number {
  doubleBits[0] = 0;
  doubleBits[1] = (n + 1023) << 20;
  return double[0]!;
}

/** The size of `x` with the sign of `of`, -0 and NaN included. */
export function copySign(x: number, of: number): number {
  const size = Math.abs(x);
  return upperBits(of) < 0 ? -size : size;
}

/** 1.5 * 2^52: an f64 below 2^51 that is added to it is rounded to an integer, ties to even. */
export const ROUNDER = 6_755_399_441_055_744;

/** `c[0] + x * (c[1] + x * (c[2] + ...))` by Horner's rule, in f64. */
export function polynomial(x: number, c: readonly number[]): number {
  let sum = c[c.length - 1]!;
  for (let i = c.length - 2; i >= 0; i--) sum = x * sum + c[i]!;
  return sum;
}

/** The same polynomial as `even(x^2) + x * odd(x^2)`: in native code half as many steps wait for one another. */
export function halvedPolynomial(x: number, c: readonly number[]): number {
  const square = x * x;
  let last = c[c.length - 1]!;
  let sum = c[c.length - 2]!;
  for (let i = c.length - 3; i >= 0; i--) {
    const next = square * last + c[i]!;
    last = sum;
    sum = next;
  }
  return sum + x * last;
}

/** Horner's rule in f32. */
export function polynomial32(x: number, c: readonly number[]): number {
  const { fround } = Math;
  let sum = fround(c[c.length - 1]!);
  for (let i = c.length - 2; i >= 0; i--) sum = fround(fround(x * sum) + fround(c[i]!));
  return sum;
}

/** The upper 26 bits of `x`, rounded, so that products of two such numbers are exact (Veltkamp); |x| below 2^996. */
export function upperHalf(x: number): number {
  const wide = 134_217_729 * x;
  return wide - (wide - x);
}

/** What `product`, which is `a * b` rounded, lacks; exact unless something under- or overflows (Dekker). */
export function productError(a: number, b: number, product: number): number {
  const aHigh = upperHalf(a);
  const aLow = a - aHigh;
  const bHigh = upperHalf(b);
  const bLow = b - bHigh;
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** What `sum`, which is `a + b` rounded, lacks (Knuth). */
export function sumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  return a - (sum - bRounded) + (b - bRounded);
}

/** `(a + aLow) / (b + bLow)`, rounded little more than once; the lows are below an ulp or so. */
export function quotient(a: number, aLow: number, b: number, bLow: number): number {
  const first = a / b;
  const product = first * b;
  const rest = a - product - productError(first, b, product);
  return first + (rest + aLow - first * bLow) / b;
}
