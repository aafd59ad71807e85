import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { profilePage } from "../../src/script/profile/report.ts";
import { profileScripts } from "../../src/script.ts";
import { DebugStage } from "./debug/debug-stage.ts";
import { LuaStage, stageEngine } from "./lua/lua-stage.ts";

afterAll(async () => {
  (await stageEngine()).probe = undefined;
});

const CODE = `
function add(self, n)
  local sum = 0
  for i = 1, n do
    sum = sum + i
  end
  return sum
end
function make(self, n)
  local all = {}
  for i = 1, n do
    all[i] = { i }
  end
  return #all
end
function ask(self)
  local a = Probe.note(1)
  local b = Probe.note(2) + Probe.note(3)
end
`;

test("instructions are exact, by line", async () => {
  const stage = await LuaStage.of(CODE);
  const before = stage.domain.inspect().instructions;
  stage.value("add", 10);
  const few = stage.domain.inspect().instructions - before;
  const profiler = profileScripts([stage.engine]);
  stage.domain.beginTick(2);
  stage.value("add", 10);
  const begun = stage.domain.inspect().instructions;
  const first = profiler.report.instructions;
  stage.value("add", 1010);
  expect(stage.domain.inspect().instructions - begun - few).toBe(profiler.report.instructions - 2 * first);
  const { lines, sources, calls } = profiler.end();
  expect(calls).toBe(2);
  expect(sources).toMatchObject([{ source: "test", hostCalls: 0 }]);
  const of = (line: number) => lines.find((one) => one.line === line)!;
  // A loop of 10 and one of 1010: an addition and what follows it in Lua 5.4 where it finds no numbers, which is left out.
  expect(of(5)).toMatchObject({ count: 1020, instructions: 1020 });
  expect(of(4).instructions).toBe(2 * 4 + 1020);
  expect(of(7)).toMatchObject({ count: 2 });
  expect(lines.reduce((sum, one) => sum + one.instructions, 0)).toBe(
    sources.reduce((sum, one) => sum + one.instructions, 0),
  );
  stage.domain.beginTick(3);
  stage.value("add", 10);
  expect(profiler.report.calls).toBe(2);
});

test("memory and calls of the host are those of the line", async () => {
  const stage = await LuaStage.of(CODE);
  const profiler = profileScripts([stage.engine]);
  stage.domain.beginTick(2);
  stage.value("make", 100);
  stage.value("ask");
  const report = profiler.end();
  const of = (line: number) => report.lines.find((one) => one.line === line)!;
  expect(of(12).bytes).toBeGreaterThan(100 * 40);
  expect(of(3)?.bytes ?? 0).toBe(0);
  expect([of(17).hostCalls, of(18).hostCalls]).toEqual([1, 2]);
  expect(report.hostCalls).toBe(3);
});

test("a world is the same, and its batches are counted", async () => {
  const code = "script { state = { n = 0 } }\nfunction onUpdate(self)\n  self.State.n = self.State.n + 1\nend";
  const hashes: string[] = [];
  for (const profiled of [false, true]) {
    const stage = await DebugStage.of(code, { entities: 10, debugged: false });
    const profiler = profiled ? profileScripts(stage.engines) : undefined;
    stage.step(5);
    const report = profiler?.end();
    if (report !== undefined) {
      const line = report.lines.find((one) => one.line === 3)!;
      expect(line.count).toBe(50);
      expect(line.instructions).toBe(50 * 5);
      // The end of the function, and the end of the top level. What the engine does around calls belongs to no line.
      expect(report.lines.find((one) => one.line === 4)!).toMatchObject({ instructions: 50 + 10 * 2 });
      expect(report.sources[0]!.file).toBe(stage.path);
      const page = profilePage(report, () => code.replace("n = 0", "n = 0 < 1"));
      expect(page).toContain("n = 0 &#60; 1");
      expect(page).not.toMatch(/https?:/);
    }
    hashes.push(await stage.end());
  }
  expect(hashes[1]).toBe(hashes[0]);
});

test("worldloom script run --hotspots writes what lines used and prints the hottest", () => {
  const folder = mkdtempSync(join(tmpdir(), "hotspots-"));
  const script = join(folder, "hot.lua");
  writeFileSync(script, "script {}\nfunction onUpdate()\n  local n = 0\n  for i = 1, 50 do n = n + i end\nend");
  const run = (...words: readonly string[]) => {
    const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    return spawnSync(process.execPath, [main, "script", "run", script, "--ticks", "5", ...words], { encoding: "utf8" });
  };
  const out = join(folder, "hot.json");
  const { stdout, status } = run("--hotspots", out);
  expect(status).toBe(0);
  expect(stdout).toMatch(/line +begun +instructions[\s\S]*hot:4 +\d+/);
  expect(JSON.parse(readFileSync(out, "utf8")).lines[0]).toMatchObject({ source: "hot", line: 4 });
  const plain = run().stdout;
  const hash = (text: string) => /hash +(\w+)/.exec(text)?.[1];
  expect(hash(stdout)).toBe(hash(plain));
  const page = join(folder, "hot.html");
  run("--hotspots", page);
  expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>[\s\S]*local n = 0/);
  expect(run("--hotspots", join(folder, "no", "such", "hot.json")).status).toBe(1);
});
