import { expect, test } from "vitest";
import { entityTable, frameOf, nearPlaces } from "../../src/kernel/frame.ts";
import { Graph } from "../../src/kernel/graph.ts";
import type { Buffer } from "../../src/kernel/program.ts";
import { spatialHeader } from "../../src/native/spatial.ts";
import { CROWD_CHUNKS, crowdOf } from "./crowd.ts";
import { Chance } from "./random-program.ts";
import { programOf, Stage } from "./stage.ts";

const { fround, imul } = Math;
const column = (name: string, written: boolean): Buffer => ({ name, element: "i32", lanes: 1, written });

test.for([0, 1, 2, 3, 4, 5])("neighbours are visited in the order of the index, rows too (%i)", (seed) => {
  const graph = new Graph();
  const radius = graph.constant("f32", 1.25);
  const loop = graph.open(radius, graph.constant("bool", 1));
  const trace = graph.carry(loop, graph.constant("i32", 7));
  const leaf = (op: "other" | "otherX" | "otherY" | "selfX" | "selfY") => graph.leaf(loop, op);
  const squares = (["X", "Y"] as const).map((axis) => {
    const distance = graph.op("sub", leaf(`self${axis}`), leaf(`other${axis}`));
    return graph.op("mul", distance, distance);
  });
  const near = graph.op("le", graph.op("add", squares[0]!, squares[1]!), graph.op("mul", radius, radius));
  const mask = graph.op("and", near, graph.op("ne", leaf("other"), graph.entity()));
  const next = graph.op("add", graph.op("mul", trace, graph.constant("i32", 31)), leaf("other"));
  const [value] = graph.close(loop, [graph.op("select", mask, next, trace)]);
  const seen = graph.op("ne", value!, graph.constant("i32", 7));
  const program = programOf(graph, {
    buffers: [column("trace", true)],
    stores: [{ buffer: 0, lane: 0, value: value! }],
    appends: [{ mask: seen, values: [graph.entity(), value!] }],
    folds: [{ kind: "count", mask: seen, value: value! }],
  });
  const stage = crowdOf(program, new Chance(seed)).interpret();

  const { u32, i32, f32 } = stage.memory;
  const header = u32[((stage.frame + frameOf(program).index) >>> 2) + nearPlaces.header]! >>> 2;
  const count = u32[header + spatialHeader.count]!;
  const array = <T extends ArrayLike<number>>(view: { subarray: (a: number, b: number) => T }, field: number): T =>
    view.subarray(u32[header + field]! >>> 2, (u32[header + field]! >>> 2) + count);
  const [x, y] = [array(f32, spatialHeader.x), array(f32, spatialHeader.y)];
  const ids = [...array(i32, spatialHeader.entity)];
  const expected = new Map<number, number>();
  for (let p = 0; p < count; p++) {
    let sum = 7;
    for (let c = 0; c < count; c++) {
      const [dx, dy] = [fround(x[p]! - x[c]!), fround(y[p]! - y[c]!)];
      const close = fround(fround(dx * dx) + fround(dy * dy)) <= fround(1.25 * 1.25);
      if (close && ids[c] !== ids[p]) sum = (imul(sum, 31) + ids[c]!) | 0;
    }
    expected.set(ids[p]!, sum);
  }
  const rows = CROWD_CHUNKS.flatMap((length, chunk) =>
    Array.from({ length }, (_, row) => i32[(stage.entities[chunk]! >>> 2) + row]!),
  );
  expect(CROWD_CHUNKS.flatMap((_, chunk) => stage.get(chunk, 0))).toEqual(rows.map((id) => expected.get(id)));
  const ordered = ids.filter((id) => rows.includes(id) && expected.get(id) !== 7);
  expect(stage.appended(0)).toEqual([ordered, ordered.map((id) => expected.get(id))]);
  expect(stage.partial(0, 0)).toBe(ordered.length);
});

test("others are looked into: not stale ones, nor those without the component, nor where the mask is false", () => {
  const graph = new Graph();
  const entity = graph.load("i32", 0, 0);
  const mask = graph.op("ne", graph.load("i32", 1, 0), graph.constant("i32", 0));
  const program = programOf(graph, {
    buffers: [column("entity", false), column("mask", false), column("value", true), column("alive", true)],
    gathers: [{ name: "other", element: "u8", lanes: 2, lane: 1 }],
    stores: [
      { buffer: 2, lane: 0, value: graph.fetch("i32", 0, entity, mask) },
      { buffer: 3, lane: 0, value: graph.convert("i32", graph.alive(0, entity, mask)) },
    ],
  });
  // Index 1 to 3 in table 0 (rows 1, 4, 0), index 4 in table 1, which lacks the component, index 5 free.
  const bits = 16;
  const id = (index: number, generation: number): number => (generation << bits) | index;
  const cases: readonly [entity: number, mask: number, value: number, alive: number][] = [
    [id(1, 1), 1, 11, 1],
    [id(1, 1), 0, 0, 0],
    [id(2, 3), 1, 99, 1],
    [id(2, 2), 1, 0, 0],
    [id(3, 1), 1, 10, 1],
    [id(4, 1), 1, 0, 0],
    [id(5, 1), 1, 0, 0],
    [id(6, 1), 1, 0, 0],
    [0, 1, 0, 0],
    [-1, 1, 0, 0],
    [-(2 ** 31), 1, 0, 0],
  ];
  const stage = new Stage(program, [cases.length]);
  stage
    .set(
      0,
      0,
      cases.map(([entity]) => entity),
    )
    .set(
      0,
      1,
      cases.map(([, mask]) => mask),
    );
  const { i32, u16, u8 } = stage.memory;
  const frame = frameOf(program);
  const shift = 2;
  const table = stage.take(64);
  i32[(stage.frame + frame.entities) >>> 2] = table;
  const starts = stage.take(8);
  i32.set([bits, 6, shift, 2, 64, 128, starts], table >>> 2);
  i32.set([4, 12], starts >>> 2);
  const slots = [0, 1].map(() => stage.take(192));
  i32.set(slots, (table >>> 2) + entityTable.chunks);
  const places: readonly [generation: number, table: number, row: number][] = [
    [1, 0xfffe, 0],
    [1, 0, 1],
    [3, 0, 4],
    [1, 0, 0],
    [1, 1, 0],
    [1, 0xffff, 0],
  ];
  for (const [index, [generation, number, row]] of places.entries()) {
    const slot = slots[index >> shift]!;
    u16[(slot >>> 1) + (index & 3)] = generation;
    u16[((slot + 64) >>> 1) + (index & 3)] = number;
    i32[((slot + 128) >>> 2) + (index & 3)] = row;
  }
  const columns = stage.take(16);
  i32[(stage.frame + frame.gathers[0]!) >>> 2] = columns;
  const chunks = [stage.take(8), stage.take(8)] as const;
  i32.set([0, ...chunks, 0], columns >>> 2);
  u8.set([1, 10, 2, 11, 3, 12, 4, 13], chunks[0]);
  u8.set([5, 99], chunks[1]);
  stage.interpret();
  expect(stage.get(0, 2)).toEqual(cases.map(([, , value]) => value));
  expect(stage.get(0, 3)).toEqual(cases.map(([, , , alive]) => alive));
});
