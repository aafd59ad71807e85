import { WorldloomError } from "../core/errors.ts";

/** Most threads that jobs run on; `pool.rs` has the same. */
const THREADS_MAX = 64;

/** `count`, if jobs can have so many threads; else throws `bad-argument`. */
export function checkedThreads(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= THREADS_MAX) return count;
  throw new WorldloomError(
    "bad-argument",
    `Jobs run on 1 to ${THREADS_MAX} threads, not ${count}; ask for one of these.`,
    { count },
  );
}

/** Shortest and longest time slice of a thread, in microseconds: those of Linux. */
const SLICE_US = { min: 100, max: 100_000 };

/** `microseconds`, if a time slice can be so long; else throws `bad-argument`. */
export function checkedSlice(microseconds: number): number {
  const { min, max } = SLICE_US;
  if (Number.isInteger(microseconds) && microseconds >= min && microseconds <= max) return microseconds;
  throw new WorldloomError(
    "bad-argument",
    `A time slice has ${min} to ${max} microseconds, not ${microseconds}; ask for one of these.`,
    { microseconds },
  );
}
