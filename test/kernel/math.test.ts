import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomFloat } from "../../src/core/prng.ts";
import { Graph } from "../../src/kernel/graph.ts";
import { mathTable, randomFloatNode, remainder } from "../../src/kernel/math/index.ts";
import type { Node, ValueType } from "../../src/kernel/node.ts";
import { compute } from "./stage.ts";

const SEED = 20_240_607;
const f32 = fc.oneof(
  fc.float(),
  fc.float({ min: -10, max: 10 }),
  fc.constantFrom(
    0,
    -0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    2 ** 22 + 0.5,
    2 ** 23 + 1,
    2 ** 24,
    2 ** -149,
    -(2 ** -149),
    Infinity,
    -Infinity,
  ),
);
const f64 = fc.oneof(
  fc.double(),
  fc.double({ min: -10, max: 10 }),
  fc.constantFrom(0, -0, 0.5, -0.5, 2.5, 0.49999999999999994, 2 ** 51 + 0.5, 2 ** 52 + 1, 5e-324, Infinity, -Infinity),
);
const i32 = fc.oneof(fc.integer(), fc.integer({ min: -9, max: 9 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1, 0, -1));
const u32 = fc.oneof(fc.nat(0xffffffff), fc.nat(9), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
const arbitrary = { f32, f64, i32, u32 } as const;
type NumberType = keyof typeof arbitrary;

/** Compares an expansion with a function of numbers on many rows. */
function agree(
  type: NumberType,
  count: number,
  expand: (graph: Graph, ...args: Node[]) => Node,
  exact: (...args: number[]) => number,
): void {
  const row = fc.array(arbitrary[type], { minLength: count, maxLength: count });
  const rows = fc.sample(row, { numRuns: 4000, seed: SEED });
  const results = compute(type, expand, ...Array.from({ length: count }, (_, c) => rows.map((values) => values[c]!)));
  const wrong = rows.filter((values, i) => !Object.is(results[i], exact(...values)));
  expect(wrong).toEqual([]);
}

const functionOf =
  (name: string) =>
  (graph: Graph, ...args: Node[]) =>
    mathTable[name]!.expand(graph, args);
const wrap = { f32: Math.fround, f64: (x: number) => x, i32: (x: number) => x | 0, u32: (x: number) => x >>> 0 };

describe("exact functions", () => {
  test.for(["round", "sign", "floor", "ceil", "trunc", "abs", "sqrt", "fround"] as const)("%s", (name) => {
    agree("f32", 1, functionOf(name), (x) => Math.fround(Math[name](x)));
    agree("f64", 1, functionOf(name), Math[name]);
    if (name === "sqrt" || name === "fround") {
      agree("i32", 1, functionOf(name), (x) => Math.fround(Math[name](Math.fround(x))));
      return;
    }
    agree("i32", 1, functionOf(name), (x) => Math[name](x) | 0);
    agree("u32", 1, functionOf(name), Math[name]);
  });

  test.for(["f32", "f64", "i32", "u32"] as const)("min and max of one, two and three %s", (type) => {
    for (const count of [1, 2, 3]) {
      agree(type, count, functionOf("min"), Math.min);
      agree(type, count, functionOf("max"), Math.max);
    }
  });

  test.for(["f32", "i32", "u32"] as const)("remainder of %s", (type) => {
    const exact = (a: number, b: number): number => (type !== "f32" && b === 0 ? 0 : wrap[type](a % b));
    agree(type, 2, remainder, exact);
    // Quotients of all sizes.
    agree(
      type,
      2,
      (graph, a, b) => remainder(graph, a, type === "f32" ? graph.op("mul", a, b) : b),
      (a, b) => exact(a, type === "f32" ? Math.fround(a * b) : b),
    );
  });

  test("random numbers are those of the core", () => {
    const rows = fc.sample(fc.tuple(i32, i32, i32, u32), { numRuns: 200, seed: SEED });
    for (const [seed, tick, entity, stream] of rows) {
      const expand = (graph: Graph, ...[a, b, c]: Node[]): Node => randomFloatNode(graph, a!, stream, b!, c!);
      expect(compute("i32", expand, [seed], [tick], [entity])).toEqual([randomFloat(seed, stream, tick, entity)]);
    }
  });
});

test("hypot of f64 is near, whatever the size", () => {
  const rows = fc.sample(fc.tuple(f64, f64), { numRuns: 4000, seed: SEED });
  const results = compute(
    "f64",
    functionOf("hypot"),
    rows.map(([a]) => a),
    rows.map(([, b]) => b),
  );
  for (const [i, [a, b]] of rows.entries()) {
    const exact = Math.hypot(a, b);
    if (Number.isFinite(exact)) expect(Math.abs(results[i]! - exact)).toBeLessThanOrEqual(exact * 2 ** -51 + 1e-323);
    else expect(results[i]).toBe(exact);
  }
});

describe("arguments", () => {
  const graph = new Graph();
  const of = (type: ValueType): Node => graph.load(type, 0, 0);
  test("integers become f32 where the result is no integer, f32 become f64 beside one", () => {
    expect(mathTable["sin"]!.expand(graph, [of("u32")]).type).toBe("f32");
    expect(mathTable["hypot"]!.expand(graph, [of("i32"), of("u32")]).type).toBe("f32");
    expect(mathTable["hypot"]!.expand(graph, [of("f32"), of("f64")]).type).toBe("f64");
    expect(mathTable["max"]!.expand(graph, [of("i32"), of("f32")]).type).toBe("f32");
    expect(mathTable["fround"]!.expand(graph, [of("f64")]).type).toBe("f32");
  });

  test("what cannot be is a bug of the caller", () => {
    expect(() => mathTable["sin"]!.expand(graph, [of("f64")])).toThrow("no such function of f64");
    expect(() => mathTable["min"]!.expand(graph, [of("i32"), of("u32")])).toThrow("do not mix");
  });
});

/** Operations that are carried out where no `rare` condition holds; changes of type without work are not counted. */
function operations(value: Node): number {
  const seen = new Set<Node>();
  const visit = (node: Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    node.args.forEach((arg, i) => {
      if (node.op !== "rare" || i !== 1) visit(arg);
    });
  };
  visit(value);
  return [...seen].filter(({ args, op }) => args.length > 0 && op !== "bits").length;
}

test("the usual path is short, and a rare one shares nothing that another needs", () => {
  const graph = new Graph();
  const [x, y, i] = [graph.load("f32", 0, 0), graph.load("f32", 1, 0), graph.entity()];
  const counts = Object.entries(mathTable)
    .filter(([, { f64 }]) => !f64)
    .map(([name, { min, expand }]) => [name, operations(expand(graph, [x, y].slice(0, min)))]);
  counts.push(["hypot", operations(mathTable["hypot"]!.expand(graph, [x, y]))]);
  counts.push(["%", operations(remainder(graph, x, y))]);
  counts.push(["random", operations(randomFloatNode(graph, i, 1, i, i))]);
  expect(Object.fromEntries(counts)).toMatchInlineSnapshot(`
    {
      "%": 16,
      "acos": 30,
      "asin": 26,
      "atan": 31,
      "atan2": 36,
      "cos": 37,
      "exp": 27,
      "hypot": 9,
      "log": 29,
      "pow": 56,
      "random": 115,
      "sin": 36,
      "tan": 36,
      "tanh": 42,
    }
  `);

  const pair = ["sin", "cos"].map((name) => mathTable[name]!.expand(graph, [x]));
  const [a, b] = pair.map(({ args }) => new Set<Node>(below(args[1]!))) as [Set<Node>, Set<Node>];
  const main = new Set(pair.flatMap(({ args }) => [...below(args[0]!), ...below(args[2]!)]));
  expect([...a].filter((node) => b.has(node) && !main.has(node) && node.args.length > 0)).toEqual([]);
});

function below(node: Node): Node[] {
  return [node, ...node.args.flatMap(below)];
}
