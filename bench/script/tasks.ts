import type { ScriptSource } from "../../src/script.ts";
import { luaEngine } from "../../src/script.ts";
import { median, WorkFault } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";
import { COUNT, type Scripted, scripted } from "./drift.ts";

const TICKS = 60;

/** Each instance starts a task that waits so many ticks again and again; 0 for none. */
function waiting(ticks: number): ScriptSource {
  const start = `Tasks.start(function() while true do Tasks.wait(${ticks}); rounds = rounds + 1 end end)`;
  return {
    name: "Waits",
    code: `script { state = {} }
rounds = 0
function onStart(self) ${ticks === 0 ? "" : start} end
function onDestroy(self) end
`,
  };
}

export async function waitingWorld(ticks: number): Promise<Scripted> {
  const made = await scripted(await luaEngine(), waiting(ticks));
  const { tasks } = made.scripts.of(made.world).slotOf("main")!.domain.inspect();
  if (tasks !== (ticks === 0 ? 0 : COUNT)) throw new WorkFault(`${tasks} tasks wait`);
  return made;
}

function ticksOf({ world, systems }: Scripted): number[] {
  return Array.from({ length: TICKS }, () => {
    const start = performance.now();
    world.step(systems);
    return performance.now() - start;
  });
}

function limited(ours: number, limit: number): Pick<Measured, "ours" | "peer" | "ratio"> {
  return { ours, peer: limit, ratio: limit / ours };
}

export const taskWorkloads: readonly Workload[] = [
  {
    name: "what 10,000 sleeping coroutines in Lua add to a tick",
    item: "tick",
    unit: "ms/tick",
    peers: ["the limit"],
    target: { text: "<= 0.05 ms", met: ({ ours }) => ours <= 0.05 },
    async measure() {
      const [asleep, none] = [await waitingWorld(1_000_000), await waitingWorld(0)];
      for (const one of [asleep, none]) ticksOf(one);
      const differences: number[] = [];
      for (let round = 0; round < 9; round++) {
        const [a, b] = [median(ticksOf(asleep)), median(ticksOf(none))];
        differences.push(a - b);
      }
      return limited(Math.max(0.001, median(differences)), 0.05);
    },
  },
  {
    name: "a tick in which 10,000 coroutines in Lua wake and wait again",
    item: "tick",
    unit: "ms/tick",
    peers: ["the limit"],
    target: { text: "<= 25 ms", met: ({ ours }) => ours <= 25 },
    async measure() {
      const made = await waitingWorld(1);
      ticksOf(made);
      const { domain } = made.scripts.of(made.world).slotOf("main")!;
      const before = domain.inspect().instructions;
      const times = ticksOf(made);
      // Four instructions a round at the least.
      const used = domain.inspect().instructions - before;
      if (used < COUNT * TICKS * 4) throw new WorkFault(`ran ${used} instructions`);
      return limited(median(times), 25);
    },
  },
];
