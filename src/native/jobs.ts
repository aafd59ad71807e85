import type { Memory } from "./memory.ts";

/**
 * Heavy work of ours over linear memory, in Rust (the addon) and in TypeScript (the reference, which is the
 * specification); both give the same bits. Offsets are byte offsets into the memory, aligned to the element;
 * counts are of elements or records; all are integers in 0..=2^32-1. A descriptor list is u32 records in the
 * memory itself. Every operand is checked before the first byte is written: a bad one throws
 * `WorldloomError` with code `job-input`, naming the operand, and the memory is as before.
 * A range that a job writes overlaps no other range of the same call unless the job says so.
 */
export interface Jobs {
  readonly name: "addon" | "reference";

  /** Lets go of what is held for `memory`. It is registered again if a job gets it after that. */
  release(memory: Memory): void;

  /** `spanCount` records of 3 (destination, source, bytes) are copied one after the other, as if through a buffer. */
  copy(memory: Memory, spans: number, spanCount: number): void;

  /**
   * `destination[i] = fround(destination[i] + fround(source[i] * dt))` for each of `spanCount` records of 3
   * (destination, source, count of f32), one after the other. `dt` is rounded to f32 once; a NaN is stored as
   * the canonical one. Records may share sources; within a record the two ranges are disjoint.
   */
  integrate(memory: Memory, spans: number, spanCount: number, dt: number): void;
}
