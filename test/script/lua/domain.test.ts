import { describe, expect, it } from "vitest";
import { HEAD, LuaStage, stageEngine } from "./lua-stage.ts";

describe("a domain", () => {
  it("does not grow by reloads", async () => {
    const engine = await stageEngine();
    const stage = new LuaStage(engine);
    const sizes: number[] = [];
    for (let i = 0; i < 300; i++) {
      await stage.load(
        `local vec, class = require "vec", require "class" local text = "${"x".repeat(5000)}${i}" function f() return #text end`,
      );
      stage.expectStarted(stage.start());
      stage.value("f");
      stage.domain.discard(stage.instance);
      sizes.push(stage.domain.bytes.length);
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(4 << 20);
    expect(stage.domain.inspect()).toMatchObject({ programs: ["test"], instances: 0 });
  });

  it("does not grow by kills", async () => {
    const stage = await LuaStage.of(
      "function f() pcall(pcall, function() local t = {} while true do t[1] = {} end end) end",
      {
        instructions: 2000,
      },
    );
    for (let i = 0; i < 3000; i++) {
      stage.fault("f");
      stage.domain.beginTick(i);
      stage.domain.discard(stage.instance);
      stage.expectStarted(stage.start());
    }
    expect(stage.domain.bytes.length).toBeLessThanOrEqual(4 << 20);
  });

  it("has several programs, whose instances have numbers of one list", async () => {
    const stage = new LuaStage(await stageEngine());
    const a = await stage.load("function who() return 'a' end", "a");
    stage.start();
    const first = stage.instance;
    const b = await stage.load("function who() return 'b' end", "b");
    stage.start(1);
    expect([a, b, first, stage.instance]).toEqual([1, 2, 1, 2]);
    expect([...stage.domain.instances()]).toEqual([1, 101, 1, 2, 102, 2]);
    expect(stage.value("who")).toBe("b");
    expect(stage.domain.call(a, first, stage.host.row(0), "who", [])).toEqual({ ok: true, value: "a" });
    stage.domain.discard(first);
    stage.start(2);
    expect(stage.instance).toBe(1);
    expect(stage.domain.instancesOf(b)).toBe(2);
    expect(stage.domain.inspect().programs).toEqual(["a", "b"]);
  });

  it("keeps instances of an old version until they are made again", async () => {
    const stage = await LuaStage.of("function f(self) return 1 end function g(self) return self.State.n end");
    await stage.load("function f() return 2 end");
    expect(stage.value("f")).toBe(1);
    expect(stage.fault("g").message).toMatch(/State/);
    stage.domain.discard(stage.instance);
    stage.start();
    expect(stage.value("f")).toBe(2);
  });

  it("forgets what a top level began that failed", async () => {
    const stage = new LuaStage(await stageEngine());
    await stage.load(
      `Tasks.start(function() Tasks.wait(3) end) Tasks.defer(print) if once == nil and Tasks.own().done then return end fail()`.replace(
        "fail()",
        "if not pcall(Tasks.wait, 'x') and self then end",
      ),
    );
    const code = `${HEAD} Tasks.start(function() Tasks.wait(3) end) local n = 0 for i = 1, 1e9 do n = n + i end`;
    await expect(stage.engine.compile({ name: "slow", code })).rejects.toMatchObject({ code: "script-invalid" });
    expect(stage.start()).toMatchObject({ ok: true });
    expect(stage.domain.takeWaits().length).toBe(1);
    const short = new LuaStage(stage.engine, { instructions: 2000 });
    await short.load("Tasks.start(function() Tasks.wait(3) end) for i = 1, 10000 do end");
    expect(short.start()).toMatchObject({ ok: false, fault: { kind: "instructions" } });
    expect(short.domain.takeWaits()).toEqual([]);
    expect(short.domain.inspect()).toMatchObject({ tasks: 0, instances: 0 });
  });

  it("refuses to wait at the top level", async () => {
    const stage = new LuaStage(await stageEngine());
    const chunk = await stage.engine.compile({ name: "w", code: `${HEAD} if Tasks.now then coroutine.yield() end` });
    const code = chunk.code.replace("if Tasks.now then coroutine.yield() end", "coroutine.yield()");
    const program = stage.domain.load({ ...chunk, code } as typeof chunk, stage.host.access);
    expect(stage.domain.instantiate(program, stage.host.row(0))).toMatchObject({
      ok: false,
      fault: { kind: "error", message: "nothing can wait at the top level" },
    });
  });

  it("lets errors of its host through, and goes on", async () => {
    const stage = await LuaStage.of("function f() pcall(Probe.note, 1) end function g() return 1 end");
    const { note } = { note: stage.host.call };
    stage.host.call = () => {
      throw new TypeError("a bug of the host");
    };
    expect(() => stage.call("f")).toThrow("a bug of the host");
    stage.host.call = note;
    expect(stage.value("g")).toBe(1);
    expect(stage.value("f")).toBe(undefined);
  });

  it("calls for an entity that is gone", async () => {
    const stage = await LuaStage.of(
      "function onDestroy(self) return self.id end function g(self) return self.State.n end",
    );
    const gone = { entity: 101, row: -1, columns: [] };
    expect(stage.domain.call(stage.program, stage.instance, gone, "onDestroy", [])).toEqual({ ok: true, value: 101 });
    expect(stage.domain.call(stage.program, stage.instance, gone, "g", [])).toMatchObject({ ok: false });
  });

  it("runs text for the globals of the instance, as a console does", async () => {
    const stage = await LuaStage.of(
      "local function run(self, code) local f, e = load(code, '=repl', 't') if not f then return e end return f() end replEval = run",
    );
    expect(stage.value("replEval", "x = 5")).toBe(undefined);
    expect(stage.value("replEval", "return x + 1")).toBe(6);
    expect(stage.value("replEval", "return (")).toMatch(/^repl:1: .*near <eof>$/);
  });
});
