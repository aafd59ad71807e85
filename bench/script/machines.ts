import { scriptApi } from "../../src/script/api/index.ts";
import { Pool } from "../../src/script/lua/pool.ts";
import { cloneMachine, makeTemplate } from "../../src/script/lua/template.ts";
import { luaEngine } from "../../src/script.ts";
import { median, WorkFault } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";
import { scripted } from "./drift.ts";
import { waitingWorld } from "./tasks.ts";

const ROUNDS = 31;

function row(name: string, unit: string, limit: number, measure: () => Promise<number> | number): Workload {
  return {
    name,
    item: "time",
    unit,
    peers: ["the limit"],
    target: { text: `<= ${limit} ${unit}`, met: ({ ours }) => ours <= limit },
    async measure(): Promise<Pick<Measured, "ours" | "peer" | "ratio">> {
      const ours = Math.max(1e-6, await measure());
      return { ours, peer: limit, ratio: limit / ours };
    },
  };
}

function timed(run: () => unknown): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** Median of what taking a snapshot, and going back to it, takes after a tick that ran the machine. */
async function aroundSnapshots(what: "snapshot" | "restore" | "untouched"): Promise<number> {
  const { world, systems, scripts } = await waitingWorld(1);
  const { memoryBytes } = scripts.of(world).slotOf("main")!.domain.inspect();
  if (memoryBytes < 8 << 20) throw new WorkFault(`the machine has ${memoryBytes} bytes`);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    world.step(systems);
    if (what === "untouched") world.snapshot().dispose();
    let snapshot = world.snapshot();
    if (what !== "restore") {
      snapshot.dispose();
      if (what === "snapshot") world.step(systems);
      times.push(timed(() => (snapshot = world.snapshot())));
    } else {
      const hash = world.hash();
      world.step(systems);
      times.push(timed(() => world.restore(snapshot)));
      if (world.hash() !== hash) throw new WorkFault("went back to another world");
    }
    snapshot.dispose();
  }
  return median(times);
}

export const machineWorkloads: readonly Workload[] = [
  row("a machine for Lua from the pool", "us", 20, () => {
    const pool = new Pool(makeTemplate(scriptApi), { least: ROUNDS, most: ROUNDS });
    pool.warm();
    const times = Array.from({ length: ROUNDS }, () => timed(() => pool.take()));
    if (pool.metrics.misses > 0) throw new WorkFault(`${pool.metrics.misses} were made anew`);
    pool.close();
    return median(times) * 1000;
  }),
  row("a machine for Lua, cold", "ms", 10, () => {
    const template = makeTemplate(scriptApi);
    return median(Array.from({ length: ROUNDS }, () => timed(() => cloneMachine(template))));
  }),
  row("memory of the machine of a simple script", "MB", 2, async () => {
    const simple = {
      name: "Simple",
      code: "script { state = { hits = 0 } }\nfunction onUpdate(self) self.State.hits = 1 end",
    };
    const { world, scripts } = await scripted(await luaEngine(), simple, 1);
    return scripts.of(world).slotOf("main")!.domain.inspect().memoryBytes / 1e6;
  }),
  row("snapshot of a world with a machine of 10,000 coroutines, after a tick", "ms", 2, () =>
    aroundSnapshots("snapshot"),
  ),
  row("going back to one", "ms", 1, () => aroundSnapshots("restore")),
  row("snapshot where the machine was not touched", "ms", 0.05, () => aroundSnapshots("untouched")),
];
