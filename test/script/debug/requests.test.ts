import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hitCounts } from "../../../src/script/debug/breakpoints.ts";
import { type Body, DebugStage, Position, scope, top } from "./debug-stage.ts";

const CODE = `script { state = { hp = 10, name = "bo", fast = true }, writes = { "Position" } }
local count = 0
items = { "a", "b", size = 2.5, deep = { x = { y = 1 } } }

local function add(a, b)
  local sum = a + b
  return sum
end

function onUpdate(self, dt)
  local x = self.Position.x
  count = count + 1
  local text = "t" .. count
  x = add(x, 1)
  self.Position.x = x
  for i = 1, 3 do
    self.State.hp = self.State.hp + i
  end
end
`;

const START = { entities: 2 };

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

describe("evaluation", () => {
  test("sees locals, upvalues, globals and components, and changes nothing but in the console", async () => {
    const stage = await DebugStage.of(CODE);
    stage.breakAt(7);
    const value = (expression: string, context = "watch", frameId = 2): string => {
      try {
        return stage.ask("evaluate", { expression, context, frameId }).result;
      } catch (error) {
        return `error: ${(error as Error).message}`;
      }
    };
    const seen: Record<string, string> = {};
    const watched = [
      "x + 1",
      "text .. '!'",
      "count",
      "items.deep.x",
      "self.Position.y",
      "self.State.name",
      "math.max(1, 2)",
      "items.nothing.at",
      "function(",
      "(function() while true do end end)()",
      "string.rep('x', 1e7):len()",
      "World.spawn('x')",
      "os",
      "self.State.hp == 10",
    ];
    stage.stops.push((ask) => {
      for (const text of watched) seen[text] = value(text);
      value("count = 99");
      value("(function() count = 77 self.State.hp = 1 self.Position.y = 8 items.deep = nil return 1 end)()");
      expect(value("count")).toBe("1");
      expect(value("self.State.hp")).toBe("10");
      expect(value("items.deep.x.y")).toBe("1");
      const { variablesReference } = ask("evaluate", { expression: "items.deep", context: "watch", frameId: 2 });
      expect(ask("variables", { variablesReference }).variables).toMatchObject([{ name: "x", value: "{y = 1}" }]);
      expect(value("count = 41", "repl")).toBe("nil");
      expect(value("text = { 'new' }", "repl")).toBe("nil");
      expect(value("self.State.hp = 20", "repl")).toBe("nil");
      expect(value("items.more = { text, count }", "repl")).toBe("nil");
      expect(value("error('no')", "repl")).toBe("error: no");
      expect(value("sum = sum + 1.5", "repl", 1)).toBe("nil");
      expect(scope(ask, "Locals", 2)).toMatchObject({ text: '{"new"}' });
      expect(scope(ask, "Upvalues", 2)).toMatchObject({ count: "41" });
      expect(scope(ask, "State")).toMatchObject({ hp: "20" });
    });
    stage.step();
    expect(seen).toEqual({
      "x + 1": "1.0",
      "text .. '!'": '"t1!"',
      count: "1",
      "items.deep.x": "{y = 1}",
      "self.Position.y": "0.0",
      "self.State.name": '"bo"',
      "math.max(1, 2)": "2",
      "items.nothing.at": "error: attempt to index a nil value (field 'nothing')",
      "function(": expect.stringMatching(/^error: .* expected/),
      "(function() while true do end end)()": expect.stringMatching(/^error: used up its instructions/),
      "string.rep('x', 1e7):len()": expect.stringMatching(/^error: /),
      "World.spawn('x')": expect.stringMatching(/^error: World.spawn: cannot be called while nothing may change/),
      os: "nil",
      "self.State.hp == 10": "true",
    });
    expect(stage.faults).toEqual([]);
    const [entity] = stage.world.query(Position).entities();
    expect(stage.world.get(entity!, Position)).toMatchObject({ x: 2.5, y: 0 });
    stage.breakAt();
    stage.step(20);
    expect(stage.faults).toEqual([]);
    await stage.end();
  });

  test("variables can be set", async () => {
    const stage = await DebugStage.of(CODE);
    stage.breakAt(15);
    stage.stops.push((ask) => {
      const set = (scopeName: string, path: readonly string[], value: string): string => {
        const found = ask("scopes", { frameId: 1 }).scopes.find((one: Body) => one.name === scopeName);
        let reference = found.variablesReference;
        for (const name of path.slice(0, -1)) {
          const { variables } = ask("variables", { variablesReference: reference });
          reference = variables.find((one: Body) => one.name === name).variablesReference;
        }
        return ask("setVariable", { variablesReference: reference, name: path.at(-1), value }).value;
      };
      expect(set("Locals", ["x"], "x + 6")).toBe("7.0");
      expect(set("Upvalues", ["count"], "count * 5")).toBe("5");
      expect(set("Globals", ["items", "[1]"], "'z'")).toBe('"z"');
      expect(set("Globals", ["items", "deep", "x", "y"], "{ 1 }")).toBe("{1}");
      expect(set("State", ["hp"], "50")).toBe("50");
      expect(set("Components", ["Position", "y"], "3.5")).toBe("3.5");
      expect(() => set("State", ["hp"], "'much'")).toThrow("expected an integer");
    });
    stage.step();
    const [entity] = stage.world.query(Position).entities();
    expect(stage.world.get(entity!, Position)).toMatchObject({ x: 7, y: 3.5 });
    expect(stage.faults).toEqual([]);
    await stage.end();
  });

  test("long tables come page by page", async () => {
    const stage = await DebugStage.of(`list = {} for i = 1, 1000 do list[i] = i end list.name = "n"
function onUpdate()
  local l = list
  return l
end`);
    stage.breakAt(4);
    let checked = false;
    stage.stops.push((ask) => {
      const globals = ask("scopes", { frameId: 1 }).scopes.find((one: Body) => one.name === "Locals");
      const [list] = ask("variables", { variablesReference: globals.variablesReference }).variables;
      expect(list).toMatchObject({ indexedVariables: 1000, namedVariables: 1 });
      const { variablesReference } = list;
      const page = ask("variables", { variablesReference, filter: "indexed", start: 500, count: 3 }).variables;
      expect(page.map((one: Body) => `${one.name} ${one.value}`)).toEqual(["[501] 501", "[502] 502", "[503] 503"]);
      const named = ask("variables", { variablesReference, filter: "named" }).variables;
      expect(named).toMatchObject([{ name: "name", value: '"n"' }]);
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

describe("the world", () => {
  test("is the same whether it was looked at or not", async () => {
    const code = `${CODE}
function onStart(self)
  Tasks.start(function()
    while true do
      local made = { Random.float(), tostring({}):len(), ("x"):rep(100) }
      Tasks.wait(2)
    end
  end)
end`;
    const hashes: string[] = [];
    for (const look of [false, true]) {
      const stage = await DebugStage.of(code, { entities: 5, debugged: look });
      if (look) {
        stage.breakAt(7, 24, { line: 14, condition: "x > 1e9" }, { line: 15, logMessage: "{x} {items}" });
        stage.ask("setExceptionBreakpoints", { filters: ["all"] });
        for (let i = 0; i < 300; i++)
          stage.stops.push((ask) => {
            const { stackFrames } = ask("stackTrace", {});
            for (const { id: frameId } of stackFrames)
              for (const { variablesReference } of ask("scopes", { frameId }).scopes)
                for (const child of ask("variables", { variablesReference }).variables)
                  if (child.variablesReference > 0) ask("variables", { variablesReference: child.variablesReference });
            ask("evaluate", { expression: "{ self, tostring(self), ('y'):rep(1000) }", context: "watch", frameId: 1 });
            expect(() => ask("evaluate", { expression: "error({})", context: "hover" })).toThrow();
            ask(i % 3 === 0 ? "next" : i % 3 === 1 ? "stepIn" : "continue");
          });
      }
      stage.step(30);
      if (look) expect(stage.stops.length).toBe(0);
      expect(stage.faults).toEqual([]);
      hashes.push(await stage.end());
    }
    expect(hashes[1]).toBe(hashes[0]);
  });

  test("is not blamed for the time that it stands still", async () => {
    const stage = await DebugStage.of(CODE, { budget: { watchdogMs: 400 } });
    stage.breakAt(11);
    stage.stops.push((ask) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
      ask("continue");
    });
    stage.stops.push((ask) => ask("continue"));
    stage.step(2);
    expect(stage.stops.length).toBe(0);
    await stage.end();
  });

  test("goes on when the client leaves, without being looked at", async () => {
    const stage = await DebugStage.of(CODE);
    stage.breakAt(11);
    stage.stops.push((ask) => {
      ask("disconnect");
    });
    stage.step(3);
    expect(stage.ended).toEqual([false]);
    expect(stage.events.filter(({ event }) => event === "stopped").length).toBe(1);
    expect(() => stage.ask("stackTrace")).toThrow("nothing is stopped");
    await stage.end();
  });
});
