import {
  component,
  createWorld,
  entity,
  event,
  f32,
  i32,
  input,
  loadWorld,
  prefab,
  type RecordingSink,
  randomBelow,
  type Simulation,
  type SimulationOptions,
  simulate,
  streamOf,
  system,
  Transform,
  type World,
} from "../../../src/index.ts";
import {
  createScripts,
  type LuaEngine,
  luaEngine,
  type ScriptFault,
  type Scripts,
  wasmEngine,
} from "../../../src/script.ts";
import {
  add,
  alloc,
  assemble,
  call,
  each,
  f64,
  get,
  load,
  loadF32,
  i32 as number,
  shl,
  storeF32,
} from "../wasm/guest-module.ts";
import { damp, dampQuery, Velocity } from "./damp.ts";

export const Position = component("Position", { x: f32, y: f32 });
export const Hit = event("Hit", { target: entity, damage: i32 }, { lifetime: 2 });
export const Ended = event("Ended", { who: entity }, { lifetime: 2 });
export const Poke = input("Poke", { x: f32, hard: i32 });

/** Walks, waits, keeps closures, hits others, and spawns. */
const walker = `
script {
  state = { steps = 0, mood = "calm", target = entity(), pace = f32(0.5), hits = 0 },
  writes = { "Position" }, reads = { "Velocity" }, hears = { "Hit.target" },
}
local memory, calls = {}, 0
local function counter()
  local n = 0
  return function(by) n = n + by return n end
end
local count = counter()

local function patrol(self)
  while true do
    for i = 1, Random.integer(1, 4) do
      memory[#memory % 40 + 1] = "leg " .. i .. " of " .. count(1)
      Tasks.wait(i)
    end
    local hit = Tasks.waitFor("Hit", 7)
    self.State.mood = hit and ("hit by " .. hit.damage) or "bored"
  end
end

function onStart(self)
  self.State.target = self.id
  Tasks.start(patrol, self)
  Tasks.after(5, "late")
end

function late(self) self.State.mood = "late" end

function onEvent(self, name, event)
  self.State.hits = self.State.hits + event.damage
end

function onUpdate(self, dt)
  calls = calls + 1
  local position = self.Position
  position.x = position.x + self.Velocity.x * dt + Random.float(-1, 1)
  position.y = position.y * 0.99 + self.State.pace
  self.State.steps = calls
  for _, poke in ipairs(Input.all("Poke")) do position.x = position.x + poke.x end
  if Random.chance(0.1) then
    local others = World.tagged("Position")
    Events.emit("Hit", { target = Random.pick(others), damage = Random.integer(1, 9) })
  end
  if Random.chance(0.05) then World.spawn("Spark", { Position = { x = position.x, y = self.id } }) end
end
`;

/** Lives a few ticks. */
const spark = `
script { state = { left = 3 }, writes = { "Position" } }
function onStart(self) self.State.left = Random.integer(2, 6) end
function onUpdate(self)
  self.Position.y = self.Position.y + 1
  self.State.left = self.State.left - 1
  if self.State.left <= 0 then World.despawn() end
end
function onDestroy(self) Events.emit("Ended", { who = self.id }) end
`;

/** Fails now and then, in many ways, and grows now and then. */
const clumsy = `
script { state = { tries = 0, kept = 0 }, writes = { "Position" } }
local hoard = {}
local ways = {
  function() error("stumbled") end,
  function() while true do end end,
  function() local function deep(n) return 1 + deep(n + 1) end return deep(0) end,
  function() World.spawn("Spark") error({ message = "after a spawn" }) end,
  function(self) self.Position.x = 1e9 self.State.kept = -1 local s = string.rep("x", 3000) error(s) end,
  function() coroutine.wrap(function() while true do pcall(error) end end)() end,
}
function onUpdate(self)
  self.State.tries = self.State.tries + 1
  if Random.chance(0.08) then ways[Random.integer(1, #ways)](self) end
  for i = 1, 20 do hoard[#hoard + 1] = "hoarded " .. self.id .. " " .. #hoard end
  self.State.kept = #hoard
  self.Position.x = self.Position.x + 1
end
function onSave(self) return { hoard = hoard } end
function onRestore(self, saved) hoard = saved.hoard end
`;

/** A version of the walker for reloads. */
export const walker2 = walker.replace("self.State.pace", "self.State.pace * 2");

/** x += velocity and a draw; y counts the updates of all rows, in a global of the guest. */
export const drifter = (() => {
  const [COUNT, LISTS, ROW] = [0, 2, 3];
  const at = (column: number) => [...get(LISTS), ...load(4 + column * 4), ...get(ROW), ...number(2), shl, add];
  const draw = [...number(0), ...f64(0), ...number(0), ...f64(0), ...call(0), 0xb6];
  const code = each(
    ROW,
    COUNT,
    ...[...get(ROW), ...call(1)],
    ...[...at(0), ...at(0), ...loadF32(), ...at(2), ...loadF32(), 0x92, ...draw, 0x92, ...storeF32()],
    ...[0x23, 0, ...number(1), add, 0x24, 0],
    ...[...at(1), 0x23, 0, 0xb2, ...storeF32()],
  );
  return assemble({
    manifest: { reads: ["Velocity"], writes: ["Position"], columns: ["Position.x", "Position.y", "Velocity.x"] },
    imports: [
      { name: "random_float", parameters: "idid", results: "d" },
      { name: "batch_row", parameters: "i" },
    ],
    globals: [{ type: "i", mutable: true, init: number(0) }],
    functions: [alloc, { name: "on_update", parameters: "idi", locals: [[1, "i"]], code: [code] }],
  });
})();

export const turn = system("turn", {
  query: dampQuery,
  module: { url: new URL("./damp.ts", import.meta.url).href, export: damp.name },
});

export interface Rich {
  readonly scripts: Scripts;
  readonly world: World;
  readonly game: Simulation;
  readonly faults: ScriptFault[];
}

export interface RichOptions extends SimulationOptions {
  readonly seed?: number;
  /** A save to go on from; else a new world of `count` entities of each script. */
  readonly bytes?: Uint8Array<ArrayBufferLike>;
  readonly count?: number;
}

let lua: Promise<LuaEngine> | undefined;

/** A world of scripts in Lua and WebAssembly that do all that scripts can do. */
export async function rich({ seed = 7, bytes, count = 6, ...options }: RichOptions = {}): Promise<Rich> {
  lua ??= luaEngine();
  const scripts = createScripts({
    engines: [await lua, wasmEngine()],
    components: [Position, Velocity],
    events: [Hit, Ended],
    inputs: [Poke],
    budget: { instructions: 50_000, memoryBytes: 8 << 20, stack: 10_000, watchdogMs: 600_000 },
    policy: { backoffTicks: 4, healthLoss: 0 },
  });
  await scripts.add({ name: "Walker", code: walker });
  await scripts.provide({ name: "Walker", code: walker2 });
  await scripts.add({ name: "Clumsy", code: clumsy });
  await scripts.add({ name: "Drifter", code: drifter }, { engine: "wasm", domain: "guests" });
  const sparks = await scripts.add({ name: "SparkScript", code: spark }, { domain: "other" });
  scripts.addPrefabs(prefab("Spark", [Position, sparks.component]));
  const faults: ScriptFault[] = [];
  scripts.onFault((fault) => faults.push(fault));
  const types = {
    components: [Transform, Position, Velocity, ...scripts.components],
    resources: scripts.resources,
    events: [Hit, Ended, ...scripts.events],
    inputs: [Poke, ...scripts.inputs],
  };
  const world = bytes === undefined ? createWorld({ ...types, seed }) : loadWorld(bytes, types);
  if (bytes === undefined)
    for (let i = 0; i < count; i++)
      for (const { component: script } of scripts.list)
        world.spawn([Position, { x: i, y: 1 }], [Velocity, { x: i + 1, y: -i }], script);
  const game = await simulate(world, [turn, ...scripts.systems()], options);
  return { scripts, world, game, faults };
}

/** What comes in before a tick: a function of the tick and the seed. */
export function drive({ game, scripts, world }: Rich, tick: number, seed = 1): void {
  const draw = (n: number, what: number): number => randomBelow(n, seed, streamOf("drive"), tick, what);
  for (let i = draw(3, 0); i > 0; i--) game.input(Poke, { x: draw(9, i) - 4, hard: draw(5, i + 9) });
  if (draw(4, 30) !== 0) return;
  const commands = world.commands();
  const script = scripts.list[draw(scripts.list.length, 31)]!;
  const velocity = { x: draw(9, 32) };
  if (draw(3, 33) > 0) commands.spawn([Position, { x: tick }], [Velocity, velocity], script.component);
  else {
    const all = [...world.query(script.component).entities()];
    const gone = all[draw(Math.max(1, all.length), 34)];
    if (gone !== undefined && draw(2, 35) === 0) commands.despawn(gone);
    else if (gone !== undefined) commands.remove(gone, script.component);
  }
  game.apply(commands);
}

/** The hashes of the next ticks, each driven. */
export function run(one: Rich, ticks: number, seed = 1): string[] {
  return Array.from({ length: ticks }, () => {
    drive(one, one.game.tick + 1, seed);
    one.game.step();
    return one.world.hash();
  });
}

/** A recording in memory. */
export class Bytes implements RecordingSink {
  readonly #parts: Uint8Array[] = [];
  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }
  close(): void {}
  get all(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}
