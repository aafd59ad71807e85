import { describe, expect, test } from "vitest";
import { spawnScene, toScene } from "../../../src/index.ts";
import { luaEngine, ScriptCall, type ScriptEngine, ScriptResume, ScriptTask } from "../../../src/script.ts";
import { toyEngine } from "../toy-engine.ts";
import { differences, type Killing, type KillOptions, killing, Position } from "./kill.ts";

const engine = await luaEngine();

/** Counts in its state and in a variable; the victim fails in \`way\` where its y is 1. */
const code = (way: string): string => `
script { state = { n = 0, starts = 0, lost = 0 }, writes = { "Position" } }
local held = 0
function onStart(self) self.State.starts = self.State.starts + 1 end
function onUpdate(self)
  if self.Position.y == 1 then ${way} end
  held = held + 1
  self.State.n = self.State.n + 1
  self.State.lost = self.State.n - held
end
`;

async function started(way: string, options: KillOptions = {}): Promise<Killing> {
  return killing(engine, code(way), options);
}

/** Ticks with faults of the next ones. */
function faultTicks({ game, faults }: Killing, ticks: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < ticks; i++) {
    const before = faults.length;
    game.step();
    if (faults.length > before) found.push(game.tick);
  }
  return found;
}

describe("an instance that fails", () => {
  test("is made again after a while, twice as long each time", async () => {
    const one = await started('error("no")', { policy: { healthLoss: 0, backoffTicks: 2, backoffTicksMax: 20 } });
    expect(faultTicks(one, 80)).toEqual([1, 3, 7, 15, 31, 51, 71]);
    expect(one.state(one.entities[1]!)).toMatchObject({ n: 80, lost: 0, starts: 1, scriptFailures: 0 });
    expect(one.state(one.entities[0]!)).toMatchObject({ n: 0, starts: 1, scriptFailures: 7 });
  });
  test("goes on from its state, without what its variables held", async () => {
    const one = await started("if self.State.n == 3 and Time.tick() == 4 then while true do end end", {
      policy: { backoffTicks: 5 },
    });
    expect(faultTicks(one, 30)).toEqual([4]);
    expect(one.state(one.entities[0]!)).toMatchObject({ n: 25, starts: 1, lost: 3, scriptStatus: 1 });
    expect(one.state(one.entities[1]!)).toMatchObject({ n: 30, starts: 1, lost: 0 });
  });
  test("is called onStart again until that went well", async () => {
    const one = await killing(
      engine,
      `script { state = { n = 0, ready = false } }
      function onStart(self)
        self.State.ready = true
        if Time.tick() < 8 then error("not yet") end
      end
      function onUpdate(self) if self.State.ready then self.State.n = self.State.n + 1 end end`,
      { policy: { backoffTicks: 1, backoffTicksMax: 2 } },
    );
    expect(faultTicks(one, 12)).toEqual([1, 2, 4, 6]);
    expect(one.state(one.entities[0]!)).toMatchObject({ n: 5, ready: true, scriptStarted: true });
  });
  test("is paused, and goes on when it is resumed", async () => {
    const one = await started('if Time.tick() == 3 then error("once") end', { policy: { action: "pause" } });
    const { world, game, scripts, script, entities } = one;
    expect(faultTicks(one, 50)).toEqual([3]);
    const [victim] = entities;
    expect(one.state(victim!)).toMatchObject({ n: 2, scriptStatus: 3, scriptInstance: 0 });
    scripts.resume(game, victim!, script);
    game.step();
    expect(one.state(victim!)).toMatchObject({ n: 3, scriptStatus: 1, scriptHealth: 1, scriptFailures: 0 });
    // Those that run are left alone, and so is nobody.
    scripts.resume(world, entities[1]!, "Victim");
    scripts.resume(world, 12345, "Victim");
    world.input(ScriptResume, { script: "Nobody", entity: victim! });
    game.step();
    expect(one.state(entities[1]!)).toMatchObject({ n: 52, lost: 0 });
    expect(() => scripts.resume(world, victim!, "Nobody")).toThrow(/There is no script Nobody/);
  });
  test("is quarantined without health, and is well when it is resumed", async () => {
    const one = await started('if Time.tick() < 60 then error("no") end', {
      policy: { healthLoss: 0.25, backoffTicks: 1 },
    });
    expect(faultTicks(one, 100)).toEqual([1, 2, 4, 8]);
    const [victim] = one.entities;
    expect(one.state(victim!)).toMatchObject({ n: 0, scriptStatus: 4, scriptHealth: 0, scriptFailures: 4 });
    one.scripts.resume(one.world, victim!, one.script);
    expect(faultTicks(one, 10)).toEqual([]);
    expect(one.state(victim!)).toMatchObject({ n: 10, scriptStatus: 1, scriptHealth: 1 });
  });
  test("counts as well again after some time", async () => {
    const one = await started('if Time.tick() % 40 == 1 then error("now and then") end', {
      policy: { healthLoss: 0.5, recoverTicks: 30, backoffTicks: 3 },
    });
    expect(faultTicks(one, 200)).toEqual([1, 41, 81, 121, 161]);
    expect(one.state(one.entities[0]!)).toMatchObject({ scriptHealth: 0.5, scriptFailures: 1 });
  });
  test("a quarantine at once, by policy", async () => {
    const one = await started('error("no")', { policy: { action: "quarantine" } });
    expect(faultTicks(one, 20)).toEqual([1]);
    expect(one.state(one.entities[0]!)).toMatchObject({ scriptStatus: 4 });
  });
});

describe("a machine that is made afresh", () => {
  const hang = "local _ = (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')";
  const hog = "local t = {} for i = 1, 1e9 do t[i] = { i } end";
  test.for([
    ["work", hang],
    ["memory", hog],
    ["memory", `pcall(function() ${hog} end)`],
  ])("by %s: all of its instances go on from their state: %s", async ([kind, way]) => {
    const one = await started(`if Time.tick() == 4 then ${way} end`, {
      budget: { memoryBytes: 2 << 20, instructions: 1_000_000 },
      policy: { backoffTicks: 6 },
    });
    for (let tick = 0; tick < 4; tick++) one.game.step();
    expect(one.faults.map((fault) => fault.kind)).toEqual([kind]);
    const { domain } = one.scripts.of(one.world).slotOf("main")!;
    expect(domain.inspect()).toMatchObject({ instances: 0, tasks: 0 });
    const fresh = domain.bytes.length;
    expect(fresh).toBeLessThan(1 << 20);
    for (let tick = 4; tick < 30; tick++) one.game.step();
    expect(one.faults.length).toBe(1);
    expect(one.state(one.entities[0]!)).toMatchObject({ starts: 1, n: 3 + 21, scriptStatus: 1 });
    for (const entity of one.entities.slice(1)) {
      const { n, lost, starts, scriptFailures } = one.state(entity);
      // Those behind the victim have lost the tick in which it hung.
      expect([29, 30]).toContain(n);
      expect([3, 4]).toContain(lost);
      expect([starts, scriptFailures]).toEqual([1, 0]);
    }
    expect(domain.bytes.length).toBeLessThanOrEqual(fresh + (1 << 20));
  });
  test("ends the waits of others, whose numbers it gives again", async () => {
    const one = await killing(
      engine,
      `script { state = { n = 0, woke = 0 }, writes = { "Position" } }
      function onStart(self)
        Tasks.start(function() Tasks.wait(10) self.State.woke = self.State.woke + 1 end)
      end
      function onUpdate(self)
        self.State.n = self.State.n + 1
        if Time.tick() == 5 then Tasks.start(function() Tasks.wait(30) self.State.woke = self.State.woke + 100 end) end
        if Time.tick() == 4 and self.Position.y == 1 then ${hang} end
      end`,
      { budget: { instructions: 1_000_000 } },
    );
    for (let tick = 0; tick < 34; tick++) one.game.step();
    for (const entity of one.entities) expect(one.state(entity)["woke"]).toBe(0);
    for (let tick = 0; tick < 10; tick++) one.game.step();
    for (const entity of one.entities.slice(1)) expect(one.state(entity)["woke"]).toBe(100);
    expect(one.faults.length).toBe(1);
  });
  test("has instances of entities that lacked what the script needs", async () => {
    const one = await started(`if Time.tick() == 4 then ${hang} end`, { budget: { instructions: 1_000_000 } });
    const [, second] = one.entities;
    for (let tick = 0; tick < 3; tick++) one.game.step();
    one.world.remove(second!, Position);
    for (let tick = 3; tick < 10; tick++) one.game.step();
    one.world.add(second!, Position);
    for (let tick = 10; tick < 20; tick++) one.game.step();
    expect(one.state(second!)).toMatchObject({ n: 13, lost: 3, starts: 1, scriptFailures: 0 });
    expect(one.faults.length).toBe(1);
  });
});

test("an entity that lacks what the script needs waits, and its tasks and calls with it", async () => {
  const one = await killing(
    engine,
    `script { state = { n = 0, woke = 0, called = 0 }, writes = { "Position" } }
    function onStart(self)
      Tasks.after(4, "late")
      Tasks.start(function() Tasks.wait(4) self.State.woke = Time.tick() end)
    end
    function onUpdate(self) self.State.n = self.State.n + 1 end
    function late(self) self.State.called = Time.tick() end`,
  );
  const [first, second, third] = one.entities;
  one.game.step();
  for (const entity of [first!, third!]) one.world.remove(entity, Position);
  for (let tick = 1; tick < 8; tick++) one.game.step();
  expect(one.state(first!)).toMatchObject({ n: 1, woke: 0, called: 0, scriptStatus: 1 });
  expect(one.state(second!)).toMatchObject({ n: 8, woke: 5, called: 5 });
  one.world.add(first!, Position);
  one.world.remove(third!, one.script.component);
  one.game.step();
  expect(one.state(first!)).toMatchObject({ n: 2, woke: 9, called: 9 });
  expect(one.scripts.of(one.world).slotOf("main")!.domain.inspect()).toMatchObject({ instances: 3, tasks: 0 });
  one.game.step();
  expect(one.world.query(ScriptTask).count + one.world.query(ScriptCall).count).toBe(0);
  expect(one.faults).toEqual([]);
});

describe("what multiplies is bounded", () => {
  test("calls that ask for calls: an entity has so many that wait as it may spawn", async () => {
    const one = await killing(
      engine,
      `script { state = { n = 0 } }
      local tasks = {}
      function f(self) for i = 1, 30 do tasks[i] = Tasks.after(2, "f") end end
      function onStart(self) f(self) for i = 1, 25 do Tasks.cancelAfter(tasks[i]) end end
      function onUpdate(self) self.State.n = self.State.n + 1 end`,
      { budget: { spawns: 100 }, policy: { healthLoss: 0 } },
    );
    for (let tick = 0; tick < 60; tick++) {
      one.game.step();
      expect(one.world.query(ScriptCall).count).toBeLessThanOrEqual(400);
    }
    expect(new Set(one.faults.map(({ message }) => message))).toEqual(
      new Set(["Tasks.after: 100 calls of this entity wait already, as many as may"]),
    );
    for (const entity of one.entities) expect(one.state(entity)["n"]).toBeGreaterThan(0);
  });
  test("tasks that start tasks", async () => {
    const one = await killing(
      engine,
      `script {}
      local function f() for i = 1, 30 do Tasks.start(function() Tasks.wait(1) f() end) end end
      function onStart() f() end`,
      { budget: { memoryBytes: 1 << 20 }, entities: 1 },
    );
    for (let tick = 0; tick < 10; tick++) one.game.step();
    expect(one.faults.map(({ kind }) => kind)).toEqual(["memory"]);
    expect(one.world.query(ScriptTask).count).toBe(0);
  });
});

test("copies of entities, as those of a scene, have instances of their own, which go on from the state", async () => {
  const own = `script { state = { n = 0, who = entity(), starts = 0 } }
    local held = 0
    function onStart(self) self.State.who = self.id self.State.starts = self.State.starts + 1 end
    function onUpdate(self)
      held = held + 1
      self.State.n = self.State.n + 1
      if self.id ~= self.State.who then error("this is another's") end
    end`;
  const one = await killing(engine, own, { entities: 3 });
  for (let tick = 0; tick < 5; tick++) one.game.step();
  const scene = toScene(one.world);
  const [first, other] = [await killing(engine, own, { entities: 0 }), await killing(engine, own, { entities: 2 })];
  for (const each of [one, first, other]) {
    spawnScene(each.world, scene);
    for (let tick = 0; tick < 4; tick++) each.game.step();
    expect(each.faults).toEqual([]);
    const all = [...each.world.query(each.script.component).entities()].map((entity) => each.state(entity));
    expect(new Set(all.map((state) => state["scriptInstance"])).size).toBe(all.length);
    expect(new Set(all.map(({ n }) => n))).toEqual(each === other ? new Set([4, 9]) : new Set([9]));
    expect(all.every(({ starts }) => starts === 1)).toBe(true);
    expect(each.scripts.of(each.world).slotOf("main")!.domain.inspect().instances).toBe(all.length);
  }
});

test("a call that is stopped anywhere leaves no task behind", async () => {
  const own = `script { state = { n = 0 } }
    function onUpdate(self) while true do Tasks.start(function() Tasks.wait(100) end) end end`;
  for (let instructions = 1_000; instructions < 1_060; instructions++) {
    const one = await killing(engine, own, { entities: 1, budget: { instructions } });
    one.game.step();
    expect(one.faults.map(({ kind }) => kind)).toEqual(["instructions"]);
    expect([instructions, one.scripts.of(one.world).slotOf("main")!.domain.inspect()]).toMatchObject([
      instructions,
      { tasks: 0, instances: 0 },
    ]);
    one.world.dispose();
  }
});

test("a script that goes and comes between two ticks keeps the tasks of its new instance", async () => {
  const own = `script { state = { n = 0 } }
    function onStart(self) Tasks.start(function() Tasks.wait(3) self.State.n = self.State.n + 1 end) end`;
  const one = await killing(engine, own, { entities: 2 });
  const { world, game, script, entities } = one;
  game.step();
  world.remove(entities[0]!, script.component);
  world.add(entities[0]!, script.component);
  for (let tick = 0; tick < 6; tick++) game.step();
  expect(entities.map((entity) => one.state(entity)["n"])).toEqual([1, 1]);
});

test("a text of a call that is stopped without a call of the host is forgotten", async () => {
  const way = (text: string) => `if self.State.n == 4 then self.State.label = "${text}" while true do end end`;
  const of = (text: string) =>
    killing(engine, code(way(text)).replace("lost = 0", 'lost = 0, label = ""'), { policy: { backoffTicks: 90 } });
  const [one, other] = [await of("a text of its own"), await of("quite another text")];
  for (const { game } of [one, other]) for (let tick = 0; tick < 8; tick++) game.step();
  expect(one.faults.length).toBe(1);
  expect(one.world.core.strings.find("a text of its own")).toBe(-1);
  expect(differences(one.world, other.world)).toEqual([]);
});

test.for([
  ["lua", engine as ScriptEngine, code('if Time.tick() == 3 then error("once") end')],
  ["toy", toyEngine(), "state n 0\nwrites Position\non onUpdate\nadd State.n 1"],
] as const)("entities that come and go leave nothing behind: %s", async ([, from, source]) => {
  const one = await killing(from, source, { entities: 0 });
  const { world, game, script } = one;
  for (let round = 0; round < 12; round++) {
    const all = Array.from({ length: 5 }, () => world.spawn(Position, script.component));
    game.step();
    game.step();
    for (const [i, entity] of all.entries())
      if (i % 2 === 0) world.despawn(entity);
      else world.remove(entity, script.component);
    game.step();
    expect(one.scripts.of(world).slotOf("main")!.domain.inspect()).toMatchObject({ instances: 0, tasks: 0 });
  }
});
