import fc from "fast-check";
import {
  DISTANCE_DIAGONAL,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  distanceScratchBytes,
  flowStepX,
  flowStepY,
} from "../../src/native/field.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { Memory, PAGE_BYTES } from "../../src/native/memory.ts";

export interface Grid {
  readonly width: number;
  readonly height: number;
  /** 1 is free. */
  readonly cells: readonly number[];
}

/** Where a test puts the operands; everything after `out` and `flow` is scratch. */
export interface Layout {
  readonly goals: number;
  readonly grid: number;
  readonly out: number;
  readonly flow: number;
  readonly scratch: number;
  readonly end: number;
}

export function layoutOf(width: number, height: number, goalCount: number, shift = 0): Layout {
  const cells = width * height;
  const goals = 4 * shift;
  const grid = goals + 4 * goalCount + shift;
  const out = Math.ceil((grid + cells) / 4) * 4;
  const flow = out + 4 * cells + shift;
  const scratch = Math.ceil((flow + cells) / 8) * 8;
  return { goals, grid, out, flow, scratch, end: scratch + distanceScratchBytes(width, height) };
}

/** Grids of up to `side` cells a side, from empty to full, some with values other than 0 and 1. */
export function anyGrid(side: number): fc.Arbitrary<Grid> {
  return fc
    .tuple(fc.integer({ min: 1, max: side }), fc.integer({ min: 1, max: side }), fc.nat(10))
    .chain(([width, height, blocked]) => {
      const cell = fc.nat(19).map((n) => (n >= blocked ? 1 : n === 0 ? 2 : n === 1 ? 255 : 0));
      return fc
        .array(cell, { minLength: width * height, maxLength: width * height })
        .map((cells) => ({ width, height, cells }));
    });
}

/** Distances by the slowest obvious way: a list of open cells, the nearest taken out each time. */
export function naiveDistances({ width, height, cells }: Grid, goals: readonly number[]): number[] {
  const distances = cells.map(() => DISTANCE_UNREACHABLE);
  const open = new Set(goals);
  for (const goal of goals) distances[goal] = 0;
  while (open.size > 0) {
    let cell = -1;
    for (const other of open) if (cell < 0 || distances[other]! < distances[cell]!) cell = other;
    open.delete(cell);
    for (let step = 0; step < 8; step++) {
      const next = stepFrom(width, height, cells, cell, step);
      if (next < 0) continue;
      const length = distances[cell]! + (step % 2 === 0 ? DISTANCE_STRAIGHT : DISTANCE_DIAGONAL);
      if (length >= distances[next]!) continue;
      distances[next] = length;
      open.add(next);
    }
  }
  return distances;
}

/** The cell that a legal step leads to, or -1. */
export function stepFrom(width: number, height: number, cells: ArrayLike<number>, cell: number, step: number): number {
  const x = cell % width;
  const y = (cell - x) / width;
  const toX = x + flowStepX[step]!;
  const toY = y + flowStepY[step]!;
  if (toX < 0 || toX >= width || toY < 0 || toY >= height) return -1;
  const corners = [toY * width + toX, y * width + toX, toY * width + x];
  return corners.every((corner) => cells[corner] === 1) ? corners[0]! : -1;
}

/** The distance field of one grid in a memory of its own. */
export function distancesOf(
  jobs: Jobs,
  width: number,
  height: number,
  cells: ArrayLike<number>,
  goals: readonly number[],
): { far: number; distances: Uint32Array; memory: Memory; layout: Layout } {
  const layout = layoutOf(width, height, goals.length);
  const memory = new Memory({ bytesMax: layout.end });
  memory.grow(Math.ceil(layout.end / PAGE_BYTES));
  memory.u32.set(goals, layout.goals / 4);
  memory.u8.set(cells, layout.grid);
  const far = jobs.distanceField(
    memory,
    layout.grid,
    width,
    height,
    layout.goals,
    goals.length,
    layout.out,
    layout.scratch,
  );
  return { far, distances: memory.u32.slice(layout.out / 4, layout.out / 4 + width * height), memory, layout };
}
