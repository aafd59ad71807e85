import { expect, test } from "vitest";
import { component, createWorld, f32, type WorldloomError } from "../../src/index.ts";
import { createScripts, scriptEngine } from "../../src/script.ts";
import { ToyEngine } from "./toy-engine.ts";

test("engines are made by name, those of other packages too", async () => {
  const toy = { toy: () => new ToyEngine(), lua: () => new ToyEngine() };
  const engines = [
    await scriptEngine("lua", { pool: { most: 2 } }),
    await scriptEngine("wasm", { memoryBytesMax: 1 << 20 }),
    await scriptEngine("toy", {}, toy),
    await scriptEngine("lua", {}, toy),
  ];
  expect(engines.map(({ name }) => name)).toEqual(["lua", "wasm", "toy", "toy"]);
  const unknown = await scriptEngine("perl").catch((error: WorldloomError) => error);
  expect([(unknown as WorldloomError).code, (unknown as WorldloomError).message]).toEqual([
    "script-unknown",
    "There is no engine perl; there are lua, wasm. Give those of other packages as the third argument.",
  ]);
  expect(await scriptEngine("toString").catch(({ code }: WorldloomError) => code)).toBe("script-unknown");
  for (const engine of engines) engine.dispose();
});

test("scripts of two engines run in one world", async () => {
  const Position = component("Position", { x: f32, y: f32 });
  const scripts = createScripts({
    engines: [await scriptEngine("lua"), await scriptEngine("toy", {}, { toy: () => new ToyEngine() })],
    components: [Position],
  });
  const inLua = await scripts.add({
    name: "InLua",
    code: 'script { state = {}, writes = { "Position" } } function onUpdate(self) self.Position.x = self.Position.x + 1 end',
  });
  const inToy = await scripts.add(
    { name: "InToy", code: "state n 0\nwrites Position\non onUpdate\nadd Position.y 2" },
    { engine: "toy", domain: "toys" },
  );
  const { components, resources, events, inputs } = scripts;
  const world = createWorld({ components: [Position, ...components], resources, events, inputs });
  const who = world.spawn(Position, inLua.component, inToy.component);
  const systems = scripts.systems();
  for (let tick = 0; tick < 5; tick++) world.step(systems);
  expect(world.get(who, Position)).toEqual({ x: 5, y: 10 });
  expect(scripts.health(world).map(({ domain, health }) => [domain, health > 0.9])).toEqual([
    ["main", true],
    ["toys", true],
  ]);
  scripts.dispose();
  world.dispose();
});

test("a domain is of one engine", async () => {
  const scripts = createScripts({
    engines: [await scriptEngine("lua"), await scriptEngine("toy", {}, { toy: () => new ToyEngine() })],
  });
  await scripts.add({ name: "InLua", code: "script { state = {} }" });
  const refused = await scripts
    .add({ name: "InToy", code: "state n 0" }, { engine: "toy" })
    .catch((e: WorldloomError) => e);
  expect((refused as WorldloomError).code).toBe("bad-argument");
  expect((refused as WorldloomError).message).toMatch(/domain main is of the engine lua.*another domain/i);
  scripts.dispose();
});
