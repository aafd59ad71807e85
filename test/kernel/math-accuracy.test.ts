import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/kernel/graph.ts";
import { mathTable } from "../../src/kernel/math/index.ts";
import type { Node } from "../../src/kernel/node.ts";
import { Chance } from "./random-program.ts";
import { compute } from "./stage.ts";
import { ulps } from "./ulps.ts";

const ULPS_MAX = 2;
const SPECIAL = [
  0,
  -0,
  1,
  -1,
  2,
  -2,
  3,
  -3,
  0.5,
  -0.5,
  1.5,
  -1.5,
  2.5,
  -2.5,
  1e-45,
  -1e-45,
  2 ** -126,
  -(2 ** -126),
  2 ** 23 + 1,
  2 ** 24 - 1,
  1 - 2 ** 24,
  2 ** 24,
  2 ** 31,
  -(2 ** 31),
  1e10,
  -1e10,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  Infinity,
  -Infinity,
  NaN,
].map(Math.fround);

const bits = new Uint32Array(1);
const single = new Float32Array(bits.buffer);

/** Each exponent and sign with some significands: the ends, and random ones between. */
function everyExponent(seed: number, count: number): number[] {
  const chance = new Chance(seed);
  const numbers: number[] = [];
  for (let top = 0; top < 512; top++) {
    for (let i = 0; i < count; i++) {
      bits[0] = (top << 23) | (i < 2 ? i : i < 4 ? 0x7fffff - (i & 1) : chance.below(0x800000));
      numbers.push(single[0]!);
    }
  }
  return numbers;
}

/** The f32 next to `value`, and `count` on either side of it. */
function around(value: number, count: number): number[] {
  single[0] = value;
  const middle = bits[0]!;
  return Array.from({ length: 2 * count + 1 }, (_, i) => {
    bits[0] = middle + i - count;
    return single[0]!;
  });
}

/** Checks every row; returns the largest error. */
function worst(name: string, exact: (...args: number[]) => number, columns: readonly (readonly number[])[]): number {
  const { expand } = mathTable[name]!;
  const results = compute("f32", (graph: Graph, ...args: Node[]) => expand(graph, args), ...columns);
  let most = 0;
  for (const [i, result] of results.entries()) {
    const args = columns.map((column) => column[i]!);
    const error = ulps(result, exact(...args));
    if (!(error <= ULPS_MAX)) {
      expect.fail(`${name}(${args.join(", ")}) is ${result}, ${error} ulp from ${exact(...args)}`);
    }
    most = Math.max(most, error);
  }
  return most;
}

const singles = ["sin", "cos", "tan", "asin", "acos", "atan", "exp", "log", "tanh"] as const;
const doubles = ["atan2", "pow", "hypot"] as const;

describe("of one number", () => {
  test.for(singles)("%s, all exponents", (name) => {
    worst(name, Math[name], [[...everyExponent(1, 64), ...SPECIAL]]);
  });

  test.for(["sin", "cos", "tan"] as const)(
    "%s near multiples of a quarter turn, and where the reduction changes",
    (name) => {
      const numbers = [3216, 12_867].flatMap((limit) => [...around(limit, 200), ...around(-limit, 200)]);
      for (let k = 1; k < 8300; k++) numbers.push(...around((k * Math.PI) / 2, 1));
      // The f32 that are closest to such a multiple, by far.
      for (const value of [
        16_367_173 * 2 ** 72,
        16_367_173 * 2 ** 71,
        11_408_215 * 2 ** 31,
        13_176_795 * 2 ** -23 * 2,
      ]) {
        numbers.push(...around(value, 3), ...around(-value, 3));
      }
      worst(name, Math[name], [numbers]);
    },
  );

  test("asin and acos between -1 and 1, where their formula changes, and beyond", () => {
    const numbers = Array.from({ length: 200_000 }, (_, i) => i / 100_000 - 1);
    for (const value of [0.5625, 1, 0.5, 2 ** -12]) numbers.push(...around(value, 3000), ...around(-value, 3000));
    worst("asin", Math.asin, [numbers.map(Math.fround)]);
    worst("acos", Math.acos, [numbers.map(Math.fround)]);
  });

  test("exp where it overflows and becomes denormal, tanh where its formula changes, log near 1", () => {
    const edges = [88.72284, -87.33655, -103.27893, -103.97208, 89, -104].flatMap((value) => around(value, 500));
    worst("exp", Math.exp, [edges]);
    worst("tanh", Math.tanh, [[0.6, 9.01, 9.5, -0.6].flatMap((value) => around(value, 3000))]);
    worst("log", Math.log, [[0.5 ** 0.5, 1, 2 ** 0.5, 2 ** -126].flatMap((value) => around(value, 3000))]);
  });
});

describe("of two numbers", () => {
  test.for(doubles)("%s of special values", (name) => {
    worst(name, Math[name], [SPECIAL.flatMap((a) => SPECIAL.map(() => a)), SPECIAL.flatMap(() => SPECIAL)]);
  });

  test.for(doubles)("%s, all exponents", (name) => {
    const [a, b] = [everyExponent(2, 64), everyExponent(3, 64)];
    const chance = new Chance(4);
    worst(name, Math[name], [a, b.map(() => chance.of(b))]);
    worst(name, Math[name], [a, a.map((value) => Math.fround(value * (chance.below(4000) / 1000 - 2)))]);
  });

  test("pow with results of all sizes", () => {
    const chance = new Chance(5);
    const bases = Array.from({ length: 50_000 }, () => Math.fround((chance.bits() + 1) / 2 ** 30));
    const powers = bases.map((base) => Math.fround(((chance.bits() / 2 ** 31 - 1) * 151) / Math.log2(base)));
    worst("pow", Math.pow, [bases, powers]);
    worst("pow", Math.pow, [bases.map((base) => -base), powers.map((power) => Math.round(power))]);
  });

  test.for([-1, 0, 0.5, 1, 2, 3])("pow with the constant %d", (power) => {
    const bases = [...everyExponent(10, 32), ...SPECIAL];
    const results = compute(
      "f32",
      (graph, x) => mathTable["pow"]!.expand(graph, [x, graph.constant("f32", power)]),
      bases,
    );
    const wrong = bases.filter((base, i) => !(ulps(results[i]!, base ** power) <= ULPS_MAX));
    expect(wrong).toEqual([]);
  });

  test("hypot of three and four", () => {
    const [a, b, c] = [6, 7, 8].map((seed) => everyExponent(seed, 16)) as [number[], number[], number[]];
    const chance = new Chance(9);
    const near = a.map((value) => Math.fround(value * (chance.below(2000) / 1000)));
    const nearer = near.map((value) => Math.fround(value * 0.7));
    worst("hypot", Math.hypot, [a, near, nearer]);
    worst("hypot", Math.hypot, [a, near, nearer, near.map((value) => Math.fround(value * 1.3))]);
    worst("hypot", Math.hypot, [a, b.map(() => chance.of(b)), c.map(() => chance.of(c))]);
    worst("hypot", Math.hypot, [
      [Infinity, NaN, NaN],
      [NaN, NaN, 1],
      [NaN, -Infinity, 2],
    ]);
  });
});
