import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { codeHash } from "../../src/script.ts";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

test("worldloom script trust lists, prints and removes", () => {
  const folder = mkdtempSync(join(tmpdir(), "trust-"));
  writeFileSync(join(folder, "guard.lua"), "script { state = {} }");
  const run = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, "script", "trust", ...words], {
      cwd: folder,
      encoding: "utf8",
    });
    return [status, stdout, stderr.split("\n")[0]];
  };
  const hash = codeHash("script { state = {} }");
  expect(run()).toEqual([0, "trusted.json lists nothing: no code is trusted.\n", ""]);
  expect(run("guard.lua")).toEqual([0, `trusted ${hash}  guard.lua\n`, ""]);
  expect(run("--list", "trusted.json")).toEqual([0, `${hash}  guard.lua\n`, ""]);
  expect(run("guard.lua", "--remove")).toEqual([0, `removed ${hash}  guard.lua\n`, ""]);
  expect(run(hash, "--remove")).toEqual([
    1,
    "",
    `worldloom: ${hash} is not in trusted.json; worldloom script trust lists what is. (bad-argument)`,
  ]);
  expect(run("none.lua")).toEqual([1, "", "worldloom: none.lua cannot be read; give files that can. (file-io)"]);
});
