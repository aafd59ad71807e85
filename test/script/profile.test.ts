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
      expect(line.instructions % 50).toBe(0);
      expect(report.sources[0]!.file).toBe(stage.path);
      const page = profilePage(report, () => code.replace("n = 0", "n = 0 < 1"));
      expect(page).toContain("n = 0 &#60; 1");
      expect(page).not.toMatch(/https?:/);
    }
    hashes.push(await stage.end());
  }
  expect(hashes[1]).toBe(hashes[0]);
});
