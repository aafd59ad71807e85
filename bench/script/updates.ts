import { LuaFactory } from "wasmoon";
import type { Side } from "../pairs.ts";
import type { Measured, Workload } from "../workload.ts";
import { COUNT, DELTA, driftInLua, inArrays, inF32, inF64, inKernel, sideOf, withLua, withWasm } from "./drift.ts";

const GROUP = 32;

/** At most so many milliseconds for all. */
const within = (ms: number) => ({
  text: `<= ${ms} ms for ${COUNT.toLocaleString("en-US")}`,
  met: ({ ours }: Measured) => (ours * COUNT) / 1e6 <= ms,
});

/** The same function called for each row by wasmoon's own API: no budgets, nothing is taken back. */
async function throughWasmoon(): Promise<Side> {
  const lua = await new LuaFactory().createEngine();
  const body = driftInLua.code as string;
  const rule = body.slice(body.indexOf("  local dx"), body.indexOf("  p.x ="));
  await lua.doString(`function drift(x, y, heat, dt)\n${rule}\n  return { x + dx * dt, y + dy * dt, heat }\nend`);
  const drift = lua.global.get("drift") as (x: number, y: number, heat: number, dt: number) => [number, number, number];
  return inArrays((xs, ys, heats) => {
    for (let i = 0; i < COUNT; i++) {
      const [x, y, heat] = drift(xs[i]!, ys[i]!, heats[i]!, DELTA);
      xs[i] = x;
      ys[i] = y;
      heats[i] = heat;
    }
  });
}

export const updateWorkloads: readonly Workload[] = [
  {
    name: "10,000 updates of isolated instances in Lua, with budgets and transactions",
    item: "update",
    peers: ["a loop in JavaScript", "wasmoon's own API"],
    target: within(5),
    pair: async (peer) => ({
      ours: sideOf(await withLua()),
      peer: peer === "wasmoon's own API" ? await throughWasmoon() : inArrays(inF64),
      work: COUNT,
      group: peer === "wasmoon's own API" ? 1 : GROUP,
    }),
  },
  {
    name: "10,000 updates as a batch in WebAssembly, with budgets and transactions",
    item: "update",
    peers: ["a loop in JavaScript"],
    target: within(0.2),
    pair: async () => ({ ours: sideOf(await withWasm()), peer: inArrays(inF64), work: COUNT, group: GROUP }),
  },
  {
    name: "10,000 updates as a kernel",
    item: "update",
    peers: ["a loop in JavaScript"],
    target: within(0.1),
    pair: async () => ({ ours: sideOf(inKernel()), peer: inArrays(inF32), work: COUNT, group: GROUP }),
  },
];
