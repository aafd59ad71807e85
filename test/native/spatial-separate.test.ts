import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Jobs } from "../../src/native/jobs.ts";
import { alone, expectSame, jobSets } from "./both.ts";
import { anyWorld, built, clearScratch, isNear, type Point, place, shuffled, type World } from "./points.ts";

const { fround } = Math;
const anyLength = fc.oneof(
  fc.constantFrom(0.25, 0.5, 1, 1, 1, 2, 2.5, 50, 2 ** -30, 2 ** 30),
  fc.double({ min: 0.01, max: 4, noNaN: true }),
);

/** What is written, by entity. */
function pushes(jobs: Jobs, world: World, radius: number): Map<number, { x: number; y: number; count: number }> {
  const { memory, places } = built(jobs, world);
  const rows = world.points.length;
  const [outX, outY, outCount] = [places.end, places.end + 4 * rows, places.end + 8 * rows];
  memory.u32.fill(0xdeadbeef, outX / 4, outX / 4 + 3 * rows);
  jobs.separate(memory, places.index, radius, outX, outY, outCount);
  return new Map(
    world.points.map(({ entity }, row) => [
      entity,
      { x: memory.f32[outX / 4 + row]!, y: memory.f32[outY / 4 + row]!, count: memory.u32[outCount / 4 + row]! },
    ]),
  );
}

function worldOf(points: readonly Point[], cell = 1): World {
  return { minX: 0, minY: 0, cell, width: 8, height: 8, points, split: [] };
}

describe.each(jobSets)("separate (%s)", (_, jobs) => {
  test("counts neighbours like a naive search", () => {
    fc.assert(
      fc.property(anyWorld, anyLength, (world, radius) => {
        const found = pushes(jobs, world, radius);
        for (const point of world.points) {
          const near = world.points.filter((other) => other !== point && isNear(point, other, radius));
          expect(found.get(point.entity)!.count).toBe(near.length);
        }
      }),
      { seed: 41, numRuns: 300 },
    );
  });

  test("sums the pushes of the formula", () => {
    const position = fc.record({
      x: fc.double({ min: 0, max: 8, noNaN: true }),
      y: fc.double({ min: 0, max: 8, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(position, { maxLength: 60 }), fc.constantFrom(0.5, 1, 3), (list, radius) => {
        const points = list.map(({ x, y }, entity) => ({ x: fround(x), y: fround(y), entity }));
        const found = pushes(jobs, worldOf(points), radius);
        for (const point of points) {
          const sum = { x: 0, y: 0 };
          for (const other of points) {
            const [x, y] = [(point.x - other.x) / radius, (point.y - other.y) / radius];
            const weight = 1 - x * x - y * y;
            if (x * x + y * y === 0 || weight < 0) continue;
            sum.x += x * weight;
            sum.y += y * weight;
          }
          const push = found.get(point.entity)!;
          const same = points.filter(({ x, y }) => fround((x - point.x) ** 2) + fround((y - point.y) ** 2) === 0);
          if (same.length > 1) continue;
          expect(Math.abs(push.x - sum.x)).toBeLessThan(1e-3);
          expect(Math.abs(push.y - sum.y)).toBeLessThan(1e-3);
        }
      }),
      { seed: 42, numRuns: 100 },
    );
  });

  test("row order and the size of cells change nothing", () => {
    fc.assert(
      fc.property(anyWorld, anyLength, fc.nat(1_000_000), fc.constantFrom(0.5, 1, 7), (world, radius, order, cell) => {
        const expected = pushes(jobs, world, radius);
        expect(pushes(jobs, shuffled(world, order), radius)).toEqual(expected);
        expect(pushes(jobs, { ...world, cell }, radius)).toEqual(expected);
      }),
      { seed: 43, numRuns: 200 },
    );
  });

  test("agents at the same place push each other apart", () => {
    const found = pushes(
      jobs,
      worldOf([
        { x: 2, y: 2, entity: 7 },
        { x: 2, y: 2, entity: 3 },
      ]),
      1,
    );
    const [a, b] = [found.get(7)!, found.get(3)!];
    expect(Math.hypot(a.x, a.y)).toBeCloseTo(0.375, 4);
    expect([b.x, b.y].map((v) => v + 0)).toEqual([-a.x + 0, -a.y + 0]);
    expect([a.count, b.count]).toEqual([1, 1]);
  });

  test("no push is lost in pairs: sums over all agents are zero", () => {
    const points = Array.from({ length: 300 }, (_, i) => ({
      x: ((i * 37) % 11) / 3,
      y: ((i * 53) % 7) / 4,
      entity: i * 17,
    }));
    const found = [...pushes(jobs, worldOf(points), 1).values()];
    expect(found.reduce((sum, { x }) => sum + x * 65_536, 0)).toBe(0);
    expect(found.reduce((sum, { y }) => sum + y * 65_536, 0)).toBe(0);
  });

  test.each([[0], [NaN], [-1], [2 ** -31], [2 ** 31], [Infinity]])("refuses the radius %d", (radius) => {
    const { memory, places } = built(jobs, worldOf([{ x: 1, y: 1, entity: 1 }]));
    const at = places.end;
    expect(() => jobs.separate(memory, places.index, radius, at, at + 4, at + 8)).toThrow(
      expect.objectContaining({ operands: { operand: "radius", reason: "value" } }),
    );
  });
});

test.skipIf(alone)("separate: both job sets give the same bits", () => {
  fc.assert(
    fc.property(anyWorld, anyLength, fc.nat(2), (world, radius, shift) => {
      let places = { index: 0, spans: 0, spanCount: 0, end: 0 };
      expectSame(
        2,
        (memory) => {
          places = place(memory, world);
        },
        (jobs, memory) => {
          const { index, end } = places;
          jobs.spatialBuild(memory, places.spans, places.spanCount, index);
          const bytes = 4 * world.points.length + 4 * shift;
          jobs.separate(memory, index, radius, end, end + bytes, end + 2 * bytes);
          clearScratch(memory, index);
        },
      );
    }),
    { seed: 44, numRuns: 600 },
  );
});

test.skipIf(alone)("separate: a dense crowd gives the same bits", () => {
  const random = fc.double({ min: 0, max: 4, noNaN: true });
  const crowd = fc.array(fc.tuple(random, random), { minLength: 200, maxLength: 700 });
  fc.assert(
    fc.property(crowd, fc.constantFrom(0.7, 1, 1.6), (list, radius) => {
      const points = list.map(([x, y], entity) => ({ x: fround(x), y: fround(y), entity }));
      const world = { minX: 0, minY: 0, cell: 1, width: 4, height: 4, points, split: [] };
      let places = { index: 0, spans: 0, spanCount: 0, end: 0 };
      expectSame(
        2,
        (memory) => {
          places = place(memory, world);
        },
        (jobs, memory) => {
          const { index, end } = places;
          jobs.spatialBuild(memory, places.spans, places.spanCount, index);
          jobs.separate(memory, index, radius, end, end + 4 * points.length, end + 8 * points.length);
          clearScratch(memory, index);
        },
      );
    }),
    { seed: 45, numRuns: 30 },
  );
});
