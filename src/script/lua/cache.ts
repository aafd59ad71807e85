import { type Clock, systemClock } from "../../core/clock.ts";

export interface CacheOptions {
  /** Most bytes of what is kept. Default 16 MiB. */
  readonly bytes?: number;
  /** Milliseconds after its last use in which an entry is dropped. Default an hour. */
  readonly ttlMs?: number;
  readonly clock?: Clock;
}

export interface CacheMetrics {
  readonly hits: number;
  readonly misses: number;
  /** Entries that were dropped for room or for their age. */
  readonly dropped: number;
  readonly entries: number;
  readonly bytes: number;
}

interface Entry<T> {
  readonly value: T;
  readonly bytes: number;
  usedMs: number;
}

/** Keeps what was used last, by text, up to a number of bytes and for a time. */
export class Cache<T> {
  readonly #bytesMax: number;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  /** The one that was used longest ago comes first. */
  readonly #entries = new Map<string, Entry<T>>();
  #hits = 0;
  #misses = 0;
  #dropped = 0;
  #bytes = 0;

  constructor({ bytes = 16 << 20, ttlMs = 3_600_000, clock = systemClock }: CacheOptions = {}) {
    this.#bytesMax = bytes;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
  }

  get metrics(): CacheMetrics {
    const { size: entries } = this.#entries;
    return { hits: this.#hits, misses: this.#misses, dropped: this.#dropped, entries, bytes: this.#bytes };
  }

  get(key: string): T | undefined {
    this.#expire();
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    entry.usedMs = this.#clock.nowMs();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value that takes about so many bytes; one that is larger than the cache is not kept. */
  put(key: string, value: T, bytes: number): void {
    this.#drop(key);
    if (bytes > this.#bytesMax) return;
    this.#entries.set(key, { value, bytes, usedMs: this.#clock.nowMs() });
    this.#bytes += bytes;
    for (const first of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(first);
      this.#dropped++;
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #expire(): void {
    const before = this.#clock.nowMs() - this.#ttlMs;
    for (const [key, { usedMs }] of this.#entries) {
      if (usedMs >= before) return;
      this.#drop(key);
      this.#dropped++;
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= entry.bytes;
    this.#entries.delete(key);
  }
}
