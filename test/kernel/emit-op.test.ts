import { describe, expect, test } from "vitest";
import { textOf } from "../../src/kernel/emit/text.ts";
import { Graph } from "../../src/kernel/graph.ts";
import type { Node, Op, ValueType } from "../../src/kernel/node.ts";
import { type Buffer, type BufferElement, type Program, valueTypeOf } from "../../src/kernel/program.ts";
import { execute, WAYS } from "./both.ts";
import { FLOATS, INTEGERS } from "./random-program.ts";
import { programOf, Stage } from "./stage.ts";

const VALUES: Readonly<Record<ValueType, readonly number[]>> = {
  f32: FLOATS,
  f64: FLOATS,
  i32: INTEGERS,
  u32: INTEGERS,
  bool: [0, 1],
};
const FLOAT = "add sub mul div min max copysign eq ne lt le gt ge".split(" ") as Op[];
const INTEGER = "add sub mul div min max and or xor shl shr eq ne lt le gt ge".split(" ") as Op[];
const BINARY: Readonly<Record<ValueType, readonly Op[]>> = {
  f32: FLOAT,
  f64: FLOAT,
  i32: INTEGER,
  u32: INTEGER,
  bool: ["and", "or", "xor"],
};
const UNARY: Readonly<Record<ValueType, readonly Op[]>> = {
  f32: ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest"],
  f64: ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest"],
  i32: ["neg", "abs", "not"],
  u32: ["abs", "not"],
  bool: ["not"],
};
const TYPES = Object.keys(VALUES) as ValueType[];
const DOUBLE = TYPES.flatMap((type) => BINARY[type].map((op) => [type, op] as const));

/** A program that stores each of the values in a column of its own, behind columns `a` and `b`. */
function storing(graph: Graph, type: ValueType, second: ValueType, values: readonly Node[]): Program {
  const column = (element: BufferElement, b: number): Buffer => ({ name: `c${b}`, element, lanes: 1, written: b > 1 });
  const buffers = [type, second, ...values.map((value) => value.type)].map(column);
  const uniforms = [
    { name: "u", type },
    { name: "v", type: second },
  ];
  const stores = values.map((value, i) => ({ buffer: i + 2, lane: 0, value }));
  return programOf(graph, { buffers, uniforms, stores });
}

/** Runs both ways on all pairs of values and compares all columns. */
function agree(program: Program, uniforms: readonly number[]): void {
  const [first, second] = program.buffers.map(({ element }) => VALUES[valueTypeOf(element)]) as [number[], number[]];
  const a = first.flatMap((value) => second.map(() => value));
  const b = first.flatMap(() => second);
  const stage = (): Stage => new Stage(program, [a.length], uniforms).set(0, 0, a).set(0, 1, b);
  const expected = stage().interpret();
  for (const way of WAYS) {
    const found = execute(stage(), way);
    for (let c = 2; c < program.buffers.length; c++) expect(found.get(0, c), `column ${c}`).toEqual(expected.get(0, c));
  }
}

describe("special values", () => {
  test.for(DOUBLE)("%s %s", ([type, op]) => {
    const graph = new Graph();
    const second = op === "shl" || op === "shr" ? "i32" : type;
    const [a, b] = [graph.load(type, 0, 0), graph.load(second, 1, 0)];
    const sign = (node: Node): Node =>
      op === "copysign" ? graph.op("select", graph.op("eq", node, node), node, graph.constant(type, 1)) : node;
    const constants = VALUES[type]
      .filter((value) => op !== "copysign" || value === value)
      .flatMap((value) => [
        graph.op(op, a, graph.constant(second, value)),
        graph.op(op, graph.constant(type, value), sign(b)),
      ]);
    agree(storing(graph, type, second, [graph.op(op, a, sign(b)), ...constants]), []);
    const other = new Graph();
    const [x, y] = [other.load(type, 0, 0), other.load(second, 1, 0)];
    const uniform = storing(other, type, second, [
      other.op(op, x, other.uniform(second, 1)),
      other.op(
        op,
        other.uniform(type, 0),
        op === "copysign" ? other.op("abs", other.convert(type, other.entity())) : y,
      ),
    ]);
    const special = op === "min" || op === "max" || op === "div" ? VALUES[type] : VALUES[type].slice(0, 3);
    for (const value of special) agree(uniform, [value, value]);
  });

  test.for(TYPES.flatMap((type) => UNARY[type].map((op) => [type, op] as const)))("%s %s", ([type, op]) => {
    const graph = new Graph();
    agree(storing(graph, type, type, [graph.op(op, graph.load(type, 0, 0))]), []);
  });

  test.for(TYPES)("from %s to others", (type) => {
    const graph = new Graph();
    const a = graph.load(type, 0, 0);
    const converted = (["f32", "f64", "i32", "u32"] as const).map((to) => graph.convert(to, a));
    const isNumber = graph.op("eq", graph.load("f32", 1, 0), graph.load("f32", 1, 0));
    const number = type === "f32" ? graph.op("select", graph.op("eq", a, a), a, graph.constant(type, 1)) : a;
    const bits =
      type === "f64" || type === "bool" ? [] : (["f32", "i32", "u32"] as const).map((to) => graph.bits(to, number));
    agree(storing(graph, type, "f32", [...converted, ...bits, isNumber]), []);
  });

  test.for(TYPES)("choices of %s", (type) => {
    const graph = new Graph();
    const [a, b] = [graph.load(type, 0, 0), graph.load("i32", 1, 0)];
    const condition = graph.op("lt", b, graph.constant("i32", 100));
    const [zero, two] = [graph.constant(type, 0), graph.constant(type, 1)];
    const choices = (["select", "rare"] as const).flatMap((op) => [
      graph.op(op, condition, a, two),
      graph.op(op, condition, a, zero),
      graph.op(op, condition, zero, a),
    ]);
    agree(storing(graph, type, "i32", choices), []);
  });
});

test.for(["f32", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "bool"] as const)(
  "columns of %s, in lanes",
  (element) => {
    const type = valueTypeOf(element);
    for (const lanes of [1, 2, 3]) {
      const graph = new Graph();
      const buffers = [{ name: "a", element, lanes, written: true }];
      const turned = Array.from({ length: lanes }, (_, lane) => graph.load(type, 0, (lane + 1) % lanes));
      const values = turned.map((node) =>
        type === "bool" ? graph.op("not", node) : graph.op("sub", node, graph.constant(type, 100)),
      );
      const program = programOf(graph, { buffers, stores: values.map((value, lane) => ({ buffer: 0, lane, value })) });
      for (const rows of [0, 1, 3, 4, 5, 31, 1024]) {
        const stage = (): Stage => {
          const made = new Stage(program, [rows, rows]);
          const column = Array.from({ length: rows * lanes }, (_, i) => (element === "bool" ? (i % 3) & 1 : i * 37));
          return made.set(0, 0, column).set(1, 0, column);
        };
        const [expected, found] = [stage().interpret(), execute(stage(), { relaxed: false })];
        for (const chunk of [0, 1])
          expect(found.get(chunk, 0), `${lanes} lanes, ${rows} rows`).toEqual(expected.get(chunk, 0));
      }
    }
  },
);

test("NaNs become the one NaN, whatever they were", () => {
  for (const type of ["f32", "f64"] as const) {
    const graph = new Graph();
    const buffers = [0, 1].map((b): Buffer => ({ name: `c${b}`, element: type, lanes: 1 + b, written: true }));
    const a = graph.load(type, 0, 0);
    const stores = [
      { buffer: 0, lane: 0, value: graph.op("neg", a) },
      { buffer: 1, lane: 1, value: graph.op("abs", a) },
    ];
    const appends = [{ mask: graph.op("ne", a, a), values: [graph.entity(), a] }];
    const folds = [{ kind: "sum" as const, mask: graph.constant("bool", 1), value: a }];
    const program = programOf(graph, { buffers, stores, appends, folds });
    for (const odd of [0, 6, 1021]) {
      const stage = new Stage(program, [1022]).set(0, 0, new Float32Array(1022).fill(3));
      const word = stage.columns[0]![0]! >>> 2;
      if (type === "f32") stage.memory.u32[word + odd] = 0xff812345;
      else stage.memory.u32.set([0x12345, 0xfff80000], word + 2 * odd);
      const twin = new Stage(program, [1022]);
      twin.memory.u8.set(stage.memory.u8);
      execute(stage, { relaxed: false });
      twin.interpret();
      const bits = ({ memory, columns, lists, partials }: Stage): number[] => {
        const [first, second] = columns[0]!.map((at) => at >>> 2) as [number, number];
        const words = type === "f32" ? 1022 : 2044;
        return [
          ...memory.u32.slice(first, first + words),
          ...memory.u32.slice(second, second + 2 * words),
          ...memory.u32.slice(lists[0]![1]! >>> 2, (lists[0]![1]! >>> 2) + words / 1022),
          ...memory.u32.slice(partials >>> 2, (partials >>> 2) + 2),
        ];
      };
      expect(bits(stage)).toEqual(bits(twin));
    }
  }
});

test("the text shows what was emitted", () => {
  const graph = new Graph();
  const speed = graph.load("f32", 1, 0);
  const value = graph.op("add", graph.load("f32", 0, 0), graph.op("mul", speed, graph.uniform("f32", 0)));
  const buffers = ["position.x", "velocity.x"].map(
    (name, b): Buffer => ({ name, element: "f32", lanes: 1, written: b === 0 }),
  );
  const program = programOf(graph, {
    buffers,
    uniforms: [{ name: "dt", type: "f32" }],
    stores: [{ buffer: 0, lane: 0, value }],
  });
  const text = textOf(program, new Stage(program, [4]).binding);
  expect(text).toMatch(/local\.get \$\d+ {2};; position\.x\n\s*v128\.load/);
  expect(text).toMatch(/v128\.load32_splat.*;; uniform dt/);
  expect(text.match(/f32x4\.mul\n\s*f32x4\.add/g)).toHaveLength(1);
});
