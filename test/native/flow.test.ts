import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DISTANCE_DIAGONAL,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  FLOW_GOAL,
  FLOW_NONE,
} from "../../src/native/field.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyGrid, distancesOf, layoutOf, stepFrom } from "./grids.ts";
import { anyU32 } from "./values.ts";

describe.each(jobSets)("flowField (%s)", (_, jobs) => {
  test("every step follows a shortest path, by the lowest code", () => {
    const grids = fc.tuple(anyGrid(70), fc.nat());
    fc.assert(
      fc.property(grids, ([{ width, height, cells }, pick]) => {
        const free = cells.flatMap((cell, index) => (cell === 1 ? [index] : []));
        const goals = free.length === 0 ? [] : [free[pick % free.length]!];
        const { distances, memory, layout } = distancesOf(jobs, width, height, cells, goals);
        jobs.flowField(memory, layout.grid, width, height, layout.out, layout.flow);
        for (let cell = 0; cell < cells.length; cell++) {
          const code = memory.u8[layout.flow + cell]!;
          const expected =
            distances[cell] === DISTANCE_UNREACHABLE
              ? FLOW_NONE
              : distances[cell] === 0
                ? FLOW_GOAL
                : [0, 1, 2, 3, 4, 5, 6, 7].find((step) => {
                    const next = stepFrom(width, height, cells, cell, step);
                    const cost = step % 2 === 0 ? DISTANCE_STRAIGHT : DISTANCE_DIAGONAL;
                    return next >= 0 && distances[next]! + cost === distances[cell];
                  });
          if (code !== expected) expect.fail(`cell ${cell} of ${width} x ${height} has ${code}, expected ${expected}`);
        }
      }),
      { seed: 21, numRuns: 60 },
    );
  });

  const { grid, out, flow } = layoutOf(8, 8, 1);
  type Operands = readonly [number, number, number, number, number];
  const refused: readonly (readonly [string, Operands, string, string])[] = [
    ["no width", [grid, 0, 8, out, flow], "width", "value"],
    ["too many cells", [grid, 2 ** 13, 2 ** 13, out, flow], "height", "capacity"],
    ["misaligned distances", [grid, 8, 8, out + 2, flow], "distances", "alignment"],
    ["distances past the end", [grid, 8, 8, 65_536 - 252, flow], "distances", "range"],
    ["a result past the end", [grid, 8, 8, out, 65_536 - 63], "out", "range"],
    ["a result in the distances", [grid, 8, 8, out, out + 255], "out", "overlap"],
    ["a negative offset", [-1, 8, 8, out, flow], "grid", "value"],
  ];
  test.each(refused)("refuses %s and writes nothing", (_, operands, operand, reason) => {
    const memory = pages(1);
    memory.u8.fill(1);
    const before = memory.u8.slice();
    expect(() => jobs.flowField(memory, ...operands)).toThrow(
      expect.objectContaining({ code: "job-input", operands: { operand, reason } }),
    );
    expect(memory.u8).toEqual(before);
  });
});

describe.skipIf(alone)("flowField in both job sets", () => {
  test("gives the same bits for any distances", () => {
    // Few values, so that equal sums are frequent, and values near the end of the range.
    const distance = fc.oneof(
      anyU32,
      fc.nat(3).map((n) => n * DISTANCE_STRAIGHT),
      fc.nat(9).map((n) => 0xffffffff - n * 99_999),
    );
    const cases = anyGrid(70).chain((grid) => {
      const length = grid.cells.length;
      return fc.tuple(fc.constant(grid), fc.array(distance, { minLength: length, maxLength: length }), fc.nat(3));
    });
    fc.assert(
      fc.property(cases, ([{ width, height, cells }, distances, shift]) => {
        const at = layoutOf(width, height, 0, shift);
        expectSame(
          2,
          (memory) => {
            memory.u8.set(cells, at.grid);
            memory.u32.set(distances, at.out / 4);
          },
          (jobs, memory) => jobs.flowField(memory, at.grid, width, height, at.out, at.flow),
        );
      }),
      { seed: 22, numRuns: 200 },
    );
  });
});
