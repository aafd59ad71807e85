import { badArgument, expectNumber } from "../../core/argument.ts";

/** Buckets between a number and its double. */
const STEPS = 32;
/** Bits of the mantissa that are left out of a bucket's number: those below the first five, in the upper word. */
const DROPPED = 20 - 5;
/** The least that is told apart, 2^-14 ms or 61 nanoseconds, and the number of doublings above it: up to 2^20 ms, 17 minutes. */
const LEAST = 2 ** -14;
const DOUBLINGS = 34;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Of the two words of a float the one with its sign and exponent. */
const UPPER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const FIRST = bucketBits(LEAST);

/**
 * Counts of durations in buckets whose width grows with the duration: percentiles are off by a 64th at most, in 4.4 KiB, however
 * many durations there were. Records without allocating.
 */
export class Histogram {
  readonly #counts = new Uint32Array(STEPS * DOUBLINGS);
  #count = 0;
  #totalMs = 0;
  #minMs = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }
  get totalMs(): number {
    return this.#totalMs;
  }
  /** 0 before the first one, as all that follow. */
  get meanMs(): number {
    return this.#count === 0 ? 0 : this.#totalMs / this.#count;
  }
  get minMs(): number {
    return this.#minMs;
  }
  get maxMs(): number {
    return this.#maxMs;
  }

  /** Counts one. Below 0, and NaN, is 0. Throws `bad-argument`. */
  record(ms: number): void {
    expectNumber(ms, "ms");
    const duration = ms > 0 ? ms : 0;
    const bucket = bucketBits(duration) - FIRST;
    this.#counts[bucket < 0 ? 0 : bucket >= STEPS * DOUBLINGS ? STEPS * DOUBLINGS - 1 : bucket]!++;
    if (this.#count === 0 || duration < this.#minMs) this.#minMs = duration;
    if (duration > this.#maxMs) this.#maxMs = duration;
    this.#count++;
    this.#totalMs += duration;
  }

  /**
   * What at least `percent` of 100 durations do not exceed, from 0 to 100: the middle of a bucket, within the least and the
   * longest; 0 if there were none. Throws `bad-argument`.
   */
  percentile(percent: number): number {
    if (typeof percent !== "number" || !(percent >= 0 && percent <= 100))
      throw badArgument("percent", percent, "a number from 0 to 100");
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen < rank) continue;
      if (bucket === this.#counts.length - 1) return this.#maxMs;
      const middle = (lowerEnd(bucket) + lowerEnd(bucket + 1)) / 2;
      return Math.min(this.#maxMs, Math.max(this.#minMs, bucket === 0 ? this.#minMs : middle));
    }
    return 0;
  }
}

/** Exponent and first bits of the mantissa as one number: it grows with the value, by one from bucket to bucket. */
function bucketBits(ms: number): number {
  float[0] = ms;
  return words[UPPER]! >>> DROPPED;
}

function lowerEnd(bucket: number): number {
  words[1 - UPPER] = 0;
  words[UPPER] = (bucket + FIRST) << DROPPED;
  return float[0]!;
}
