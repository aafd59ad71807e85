import { afterAll, describe, expect, test } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { Memory } from "../../src/native/memory.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { instructions } from "../../src/native/tensor/format.ts";
import { addon, alone, expectBytes } from "./both.ts";
import { BYTES, fillValue, LEADING, Maker, SLOTS } from "./tensor-maker.ts";
import { several } from "./tensor-programs.ts";
import { program } from "./tensor-words.ts";

const PROGRAM = 64;
const DATA = 256 * 1024;
const COLUMN_BYTES = 65_536;

/** A memory of the program and its operands, and one of columns, for each of two job sets. */
const [one, two] = [sides(), sides()];

interface Side {
  readonly memory: Memory;
  readonly columns: Memory;
}

function sides(): Side {
  const make = (bytes: number): Memory => {
    const memory = new Memory({ bytesMax: bytes });
    memory.grow(bytes / 65_536);
    return memory;
  };
  return { memory: make(BYTES), columns: make(COLUMN_BYTES) };
}

interface Made {
  readonly maker: Maker;
  readonly words: Uint32Array;
}

/** The program of a seed, or of a later one if that has more operands than there is room for. */
function make(seed: number, names: readonly string[], count: number): Made {
  for (let round = 0; ; round++) {
    try {
      return makeOf(seed + round * 1_000_000, names, count);
    } catch (error) {
      if (!String(error).includes("more memory")) throw error;
    }
  }
}

function makeOf(seed: number, names: readonly string[], count: number): Made {
  const maker = new Maker(seed, DATA);
  const slotTable = maker.bytes(SLOTS * 4);
  for (const [i, base] of maker.bases.entries()) maker.words.push([slotTable + i * 4, base]);
  const body = several(maker, names, count);
  return { maker, words: program(body, { leadingMax: LEADING, slots: SLOTS, slotTable, local: maker.localMax }) };
}

/** Writes the program and what it reads to one memory, and copies all of it to the other. */
function fill({ maker, words }: Made): void {
  const { memory, columns } = one;
  memory.u8.fill(0);
  for (let i = 0; i < memory.u32.length; i += 97) memory.u32[i] = i * 2_654_435_761;
  for (let i = 0; i < columns.u32.length; i++) columns.u32[i] = i * 2_654_435_761;
  memory.u32.set(words, PROGRAM / 4);
  for (const { dtype, first, count } of maker.fills)
    for (let i = first; i < first + count; i++) {
      const bits = fillValue(maker, dtype);
      if (dtype === "f64") new BigUint64Array(memory.wasm.buffer)[i] = bits;
      else if (dtype === "bool" || dtype === "u8") memory.u8[i] = Number(bits);
      else memory.u32[i] = Number(bits);
    }
  for (const [offset, word] of maker.words) memory.u32[offset / 4] = word;
  two.memory.u8.set(memory.u8);
  two.columns.u8.set(columns.u8);
}

function outcome(run: () => unknown): unknown {
  try {
    run();
    return "ran";
  } catch (error) {
    if (error instanceof WorldloomError && error.code === "job-input") return error.operands;
    throw error;
  }
}

/** Runs with both job sets, and expects the same outcome and the same bits; returns the outcome. */
function expectSame(run: (jobs: Jobs, side: Side) => unknown): unknown {
  const expected = outcome(() => run(referenceJobs, one));
  expect(outcome(() => run(addon!, two))).toEqual(expected);
  // What blocks of rows wrote before one of them failed depends on their order.
  if (expected !== "ran") two.memory.u8.set(one.memory.u8);
  if (expected !== "ran") two.columns.u8.set(one.columns.u8);
  expectBytes(two.memory.u8, one.memory.u8);
  expectBytes(two.columns.u8, one.columns.u8);
  return expected;
}

/** Once, and as a plan with several leading numbers. */
function expectSameRuns(made: Made): number {
  let ran = 0;
  const { length } = made.words;
  fill(made);
  if (expectSame((jobs, { memory }) => jobs.tensorOnce(memory, PROGRAM, length)) === "ran") ran++;
  fill(made);
  const planOf = (jobs: Jobs, { memory }: Side): number => jobs.tensorPlan(memory, PROGRAM, length);
  const [expected, actual] = [planOf(referenceJobs, one), planOf(addon!, two)];
  for (const leading of [LEADING, 1, LEADING, 0, 2])
    expectSame((jobs, { memory, columns }) =>
      jobs.tensorRun(memory, jobs === addon ? actual : expected, leading, columns),
    );
  referenceJobs.tensorDrop(one.memory, expected);
  addon!.tensorDrop(two.memory, actual);
  return ran;
}

const seeds = Number(process.env.WORLDLOOM_TENSOR_SEEDS ?? 40);
const from = Number(process.env.WORLDLOOM_TENSOR_SEED ?? 0);

describe.skipIf(alone)("programs give the same bits in Rust", () => {
  afterAll(() => void addon?.threads(1));

  test.each(instructions)("%s", (name) => {
    let ran = 0;
    for (let seed = from; seed < from + seeds; seed++) {
      const made = make(seed, [name], 1);
      try {
        ran += expectSameRuns(made);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    expect(ran).toBeGreaterThan(seeds / 2);
  });

  test.each([1, 2])("many instructions, %i threads", (threads) => {
    addon!.threads(threads);
    for (let seed = from; seed < from + seeds; seed++) {
      const made = make(1000 + seed, instructions, 8);
      try {
        expectSameRuns(made);
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
});
