import { badArgument, expectFunction, expectNumber } from "./argument.ts";

/** Milliseconds of a steady clock that counts from some time before the process: only differences mean something. */
export function nowMs(): number {
  return performance.now();
}

/** Milliseconds from a moment that all threads of the process share to that from which {@link nowMs} of this thread counts. */
export function originMs(): number {
  return performance.timeOrigin;
}

/** Where time comes from. Whoever waits also reads it: no reading is trusted to grow. */
export interface Clock {
  /** Milliseconds from some moment. */
  nowMs(): number;
  /**
   * Calls back once when at least `ms` have passed, and never before it returned. With 0 or less: as soon as other events
   * had their turn. Returns what cancels it.
   */
  wait(ms: number, callback: () => void): () => void;
}

/** The longest that a timer of Node waits, in ms: about 24 days. */
const WAIT_MS_MAX = 0x7fff_ffff;

/** The steady clock of the process. Waits end up to about a millisecond late, as timers of Node do. */
export const systemClock: Clock = {
  nowMs,
  wait(ms, callback) {
    if (!(ms > 0) && typeof setImmediate === "function") {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(callback, Math.min(Math.max(Math.ceil(ms), 0), WAIT_MS_MAX));
    return () => clearTimeout(timer);
  },
};

/** In ms. Sums of fractions may miss a moment by less. */
const NANOSECOND = 1e-6;

/** A clock that stands still until it is told to move: for tests, and for worlds whose time is made up. */
export class ManualClock implements Clock {
  /** What waits counts from; only {@link advance} moves it. */
  #passedMs = 0;
  #readingMs: number;
  #waiting: Waiting[] = [];

  /** Throws `bad-argument`, as its methods. */
  constructor(nowMs = 0) {
    expectNumber(nowMs, "nowMs");
    this.#readingMs = nowMs;
  }

  /** Callbacks that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  nowMs(): number {
    return this.#readingMs;
  }

  wait(ms: number, callback: () => void): () => void {
    expectNumber(ms, "ms");
    expectFunction(callback, "callback");
    const entry = { atMs: this.#passedMs + (ms > 0 ? ms : 0), callback };
    this.#waiting.push(entry);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== entry);
    };
  }

  /**
   * Lets `ms` pass: what waits is called at its moment, in order of moments, with the clock at that moment. What is waited
   * for meanwhile is called, too, if its moment comes within the same `ms`.
   */
  advance(ms: number): void {
    if (typeof ms !== "number" || !(ms >= 0 && ms < Number.POSITIVE_INFINITY))
      throw badArgument("ms", ms, "a finite number of at least 0; set changes what the clock says");
    const endMs = this.#passedMs + ms;
    for (;;) {
      const next = this.#next(endMs);
      if (next === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#move(Math.min(next.atMs, endMs));
      next.callback();
    }
    this.#move(endMs);
  }

  /** Changes what the clock says, to whatever number: no time passes for those who wait. */
  set(nowMs: number): void {
    expectNumber(nowMs, "nowMs");
    this.#readingMs = nowMs;
  }

  /** Of those with the same moment the one that has waited longest. */
  #next(endMs: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const entry of this.#waiting) {
      if (entry.atMs <= endMs + NANOSECOND && (first === undefined || entry.atMs < first.atMs)) first = entry;
    }
    return first;
  }

  #move(toMs: number): void {
    this.#readingMs += toMs - this.#passedMs;
    this.#passedMs = toMs;
  }
}

interface Waiting {
  readonly atMs: number;
  readonly callback: () => void;
}
