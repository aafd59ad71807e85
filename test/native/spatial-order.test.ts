import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Memory } from "../../src/native/memory.ts";
import { spatialHeader } from "../../src/native/spatial.ts";
import { alone, expectSame, jobSets } from "./both.ts";
import { anyWorld, built, clearScratch, place, type World } from "./points.ts";

const NAMES = ["x", "y", "entity", "slot"] as const;

/** The rows of each cell of an index, as words. */
function cellsOf(memory: Memory, index: number, world: World): number[][][] {
  const at = (name: keyof typeof spatialHeader) => memory.u32[index / 4 + spatialHeader[name]]! / 4;
  return Array.from({ length: world.width * world.height + 1 }, (_, cell) => {
    const rows: number[][] = [];
    for (let i = memory.u32[at("cellStart") + cell]!; i < memory.u32[at("cellStart") + cell + 1]!; i++)
      rows.push(NAMES.map((name) => memory.i32[at(name) + i]!));
    return rows;
  });
}

const crowd = (count: number): World => ({
  minX: 0,
  minY: 0,
  cell: 1,
  width: 2,
  height: 1,
  points: Array.from({ length: count }, (_, i) => ({ x: 0.5, y: 0.5, entity: Math.imul(i, 0x9e3779b1) })),
  split: [],
});

describe.each(jobSets)("spatialOrder (%s)", (_, jobs) => {
  const expectOrdered = (world: World): void => {
    const { memory, places } = built(jobs, world);
    const before = cellsOf(memory, places.index, world);
    jobs.spatialOrder(memory, places.index);
    // Entities differ, so this is the only order.
    expect(cellsOf(memory, places.index, world)).toEqual(
      before.map((rows) => rows.toSorted(([, , a], [, , b]) => a! - b!)),
    );
  };

  test("sorts the rows of each cell by entity and keeps them whole", () => {
    fc.assert(fc.property(anyWorld, expectOrdered), { seed: 51, numRuns: 200 });
  });

  test.each([0, 1, 2, 31, 32, 33, 64, 65, 5_000])("%i rows in one cell", (count) => {
    expectOrdered(crowd(count));
  });

  test("keeps the order of equal entities", () => {
    for (const count of [20, 200]) {
      const { points, ...rest } = crowd(count);
      const { memory, places } = built(jobs, {
        ...rest,
        points: points.map((point, i) => ({ ...point, entity: -(i % 7) })),
      });
      jobs.spatialOrder(memory, places.index);
      const slot = memory.u32[places.index / 4 + spatialHeader.slot]! / 4;
      const expected = points.map((_, i) => i).sort((a, b) => (b % 7) - (a % 7) || a - b);
      expect(Array.from(memory.u32.subarray(slot, slot + count))).toEqual(expected);
    }
  });

  test.each([
    ["too many rows", "count", 9, "count", "value"],
    ["arrays past the end", "y", 0xfffffff0, "y", "range"],
    ["scratch over the rows", "scratch", undefined, "scratch", "overlap"],
  ] as const)("refuses %s and writes nothing", (_, field, value, operand, reason) => {
    const { memory, places } = built(jobs, crowd(8));
    const word = places.index / 4;
    memory.u32[word + spatialHeader[field]] = value ?? memory.u32[word + spatialHeader.entity]!;
    const before = memory.u8.slice();
    expect(() => jobs.spatialOrder(memory, places.index)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
    expect(Buffer.compare(memory.u8, before)).toBe(0);
  });
});

test.skipIf(alone)("spatialOrder: both job sets give the same bits, also where cells are garbage", () => {
  const garbage = fc.option(fc.array(fc.oneof(fc.nat(0xffffffff), fc.nat(160)), { minLength: 9, maxLength: 9 }));
  fc.assert(
    fc.property(anyWorld, garbage, (world, words) => {
      let places = { index: 0, spans: 0, spanCount: 0, end: 0 };
      expectSame(
        2,
        (memory) => {
          places = place(memory, world);
        },
        (jobs, memory) => {
          const { index, spans, spanCount } = places;
          jobs.spatialBuild(memory, spans, spanCount, index);
          const start = memory.u32[index / 4 + spatialHeader.cellStart]! / 4;
          if (words !== null)
            for (let i = 0; i < world.width * world.height + 2; i++) memory.u32[start + i] = words[i % 9]!;
          jobs.spatialOrder(memory, index);
          clearScratch(memory, index);
        },
      );
    }),
    { seed: 52, numRuns: 400 },
  );
});
