import { createWorld, type WorldloomError } from "../../src/index.ts";
import { createScripts, luaEngine } from "../../src/script.ts";
import { WorkFault } from "../pairs.ts";
import type { Workload } from "../workload.ts";

const WATCHDOG_MS = 20;
const INSTANCES = 64;
const ROUNDS = 3;
const LIMIT_MS = 100;

/** Each keeps the machine busy in another way, as long as its budgets allow: far longer than the watchdog. */
const busy: Readonly<Record<string, string>> = {
  instructions: "while true do end",
  fields: "local t = {} while true do t.x = (t.x or 0) + 1 end",
  errors: 'while true do pcall(error, "x") end',
  garbage: "while true do local t = { {}, {}, {} } end",
  patterns: 'local s = ("a"):rep(4000) s:find(".-.-.-.-b")',
  tables: "local t = {} for i = 1, 30000 do t[i] = i end while true do table.insert(t, 1, 0) end",
  texts: 'while true do local s = ("x"):rep(1000000) end',
  sorting: "local t = {} for i = 1, 20000 do t[i] = (i * 7919) % 20011 end while true do table.sort(t) end",
  coroutines:
    "while true do local c = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, 100 do c() end end",
  compiling: 'local s = ("x = 1 "):rep(10000) while true do load(s) end',
};

/** The longest that a tick went on after the watchdog's time, with budgets as they are by default. */
async function latenessMs(): Promise<number> {
  let most = 0;
  for (const [what, body] of Object.entries(busy)) {
    const scripts = createScripts({ engines: [await luaEngine()], budget: { watchdogMs: WATCHDOG_MS } });
    const script = await scripts.add({ name: "Busy", code: `script {} function onUpdate() ${body} end` });
    const world = createWorld(scripts.worldTypes());
    world.spawnMany(INSTANCES, script.component);
    const systems = scripts.systems();
    for (let round = 0; round < ROUNDS; round++) {
      const cause = failureOf(() => world.step(systems));
      const ms = cause?.operands["ms"];
      if (cause?.code !== "script-fault" || typeof ms !== "number") throw new WorkFault(`${what} was not stopped`);
      most = Math.max(most, ms - WATCHDOG_MS);
    }
    world.dispose();
    scripts.dispose();
  }
  return most;
}

function failureOf(run: () => void): WorldloomError | undefined {
  try {
    run();
  } catch (error) {
    return (error as WorldloomError).cause as WorldloomError;
  }
  return undefined;
}

export const watchdogWorkloads: readonly Workload[] = [
  {
    name: "how late the watchdog stops calls in Lua, at worst",
    item: "tick",
    unit: "ms",
    peers: ["the limit"],
    target: { text: `<= ${LIMIT_MS} ms`, met: ({ ours }) => ours <= LIMIT_MS },
    async measure() {
      const ours = Math.max(1e-3, await latenessMs());
      return { ours, peer: LIMIT_MS, ratio: LIMIT_MS / ours };
    },
  },
];
