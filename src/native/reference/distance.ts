import { jobFault } from "../fault.ts";
import {
  DISTANCE_DIAGONAL,
  DISTANCE_MAX,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  distanceStateBytes,
  FIELD_CELLS_MAX,
  flowStepX,
  flowStepY,
} from "../field.ts";
import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";

/** Two queues, one for each cost of a step, hold cells in order of distance; the nearer front goes next. */
export function distanceField(
  memory: Memory,
  grid: number,
  width: number,
  height: number,
  goals: number,
  goalCount: number,
  out: number,
  scratch: number,
): number {
  claims.begin(memory);
  integer("grid", grid);
  fieldSize(width, height);
  integer("goals", goals);
  integer("goalCount", goalCount);
  integer("out", out);
  integer("scratch", scratch);
  const cells = width * height;
  const stateBytes = distanceStateBytes(width, height);
  claims.read("grid", -1, grid, cells, 1);
  claims.read("goals", -1, goals, goalCount, 4);
  claims.write("out", -1, out, cells, 4);
  claims.write("scratch", -1, scratch, stateBytes / 8, 8);
  claims.write("scratch", -1, scratch + stateBytes, 2 * (cells + 1), 4);

  const { u32 } = memory;
  const free = memory.u8.subarray(grid, grid + cells);
  const distance = u32.subarray(out >>> 2, (out >>> 2) + cells);
  for (let i = 0; i < goalCount; i++) {
    const goal = u32[(goals >>> 2) + i]!;
    if (goal >= cells || free[goal] !== 1) throw jobFault("value", "goals", i);
  }
  // A cell enters each queue once at most.
  const straight = u32.subarray(scratch >>> 2, (scratch >>> 2) + cells);
  const diagonal = u32.subarray((scratch + stateBytes) >>> 2, ((scratch + stateBytes) >>> 2) + cells);
  distance.fill(DISTANCE_UNREACHABLE);
  let straightEnd = 0;
  let diagonalEnd = 0;
  for (let i = 0; i < goalCount; i++) {
    const goal = u32[(goals >>> 2) + i]!;
    if (distance[goal] === 0) continue;
    distance[goal] = 0;
    straight[straightEnd++] = goal;
  }

  let settled = -1;
  for (let s = 0, d = 0; s < straightEnd || d < diagonalEnd; ) {
    const straightNext = s < straightEnd ? distance[straight[s]!]! : DISTANCE_UNREACHABLE;
    const diagonalNext = d < diagonalEnd ? distance[diagonal[d]!]! : DISTANCE_UNREACHABLE;
    const cell = straightNext <= diagonalNext ? straight[s++]! : diagonal[d++]!;
    const from = distance[cell]!;
    // Its steps were taken when it was met in the other queue.
    if (from < settled) continue;
    settled = from;
    if (from > DISTANCE_MAX) return leaveUnreachable(distance);
    const x = cell % width;
    const y = (cell - x) / width;
    for (let step = 0; step < 8; step++) {
      const dx = flowStepX[step]!;
      const dy = flowStepY[step]!;
      if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
      const next = cell + dy * width + dx;
      if (free[next] !== 1) continue;
      if (step % 2 === 0) {
        if (from + DISTANCE_STRAIGHT >= distance[next]!) continue;
        distance[next] = from + DISTANCE_STRAIGHT;
        straight[straightEnd++] = next;
      } else if (free[cell + dx] === 1 && free[cell + dy * width] === 1) {
        if (from + DISTANCE_DIAGONAL >= distance[next]!) continue;
        distance[next] = from + DISTANCE_DIAGONAL;
        diagonal[diagonalEnd++] = next;
      }
    }
  }
  return 0;
}

/** Forgets distances beyond the limit; all those below it are settled. */
function leaveUnreachable(distance: Uint32Array): number {
  for (let cell = 0; cell < distance.length; cell++)
    if (distance[cell]! > DISTANCE_MAX) distance[cell] = DISTANCE_UNREACHABLE;
  return 1;
}

/** Refuses sizes of a grid that has no cell or more than {@link FIELD_CELLS_MAX}. */
export function fieldSize(width: number, height: number): void {
  integer("width", width);
  integer("height", height);
  if (width === 0) throw jobFault("value", "width", -1);
  if (height === 0) throw jobFault("value", "height", -1);
  if (width * height > FIELD_CELLS_MAX) throw jobFault("capacity", "height", -1);
}
