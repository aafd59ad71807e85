import type { Lanes } from "../ecs/lanes.ts";

/** Work that is spread, in microseconds on one thread: what less than this would gain is lost again on the way. */
const SPREAD_US_MIN = 40;
/** Work of a part: below this the call itself counts. */
const PART_US_MIN = 5;
/** Parts a thread takes at most: the more, the less one thread waits for another at the end. */
const PARTS_PER_LANE = 8;
/** What a run costs besides its rows, about. */
const RUN_US = 0.5;
/** Runs on this thread before the first that is spread: the first ones take longer than those to come. */
const WARM_RUNS = 3;
/** How much dearer a row may become from one run to the next: a run that was interrupted says little. */
const RISE_MAX = 1.5;
const US_PER_ROW_MIN = 1e-4;
/** One in so many runs stays on this thread, to find out what rows cost, where that decides. */
const PROBE_RUNS = 256;
const PROBE_US_MAX = 400;

/** What a row of a kernel costs in one world, by the clock. It decides where rows are computed, never a result. */
export class Cost {
  /** An estimate for one thread. */
  #usPerRow = Number.POSITIVE_INFINITY;
  #warm = 0;
  #spread = 0;

  /** Into how many parts to cut `rows`; 1 where they are best left on this thread. */
  parts(rows: number, { count, eager = false }: Lanes): number {
    const most = count * PARTS_PER_LANE;
    if (eager) return most;
    const us = rows * this.#usPerRow;
    if (count < 2 || this.#warm < WARM_RUNS || us < SPREAD_US_MIN) return 1;
    if (us < PROBE_US_MAX && ++this.#spread % PROBE_RUNS === 0) return 1;
    return Math.min(most, Math.floor(us / PART_US_MIN));
  }

  /** Rows from which on it pays to spread them. */
  rowsMin({ eager = false }: Lanes): number {
    return eager ? 0 : SPREAD_US_MIN / this.#usPerRow;
  }

  /** `rows` took `us` on `threads` threads. */
  ran(rows: number, us: number, threads: number): void {
    if (rows === 0) return;
    const found = Math.max(US_PER_ROW_MIN, ((us - RUN_US) * threads) / rows);
    // Of threads some wait, so rows cost at most what was found.
    this.#usPerRow = Math.min(found, threads > 1 ? this.#usPerRow : this.#usPerRow * RISE_MAX);
    if (threads === 1) this.#warm++;
  }
}
