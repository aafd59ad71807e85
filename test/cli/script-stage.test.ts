import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSources } from "../../src/cli/script-files.ts";
import { ScriptReport } from "../../src/cli/script-report.ts";
import { openStage, type StageOptions } from "../../src/cli/script-stage.ts";
import { linesAround } from "../../src/script/code-frame.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-stage-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function save(name: string, code: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, code);
  return file;
}
/** A scene with a toy engine of its own: a stage that closes disposes of its engines. */
function toyScene(name: string): string {
  return save(
    name,
    `import { toyEngine } from ${JSON.stringify(join(root, "test/script/toy-engine.ts"))};
export const scriptScene = { engines: [toyEngine()] };`,
  );
}
const defaults = {
  profile: "standard",
  entities: 2,
  seed: 1,
  rate: 60,
  budget: {},
} as const satisfies Partial<StageOptions>;

describe("the files of scripts", () => {
  const names = (paths: readonly string[], options: { tests?: boolean } = {}) => {
    const { scripts, modules } = readSources(paths, ["lua"], options);
    return [scripts, modules].map((list) => list.map(({ name }) => name).sort());
  };
  test("are those of folders, without tests, dots and other endings", () => {
    for (const name of ["a.lua", "deep/b.lua", "a_test.lua", "test_b.lua", ".c.lua", "d.txt", "node_modules/e.lua"])
      save(`folder/${name}`, "");
    expect(names([join(folder, "folder")])).toEqual([["a", "b"], []]);
    expect(names([join(folder, "folder")], { tests: true })).toEqual([["a_test", "test_b"], []]);
    expect(names([join(folder, "folder/a_test.lua")])).toEqual([["a_test"], []]);
  });
  test("are modules where another one requires them, beside it too", () => {
    save("game/main.lua", `local a = require("util")\nlocal b = require 'lib.deep'`);
    save("game/util.lua", `require("other")`);
    save("game/other.lua", "");
    save("game/lib/deep.lua", "");
    expect(names([join(folder, "game")])).toEqual([["main"], ["lib.deep", "other", "util"]]);
    expect(names([join(folder, "game/main.lua")])).toEqual([["main"], ["lib.deep", "other", "util"]]);
  });
  test("are named with letters, digits and underscores", () => {
    expect(names([save("odd-name.v2.lua", "")])).toEqual([["odd_name_v2"], []]);
  });
});

describe("a stage", () => {
  test("runs engines of a scene", async () => {
    const scene = toyScene("toy-scene.ts");
    const file = save("mover.toy", "writes Position\non onUpdate\nadd Position.x 2\n");
    const stage = await openStage({ ...defaults, paths: [file], scene });
    try {
      stage.game.step();
      const { component } = stage.scripts.script("mover");
      expect(stage.world.query(component).entities().length).toBe(2);
      const position = stage.scripts.types.component("Position")!;
      const [entity] = stage.world.query(component).entities();
      expect(stage.world.get(entity!, position)).toEqual({ x: 2, y: 0, z: 0 });
      await expect(openStage({ ...defaults, paths: [file], scene, engine: "lua" })).rejects.toThrow(/no script/);
    } finally {
      await stage.close();
    }
  });

  test("tells of faults that are alike once, of those that are not each", async () => {
    const scene = toyScene("faulty-scene.ts");
    const file = save("bad.toy", "writes Position\non onUpdate\nfail broken\n");
    const stage = await openStage({ ...defaults, paths: [file], scene, entities: 3 });
    const told: string[] = [];
    const report = new ScriptReport(stage, { stream: true, print: () => {}, complain: (text) => told.push(text) });
    for (let tick = 0; tick < 3; tick++) stage.game.step();
    report.end();
    expect(report.faultCount).toBe(3);
    expect(told.length).toBe(2);
    expect(told[0]).toMatch(
      /bad\.toy:3: bad: broken \(tick 1, entity \d+\)\n {2}1 \| writes Position\n.*\n> 3 \| fail broken$/,
    );
    expect(told[1]).toMatch(/^3 times: .*bad\.toy:3: bad: broken$/);
    await stage.close();
  });
});

describe("lines around a place", () => {
  const text = "one\ntwo\r\nthree\n\nfive\n";
  test.each([
    [1, "> 1 | one\n  2 | two\n  3 | three"],
    [3, "  1 | one\n  2 | two\n> 3 | three\n  4 |\n  5 | five"],
    [5, "  3 | three\n  4 |\n> 5 | five"],
    [0, ""],
    [6, ""],
    [Number.NaN, ""],
  ])("%s", (line, expected) => {
    expect(linesAround(text, line)).toBe(expected);
  });
});
