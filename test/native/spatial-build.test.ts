import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { spatialHeader } from "../../src/native/spatial.ts";
import { alone, expectSame, jobSets } from "./both.ts";
import { anyWorld, built, clearScratch, place, type World } from "./points.ts";

/** The index, decoded: rows of each cell. */
function cellsOf(memory: ReturnType<typeof built>["memory"], index: number, world: World) {
  const word = index >>> 2;
  const start = memory.u32[word + spatialHeader.cellStart]! >>> 2;
  const column = (name: "x" | "y" | "entity" | "slot") => memory.u32[word + spatialHeader[name]]! >>> 2;
  return Array.from({ length: world.width * world.height + 1 }, (_, cell) => {
    const rows = [];
    for (let i = memory.u32[start + cell]!; i < memory.u32[start + cell + 1]!; i++) {
      rows.push({
        x: memory.f32[column("x") + i]!,
        y: memory.f32[column("y") + i]!,
        entity: memory.i32[column("entity") + i]!,
        slot: memory.u32[column("slot") + i]!,
      });
    }
    return rows;
  });
}

function naiveCells(world: World) {
  const { fround } = Math;
  const scale = fround(1 / fround(world.cell));
  const clamp = (v: number, min: number, cells: number) =>
    Math.max(0, Math.min(cells - 1, Math.floor(fround(fround(v - fround(min)) * scale))));
  const cells: { x: number; y: number; entity: number; slot: number }[][] = Array.from(
    { length: world.width * world.height + 1 },
    () => [],
  );
  world.points.forEach(({ x, y, entity }, slot) => {
    const nan = Number.isNaN(x) || Number.isNaN(y);
    const cell = clamp(y, world.minY, world.height) * world.width + clamp(x, world.minX, world.width);
    cells[nan ? cells.length - 1 : cell]!.push({ x: fround(x), y: fround(y), entity, slot });
  });
  return cells;
}

describe.each(jobSets)("spatialBuild (%s)", (_, jobs) => {
  test("sorts rows by cell, those of one by row", () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const { memory, places } = built(jobs, world);
        expect(memory.u32[(places.index >>> 2) + spatialHeader.count]).toBe(world.points.length);
        expect(cellsOf(memory, places.index, world)).toEqual(naiveCells(world));
      }),
      { seed: 21, numRuns: 200 },
    );
  });

  test("a crowd of thousands in one cell, worst order first", () => {
    const points = Array.from({ length: 5_000 }, (_, i) => ({ x: 0.5, y: 0.5, entity: 5_000 - i }));
    const world = { minX: 0, minY: 0, cell: 1, width: 2, height: 2, points, split: [1_000, 3_000] };
    const { memory, places } = built(jobs, world);
    expect(cellsOf(memory, places.index, world)).toEqual(naiveCells(world));
  });

  test.each([
    ["a NaN bound", "minX", NaN, "grid", "value"],
    ["no cell size", "cell", 0, "grid", "value"],
    ["a cell size below the limit", "cell", 2 ** -31, "grid", "value"],
    ["an infinite cell", "cell", Infinity, "grid", "value"],
  ] as const)("refuses %s", (_, field, value, operand, reason) => {
    const world = { minX: 0, minY: 0, cell: 1, width: 2, height: 2, points: [{ x: 1, y: 1, entity: 1 }], split: [] };
    const { memory, places } = built(jobs, world);
    memory.f32[(places.index >>> 2) + spatialHeader[field]] = value;
    expect(() => jobs.spatialBuild(memory, places.spans, places.spanCount, places.index)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
  });

  test.each([
    ["no width", "width", 0, "grid", "value"],
    ["a height above the limit", "height", 65_536, "grid", "value"],
    ["too many rows for any index", "capacity", 2 ** 24 + 1, "capacity", "value"],
    ["more rows than it has room for", "capacity", 0, "rows", "capacity"],
    ["arrays past the end", "y", 0xfffffff0, "y", "range"],
    ["a misaligned array", "cellStart", 10_002, "cellStart", "alignment"],
    ["arrays over the header", "slot", 192, "slot", "overlap"],
    ["columns over the arrays", "entity", 16, "x", "overlap"],
  ] as const)("refuses %s and writes nothing", (_, field, value, operand, reason) => {
    const world = { minX: 0, minY: 0, cell: 1, width: 2, height: 2, points: [{ x: 1, y: 1, entity: 1 }], split: [] };
    const { memory, places } = built(jobs, world);
    memory.u32[(places.index >>> 2) + spatialHeader[field]] = field === "slot" ? places.index : value;
    const before = memory.u8.slice();
    expect(() => jobs.spatialBuild(memory, places.spans, places.spanCount, places.index)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
    expect(Buffer.compare(memory.u8, before)).toBe(0);
  });
});

test.skipIf(alone)("spatialBuild: both job sets give the same bits", () => {
  fc.assert(
    fc.property(anyWorld, fc.nat(3), (world, room) => {
      let places = { index: 0, spans: 0, spanCount: 0, end: 0 };
      expectSame(
        2,
        (memory) => {
          places = place(memory, world, Math.max(0, world.points.length + room - 1));
        },
        (jobs, memory) => {
          jobs.spatialBuild(memory, places.spans, places.spanCount, places.index);
          clearScratch(memory, places.index);
        },
      );
    }),
    { seed: 22, numRuns: 400 },
  );
});
