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
  /** Bytes from the room of one part of a call to that of the next. */
  stride = 0;

  constructor(core: Core, program: Program) {
    this.#core = core;
    this.#placeBytes = resultPlaces(program).bytes;
    this.#rowBytes = resultPlaces(program).bytes - resultPlaces(program).offsets[0]!;
  }

  /** Whether so many rows have results that are worth putting aside. */
  pays(rows: number): boolean {
    return rows * this.#rowBytes >= RESULT_BYTES_MIN;
  }

  /**
   * Plans a call about so many rows in so many chunks, in so many parts, that needs `besides` more scratch memory. Returns the
   * bytes that it shall have here. Each part has room of its own, as any row may be in any part.
   */
  plan(rows: number, chunks: number, parts: number, besides: number): number {
    this.clear();
    if (!this.pays(rows)) return 0;
    const { arena, store } = this.#core;
    const count = ((chunks << store.shift) + BUCKET_ROWS - 1) >>> BUCKET_BITS;
    const stride = (count * (bucket.words * 4 + BUCKET_ROWS * this.#placeBytes) + 63) & ~63;
    const bytes = stride * parts;
    // Without them it is slower, but it runs.
    if (bytes > BUCKETS_BYTES_MAX || !arena.canScratch(bytes + besides)) return 0;
    this.#count = count;
    this.stride = stride;
    return bytes;
  }

  /** No call has room here until the next {@link plan}. */
  clear(): void {
    this.#count = 0;
    this.stride = 0;
  }

  /**
   * Tells the frame, whose {@link nearPlaces} are at word `at`, of the room of the first of so many parts at `base`; of none if
   * `used` is false.
   */
  fill(at: number, base: number, parts: number, used: boolean): void {
    const { i32 } = this.#core.arena.memory;
    if (!used) this.clear();
    const count = this.#count;
    i32[at + nearPlaces.buckets] = count > 0 ? base : 0;
    i32[at + nearPlaces.bucketBits] = BUCKET_BITS;
    i32[at + nearPlaces.bucketCount] = count;
    for (let part = 0, own = base; part < parts; part++, own += this.stride) {
      let start = own + count * bucket.words * 4;
      for (let b = 0, word = own >>> 2; b < count; b++, word += bucket.words) {
        i32[word + bucket.start] = i32[word + bucket.end] = start;
        start += BUCKET_ROWS * this.#placeBytes;
      }
    }
  }
}
