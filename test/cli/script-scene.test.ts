import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readScriptScene } from "../../src/cli/script-scene.ts";
import { openStage, type StageOptions } from "../../src/cli/script-stage.ts";
import { Transform, type World } from "../../src/index.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

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

test("the one of the documentation is one, scripts included", async () => {
  const page = readFileSync(new URL("../../docs/script-cli.md", import.meta.url), "utf8");
  const [, text = ""] = /^```json\n(\{\n {2}"components".*?)^```$/ms.exec(page) ?? [];
  const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
  for (const file of Object.values(scripts)) save(file, "script {} function onUpdate() end");
  const stage = await openStage({ ...options, paths: [], scene: save("page.json", text) });
  for (let tick = 0; tick < 5; tick++) stage.game.step();
  expect(stage.scripts.list.map(({ name }) => name)).toEqual(Object.keys(scripts));
  expect(stage.world.entityCount).toBe(2);
  await stage.close();
});

const tower = `script { state = { made = 0 } }
function onUpdate(self)
  if self.State.made < 2 then
    self.State.made = self.State.made + 1
    World.spawn("Archer", { Position = { y = self.State.made } })
  end
end`;
const archer = `script { state = { aim = 1.0 }, writes = { "Position" } }
function onUpdate(self) self.Position.x = self.Position.x + require("steps").of(self.State.aim) end`;
const fort = {
  scripts: { Tower: "fort/tower.lua", Archer: "fort/archer.lua" },
  prefabs: { Archer: { Position: { x: 100 }, Archer: { aim: 3 } } },
  entities: [
    { id: "keep", components: { Tower: {} } },
    { id: "first", prefab: "Archer", components: { Archer: { aim: 10 } } },
    { id: "second", components: { Position: {}, Archer: {} } },
  ],
};
function saveFort(content: object = fort): string {
  mkdirSync(join(folder, "fort"), { recursive: true });
  save("fort/tower.lua", tower);
  save("fort/archer.lua", archer);
  save("fort/steps.lua", "return { of = function(aim) return 2 * aim end }");
  return save("fort.json", content);
}

describe("scripts of a scene", () => {
  const Position = (world: World) => world.core.schema.declared.find(({ component: { name } }) => name === "Position")!;
  const xs = ({ world }: { world: World }) => {
    const { component } = Position(world);
    return [...world.query(component).entities()].map((entity) => (world.get(entity, component) as { x: number }).x);
  };

  test("are named there, need no path, and prefabs and entities hold them", async () => {
    const stage = await openStage({ ...options, paths: [], scene: saveFort() });
    expect(stage.scripts.list.map(({ name, domain }) => [name, domain])).toEqual([
      ["Tower", "lua"],
      ["Archer", "lua"],
    ]);
    for (let tick = 0; tick < 4; tick++) stage.game.step();
    expect(xs(stage).sort((a, b) => a - b)).toEqual([8, 118, 124, 180]);
    await stage.close();
  });
  test("are taken once where their files are given, too, and stand beside others", async () => {
    const paths = [join(folder, "fort"), save("guard2.lua", "script {} function onUpdate() end")];
    const stage = await openStage({ ...options, paths, scene: saveFort() });
    expect(stage.scripts.list.map(({ name }) => name).sort()).toEqual(["Archer", "Tower", "guard2"]);
    await stage.close();
  });
  test("get entities of their own where the scene has none", async () => {
    const { entities: _, ...others } = fort;
    const stage = await openStage({ ...options, paths: [], scene: saveFort(others) });
    expect(stage.world.entityCount).toBe(4);
    await stage.close();
  });
  test("are those of worldloom run, record and replay", { timeout: 60_000 }, () => {
    const file = saveFort({
      ...fort,
      inputs: { Move: { x: "f32" } },
      send: [{ tick: 3, input: "Move", fields: { x: 1 } }],
    });
    const run = (words: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
        encoding: "utf8",
        cwd: folder,
      });
      return {
        status,
        stdout: stdout.trim().startsWith("{") ? (JSON.parse(stdout) as Record<string, unknown>) : stdout,
        stderr,
      };
    };
    const hashOf = (words: readonly string[]) => (run(words).stdout as { hash?: string }).hash;
    const hash = hashOf(["run", file, "--ticks", "30", "--json"]);
    expect(hash).toMatch(/^[0-9a-f]+$/);
    expect(hashOf(["script", "run", "--scene", file, "--ticks", "30", "--json"])).toBe(hash);
    run(["run", file, "--ticks", "10", "--save", "fort.world", "--report", "fort-report"]);
    expect(hashOf(["run", file, "--load", "fort.world", "--ticks", "20", "--json"])).toBe(hash);
    expect(hashOf(["record", file, "--ticks", "30", "--threads", "2", "--out", "fort.recording", "--json"])).toBe(hash);
    const replayed = run(["replay", "fort.recording", "--verify"]);
    expect([replayed.status, replayed.stderr]).toEqual([0, ""]);
    expect(replayed.stdout).toContain(hash);
    save("fort/archer.lua", "script { state = { aim = 1.0 } } function onUpdate() local t = nil; return t.x end");
    const failing = run(["run", file, "--ticks", "3"]);
    expect(failing.stderr).toMatch(/fort\/archer.lua:1: Archer: attempt to index a nil value/);
    save("fort/archer.lua", "script {");
    expect(run(["run", file]).stderr).toMatch(/archer.lua.*\n> 1 \| script \{/s);
  });
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
    [{ scripts: { A: 3 } }, "$.scripts.A must be the path of a script"],
    [{ scripts: { A: "none.lua" } }, "$.scripts.A is not there"],
    [{ scripts: { A: "guard.lua", B: "./guard.lua" } }, "$.scripts.B is the file of A already"],
    [{ prefabs: { Spark: { Pos: {} } } }, "$.prefabs.Spark.Pos is no component or script; there are: Transform"],
    [{ send: {} }, "$.send must be a list"],
    [{ ...scene, prefabs: {}, send: [{ tick: 0, input: "Move" }] }, "$.send[0].tick must be a whole number from 1"],
    [{ ...scene, prefabs: {}, send: [{ tick: 1, input: "Mov" }] }, "$.send[0].input must be one of the inputs: Move"],
    ["{", "cannot be read ("],
  ] as const)("%#", ([content, message]) => {
    const file = save("bad.json", content);
    save("guard.lua", GUARD);
    const read = () => {
      const { prefabs } = readScriptScene(file, [Transform as never]);
      if (typeof prefabs === "function") prefabs([]);
    };
    expect(read).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) as string }),
    );
  });

  test("a file that is not there", async () => {
    const opened = openStage({ ...options, paths: [save("guard.lua", GUARD)], scene: join(folder, "none.json") });
    await expect(opened).rejects.toMatchObject({ code: "usage", message: expect.stringMatching(/^There is no scene/) });
  });
});
