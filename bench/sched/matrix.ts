import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WorkFault } from "../pairs.ts";
import type { Workload } from "../workload.ts";

const script = fileURLToPath(new URL("hashes.ts", import.meta.url));
const EXECUTORS = [0, 1, 2, 4, 8];

/** Runs the same worlds in every way there is, each in a process of its own, and counts those with equal hashes. */
function matrix(world: "crowd" | "city", name: string): Workload {
  return {
    name,
    item: "way",
    unit: "ways with equal hashes",
    peers: ["all ways"],
    target: { text: "all", met: ({ ours, peer }) => ours === peer },
    async measure() {
      const ways = EXECUTORS.flatMap((threads) =>
        ["addon", "reference"].flatMap((jobs) =>
          ["compiled", "interpreted"].map((kernels) => ({ threads, jobs, kernels })),
        ),
      );
      const lines = ways.map(({ threads, jobs, kernels }) => {
        const run = spawnSync(process.execPath, [script, world, String(threads)], {
          encoding: "utf8",
          env: { ...process.env, WORLDLOOM_JOBS: jobs, WORLDLOOM_KERNELS: kernels },
        });
        if (run.status !== 0) throw new WorkFault(`${threads} threads, ${jobs}, ${kernels}: ${run.stderr.trim()}`);
        return run.stdout.trim();
      });
      const equal = lines.filter((line) => /^[0-9a-f]{16} \d+$/.test(line) && line === lines[0]).length;
      return { ours: equal, peer: ways.length, ratio: equal / ways.length };
    },
  };
}

export const matrixWorkloads: readonly Workload[] = [
  matrix("crowd", "hashes of 10 worlds of 1,000 entities x 100 ticks: 5 executors, 2 kinds of jobs, 2 of kernels"),
  matrix("city", "hashes of a city of 20,000 agents x 300 ticks: 5 executors, 2 kinds of jobs, 2 of kernels"),
];
