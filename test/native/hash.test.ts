import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementBytes, elementCode } from "../../src/native/element.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import type { Memory } from "../../src/native/memory.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
import { anyF32 } from "./values.ts";

/** Digests of `variants` of `words` u32 each, that `fill` writes from word `at` on. */
function digests(
  jobs: Jobs,
  variants: number,
  words: number,
  fill: (u32: Memory["u32"], at: number, variant: number) => void,
): bigint[] {
  const list = variants * words * 4;
  const out = list + variants * 12;
  const memory = pages(Math.ceil((out + variants * 8) / 65_536));
  for (let i = 0; i < variants; i++) {
    fill(memory.u32, i * words, i);
    memory.u32.set([i * words * 4, words, elementCode.u32], list / 4 + i * 3);
  }
  jobs.hash(memory, list, variants, out);
  const digest = (i: number) =>
    (BigInt(memory.u32[out / 4 + i * 2]!) << 32n) | BigInt(memory.u32[out / 4 + i * 2 + 1]!);
  return Array.from({ length: variants }, (_, i) => digest(i));
}

/** Even one half of the digest tells these few thousand apart, so that the whole has the strength of both. */
function expectDistinct(found: readonly bigint[]): void {
  for (const half of [0n, 32n]) expect(new Set(found.map((d) => (d >> half) & 0xffffffffn)).size).toBe(found.length);
}

/** Digest of one span whose bytes are `bytes`. */
function digestOf(jobs: Jobs, bytes: ArrayLike<number> & Iterable<number>, code: number): string {
  const memory = pages(1);
  memory.u8.set(bytes, 64);
  memory.u32.set([64, bytes.length / elementBytes[code]!, code], 0);
  jobs.hash(memory, 0, 1, 16);
  return `${memory.u32[4]!.toString(16)}-${memory.u32[5]!.toString(16)}`;
}

const bytesOf = (array: { readonly buffer: ArrayBuffer }) => new Uint8Array(array.buffer);

describe.each(jobSets)("hash (%s)", (_, jobs) => {
  test("is the function that it was: saved hashes stay valid", () => {
    const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 7) & 0xff);
    expect([0, 4, 64, 68, 200].map((n) => digestOf(jobs, bytes.subarray(0, n), elementCode.u8))).toMatchInlineSnapshot(`
      [
        "26679ecb-879cbc50",
        "d6828e6-c0564196",
        "d0546e3e-24bb484b",
        "22af2101-38e2b47",
        "6801c43-c2946017",
      ]
    `);
  });

  const base = (u32: Memory["u32"], at: number, words: number) => {
    for (let i = 0; i < words; i++) u32[at + i] = Math.imul(i, 0x3f7f5321) ^ 0x3f800000;
  };

  test("tells apart any two single bits of a block", () => {
    const words = 96;
    const found = digests(jobs, words * 32 + 1, words, (u32, at, variant) => {
      base(u32, at, words);
      if (variant > 0) u32[at + ((variant - 1) >>> 5)]! ^= 1 << ((variant - 1) & 31);
    });
    expectDistinct(found);
  });

  test("tells apart any two pairs of sign bits", () => {
    const words = 48;
    const pairs: [number, number][] = [];
    for (let i = 0; i < words; i++) for (let j = 0; j < i; j++) pairs.push([i, j]);
    const found = digests(jobs, pairs.length, words, (u32, at, variant) => {
      base(u32, at, words);
      for (const i of pairs[variant]!) u32[at + i]! ^= 0x80000000;
    });
    expectDistinct(found);
  });

  test("tells apart pairs of bits in words that follow each other in a lane, and in lanes that are folded", () => {
    for (const distance of [1, 2, 4, 8, 16]) {
      const words = 33;
      const found = digests(jobs, 1024, words, (u32, at, variant) => {
        base(u32, at, words);
        u32[at + 3]! ^= 1 << (variant >>> 5);
        u32[at + 3 + distance]! ^= 1 << (variant & 31);
      });
      expectDistinct(found);
    }
  });

  test("tells apart swapped words", () => {
    const words = 48;
    const pairs: [number, number][] = [[0, 0]];
    for (let i = 0; i < words; i++) for (let j = 0; j < i; j++) pairs.push([i, j]);
    const found = digests(jobs, pairs.length, words, (u32, at, variant) => {
      for (let i = 0; i < words; i++) u32[at + i] = i;
      const [i, j] = pairs[variant]!;
      [u32[at + i], u32[at + j]] = [u32[at + j]!, u32[at + i]!];
    });
    expectDistinct(found);
  });

  test("tells apart runs of zeros by their length, and types by their code", () => {
    const zeros = Array.from({ length: 300 }, (_, n) => digestOf(jobs, new Uint8Array(n), elementCode.u8));
    expect(new Set(zeros).size).toBe(zeros.length);
    const types = Object.values(elementCode).map((code) => digestOf(jobs, new Uint8Array(64), code));
    expect(new Set(types).size).toBe(types.length);
  });

  test("takes all NaNs for one, and 0 and -0 for two", () => {
    const f32 = (bits: number) => digestOf(jobs, bytesOf(new Uint32Array([1, bits, 2])), elementCode.f32);
    expect(f32(0xffc12345)).toBe(f32(0x7fc00000));
    expect(f32(0x7f800001)).toBe(f32(0x7fc00000));
    expect(f32(0x7f800000)).not.toBe(f32(0x7fc00000));
    expect(f32(0x80000000)).not.toBe(f32(0));
    const f64 = (bits: bigint) => digestOf(jobs, bytesOf(new BigUint64Array([1n, bits])), elementCode.f64);
    expect(f64(0xfff0000000000001n)).toBe(f64(0x7ff8000000000000n));
    expect(f64(0x7ff0000000000000n)).not.toBe(f64(0x7ff8000000000000n));
    expect(f64(0x8000000000000000n)).not.toBe(f64(0n));
    const u32 = (bits: number) => digestOf(jobs, bytesOf(new Uint32Array([bits])), elementCode.u32);
    expect(u32(0xffc12345)).not.toBe(u32(0x7fc00000));
  });

  test.each([
    ["an unknown type", [256, 1, 8], 16, "element", "value"],
    ["a misaligned column of bytes", [257, 4, elementCode.u8], 16, "values", "alignment"],
    ["a misaligned column of f64", [260, 1, elementCode.f64], 16, "values", "alignment"],
    ["a column past the end", [65_528, 3, elementCode.f32], 16, "values", "range"],
    ["an enormous column", [0, 0xffffffff, elementCode.f64], 512, "values", "range"],
    ["an output in the list", [256, 1, 0], 8, "out", "overlap"],
    ["an output in the column", [256, 4, 0], 260, "values", "overlap"],
  ] as const)("refuses %s", (_, list, out, operand, reason) => {
    const memory = pages(1);
    memory.u32.set(list, 0);
    const act = () => jobs.hash(memory, 0, 1, out);
    expect(act).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand, reason }) }),
    );
  });
});

test.skipIf(alone)("hash: both job sets give the same bits", () => {
  const span = fc.record({ code: fc.nat(7), count: fc.nat(1300), from: fc.nat(200) });
  fc.assert(
    fc.property(
      fc.array(span, { maxLength: 4 }),
      fc.array(anyF32, { minLength: 97, maxLength: 97 }),
      (spans, values) => {
        expectSame(
          1,
          (memory) => {
            for (let i = 0; i < 16_000; i++) memory.u32[i] = values[(i * 31) % 97]!;
            for (const [i, { code, count, from }] of spans.entries())
              memory.u32.set([4096 + from * 8, count, code], i * 3);
          },
          (jobs, memory) => jobs.hash(memory, 0, spans.length, 2048),
        );
      },
    ),
    { seed: 2, numRuns: 300 },
  );
});
