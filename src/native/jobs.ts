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
   * A digest of two u32 for each of `spanCount` records of 3 (offset, count of elements, element code), written to
   * `out`. It covers the values, the count and the type; all NaNs of a type are equal, 0 and -0 are not. Offsets are
   * divisible by 4 (f64: by 8). Not made to resist somebody who looks for collisions.
   */
  hash(memory: Memory, spans: number, spanCount: number, out: number): void;

  /**
   * `destination[i] = fround(destination[i] + fround(source[i] * dt))` for each of `spanCount` records of 3
   * (destination, source, count of f32), one after the other. `dt` is rounded to f32 once; a NaN is stored as
   * the canonical one. Records may share sources; within a record the two ranges are disjoint.
   */
  integrate(memory: Memory, spans: number, spanCount: number, dt: number): void;

  /**
   * Exact distances on an octile grid (`field.ts`): into `out` (u32 a cell) the cost of the shortest path from
   * each cell to its nearest goal, `DISTANCE_UNREACHABLE` for cells that have none or are farther than
   * `DISTANCE_MAX`. `goals` are `goalCount` u32 indices of free cells. `scratch` is `distanceScratchBytes` bytes
   * at an offset divisible by 8; what it holds afterwards is not defined. At most `FIELD_CELLS_MAX` cells.
   * Returns 1 if some cell was too far, else 0.
   */
  distanceField(
    memory: Memory,
    grid: number,
    width: number,
    height: number,
    goals: number,
    goalCount: number,
    out: number,
    scratch: number,
  ): number;

  /**
   * Into `out` (u8 a cell) the direction code of the step to the neighbour with the least sum of its distance and
   * the cost of the step, the lowest code among equals; `FLOW_GOAL` where `distances` is 0, `FLOW_NONE` for cells
   * that are blocked or unreachable, or whose sums all reach 2^32 - 1.
   */
  flowField(memory: Memory, grid: number, width: number, height: number, distances: number, out: number): void;
}
