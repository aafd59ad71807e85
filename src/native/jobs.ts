import type { Memory } from "./memory.ts";

/** Parent index of a node that has none. */
export const NO_PARENT = 0xffffffff;

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

  /**
   * Has jobs run on `count` threads (1 to 64) from now on, the caller's among them; returns how many there
   * are. The addon begins with 1, may get fewer than asked for, and shares them in the whole process: a job that finds
   * them in use runs on its caller alone. The reference has one, always. Results do not depend on it. Other counts
   * throw `bad-argument`.
   */
  threads(count: number): number;

  /** The same, and jobs are about to come: until {@link rest}, threads without work spin for a while before they park. */
  wake(count: number): number;

  /** No more jobs are about to come: threads park. Before the first `wake`, too. */
  rest(): void;

  /**
   * Gives the calling thread time slices of so many microseconds (100 to 100,000), where it would have some 3,000: one that
   * wakes on its processor and has a shorter slice goes first, and each gets as much time as ever. Returns what
   * the slice is, 0 where the system has no such thing: all but Linux 6.12 and later, and the reference. Other numbers
   * throw `bad-argument`.
   */
  timeSlice(microseconds: number): number;

  /** `spanCount` records of 3 (destination, source, bytes) are copied one after the other, as if through a buffer. */
  copy(memory: Memory, spans: number, spanCount: number): void;

  /**
   * A digest of two u32 for each of `spanCount` records of 3 (offset, count of elements, element code), written to
   * `out`. It covers the values, the count and the type; all NaNs of a type are equal, 0 and -0 are not. Offsets are
   * divisible by 4 (f64: by 8). Not made to resist somebody who looks for collisions.
   */
  hash(memory: Memory, spans: number, spanCount: number, out: number): void;

  /**
   * Sums that do not depend on the order of rows: two u32 for each of `spanCount` records of 6 (offset of i32 entity
   * ids, offset of a column, rows, element code, elements per row, key), written to `out`. Each element counts with
   * its value, its entity, the key of the column and its place in the row; sums of several records, modulo 2^32, are
   * the sums over all their rows. All NaNs of a type are equal, 0 and -0 are not. Fastest when records that share
   * their entities follow each other.
   */
  contentHash(memory: Memory, spans: number, spanCount: number, out: number): void;

  /**
   * Rows whose bits differ, in the order of `spanCount` records of 4 (offset of a, offset of b, rows, bytes per row;
   * not 0): pairs of u32 (index of the record, row) at `out`, at most `outCapacity` of them. Returns how many there
   * are, which may be more.
   */
  diff(memory: Memory, spans: number, spanCount: number, out: number, outCapacity: number): number;

  /**
   * `destination[i] = fround(destination[i] + fround(source[i] * dt))` for each of `spanCount` records of 3
   * (destination, source, count of f32), one after the other. `dt` is rounded to f32 once; a NaN is stored as
   * the canonical one. Records may share sources; within a record the two ranges are disjoint.
   */
  integrate(memory: Memory, spans: number, spanCount: number, dt: number): void;

  /**
   * World matrices of a hierarchy, from `nodeCount` records of 5 (local offset, local stride, world offset, world
   * stride, index of the parent's record or `NO_PARENT`), parents before children. Local are 10 f32, each a stride of
   * bytes after the one before: translation x y z, rotation x y z w, scale x y z. World are 12 f32: an affine matrix,
   * 3 rows of 4. Within a record the two ranges are disjoint. `reference/propagate.ts` has the formulas.
   */
  propagate(memory: Memory, nodes: number, nodeCount: number): void;

  /** u32 sums of the elements before each, modulo 2^32; returns the sum of all. */
  prefixSum(memory: Memory, source: number, destination: number, count: number): number;

  /** Indices of the `count` bytes at `mask` that are not 0, as u32 at `out`, which has room for `count`; returns how many. */
  compact(memory: Memory, mask: number, count: number, out: number): number;

  /**
   * Indices of `count` u32 keys in ascending order of key, equal keys in order of index, as u32 at `order`.
   * `scratch` has room for 3 * `count` u32; what it holds afterwards is not defined. The keys do not change.
   */
  sortByKey(memory: Memory, keys: number, count: number, order: number, scratch: number): void;

  /** `randomBits` of `core/prng.ts` for each of `count` u32 ids: two u32 each at `out`. */
  random(memory: Memory, out: number, ids: number, count: number, seed: number, stream: number, tick: number): void;

  /**
   * Of the ids (i32) in `spanCount` records of 2 (offset, count) those whose first word of `randomBits`, as u32, is
   * below `probability * 2^32`, in their order, at `out`, which has room for `capacity`: at least for all of them.
   * `probability` is between 0 and 1. Returns how many.
   */
  sample(
    memory: Memory,
    spans: number,
    spanCount: number,
    seed: number,
    stream: number,
    tick: number,
    probability: number,
    out: number,
    capacity: number,
  ): number;

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

  /**
   * Sorts the rows of `spanCount` records of 4 (x f32, y f32, entity i32, count of rows) by (cell, running row) into
   * the arrays of the index at `index`, whose header (`spatial.ts`) names its grid and its arrays. The running row is
   * a row's number over all records. Rows outside the grid go to the nearest border cell, rows with a NaN to one that
   * no query looks into. Entities differ from one another. The queries below take an index as a build has left it,
   * and order entities as i32.
   */
  spatialBuild(memory: Memory, spans: number, spanCount: number, index: number): void;

  /**
   * Sorts the rows of each cell of an index by entity, those with a NaN too; equal ones stay in their order. What
   * the cells hold then does not depend on the rows of the build, but for the running rows. Queries answer the same
   * before and after.
   */
  spatialOrder(memory: Memory, index: number): void;

  /**
   * For each of `queryCount` points (f32 at `queryX` and `queryY`) the entities within `radius`, ascending: those with
   * `d2 <= radius * radius`, each operation in f32. A point with a NaN has none. `radius` is at least 0 and may be
   * infinite. The lists follow one another at `out` (i32, room for `capacity`); `offsets` gets `queryCount + 1` u32:
   * where each list starts and the last one ends, as if there were room, at most 2^32 - 1. From the first list that
   * does not fit on, `out` is filled with zeros. Returns the true total, which may be more than `capacity`.
   */
  spatialRadius(
    memory: Memory,
    index: number,
    queryX: number,
    queryY: number,
    queryCount: number,
    radius: number,
    offsets: number,
    out: number,
    capacity: number,
  ): number;

  /**
   * For each point the `k` (1 to `SPATIAL_NEAREST_MAX`) nearest entities within `radius`, ordered by (squared distance
   * in f32, entity). `outEntity` (i32) and `outDistance2` (f32) have `k` elements per point, filled up with -1 and
   * Infinity; `outCount` one u32 per point: how many were found.
   */
  spatialNearest(
    memory: Memory,
    index: number,
    queryX: number,
    queryY: number,
    queryCount: number,
    k: number,
    radius: number,
    outEntity: number,
    outDistance2: number,
    outCount: number,
  ): void;

  /**
   * All pairs of entities a < b within `distance` of each other, ordered by (a, b), as i32 at `out`, which has room
   * for `capacity` pairs. From the first `a` whose pairs do not all fit on, it is filled with zeros. Returns the true
   * total.
   */
  spatialPairs(memory: Memory, index: number, distance: number, out: number, capacity: number): number;

  /**
   * For each row of the index, at its running row in `outX` and `outY` (f32), the sum over its neighbours within
   * `radius` of the push `u * (1 - u . u)`, where `u = (own position - neighbour's) / radius`; in `outCount` (u32) the
   * number of neighbours. A push is 0.385 long at most, at a distance of 0.58 radius. Agents at the same place (`d2`
   * is 0 in f32) push each other by 0.375 in opposite directions that their entities decide. Pushes are rounded to
   * 1 / 65,536 and added as integers: the order cannot be seen; a sum wraps at 32,768. `radius` is between
   * `SPATIAL_LENGTH_MIN` and `SPATIAL_LENGTH_MAX`; fastest is one that is not above the side of a cell.
   */
  separate(memory: Memory, index: number, radius: number, outX: number, outY: number, outCount: number): void;

  /**
   * Velocities of agents that follow flow fields: `speed * direction + push`, for `spanCount` records of 8 (x, y, vx,
   * vy: f32; goal; element code of goal: u8, u16 or u32; count of rows; first running row). The direction is that of
   * the agent's cell in the flow field with the number `goal`; the push is `strength` times that of the running row,
   * in x and in y at most `pushMax`. Where the step `position + velocity * dt` would leave the grid, end in a blocked
   * cell or cut a blocked corner, the velocity keeps its x part only, else its y part only, else it is zero; an agent
   * outside the grid or in a blocked cell has none. `arrived` gets a `steerArrived` per running row. The parameters
   * are at `params` (`steer.ts`).
   */
  steer(memory: Memory, spans: number, spanCount: number, params: number): void;

  /**
   * Reads the tensor program (`tensor/format.ts`) of `words` u32 at `program`, checks it and keeps it; returns its id. It
   * goes by `tensorDrop`, or when `memory` is released. The words are not looked at again.
   */
  tensorPlan(memory: Memory, program: number, words: number): number;

  /**
   * Executes a plan over `memory` with `leading` as the leading number, at most the maximum of the program. The segments
   * of `load` and `store` lie in `columns`, which may be `memory` itself. A fault that shows only while it executes (an
   * index, a segment table) leaves what was computed before it.
   */
  tensorRun(memory: Memory, plan: number, leading: number, columns: Memory): void;

  /** Forgets a plan that was read from this memory. Its id may come back. */
  tensorDrop(memory: Memory, plan: number): void;

  /** Executes a program once: the leading maximum is the leading number, `memory` is the columns. */
  tensorOnce(memory: Memory, program: number, words: number): void;

  /**
   * Poses of `count` characters (`anim/format.ts` has their records): clips sampled and blended, layer upon layer,
   * local to model space, palettes for skinning. All is checked before anything is written: a fault names the character
   * as its record. What is written overlaps nothing else that the call writes or reads.
   */
  animPoses(memory: Memory, characters: number, count: number): void;

  /**
   * Skins meshes: `count` records (`anim/skin-format.ts`), each a mesh, a palette and where its vertices go, in the order
   * of the mesh. All is checked before anything is written; what is written overlaps nothing else that the call writes
   * or reads. A palette for dual quaternions has rotations and translations only. What does not depend on a joint is the
   * same whatever that joint's matrix is, NaN included.
   */
  animSkin(memory: Memory, records: number, count: number): void;
}
