import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import { alone, expectBytes, expectSame, jobSets, pages } from "./both.ts";
import { anyF32 } from "./values.ts";

describe.each(jobSets)("integrate (%s)", (_, jobs) => {
  test("rounds the product and the sum to f32", () => {
    const memory = pages(1);
    memory.f32.set([1, 2, 3], 16);
    memory.f32.set([0.1, 0.2, 0.3], 32);
    memory.u32.set([64, 128, 3], 0);
    jobs.integrate(memory, 0, 1, 1 / 60);
    const dt = Math.fround(1 / 60);
    const expected = [1, 2, 3].map((d, i) => Math.fround(d + Math.fround(Math.fround([0.1, 0.2, 0.3][i]!) * dt)));
    expect([...memory.f32.subarray(16, 19)]).toEqual(expected);
  });

  test.each([
    ["a list past the end", 65_532, 1, [], "spans", "range"],
    ["a misaligned list", 2, 1, [], "spans", "alignment"],
    ["a negative offset", -4, 1, [], "spans", "value"],
    ["a fraction", 0, 1.5, [], "spans", "value"],
    ["a destination past the end", 0, 1, [65_532, 128, 2], "destination", "range"],
    ["a source past the end", 0, 1, [128, 0xfffffffc, 0xffffffff], "destination", "range"],
    ["a misaligned destination", 0, 1, [130, 256, 4], "destination", "alignment"],
    ["a misaligned source", 0, 1, [128, 257, 4], "source", "alignment"],
    ["a source that overlaps", 0, 1, [128, 132, 4], "source", "overlap"],
    ["a destination in the list", 0, 1, [8, 132, 1], "destination", "overlap"],
    ["the second record", 0, 2, [128, 256, 4, 512, 70_000, 4], "source", "range"],
  ] as const)("refuses %s and writes nothing", (_, spans, count, list, operand, reason) => {
    const memory = pages(1);
    memory.u8.fill(1);
    memory.u32.set(list, 0);
    const before = memory.u8.slice();
    let error: unknown;
    try {
      jobs.integrate(memory, spans, count, 1);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(WorldloomError);
    expect(error).toMatchObject({ code: "job-input", operands: { operand, reason } });
    expectBytes(memory.u8, before);
  });

  test.each([true, false])("follows a memory that grows (shared: %s)", (shared) => {
    const memory = pages(4, shared);
    memory.u32.set([64, 128, 1], 0);
    memory.f32[32] = 1;
    jobs.integrate(memory, 0, 1, 1);
    memory.grow(3);
    memory.u32.set([131_072, 128, 1], 0);
    jobs.integrate(memory, 0, 1, 1);
    expect([memory.f32[16], memory.f32[32_768]]).toEqual([1, 1]);
    jobs.release(memory);
    jobs.integrate(memory, 0, 1, 1);
    expect(memory.f32[32_768]).toBe(2);
    jobs.release(memory);
    jobs.release(memory);
  });
});

test.skipIf(alone)("integrate: both job sets give the same bits", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 5 });
  fc.assert(
    fc.property(counts, fc.array(anyF32, { minLength: 160, maxLength: 160 }), anyF32, (list, values, dt) => {
      expectSame(
        1,
        (memory) => {
          let at = 1024;
          for (const [i, count] of list.entries()) {
            memory.u32.set([at, at + count * 4, count], i * 3);
            for (let v = 0; v < count * 2; v++) memory.u32[at / 4 + v] = values[(v + i * 31) % 160]!;
            at += count * 8 + 4 * i;
          }
        },
        (jobs, memory) => jobs.integrate(memory, 0, list.length, new Float32Array(new Uint32Array([dt]).buffer)[0]!),
      );
    }),
    { seed: 1, numRuns: 400 },
  );
});
