import { elementBytes } from "../../src/native/element.ts";
import {
  cumulations,
  FIRST_BINARY,
  instructions,
  putKinds,
  type Reduction,
  reductions,
  type Step,
  steps,
  type TensorType,
  tensorTypes,
} from "../../src/native/tensor/format.ts";
import { cumulationTypes, putTypes, reductionTypes, stepTypes } from "../../src/native/tensor/step-types.ts";
import { type Axis, LEADING, type Maker, type Shape, scalar } from "./tensor-maker.ts";
import * as words from "./tensor-words.ts";

/** Makers of random valid instructions, by name: the words of one, or of several that belong together. */
type Make = (maker: Maker) => number[];

const typesOf = (mask: number): TensorType[] => tensorTypes.filter((_, code) => (mask >>> code) & 1);
const tests = new Set<Step>(["isnan", "isfinite", "equal", "notEqual", "less", "lessEqual"]);

export const makers: Readonly<Record<string, Make>> = {
  fuse: (m) => words.fuse(fused(m, m.shape())),

  reduce(m) {
    const code = m.below(reductions.length);
    const kind: Reduction = reductions[code]!;
    const shape = m.shape();
    const first = shape[0]?.rows ? 1 : 0;
    let mask = 0;
    for (let axis = first; axis < shape.length; axis++) if (m.chance(50)) mask |= 1 << axis;
    if (kind.startsWith("arg") && shape.some(({ extent }, axis) => (mask >>> axis) & 1 && extent === 0)) return [];
    const dtype = m.pick(typesOf(reductionTypes[code]!));
    const kept = shape.filter((_, axis) => !((mask >>> axis) & 1));
    const input = m.input(dtype, shape);
    return words.reduce(kind, mask, input, m.output(kind.startsWith("arg") ? "i32" : dtype, kept));
  },

  cumulate(m) {
    const kind = m.below(cumulations.length);
    const shape = m.shape(m.pick([1, 2, 3]));
    const axis = inner(m, shape);
    if (axis < 0) return [];
    const dtype = m.pick(typesOf(cumulationTypes[kind]!));
    const input = m.input(dtype, shape);
    const output = inPlace(m, input) ? input : m.output(dtype, shape);
    return words.cumulate(cumulations[kind]!, axis, m.below(2), input, output);
  },

  dot(m) {
    const dtype = m.float();
    const rank = m.pick([2, 2, 2, 3, 4]);
    const batch = m.shape(rank - 1).slice(0, rank - 2);
    const sizes = rank === 2 && m.chance(20) ? [40, 90, 70] : [8, 12, 20];
    const [, k, n] = sizes.map((size) => ({ extent: m.chance(4) ? 0 : 1 + m.below(size) })) as [Axis, Axis, Axis];
    const rows = rank === 2 ? m.block?.rows : undefined;
    const row: Axis = rows ?? (m.chance(20) ? { extent: LEADING, leading: true } : { extent: 1 + m.below(sizes[0]!) });
    const a = m.input(dtype, [...batch, row, k]);
    const b = m.input(dtype, [...batch, k, n]);
    const shape = [...batch, row, n];
    const accumulate = m.chance(30);
    const result = accumulate ? m.target(dtype, shape) : m.output(dtype, shape);
    const flags = (accumulate ? 2 : 0) | (!b.local && m.chance(30) ? 1 : 0);
    if (m.chance(50)) return words.dot(flags, [a, b, result]);
    const epilogue = fused(m, shape, dtype);
    const [first, ...others] = epilogue.outputs;
    const over = first!.dtype === dtype && m.chance(30);
    return words.dot(flags, [a, b, result], { ...epilogue, outputs: [over ? result : first!, ...others] });
  },

  take(m) {
    const { axis, source, indices, result } = taken(m);
    if (axis < 0) return [];
    const dtype = m.dtype();
    const from = m.input(dtype, source);
    const places = indexed(m, indices, source[axis]!);
    return words.instruction("take", [axis], from, places, m.output(dtype, result));
  },

  takeAlong(m) {
    const source = m.shape(m.pick([1, 2, 3]));
    const axis = inner(m, source);
    if (axis < 0) return [];
    const shape = source.with(axis, { extent: m.below(6) });
    const dtype = m.dtype();
    const from = m.input(dtype, source);
    return words.instruction("takeAlong", [axis], from, indexed(m, shape, source[axis]!), m.output(dtype, shape));
  },

  put(m) {
    const { axis, source, indices, result } = taken(m);
    if (axis < 0 || (source[0]?.rows ?? false) !== (result[0]?.rows ?? false)) return [];
    if (m.block !== undefined && !source[0]?.rows) return [];
    const kind = m.below(putKinds.length);
    const dtype = m.pick(typesOf(putTypes[kind]!));
    const target = m.target(dtype, source);
    const places = indexed(m, indices, source[axis]!);
    return words.put("put", axis, putKinds[kind]!, target, places, m.input(dtype, result));
  },

  putAlong(m) {
    const source = m.shape(m.pick([1, 2, 3]));
    const axis = inner(m, source);
    if (axis < 0) return [];
    const shape = source.with(axis, { extent: m.below(6) });
    const kind = m.below(putKinds.length);
    const dtype = m.pick(typesOf(putTypes[kind]!));
    const target = m.target(dtype, source);
    const places = indexed(m, shape, source[axis]!);
    return words.put("putAlong", axis, putKinds[kind]!, target, places, m.input(dtype, shape));
  },

  sort(m) {
    const shape = m.shape(m.pick([1, 2, 3]));
    if (shape.at(-1)!.rows) return [];
    const dtype = m.dtype();
    const input = m.input(dtype, shape);
    const values = inPlace(m, input) ? input : m.output(dtype, shape);
    return words.instruction("sort", [m.below(2)], input, values, m.output("i32", shape));
  },

  slice: (m) => sliced(m, "slice"),
  update: (m) => sliced(m, "update"),

  cholesky(m) {
    const { shape, input } = matrix(m);
    return words.instruction("cholesky", [], input, inPlace(m, input) ? input : m.output(input.dtype, shape));
  },

  lu(m) {
    const { shape, input } = matrix(m);
    const output = inPlace(m, input) ? input : m.output(input.dtype, shape);
    return words.instruction("lu", [], input, output, m.output("i32", shape.slice(0, -1)));
  },

  triangular(m) {
    const { shape, input } = matrix(m);
    const right = [...shape.slice(0, -1), { extent: m.below(6) }];
    const side = m.input(input.dtype, right);
    const result = inPlace(m, side) ? side : m.output(input.dtype, right);
    return words.instruction("triangular", [m.below(4)], input, side, result);
  },

  load: (m) => columns(m, "load"),
  store: (m) => columns(m, "store"),

  rows(m) {
    if (m.block !== undefined) return [];
    const leading = m.chance(30);
    const extent = leading
      ? LEADING * (1 + m.below(8))
      : m.chance(10)
        ? m.below(3)
        : 1 + m.below(m.chance(10) ? 400 : 30);
    const block = 1 + m.below(m.chance(50) ? 5 : extent + 3);
    m.block = { rows: { extent, leading, rows: true }, block, locals: [] };
    m.local = 0;
    const body = several(
      m,
      [
        "fuse",
        "reduce",
        "dot",
        "take",
        "takeAlong",
        "put",
        "putAlong",
        "sort",
        "cumulate",
        "slice",
        "update",
        "triangular",
      ],
      5,
    );
    m.block = undefined;
    m.localMax = Math.max(m.localMax, m.local);
    return words.rows(leading ? extent / LEADING : extent, leading ? 1 : 0, block, body);
  },

  loop(m) {
    const counter = scalar("i32", m.bytes(4));
    return words.loop(m.below(4), counter, several(m, flat, 2));
  },

  while(m) {
    const counter = scalar("i32", m.bytes(4));
    const condition = scalar("bool", m.bytes(1));
    const passes = m.below(4);
    const set = words.fuse({
      inputs: [],
      outputs: [counter],
      steps: [words.step("constant", "i32", 0, [], 0, 0)],
      registers: 1,
      results: [0],
    });
    const test = words.fuse({
      inputs: [counter],
      outputs: [condition],
      steps: [words.step("constant", "i32", 1, [], 0, passes), words.step("less", "i32", 2, [0, 1])],
      registers: 3,
      results: [2],
    });
    const next = words.fuse({
      inputs: [counter],
      outputs: [counter],
      steps: [words.step("constant", "i32", 1, [], 0, 1), words.step("add", "i32", 2, [0, 1])],
      registers: 3,
      results: [2],
    });
    return [...set, ...words.whileLoop(condition, test, [...several(m, flat, 2), ...next])];
  },

  branch(m) {
    const selector = m.input("i32", []);
    return words.branch(
      selector,
      Array.from({ length: 1 + m.below(3) }, () => several(m, flat, 1)),
    );
  },
};

const flat = instructions.filter((name) => !["loop", "while", "branch", "load", "store"].includes(name));

export function several(m: Maker, names: readonly string[], max: number): number[] {
  return Array.from({ length: 1 + m.below(max) }, () => makers[m.pick(names)]!(m)).flat();
}

/** A random elementwise program over a shape; register 0 of an epilogue is of type `result`. */
function fused(m: Maker, shape: Shape, result?: TensorType): words.FuseOptions {
  const inputs = Array.from({ length: m.below(4) }, () => m.input(m.dtype(), shape));
  const types: TensorType[] = [...(result === undefined ? [] : [result]), ...inputs.map(({ dtype }) => dtype)];
  const list: words.StepWords[] = [];
  const add = (name: Step, dtype: TensorType, to: TensorType, from: readonly number[], extra = 0, value = 0): void => {
    list.push(words.step(name, dtype, types.length, from, extra, value));
    types.push(to);
  };
  const having = (dtype: TensorType): number[] => [...types.keys()].filter((register) => types[register] === dtype);
  const count = m.below(m.chance(10) ? 24 : 6);
  for (let i = 0; i < count; i++) {
    const code = m.below(steps.length);
    const name = steps[code]!;
    const usable = typesOf(stepTypes[code]!).filter((dtype) => having(dtype).length > 0);
    const one = (dtype: TensorType): number => m.pick(having(dtype));
    const constants = typesOf(stepTypes[code]!);
    if (name === "constant") {
      const dtype = m.pick(constants);
      add(name, dtype, dtype, [], 0, m.pick([0, 1, -1, 2.5, -0, 1e9, -1e9, 300, NaN, Infinity, 1e-40, 0.1]));
    } else if (name === "iota") {
      const dtype = m.pick(constants);
      add(name, dtype, dtype, [], shape.length > 0 && m.chance(70) ? m.below(shape.length) : 255);
    } else if (name === "random" || name === "uniform") {
      if (having("i32").length === 0) continue;
      const ints = [one("i32"), one("i32"), one("i32")];
      if (name === "random") add(name, "i32", "i32", ints, m.below(2));
      else {
        const dtype = m.float();
        add(name, dtype, dtype, ints);
      }
    } else if (usable.length > 0) {
      const dtype = m.pick(usable);
      if (name === "select") {
        if (having("bool").length > 0) add(name, dtype, dtype, [one("bool"), one(dtype), one(dtype)]);
      } else if (name === "cast") {
        const to = m.below(tensorTypes.length);
        add(name, dtype, tensorTypes[to]!, [one(dtype)], to);
      } else {
        const operands = code >= FIRST_BINARY ? [one(dtype), one(dtype)] : [one(dtype)];
        add(name, dtype, tests.has(name) ? "bool" : dtype, operands);
      }
    }
  }
  if (types.length === 0) add("constant", "f32", "f32", [], 0, 7);
  const results = Array.from({ length: 1 + m.below(2) }, () =>
    m.chance(60) ? types.length - 1 : m.below(types.length),
  );
  const outputs = results.map((register, i) => {
    const same = i === 0 && inputs.find((input) => input.dtype === types[register] && inPlace(m, input));
    return same || m.output(types[register]!, shape);
  });
  return { inputs, outputs, steps: list, registers: types.length + m.below(2), results };
}

/** Whether to write over an operand that is read: one in memory, which has values from the start. */
function inPlace(m: Maker, operand: words.OperandOptions): boolean {
  const broadcast = (operand.strides ?? []).some((stride, axis) => stride === 0 && operand.extents[axis] !== 1);
  return !broadcast && operand.local !== true && (m.block === undefined || operand.rows === true) && m.chance(15);
}

/** An axis that `rows` does not cut, or -1. */
function inner(m: Maker, shape: Shape): number {
  const axes = [...shape.keys()].filter((axis) => !shape[axis]!.rows);
  return axes.length === 0 ? -1 : m.pick(axes);
}

/** The shapes of `take`. */
function taken(m: Maker): { axis: number; source: Shape; indices: Shape; result: Shape } {
  const source = m.shape(m.pick([1, 2, 3]));
  const { block } = m;
  if (block !== undefined && m.chance(50)) {
    // A table outside that rows of indices are looked up in.
    m.block = undefined;
    const table = m.shape(2);
    m.block = block;
    const indices = m.shape(m.pick([1, 2]));
    return { axis: 0, source: table, indices, result: [...indices, ...table.slice(1)] };
  }
  const axis = inner(m, source);
  m.block = undefined;
  const indices = m.shape(m.pick([0, 1, 1, 2])).map(({ extent }) => ({ extent: Math.min(extent, 20) }));
  m.block = block;
  return { axis, source, indices, result: [...source.slice(0, axis), ...indices, ...source.slice(axis + 1)] };
}

/** Indices, of which now and then one is outside. */
function indexed(m: Maker, shape: Shape, along: Axis): words.OperandOptions {
  const before = m.fills.length;
  const { block } = m;
  const operand = m.input("i32", shape);
  const fill = m.fills[before];
  if (block !== undefined && fill === undefined) return operand;
  for (let i = 0; fill !== undefined && i < fill.count; i++) {
    const inside = along.extent === 0 ? 0 : m.below(along.extent * 2) - along.extent;
    m.words.push([(fill.first + i) * 4, (m.below(3000) === 0 ? along.extent : inside) >>> 0]);
  }
  return operand;
}

function sliced(m: Maker, name: "slice" | "update"): number[] {
  const whole = m.shape(m.pick([1, 2, 3]));
  const axis = inner(m, whole);
  if (axis < 0) return [];
  const part = whole.with(axis, { extent: m.below(whole[axis]!.extent + (m.chance(2) ? 2 : 1)) });
  const dtype = m.dtype();
  const start = m.input("i32", []);
  if (name === "slice") return words.instruction(name, [axis], m.input(dtype, whole), start, m.output(dtype, part));
  return words.instruction(name, [axis], m.target(dtype, whole), start, m.input(dtype, part));
}

/** Square matrices, mostly of small numbers. */
function matrix(m: Maker): { shape: Shape; input: words.OperandOptions } {
  const n = { extent: m.below(8) };
  const batch = m.shape(m.pick(m.block === undefined ? [1, 1, 2] : [2, 2, 3])).slice(0, -1);
  const shape = [...batch, n, n];
  const input = m.target(m.float(), shape);
  if (!m.chance(60) || input.slot !== 0 || input.leading !== 0) return { shape, input };
  // A heavy diagonal in the first of them.
  const [row, column] = input.strides!.slice(-2) as [number, number];
  const one = input.dtype === "f32" ? 0 : 4;
  const size = input.dtype === "f32" ? 4 : 8;
  for (let i = 0; i < n.extent; i++)
    for (let j = 0; j < n.extent; j++) {
      const at = input.offset + size * (i * row + j * column);
      const small = i === j ? 40 + m.below(10) : ((i * j + i + j) % 7) - 3;
      const bits = new DataView(new ArrayBuffer(8));
      if (one === 0) bits.setFloat32(0, small);
      else bits.setFloat64(0, small);
      m.words.push([at + one, bits.getUint32(0)]);
      if (one !== 0) m.words.push([at, bits.getUint32(4)]);
    }
  return { shape, input };
}

/** A segment table, and columns in the other memory that it leads to. */
function columns(m: Maker, name: "load" | "store"): number[] {
  if (m.block !== undefined) return [];
  const count = m.below(4);
  const lengths = Array.from({ length: m.below(4) }, () => m.below(12));
  const rows: Axis = { extent: lengths.reduce((sum, length) => sum + length, 0) };
  const list: number[] = [lengths.length, ...lengths];
  for (let column = 0; column < count; column++) {
    const code = m.below(m.chance(2) ? 9 : 8);
    const bytes = elementBytes[code] ?? 1;
    const stride = bytes * (1 + m.below(3)) + (m.below(400) === 0 ? 1 : 0);
    list.push(code, stride, ...lengths.map((length) => m.column(length * stride)));
  }
  const table = m.bytes(list.length * 4);
  for (const [i, word] of list.entries()) m.words.push([table + i * 4, word]);
  const dtype = m.dtype();
  const shape = [rows, { extent: count }];
  const operand = name === "load" ? m.output(dtype, shape) : m.input(dtype, shape);
  return words.instruction(name, [count, table], operand);
}
