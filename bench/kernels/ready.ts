import { createWorld } from "../../src/index.ts";
import { median } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { chunkRowsOf } from "./sides.ts";
import { Goal, Position, steerBy, uniforms, Velocity } from "./steering.ts";

const KERNELS = 21;
const TICKS = 32;
/** Runs of the other kernel before each tick. */
const OTHERS = 8;
const WARMER = 1.2;

/**
 * The first run of a kernel that was prepared, beside the median of its later ones: medians over fresh kernels. Before each of
 * them another kernel, prepared as well, runs over the same columns, so that all find the same in the caches: the columns, and
 * code that is not their own, as in a world with several systems.
 */
function firstTick(count: number): { first: number; steady: number; ratio: number } {
  const world = createWorld({ components: [Position, Goal, Velocity], chunkRows: chunkRowsOf(count) });
  world.spawnMany(count, Position, Goal, Velocity);
  const firsts: number[] = [];
  const steadies: number[] = [];
  const ratios: number[] = [];
  const other = steerBy(0);
  other.prepare(world);
  for (let order = 1; order <= KERNELS; order++) {
    const kernel = steerBy(order);
    kernel.prepare(world);
    const times = Array.from({ length: TICKS }, () => {
      for (let run = 0; run < OTHERS; run++) other.run(world, uniforms);
      const start = performance.now();
      kernel.run(world, uniforms);
      return performance.now() - start;
    });
    const steady = median(times.slice(TICKS >> 1));
    firsts.push(times[0]!);
    steadies.push(steady);
    ratios.push(steady / times[0]!);
  }
  return { first: median(firsts), steady: median(steadies), ratio: median(ratios) };
}

function workload(count: number): Workload {
  return {
    name: `the first tick of a prepared kernel, ${count.toLocaleString("en-US")} entities`,
    item: "entity",
    peers: ["a steady tick"],
    target: { text: `<= ${WARMER}x the time`, met: ({ ratio }) => ratio >= 1 / WARMER },
    async measure() {
      const { first, steady, ratio } = firstTick(count);
      return { ours: (first * 1e6) / count, peer: (steady * 1e6) / count, ratio };
    },
  };
}

export const readyWorkloads: readonly Workload[] = [workload(10_000), workload(100_000), workload(1_000_000)];
