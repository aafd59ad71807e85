import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import { type Recorder, type RecordOptions, record } from "../../src/index.ts";
import { type Side, WorkFault } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { numberOf } from "../world/hash.ts";

const AGENTS = 100_000;
const TICKS = 64;
/** Ticks after a start that are not timed: it packs the whole state, and nothing is in the caches then. */
const WARM_TICKS = 16;

/** Both sides run in one world, one after the other, so that they differ in nothing else. */
async function pair(options: RecordOptions): Promise<{ ours: Side; peer: Side; work: number; group: number }> {
  const map = loadMap(BUNDLED_MAP);
  const { simulation } = new City({ map, agents: AGENTS, seed: 1, radius: 1, churn: 0.01 });
  const { world } = simulation;
  for (let tick = 0; tick < 24; tick++) simulation.step();
  const start = world.snapshot();
  const folder = mkdtempSync(join(tmpdir(), "worldloom-recording-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "city.recording");
  let recorder: Recorder | undefined;
  const back = (): void => {
    recorder?.close();
    recorder = undefined;
    world.restore(start);
  };
  const warmUp = (): void => {
    for (let tick = 0; tick < WARM_TICKS; tick++) simulation.step();
  };
  const run = (): number => {
    simulation.step();
    return 1;
  };
  return {
    ours: {
      reset() {
        back();
        recorder = record(simulation, file, options);
        warmUp();
      },
      run,
      checksum() {
        recorder?.close();
        if (recorder?.ticks !== WARM_TICKS + TICKS || statSync(file).size !== recorder.bytes)
          throw new WorkFault("the ticks are not in the file");
        recorder = undefined;
        return numberOf(world.hash());
      },
    },
    peer: {
      reset() {
        back();
        warmUp();
      },
      run,
      checksum: () => numberOf(world.hash()),
    },
    work: 1,
    group: TICKS,
  };
}

function workload(what: string, options: RecordOptions, most: number | undefined): Workload {
  return {
    name: `recording of a city of 100,000 agents${what}`,
    item: "tick",
    peers: ["the ticks alone"],
    ...(most !== undefined && {
      target: { text: `<= ${most}x the time`, met: ({ ratio }) => ratio >= 1 / most },
    }),
    pair: () => pair(options),
  };
}

export const recordingWorkloads: readonly Workload[] = [
  workload("", {}, 1.02),
  workload(", a hash each tick", { hashEvery: 1 }, undefined),
];
