import { describe, expect, test } from "vitest";
import { type Budget, type FaultKind, luaEngine } from "../../../src/script.ts";
import { differences, Hit, type Killing, killing, Rage, told } from "./kill.ts";

const engine = await luaEngine();
const budget: Partial<Budget> = {
  instructions: 100_000,
  instructionsPerTick: 1_000_000,
  memoryBytes: 3 << 20,
  stack: 3_000,
  spawns: 20,
  hostCalls: 300,
  events: 20,
  outputBytes: 2_000,
};

/** What ends a call, and how it is told. */
const ways: readonly (readonly [kind: FaultKind, code: string, budget?: Partial<Budget>])[] = [
  ["error", 'error("on purpose")'],
  ["error", "local t = nil t.x = 1"],
  ["instructions", "while true do pcall(function() while true do end end) end"],
  ["instructionsPerTick", "while true do end", { instructions: 4_000_000 }],
  ["memory", 'local t = {} for i = 1, 1e9 do t[i] = i .. "" end', { instructions: 1e7, instructionsPerTick: 2e7 }],
  [
    "memory",
    "pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end)",
    { instructions: 1e7, instructionsPerTick: 2e7 },
  ],
  ["stack", "local function deep() return 1 + deep() end deep()"],
  ["spawns", 'while true do pcall(World.spawn, "Spark") end'],
  ["hostCalls", "while true do Time.tick() end"],
  ["events", 'while true do Events.emit("Hit", { damage = 1 }) end'],
  ["outputBytes", 'while true do print("much to say") end'],
  [
    "work",
    "local _ = (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')",
    { instructions: 1_000_000, instructionsPerTick: 2_000_000 },
  ],
];

/** All that a call can do before it ends badly. */
const harm = `
  if World.isAlive(self.id) then
    self.Position.x, self.Position.y = 77, 77
    self.State.n, self.State.label, self.State.other = -5, "a text that nobody knew " .. Time.tick(), self.id
    Component.set(other, "Position", { x = 66 })
    Component.add(other, "Charm", { strength = 5 })
    Component.remove(self.id, "Rage")
  end
  World.despawn(other)
  heap.n = heap.n + 1
  Tasks.start(function() Tasks.wait(2) World.spawn("Spark") end)
  Tasks.after(1, "later")
  Tasks.defer(function() World.spawn("Spark") end)
  World.spawn("Spark", { Position = { x = 3 } })
  Events.emit("Hit", { target = self.id, damage = 3 })
`;

const hooks = ["onStart", "onUpdate", "onEvent", "onDestroy", "task", "after"] as const;
type Where = (typeof hooks)[number];

/** A script that does \`deed\` in one hook of the victim in tick 5, and next to nothing else. */
function code(where: Where, deed: string): string {
  return `
script { state = { n = 1, label = "", other = entity() }, writes = { "Position" }, hears = { "Hit" } }
local mine, other, heap = false, 0, { n = 0 }
local function deed(self) ${deed} end
local function now(self, where) return mine and where == "${where}" and Time.tick() == 5 end
function later() World.spawn("Spark") end
function onStart(self)
  mine = self.Position.y == 1
  other = World.tagged("Position")[2]
  if now(self, "onStart") then deed(self) end
  if mine and "${where}" == "task" then Tasks.start(function()
    Tasks.wait(4)
    if now(self, "task") then deed(self) end
  end) end
  if mine and "${where}" == "after" then Tasks.after(4, "called") end
end
function called(self) if now(self, "after") then deed(self) end end
function onUpdate(self)
  if now(self, "onUpdate") then deed(self) end
  if Time.tick() ~= 5 and self.Position.y ~= 1 then
    self.Position.x = self.Position.x + 1
    self.State.n = self.State.n + 1
  end
end
function onEvent(self) if now(self, "onEvent") then deed(self) end end
function onDestroy(self) if now(self, "onDestroy") then deed(self) end end
`;
}

/** Ticks to the fifth, in which the deed is done. */
function lead(one: Killing, where: Where): void {
  const { world, game, script, entities } = one;
  const [victim] = entities;
  if (where === "onStart") world.remove(victim!, script.component);
  for (let tick = 1; tick < 5; tick++) game.step();
  if (where === "onStart") world.add(victim!, script.component);
  if (where === "onEvent") {
    // Heard in the tick after it was emitted.
    world.emit(Hit, { damage: 1 });
  }
  if (where === "onDestroy") world.despawn(victim!);
  game.step();
}

describe.each(hooks)("in %s a call that is stopped changes nothing", (where) => {
  test.for(ways)("by %s: %s", async ([kind, way, more]) => {
    const options = { budget: { ...budget, ...more } };
    const [killed, idle] = [
      await killing(engine, code(where, `${harm} ${way}`), options),
      await killing(engine, code(where, ""), options),
    ];
    for (const one of [killed, idle]) lead(one, where);
    expect(idle.faults).toEqual([]);
    expect(
      killed.faults.map((fault) => fault.kind),
      killed.faults[0]?.message,
    ).toEqual([kind]);
    expect(told(killed.world)).toEqual([kind]);
    expect(differences(killed.world, idle.world)).toEqual([]);
    const { entities } = killed;
    if (where !== "onDestroy") expect(killed.state(entities[0]!)["scriptInstance"]).toBe(0);
    for (let tick = 6; tick < 16; tick++) {
      for (const { game } of [killed, idle]) game.step();
      expect([tick, ...differences(killed.world, idle.world)]).toEqual([tick]);
    }
    expect(killed.faults.length).toBe(1);
    for (const entity of entities)
      if (killed.world.isAlive(entity))
        expect(killed.state(entity)).toMatchObject({ scriptStatus: 1, scriptStarted: true });
    const spawned = [killed, idle].map(({ world }) => world.spawn(Rage));
    expect(spawned[0]).toBe(spawned[1]);
    expect(killed.world.core.strings.find("a text that nobody knew 5")).toBe(-1);
    for (const { world } of [killed, idle]) world.dispose();
  });
});
