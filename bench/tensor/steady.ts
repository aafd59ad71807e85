import { currentArena } from "../../src/tensor.ts";
import { median, WorkFault } from "../pairs.ts";
import type { Target, Workload } from "../workload.ts";
import { ourRunner } from "./ours.ts";
import { peers } from "./peers/index.ts";
import type { Runner } from "./runner.ts";
import type { Task } from "./task.ts";

const RUNS = 1000;
const SAMPLES = 9;
/** Half a byte stands for none, so that a ratio exists. */
const NONE = 0.5;

/** Blocks of the arena are counted; the heap may differ by what measuring takes. */
const nothing: Target = { text: "no block, <= 8 bytes", met: ({ ours }) => ours <= 8 };

/** Bytes of heap that a run takes in a steady state. */
async function bytesEach(runner: Runner): Promise<number> {
  const bytes: number[] = [];
  await runner.time(4 * RUNS);
  for (let sample = 0; sample < SAMPLES; sample++) {
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    await runner.time(RUNS);
    bytes.push((process.memoryUsage().heapUsed - before) / RUNS);
  }
  return Math.max(NONE, median(bytes));
}

function workload(name: string, task: Task): Workload {
  return {
    name: `memory taken by a run of a plan: ${name}`,
    item: "run",
    unit: "bytes/run",
    peers: ["tfjs wasm"],
    target: nothing,
    async measure() {
      const runner = ourRunner(task, "plan");
      await runner.time(10);
      const arena = currentArena();
      const blocks = arena.allocations;
      const ours = await bytesEach(runner);
      if (arena.allocations !== blocks) throw new WorkFault(`${arena.allocations - blocks} blocks were allocated`);
      const theirs = await peers["tfjs wasm"].runner(task);
      const peer = await bytesEach(theirs!);
      return { ours, peer, ratio: peer / ours };
    },
  };
}

const widths = [32, 128, 128, 8];

export const steadyWorkloads: readonly Workload[] = [
  workload("MLP 32-128-128-8 forward, batch 64", { kind: "forward", batch: 64, widths }),
  workload("its training, batch 64", { kind: "train", batch: 64, widths, rate: 0.05 }),
];
