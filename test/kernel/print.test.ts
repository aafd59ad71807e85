import { expect, test } from "vitest";
import { Graph } from "../../src/kernel/graph.ts";
import { printProgram } from "../../src/kernel/print.ts";
import type { Program } from "../../src/kernel/program.ts";

test("everything that a program can have", () => {
  const graph = new Graph();
  const x = graph.load("f32", 0, 1);
  const far = graph.op("gt", x, graph.constant("f32", 0.1));
  const target = graph.load("i32", 1, 0);
  const alive = graph.alive(0, target, far);
  const loop = graph.open(graph.uniform("f32", 0), far);
  const sum = graph.carry(loop, graph.constant("f32", -0));
  const next = graph.op("add", sum, graph.op("mul", graph.leaf(loop, "otherX"), x));
  const [total] = graph.close(loop, [next]);
  const stores = [{ buffer: 0, lane: 1, value: graph.op("add", total!, graph.fetch("f32", 0, target, alive)) }];
  const folds = [
    { kind: "max" as const, mask: graph.constant("bool", 1), value: x },
    { kind: "count" as const, mask: far, value: x },
  ];
  const appends = [{ mask: alive, values: [graph.entity(), x] }];
  const program: Program = {
    name: "all",
    buffers: [
      { name: "position", element: "f32", lanes: 2, written: true },
      { name: "target", element: "i32", lanes: 1, written: false },
    ],
    uniforms: [{ name: "radius", type: "f32" }],
    gathers: [{ name: "health.parts", element: "f32", lanes: 3, lane: 2 }],
    stores,
    folds,
    appends,
    nodes: graph.reached(stores, folds, appends),
  };
  expect(printProgram(program)).toMatchInlineSnapshot(`
    "program all
    buffer position: f32 x 2, written
    buffer target: i32
    uniform radius: f32
    gather health.parts[2]: f32
    %0 f32 = load position[1]
    %2 bool = gt %0 0.1
    %3 i32 = load target
    %4 bool = alive health.parts %3 %2
    %5 f32 = uniform radius
    loop 1 within %5 where %2
      %7 f32 = phi from -0
      %8 f32 = otherX
      %9 f32 = mul %0 %8
      %10 f32 = add %7 %9
      next %7 = %10
    %11 f32 = result of %7
    %12 f32 = fetch health.parts[2] %3 %4
    %13 f32 = add %11 %12
    %15 i32 = entity
    store position[1] = %13
    fold 0 = max %0
    fold 1 = count where %2
    append 0: %15, %0 where %4"
  `);
});
