import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DISTANCE_MAX, DISTANCE_STRAIGHT, DISTANCE_UNREACHABLE, distanceScratchBytes } from "../../src/native/field.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyGrid, distancesOf, layoutOf, naiveDistances } from "./grids.ts";

const gridAndGoals = anyGrid(20).chain((grid) => {
  const free = grid.cells.flatMap((cell, index) => (cell === 1 ? [index] : []));
  const goals = free.length === 0 ? fc.constant([]) : fc.array(fc.constantFrom(...free), { maxLength: 4 });
  return fc.tuple(fc.constant(grid), goals, fc.nat(3));
});

describe.each(jobSets)("distanceField (%s)", (_, jobs) => {
  test("equals a naive search", () => {
    fc.assert(
      fc.property(gridAndGoals, ([grid, goals]) => {
        const { far, distances } = distancesOf(jobs, grid.width, grid.height, grid.cells, goals);
        expect(far).toBe(0);
        expect([...distances]).toEqual(naiveDistances(grid, goals));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  test("leaves cells unreachable that are too far, and says so", () => {
    const { far, distances } = distancesOf(jobs, 1, 9_122, new Uint8Array(9_122).fill(1), [0]);
    expect(far).toBe(1);
    expect(distances[9_120]).toBe(9_120 * DISTANCE_STRAIGHT);
    expect(distances[9_120]).toBeLessThanOrEqual(DISTANCE_MAX);
    expect(distances[9_121]).toBe(DISTANCE_UNREACHABLE);
    expect(distancesOf(jobs, 1, 9_121, new Uint8Array(9_121).fill(1), [0]).far).toBe(0);
  });

  test("a maze that winds past the limit on both kinds of steps", () => {
    const side = 256;
    // Walls every third row, open at alternate ends: lanes two cells wide, so that diagonals count.
    const cells = Array.from({ length: side * side }, (_, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      return y % 3 === 2 && x !== (y % 2 === 0 ? 0 : side - 1) ? 0 : 1;
    });
    const { far, distances } = distancesOf(jobs, side, side, cells, [0]);
    expect(far).toBe(1);
    expect(distances.reduce((most, d) => (d === DISTANCE_UNREACHABLE ? most : Math.max(most, d)), 0)).toBeGreaterThan(
      DISTANCE_MAX - 2 * DISTANCE_STRAIGHT,
    );
  });

  const layout = layoutOf(8, 8, 1);
  const good = [layout.grid, 8, 8, layout.goals, 1, layout.out, layout.scratch] as const;
  test.each([
    ["no width", 1, 0, "width", "value"],
    ["no height", 2, 0, "height", "value"],
    ["a fraction", 1, 1.5, "width", "value"],
    ["NaN", 2, Number.NaN, "height", "value"],
    ["more cells than the limit", 2, 2 ** 21 + 1, "height", "capacity"],
    ["a grid past the end", 0, 65_535, "grid", "range"],
    ["goals past the end", 4, 0xffffffff, "goals", "range"],
    ["misaligned goals", 3, 2, "goals", "alignment"],
    ["a misaligned result", 5, layout.out + 1, "out", "alignment"],
    ["a result in the grid", 5, layout.grid & ~3, "out", "overlap"],
    ["scratch past the end", 6, 65_536 - 64 * 8, "scratch", "range"],
    ["scratch in the result", 6, layout.out & ~7, "scratch", "overlap"],
    ["misaligned scratch", 6, layout.scratch + 4, "scratch", "alignment"],
  ] as const)("refuses %s and writes nothing", (_, index, value, operand, reason) => {
    const memory = pages(1);
    memory.u8.fill(1);
    memory.u32[0] = 3;
    const before = memory.u8.slice();
    const operands = good.map((number, i) => (i === index ? value : number)) as unknown as typeof good;
    expect(() => jobs.distanceField(memory, ...operands)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
    expect(memory.u8).toEqual(before);
    expect(jobs.distanceField(memory, ...good)).toBe(0);
  });

  test.each([
    ["outside the grid", 64],
    ["far outside", 0xffffffff],
    ["on a blocked cell", 9],
  ])("refuses a goal %s", (_, goal) => {
    const memory = pages(1);
    memory.u8.fill(1);
    memory.u32.set([1, goal], 0);
    memory.u8[layoutOf(8, 8, 2).grid + 9] = 0;
    const { grid, goals, out, scratch } = layoutOf(8, 8, 2);
    expect(() => jobs.distanceField(memory, grid, 8, 8, goals, 2, out, scratch)).toThrow(
      expect.objectContaining({ code: "job-input", operands: { operand: "goals", reason: "value", span: 1 } }),
    );
  });
});

describe.skipIf(alone)("distanceField in both job sets", () => {
  test("gives the same bits", () => {
    fc.assert(
      fc.property(gridAndGoals, ([grid, goals, shift]) => {
        const at = layoutOf(grid.width, grid.height, goals.length, shift);
        expectSame(
          1,
          (memory) => {
            memory.u32.set(goals, at.goals / 4);
            memory.u8.set(grid.cells, at.grid);
          },
          (jobs, memory) => {
            const far = jobs.distanceField(
              memory,
              at.grid,
              grid.width,
              grid.height,
              at.goals,
              goals.length,
              at.out,
              at.scratch,
            );
            // What is left in the scratch is not defined.
            memory.u8.fill(0, at.scratch, at.scratch + distanceScratchBytes(grid.width, grid.height));
            return far;
          },
        );
      }),
      { seed: 12, numRuns: 500 },
    );
  });
});
