import { describe, expect, test } from "vitest";
import { Graph } from "../../src/kernel/graph.ts";
import { mathTable, randomFloatNode, remainder } from "../../src/kernel/math/index.ts";
import type { Node, ValueType } from "../../src/kernel/node.ts";
import type { Buffer } from "../../src/kernel/program.ts";
import { execute, WAYS } from "./both.ts";
import { Chance, randomNumber } from "./random-program.ts";
import { programOf, Stage } from "./stage.ts";

const ROWS = [1021, 3, 0, 4096];

/** The columns that an expansion of two numbers gives, interpreted and compiled. */
function both(type: Exclude<ValueType, "bool">, expand: (graph: Graph, x: Node, y: Node) => readonly Node[]): void {
  const graph = new Graph();
  const values = expand(graph, graph.load(type, 0, 0), graph.load(type, 1, 0));
  const buffers = [type, type, ...values.map((value) => value.type)].map(
    (element, b): Buffer => ({ name: `b${b}`, element, lanes: 1, written: b > 1 }),
  );
  const stores = values.map((value, i) => ({ buffer: 2 + i, lane: 0, value }));
  const stage = (): Stage => {
    const chance = new Chance(1);
    const made = new Stage(programOf(graph, { buffers, stores }), ROWS);
    for (const [chunk, rows] of ROWS.entries()) {
      for (const b of [0, 1])
        made.set(
          chunk,
          b,
          Array.from({ length: rows }, () => randomNumber(chance, type)),
        );
    }
    return made;
  };
  const expected = stage().interpret();
  for (const way of WAYS) {
    const got = execute(stage(), way);
    for (const chunk of ROWS.keys()) {
      for (const b of values.keys()) expect(got.get(chunk, 2 + b)).toEqual(expected.get(chunk, 2 + b));
    }
  }
}

describe("compiled and interpreted maths give the same bits", () => {
  test.for(Object.entries(mathTable))("%s", ([, { min, max, f64, expand }]) => {
    const count = Math.min(2, max);
    for (const type of f64 ? (["f32", "f64"] as const) : (["f32"] as const)) {
      both(type, (graph, x, y) => [expand(graph, [x, y].slice(0, Math.max(min, count)))]);
    }
  });

  test("all at once, so that they share what they can", () => {
    both("f32", (graph, x, y) =>
      Object.values(mathTable).map(({ min, expand }) => expand(graph, [x, y].slice(0, min))),
    );
  });

  test("remainders and random numbers", () => {
    for (const type of ["f32", "i32", "u32"] as const) both(type, (graph, x, y) => [remainder(graph, x, y)]);
    both("i32", (graph, x, y) => [randomFloatNode(graph, x, 5, y, graph.entity())]);
  });
});
