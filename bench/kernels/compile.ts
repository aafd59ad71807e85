import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createWorld, type Kernel, type World } from "../../src/index.ts";
import { median } from "../pairs.ts";
import type { Target, Workload } from "../workload.ts";
import { Goal, Position, steerBy, uniforms, Velocity } from "./steering.ts";

const SAMPLES = 31;

/** A world in which a kernel has next to nothing to do: a run is little more than what it takes to get ready. */
export function smallWorld(): World {
  const world = createWorld({ components: [Position, Goal, Velocity] });
  world.spawnMany(4, Position, Goal, Velocity);
  return world;
}

/** Milliseconds from the source to the end of the first run: parsed, lowered, emitted, compiled, called. */
export function declareMs(world: World, order: number): number {
  const start = performance.now();
  const kernel: Kernel = steerBy(order);
  kernel.run(world, uniforms);
  return performance.now() - start;
}

/** In a process of its own. */
function firstMs(): number {
  const script = fileURLToPath(new URL("first.ts", import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** Kernels of other contents, after some that are not counted. */
function laterMs(): number {
  const world = smallWorld();
  const times = Array.from({ length: SAMPLES + 4 }, (_, order) => declareMs(world, order));
  return median(times.slice(4));
}

/** Declarations of contents that were declared before. */
function cachedMs(): number {
  const world = smallWorld();
  declareMs(world, 0);
  const times = Array.from({ length: 2048 }, () => declareMs(world, 0));
  return median(times.slice(-512));
}

/** A limit in milliseconds stands where the other rows have a peer. */
function workload(name: string, limitMs: number, target: string, measureMs: () => number): Workload {
  const limit: Target = { text: target, met: ({ ours }) => ours <= limitMs };
  return {
    name,
    item: "kernel",
    unit: "ms",
    peers: ["the limit"],
    target: limit,
    async measure() {
      const ours = measureMs();
      return { ours, peer: limitMs, ratio: limitMs / ours };
    },
  };
}

export const compileWorkloads: readonly Workload[] = [
  workload("the first kernel of a process, from source to first run", 10, "<= 10 ms", () =>
    median(Array.from({ length: 9 }, firstMs)),
  ),
  workload("a later kernel, from source to first run", 2, "<= 2 ms", laterMs),
  workload("a kernel that was compiled before, from source to first run", 0.01, "<= 10 us", cachedMs),
];
