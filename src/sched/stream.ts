import { badArgument, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";

export interface StreamOptions {
  /** Most values that wait for their reader: 1 to 2^20. Default 1,024. */
  readonly capacity?: number;
  /**
   * What happens to a reader that is slower than what it follows: `drop` forgets the oldest value and counts it, `fail` ends
   * the stream with `stream-full`. Default `drop`.
   */
  readonly whenFull?: "drop" | "fail";
}

const KNOWN: Known<StreamOptions> = { capacity: true, whenFull: true };

const CAPACITY_MAX = 1 << 20;

/**
 * Values as they come, to be read with `for await`. They are kept from the moment at which the stream is made. Leaving the
 * loop ends the stream.
 */
export class Stream<T> implements AsyncIterableIterator<T, undefined> {
  /** Values that were forgotten because the reader was slow. */
  dropped = 0;
  readonly #capacity: number;
  readonly #drops: boolean;
  readonly #ended: (stream: Stream<T>) => void;
  #values: (T | undefined)[] = [];
  /** How many of them, from the first, were taken. They are dropped now and then: that moves all others. */
  #taken = 0;
  #readers: { resolve(result: IteratorResult<T, undefined>): void; reject(error: unknown): void }[] = [];
  #error: { readonly error: unknown } | undefined;
  #open = true;

  /** Calls `ended` once, when nothing more is wanted. Throws `bad-argument`. */
  constructor(options: StreamOptions, ended: (stream: Stream<T>) => void) {
    expectOptions(options, "options", KNOWN);
    const { capacity = 1024, whenFull = "drop" } = options;
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > CAPACITY_MAX)
      throw badArgument("capacity", capacity, `an integer from 1 to ${CAPACITY_MAX}`);
    if (whenFull !== "drop" && whenFull !== "fail") throw badArgument("whenFull", whenFull, '"drop" or "fail"');
    this.#capacity = capacity;
    this.#drops = whenFull === "drop";
    this.#ended = ended;
  }

  /** Whether values are still taken. */
  get open(): boolean {
    return this.#open;
  }

  push(value: T): void {
    if (!this.#open) return;
    if (this.#readers.length > 0) {
      this.#readers.shift()!.resolve({ done: false, value });
      return;
    }
    if (this.#values.length - this.#taken < this.#capacity) this.#values.push(value);
    else if (this.#drops) {
      this.#take();
      this.#values.push(value);
      this.dropped++;
    } else {
      this.fail(
        new WorldloomError(
          "stream-full",
          `${this.#capacity} values wait for their reader; read faster, or give a larger capacity.`,
          { capacity: this.#capacity },
        ),
      );
    }
  }

  /** No more values come, because of `error`. Those that wait are read first. */
  fail(error: unknown): void {
    if (!this.#open) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#error = { error };
    else reader.reject(error);
    this.end();
  }

  /** No more values come. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const reader of this.#readers) reader.resolve({ done: true, value: undefined });
    this.#readers = [];
    this.#ended(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ done: false, value: this.#take() });
    if (this.#error !== undefined) {
      const { error } = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (!this.#open) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Ends the stream; what waits is forgotten. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#values = [];
    this.#taken = 0;
    this.#error = undefined;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The oldest value. */
  #take(): T {
    const value = this.#values[this.#taken]!;
    this.#values[this.#taken++] = undefined;
    if (this.#taken * 2 > this.#values.length) {
      this.#values.splice(0, this.#taken);
      this.#taken = 0;
    }
    return value;
  }
}
