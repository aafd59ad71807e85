import { parallel, simulate } from "../../src/index.ts";
import { Energy, Position, Velocity } from "../../test/sched/bodies.ts";
import { crowdSystems, crowdWorld } from "../../test/sched/crowd.ts";
import { WorkFault } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";

const TICKS = 200_000;
const SAMPLES = 20;
/** Ticks for which the code of the engine and its heap settle. */
const SETTLED = 10;

/** Bytes that a tick leaves behind, by the least squares over the second half of many ticks. */
async function soak(): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
  // Threads pass their output on through these, which then stay for as long as the process.
  const streams = [process.stdout, process.stderr];
  const handles = process.getActiveResourcesInfo().length;
  const world = crowdWorld({ entities: 300, seed: 9 });
  const simulation = await simulate(world, crowdSystems(), {
    executor: parallel({ threads: 2, eager: true, commandBytes: 1 << 20 }),
  });
  const bytes: number[] = [];
  let entities = 0;
  using start = world.snapshot();
  const first = hashAfter(1000);
  world.restore(start);
  for (let sample = 0; sample < SAMPLES; sample++) {
    for (let tick = 0; tick < TICKS / SAMPLES; tick++) {
      simulation.step();
      // The world dies out: it is filled up again, by its tick alone.
      if (world.entityCount < 200) simulation.apply(refill());
      entities += world.entityCount;
    }
    globalThis.gc?.();
    bytes.push(process.memoryUsage().heapUsed + world.arena.usedBytes);
  }
  if (entities < TICKS * 100) throw new WorkFault(`simulated ${entities} entities`);
  world.restore(start);
  const again = hashAfter(1000);
  if (first !== again) throw new WorkFault(`gave ${first} before and ${again} after ${TICKS} ticks`);
  await simulation.close();
  world.dispose();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const left = process.getActiveResourcesInfo().length;
  if (streams.length === 2 && left > handles)
    throw new WorkFault(`left ${left - handles} handles: ${process.getActiveResourcesInfo().join(", ")}`);
  const slope = slopeOf(bytes.slice(SETTLED)) / (TICKS / SAMPLES);
  return { ours: Math.max(0.001, Math.abs(slope)), peer: 1, ratio: 1 / Math.max(0.001, Math.abs(slope)) };

  function hashAfter(ticks: number): string {
    for (let tick = 0; tick < ticks; tick++) simulation.step();
    return world.hash();
  }
  function refill(): ReturnType<typeof world.commands> {
    const commands = world.commands();
    commands.spawnMany(200, [Position, { x: world.tick % 97 }], Velocity, [Energy, { left: 200 }]);
    return commands;
  }
}

function slopeOf(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let [above, below] = [0, 0];
  values.forEach((value, i) => {
    above += (i - (n - 1) / 2) * (value - mean);
    below += (i - (n - 1) / 2) ** 2;
  });
  return above / below;
}

export const soakWorkloads: readonly Workload[] = [
  {
    name: "bytes a tick leaves, 200,000 ticks of a world whose entities come and go",
    item: "tick",
    unit: "bytes/tick",
    peers: ["one byte a tick"],
    target: { text: "< 1 byte", met: ({ ours }) => ours < 1 },
    measure: soak,
  },
];
