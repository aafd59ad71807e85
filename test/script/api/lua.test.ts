import { describe, expect, it } from "vitest";
import {
  type Component,
  component,
  createWorld,
  entity,
  event,
  f32,
  prefab,
  type Simulation,
  simulate,
  str,
  Transform,
  type World,
} from "../../../src/index.ts";
import {
  Collider,
  createScripts,
  KinematicBody,
  luaEngine,
  physicsSystem,
  physicsTypes,
  type ScriptFault,
  Sound,
} from "../../../src/script.ts";

const Velocity = component("Velocity", { x: f32, y: f32 });
const Told = event("Told", { by: entity, text: str }, { lifetime: 2 });
const Bullet = prefab("Bullet", [Transform, [KinematicBody, { gravity: 0 }], Collider]);

interface Played {
  readonly world: World;
  readonly game: Simulation;
  readonly who: number;
  readonly lines: string[];
  readonly faults: ScriptFault[];
}

async function play(
  code: string,
  ticks: number,
  options: { profile?: "minimal" | "standard" | "trusted" } = {},
): Promise<Played> {
  const components = [Transform, Velocity, ...physicsTypes.components] as Component[];
  const events = [...physicsTypes.events, Sound, Told] as never[];
  const scripts = createScripts({ engines: [await luaEngine()], components, prefabs: [Bullet], events });
  const script = await scripts.add({ name: "Probe", code }, { profile: "trusted", ...options });
  const [lines, faults]: [string[], ScriptFault[]] = [[], []];
  scripts.onLog(({ text }) => lines.push(text));
  scripts.onFault((fault) => faults.push(fault));
  const world = createWorld({
    components: [...components, ...scripts.components],
    resources: [...scripts.resources, ...physicsTypes.resources],
    events: [...scripts.events, ...events],
    inputs: scripts.inputs,
    checked: true,
  });
  const who = world.spawn(
    Transform,
    Velocity,
    [KinematicBody, { gravity: 0 }],
    Collider,
    script.component as Component,
  );
  const game = await simulate(world, [...scripts.systems(), physicsSystem()]);
  for (let i = 0; i < ticks; i++) game.step();
  return { world, game, who, lines, faults };
}

describe("the API in Lua", () => {
  it("is what scripts see and change", async () => {
    const { lines, faults, world, who } = await play(
      `script { state = { name = "x" }, writes = { "Transform" }, reads = { "Velocity" }, hears = { "Collision.a" } }
      function onStart(self) Tasks.after(3, "later") end
      function later(self) Log.info("later in " .. Time.tick()) end
      function onUpdate(self, dt)
        if Time.tick() == 1 then
          Component.set(self.id, "Velocity", { x = 3 })
          Log.info("own write: " .. self.Velocity.x)
          Transform.move({ x = 0, y = 2 })
          Log.info("own write: " .. self.Transform.translation.y)
          self.Transform.translation.y = 0
          State.set("name", "a new text")
          Log.info(self.State.name .. ", " .. State.get("name"))
          local bullet = World.spawn("Bullet", { Transform = { translation = { x = 2 } } })
          Component.set(bullet, "KinematicBody", { velocity = { x = -80 } })
          local _, message = pcall(World.near, { x = 0, y = 0 }, "far")
          Log.info(message)
          Events.emit("Told", { by = self.id, text = "hello" })
        elseif Time.tick() == 2 then
          Log.info(Events.recent("Told")[1].text)
        end
      end
      function onEvent(self, name, event) Log.info(name .. " with " .. (event.b == self.id and "itself" or "another")) end`,
      5,
    );
    expect(faults).toEqual([]);
    expect(lines).toEqual([
      "own write: 3.0",
      "own write: 2.0",
      "a new text, a new text",
      'World.near: radius: expected a number of at least 0, got "far"',
      "Collision with another",
      "hello",
      "later in 4",
    ]);
    expect(world.get(who, Velocity)).toEqual({ x: 3, y: 0 });
  });

  it("gives nil where there is nothing, and nothing where there is no result", async () => {
    const { lines, faults } = await play(
      `script { state = { target = entity() } }
      function onUpdate(self)
        print(World.find("nobody"), World.nearest({ x = 0, y = 0 }, 1), Component.get(self.id, "Velocity") ~= nil)
        print(type(World.find("nobody")), Random.pick({}))
        print(select("#", World.ray({ x = 0, y = 0 }, { x = 1, y = 0 }, 1)), select("#", Log.debug("quiet")))
        print(World.isAlive(self.State.target), World.isAlive(0), World.isAlive(self.id))
      end`,
      1,
    );
    expect(faults).toEqual([]);
    expect(lines.filter((line) => line !== "quiet")).toEqual([
      "nil\tnil\ttrue",
      "nil\tnil",
      "1\t0",
      "false\tfalse\ttrue",
    ]);
  });

  it("leaves nothing of a call that fails", async () => {
    const everything = `
      self.Transform.translation.x = 9
      self.State.name = "never seen"
      Component.set(self.id, "Velocity", { x = 9 })
      World.spawn("Bullet")
      Audio.play("bang")
      Events.emit("Told", { text = "nobody hears" })
      Tasks.after(1, "onUpdate")
      Component.remove(self.id, "Velocity")
      World.despawn(self.id)`;
    const code = (body: string) => `script { state = { name = "x" }, writes = { "Transform" } }
      function onUpdate(self, dt)
        if Time.tick() == 2 then ${body} error("enough") end
      end`;
    const [failed, idle] = [await play(code(everything), 3), await play(code(""), 3)];
    expect(failed.faults.map(({ message }) => message)).toEqual(["enough"]);
    const { cells, entitiesAdded, entitiesRemoved } = failed.world.diff(idle.world);
    expect([cells, entitiesAdded, entitiesRemoved]).toEqual([[], [], []]);
    expect(failed.world.events(Told).length + failed.world.events(Sound).length).toBe(0);
  });

  it("keeps to the profile", async () => {
    const code = `script {}
      function onUpdate(self, dt)
        for _, name in ipairs({ "spawn", "find", "near" }) do
          local ok, message = pcall(World[name], "a")
          print(ok, message)
        end
        print(pcall(Component.get, self.id, "Velocity"))
        print(pcall(Component.get, 5, "Velocity"))
        print(pcall(Component.set, 5, "Velocity", { x = 1 }))
      end`;
    const { faults } = await play(code, 1, { profile: "minimal" });
    expect(faults.map(({ message }) => message)).toEqual([expect.stringMatching(/denied, .* capability log/)]);
    const standard = await play(code, 1, { profile: "standard" });
    expect(standard.lines.slice(-1)[0]).toMatch(/^false\s.*denied, for the script lacks the capability write/);
    expect(standard.lines[1]).toMatch(/^true/);
  });
});
