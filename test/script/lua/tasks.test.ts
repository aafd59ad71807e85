import { describe, expect, it } from "vitest";
import { LuaStage } from "./lua-stage.ts";

const seen =
  'local log = {} function told() local t = table.concat(log, " ") log = {} return t end local function say(x) log[#log + 1] = tostring(x) end ';

/** Goes on with all that is due. */
function tick(stage: LuaStage, number: number, value?: Record<string, number>): void {
  stage.domain.beginTick(number);
  for (const wait of waiting(stage)) {
    const due = value === undefined ? wait.tick > 0 && wait.tick <= number : wait.event === "Hit";
    if (!due) continue;
    stages.get(stage)!.delete(wait.task);
    const outcome = stage.domain.resume(stage.program, wait.task, wait.instance, stage.host.row(0), value);
    if (!outcome.ok) throw new Error(outcome.fault.message);
  }
}

const stages = new WeakMap<LuaStage, Map<number, ReturnType<LuaStage["domain"]["takeWaits"]>[number]>>();
function waiting(stage: LuaStage) {
  let known = stages.get(stage);
  if (known === undefined) {
    known = new Map();
    stages.set(stage, known);
  }
  for (const wait of stage.domain.takeWaits()) known.set(wait.task, wait);
  return [...known.values()];
}

describe("tasks", () => {
  it("run at once until they wait", async () => {
    const stage = await LuaStage.of(
      `${seen} function f()
        say(Tasks.start(function(a, b) say(a + b) Tasks.wait(2) say("later") end, 1, 2))
        say(Tasks.start(function() say("brief") end))
        say("after")
      end`,
    );
    stage.value("f");
    expect(stage.value("told")).toBe("3 1 brief 0 after");
    tick(stage, 2);
    expect(stage.value("told")).toBe("");
    tick(stage, 3);
    expect(stage.value("told")).toBe("later");
    expect(stage.domain.inspect().tasks).toBe(0);
  });
  it("wait for events, or for some ticks", async () => {
    const stage = await LuaStage.of(
      `${seen} function f()
        for i = 1, 2 do Tasks.start(function() local e = Tasks.waitFor("Hit", 5) say(e and e.damage or "none") end) end
      end`,
    );
    stage.value("f");
    expect(waiting(stage)).toMatchObject([
      { task: 1, tick: 6, event: "Hit", entity: 101 },
      { task: 2, tick: 6, event: "Hit" },
    ]);
    tick(stage, 2, { damage: 7 });
    expect(stage.value("told")).toBe("7 7");
    stage.value("f");
    tick(stage, 7);
    expect(stage.value("told")).toBe("none none");
  });
  it("are hooks that wait, too", async () => {
    const stage = await LuaStage.of(
      `${seen} function onStart() say(1) Tasks.wait() say(2) coroutine.yield() say(3) end`,
    );
    expect(stage.value("onStart")).toBe(undefined);
    tick(stage, 2);
    tick(stage, 3);
    expect(stage.value("told")).toBe("1 2 3");
  });
  it("are cancelled by their script alone", async () => {
    const stage = await LuaStage.of(
      `${seen} local task
      function f() task = Tasks.start(function() local x <close> = setmetatable({}, { __close = function() say("closed") end }) Tasks.wait(1) say("no") end) return task end
      function g(self, other) return Tasks.cancel(other or task) end
      function self_cancel() task = Tasks.start(function() Tasks.wait(1) Tasks.cancel(task) end) end`,
    );
    const task = stage.value("f") as number;
    const first = stage.instance;
    stage.start(1);
    expect(stage.value("g", task)).toBe(false);
    stage.instance = first;
    expect(stage.value("g")).toBe(true);
    expect(stage.value("g")).toBe(false);
    expect(stage.value("told")).toBe("closed");
    tick(stage, 2);
    expect(stage.value("told")).toBe("");
    stage.value("self_cancel");
    expect(() => tick(stage, 3)).toThrow(/a task cannot end itself/);
  });
  it("that fail are faults of the call that ran them", async () => {
    const stage = await LuaStage.of(
      "function f() Tasks.start(function() error('early') end) end function g() Tasks.start(function() Tasks.wait(1) error('late') end) end",
    );
    expect(stage.fault("f")).toMatchObject({ kind: "error", message: "early" });
    stage.value("g");
    const [wait] = stage.domain.takeWaits();
    const late = stage.domain.resume(stage.program, wait!.task, stage.instance, stage.host.row(0), undefined);
    expect(late).toMatchObject({ ok: false, fault: { message: "late", line: 1, entity: 101 } });
  });
  it("of nobody, of others and of the dead are not resumed", async () => {
    const stage = await LuaStage.of("function f() Tasks.start(function() Tasks.wait(1) end) end");
    stage.value("f");
    const [wait] = stage.domain.takeWaits();
    const resume = (task: number, instance: number) =>
      stage.domain.resume(stage.program, task, instance, stage.host.row(0), undefined);
    expect(resume(99, stage.instance)).toEqual({ ok: true, value: undefined });
    expect(resume(wait!.task, stage.instance + 1)).toEqual({ ok: true, value: undefined });
    expect(stage.domain.inspect().tasks).toBe(1);
    expect(resume(wait!.task, stage.instance)).toEqual({ ok: true, value: undefined });
    expect(stage.domain.inspect().tasks).toBe(0);
    expect(resume(wait!.task, stage.instance)).toEqual({ ok: true, value: undefined });
  });
  it("that their script closed or went on with are no trouble", async () => {
    const stage = await LuaStage.of(
      `${seen} local threads = {}
      function f() for i = 1, 2 do Tasks.start(function() threads[i] = coroutine.running() Tasks.wait(1) say("end " .. i) end) end end
      function g() coroutine.close(threads[1]) coroutine.resume(threads[2]) end`,
    );
    stage.value("f");
    stage.value("g");
    tick(stage, 2);
    expect(stage.value("told")).toBe("end 2");
    expect(stage.domain.inspect().tasks).toBe(0);
  });
  it("start in onUpdate, which itself cannot wait", async () => {
    const stage = await LuaStage.of(
      `${seen} function onUpdate(self) say(pcall(Tasks.wait, 1)) Tasks.start(function() Tasks.wait(1) self.State.n = 5 end) end`,
    );
    const { domain, host } = stage;
    expect(domain.update(stage.program, host.batch([stage.instance]), 0, 1)).toBe(1);
    expect(domain.fault).toBe(undefined);
    expect(stage.value("told")).toBe("false");
    tick(stage, 2);
    expect([...host.n]).toEqual([5, 0, 0, 0]);
  });
  it("that began in a call that failed are forgotten with its instance", async () => {
    const stage = await LuaStage.of("function f() Tasks.start(function() Tasks.wait(1) end) error('x') end");
    stage.fault("f");
    stage.domain.discard(stage.instance);
    expect(stage.domain.takeWaits()).toEqual([]);
    expect(stage.domain.inspect().tasks).toBe(0);
  });
  it("wait a number of ticks before a function", async () => {
    const stage = await LuaStage.of(`${seen} function f() Tasks.after(2, function(a) say(a) end, "x") end`);
    stage.value("f");
    tick(stage, 3);
    expect(stage.value("told")).toBe("x");
  });
});

describe("a hook that waits", () => {
  it("is held while another runner is made, whenever the collector comes", async () => {
    const stage = await LuaStage.of(
      `${seen} function f(self, n) local waste = {} for i = 1, n * 97 % 1021 do waste[i] = i end Tasks.wait(1) say(n) end`,
    );
    for (let n = 1; n <= 400; n++) {
      const outcome = stage.domain.call(stage.program, stage.instance, stage.host.row(0), "f", [n]);
      if (!outcome.ok) throw new Error(outcome.fault.message);
    }
    tick(stage, 2);
    expect(stage.value("told")).toBe(Array.from({ length: 400 }, (_, i) => i + 1).join(" "));
  });
});

describe("tasks that wait", () => {
  it("take little memory", async () => {
    const stage = await LuaStage.of(
      `${seen} function f() local a, b, c, d = 1, 2, 3, 4
        for i = 1, 2000 do Tasks.start(function() local e = a while true do Tasks.wait(1) e = e + b end end) end
      end`,
    );
    const before = stage.domain.inspect().memoryBytes;
    stage.value("f");
    expect(stage.domain.inspect().tasks).toBe(2000);
    expect(stage.domain.inspect().memoryBytes - before).toBeLessThan(2000 * 900);
  });
});

describe("what is put off", () => {
  const code = `${seen} function f() Tasks.defer(function(a) say(a) Tasks.defer(say, "second") end, "first") say("call") end
    function onUpdate() f() end
    function fails() Tasks.defer(error, "bad") end
    function waits() Tasks.defer(function() Tasks.wait(1) say("waited") end) end`;
  it("runs after a call, as a part of it", async () => {
    const stage = await LuaStage.of(code);
    stage.value("f");
    expect(stage.value("told")).toBe("call first second");
    expect(stage.fault("fails").message).toBe("bad");
  });
  it("runs after each update of a batch", async () => {
    const stage = await LuaStage.of(code);
    const { domain, host } = stage;
    domain.update(stage.program, host.batch([stage.instance]), 0, 1);
    expect(stage.value("told")).toBe("call first second");
  });
  it("may wait", async () => {
    const stage = await LuaStage.of(code);
    stage.value("waits");
    tick(stage, 2);
    expect(stage.value("told")).toBe("waited");
  });
  it("runs where a hook began to wait", async () => {
    const stage = await LuaStage.of(
      `${seen} function onStart() Tasks.defer(say, "put off") Tasks.wait(1) say("on") end`,
    );
    stage.value("onStart");
    expect(stage.value("told")).toBe("put off");
    tick(stage, 2);
    expect(stage.value("told")).toBe("on");
  });
  it("has a table of its own for each instance", async () => {
    const stage = await LuaStage.of("function f() local own = Tasks.own() own.n = (own.n or 0) + 1 return own.n end");
    expect([stage.value("f"), stage.value("f")]).toEqual([1, 2]);
    stage.start(1);
    expect(stage.value("f")).toBe(1);
  });
  it("serves promises, in batches, calls and tasks", async () => {
    const stage = await LuaStage.of(
      `${seen} local promise = require "promise"
      local work = promise.async(function(n) Tasks.wait(1) local x = promise.await(promise.resolve(n)) say("done " .. x) return x end)
      function onUpdate(self) promise.resolve(1):andThen(function(x) self.State.n = x end) end
      function f() work(3):andThen(function(x) say("then " .. x) end) end`,
    );
    const { domain, host } = stage;
    domain.update(stage.program, host.batch([stage.instance]), 0, 1);
    expect([...host.n]).toEqual([1, 0, 0, 0]);
    stage.value("f");
    tick(stage, 2);
    expect(stage.value("told")).toBe("done 3 then 3");
  });
});
