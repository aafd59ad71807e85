import { expect, test } from "vitest";
import { component, createWorld, f32, type WorldloomError } from "../../src/index.ts";
import { createScripts, luaEngine, ScriptReload } from "../../src/script.ts";

const Position = component("Position", { x: f32 });

test("a tick whose scripts take longer than the watchdog allows is dropped whole", async () => {
  const scripts = createScripts({ engines: [await luaEngine()], components: [Position], budget: { watchdogMs: 0 } });
  const script = await scripts.add({
    name: "Busy",
    code: `script { state = { ticks = 0 }, writes = { "Position" } }
function onUpdate(self)
  for i = 1, 1000 do self.Position.x = self.Position.x + 1 end
  self.State.ticks = self.State.ticks + 1
end`,
  });
  const { components, resources, events, inputs } = scripts;
  expect(inputs).toContain(ScriptReload);
  const world = createWorld({ components: [Position, ...components], resources, events, inputs });
  const who = world.spawnMany(200, Position, script.component)[0]!;
  const hash = world.hash();
  const failure = (() => {
    try {
      world.step(scripts.systems());
    } catch (error) {
      return error as WorldloomError;
    }
    return undefined;
  })();
  const cause = failure?.cause as WorldloomError;
  expect([failure?.code, cause.code]).toEqual(["tick-failed", "script-fault"]);
  expect(cause.message).toMatch(/Scripts took \d+ ms of a tick, and may take 0; Busy .*watchdogMs/);
  expect([world.hash(), world.get(who, Position)]).toEqual([hash, { x: 0 }]);
  scripts.dispose();
  world.dispose();
});
