import { median, WorkFault } from "../pairs.ts";
import type { Measured } from "../workload.ts";
import type { Floats } from "./task.ts";

/** An implementation of a task, ready to run. It may live in another process or answer later. */
export interface Runner {
  /** Puts what runs change back to what it was at the start. */
  reset?(): void | Promise<void>;
  /** Does the task `runs` times; returns the milliseconds that it took. */
  time(runs: number): number | Promise<number>;
  /** What the last run computed; where runs change weights, all of these. */
  result(): Floats | Promise<Floats>;
  close?(): void;
}

/** How two runners are compared. */
export interface Comparison {
  /** How far results may differ, as a share of the largest element. */
  readonly tolerance: number;
  /** Runs from a reset after which results are compared. */
  readonly checkedRuns: number;
  readonly quick: boolean;
}

const SAMPLE_MS = 4;
/** Pairs end here, with what there is, where a peer takes long. */
const LIMIT_MS = 10_000;
const PAIRS_MIN = 5;
const RUNS_MAX = 1_000_000;

/** A runner of a function that answers at once. */
export function timed(run: () => void): (runs: number) => number {
  return (runs) => {
    const start = performance.now();
    for (let i = 0; i < runs; i++) run();
    return performance.now() - start;
  };
}

/**
 * Measures two runners sample by sample in turn, from a reset each, and compares their results before and after.
 * Figures are microseconds a run. Throws `WorkFault` where results differ.
 */
export async function measureRunners(
  ours: Runner,
  peer: Runner,
  { tolerance, checkedRuns, quick }: Comparison,
): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
  try {
    await compareResults(ours, peer, tolerance, checkedRuns);
    const warmupMs = quick ? 60 : 300;
    const ourRuns = await warmUp(ours, warmupMs);
    const peerRuns = await warmUp(peer, warmupMs);
    const ourTimes: number[] = [];
    const peerTimes: number[] = [];
    const end = performance.now() + LIMIT_MS;
    for (let pair = 0; pair < (quick ? 7 : 31) && (pair < PAIRS_MIN || performance.now() < end); pair++) {
      ourTimes.push(await sample(ours, ourRuns));
      peerTimes.push(await sample(peer, peerRuns));
    }
    await compareResults(ours, peer, tolerance, checkedRuns);
    const ratios = peerTimes.map((time, i) => time / ourTimes[i]!);
    return { ours: median(ourTimes), peer: median(peerTimes), ratio: median(ratios) };
  } finally {
    ours.close?.();
    peer.close?.();
  }
}

/** Throws where `found` is not `expected` within `tolerance` of its largest element. */
export function checkClose(found: Floats, expected: Floats, tolerance: number): void {
  if (found.length !== expected.length || found.length === 0)
    throw new WorkFault(`computed ${found.length} numbers, not ${expected.length}`);
  let largest = 0;
  for (const value of expected) largest = Math.max(largest, Math.abs(value));
  if (!(largest > 0 && largest < Infinity)) throw new WorkFault(`the largest number of the peer is ${largest}`);
  for (let i = 0; i < found.length; i++)
    if (!(Math.abs(found[i]! - expected[i]!) <= tolerance * largest))
      throw new WorkFault(`computed ${found[i]} at ${i}, the peer ${expected[i]}`);
}

async function compareResults(ours: Runner, peer: Runner, tolerance: number, runs: number): Promise<void> {
  for (const runner of [ours, peer]) {
    await runner.reset?.();
    await runner.time(runs);
  }
  checkClose(await ours.result(), await peer.result(), tolerance);
}

/** Runs until code is compiled; returns how many runs make a sample. */
async function warmUp(runner: Runner, warmupMs: number): Promise<number> {
  let runs = 1;
  for (let total = 0; total < warmupMs; ) {
    await runner.reset?.();
    const ms = await runner.time(runs);
    total += Math.max(ms, 0.01);
    if (ms < SAMPLE_MS) runs = Math.min(RUNS_MAX, Math.ceil((runs * SAMPLE_MS * 1.2) / Math.max(ms, 0.1)));
  }
  return runs;
}

/** Microseconds a run. */
async function sample(runner: Runner, runs: number): Promise<number> {
  await runner.reset?.();
  return ((await runner.time(runs)) * 1e3) / runs;
}
