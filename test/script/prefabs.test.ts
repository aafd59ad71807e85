import { afterAll, expect, test } from "vitest";
import { component, createWorld, f32, prefab, type SceneFile, spawnScene, toScene } from "../../src/index.ts";
import { createScripts, luaEngine } from "../../src/script.ts";

const Position = component("Position", { x: f32, y: f32 });
const Rock = prefab("Rock", [Position]);
const lua = await luaEngine();
afterAll(() => lua.dispose());

const archer = `script { state = { aim = 1.0, hits = 0, title = "" }, writes = { "Position" } }
function onStart(self) self.State.title = self.State.title .. "!" end
function onUpdate(self) self.Position.x = self.Position.x + self.State.aim self.State.hits = self.State.hits + 1 end`;
const tower = `script {}
function onStart(self) World.spawn("Archer", { Position = { y = 5 } }) World.spawn("Rock") end`;

/** Scripts, of which one spawns what another one runs, and the prefab of that. */
async function declared() {
  const scripts = createScripts({ engines: [lua], components: [Position], prefabs: [Rock] });
  const Archer = await scripts.add({ name: "Archer", code: archer });
  const Tower = await scripts.add({ name: "Tower", code: tower });
  const archers = prefab("Archer", [Position, [Archer.component, { aim: 3, title: "Sir" }]]);
  scripts.addPrefabs(archers);
  return { scripts, Archer, Tower, archers, world: createWorld(scripts.worldTypes()) };
}

test("a script spawns entities that have a script, with the state that the prefab says", async () => {
  const { scripts, Archer, Tower, world } = await declared();
  world.spawn(Tower.component);
  const systems = scripts.systems();
  const before = world.snapshot();
  for (let tick = 0; tick < 4; tick++) world.step(systems);
  const [who, ...others] = world.query(Archer.component).entities();
  expect(others).toEqual([]);
  expect(world.get(who!, Position)).toEqual({ x: 9, y: 5 });
  expect(scripts.state(world, who!, Archer)).toEqual({ aim: 3, hits: 3, title: "Sir!" });
  expect([...world.query(Position).entities()].length).toBe(2);
  const hash = world.hash();
  world.restore(before);
  for (let tick = 0; tick < 4; tick++) world.step(systems);
  expect(world.hash()).toBe(hash);
  before.dispose();
  world.dispose();
});

test("a scene has entities with scripts, by their names and from prefabs", async () => {
  const { scripts, Archer, archers, world } = await declared();
  const scene: SceneFile = {
    format: "worldloom-scene",
    version: 1,
    entities: [
      { id: 1, components: { Position: { x: 100 }, Archer: { aim: 7 } } },
      { id: 2, prefab: "Archer", components: { Position: { x: 200 }, Archer: { hits: 50 } } },
    ],
  };
  const { ids } = spawnScene(world, scene, { prefabs: [archers] });
  const systems = scripts.systems();
  for (let tick = 0; tick < 2; tick++) world.step(systems);
  const [first, second] = [1, 2].map((id) => ids.get(id)!);
  expect([world.get(first!, Position)?.x, world.get(second!, Position)?.x]).toEqual([114, 206]);
  expect(scripts.state(world, second!, Archer)).toEqual({ aim: 3, hits: 52, title: "Sir!" });
  // What a scene holds of a world that ran has its state, and instances of its own.
  const other = await declared();
  const copied = spawnScene(other.world, JSON.stringify(toScene(world)));
  other.world.step(other.scripts.systems());
  expect(other.scripts.state(other.world, copied.ids.get(first!) ?? copied.entities[0]!, other.Archer)?.["aim"]).toBe(
    7,
  );
  expect([...other.world.query(Position).entities()].map((one) => other.world.get(one, Position)?.x)).toEqual([
    121, 209,
  ]);
  for (const one of [world, other.world]) one.dispose();
});

test("prefabs that are added are prefabs, each of its own name", async () => {
  const { scripts, archers } = await declared();
  for (const [added, code] of [
    [[archers], "name-taken"],
    [[prefab("Rock", [Position])], "name-taken"],
    [[prefab("New", [Position]), prefab("New", [])], "name-taken"],
    [[Position], "bad-argument"],
  ] as [unknown[], string][])
    expect(() => scripts.addPrefabs(...(added as never[]))).toThrow(expect.objectContaining({ code }));
  expect(scripts.types.prefabs.map(({ name }) => name)).toEqual(["Rock", "Archer"]);
});
