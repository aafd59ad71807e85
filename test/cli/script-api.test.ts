import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "worldloom-api-"));
  writeFileSync(
    join(folder, "game.ts"),
    `import { scriptApi } from ${JSON.stringify(join(root, "src/script.ts"))};
const fortune = {
  name: "Fortune",
  doc: "What will be.",
  functions: [{
    name: "of",
    doc: "A number that an entity should know.",
    parameters: [{ name: "entity", type: "entity", doc: "Who asks." }],
    returns: "integer",
    run: (scope, entity) => entity * 2,
  }],
};
export const scriptScene = { api: [...scriptApi, fortune] };
`,
  );
  writeFileSync(
    join(folder, "asker.lua"),
    "script {}\nfunction onUpdate(self) Log.info(tostring(Fortune.of(self.id) == self.id * 2)) end\n",
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(words: readonly string[], input = "") {
  const command = [join(root, "src/cli/main.ts"), "script", ...words];
  return spawnSync(process.execPath, command, { encoding: "utf8", cwd: folder, input });
}

describe("functions of a scene", () => {
  test.each([
    ["run", ["asker.lua", "--ticks", "1", "--stream"], 0, /true/],
    ["check", ["asker.lua"], 0, /^0 errors, 0 warnings/],
    ["doc", ["Fortune.of"], 0, /A number that an entity should know/],
    ["doc", ["Fortune.off"], 2, /did you mean Fortune\.of\?/],
    ["doc", ["--format", "lua"], 0, /function Fortune\.of\(entity\)/],
  ])("worldloom script %s %j", (verb, words, status, said) => {
    const ran = script([verb, ...words, "--scene", "game.ts"]);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(said);
    expect(ran.status).toBe(status);
  });

  test("worldloom script repl", () => {
    const ran = script(["repl", "--scene", "game.ts"], "Fortune.of(21)\n");
    expect(ran.stdout).toMatch(/42/);
  });

  test("are missing without it", () => {
    expect(script(["run", "asker.lua", "--ticks", "1"]).status).toBe(1);
    expect(script(["check", "asker.lua"]).status).toBe(1);
    expect(script(["doc", "Fortune"]).status).toBe(2);
  });
});
