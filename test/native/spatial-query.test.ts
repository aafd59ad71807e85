import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Jobs } from "../../src/native/jobs.ts";
import { addon, alone, expectSame, jobSets } from "./both.ts";
import {
  anyPosition,
  anyRadius,
  anyWorld,
  built,
  clearScratch,
  distance2,
  isNear,
  place,
  shuffled,
  type World,
} from "./points.ts";

type Position = { readonly x: number; readonly y: number };

const { fround } = Math;
const ascending = (a: number, b: number) => a - b;
const anyQueries = fc.array(anyPosition, { maxLength: 8 });
const seed = fc.nat(1_000_000);

/** Operands behind the index, each with room to spare. */
function operands(end: number, queries: readonly Position[]) {
  const queryX = end;
  const queryY = queryX + 4 * queries.length;
  const offsets = queryY + 4 * queries.length;
  const out = offsets + 4 * queries.length + 4;
  return { queryX, queryY, offsets, out };
}

function radiusLists(jobs: Jobs, world: World, queries: readonly Position[], radius: number, capacity: number) {
  const { memory, places } = built(jobs, world);
  const { queryX, queryY, offsets, out } = operands(places.end, queries);
  memory.f32.set(
    queries.map(({ x }) => x),
    queryX / 4,
  );
  memory.f32.set(
    queries.map(({ y }) => y),
    queryY / 4,
  );
  memory.i32.fill(-7, out / 4, out / 4 + capacity + 20);
  const total = jobs.spatialRadius(
    memory,
    places.index,
    queryX,
    queryY,
    queries.length,
    radius,
    offsets,
    out,
    capacity,
  );
  return {
    total,
    offsets: [...memory.u32.subarray(offsets / 4, offsets / 4 + queries.length + 1)],
    out: [...memory.i32.subarray(out / 4, out / 4 + capacity)],
    behind: [...memory.i32.subarray(out / 4 + capacity, out / 4 + capacity + 20)],
  };
}

function nearestLists(jobs: Jobs, world: World, queries: readonly Position[], k: number, radius: number) {
  const { memory, places } = built(jobs, world);
  const { queryX, queryY, offsets, out } = operands(places.end, queries);
  memory.f32.set(
    queries.map(({ x }) => x),
    queryX / 4,
  );
  memory.f32.set(
    queries.map(({ y }) => y),
    queryY / 4,
  );
  const distances = out + 4 * k * queries.length;
  jobs.spatialNearest(memory, places.index, queryX, queryY, queries.length, k, radius, out, distances, offsets);
  return queries.map((_, q) => ({
    count: memory.u32[offsets / 4 + q]!,
    entities: [...memory.i32.subarray(out / 4 + q * k, out / 4 + q * k + k)],
    distances2: [...memory.f32.subarray(distances / 4 + q * k, distances / 4 + q * k + k)],
  }));
}

function pairList(jobs: Jobs, world: World, distance: number, capacity: number) {
  const { memory, places } = built(jobs, world);
  memory.i32.fill(-7, places.end / 4, places.end / 4 + 2 * capacity + 20);
  const total = jobs.spatialPairs(memory, places.index, distance, places.end, capacity);
  const words = [...memory.i32.subarray(places.end / 4, places.end / 4 + 2 * capacity + 20)];
  return { total, pairs: words.slice(0, 2 * capacity), behind: words.slice(2 * capacity) };
}

function naivePairs(world: World, distance: number): [number, number][] {
  const rows = [...world.points].sort((a, b) => a.entity - b.entity);
  return rows.flatMap((a, i) =>
    rows.slice(i + 1).flatMap((b): [number, number][] => (isNear(a, b, distance) ? [[a.entity, b.entity]] : [])),
  );
}

const untouched = Array(20).fill(-7);

describe.each(jobSets)("queries (%s)", (_, jobs) => {
  test("spatialRadius equals a naive search, whole lists up to the capacity", () => {
    fc.assert(
      fc.property(anyWorld, anyQueries, anyRadius, fc.nat(300), (world, queries, radius, capacity) => {
        const lists = queries.map((query) =>
          world.points
            .filter((point) => isNear(query, point, radius))
            .map(({ entity }) => entity)
            .sort(ascending),
        );
        const found = radiusLists(jobs, world, queries, radius, capacity);
        const starts = [0];
        for (const list of lists) starts.push(starts.at(-1)! + list.length);
        expect(found.offsets).toEqual(starts);
        expect(found.total).toBe(starts.at(-1));
        const misfit = starts.findIndex((start) => start > capacity);
        const whole = misfit < 0 ? lists.flat() : lists.slice(0, misfit - 1).flat();
        expect(found.out.slice(0, whole.length)).toEqual(whole);
        expect(found.out.slice(whole.length)).toEqual(Array(capacity - whole.length).fill(misfit < 0 ? -7 : 0));
        expect(found.behind).toEqual(untouched);
      }),
      { seed: 31, numRuns: 300 },
    );
  });

  test("spatialNearest equals a naive search", () => {
    const limits = fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, { weight: 1, arbitrary: anyRadius });
    fc.assert(
      fc.property(anyWorld, anyQueries, fc.integer({ min: 1, max: 20 }), limits, (world, queries, k, radius) => {
        const found = nearestLists(jobs, world, queries, k, radius);
        for (const [q, query] of queries.entries()) {
          const best = world.points
            .filter((point) => isNear(query, point, radius))
            .map((point) => ({ d2: distance2(query, point), entity: point.entity }))
            .sort((a, b) => (a.d2 === b.d2 ? a.entity - b.entity : a.d2 - b.d2))
            .slice(0, k);
          const missing = k - best.length;
          expect(found[q]).toEqual({
            count: best.length,
            entities: [...best.map(({ entity }) => entity), ...Array(missing).fill(-1)],
            distances2: [...best.map(({ d2 }) => d2), ...Array(missing).fill(Infinity)],
          });
        }
      }),
      { seed: 32, numRuns: 300 },
    );
  });

  test("spatialPairs equals a naive search, whole lists up to the capacity", () => {
    fc.assert(
      fc.property(anyWorld, anyRadius, fc.nat(2_000), (world, distance, capacity) => {
        const expected = naivePairs(world, distance);
        const found = pairList(jobs, world, distance, capacity);
        expect(found.total).toBe(expected.length);
        const fits = expected.length <= capacity;
        const misfit = expected[capacity]?.[0];
        const whole = fits ? expected : expected.filter(([a], i) => i < capacity && a !== misfit);
        expect(found.pairs.slice(0, 2 * whole.length)).toEqual(whole.flat());
        expect(found.pairs.slice(2 * whole.length)).toEqual(Array(2 * (capacity - whole.length)).fill(fits ? -7 : 0));
        expect(found.behind).toEqual(untouched);
      }),
      { seed: 33, numRuns: 200 },
    );
  });

  test("row order changes nothing", () => {
    fc.assert(
      fc.property(anyWorld, anyQueries, anyRadius, seed, (world, queries, radius, order) => {
        const other = shuffled(world, order);
        expect(radiusLists(jobs, other, queries, radius, 500)).toEqual(radiusLists(jobs, world, queries, radius, 500));
        expect(nearestLists(jobs, other, queries, 5, Infinity)).toEqual(
          nearestLists(jobs, world, queries, 5, Infinity),
        );
        expect(pairList(jobs, other, radius, 500)).toEqual(pairList(jobs, world, radius, 500));
      }),
      { seed: 34, numRuns: 100 },
    );
  });

  test.each([
    ["a NaN radius", NaN, 4, 10, "radius", "value"],
    ["a negative radius", -1, 4, 10, "radius", "value"],
    ["queries past the end", 1, 2 ** 20, 10, "queryX", "range"],
    ["results past the end", 1, 4, 2 ** 20, "out", "range"],
    ["a fraction of a query", 1, 0.5, 10, "queryCount", "value"],
  ] as const)("spatialRadius refuses %s", (_, radius, queryCount, capacity, operand, reason) => {
    const { memory, places } = built(jobs, oneAgent);
    const at = places.end;
    expect(() =>
      jobs.spatialRadius(memory, places.index, at, at + 64, queryCount, radius, at + 128, at + 256, capacity),
    ).toThrow(expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }));
  });

  test.each([[0], [1_025]])("spatialNearest refuses %d neighbours", (k) => {
    const { memory, places } = built(jobs, oneAgent);
    const at = places.end;
    expect(() => jobs.spatialNearest(memory, places.index, at, at, 1, k, 1, at + 64, at + 8_192, at + 16_384)).toThrow(
      expect.objectContaining({ operands: expect.objectContaining({ operand: "k", reason: "value" }) }),
    );
  });

  test("an index with a count above its capacity is refused", () => {
    const { memory, places } = built(jobs, oneAgent);
    memory.u32[(places.index >>> 2) + 12] = 2;
    expect(() => jobs.spatialPairs(memory, places.index, 1, places.end, 0)).toThrow(
      expect.objectContaining({ operands: expect.objectContaining({ operand: "count", reason: "value" }) }),
    );
  });
});

const oneAgent: World = {
  minX: 0,
  minY: 0,
  cell: 1,
  width: 4,
  height: 4,
  points: [{ x: 1, y: 1, entity: 1 }],
  split: [],
};

test.skipIf(alone)("queries: both job sets give the same bits", () => {
  fc.assert(
    fc.property(anyWorld, anyQueries, anyRadius, fc.nat(300), (world, queries, radius, capacity) => {
      let places = { index: 0, spans: 0, spanCount: 0, end: 0 };
      expectSame(
        3,
        (memory) => {
          places = place(memory, world);
          const { queryX, queryY } = operands(places.end, queries);
          memory.f32.set(
            queries.map(({ x }) => fround(x)),
            queryX / 4,
          );
          memory.f32.set(
            queries.map(({ y }) => fround(y)),
            queryY / 4,
          );
        },
        (jobs, memory) => {
          const { index, end } = places;
          const { queryX, queryY, offsets, out } = operands(end, queries);
          const count = queries.length;
          jobs.spatialBuild(memory, places.spans, places.spanCount, index);
          const total = jobs.spatialRadius(memory, index, queryX, queryY, count, radius, offsets, out, capacity);
          const nearest = out + 4 * capacity;
          const k = 1 + (capacity % 7);
          const [distances, counts] = [nearest + 4 * k * count, nearest + 8 * k * count];
          jobs.spatialNearest(memory, index, queryX, queryY, count, k, radius, nearest, distances, counts);
          const pairs = jobs.spatialPairs(memory, index, radius, counts + 4 * count, capacity);
          clearScratch(memory, index);
          return [total, pairs];
        },
      );
    }),
    { seed: 35, numRuns: 400 },
  );
});

test.skipIf(alone)("an index of garbage does no harm: nothing but the results is written", () => {
  const garbage = fc.array(fc.oneof(fc.nat(0xffffffff), fc.nat(60)), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(anyWorld, garbage, fc.constantFrom(0.5, 1, 3), (world, words, radius) => {
      const { memory, places } = built(addon!, world);
      const { index, end } = places;
      const rows = world.points.length;
      const header = memory.u32.slice(index / 4, index / 4 + 16);
      for (let i = 0; i < world.width * world.height + 2; i++) memory.u32[header[6]! / 4 + i] = words[i % 40]!;
      for (let i = 0; i < rows; i++) memory.u32[header[10]! / 4 + i] = words[(i * 7) % 40]!;
      memory.u8.fill(9, end);
      const [outX, outY, outCount, out] = [end, end + 4 * rows, end + 8 * rows, end + 12 * rows];
      const [queryX, queryY] = [header[7]!, header[8]!];
      const queries = Math.min(rows, 4);
      addon!.spatialOrder(memory, index);
      addon!.separate(memory, index, radius, outX, outY, outCount);
      addon!.spatialPairs(memory, index, radius, out, 50);
      addon!.spatialRadius(memory, index, queryX, queryY, queries, radius, out, out + 64, 80);
      addon!.spatialNearest(memory, index, queryX, queryY, queries, 3, radius, out, out + 64, out + 128);
      expect(memory.u8.subarray(out + 400).every((byte) => byte === 9)).toBe(true);
      expect(memory.u32.slice(index / 4, index / 4 + 16)).toEqual(header);
    }),
    { seed: 36, numRuns: 150 },
  );
});
