import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyU32 } from "./values.ts";

describe.each(jobSets)("arrays (%s)", (_, jobs) => {
  test("prefixSum is exclusive and wraps", () => {
    const memory = pages(1);
    memory.u32.set([1, 2, 0xffffffff, 5], 0);
    expect(jobs.prefixSum(memory, 0, 64, 4)).toBe(7);
    expect([...memory.u32.subarray(16, 21)]).toEqual([0, 1, 3, 2, 0]);
    expect(jobs.prefixSum(memory, 0, 64, 0)).toBe(0);
  });

  test("compact lists what is set", () => {
    const memory = pages(1);
    memory.u8.set([0, 1, 0, 255, 0x80], 0);
    memory.u32.fill(99, 16, 24);
    expect(jobs.compact(memory, 0, 5, 64)).toBe(3);
    expect([...memory.u32.subarray(16, 20)]).toEqual([1, 3, 4, 99]);
  });

  test("sortByKey is stable and leaves the keys alone", () => {
    const memory = pages(1);
    const keys = [5, 0xffffffff, 5, 0, 0x80000000, 5];
    memory.u32.set(keys, 0);
    jobs.sortByKey(memory, 0, 6, 64, 128);
    expect([...memory.u32.subarray(16, 22)]).toEqual([3, 0, 2, 5, 4, 1]);
    expect([...memory.u32.subarray(0, 6)]).toEqual(keys);
  });

  test("sample picks by the first random word, in order over all records", () => {
    const memory = pages(4);
    const count = 3_000;
    for (let i = 0; i < count; i++) memory.i32[1024 + i] = i - 1_500;
    memory.u32.set([4096, 1_000, 4096, 0, 8096, 2_000], 0);
    jobs.random(memory, 65_536, 4096, count, 1, 2, 3);
    const drawn = memory.u32.slice(16_384, 16_384 + count * 2);
    for (const probability of [0, 2 ** -32, 0.01, 0.5, 0.999999999, 1]) {
      memory.i32.fill(-9, 32_768, 32_768 + count);
      const found = jobs.sample(memory, 0, 3, 1, 2, 3, probability, 131_072, count);
      const expected = Array.from({ length: count }, (_, i) => i).filter((i) => drawn[i * 2]! < probability * 2 ** 32);
      expect(found).toBe(expected.length);
      expect([...memory.i32.subarray(32_768, 32_768 + found)]).toEqual(expected.map((i) => i - 1_500));
      expect(memory.i32.subarray(32_768 + found, 32_768 + count).every((word) => word === -9)).toBe(true);
    }
  });

  test.each([
    ["prefixSum", () => jobs.prefixSum(pages(1), 0, 8, 4), "destination", "overlap"],
    ["prefixSum", () => jobs.prefixSum(pages(1), 0, 65_536, 1), "destination", "range"],
    ["prefixSum", () => jobs.prefixSum(pages(1), 0, 64, Number.NaN), "count", "value"],
    ["compact", () => jobs.compact(pages(1), 0, 64, 60), "out", "overlap"],
    ["compact", () => jobs.compact(pages(1), 65_000, 537, 0), "mask", "range"],
    ["sortByKey", () => jobs.sortByKey(pages(1), 0, 4, 16, 24), "scratch", "overlap"],
    ["sortByKey", () => jobs.sortByKey(pages(1), 0, 0xffffffff, 16, 24), "keys", "range"],
    ["random", () => jobs.random(pages(1), 0, 4, 1, 1, 2, 3), "ids", "overlap"],
    ["random", () => jobs.random(pages(1), 0, 64, 1, -1, 2, 3), "seed", "value"],
    ["sample", () => jobs.sample(pages(1), 0, 0, 1, 2, 3, 1.5, 64, 1), "probability", "value"],
    ["sample", () => jobs.sample(pages(1), 0, 0, 1, 2, 3, Number.NaN, 64, 1), "probability", "value"],
    ["sample", () => jobs.sample(pages(1), 0, 1, 1, 2, 3, 0.5, 4, 1), "out", "overlap"],
  ] as const)("%s refuses bad operands", (_, act, operand, reason) => {
    expect(act).toThrow(expect.objectContaining({ code: "job-input", operands: { operand, reason } }));
  });
});

const keys = fc.oneof(
  fc.array(anyU32, { maxLength: 300 }),
  fc.array(fc.nat(3), { maxLength: 300 }),
  fc.array(
    fc.nat(3).map((n) => n << 22),
    { minLength: 40, maxLength: 300 },
  ),
  fc.array(fc.nat(70_000), { minLength: 40, maxLength: 300 }),
);

describe.skipIf(alone)("arrays: both job sets give the same bits", () => {
  test("sortByKey, and it sorts", () => {
    fc.assert(
      fc.property(keys, (values) => {
        expectSame(
          1,
          (memory) => memory.u32.set(values, 0),
          (jobs, memory) => {
            jobs.sortByKey(memory, 0, values.length, 4096, 8192);
            memory.u8.fill(0, 8192);
            const order = [...memory.u32.subarray(1024, 1024 + values.length)];
            expect(order).toEqual(values.map((_, i) => i).sort((a, b) => values[a]! - values[b]! || a - b));
          },
        );
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("sample", () => {
    const records = fc.array(fc.tuple(fc.nat(700), fc.nat(600)), { maxLength: 5 });
    const probability = fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(records, anyU32, anyU32, probability, fc.nat(40), (spans, seed, tick, p, room) => {
        const rows = spans.reduce((sum, [, count]) => sum + count, 0);
        expectSame(
          1,
          (memory) => {
            for (let i = 0; i < 1_400; i++) memory.u32[256 + i] = Math.imul(i, seed) ^ tick;
            memory.u32.set(spans.flatMap(([first, count]) => [1024 + 4 * first, count]));
          },
          (jobs, memory) =>
            jobs.sample(memory, 0, spans.length, seed, 5, tick, p, 16_384, Math.max(0, rows + room - 2)),
        );
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  test("prefixSum, compact, random", () => {
    fc.assert(
      fc.property(fc.array(anyU32, { maxLength: 300 }), anyU32, anyU32, fc.nat(7), (values, seed, tick, shift) => {
        const fill = (memory: { u32: { set(values: number[], at: number): void } }) => memory.u32.set(values, 0);
        const count = values.length;
        expectSame(1, fill, (jobs, memory) => jobs.prefixSum(memory, 0, 4096, count));
        expectSame(1, fill, (jobs, memory) => jobs.compact(memory, shift, count * 4, 4096));
        expectSame(1, fill, (jobs, memory) =>
          jobs.random(memory, 4096, 0, count, seed, tick, seed ^ (tick >>> 0) ? 3 : 4),
        );
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});
