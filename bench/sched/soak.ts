import { getHeapSnapshot } from "node:v8";
import { parallel, simulate } from "../../src/index.ts";
import { Energy, Position, Velocity } from "../../test/sched/bodies.ts";
import { crowdSystems, crowdWorld } from "../../test/sched/crowd.ts";
import { WorkFault } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";

const TICKS = 200_000;
const SAMPLES = 20;
/** Samples after which the code of the engine and its heap have settled. */
const SETTLED = 10;
/**
 * Kinds of nodes of a heap snapshot that the engine has for itself: compiled code, what it has learned of types, and the
 * lists of what code depends on. They grow with the number of collections and of functions that were compiled again, not
 * with the number of ticks: by 110 to 150 kB in the second half of 20,000 ticks as of 200,000.
 */
const OF_ENGINE = new Set(["code", "hidden", "synthetic"]);

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
    if (sample >= SETTLED) bytes.push((await heldBytes()) + world.arena.usedBytes);
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
  const slope = slopeOf(bytes) / (TICKS / SAMPLES);
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

/** Bytes of all objects that a full collection leaves: also of texts, buffers, closures and shapes of objects. */
async function heldBytes(): Promise<number> {
  const parts: Buffer[] = [];
  for await (const part of getHeapSnapshot()) parts.push(part as Buffer);
  const { snapshot, nodes } = JSON.parse(Buffer.concat(parts).toString()) as HeapSnapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
  let bytes = 0;
  for (let at = 0; at < nodes.length; at += fields.length)
    if (!OF_ENGINE.has(types[0][nodes[at + type]!]!)) bytes += nodes[at + size]!;
  if (bytes < 1 << 20) throw new WorkFault(`found ${bytes} bytes of objects`);
  return bytes;
}

interface HeapSnapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: [string[]] } };
  readonly nodes: readonly number[];
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
