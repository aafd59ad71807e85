import { describe, expect, test } from "vitest";
import { Graph } from "../../src/kernel/graph.ts";
import type { Buffer, BufferElement } from "../../src/kernel/program.ts";
import { programOf, Stage } from "./stage.ts";

const column = (element: BufferElement, written = false, lanes = 1): Buffer => ({
  name: element,
  element,
  lanes,
  written,
});

describe("stores", () => {
  const cases: readonly [BufferElement, "i32" | "u32", readonly number[], readonly number[]][] = [
    ["i8", "i32", [-129, -128, 0, 127, 128, 2 ** 31 - 1, -(2 ** 31)], [-128, -128, 0, 127, 127, 127, -128]],
    ["u8", "i32", [-1, 0, 255, 256, 2 ** 31 - 1, -(2 ** 31)], [0, 0, 255, 255, 255, 0]],
    ["i16", "i32", [-32_769, -32_768, 32_767, 32_768], [-32_768, -32_768, 32_767, 32_767]],
    ["u16", "i32", [-1, 0, 65_535, 65_536], [0, 0, 65_535, 65_535]],
    ["i32", "i32", [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31), 2 ** 31 - 1]],
    ["u32", "u32", [0, 2 ** 32 - 1], [0, 2 ** 32 - 1]],
  ];
  test.for(cases)("%s saturates", ([element, from, values, expected]) => {
    const graph = new Graph();
    const buffers = [column(from), column(element, true)];
    const program = programOf(graph, { buffers, stores: [{ buffer: 1, lane: 0, value: graph.load(from, 0, 0) }] });
    expect(new Stage(program, [values.length]).set(0, 0, values).interpret().get(0, 1)).toEqual(expected);
  });

  test("all NaNs become the same, rows beyond the end stay", () => {
    const graph = new Graph();
    const buffers = [column("f32", true), column("f64", true)];
    const stores = [
      { buffer: 0, lane: 0, value: graph.op("neg", graph.load("f32", 0, 0)) },
      { buffer: 1, lane: 0, value: graph.op("neg", graph.load("f64", 1, 0)) },
    ];
    const stage = new Stage(programOf(graph, { buffers, stores }), [3]);
    const { u32 } = stage.memory;
    const [single, double] = stage.columns[0]!.map((at) => at >>> 2) as [number, number];
    u32.set([0x7fc12345, 0x3f800000, 0xffffffff, 0x7fc12345], single);
    u32.set([5, 0x7ff80001, 0, 0x3ff00000, 1, 0xfff00000, 7, 0x7ff80001], double);
    stage.interpret();
    expect([...u32.subarray(single, single + 4)]).toEqual([0x7fc00000, 0xbf800000, 0x7fc00000, 0x7fc12345]);
    expect([...u32.subarray(double, double + 8)]).toEqual([0, 0x7ff80000, 0, 0xbff00000, 0, 0x7ff80000, 7, 0x7ff80001]);
  });

  test("loads see the memory before, in every lane", () => {
    const graph = new Graph();
    const buffers = [column("i32", true, 2)];
    const stores = [0, 1].map((lane) => ({ buffer: 0, lane, value: graph.load("i32", 0, 1 - lane) }));
    const stage = new Stage(programOf(graph, { buffers, stores }), [2, 0, 1]);
    stage.set(0, 0, [1, 2, 3, 4]).set(2, 0, [5, 6]).interpret();
    expect([stage.get(0, 0), stage.get(1, 0), stage.get(2, 0)]).toEqual([[2, 1, 4, 3], [], [6, 5]]);
  });
});

describe("what a call leaves besides columns", () => {
  test("folds: four accumulators a chunk", () => {
    const graph = new Graph();
    const value = graph.load("f32", 0, 0);
    const mask = graph.op("ge", value, graph.constant("f32", 0));
    const folds = (["sum", "min", "max", "count"] as const).map((kind) => ({ kind, mask, value }));
    const stage = new Stage(programOf(graph, { buffers: [column("f32")], folds }), [7, 0, 70]);
    const big = 2 ** 127;
    stage.set(0, 0, [big, 1, 2, 3, big, -4, -5]);
    stage.set(
      2,
      0,
      Array.from({ length: 70 }, (_, i) => i),
    );
    stage.interpret();
    const partials = [0, 1, 2].map((chunk) => [0, 1, 2, 3].map((fold) => stage.partial(chunk, fold)));
    expect(partials).toEqual([
      [2 * big, 1, big, 5],
      [0, Infinity, -Infinity, 0],
      [2415, 0, 69, 70],
    ]);
    // (1e20 + 2) + (2 - 1e20): the twos are lost, as they would not be in another order.
    const order = new Stage(
      programOf(graph, { buffers: [column("f32")], folds: [{ kind: "sum", mask: graph.constant("bool", 1), value }] }),
      [8],
    );
    order.set(0, 0, [1e20, 1, 1, -1e20, 0, 1, 1, 0]).interpret();
    expect(order.partial(0, 0)).toBe(0);
  });

  test("appends behind what is there, in order of rows", () => {
    const graph = new Graph();
    const value = graph.load("f64", 0, 0);
    const mask = graph.op("gt", value, graph.uniform("f64", 0));
    const small = graph.op("lt", value, graph.constant("f64", 4));
    const appends = [{ mask, values: [graph.entity(), value, small] }];
    const uniforms = [{ name: "limit", type: "f64" as const }];
    const stage = new Stage(programOf(graph, { buffers: [column("f64")], uniforms, appends }), [3, 66], [2.5]);
    stage
      .set(0, 0, [1, 3, 5])
      .set(1, 0, [...new Array<number>(65).fill(0), 7])
      .interpret();
    const [a, b] = stage.entities.map((at) => stage.memory.i32[at >>> 2]!) as [number, number];
    expect(stage.appended(0)).toEqual([
      [a + 1, a + 2, b + 65],
      [3, 5, 7],
      [1, 0, 0],
    ]);
  });
});
