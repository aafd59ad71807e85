import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { checkScripts } from "../../../src/cli/script-check.ts";
import type { WorldloomError } from "../../../src/core/errors.ts";

const main = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "worldloom-lint-"));
const before = process.cwd();
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "deep", "node_modules"), { recursive: true });
  process.chdir(folder);
  file("a.lua", "if x != 1 then print(1) end\n");
  file("deep/b.lua", "local unread = 1\n");
  file("deep/node_modules/c.lua", "x = = 1");
  file("deep/notes.txt", "x = = 1");
});

function file(name: string, content: string | Uint8Array): void {
  writeFileSync(join(folder, name), content);
}

interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the command line does with these words, without a process for each. */
async function check(...words: readonly string[]): Promise<Run> {
  const print = vi.spyOn(console, "log").mockReturnValue();
  try {
    const outcome = await checkScripts.run(words);
    return { status: outcome === "differs" ? 1 : 0, stdout: printed(print.mock.calls), stderr: "" };
  } catch (error) {
    const { code, message } = error as WorldloomError;
    return { status: code === "usage" ? 2 : 1, stdout: printed(print.mock.calls), stderr: message };
  } finally {
    print.mockRestore();
  }
}

function printed(calls: readonly (readonly unknown[])[]): string {
  return calls.map(([text]) => `${text}\n`).join("");
}

test("as a process, with its status", () => {
  const run = (...words: readonly string[]) =>
    spawnSync(process.execPath, [main, "script", "check", ...words], { cwd: folder, encoding: "utf8" });
  expect(run("a.lua")).toMatchObject({ status: 1, stderr: "" });
  expect(run("deep")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringMatching(/1 warning in 1 file/) });
});

test("files and folders are checked, with code frames and counts", async () => {
  expect(await check("a.lua", "deep")).toEqual({
    status: 1,
    stderr: "",
    stdout: `a.lua:1:6: error: Lua has no !=; write ~= (syntax)
  1 | if x != 1 then print(1) end
    |      ^^
  fix: write ~=

deep/b.lua:1:7: warning: the local unread is never used; remove it or name it _unread (unused)
  1 | local unread = 1
    |       ^^^^^^
  fix: remove it

1 error, 1 warning in 2 files; --fix mends 2
`,
  });
});

test("warnings are no failure, unless --strict", async () => {
  expect((await check("deep")).status).toBe(0);
  expect((await check("deep", "--strict")).status).toBe(1);
  expect((await check("deep", "--strict", "--rules", "unused=off")).status).toBe(0);
  expect((await check("deep", "--rules", "unused=error")).status).toBe(1);
});

test("--json prints one object", async () => {
  const { stdout, status } = await check(".", "--json");
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    files: 2,
    fixed: 0,
    errors: 1,
    warnings: 1,
    findings: [
      { file: "a.lua", line: 1, column: 6, rule: "syntax", severity: "error", fix: { isSafe: true } },
      { file: "deep/b.lua", line: 1, column: 7, rule: "unused" },
    ],
  });
});

test("--fix mends what is safe, --fix-all the rest", async () => {
  const { stdout, status } = await check(".", "--fix");
  expect(status).toBe(1);
  expect(stdout).toMatch(/1 error, 0 warnings in 2 files; 2 fixed\n$/);
  expect(readFileSync(join(folder, "a.lua"), "utf8")).toBe("if x ~= 1 then print(1) end\n");
  expect(readFileSync(join(folder, "deep/b.lua"), "utf8")).toBe("");
  expect((await check(".", "--fix-all")).status).toBe(0);
  expect(readFileSync(join(folder, "a.lua"), "utf8")).toBe("local x\nif x ~= 1 then print(1) end\n");
});

test("bytes that are not UTF-8 come through a fix as they were", async () => {
  file("a.lua", Buffer.from([...Buffer.from('local n = 1\nprint("'), 0xff, 0xe9, ...Buffer.from('")\n')]));
  expect((await check("a.lua", "--fix")).status).toBe(0);
  expect([...readFileSync(join(folder, "a.lua"))]).toEqual([
    ...Buffer.from('print("'),
    0xff,
    0xe9,
    ...Buffer.from('")\n'),
  ]);
});

test("a configuration file, before which --rules goes", async () => {
  file("lint.json", '{ "rules": { "unused": "error", "syntax": "warning" }, "globals": ["x"] }');
  expect((await check("deep", "--config", "lint.json")).status).toBe(1);
  expect((await check("deep", "--config", "lint.json", "--rules", "unused=off")).status).toBe(0);
  expect((await check("a.lua", "--config", "lint.json")).status).toBe(0);
});

test("what is not understood", async () => {
  const wrong: readonly [words: readonly string[], status: number, message: RegExp][] = [
    [[], 2, /Say which scripts/],
    [["--json"], 2, /Say which scripts/],
    [["a.lua", "--fixx"], 2, /did you mean --fix/],
    [["a.lua", "--rules", "unused"], 2, /write RULE=off/],
    [["a.lua", "--rules", "unusd=off"], 1, /did you mean unused/],
    [["none.lua"], 2, /There is no none\.lua; give a script or a folder/],
    [["a.lua", "--config", "a.lua"], 1, /a\.lua: this is no JSON/],
  ];
  for (const [words, status, message] of wrong) {
    const found = await check(...words);
    expect({ words, status: found.status }).toEqual({ words, status });
    expect(found.stderr).toMatch(message);
  }
});
