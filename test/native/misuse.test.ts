import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import type { Memory } from "../../src/native/memory.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { addon, alone, expectBytes, jobSets, pages } from "./both.ts";

type AnyJob = (memory: Memory, ...numbers: number[]) => unknown;

/** All but `tensorRun`, which takes a second memory and has tests of its own. */
const jobNames = (Object.keys(referenceJobs) as (keyof Jobs)[]).filter(
  (name) => !["name", "release", "threads", "wake", "rest", "timeSlice", "tensorRun"].includes(name),
);

function call(jobs: Jobs, name: keyof Jobs, memory: Memory, numbers: readonly number[]): unknown {
  try {
    (jobs[name] as AnyJob)(memory, ...numbers);
    return "ran";
  } catch (error) {
    if (error instanceof WorldloomError && error.code === "job-input") return error.operands;
    throw error;
  }
}

/** Numbers that offsets, counts and scalars may be: sensible, at an edge, or nonsense. */
const anyNumber = fc.oneof(
  { weight: 6, arbitrary: fc.nat(4096).map((n) => n * 16) },
  { weight: 6, arbitrary: fc.nat(12) },
  { weight: 2, arbitrary: fc.nat(65_600) },
  { weight: 1, arbitrary: fc.nat(0xffffffff) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-1, 0.5, 65_536, 65_532, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, NaN, Infinity),
  },
);
const anyWord = fc.oneof(
  fc.nat(4096).map((n) => n * 16),
  fc.nat(12),
  fc.nat(0xffffffff),
  fc.constantFrom(0xffffffff, 0x3f800000, 0x7fc00000),
);

describe.each(jobNames)("%s survives any numbers", (name) => {
  const arity = (referenceJobs[name] as AnyJob).length - 1;

  test.skipIf(alone)("and both job sets refuse the same operand", () => {
    let refused = 0;
    const [one, two] = [pages(1), pages(1)];
    const words = fc.array(anyWord, { minLength: 61, maxLength: 61 });
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: arity, maxLength: arity }), words, (numbers, values) => {
        for (let i = 0; i < 16_384; i++) one.u32[i] = values[i % 61]!;
        two.u8.set(one.u8);
        const before = one.u8.slice();
        const expected = call(referenceJobs, name, one, numbers);
        expect(call(addon!, name, two, numbers)).toEqual(expected);
        if (expected === "ran") return;
        refused++;
        expectBytes(one.u8, before);
        expectBytes(two.u8, before);
      }),
      { seed: 8, numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});

describe.each(jobSets)("misuse (%s)", (_, jobs) => {
  test.each(["0", null, undefined, {}, 1n, [0]])("refuses %s as an offset", (offset) => {
    const act = () => (jobs.hash as unknown as (...operands: unknown[]) => void)(pages(1), offset, 1, 64);
    expect(act).toThrow(
      expect.objectContaining({ code: "job-input", operands: { operand: "spans", reason: "value" } }),
    );
  });

  test("refuses an unshared memory whose buffer was taken away", () => {
    const memory = pages(2, false);
    memory.u32.set([64, 128, 1], 0);
    memory.f32[32] = 1;
    jobs.integrate(memory, 0, 1, 1);
    memory.wasm.grow(0);
    expect(() => jobs.integrate(memory, 0, 1, 1)).toThrow(expect.objectContaining({ code: "job-input" }));
    expect(memory.u8.length).toBe(0);
  });

  test("serves many memories in turn", () => {
    const memories = Array.from({ length: 50 }, () => pages(1));
    for (let round = 1; round <= 3; round++) {
      for (const [i, memory] of memories.entries()) {
        memory.u32.set([64, 128, 1], 0);
        memory.f32[32] = i;
        jobs.integrate(memory, 0, 1, 1);
        expect(memory.f32[16]).toBe(i * round);
        if (round === 2 && i % 2 === 0) jobs.release(memory);
      }
    }
    for (const memory of memories) jobs.release(memory);
  });
});

describe("loadJobs", () => {
  const load = (choice: string | undefined) => {
    const module = new URL("../../src/native/index.ts", import.meta.url).href;
    const source = `const { loadJobs } = await import("${module}");
      try { console.log(loadJobs().name, loadJobs() === loadJobs()); } catch (error) { console.log(error.code); }`;
    const { WORLDLOOM_JOBS: _, ...env } = process.env;
    if (choice !== undefined) env.WORLDLOOM_JOBS = choice;
    const ran = spawnSync(process.execPath, ["--input-type=module", "--eval", source], { env, encoding: "utf8" });
    return { said: ran.stdout.trim(), noise: ran.stderr.trim() };
  };

  test("takes the choice of WORLDLOOM_JOBS", () => {
    expect(load("reference")).toEqual({ said: "reference true", noise: "" });
    expect(load("fast").said).toBe("jobs-unavailable");
  });

  test.skipIf(alone)("takes the addon where it loads", () => {
    expect(load("addon")).toEqual({ said: "addon true", noise: "" });
    expect(load(undefined)).toEqual({ said: "addon true", noise: "" });
  });
});
