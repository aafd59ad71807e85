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
