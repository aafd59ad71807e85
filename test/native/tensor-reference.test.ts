import { describe, expect, test } from "vitest";
import { elementCode } from "../../src/native/element.ts";
import type { Reduction, Step, TensorType } from "../../src/native/tensor/format.ts";
import { jobSets } from "./both.ts";
import { elementwise, Sheet } from "./tensor-sheet.ts";
import * as words from "./tensor-words.ts";

const { step, instruction } = words;
const NAN = Number.NaN;

describe.each(jobSets)("instructions on small tensors (%s)", (_, jobs) => {
  const binary: [Step, TensorType, number[], number[], number[]][] = [
    ["add", "f32", [1, 16_777_216, -0], [2, 1, -0], [3, 16_777_216, -0]],
    ["add", "u8", [250, 1], [10, 2], [4, 3]],
    ["add", "i32", [0x7fffffff], [1], [-0x80000000]],
    ["multiply", "i32", [0x7fffffff, -3], [2, 5], [-2, -15]],
    ["divide", "f64", [1, 1, 0], [3, -0, 0], [1 / 3, -Infinity, NAN]],
    ["floorDivide", "i32", [7, -7, 7, -7, 5, -0x80000000], [2, 2, -2, -2, 0, -1], [3, -4, -4, 3, 0, -0x80000000]],
    ["remainder", "i32", [7, -7, 7, -7, 5, -0x80000000], [3, 3, -3, -3, 0, -1], [1, 2, -2, -1, 0, 0]],
    ["floorDivide", "f32", [7, -7, 7.5], [2, 2, -2], [3, -4, -4]],
    ["remainder", "f64", [7, -7, 7.5], [3, 3, -2], [1, 2, -0.5]],
    ["maximum", "f32", [1, -0, NAN, 5], [2, 0, 1, NAN], [2, 0, NAN, NAN]],
    ["minimum", "f64", [1, 0, NAN], [2, -0, 1], [1, -0, NAN]],
    ["maximum", "bool", [0, 1, 0], [0, 0, 1], [0, 1, 1]],
    ["and", "i32", [12, -1], [10, 7], [8, 7]],
    ["xor", "bool", [0, 1, 1], [1, 0, 1], [1, 1, 0]],
    ["leftShift", "i32", [1, 1, -1], [33, -1, 4], [2, -0x80000000, -16]],
    ["leftShift", "u8", [200, 1], [1, 9], [144, 2]],
    ["rightShift", "i32", [-8, 8], [1, 34], [-4, 2]],
    ["rightShift", "u8", [200, 200], [1, 11], [100, 25]],
  ];
  test.each(binary)("%s of %s", (name, dtype, a, b, expected) => {
    const sheet = new Sheet();
    const [x, y] = [sheet.tensor(dtype, [a.length], a), sheet.tensor(dtype, [b.length], b)];
    const out = sheet.tensor(dtype, [a.length]);
    sheet.once(jobs, elementwise([x, y], out, [step(name, dtype, 2, [0, 1])]));
    expect(sheet.values(out)).toEqual(expected);
  });

  const tests: [Step, TensorType, number[], number[], number[]][] = [
    ["equal", "f32", [1, 0, NAN], [1, -0, NAN], [1, 1, 0]],
    ["notEqual", "f64", [1, 0, NAN], [2, -0, NAN], [1, 0, 1]],
    ["less", "u8", [1, 200], [200, 1], [1, 0]],
    ["lessEqual", "i32", [1, -5, 2], [1, 5, 1], [1, 1, 0]],
  ];
  test.each(tests)("%s of %s", (name, dtype, a, b, expected) => {
    const sheet = new Sheet();
    const [x, y] = [sheet.tensor(dtype, [a.length], a), sheet.tensor(dtype, [b.length], b)];
    const out = sheet.tensor("bool", [a.length]);
    sheet.once(jobs, elementwise([x, y], out, [step(name, dtype, 2, [0, 1])]));
    expect(sheet.values(out)).toEqual(expected);
  });

  const unary: [Step, TensorType, number[], number[]][] = [
    ["negate", "f32", [1, 0, NAN], [-1, -0, NAN]],
    ["negate", "u8", [1, 0], [255, 0]],
    ["abs", "i32", [-5, -0x80000000], [5, -0x80000000]],
    ["sign", "f32", [-3, 0, -0, NAN], [-1, 0, -0, NAN]],
    ["round", "f64", [0.5, 1.5, -0.5, 2.4], [0, 2, -0, 2]],
    ["trunc", "f32", [-1.5, 1.5], [-1, 1]],
    ["sqrt", "f32", [4, 2, -1], [2, Math.fround(Math.SQRT2), NAN]],
    ["square", "i32", [3, 65_536], [9, 0]],
    ["not", "bool", [0, 1], [1, 0]],
    ["not", "i32", [0, -1], [-1, 0]],
    ["exp", "f32", [0, -Infinity], [1, 0]],
    ["logistic", "f64", [0, 800, -800], [0.5, 1, 0]],
  ];
  test.each(unary)("%s of %s", (name, dtype, a, expected) => {
    const sheet = new Sheet();
    const x = sheet.tensor(dtype, [a.length], a);
    const out = sheet.tensor(dtype, [a.length]);
    sheet.once(jobs, elementwise([x], out, [step(name, dtype, 1, [0])]));
    expect(sheet.values(out)).toEqual(expected);
  });

  const casts: [TensorType, TensorType, number[], number[]][] = [
    ["f32", "i32", [1.9, -1.9, NAN, 3e9, -Infinity], [1, -1, 0, 0x7fffffff, -0x80000000]],
    ["f64", "u8", [300, -5, 7.9, NAN], [255, 0, 7, 0]],
    ["i32", "u8", [300, -1], [44, 255]],
    ["f32", "bool", [0, -0, NAN, 0.5], [0, 0, 1, 1]],
    ["i32", "f32", [16_777_217, -3], [16_777_216, -3]],
    ["f64", "f32", [0.1, 1e300], [Math.fround(0.1), Infinity]],
    ["bool", "f64", [1, 0], [1, 0]],
  ];
  test.each(casts)("cast of %s to %s", (from, to, a, expected) => {
    const sheet = new Sheet();
    const x = sheet.tensor(from, [a.length], a);
    const out = sheet.tensor(to, [a.length]);
    const code = ["bool", "u8", "i32", "f32", "f64"].indexOf(to);
    sheet.once(jobs, elementwise([x], out, [step("cast", from, 1, [0], code)]));
    expect(sheet.values(out)).toEqual(expected);
  });

  test("constant, iota, select, random and uniform", () => {
    const sheet = new Sheet();
    const [rows, all, chosen] = [sheet.tensor("i32", [2, 3]), sheet.tensor("f32", [2, 3]), sheet.tensor("f32", [2, 3])];
    sheet.once(jobs, [
      ...elementwise([], rows, [step("iota", "i32", 0, [], 0)]),
      ...elementwise([], all, [step("iota", "f32", 0, [], 255)]),
      ...elementwise([rows, all], chosen, [
        step("cast", "i32", 2, [0], 0),
        step("constant", "f32", 3, [], 0, -1),
        step("select", "f32", 4, [2, 1, 3]),
      ]),
    ]);
    expect(sheet.values(rows)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(sheet.values(all)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sheet.values(chosen)).toEqual([-1, -1, -1, 3, 4, 5]);

    const bits = sheet.tensor("i32", [3]);
    const [single, double] = [sheet.tensor("f32", [3]), sheet.tensor("f64", [3])];
    const key = [
      step("constant", "i32", 0, [], 0, 12),
      step("constant", "i32", 1, [], 0, 34),
      step("iota", "i32", 2, [], 0),
      step("random", "i32", 3, [0, 1, 2], 0),
    ];
    sheet.once(jobs, [
      ...elementwise([], bits, key),
      ...elementwise([bits], single, [step("uniform", "f32", 1, [0])]),
      ...elementwise([bits], double, [step("uniform", "f64", 1, [0])]),
    ]);
    const expected = sheet.memory.i32.slice(8000, 8006);
    const ids = sheet.words([0, 1, 2]);
    jobs.random(sheet.memory, 40_000, ids, 3, 12, 34, 0);
    expected.set(sheet.memory.i32.subarray(10_000, 10_006));
    const firsts = [expected[0]!, expected[2]!, expected[4]!];
    expect(sheet.values(bits)).toEqual(firsts);
    expect(sheet.values(single)).toEqual(firsts.map((word) => (word >>> 8) / 2 ** 24));
    expect(sheet.values(double)).toEqual(firsts.map((word) => (word >>> 0) / 2 ** 32));
  });

  const reductions: [Reduction, TensorType, number, number[], number[]][] = [
    ["sum", "f32", 2, [1, 2, 3, 4, 5, 6], [6, 15]],
    ["sum", "i32", 1, [0x7fffffff, 2, 3, 1, 5, 6], [-0x80000000, 7, 9]],
    ["prod", "f64", 3, [1, 2, 3, 4, 5, 6], [720]],
    ["max", "f32", 2, [1, NAN, 3, -4, -5, -6], [NAN, -4]],
    ["min", "u8", 1, [1, 2, 3, 4, 1, 6], [1, 1, 3]],
    ["any", "bool", 2, [0, 0, 0, 0, 1, 0], [0, 1]],
    ["all", "bool", 1, [1, 1, 0, 1, 0, 0], [1, 0, 0]],
    ["argmax", "f32", 2, [1, 7, 7, 0, NAN, 9], [1, 1]],
    ["argmin", "i32", 3, [4, 2, 3, 1, 5, 1], [3]],
    ["argmax", "f64", 2, [-0, 0, -1, 0, 0, 0], [0, 0]],
    ["sum", "f32", 0, [-0, 1, 2, 3, 4, 5], [-0, 1, 2, 3, 4, 5]],
  ];
  test.each(reductions)("%s of %s over axes %i", (kind, dtype, mask, values, expected) => {
    const sheet = new Sheet();
    const input = sheet.tensor(dtype, [2, 3], values);
    const kept = [2, 3].filter((_, axis) => !((mask >>> axis) & 1));
    const output = sheet.tensor(kind.startsWith("arg") ? "i32" : dtype, kept);
    sheet.once(jobs, words.reduce(kind, mask, input, output));
    expect(sheet.values(output)).toEqual(expected);
  });

  test("reductions of nothing give the identity", () => {
    const sheet = new Sheet();
    const input = sheet.tensor("f32", [2, 0]);
    for (const [kind, expected] of [
      ["sum", 0],
      ["prod", 1],
      ["max", -Infinity],
      ["min", Infinity],
    ] as const) {
      const output = sheet.tensor("f32", [2], [9]);
      sheet.once(jobs, words.reduce(kind, 2, input, output));
      expect(sheet.values(output)).toEqual([expected, expected]);
    }
  });

  test("sums have a fixed tree", () => {
    const sheet = new Sheet();
    const values = Array.from({ length: 5000 }, (_, i) => Math.fround(1 / (i + 1)));
    const input = sheet.tensor("f32", [5000], values);
    const output = sheet.tensor("f32", []);
    sheet.once(jobs, words.reduce("sum", 1, input, output));
    const add = (list: readonly number[]): number => list.reduce((sum, value) => Math.fround(sum + value));
    const block = (list: readonly number[]): number => {
      let lanes = Array.from({ length: 16 }, (_, lane) => {
        const mine = list.filter((_, i) => i % 16 === lane);
        return mine.length === 0 ? 0 : add(mine);
      });
      while (lanes.length > 1)
        lanes = lanes.slice(0, lanes.length / 2).map((lane, i) => add([lane, lanes[i + lanes.length / 2]!]));
      return lanes[0]!;
    };
    expect(sheet.values(output)).toEqual([block([block(values.slice(0, 4096)), block(values.slice(4096))])]);
  });

  test("running sums, forward and backward", () => {
    const sheet = new Sheet();
    const input = sheet.tensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const [rows, columns] = [sheet.tensor("f32", [2, 3]), sheet.tensor("f32", [2, 3])];
    sheet.once(jobs, [...words.cumulate("sum", 1, 0, input, rows), ...words.cumulate("max", 0, 1, input, columns)]);
    expect(sheet.values(rows)).toEqual([1, 3, 6, 4, 9, 15]);
    expect(sheet.values(columns)).toEqual([4, 5, 6, 4, 5, 6]);
  });

  test("dot with a transposed operand, accumulation and an epilogue", () => {
    const sheet = new Sheet();
    const a = sheet.tensor("f32", [2, 3], [1, 2, 3, 4, 5, 6]);
    const out = sheet.tensor("f32", [2, 2], [100]);
    const activated = sheet.tensor("f32", [2, 2]);
    const bias = { ...sheet.tensor("f32", [2], [-20, -40]), extents: [2, 2], strides: [0, 1] };
    const transposed = { ...a, extents: [3, 2], strides: [1, 3] };
    const relu = [step("add", "f32", 2, [0, 1]), step("constant", "f32", 3), step("maximum", "f32", 4, [2, 3])];
    const epilogue = { inputs: [bias], outputs: [activated], steps: relu, registers: 5, results: [4] };
    sheet.once(jobs, words.dot(0, [a, transposed, out], epilogue));
    expect(sheet.values(out)).toEqual([14, 32, 32, 77]);
    expect(sheet.values(activated)).toEqual([0, 0, 12, 37]);
    sheet.once(jobs, words.dot(2, [a, transposed, out]));
    expect(sheet.values(out)).toEqual([28, 64, 64, 154]);
  });

  test("dot rounds products and sums at once", () => {
    const sheet = new Sheet();
    const tiny = 2 ** -23;
    const a = sheet.tensor("f32", [1, 2], [1, 1 + tiny]);
    const b = sheet.tensor("f32", [2, 1], [-1 - 2 * tiny, 1 + tiny]);
    const [out, double] = [sheet.tensor("f32", [1, 1]), sheet.tensor("f64", [1, 1])];
    const c = sheet.tensor("f64", [1, 2], [1, 1 + 2 ** -52]);
    const d = sheet.tensor("f64", [2, 1], [-1 - 2 ** -51, 1 + 2 ** -52]);
    sheet.once(jobs, [...words.dot(0, [a, b, out]), ...words.dot(0, [c, d, double])]);
    expect(sheet.values(out)).toEqual([2 ** -46]);
    expect(sheet.values(double)).toEqual([2 ** -104]);
  });

  test("take and put, along and not", () => {
    const sheet = new Sheet();
    const source = sheet.tensor("f32", [3, 2], [1, 2, 3, 4, 5, 6]);
    const indices = sheet.tensor("i32", [4], [2, -3, 2, 1]);
    const [taken, summed] = [sheet.tensor("f32", [4, 2]), sheet.tensor("f32", [3, 2])];
    sheet.once(jobs, [
      ...instruction("take", [0], source, indices, taken),
      ...words.put("put", 0, "add", summed, indices, taken),
    ]);
    expect(sheet.values(taken)).toEqual([5, 6, 1, 2, 5, 6, 3, 4]);
    expect(sheet.values(summed)).toEqual([1, 2, 3, 4, 10, 12]);

    const places = sheet.tensor("i32", [3, 1], [1, 0, -1]);
    const along = sheet.tensor("f32", [3, 1]);
    const updates = sheet.tensor("f32", [3, 1], [-7]);
    sheet.once(jobs, [
      ...instruction("takeAlong", [1], source, places, along),
      ...words.put("putAlong", 1, "set", source, places, updates),
    ]);
    expect(sheet.values(along)).toEqual([2, 3, 6]);
    expect(sheet.values(source)).toEqual([1, -7, -7, 4, 5, -7]);
  });

  test("sort is stable, with NaN at the end", () => {
    const sheet = new Sheet();
    const input = sheet.tensor("f32", [6], [2, NAN, -0, 2, 0, -1]);
    const [values, order] = [sheet.tensor("f32", [6]), sheet.tensor("i32", [6])];
    sheet.once(jobs, instruction("sort", [0], input, values, order));
    expect(sheet.values(values)).toEqual([-1, -0, 0, 2, 2, NAN]);
    expect(sheet.values(order)).toEqual([5, 2, 4, 0, 3, 1]);
    sheet.once(jobs, instruction("sort", [1], input, input, order));
    expect(sheet.values(input)).toEqual([2, 2, -0, 0, -1, NAN]);
    expect(sheet.values(order)).toEqual([0, 3, 2, 4, 5, 1]);
  });

  test("slice and update move the start so that it fits", () => {
    const sheet = new Sheet();
    const whole = sheet.tensor("i32", [5], [1, 2, 3, 4, 5]);
    const [far, before] = [sheet.tensor("i32", [], [9]), sheet.tensor("i32", [], [-2])];
    const part = sheet.tensor("i32", [2]);
    sheet.once(jobs, [
      ...instruction("slice", [0], whole, far, part),
      ...instruction("update", [0], whole, before, part),
    ]);
    expect(sheet.values(part)).toEqual([4, 5]);
    expect(sheet.values(whole)).toEqual([4, 5, 3, 4, 5]);
  });

  test("cholesky, lu and triangular", () => {
    const sheet = new Sheet();
    const matrix = sheet.tensor("f64", [2, 2, 2], [4, 99, 2, 5, 1, 99, 2, 1]);
    const factor = sheet.tensor("f64", [2, 2, 2]);
    sheet.once(jobs, instruction("cholesky", [], matrix, factor));
    expect(sheet.values(factor)).toEqual([2, 0, 1, 2, 1, 0, 2, NAN]);

    const square = sheet.tensor("f32", [3, 3], [1, 2, 3, 4, 5, 6, -4, 8, 9]);
    const [both, pivots] = [sheet.tensor("f32", [3, 3]), sheet.tensor("i32", [3])];
    sheet.once(jobs, instruction("lu", [], square, both, pivots));
    expect(sheet.values(pivots)).toEqual([1, 2, 0]);
    expect(sheet.values(both).slice(0, 7)).toEqual([4, 5, 6, -1, 13, 15, 0.25]);

    const upper = sheet.tensor("f64", [2, 2], [2, 1, 99, 4]);
    const right = sheet.tensor("f64", [2, 1], [4, 8]);
    const [x, y] = [sheet.tensor("f64", [2, 1]), sheet.tensor("f64", [2, 1])];
    sheet.once(jobs, [
      ...instruction("triangular", [1], upper, right, x),
      ...instruction("triangular", [2], { ...upper, strides: [1, 2] }, right, y),
    ]);
    expect(sheet.values(x)).toEqual([1, 2]);
    expect(sheet.values(y)).toEqual([4, 4]);
  });

  test("load and store cast between columns in segments and a tensor", () => {
    const sheet = new Sheet();
    const floats = sheet.tensor("f32", [6], [1.5, 9, -2.5, 9, 300, 9]);
    const bytes = sheet.tensor("u8", [4], [7, 8, 250, 9]);
    const [half, unsigned] = [sheet.words([0, 0]), sheet.words([0, 0, 0])];
    const table = sheet.words([
      ...[2, 2, 1],
      ...[elementCode.f32, 8, floats.offset, floats.offset + 16],
      ...[elementCode.i8, 1, bytes.offset, bytes.offset + 2],
    ]);
    const back = sheet.words([
      ...[2, 1, 2],
      ...[elementCode.i16, 2, half, half + 4],
      ...[elementCode.u32, 4, unsigned, unsigned + 4],
    ]);
    const result = sheet.tensor("f64", [3, 2]);
    sheet.once(jobs, [...instruction("load", [2, table], result), ...instruction("store", [2, back], result)]);
    expect(sheet.values(result)).toEqual([1.5, 7, -2.5, 8, 300, -6]);
    const { i16, u32 } = sheet.memory;
    expect([i16[half / 2], i16[half / 2 + 2], i16[half / 2 + 3]]).toEqual([1, -2, 300]);
    expect(Array.from(u32.subarray(unsigned / 4, unsigned / 4 + 3))).toEqual([7, 8, 0]);
  });

  test.each([1, 2, 3, 4, 7, 100])("rows in blocks of %i, through local memory", (block) => {
    const sheet = new Sheet();
    const matrix = {
      ...sheet.tensor(
        "f32",
        [7, 3],
        Array.from({ length: 21 }, (_, i) => i),
      ),
      rows: true,
    };
    const local = { dtype: "f32", extents: [7], offset: 64, local: true, rows: true } as const;
    const totals = { ...sheet.tensor("f32", [7]), rows: true };
    const numbers = { ...sheet.tensor("i32", [7, 3]), rows: true };
    const body = [
      ...words.reduce("sum", 2, matrix, local),
      ...elementwise([local], totals, [step("negate", "f32", 1, [0])]),
      ...elementwise([], numbers, [step("iota", "i32", 0, [], 255)]),
    ];
    sheet.once(jobs, words.rows(7, 0, block, body), { local: 1024 });
    expect(sheet.values(totals)).toEqual([-3, -12, -21, -30, -39, -48, -57]);
    expect(sheet.values(numbers)).toEqual(Array.from({ length: 21 }, (_, i) => i));
  });

  test("loop, while and branch", () => {
    const sheet = new Sheet();
    const [counter, sum, condition] = [sheet.tensor("i32", []), sheet.tensor("i32", []), sheet.tensor("bool", [])];
    const add = elementwise([sum, counter], sum, [step("add", "i32", 2, [0, 1])]);
    sheet.once(jobs, words.loop(5, counter, add));
    expect([sheet.values(sum), sheet.values(counter)]).toEqual([[10], [4]]);
    const below = [step("constant", "i32", 1, [], 0, 21), step("less", "i32", 2, [0, 1])];
    sheet.once(jobs, words.whileLoop(condition, elementwise([sum], condition, below), add));
    expect(sheet.values(sum)).toEqual([22]);
    for (const [selector, expected] of [
      [-3, 1],
      [0, 1],
      [1, 2],
      [7, 2],
    ] as const) {
      const chosen = sheet.tensor("i32", [], [selector]);
      const bodies = [1, 2].map((value) => elementwise([], sum, [step("constant", "i32", 0, [], 0, value)]));
      sheet.once(jobs, words.branch(chosen, bodies));
      expect(sheet.values(sum)).toEqual([expected]);
    }
  });

  test("a plan runs with any leading number up to its maximum, from slots", () => {
    const sheet = new Sheet();
    const [x, y, z] = [1, 2, 3].map((value) => sheet.tensor("f32", [4, 2], [value]));
    const slotTable = sheet.words([x!.offset, y!.offset]);
    const at = (slot: number) => ({ dtype: "f32", extents: [1, 2], offset: 0, slot, leading: 1 }) as const;
    const body = elementwise([at(1)], at(2), [step("square", "f32", 1, [0]), step("add", "f32", 2, [1, 0])]);
    const { offset, count } = sheet.write(words.program(body, { leadingMax: 4, slots: 2, slotTable }));
    const plan = jobs.tensorPlan(sheet.memory, offset, count);
    jobs.tensorRun(sheet.memory, plan, 3, sheet.memory);
    expect(sheet.values(y!)).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    sheet.memory.u32.set([y!.offset, z!.offset], slotTable / 4);
    jobs.tensorRun(sheet.memory, plan, 2, sheet.memory);
    expect(sheet.values(z!)).toEqual([6, 6, 6, 6, 3, 3, 3, 3]);
    jobs.tensorDrop(sheet.memory, plan);
    expect(() => jobs.tensorRun(sheet.memory, plan, 2, sheet.memory)).toThrow(/operand plan/);
  });

  test("what is only moved keeps the bits of its NaNs, what is computed has the canonical one", () => {
    const sheet = new Sheet();
    const input = sheet.tensor("f32", [2]);
    const [copied, negated] = [sheet.tensor("f32", [2]), sheet.tensor("f32", [2])];
    const word = (operand: { offset: number }): number[] => {
      const { u32 } = sheet.memory;
      return [u32[operand.offset / 4]!, u32[operand.offset / 4 + 1]!];
    };
    sheet.memory.u32.set([0xffc12345, 0x7f800001], input.offset / 4);
    sheet.once(jobs, [
      ...elementwise([input], copied, []),
      ...elementwise([input], negated, [step("negate", "f32", 1, [0])]),
    ]);
    expect(word(copied)).toEqual([0xffc12345, 0x7f800001]);
    expect(word(negated)).toEqual([0x7fc00000, 0x7fc00000]);
  });
});
