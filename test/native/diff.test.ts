import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alone, expectSame, jobSets, pages } from "./both.ts";

describe.each(jobSets)("diff (%s)", (_, jobs) => {
  test.each([1, 2, 3, 4, 8, 12, 16, 20, 64])("finds changed rows of %i bytes in order", (rowBytes) => {
    const memory = pages(4);
    memory.u32.set([1024, 66_560, 900, rowBytes, 1024, 66_560, 900, rowBytes], 0);
    memory.u8[66_560] = 1;
    memory.u8[66_560 + 700 * rowBytes - 1] = 0x80;
    memory.u8[66_560 + 899 * rowBytes] = 2;
    expect(jobs.diff(memory, 0, 2, 64, 5)).toBe(6);
    expect([...memory.u32.subarray(16, 28)]).toEqual([0, 0, 0, 699, 0, 899, 1, 0, 1, 699, 0, 0]);
    expect(jobs.diff(memory, 0, 2, 64, 0)).toBe(6);
  });

  test("compares bits, not numbers", () => {
    const memory = pages(1);
    memory.u32.set([64, 128, 3, 4], 0);
    memory.u32.set([0x7fc00000, 0x7fc00000, 0], 16);
    memory.u32.set([0x7fc00000, 0x7fc00001, 0x80000000], 32);
    expect(jobs.diff(memory, 0, 1, 256, 4)).toBe(2);
    expect([...memory.u32.subarray(64, 68)]).toEqual([0, 1, 0, 2]);
  });

  test.each([
    ["rows of nothing", [64, 128, 3, 0], "rowBytes", "value"],
    ["a past the end", [65_500, 128, 10, 4], "a", "range"],
    ["b past the end", [128, 65_500, 10, 4], "b", "range"],
    ["an enormous table", [128, 64, 0xffffffff, 0xffffffff], "a", "range"],
    ["a over the output", [64, 1024, 65, 4], "a", "overlap"],
  ] as const)("refuses %s", (_, list, operand, reason) => {
    const memory = pages(1);
    memory.u32.set(list, 0);
    const act = () => jobs.diff(memory, 0, 1, 256, 4);
    expect(act).toThrow(expect.objectContaining({ code: "job-input", operands: { operand, reason, span: 0 } }));
  });
});

test.skipIf(alone)("diff: both job sets give the same bits", () => {
  const span = fc.record({ rows: fc.nat(400), rowBytes: fc.integer({ min: 1, max: 20 }), a: fc.nat(3), b: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(span, { maxLength: 4 }), fc.array(fc.nat(65_535)), fc.nat(2000), (spans, places, capacity) => {
      expectSame(
        3,
        (memory) => {
          for (const place of places) memory.u8[65_536 + place] = 1;
          for (const [i, { rows, rowBytes, a, b }] of spans.entries())
            memory.u32.set([65_536 + a * 16_000, 65_536 + b * 16_000 + a, rows, rowBytes], i * 4);
        },
        (jobs, memory) => jobs.diff(memory, 0, spans.length, 1024, capacity),
      );
    }),
    { seed: 4, numRuns: 300 },
  );
});
