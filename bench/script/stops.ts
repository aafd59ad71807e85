import { createWorld } from "../../src/index.ts";
import {
  createScripts,
  luaEngine,
  type ScriptEngine,
  type ScriptSource,
  scriptApi,
  WasmEngine,
} from "../../src/script.ts";
import { WorkFault } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { endlessGuest } from "./endless.ts";

const BUDGETS = [1_000, 12_345, 1_000_000, 50_000_000];

const endlessInLua: ScriptSource = {
  name: "Endless",
  code: `script { state = {} }
local updates = 0
function onUpdate(self)
  updates = updates + 1
  if updates == 1 then return end
  while true do pcall(function() local t = setmetatable({}, { __index = function() error("again") end }); return t.x end) end
end`,
};

/** The instructions of calls that never end, one for each budget. */
async function used(make: () => Promise<ScriptEngine>, source: ScriptSource): Promise<number[]> {
  const found: number[] = [];
  for (const instructions of BUDGETS) {
    // The largest takes longer than the watchdog would wait.
    const budget = { instructions, instructionsPerTick: instructions * 4, watchdogMs: 60_000 };
    const scripts = createScripts({ engines: [await make()], budget });
    const script = await scripts.add(source);
    const kinds: string[] = [];
    scripts.onFault(({ kind }) => kinds.push(kind));
    const { components, resources, events, inputs } = scripts;
    const world = createWorld({ components, resources, events, inputs });
    const systems = scripts.systems();
    world.step(systems);
    world.spawn(script.component);
    world.step(systems);
    const { domain } = scripts.of(world).slotOf("main")!;
    const before = domain.inspect().instructions;
    world.step(systems);
    if (kinds.join() !== "instructions") throw new WorkFault(`was stopped for ${kinds.join() || "nothing"}`);
    found.push(domain.inspect().instructions - before);
  }
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Throws where a call used other than its budget: sums could hide it. */
function row(name: string, make: () => Promise<ScriptEngine>, source: () => ScriptSource): Workload {
  return {
    name,
    item: "call",
    unit: "instructions",
    peers: ["the budgets"],
    target: { text: "exact", met: ({ ours, peer }) => ours === peer },
    async measure() {
      const found = await used(make, source());
      if (found.join() !== BUDGETS.join()) throw new WorkFault(`used ${found.join(", ")} of ${BUDGETS.join(", ")}`);
      return { ours: sum(found), peer: sum(BUDGETS), ratio: sum(BUDGETS) / sum(found) };
    },
  };
}

export const stopWorkloads: readonly Workload[] = [
  row("calls in Lua that never end, against their budgets", luaEngine, () => endlessInLua),
  row(
    "calls in WebAssembly that never end, against their budgets",
    async () => new WasmEngine({ api: scriptApi }),
    endlessGuest,
  ),
];
