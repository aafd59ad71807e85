/** Numbers that the tests of native code make in the same way, in `native/core/src/tensor/math/vectors.rs`. */

/** Elements of each kind. */
export const COUNT = 256;
/** Kinds of numbers: see {@link ofKind}. */
export const KINDS = 9;

export const SPECIAL: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  3,
  -3,
  1.5,
  -2.5,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  5e-324,
  -5e-324,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  2 ** -1022,
  2 ** 127,
  2 ** 1023,
  -(2 ** 1023),
  2 ** 52 + 1,
  16_777_217,
  1e5,
  -1e10,
  1e22,
  710,
  -745,
  88.5,
];

/** A linear congruential sequence of words. */
export class Words {
  #state = 1;

  next(): number {
    const upper = this.#step() >>> 16;
    return ((upper << 16) | (this.#step() >>> 16)) >>> 0;
  }

  #step(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state;
  }
}

const words = new Uint32Array(2);
const singles = new Float32Array(words.buffer);
const doubles = new Float64Array(words.buffer);

/** Number `i` of a kind: any bits, sizes up to 1, 4, 32 and 1,000, near 1, near 0, specials, small integers and halves. */
function ofKind(kind: number, i: number, words_: Words, single: boolean): number {
  const first = words_.next();
  const second = words_.next();
  if (kind === 0) {
    words[0] = first;
    words[1] = second;
    return single ? singles[0]! : doubles[0]!;
  }
  const unit = (first | 0) / 2 ** 31 + second / 2 ** 63;
  if (kind === 5) return 1 + unit / 1024;
  if (kind === 6) return unit / 2 ** 20;
  if (kind === 7) return SPECIAL[(i + (first & 1 ? Math.floor(i / SPECIAL.length) : 0)) % SPECIAL.length]!;
  if (kind === 8) return ((first & 63) - 32) / 2;
  return unit * [1, 1, 4, 32, 1000][kind]!;
}

/** The numbers of a kind, rounded to f32 for `single`; those of different seeds differ. */
export function numbers(kind: number, seed: number, single: boolean): number[] {
  const sequence = new Words();
  for (let i = 0; i < seed; i++) sequence.next();
  return Array.from({ length: COUNT }, (_, i) => {
    const value = ofKind(kind, i, sequence, single);
    return single ? Math.fround(value) : value;
  });
}

/** A checksum of the bits of results; NaN is one. */
export function checksum(values: readonly number[], single: boolean): number {
  let hash = 0x811c9dc5;
  const take = (word: number): void => {
    hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
    hash ^= hash >>> 15;
  };
  for (const value of values) {
    if (single) {
      singles[0] = value;
      take(Number.isNaN(value) ? 0x7fc00000 : words[0]!);
    } else {
      doubles[0] = value;
      take(Number.isNaN(value) ? 0 : words[0]!);
      take(Number.isNaN(value) ? 0x7ff80000 : words[1]!);
    }
  }
  return hash >>> 0;
}
