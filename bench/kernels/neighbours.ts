import { component, f32, kernel, SpatialIndex } from "../../src/index.ts";
import { random } from "./random.ts";
import type { Loop, Rule } from "./rule.ts";

const Place = component("Place", { x: f32, y: f32 });
const Push = component("Push", { x: f32, y: f32 });

/** Also the side of a cell. A power of two. */
const RADIUS = 2;
/** On an average. */
const NEIGHBOURS = 8;

type Plane = { readonly x: Float32Array; readonly y: Float32Array };
type Crowd = {
  readonly push: Plane;
  readonly place: Plane;
  /** Entities sorted by cell, then by entity: where they are, their rows; where each cell's start, cells row by row. */
  readonly grid: Plane & { readonly row: Int32Array; readonly start: Int32Array };
};

/** The sum of pushes away from all neighbours, the stronger the nearer they are. */
const spread = () =>
  kernel("spread", { write: [Push], uniforms: { radius: f32, inverse: f32 } }, (push, k) => {
    let x = 0;
    let y = 0;
    k.neighbours(k.radius, (other) => {
      const weight = 1 - other.distanceSquared * k.inverse;
      x += other.dx * weight;
      y += other.dy * weight;
    });
    push.x = x;
    push.y = y;
  });

const INVERSE = 1 / (RADIUS * RADIUS);

/** Cells in x and in y, with a border of empty ones. */
function sideOf(count: number): number {
  return Math.ceil(Math.sqrt((count * Math.PI) / NEIGHBOURS)) + 2;
}

const { fround } = Math;

/** In the order of rows, each at its cell. */
const inRows: Loop<Crowd> = ({ push, place, grid }, count) => {
  const { x: sx, y: sy, start } = grid;
  const { x: px, y: py } = place;
  const width = sideOf(count);
  for (let i = 0; i < count; i++) {
    const x = px[i]!;
    const y = py[i]!;
    const cell = Math.floor(y * (1 / RADIUS)) * width + Math.floor(x * (1 / RADIUS));
    let [sumX, sumY] = [0, 0];
    for (let line = cell - width - 1; line <= cell + width; line += width) {
      for (let j = start[line]!, end = start[line + 3]!; j < end; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const square = dx * dx + dy * dy;
        if (square > RADIUS * RADIUS) continue;
        const weight = 1 - square * INVERSE; // the row itself pushes by nothing
        sumX += dx * weight;
        sumY += dy * weight;
      }
    }
    push.x[i] = sumX;
    push.y[i] = sumY;
  }
};

/** In the order of cells: what is compared is in the cache. */
const inCells: Loop<Crowd> = ({ push, grid }, count) => {
  const { x: sx, y: sy, row, start } = grid;
  const { x: outX, y: outY } = push;
  const width = sideOf(count);
  for (let cell = width + 1, cells = width * (width - 1) - 1; cell < cells; cell++) {
    const [first, last] = [start[cell]!, start[cell + 1]!];
    if (first === last) continue;
    const [j0, end0] = [start[cell - width - 1]!, start[cell - width + 2]!];
    const [j1, end1] = [start[cell - 1]!, start[cell + 2]!];
    const [j2, end2] = [start[cell + width - 1]!, start[cell + width + 2]!];
    for (let i = first; i < last; i++) {
      const x = sx[i]!;
      const y = sy[i]!;
      let [sumX, sumY] = [0, 0];
      for (let j = j0; j < end0; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const square = dx * dx + dy * dy;
        if (square > RADIUS * RADIUS) continue;
        const weight = 1 - square * INVERSE;
        sumX += dx * weight;
        sumY += dy * weight;
      }
      for (let j = j1; j < end1; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const square = dx * dx + dy * dy;
        if (square > RADIUS * RADIUS) continue;
        const weight = 1 - square * INVERSE;
        sumX += dx * weight;
        sumY += dy * weight;
      }
      for (let j = j2; j < end2; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const square = dx * dx + dy * dy;
        if (square > RADIUS * RADIUS) continue;
        const weight = 1 - square * INVERSE;
        sumX += dx * weight;
        sumY += dy * weight;
      }
      outX[row[i]!] = sumX;
      outY[row[i]!] = sumY;
    }
  }
};

/** The same without the branch that is taken at random: the weight is 0 beyond the radius. */
const withoutBranch: Loop<Crowd> = ({ push, grid }, count) => {
  const { x: sx, y: sy, row, start } = grid;
  const { x: outX, y: outY } = push;
  const width = sideOf(count);
  for (let cell = width + 1, cells = width * (width - 1) - 1; cell < cells; cell++) {
    const [first, last] = [start[cell]!, start[cell + 1]!];
    if (first === last) continue;
    const [j0, end0] = [start[cell - width - 1]!, start[cell - width + 2]!];
    const [j1, end1] = [start[cell - 1]!, start[cell + 2]!];
    const [j2, end2] = [start[cell + width - 1]!, start[cell + width + 2]!];
    for (let i = first; i < last; i++) {
      const x = sx[i]!;
      const y = sy[i]!;
      let [sumX, sumY] = [0, 0];
      for (let j = j0; j < end0; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const weight = Math.max(0, 1 - (dx * dx + dy * dy) * INVERSE);
        sumX += dx * weight;
        sumY += dy * weight;
      }
      for (let j = j1; j < end1; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const weight = Math.max(0, 1 - (dx * dx + dy * dy) * INVERSE);
        sumX += dx * weight;
        sumY += dy * weight;
      }
      for (let j = j2; j < end2; j++) {
        const dx = x - sx[j]!;
        const dy = y - sy[j]!;
        const weight = Math.max(0, 1 - (dx * dx + dy * dy) * INVERSE);
        sumX += dx * weight;
        sumY += dy * weight;
      }
      outX[row[i]!] = sumX;
      outY[row[i]!] = sumY;
    }
  }
};

/** In the order of cells, as the kernel computes. */
const rounded: Loop<Crowd> = ({ push, grid }, count) => {
  const { x: sx, y: sy, row, start } = grid;
  const width = sideOf(count);
  for (let cell = width + 1, cells = width * (width - 1) - 1; cell < cells; cell++) {
    for (let i = start[cell]!, last = start[cell + 1]!; i < last; i++) {
      const x = sx[i]!;
      const y = sy[i]!;
      let [sumX, sumY] = [fround(0), fround(0)];
      for (let line = cell - width - 1; line <= cell + width; line += width) {
        for (let j = start[line]!, end = start[line + 3]!; j < end; j++) {
          const dx = fround(x - sx[j]!);
          const dy = fround(y - sy[j]!);
          const square = fround(fround(dx * dx) + fround(dy * dy));
          if (square > RADIUS * RADIUS) continue;
          const weight = fround(1 - fround(square * INVERSE));
          sumX = fround(sumX + fround(dx * weight));
          sumY = fround(sumY + fround(dy * weight));
        }
      }
      push.x[row[i]!] = sumX;
      push.y[row[i]!] = sumY;
    }
  }
};

export const neighboursRule: Rule<Crowd> = {
  name: `${NEIGHBOURS} neighbours`,
  components: [Push, Place],
  changes: ["push"],
  inputs(count) {
    const extent = (sideOf(count) - 2) * RADIUS;
    const axis = (seed: number) =>
      Float32Array.from({ length: count }, (_, i) => RADIUS + random(i, seed) * extent * 0.9999);
    const place = { x: axis(1), y: axis(2) };
    const push = { x: new Float32Array(count), y: new Float32Array(count) };
    return { push, place, grid: gridOf(place, count) };
  },
  kernels: () => [spread()],
  uniforms: { radius: RADIUS, inverse: INVERSE },
  options(world) {
    const side = sideOf(world.entityCount);
    const index = new SpatialIndex(world, { cell: RADIUS, width: side, height: side });
    index.build(world.query(Place), Place);
    return { index };
  },
  loops: {
    "Math.fround loop": rounded,
    "plain loop": inRows,
    "loop in the order of cells": inCells,
    "loop in the order of cells without a branch": withoutBranch,
  },
  exact: ["Math.fround loop"],
  tolerance: 1e-5,
  native: {
    columns: ({ push, grid: { x, y, row, start } }) => [push.x, push.y, x, y, row, start],
    run: (addon, count) => addon.neighbours(sideOf(count), RADIUS, INVERSE),
  },
};

function gridOf({ x, y }: Plane, count: number): Crowd["grid"] {
  const width = sideOf(count);
  const cellOf = (i: number): number => Math.floor(y[i]! / RADIUS) * width + Math.floor(x[i]! / RADIUS);
  const start = new Int32Array(width * width + 2);
  for (let i = 0; i < count; i++) start[cellOf(i) + 1]!++;
  for (let cell = 0; cell <= width * width; cell++) start[cell + 1]! += start[cell]!;
  const next = start.slice();
  const row = new Int32Array(count);
  for (let i = 0; i < count; i++) row[next[cellOf(i)]!++] = i;
  return { x: Float32Array.from(row, (i) => x[i]!), y: Float32Array.from(row, (i) => y[i]!), row, start };
}
