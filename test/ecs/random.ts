/** Seeded random numbers for tests; `WORLDLOOM_SEED` overrides the seed that a test names. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = Number(process.env["WORLDLOOM_SEED"] ?? seed) >>> 0;
    this.#state = this.seed;
  }

  /** 0 to 2^32 - 1: a Weyl sequence through a multiplicative mix. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  }

  /** 0 to `count - 1`. */
  below(count: number): number {
    return this.next() % count;
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** The same elements in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const made = [...list];
    for (let i = made.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [made[i], made[j]] = [made[j]!, made[i]!];
    }
    return made;
  }
}
