import { describe, expect, test } from "vitest";
import { randomBelow, randomBits, randomFloat, streamOf } from "../../src/core/prng.ts";

/** From `kat_vectors` of Random123, the rows `threefry2x32 20`: counter, key, result. */
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
] as const)("published vector %#", ([tick, entity], [seed, stream], expected) => {
  const out = new Uint32Array(2);
  randomBits(out, seed, stream, tick, entity);
  expect([...out]).toEqual(expected);
});

describe("derived numbers", () => {
  const out = new Uint32Array(2);

  test("randomFloat is the upper 24 bits", () => {
    let sum = 0;
    for (let entity = 0; entity < 20_000; entity++) {
      randomBits(out, 1, 2, 3, entity);
      const value = randomFloat(1, 2, 3, entity);
      expect(value).toBe((out[0]! >>> 8) / 2 ** 24);
      sum += value;
    }
    expect(Math.abs(sum / 20_000 - 0.5)).toBeLessThan(0.01);
  });

  test.each([1, 2, 3, 7, 1000, 0x7fffffff, 0x80000001, 0xffffffff, 0x100000000])("randomBelow(%i) is exact", (n) => {
    for (let entity = 0; entity < 2000; entity++) {
      randomBits(out, 9, 8, 7, entity);
      const fraction = (BigInt(out[0]!) << 32n) | BigInt(out[1]!);
      expect(randomBelow(n, 9, 8, 7, entity)).toBe(Number((fraction * BigInt(n)) >> 64n));
    }
  });

  test("randomBelow spreads evenly", () => {
    const counts = new Array<number>(10).fill(0);
    for (let entity = 0; entity < 100_000; entity++) counts[randomBelow(10, 1, 1, 1, entity)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test("streamOf tells names apart and stays the same", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `system-${i}`);
    expect(new Set([...names, "", "a", "\u0100"].map(streamOf)).size).toBe(5003);
    expect([streamOf(""), streamOf("movement")]).toMatchInlineSnapshot(`
      [
        4137052376,
        3808375237,
      ]
    `);
  });
});
