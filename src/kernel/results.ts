import type { Core } from "../ecs/core.ts";
import { resultPlaces } from "./emit/buckets.ts";
import { bucket, nearPlaces } from "./frame.ts";
import type { Program } from "./program.ts";

/** Rows of a bucket: what is stored of them shall fit into the second cache. */
const BUCKET_BITS = 14;
const BUCKET_ROWS = 1 << BUCKET_BITS;
/** Results of fewer bytes fit into the caches as they are. */
const RESULT_BYTES_MIN = 1 << 21;
const BUCKETS_BYTES_MAX = 1 << 28;

/** Room in which a program with neighbours puts its results aside, by {@link bucket}s, where that pays. */
export class Results {
  readonly #core: Core;
  /** Bytes of the results of a row, and of what is put aside of it. */
  readonly #rowBytes: number;
  readonly #placeBytes: number;
  #count = 0;

  constructor(core: Core, program: Program) {
    this.#core = core;
    this.#placeBytes = resultPlaces(program).bytes;
    this.#rowBytes = resultPlaces(program).bytes - resultPlaces(program).offsets[0]!;
  }

  /** Plans a call about so many rows in so many chunks, that needs `besides` more scratch memory. Returns the bytes that it shall have here. */
  plan(rows: number, chunks: number, besides: number): number {
    this.#count = 0;
    if (rows * this.#rowBytes < RESULT_BYTES_MIN) return 0;
    const { arena, store } = this.#core;
    const count = ((chunks << store.shift) + BUCKET_ROWS - 1) >>> BUCKET_BITS;
    const bytes = count * (bucket.words * 4 + BUCKET_ROWS * this.#placeBytes);
    // Without them it is slower, but it runs.
    if (bytes > BUCKETS_BYTES_MAX || !arena.canScratch(bytes + besides)) return 0;
    this.#count = count;
    return bytes;
  }

  /** No call has room here until the next {@link plan}. */
  clear(): void {
    this.#count = 0;
  }

  /** Tells the frame, whose {@link nearPlaces} are at word `at`, of the room at `base`; of none if `used` is false. */
  fill(at: number, base: number, used: boolean): void {
    const { i32 } = this.#core.arena.memory;
    const count = used ? this.#count : 0;
    i32[at + nearPlaces.buckets] = count > 0 ? base : 0;
    i32[at + nearPlaces.bucketBits] = BUCKET_BITS;
    i32[at + nearPlaces.bucketCount] = count;
    let start = base + count * bucket.words * 4;
    for (let b = 0, word = base >>> 2; b < count; b++, word += bucket.words) {
      i32[word + bucket.start] = i32[word + bucket.end] = start;
      start += BUCKET_ROWS * this.#placeBytes;
    }
  }
}
