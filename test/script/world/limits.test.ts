import { expect, test } from "vitest";
import { createWorld, type Prefab, prefab, simulate, Transform } from "../../../src/index.ts";
import { createScripts, luaEngine } from "../../../src/script.ts";
import { Hit, Position } from "./kill.ts";

const engine = await luaEngine();
const TICKS = 25;

/** What instances do in each tick until the world has no room for it, what it may have, and what they are told. */
const greedy: Readonly<Record<string, readonly [body: string, limits: object, told: RegExp]>> = {
  texts: ['self.State.s = "text " .. t .. " " .. self.id', { strings: 40 }, /as many texts as it may have/],
  "texts, through the API": ['State.set("s", t .. " " .. self.id)', { strings: 40 }, /as many texts as it may have/],
  entities: ['World.spawn("Spark")', { entities: 64 }, /may have 64 entities/],
  tasks: ["Tasks.start(function() Tasks.wait(100) end)", { entities: 64 }, /no room for another task/],
  calls: ['Tasks.after(100, "late")', { entities: 64 }, /may have 64 entities/],
  events: ['for i = 1, 20 do Events.emit("Hit") end', { events: 64 }, /as many events of Hit as it may have/],
  faults: ['error("on purpose")', { events: 16 }, /on purpose/],
};

test.for(Object.entries(greedy))("where a world has no room for more %s, its ticks go on", async ([, greed]) => {
  const [body, limits, told] = greed;
  const prefabs: Prefab[] = [prefab("Spark", [Position])];
  const scripts = createScripts({
    engines: [engine],
    components: [Position],
    prefabs,
    events: [Hit],
    budget: { watchdogMs: 600_000 },
    policy: { backoffTicks: 1, backoffTicksMax: 1, healthLoss: 0 },
  });
  const greedyOne = await scripts.add({
    name: "Greedy",
    code: `script { state = { n = 0, s = "" }, writes = { "Position" } }
      function onUpdate(self)
        local t = Time.tick()
        self.Position.x = self.Position.x + 1
        ${body}
        self.State.n = self.State.n + 1
      end`,
  });
  const modest = await scripts.add({
    name: "Modest",
    code: "script { state = { n = 0 } } function onUpdate(self) self.State.n = self.State.n + 1 end",
  });
  const messages = new Set<string>();
  scripts.onFault(({ message }) => messages.add(message));
  const world = createWorld({
    components: [Transform, Position, ...scripts.components],
    resources: scripts.resources,
    events: [Hit, ...scripts.events],
    inputs: scripts.inputs,
    limits,
  });
  const all = Array.from({ length: 20 }, () => world.spawn(Position, greedyOne.component));
  const other = world.spawn(modest.component);
  const game = await simulate(world, scripts.systems());
  for (let tick = 0; tick < TICKS; tick++) game.step();
  expect(messages.size).toBeGreaterThan(0);
  for (const message of messages) expect(message).toMatch(told);
  expect(world.get(other, modest.component)!["n"]).toBe(TICKS);
  // A call that was stopped has moved nobody.
  for (const entity of all) expect(world.get(entity, Position)!.x).toBe(world.get(entity, greedyOne.component)!["n"]);
});
