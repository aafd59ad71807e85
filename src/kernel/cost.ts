import type { Lanes } from "../ecs/lanes.ts";

/** Work that is spread, in microseconds on one thread: of less, what is gained is lost again on the way. */
const SPREAD_US_MIN = 40;
/** Work of a part: below this the call itself counts. */
const PART_US_MIN = 5;
/** Parts a thread takes at most: the more, the less one thread waits for another at the end. */
const PARTS_PER_LANE = 8;
/** What a run costs besides its rows, about. */
const RUN_US = 0.5;
/** Runs of each kind that say little: what runs for the first times takes longer. */
const WARM_RUNS = 4;
/** Of what rows cost on this thread, the share that they may cost where they are spread: less would come and go with noise. */
const GAIN = 0.9;
/** How much dearer rows may become from one run to the next: a run that was interrupted says little, too. */
const RISE_MAX = 1.25;
const US_PER_ROW_MIN = 1e-4;
/** Of runs that take less, one in so many is timed: asking for the time twice is much beside them. */
const TIMED_US_MIN = SPREAD_US_MIN / 4;
const TIMED_RUNS = 16;
/** One in so many runs is made the other way, where it is not clear which way is faster. */
const PROBE_RUNS = 128;
const PROBE_US_MAX = 400;

/**
 * What a row of a kernel, or of the systems with modules of a stage, costs in one world, by the clock. It decides where
 * rows are computed, never a result.
 */
export class Cost {
  /** Spread runs that say little. */
  readonly #trial: number;
  /** Microseconds a row on this thread alone, and when rows were spread. */
  #alone = Number.POSITIVE_INFINITY;
  #spread = Number.POSITIVE_INFINITY;
  #aloneRuns = 0;
  #spreadRuns = 0;
  #untimedRuns = 0;

  constructor(trial = WARM_RUNS) {
    this.#trial = trial;
  }

  /** Whether a run over `rows` is to be timed, and may be cut; asked once a run. */
  asks(rows: number): boolean {
    if (this.#aloneRuns < WARM_RUNS || rows * this.#alone >= TIMED_US_MIN) return true;
    this.#untimedRuns = (this.#untimedRuns + 1) % TIMED_RUNS;
    return this.#untimedRuns === 0;
  }

  /** Into how many parts to cut `rows`; 1 where they are best left on this thread. */
  parts(rows: number, { count, eager = false }: Lanes): number {
    const most = count * PARTS_PER_LANE;
    if (eager) return most;
    const us = rows * this.#alone;
    if (count < 2 || this.#aloneRuns < WARM_RUNS || us < SPREAD_US_MIN) return 1;
    const runs = this.#aloneRuns + this.#spreadRuns;
    const gains = this.#spreadRuns < this.#trial || this.#spread < this.#alone * GAIN;
    const probes = runs % PROBE_RUNS === 0 && (!gains || us < PROBE_US_MAX);
    return gains === probes ? 1 : Math.min(most, Math.floor(us / PART_US_MIN));
  }

  /** Rows from which on it pays to spread them. */
  rowsMin({ eager = false }: Lanes): number {
    return eager ? 0 : SPREAD_US_MIN / this.#alone;
  }

  /** `rows` took `us`, on this thread or spread. */
  ran(rows: number, us: number, spread: boolean): void {
    const found = Math.max(US_PER_ROW_MIN, (us - RUN_US) / rows);
    if (!spread) {
      this.#alone = Math.min(found, this.#alone * RISE_MAX);
      this.#aloneRuns++;
    } else {
      this.#spread = Math.min(found, this.#spread * RISE_MAX);
      this.#spreadRuns++;
    }
  }
}
