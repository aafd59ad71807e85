import { describe, expect, test } from "vitest";
import { type Body, CODE, DebugStage, Position, scope } from "./debug-stage.ts";

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

  test("is the same whoever comes and goes between ticks, and goes back in time", async () => {
    const code = `${CODE}
function onStart(self)
  kept = {}
  Tasks.start(function()
    for i = 1, 1000 do
      for j = 1, 2000 do kept[#kept + 1] = { i } end
      Tasks.wait(3)
    end
  end)
end`;
    const hashes: string[][] = [];
    for (const look of [false, true]) {
      const stage = await DebugStage.of(code, { entities: 3, debugged: false });
      const [engine] = stage.engines;
      const seen: string[] = [];
      const ticks = (count: number, attached: boolean): void => {
        if (look && attached) stage.debug.attach(engine!);
        else if (look) stage.debug.detach();
        for (let i = 0; i < count; i++) {
          stage.step();
          seen.push(stage.world.hash());
        }
      };
      ticks(4, false);
      ticks(5, true);
      const then = stage.world.snapshot();
      ticks(6, false);
      stage.world.restore(then);
      ticks(3, true);
      stage.world.restore(then);
      ticks(8, false);
      expect(stage.faults).toEqual([]);
      await stage.end();
      hashes.push(seen);
    }
    expect(hashes[1]).toEqual(hashes[0]);
    expect(hashes[0]!.slice(9, 12)).toEqual(hashes[0]!.slice(15, 18));
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
