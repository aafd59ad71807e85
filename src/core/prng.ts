/**
 * Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon and others, "Parallel random numbers: as easy
 * as 1, 2, 3", 2011), keyed by (seed, stream) with (tick, entity) as the counter. A number depends on these four
 * words alone, not on what was drawn before, so order and threads do not matter. Words are taken modulo 2^32.
 */

/** Writes the two u32 of this counter to `out[0]` and `out[1]`. */
export function randomBits(
  out: Uint32Array | Int32Array,
  seed: number,
  stream: number,
  tick: number,
  entity: number,
): void {
  threefry(seed | 0, stream | 0, tick | 0, entity | 0);
  out[0] = first;
  out[1] = second;
}

/** A multiple of 2^-24 in [0, 1), all equally likely: an exact f32. Made from the upper bits of the first word. */
export function randomFloat(seed: number, stream: number, tick: number, entity: number): number {
  threefry(seed | 0, stream | 0, tick | 0, entity | 0);
  return (first >>> 8) / 16_777_216;
}

/**
 * An integer in [0, n) for an integer n in 1..=2^32: the upper half of n times both words as one 64-bit fraction.
 * The probabilities of two results differ by less than 2^-64.
 */
export function randomBelow(n: number, seed: number, stream: number, tick: number, entity: number): number {
  threefry(seed | 0, stream | 0, tick | 0, entity | 0);
  return belowOf(n, first, second);
}

/** The integer that {@link randomBelow} makes from the two words of {@link randomBits}. */
export function belowOf(n: number, high: number, low: number): number {
  if (n === 4_294_967_296) return high >>> 0;
  const carry = (Math.imul(high, n) >>> 0) + productHigh(low >>> 0, n);
  return productHigh(high >>> 0, n) + (carry >= 4_294_967_296 ? 1 : 0);
}

/** A stream number for a name, such as that of a system. Different names may share one, by chance of 2^-32 each. */
export function streamOf(name: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    state = Math.imul(state ^ (unit & 0xff), 0x01000193);
    state = Math.imul(state ^ (unit >>> 8), 0x01000193);
  }
  threefry(state, name.length, 0, 0);
  return first >>> 0;
}

/** Skein's key schedule parity for 32-bit words. */
const PARITY = 0x1bd11bda;
let first = 0;
let second = 0;

/** Leaves the result in `first` and `second`: five groups of four rounds, each followed by a key injection. */
function threefry(key0: number, key1: number, counter0: number, counter1: number): void {
  const key2 = PARITY ^ key0 ^ key1;
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 1) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key2) | 0;
  y = (y + key0 + 2) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  x = (x + key0) | 0;
  y = (y + key1 + 3) | 0;
  x = (x + y) | 0;
  y = ((y << 17) | (y >>> 15)) ^ x;
  x = (x + y) | 0;
  y = ((y << 29) | (y >>> 3)) ^ x;
  x = (x + y) | 0;
  y = ((y << 16) | (y >>> 16)) ^ x;
  x = (x + y) | 0;
  y = ((y << 24) | (y >>> 8)) ^ x;
  x = (x + key1) | 0;
  y = (y + key2 + 4) | 0;
  x = (x + y) | 0;
  y = ((y << 13) | (y >>> 19)) ^ x;
  x = (x + y) | 0;
  y = ((y << 15) | (y >>> 17)) ^ x;
  x = (x + y) | 0;
  y = ((y << 26) | (y >>> 6)) ^ x;
  x = (x + y) | 0;
  y = ((y << 6) | (y >>> 26)) ^ x;
  first = (x + key2) | 0;
  second = (y + key0 + 5) | 0;
}

/** The upper 32 bits of the product of two u32, in exact arithmetic. */
function productHigh(a: number, b: number): number {
  const low = (a & 0xffff) * b;
  const high = (a >>> 16) * b;
  return Math.floor((high + Math.floor(low / 65_536)) / 65_536);
}
