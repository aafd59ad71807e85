import { currentArena } from "../../src/tensor.ts";
import { median, WorkFault } from "../pairs.ts";
import type { Measured } from "../workload.ts";
import { ourRunner } from "./ours.ts";
import { peers } from "./peers/index.ts";
import type { Runner } from "./runner.ts";
import type { Task } from "./task.ts";

const RUNS = 1000;
const SAMPLES = 9;
const WARM_UP = 20_000;
/** Half a byte stands for none, so that a ratio exists. */
const NONE = 0.5;

/** Bytes of heap that a run of our plan takes, and a run of TensorFlow.js. Throws where a block of the arena is taken. */
export async function measureMemory(task: Task): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
  const runner = ourRunner(task, "plan");
  await runner.time(10);
  const arena = currentArena();
  const blocks = arena.allocations;
  const ours = await bytesEach(runner);
  if (arena.allocations !== blocks) throw new WorkFault(`${arena.allocations - blocks} blocks were allocated`);
  const theirs = await peers["tfjs wasm"].runner(task);
  const peer = await bytesEach(theirs!);
  return { ours, peer, ratio: peer / ours };
}

/** Bytes of heap that a run takes in a steady state. */
async function bytesEach(runner: Runner): Promise<number> {
  const bytes: number[] = [];
  await runner.time(WARM_UP);
  for (let sample = 0; sample < SAMPLES; sample++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    await runner.time(RUNS);
    bytes.push((process.memoryUsage().heapUsed - before) / RUNS);
  }
  return Math.max(NONE, median(bytes));
}
