import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { Memory } from "../../src/native/memory.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { instructions, LOCAL_MAX, NESTING_MAX, PROGRAM_MAGIC } from "../../src/native/tensor/format.ts";
import { addon, alone, expectBytes, jobSets, pages } from "./both.ts";
import { Maker, SLOTS } from "./tensor-maker.ts";
import { several } from "./tensor-programs.ts";
import { elementwise, Sheet } from "./tensor-sheet.ts";
import * as words from "./tensor-words.ts";

const { step, instruction, program } = words;

function refused(run: () => unknown): unknown {
  try {
    run();
    return "ran";
  } catch (error) {
    if (error instanceof WorldloomError && error.code === "job-input") return error.operands;
    throw error;
  }
}

const fault = (reason: string, span: number, operand = "program"): object =>
  span < 0 ? { reason, operand } : { reason, operand, span };

const f32 = (extents: readonly number[], offset = 256): words.OperandOptions => ({ dtype: "f32", extents, offset });
const i32 = (extents: readonly number[], offset = 256): words.OperandOptions => ({
  ...f32(extents, offset),
  dtype: "i32",
});
const cut = (operand: words.OperandOptions): words.OperandOptions => ({ ...operand, rows: true });
const negate = (from: words.OperandOptions, to: words.OperandOptions): number[] =>
  elementwise([from], to, [step("negate", "f32", 1, [0])]);
const good = negate(f32([2]), f32([2]));
/** `good` with one step, register or result instead. */
const fused = (steps: words.StepWords[], registers = 2, results = [1], to: words.OperandOptions = f32([2])): number[] =>
  words.fuse({ inputs: [f32([2])], outputs: [to], steps, registers, results });
const nested = (depth: number): number[] => (depth === 0 ? [] : words.loop(1, i32([]), nested(depth - 1)));

describe.each(jobSets)("programs that are refused (%s)", (_, jobs) => {
  const malformed: [string, number[], number][] = [
    ["an unknown instruction", [99, 2], 0],
    ["an instruction of one word", [0], 0],
    ["words that go on behind the program", [1, 40, 0, 0], 0],
    ["words that are too many", [...good.with(1, good.length + 1), 0], 0],
    ["the second of two", [...good, 99, 2], 1],
    ["rank 9", negate(f32([1, 1, 1, 1, 1, 1, 1, 1, 1]), f32([2])), 0],
    ["a slot that there is not", negate({ ...f32([2]), slot: 1 }, f32([2])), 0],
    ["a flag for an axis that there is not", negate({ ...f32([2]), leading: 2 }, f32([2])), 0],
    ["local memory outside rows", negate({ ...f32([2]), local: true }, f32([2])), 0],
    ["rows outside rows", negate(cut(f32([2])), f32([2])), 0],
    ["an extent of 2^31", negate(f32([2 ** 31]), f32([2 ** 31])), 0],
    ["inputs and outputs of other shapes", negate(f32([3]), f32([2])), 0],
    ["an extent times the leading number beside one as it is", negate({ ...f32([2]), leading: 1 }, f32([2])), 0],
    ["no outputs", words.fuse({ inputs: [f32([2])], outputs: [], steps: [], registers: 1, results: [] }), 0],
    ["an unknown step", fused([{ words: [250 | (3 << 8) | (1 << 16), 0, 0, 0, 0] }]), 0],
    ["a step of the wrong type", fused([step("negate", "bool", 1, [0])]), 0],
    ["a register of another type", fused([step("negate", "f64", 1, [0])]), 0],
    ["a register that is not written yet", fused([step("add", "f32", 1, [0, 1])]), 0],
    ["a register that is written twice", fused([step("negate", "f32", 0, [0])]), 0],
    ["a register beyond the last", fused([step("negate", "f32", 2, [0])]), 0],
    ["65 registers", fused([step("negate", "f32", 1, [0])], 65), 0],
    ["a result of another type", fused([step("isnan", "f32", 1, [0])]), 0],
    ["a result that is not written", fused([], 2, [1]), 0],
    ["iota along an axis that there is not", fused([step("iota", "f32", 1, [], 1)]), 0],
    ["a cast to an unknown type", fused([step("cast", "f32", 1, [0], 5)]), 0],
    ["an unknown reduction", instruction("reduce", [8, 0], f32([2]), f32([2])), 0],
    ["a mask beyond the rank", instruction("reduce", [0, 2], f32([2]), f32([2])), 0],
    ["a sum of u8", words.reduce("sum", 1, { ...f32([2]), dtype: "u8" }, { ...f32([]), dtype: "u8" }), 0],
    ["argmax to f32", words.reduce("argmax", 1, f32([2]), f32([])), 0],
    ["an axis beyond the rank", words.cumulate("sum", 1, 0, f32([2]), f32([2])), 0],
    ["a product of unequal insides", words.dot(0, [f32([2, 3]), f32([2, 2]), f32([2, 2])]), 0],
    ["a product of i32", words.dot(0, [i32([2, 2]), i32([2, 2]), i32([2, 2])]), 0],
    [
      "an epilogue of another shape",
      words.dot(0, [f32([2, 2]), f32([2, 2]), f32([2, 2], 512)], {
        inputs: [],
        outputs: [f32([4])],
        steps: [],
        registers: 1,
        results: [0],
      }),
      0,
    ],
    ["indices of f32", instruction("take", [0], f32([2]), f32([2]), f32([2])), 0],
    ["sorting a scalar", instruction("sort", [0], f32([]), f32([]), i32([])), 0],
    ["a factor of what is not square", instruction("cholesky", [], f32([2, 3]), f32([2, 3])), 0],
    ["a table at an odd place", instruction("load", [1, 6], f32([2, 1])), 0],
    ["a row of other columns", instruction("load", [2, 8], f32([2, 1])), 0],
    ["blocks of no rows", words.rows(3, 0, 0, []), 0],
    ["a body that goes on behind its instruction", words.rows(3, 0, 1, []).with(5, 7), 0],
    ["rows in rows", words.rows(3, 0, 1, words.rows(3, 0, 1, [])), 1],
    ["a loop in rows", words.rows(3, 0, 1, words.loop(1, i32([]), [])), 1],
    ["load in rows", words.rows(3, 0, 1, instruction("load", [1, 8], cut(f32([3, 1])))), 1],
    ["an output of all rows", words.rows(3, 0, 1, negate(f32([2]), f32([2]))), 1],
    [
      "a reduction along what rows cut",
      words.rows(3, 0, 1, words.reduce("sum", 1, cut(f32([3])), { ...f32([], 0), local: true })),
      1,
    ],
    ["a counter of f32", words.loop(1, f32([]), []), 0],
    ["a condition of i32", words.whileLoop(i32([]), [], []), 0],
    ["a branch of nothing", words.branch(i32([]), []), 0],
    ["bodies too deep", nested(NESTING_MAX + 1), NESTING_MAX],
  ];
  test.each(malformed)("%s", (_, body, span) => {
    const sheet = new Sheet();
    const { offset, count } = sheet.write(program(body));
    expect(refused(() => jobs.tensorPlan(sheet.memory, offset, count))).toEqual(fault("value", span));
    expect(refused(() => jobs.tensorOnce(sheet.memory, offset, count))).toEqual(fault("value", span));
  });

  const headers: [string, (words: Uint32Array) => Uint32Array][] = [
    ["another magic number", (list) => list.with(0, PROGRAM_MAGIC + 1)],
    ["a number of words that is not its own", (list) => list.with(1, list.length + 1)],
    ["a leading maximum of 2^31", (list) => list.with(2, 2 ** 31)],
    ["256 slots", (list) => list.with(3, 256)],
    ["slots at an odd place", (list) => list.with(4, 2)],
    ["too much local memory", (list) => list.with(5, LOCAL_MAX + 1)],
    ["five words", (list) => list.slice(0, 5)],
  ];
  test.each(headers)("%s", (_, change) => {
    const sheet = new Sheet();
    const { offset, count } = sheet.write(change(program(good)));
    expect(refused(() => jobs.tensorPlan(sheet.memory, offset, count))).toEqual(fault("value", -1));
  });

  const local = { dtype: "f32", extents: [3], offset: 4, local: true, rows: true } as const;
  const unfit: [string, number[], object][] = [
    ["an input past the end", negate(f32([2], 65_532), f32([2])), fault("range", 0)],
    ["a stride that leads to before the start", negate({ ...f32([80]), strides: [-1] }, f32([80])), fault("range", 0)],
    ["the second instruction", [...good, ...negate(f32([2], 0xfffffffc), f32([2]))], fault("range", 1)],
    ["an odd offset", negate(f32([2], 258), f32([2])), fault("alignment", 0)],
    ["an odd offset of nothing", negate(f32([0], 0xfffffffe), f32([0])), fault("alignment", 0)],
    [
      "too many elements",
      negate({ ...f32([2 ** 16, 2 ** 15]), strides: [0, 0] }, f32([2 ** 16, 2 ** 15])),
      fault("value", 0),
    ],
    ["an output that is broadcast", negate(f32([2]), { ...f32([2]), strides: [0] }), fault("overlap", 0)],
    ["an output whose rows overlap", negate(f32([2, 3]), { ...f32([2, 3]), strides: [2, 1] }), fault("overlap", 0)],
    ["rows past the end", words.rows(99_999, 0, 2, negate(cut(f32([3])), cut(f32([3])))), fault("range", 1)],
    ["local memory past its end", words.rows(9, 0, 3, negate(cut(f32([9])), local)), fault("range", 1)],
    ["the largest of nothing", words.reduce("argmax", 1, f32([0]), i32([])), fault("value", 0)],
    [
      "a slice that is longer than the whole",
      instruction("slice", [0], f32([2]), i32([]), f32([3])),
      fault("value", 0),
    ],
    [
      "an update that is longer than the whole",
      instruction("update", [0], f32([2]), i32([]), f32([3])),
      fault("value", 0),
    ],
    [
      "an index outside",
      instruction("take", [0], f32([2]), i32([1], 40_000), f32([1], 512)),
      fault("value", 0, "indices"),
    ],
    ["a segment table past the end", instruction("load", [0, 65_536], f32([0, 0])), fault("range", 0, "segments")],
    [
      "a segment table that goes on past the end",
      instruction("store", [9, 65_500], f32([0, 9])),
      fault("range", 0, "segments"),
    ],
    ["rows that do not sum up", instruction("load", [1, 41_000], f32([4, 1])), fault("value", 0, "segments")],
    ["an unknown element", instruction("load", [1, 41_100], f32([2, 1])), fault("value", 0, "segments")],
    ["a column past the end", instruction("load", [1, 41_200], f32([2, 1])), fault("range", 0, "segments")],
    ["a column at an odd place", instruction("store", [1, 41_300], f32([2, 1])), fault("alignment", 0, "segments")],
    ["rows at odd distances", instruction("store", [1, 41_400], f32([2, 1])), fault("alignment", 0, "segments")],
  ];
  test.each(unfit)("%s", (_, body, expected) => {
    const sheet = new Sheet();
    const { i32: memory } = sheet.memory;
    memory[40_000 / 4] = 2;
    memory.set([1, 3, 0, 4, 0], 41_000 / 4);
    memory.set([1, 2, 8, 4, 0], 41_100 / 4);
    memory.set([1, 2, 0, 4, 65_532], 41_200 / 4);
    memory.set([1, 2, 0, 4, 258], 41_300 / 4);
    memory.set([1, 2, 0, 6, 256], 41_400 / 4);
    const { offset, count } = sheet.write(program(body, { local: 12 }));
    const before = sheet.memory.u8.slice();
    expect(refused(() => jobs.tensorOnce(sheet.memory, offset, count))).toEqual(expected);
    expectBytes(sheet.memory.u8, before);
  });

  test("slots that lead nowhere", () => {
    const sheet = new Sheet();
    const body = negate({ ...f32([4], 0), slot: 2, strides: [-1] }, { ...f32([4], 8), slot: 3 });
    const { offset, count } = sheet.write(program(body, { slots: 3, slotTable: 512 }));
    const plan = jobs.tensorPlan(sheet.memory, offset, count);
    const run = (second: number, third: number): unknown => {
      sheet.memory.u32.set([0xffffffff, second, third], 512 / 4);
      return refused(() => jobs.tensorRun(sheet.memory, plan, 0, sheet.memory));
    };
    expect(run(12, 65_512)).toBe("ran");
    expect(run(8, 1024)).toEqual(fault("range", 1, "slots"));
    expect(run(65_536, 1024)).toEqual(fault("range", 1, "slots"));
    expect(run(1024, 65_516)).toEqual(fault("range", 2, "slots"));
    expect(run(1022, 1024)).toEqual(fault("alignment", 1, "slots"));
    jobs.tensorDrop(sheet.memory, plan);
    const far = sheet.write(program(body, { slots: 3, slotTable: 65_528 }));
    expect(refused(() => jobs.tensorOnce(sheet.memory, far.offset, far.count))).toEqual(fault("range", -1));
  });

  test("arguments", () => {
    const sheet = new Sheet();
    const { memory } = sheet;
    const { offset, count } = sheet.write(program(good, { leadingMax: 2 }));
    const plan = jobs.tensorPlan(memory, offset, count);
    const of = (run: () => unknown): unknown => refused(run);
    expect(of(() => jobs.tensorPlan(memory, -1, count))).toEqual(fault("value", -1));
    expect(of(() => jobs.tensorPlan(memory, offset, 0.5))).toEqual(fault("value", -1, "words"));
    expect(of(() => jobs.tensorOnce(memory, 65_536, count))).toEqual(fault("range", -1));
    expect(of(() => jobs.tensorOnce(memory, offset + 2, count))).toEqual(fault("alignment", -1));
    expect(of(() => jobs.tensorRun(memory, plan + 1000, 0, memory))).toEqual(fault("value", -1, "plan"));
    expect(of(() => jobs.tensorRun(memory, plan, 3, memory))).toEqual(fault("value", -1, "leading"));
    expect(of(() => jobs.tensorRun(memory, plan, -1, memory))).toEqual(fault("value", -1, "leading"));
    expect(of(() => jobs.tensorDrop(memory, plan + 1000))).toEqual(fault("value", -1, "plan"));
    expect(of(() => jobs.tensorDrop(pages(1), plan))).toEqual(fault("value", -1, "plan"));
    jobs.tensorDrop(memory, plan);
    expect(of(() => jobs.tensorDrop(memory, plan))).toEqual(fault("value", -1, "plan"));
  });

  test("plans stay when their memory grows, and go when it is released", () => {
    const sheet = new Sheet();
    const { memory } = sheet;
    const { offset, count } = sheet.write(program(good));
    const other = pages(1);
    const growing = new Memory({ bytesMax: 131_072 });
    growing.u8.set(memory.u8);
    const plan = jobs.tensorPlan(growing, offset, count);
    growing.grow(2);
    growing.f32[64] = 5;
    jobs.tensorRun(growing, plan, 0, other);
    expect(growing.f32[64]).toBe(-5);
    jobs.release(growing);
    expect(refused(() => jobs.tensorRun(growing, plan, 0, other))).toEqual(fault("value", -1, "plan"));
    jobs.release(other);
  });
});

describe.skipIf(alone)("both job sets refuse alike", () => {
  const seeds = Number(process.env.WORLDLOOM_TENSOR_SEEDS ?? 40) * 5;
  const [one, two] = [pages(16), pages(16)];

  /** A valid program, and the same with one word changed. */
  function changed(seed: number, names: readonly string[], values: readonly number[]): Uint32Array | undefined {
    const maker = new Maker(seed, 256 * 1024);
    const slotTable = maker.bytes(SLOTS * 4);
    let list: Uint32Array;
    try {
      const body = several(maker, names, 2);
      list = program(body, { leadingMax: 3, slots: SLOTS, slotTable, local: maker.localMax });
    } catch {
      return undefined;
    }
    for (const memory of [one, two]) memory.u8.fill(0);
    for (const [i, base] of maker.bases.entries())
      for (const memory of [one, two]) memory.u32[slotTable / 4 + i] = base;
    for (let i = 0; i < 2; i++) {
      const at = maker.below(list.length);
      const old = list[at]!;
      const value = maker.pick([...values, old + 1, old - 1, old ^ (1 << maker.below(6))]);
      list[at] = value;
    }
    return list;
  }

  const call = (jobs: Jobs, list: Uint32Array, job: "tensorPlan" | "tensorOnce"): unknown => {
    const memory = jobs === addon ? two : one;
    memory.u32.set(list, 16);
    return refused(() => {
      const plan = jobs[job](memory, 64, list.length);
      if (plan !== undefined) jobs.tensorDrop(memory, plan);
    });
  };

  test("words changed to anything, read", () => {
    let count = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const list = changed(seed, instructions, [
        0,
        1,
        2,
        3,
        8,
        9,
        64,
        255,
        0xffff,
        0x10000,
        0x7fffffff,
        2 ** 31,
        0xffffffff,
      ]);
      if (list === undefined) continue;
      const expected = call(referenceJobs, list, "tensorPlan");
      expect(call(addon!, list, "tensorPlan"), `seed ${seed}`).toEqual(expected);
      if (expected !== "ran") count++;
    }
    expect(count).toBeGreaterThan(seeds / 4);
  });

  test("words changed to small ones, executed", () => {
    const names = instructions.filter((name) => name !== "while");
    for (let seed = 0; seed < seeds; seed++) {
      const list = changed(seed, names, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 40]);
      if (list === undefined) continue;
      expect(call(addon!, list, "tensorOnce"), `seed ${seed}`).toEqual(call(referenceJobs, list, "tensorOnce"));
    }
  });
});
