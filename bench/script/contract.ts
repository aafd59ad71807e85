import { wasm } from "../../src/native/wasm.ts";
import type { AccessLayout, Column, UpdateBatch } from "../../src/script/engine.ts";
import { DEFAULT_BUDGET, luaEngine, scriptApi, UndoLog } from "../../src/script.ts";
import { BridgeVm, columnsOf } from "../../test/script/lua/bridge-vm.ts";
import { type Side, WorkFault } from "../pairs.ts";
import { atLeast, type Workload } from "../workload.ts";
import { COUNT, DELTA, driftInLua } from "./drift.ts";

const access: readonly AccessLayout[] = [
  { name: "State", write: true, fields: [{ name: "heat", kind: "f64", lanes: 1, nan: false }] },
  {
    name: "Position",
    write: true,
    fields: [
      { name: "x", kind: "f32", lanes: 1, nan: false },
      { name: "y", kind: "f32", lanes: 1, nan: false },
    ],
  },
];

function batchOver(columns: readonly (readonly Column[])[]): UpdateBatch {
  return {
    count: COUNT,
    entities: Int32Array.from({ length: COUNT }, (_, row) => row + 1),
    instances: Int32Array.from({ length: COUNT }, (_, row) => row + 1),
    due: new Uint8Array(COUNT).fill(1),
    columns,
  };
}

function sideOf(columns: readonly (readonly Column[])[], run: () => void): Side {
  const all = columns.flat();
  return {
    reset() {
      for (const [c, column] of all.entries()) for (let row = 0; row < COUNT; row++) column[row] = (row % 97) * (c + 1);
    },
    run() {
      run();
      return COUNT;
    },
    checksum() {
      let sum = 0;
      for (const column of all) for (let row = 0; row < column.length; row++) sum += column[row]!;
      return sum;
    },
  };
}

/** What the world's run time calls: budgets of the tick, faults, host calls of the API, tasks. */
async function throughDomain(): Promise<Side> {
  const engine = await luaEngine();
  const memory = new wasm.Memory({ initial: 16, maximum: 64, shared: true });
  const denied = (): never => {
    throw new WorkFault("nothing is asked of the host");
  };
  const domain = engine.open({
    name: "main",
    host: { api: scriptApi, memory, undo: new UndoLog(), call: denied, text: denied, intern: denied },
    budget: DEFAULT_BUDGET,
    profile: "standard",
  });
  const program = domain.load(await engine.compile(driftInLua), access);
  const columns = columnsOf(memory, access, COUNT, 64);
  for (let row = 0; row < COUNT; row++) {
    const made = domain.instantiate(program, { entity: row + 1, row, columns });
    if (!made.ok || made.value !== row + 1) throw new WorkFault("an instance was not made");
  }
  const batch = batchOver(columns);
  let tick = 0;
  return sideOf(columns, () => {
    domain.beginTick(++tick);
    if (domain.update(program, batch, 0, DELTA) !== COUNT || domain.fault !== undefined)
      throw new WorkFault(domain.fault?.message ?? "left rows out");
  });
}

/** The bridge with tables of Lua made by hand, in a machine that counts, too. */
function throughBridge(): Side {
  const vm = new BridgeVm(undefined, true);
  vm.declare(1, access, "proxies");
  const made = vm.run(
    `local code, rows = ...
    envs, selves = {}, {}
    local main = assert(load("local _ENV = ... ; " .. code, "=script"))
    local shared = { __index = setmetatable({ script = function() end, f64 = function() end }, { __index = _G }) }
    for i = 1, rows do
      envs[i] = setmetatable({}, shared)
      main(envs[i])
      selves[i] = { id = i, Position = proxies.Position, State = proxies.State }
    end`,
    driftInLua.code as string,
    BigInt(COUNT),
  );
  if (!made.ok) throw new WorkFault(String(made.value));
  const columns = columnsOf(vm.world, access, COUNT, 64);
  const batch = batchOver(columns);
  return sideOf(columns, () => {
    const { instructions, instructionsPerTick } = DEFAULT_BUDGET;
    const failed = vm.update(1, batch, 0, DELTA, instructions, instructionsPerTick);
    if (failed !== undefined || vm.bridge.row !== COUNT) throw new WorkFault(String(failed));
  });
}

export const contractWorkloads: readonly Workload[] = [
  {
    name: "10,000 updates in Lua through the contract of engines",
    item: "update",
    peers: ["the bridge by hand"],
    target: atLeast(0.95),
    pair: async () => ({ ours: await throughDomain(), peer: throughBridge(), work: COUNT, group: 8 }),
  },
];
