import { expect } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import { addonJobs } from "../../src/native/addon.ts";
import type { Jobs } from "../../src/native/jobs.ts";
import { Memory, PAGE_BYTES } from "../../src/native/memory.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";

/** The addon, unless it is not built or the reference is asked for. */
export const addon: Jobs | undefined = loadAddon();

/** Whether to skip what compares the two job sets. */
export const alone: boolean = addon === undefined;

function loadAddon(): Jobs | undefined {
  if (process.env.WORLDLOOM_JOBS === "reference") {
    console.info("differential tests are skipped: WORLDLOOM_JOBS=reference");
    return undefined;
  }
  try {
    return addonJobs();
  } catch (error) {
    console.info(`differential tests are skipped: ${String(error).split("\n")[0]}`);
    return undefined;
  }
}

/** Every job set that runs here, by name. */
export const jobSets: readonly (readonly [string, Jobs])[] =
  addon === undefined
    ? [["reference", referenceJobs]]
    : [
        ["reference", referenceJobs],
        ["addon", addon],
      ];

/** What a job did: what it returned, or the operands of the error that it threw. */
type Outcome = { readonly result: unknown } | { readonly refused: unknown };

/** A memory of `pages` pages of 64 KiB. */
export function pages(count: number, shared = true): Memory {
  const memory = new Memory({ bytesMax: count * PAGE_BYTES, shared });
  memory.grow(count);
  return memory;
}

const memories = new Map<number, readonly [Memory, Memory]>();

/**
 * Runs `job` on both job sets over equal memories that `fill` prepared, and expects the same outcome
 * and the same bits in all of the memory; a refused call leaves it untouched. Returns the outcome.
 */
export function expectSame(
  pageCount: number,
  fill: (memory: Memory) => void,
  job: (jobs: Jobs, memory: Memory) => unknown,
): Outcome {
  if (addon === undefined) throw new Error("expectSame needs the addon; skip the test if `alone`");
  const [one, two] = memories.get(pageCount) ?? [pages(pageCount), pages(pageCount)];
  memories.set(pageCount, [one, two]);
  one.u8.fill(0);
  fill(one);
  two.u8.set(one.u8);
  const before = one.u8.slice();
  const expected = outcome(() => job(referenceJobs, one));
  const actual = outcome(() => job(addon, two));
  expect(actual).toEqual(expected);
  if ("refused" in expected) expectBytes(one.u8, before);
  expectBytes(two.u8, one.u8);
  return expected;
}

function outcome(run: () => unknown): Outcome {
  try {
    return { result: run() };
  } catch (error) {
    if (error instanceof WorldloomError && error.code === "job-input") return { refused: error.operands };
    throw error;
  }
}

/** Fails at the first differing byte. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(bytes(actual), bytes(expected)) === 0) return;
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  expect.fail(`byte ${at} is ${actual[at]}, expected ${expected[at]}`);
}

function bytes(array: Uint8Array): Uint8Array {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
