/** Odd constants from the fractions of the golden ratio and of the square roots of 3, 5, 7, 2, 11, 13. */
export const GOLDEN: number = 0x9e3779b1 | 0;
export const ROOT_3: number = 0xbb67ae85 | 0;
export const ROOT_5: number = 0x3c6ef373 | 0;
export const ROOT_7: number = 0xa54ff53b | 0;
export const ROOT_2: number = 0x6a09e667 | 0;
const ROOT_11 = 0x510e527f;
const ROOT_13 = 0x9b05688d;

/** A bijection of 32 bits in which every input bit reaches every output bit. */
export function mix(word: number): number {
  let x = word;
  x = Math.imul(x ^ (x >>> 16), ROOT_11);
  x = Math.imul(x ^ (x >>> 15), ROOT_13);
  return x ^ (x >>> 16);
}

export function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
