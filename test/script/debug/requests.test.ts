import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hitCounts } from "../../../src/script/debug/breakpoints.ts";
import { type Body, CODE, DebugStage, START, scope, top } from "./debug-stage.ts";

describe("breakpoints", () => {
  test("stop at their line, in each call; lines without code move down", async () => {
    const stage = await DebugStage.of(CODE, START);
    const [moved, first, last] = stage.breakAt(4, 11, 100);
    expect(moved).toMatchObject({ verified: true, line: 6 });
    expect(first).toMatchObject({ verified: true, line: 11 });
    expect(last).toMatchObject({ verified: false, line: 100 });
    const seen: string[] = [];
    const [{ id }] = stage.breakAt(11);
    for (let i = 0; i < 4; i++)
      stage.stops.push((ask, stop) => {
        seen.push(`${stop.reason} ${top(ask)} ${stop.hitBreakpointIds}`);
        ask("continue");
      });
    stage.step(2);
    expect(seen).toEqual(Array(4).fill(`breakpoint onUpdate:11 ${id}`));
    await stage.end();
  });

  test("conditions, hit counts and log points", async () => {
    const stage = await DebugStage.of(CODE, START);
    stage.breakAt(
      { line: 12, condition: "self.id > 0 and x == 1" },
      { line: 14, hitCondition: "% 3" },
      { line: 15, logMessage: "x is {x}, hp {self.State.hp} of {self.State.name} {nope.y}" },
    );
    const seen: string[] = [];
    for (let i = 0; i < 3; i++)
      stage.stops.push((ask) => {
        seen.push(`${top(ask)} ${scope(ask, "Locals").x}`);
        ask("continue");
      });
    stage.step(2);
    expect(seen).toEqual(["onUpdate:12 1.0", "onUpdate:12 1.0", "onUpdate:14 1.0"]);
    expect(stage.output[0]).toMatch(/^x is 1\.0, hp 10 of bo attempt to index a nil value/);
    expect(stage.output.length).toBe(4);
    await stage.end();
  });

  test("of functions, by name", async () => {
    const stage = await DebugStage.of(CODE);
    const { breakpoints } = stage.ask("setFunctionBreakpoints", { breakpoints: [{ name: "add" }, { name: "no" }] });
    expect(breakpoints).toMatchObject([{ verified: true }, { verified: false }]);
    let seen = "";
    stage.stops.push((ask, { reason }) => {
      seen = `${reason} ${top(ask)}`;
      expect(scope(ask, "Locals")).toEqual({ a: "0.0", b: "1" });
    });
    stage.step();
    expect(seen).toBe("function breakpoint add:6");
    await stage.end();
  });
});

describe("steps", () => {
  test("over, into, out, and on to the next call", async () => {
    const stage = await DebugStage.of(CODE, START);
    stage.breakAt(13);
    const seen: string[] = [];
    const kinds = ["next", "stepIn", "next", "stepOut", "next", "next", "next", "next", "next", "next", "next", "next"];
    for (const kind of kinds)
      stage.stops.push((ask, { reason }) => {
        seen.push(`${reason === "step" ? "" : reason}${top(ask)}`);
        if (seen.length === 2) stage.breakAt();
        ask(kind);
      });
    stage.stops.push((ask) => void seen.push(top(ask)));
    stage.step();
    expect(seen).toEqual([
      "breakpointonUpdate:13",
      "onUpdate:14",
      "add:6",
      "add:7",
      "onUpdate:14",
      "onUpdate:15",
      "onUpdate:16",
      "onUpdate:17",
      "onUpdate:16",
      "onUpdate:17",
      "onUpdate:16",
      "onUpdate:17",
      "onUpdate:16",
    ]);
    await stage.end();
  });

  test("pause stops at the next line", async () => {
    const stage = await DebugStage.of(CODE);
    stage.step();
    stage.ask("pause");
    let seen = "";
    stage.stops.push((ask, { reason }) => {
      seen = `${reason} ${top(ask)}`;
    });
    stage.step();
    expect(seen).toBe("pause onUpdate:11");
    await stage.end();
  });
});

describe("what can be seen", () => {
  test("frames, scopes and variables", async () => {
    const stage = await DebugStage.of(CODE, START);
    stage.breakAt(7);
    let checked = false;
    stage.stops.push((ask) => {
      const { stackFrames } = ask("stackTrace", { threadId: 1 });
      expect(stackFrames.map(({ name, line }: Body) => `${name}:${line}`)).toEqual(["add:7", "onUpdate:14"]);
      expect(stackFrames[0].source).toMatchObject({ name: "test", path: stage.path });
      expect(scope(ask, "Locals")).toEqual({ a: "0.0", b: "1", sum: "1.0" });
      expect(scope(ask, "Locals", 2)).toMatchObject({ x: "0.0", text: '"t1"', dt: /./ as unknown as string });
      expect(scope(ask, "State")).toEqual({ hp: "10", name: '"bo"', fast: "true" });
      expect(scope(ask, "Components")).toEqual({ Position: "Position {x = 0, y = 0}" });
      expect(scope(ask, "Globals")).toMatchObject({ onUpdate: "function test:10" });
      expect(scope(ask, "Upvalues", 2)).toMatchObject({ count: "1", add: "function test:5" });
      checked = true;
    });
    stage.step();
    expect(checked).toBe(true);
    await stage.end();
  });
});

test("frames go on into what resumed a coroutine, with the variables of each", async () => {
  const stage = await DebugStage.of(`
local function inner(a)
  local got = coroutine.yield(a)
  return got
end
function onUpdate(self)
  local mark = "outer"
  local thread = coroutine.create(function(x)
    local y = inner(x)
    return y
  end)
  coroutine.resume(thread, 1)
  coroutine.resume(thread, 2)
end`);
  stage.breakAt(4);
  let checked = false;
  stage.stops.push((ask) => {
    const { stackFrames } = ask("stackTrace");
    expect(stackFrames.map((one: Body) => `${one.name}:${one.line}`)).toEqual([
      "inner:4",
      "function of line 8:9",
      "resume:0",
      "onUpdate:13",
    ]);
    expect(scope(ask, "Locals", 1)).toEqual({ a: "1", got: "2" });
    expect(scope(ask, "Locals", 4)).toMatchObject({ mark: '"outer"', thread: "thread" });
    expect(ask("evaluate", { expression: "mark .. #mark", frameId: 4, context: "watch" }).result).toBe('"outer5"');
    ask("evaluate", { expression: "mark = 'set'", frameId: 4, context: "repl" });
    ask("evaluate", { expression: "got = { 7 }", frameId: 1, context: "repl" });
    expect(scope(ask, "Locals", 4)).toMatchObject({ mark: '"set"' });
    ask("next");
  });
  stage.stops.push((ask) => {
    expect(top(ask)).toBe("function of line 8:10");
    expect(scope(ask, "Locals")).toEqual({ x: "1", y: "{7}" });
    checked = true;
  });
  stage.step();
  expect(checked).toBe(true);
  expect(stage.faults).toEqual([]);
  await stage.end();
});

test.each([
  ["5", [5, 6, 7, 8, 9, 10]],
  [">= 9", [9, 10]],
  ["== 3", [3]],
  ["> 8", [9, 10]],
  ["< 3", [1, 2]],
  ["<= 2", [1, 2]],
  ["% 4", [4, 8]],
  ["what", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
])("hits %s of ten", (condition, expected) => {
  const hits = Array.from({ length: 10 }, (_, i) => i + 1);
  expect(hits.filter((hit) => hitCounts(condition, hit))).toEqual(expected);
});

test("sources come by their paths, or by number where there is no file", async () => {
  const stage = await DebugStage.of(CODE);
  stage.debug.sources.add({ name: "lib", text: "return 1" });
  const { sources } = stage.ask("loadedSources");
  expect(sources).toEqual([
    { name: "test", path: stage.path },
    { name: "lib", sourceReference: 2 },
  ]);
  expect(stage.ask("source", { sourceReference: 2 }).content).toBe("return 1");
  expect(stage.ask("source", { source: { path: stage.path } }).content).toBe(CODE);
  expect(() => stage.ask("source", { sourceReference: 9 })).toThrow("no such source");
  const { breakpoints } = stage.ask("setBreakpoints", {
    source: { name: "lib", sourceReference: 2 },
    breakpoints: [{ line: 1 }],
  });
  expect(breakpoints).toMatchObject([{ verified: true, line: 1 }]);
  writeFileSync(stage.path, `-- another line\n${CODE}`);
  stage.step();
  expect(stage.debug.sources.named("test")?.text).toMatch(/^-- another/);
  await stage.end();
});

test("lines and requests as the client counts and knows them", async () => {
  const stage = await DebugStage.of(CODE);
  expect(stage.ask("initialize", { linesStartAt1: false })).toMatchObject({ supportsSetVariable: true });
  expect(stage.breakAt(10)).toMatchObject([{ verified: true, line: 10 }]);
  let line = -1;
  stage.stops.push((ask) => {
    line = ask("stackTrace").stackFrames[0].line;
    expect(() => ask("variables", { variablesReference: 99 })).toThrow("that is gone");
    expect(() => ask("scopes", { frameId: 99 })).toThrow("no such frame");
    expect(ask("threads").threads).toEqual([{ id: 1, name: "world" }]);
  });
  stage.step();
  expect(line).toBe(10);
  for (const command of ["continue", "next", "stepIn", "stepOut", "scopes", "evaluate", "stackTrace"])
    expect(() => stage.ask(command), command).toThrow("nothing is stopped");
  expect(() => stage.ask("toString")).toThrow("toString is not known here");
  await stage.end();
});

describe("errors", () => {
  const THROWS = `function onUpdate(self)
  pcall(function() error("caught") end)
  local t = coroutine.wrap(function(n)
    local inside = n
    coroutine.yield(inside)
    local x = nil + inside
  end)
  t(5)
  t()
end`;

  test.each([
    [["all"], ["error:0 function of line 2:2", "function of line 3:6", "onUpdate:9"]],
    [["uncaught"], ["function of line 3:6", "onUpdate:9"]],
    [[], []],
  ])("filters %j", async (filters, expected) => {
    const stage = await DebugStage.of(THROWS);
    stage.ask("setExceptionBreakpoints", { filters });
    const seen: string[] = [];
    for (const _ of expected)
      stage.stops.push((ask, { reason, text }) => {
        const { stackFrames } = ask("stackTrace", {});
        expect(reason).toBe("exception");
        expect(text).toMatch(/caught|arithmetic/);
        expect(ask("exceptionInfo").description).toBe(text);
        const c = stackFrames[0].name === "error" ? "error:0 " : "";
        const frame = stackFrames.find((one: Body) => one.line > 0);
        seen.push(`${c}${frame.name}:${frame.line}`);
        if (frame.line === 6) expect(scope(ask, "Locals")).toEqual({ n: "5", inside: "5" });
        ask("continue");
      });
    stage.step();
    expect(seen).toEqual(expected);
    expect(stage.faults.length).toBe(1);
    await stage.end();
  });

  test("instructions that run out stop where they do", async () => {
    const stage = await DebugStage.of("function onUpdate()\n  while true do\n  end\nend", {
      budget: { instructions: 1000 },
    });
    stage.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
    let seen = "";
    stage.stops.push((ask, { text }) => {
      seen = `${top(ask)} ${text}`;
    });
    stage.step();
    expect(seen).toMatch(/^onUpdate:[23] used up its instructions/);
    expect(stage.faults).toMatchObject([{ kind: "instructions" }]);
    await stage.end();
  });
});
