/** A number in [0, 1) that is a multiple of 2^-24, the same for the same `i` and `seed`. */
export function random(i: number, seed: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return ((bits ^ (bits >>> 15)) >>> 8) * 2 ** -24;
}
