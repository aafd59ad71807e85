import fc from "fast-check";
import type { Jobs } from "../../src/native/jobs.ts";
import { Memory, PAGE_BYTES } from "../../src/native/memory.ts";
import { SPATIAL_SCRATCH_BYTES, spatialBytes, spatialHeader, spatialInit } from "../../src/native/spatial.ts";
import { anyF32 } from "./values.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
  readonly entity: number;
}

export interface World {
  readonly minX: number;
  readonly minY: number;
  readonly cell: number;
  readonly width: number;
  readonly height: number;
  readonly points: readonly Point[];
  /** How many rows each record of the build has; the rest goes into the last one. */
  readonly split: readonly number[];
}

const { fround } = Math;
const bits = new DataView(new ArrayBuffer(4));

/** The f32 with these bits. */
export function float(word: number): number {
  bits.setUint32(0, word);
  return bits.getFloat32(0);
}

/** Coordinates in and around a grid of a few cells: often equal, often on the border of a cell, some extreme. */
const coordinate: fc.Arbitrary<number> = fc
  .oneof(
    { weight: 5, arbitrary: fc.double({ min: -1, max: 7, noNaN: true }) },
    { weight: 3, arbitrary: fc.integer({ min: -4, max: 28 }).map((quarters) => quarters / 4) },
    { weight: 1, arbitrary: fc.constantFrom(0.99999994, 1.0000001, 2 ** -126, -(2 ** -149), 3e38, -3e38) },
    { weight: 1, arbitrary: anyF32.map(float) },
  )
  .map(fround);

export const anyPosition: fc.Arbitrary<{ x: number; y: number }> = fc.record({ x: coordinate, y: coordinate });

/** Points with entities that differ, in any order. */
function pointsWith(positions: fc.Arbitrary<{ x: number; y: number }[]>): fc.Arbitrary<readonly Point[]> {
  return positions.chain((list) =>
    fc
      .uniqueArray(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), {
        minLength: list.length,
        maxLength: list.length,
      })
      .map((entities) => list.map(({ x, y }, i) => ({ x, y, entity: entities[i]! }))),
  );
}

const anyPoints: fc.Arbitrary<readonly Point[]> = fc.oneof(
  pointsWith(fc.array(anyPosition, { maxLength: 90 })),
  // A crowd in one cell, more than any vector of the addon takes at a time.
  pointsWith(
    fc.array(fc.record({ x: fc.constantFrom(1, 1.25, 1.5), y: coordinate }), { minLength: 50, maxLength: 150 }),
  ),
  pointsWith(fc.tuple(anyPosition, fc.nat(40)).map(([point, count]) => Array(count).fill(point))),
);

export const anyWorld: fc.Arbitrary<World> = fc.record({
  minX: fc.constantFrom(0, -0.5, 100),
  minY: fc.constantFrom(0, 0.1),
  cell: fc.constantFrom(1, 0.5, 0.3, 3, 2 ** -30),
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
  points: anyPoints,
  split: fc.array(fc.nat(40), { maxLength: 4 }),
});

export const anyRadius: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 0.25, 0.5, 1, 1, 1, 2, 2.5, 50, 1e-30, 1e30, Infinity),
  fc.double({ min: 0, max: 4, noNaN: true }),
);

/** The same points with rows in another order and other records. */
export function shuffled(world: World, seed: number): World {
  const points = [...world.points];
  let state = seed >>> 0;
  for (let i = points.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const k = state % (i + 1);
    [points[i], points[k]] = [points[k]!, points[i]!];
  }
  return { ...world, points, split: [seed % 7] };
}

/** Where {@link place} puts what. */
export interface Places {
  readonly index: number;
  readonly spans: number;
  readonly spanCount: number;
  /** Free for a test's own operands, divisible by 64. */
  readonly end: number;
}

/** Bytes that {@link place} needs at most for a world of {@link anyWorld}. */
export const WORLD_BYTES = 49_152;

/** Writes columns, spans and the header of an index. */
export function place(memory: Memory, world: World, capacity: number = world.points.length): Places {
  const { points, split } = world;
  const counts: number[] = [];
  let left = points.length;
  for (const rows of split) {
    counts.push(Math.min(rows, left));
    left -= Math.min(rows, left);
  }
  counts.push(left);
  const spans = 0;
  let at = 16 * counts.length;
  let row = 0;
  for (const [i, rows] of counts.entries()) {
    memory.u32.set([at, at + 4 * rows, at + 8 * rows, rows], spans / 4 + 4 * i);
    for (let k = 0; k < rows; k++, row++) {
      const { x, y, entity } = points[row]!;
      memory.f32[at / 4 + k] = x;
      memory.f32[at / 4 + rows + k] = y;
      memory.i32[at / 4 + 2 * rows + k] = entity;
    }
    at += 12 * rows;
  }
  const index = Math.ceil(at / 64) * 64;
  spatialInit(memory, index, { ...world, capacity });
  return {
    index,
    spans,
    spanCount: counts.length,
    end: Math.ceil((index + spatialBytes({ ...world, capacity })) / 64) * 64,
  };
}

/** Zeroes what a job leaves undefined. */
export function clearScratch(memory: Memory, index: number): void {
  const word = index >>> 2;
  const capacity = memory.u32[word + spatialHeader.capacity]!;
  memory.fill(memory.u32[word + spatialHeader.scratch]!, 0, SPATIAL_SCRATCH_BYTES * capacity);
}

/** A memory with a built index of `world`. */
export function built(jobs: Jobs, world: World): { memory: Memory; places: Places } {
  const memory = new Memory({ bytesMax: 16 * PAGE_BYTES });
  memory.grow(16);
  const places = place(memory, world);
  jobs.spatialBuild(memory, places.spans, places.spanCount, places.index);
  return { memory, places };
}

/** The squared distance as jobs round it. */
export function distance2(a: { x: number; y: number }, b: { x: number; y: number }): number {
  const dx = fround(a.x - b.x);
  const dy = fround(a.y - b.y);
  return fround(fround(dx * dx) + fround(dy * dy));
}

export function isNear(a: { x: number; y: number }, b: { x: number; y: number }, radius: number): boolean {
  return distance2(a, b) <= fround(fround(radius) * fround(radius));
}
