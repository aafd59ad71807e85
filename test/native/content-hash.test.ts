import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementBytes, elementCode } from "../../src/native/element.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyF32, anyU32 } from "./values.ts";

const ENTITIES = 16_384;
const VALUES = 32_768;

/** The sums of one record with the given entities and values, elements of a row side by side. */
function sums(jobs: Jobs, entities: number[], values: number[], code: number = elementCode.u32, key = 7): string {
  const memory = pages(1);
  memory.i32.set(entities, ENTITIES / 4);
  const bytes = elementBytes[code]!;
  const column =
    bytes === 1 ? memory.u8 : bytes === 2 ? memory.u16 : code === elementCode.f64 ? memory.f64 : memory.u32;
  column.set(values, VALUES / bytes);
  memory.u32.set([ENTITIES, VALUES, entities.length, code, values.length / Math.max(1, entities.length), key], 0);
  jobs.contentHash(memory, 0, 1, 64);
  return `${memory.u32[16]!.toString(16)}-${memory.u32[17]!.toString(16)}`;
}

describe.each(jobSets)("contentHash (%s)", (_, jobs) => {
  const entities = Array.from({ length: 1500 }, (_, i) => i * 3);
  const values = entities.map((_, i) => Math.imul(i, 77) >>> 0);

  test("is the function that it was", () => {
    expect([
      sums(jobs, [], []),
      sums(jobs, entities, values),
      sums(jobs, [5, 6], [1, 2, 3, 4, 5, 6], elementCode.u8),
      sums(jobs, [5, 6], [1.5, -2], elementCode.f64),
    ]).toMatchInlineSnapshot(`
      [
        "0-0",
        "4ba4a7f1-95e6240f",
        "5885847e-c9bf2dc6",
        "89f4c0db-20844709",
      ]
    `);
  });

  test("does not depend on the order of rows, nor on how they are split into records", () => {
    const order = entities.map((_, i) => (i * 7) % 1500);
    const shuffled = sums(
      jobs,
      order.map((i) => entities[i]!),
      order.map((i) => values[i]!),
    );
    expect(shuffled).toBe(sums(jobs, entities, values));
    const parse = (text: string) => text.split("-").map((word) => Number.parseInt(word, 16));
    const [a, b] = [
      sums(jobs, entities.slice(0, 1100), values.slice(0, 1100)),
      sums(jobs, entities.slice(1100), values.slice(1100)),
    ];
    const whole = parse(a).map((word, i) => (word + parse(b)[i]!) >>> 0);
    expect(whole).toEqual(parse(shuffled));
  });

  test("depends on which entity has which value in which place under which key", () => {
    const seen = new Set<string>();
    const add = (text: string) => {
      expect(seen.has(text)).toBe(false);
      seen.add(text);
    };
    add(sums(jobs, [1, 2], [10, 20]));
    add(sums(jobs, [1, 2], [20, 10]));
    add(sums(jobs, [1, 3], [10, 20]));
    add(sums(jobs, [1, 2], [10, 20], elementCode.u32, 8));
    add(sums(jobs, [1], [10, 20]));
    add(sums(jobs, [1], [20, 10]));
    add(sums(jobs, [1, 2], [0, 0]));
    add(sums(jobs, [1], [0]));
  });

  test("notices any bit and any pair of sign bits", () => {
    const few = entities.slice(0, 24);
    const seen = [new Set<string>(), new Set<string>()];
    let variants = 0;
    const vary = (...changes: readonly (readonly [number, number])[]) => {
      const changed = values.slice(0, 24);
      for (const [i, bits] of changes) changed[i] = (changed[i]! ^ bits) >>> 0;
      for (const [half, word] of sums(jobs, few, changed).split("-").entries()) seen[half]!.add(word);
      variants++;
    };
    vary();
    for (let i = 0; i < 24; i++) for (let bit = 0; bit < 32; bit++) vary([i, 1 << bit]);
    for (let i = 0; i < 24; i++) for (let j = 0; j < i; j++) vary([i, 0x80000000], [j, 0x80000000]);
    for (let bit = 0; bit < 32; bit++) for (let other = 0; other < 31; other++) vary([3, 1 << bit], [4, 1 << other]);
    expect(seen.map((words) => words.size)).toEqual([variants, variants]);
  });

  test("has nothing to do without rows, however wide they are", () => {
    const memory = pages(1);
    memory.u32.set([64, 128, 0, elementCode.f64, 0xffffffff, 1], 0);
    memory.u32.fill(9, 8, 10);
    jobs.contentHash(memory, 0, 1, 32);
    expect([...memory.u32.subarray(8, 10)]).toEqual([0, 0]);
  });

  test("takes all NaNs for one", () => {
    const nan = (bits: number) => sums(jobs, [1, 2], [bits, 5], elementCode.f32);
    expect(nan(0xffc12345)).toBe(nan(0x7fc00000));
    expect(nan(0x7f800000)).not.toBe(nan(0x7fc00000));
    expect(nan(0x80000000)).not.toBe(nan(0));
  });
});

test.skipIf(alone)("contentHash: both job sets give the same bits", () => {
  const span = fc.record({
    code: fc.nat(7),
    rows: fc.oneof(fc.nat(40), fc.nat(1200)),
    perRow: fc.oneof(fc.constant(1), fc.nat(5)),
    from: fc.nat(100),
    key: anyU32,
  });
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 4 }),
      fc.array(anyF32, { minLength: 97, maxLength: 97 }),
      (spans, words) => {
        expectSame(
          2,
          (memory) => {
            for (let i = 0; i < 32_768; i++) memory.u32[i] = words[(i * 31) % 97]!;
            for (const [i, { code, rows, perRow, from, key }] of spans.entries())
              memory.u32.set([8192 + from * 4, 16_384 + from * 8, rows, code, perRow, key], i * 6);
          },
          (jobs, memory) => jobs.contentHash(memory, 0, spans.length, 2048),
        );
      },
    ),
    { seed: 3, numRuns: 300 },
  );
});
