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

/** The most that the instructions of a call that never ends were off its budget. */
async function off(make: () => Promise<ScriptEngine>, source: ScriptSource): Promise<number> {
  let most = 0;
  for (const instructions of BUDGETS) {
    const budget = { instructions, instructionsPerTick: instructions * 4 };
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
    most = Math.max(most, Math.abs(domain.inspect().instructions - before - instructions));
  }
  return most;
}

function row(name: string, slack: number, make: () => Promise<ScriptEngine>, source: () => ScriptSource): Workload {
  return {
    name,
    item: "call",
    unit: "instructions off",
    peers: ["the budget"],
    target: { text: "exact", met: ({ ours }) => ours <= slack },
    async measure() {
      const ours = await off(make, source());
      return { ours: Math.max(ours, 0.001), peer: slack, ratio: slack / Math.max(ours, 0.001) };
    },
  };
}

export const stopWorkloads: readonly Workload[] = [
  row("a call in Lua that never ends, against its budget", 0.001, luaEngine, () => endlessInLua),
  row(
    "a call in WebAssembly that never ends, against its budget",
    0.001,
    async () => new WasmEngine({ api: scriptApi }),
    endlessGuest,
  ),
];
