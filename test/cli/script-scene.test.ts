import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScriptScene } from "../../src/cli/script-scene.ts";
import { openStage, type StageOptions } from "../../src/cli/script-stage.ts";
import { component, f32, Transform } from "../../src/index.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-scene-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function save(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const scene = {
  components: { Health: { hp: { kind: "i32", default: 100 }, at: "vec3" } },
  events: { Hit: { target: "entity", damage: "i32" } },
  inputs: { Move: { entity: "entity", x: "f32" } },
  prefabs: { Spark: { Position: { y: 2 }, Health: {} } },
  entities: [
    { id: "hero", name: "hero", components: { guard: {}, Health: {} } },
    { id: "tower", name: "tower", components: { guard: {}, Health: { hp: 50 } } },
  ],
  send: [{ tick: 3, input: "Move", fields: { entity: "hero", x: 1.5 } }],
};
const GUARD = `script { reads = { "Health" }, hears = { "Hit.target" } }
function onUpdate(self)
  local move = Input.mine("Move", "entity")
  if not move then return end
  print("moves", move.x)
  Events.emit("Hit", { target = World.find("tower"), damage = 7 })
  World.spawn("Spark")
end
function onEvent(self, name, event) print(name, event.damage, self.Health.hp, #World.tagged("Position")) end`;
const options: Omit<StageOptions, "paths"> = { profile: "standard", entities: 2, seed: 1, rate: 60, budget: {} };

test("a scene in JSON has types, entities and inputs by tick", async () => {
  const stage = await openStage({ ...options, paths: [save("guard.lua", GUARD)], scene: save("scene.json", scene) });
  const lines: string[] = [];
  stage.scripts.onLog(({ tick, text }) => lines.push(`${tick} ${text}`));
  for (let tick = 0; tick < 5; tick++) stage.game.step();
  expect(lines).toEqual(["3 moves\t1.5", "4 Hit\t7\t50\t1"]);
  await stage.close();
});

test("the one of the documentation is one", () => {
  const page = readFileSync(new URL("../../docs/script-cli.md", import.meta.url), "utf8");
  const [, text = ""] = /^```json\n(\{\n {2}"components".*?)^```$/ms.exec(page) ?? [];
  const { inputs, prefabs } = readScriptScene(save("page.json", text), [component("Position", { y: f32 }) as never]);
  expect([inputs?.[0]?.name, prefabs?.[0]?.name]).toEqual(["Move", "Spark"]);
});

test("without entities each script gets its own, as without a scene", async () => {
  const { entities: _, send: __, ...types } = scene;
  const stage = await openStage({ ...options, paths: [save("guard.lua", GUARD)], scene: save("types.json", types) });
  expect(stage.world.entityCount).toBe(2);
  await stage.close();
});

describe("refuses, with the place in the file,", () => {
  test.for([
    [[], "$ must be an object"],
    [{ ...scene, sends: [] }, "$.sends is none of its keys, which are: components,"],
    [{ components: { Health: { hp: "int" } } }, "$.components.Health.hp must be one of f32, f64,"],
    [{ components: { Health: { hp: 3 } } }, "$.components.Health.hp must be an object"],
    [{ components: { Health: { hp: { kind: "i32", first: 3 } } } }, "$.components.Health.hp.first is none of its keys"],
    [{ prefabs: { Spark: { Pos: {} } } }, "$.prefabs.Spark.Pos is no component; there are: Transform"],
    [{ send: {} }, "$.send must be a list"],
    [{ ...scene, prefabs: {}, send: [{ tick: 0, input: "Move" }] }, "$.send[0].tick must be a whole number from 1"],
    [{ ...scene, prefabs: {}, send: [{ tick: 1, input: "Mov" }] }, "$.send[0].input must be one of the inputs: Move"],
    ["{", "cannot be read ("],
  ] as const)("%#", ([content, message]) => {
    const file = save("bad.json", content);
    expect(() => readScriptScene(file, [Transform as never])).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) as string }),
    );
  });

  test("a file that is not there", async () => {
    const opened = openStage({ ...options, paths: [save("guard.lua", GUARD)], scene: join(folder, "none.json") });
    await expect(opened).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(/^There is no scene/) });
  });
});
