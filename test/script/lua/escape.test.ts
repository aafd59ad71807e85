import { describe, expect, it } from "vitest";
import type { Budget } from "../../../src/script/budget.ts";
import type { FaultKind } from "../../../src/script/fault.ts";
import { LuaStage } from "./lua-stage.ts";

const limits: Partial<Budget> = { instructions: 200_000, memoryBytes: 4 << 20, stack: 5_000 };

/** Bodies of a function that try to outlive a budget, and which one they must meet. */
const attempts: Readonly<Record<string, readonly [FaultKind | readonly FaultKind[], string]>> = {
  "a loop": ["instructions", "while true do end"],
  "a loop with goto": ["instructions", "::again:: goto again"],
  "a loop of repeat": ["instructions", "repeat until false"],
  "a for loop over floats": ["instructions", "for i = 1, math.huge do end"],
  "a for loop over integers": ["instructions", "for i = 1, math.maxinteger do end"],
  "tail calls": ["instructions", "local function g() return g() end g()"],
  "pcall in a loop": ["instructions", "while true do pcall(error) end"],
  "a loop in pcall": ["instructions", "pcall(function() while true do end end) return 1"],
  "a loop in pcall in pcall": ["instructions", "pcall(pcall, pcall, function() while true do end end) return 1"],
  "a loop in xpcall": ["instructions", "xpcall(function() while true do end end, function() return 1 end)"],
  "a loop in a handler": ["instructions", "xpcall(error, function() while true do end end)"],
  "a handler that fails for ever": ["instructions", "while true do xpcall(error, function() error() end) end"],
  "a loop in a coroutine": ["instructions", "coroutine.resume(coroutine.create(function() while true do end end))"],
  "a loop in coroutine.wrap": ["instructions", "pcall(coroutine.wrap(function() while true do end end))"],
  "a loop over coroutines": ["instructions", "while true do coroutine.resume(coroutine.create(function() end)) end"],
  "a loop of yields": [
    "instructions",
    "local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end",
  ],
  "coroutines in coroutines": [
    "instructions",
    "local function deep(n) if n > 100 then while true do end end coroutine.wrap(deep)(n + 1) end deep(0)",
  ],
  "a closed coroutine": [
    "instructions",
    "local co = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
  ],
  "a loop in a task": ["instructions", "Tasks.start(function() while true do end end)"],
  "a loop in a task in pcall": ["instructions", "pcall(Tasks.start, function() while true do end end)"],
  "tasks that start tasks": [
    ["instructions", "stack", "error"],
    "local function again() Tasks.start(again) end again()",
  ],
  "work that is put off for ever": ["instructions", "local function again() Tasks.defer(again) end Tasks.defer(again)"],
  "a loop in work that is put off": ["instructions", "Tasks.defer(function() while true do end end)"],
  __index: [
    "instructions",
    "pcall(function() return setmetatable({}, { __index = function() while true do end end }).x end)",
  ],
  __newindex: [
    "instructions",
    "pcall(function() setmetatable({}, { __newindex = function() while true do end end }).x = 1 end)",
  ],
  __call: ["instructions", "pcall(setmetatable({}, { __call = function() while true do end end }))"],
  __add: [
    "instructions",
    "pcall(function() return setmetatable({}, { __add = function() while true do end end }) + 1 end)",
  ],
  __eq: [
    "instructions",
    "pcall(function() local m = { __eq = function() while true do end end } return setmetatable({}, m) == setmetatable({}, m) end)",
  ],
  __lt: [
    "instructions",
    "pcall(function() local m = { __lt = function() while true do end end } return setmetatable({}, m) < setmetatable({}, m) end)",
  ],
  __le: [
    "instructions",
    "pcall(function() local m = { __le = function() while true do end end } return setmetatable({}, m) <= setmetatable({}, m) end)",
  ],
  __concat: [
    "instructions",
    "pcall(function() return setmetatable({}, { __concat = function() while true do end end }) .. '' end)",
  ],
  __len: [
    "instructions",
    "pcall(function() return #setmetatable({}, { __len = function() while true do end end }) end)",
  ],
  __unm: [
    "instructions",
    "pcall(function() return -setmetatable({}, { __unm = function() while true do end end }) end)",
  ],
  __close: [
    "instructions",
    "pcall(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) end)",
  ],
  "__close after an error": [
    "instructions",
    "pcall(function() local x <close> = setmetatable({}, { __close = function() while true do end end }) error('x') end)",
  ],
  __tostring: ["instructions", "pcall(tostring, setmetatable({}, { __tostring = function() while true do end end }))"],
  "__name and error": ["error", "error(setmetatable({}, { __tostring = function() while true do end end }))"],
  __pairs: [
    "instructions",
    "pcall(function() for k in pairs(setmetatable({}, { __pairs = function() while true do end end })) do end end)",
  ],
  "an iterator": ["instructions", "pcall(function() for k in function() return 1 end do end end)"],
  __metatable: ["instructions", "local t = setmetatable({}, { __metatable = {} }) while getmetatable(t) do end"],
  "the comparison of sort": ["instructions", "pcall(table.sort, { 3, 2, 1 }, function() while true do end end)"],
  "the callback of gsub": ["instructions", "pcall(string.gsub, 'abc', '.', function() while true do end end)"],
  "the table of gsub": [
    "instructions",
    "pcall(string.gsub, 'abc', '.', setmetatable({}, { __index = function() while true do end end }))",
  ],
  "loaded text": ["instructions", "pcall(load('while true do end'))"],
  "loaded text in a coroutine": ["instructions", "pcall(coroutine.wrap(load('while true do end')))"],
  "load for ever": ["instructions", "while true do load('return 1') end"],
  "arguments of the host": ["instructions", "while true do pcall(Probe.refuse) end"],
  "finalisers by the back door": [
    "instructions",
    "local m = {} setmetatable({}, m) m.__gc = function() end while true do local t = {} end",
  ],
  "a stop of the host": ["hostCalls", "pcall(Probe.stop)"],
  "a stop of the host in a coroutine": ["hostCalls", "coroutine.wrap(function() pcall(Probe.stop) end)()"],
  "a stop of the host in a handler": ["hostCalls", "xpcall(error, function() Probe.stop() end)"],
  "a stop of the host while closing": [
    "hostCalls",
    "local x <close> = setmetatable({}, { __close = function() pcall(Probe.stop) end })",
  ],
  "a stop of the host in sort": ["hostCalls", "pcall(table.sort, { 1, 2 }, Probe.stop)"],
  recursion: ["stack", "local function g() return 1 + g() end g()"],
  "recursion in pcall": ["instructions", "local function g() pcall(g) return 1 end while true do g() end"],
  "recursion of handlers": [["error", "stack"], "local function g() error(g) end xpcall(g, g) error('done')"],
  "recursion by metamethods": [
    "error",
    "local t t = setmetatable({}, { __index = function(_, k) return t[k] end }) return t.x",
  ],
  "recursion by tostring": [
    "error",
    "local t t = setmetatable({}, { __tostring = function() return tostring(t) end }) return tostring(t)",
  ],
  "recursion in coroutines": ["error", "local function g() return coroutine.wrap(g)() end g()"],
  "recursion with many values": ["stack", "local function g(...) return 1 + g(1, ...) end g()"],
  "varargs without end": ["stack", "local function g(...) return g(1, 2, 3, 4, 5, 6, 7, 8, ...) end g()"],
  "a table without end": ["memory", "local t = {} for i = 1, 1e9 do t[i] = i end"],
  "tables without end": ["memory", "local t = {} for i = 1, 1e9 do t[i] = {} end"],
  "a table without end in pcall": [
    "memory",
    "pcall(function() local t = {} for i = 1, 1e9 do t[i] = i end end) return 1",
  ],
  "a table without end in a coroutine": [
    "memory",
    "coroutine.wrap(function() local t = {} for i = 1, 1e9 do t[i] = i end end)()",
  ],
  "a table without end, again and again": [
    "memory",
    "while true do pcall(function() local t = {} for i = 1, 1e9 do t[i] = { i } end end) end",
  ],
  "texts that double": ["memory", "local s = 'xxxxxxxxxxxxxxxx' while true do s = s .. s end"],
  "texts that double in pcall": [
    "memory",
    "pcall(function() local s = 'xxxxxxxxxxxxxxxx' while true do s = s .. s end end) return 1",
  ],
  "a list of texts": [["memory", "instructions"], "local t = {} for i = 1, 1e6 do t[i] = ('x'):rep(10000) .. i end"],
  "rep to the cap": [["memory", "instructions"], "local s = ('x'):rep(1 << 24) return #s"],
  "rep to the cap in pcall": [["memory", "instructions"], "pcall(string.rep, 'x', 1 << 24) return 1"],
  "concat of a list": [
    ["memory", "instructions"],
    "local t = {} for i = 1, 3000 do t[i] = ('x'):rep(1000) end return #table.concat(t)",
  ],
  "format of long texts": [
    ["memory", "instructions"],
    "local s = ('x'):rep(1 << 20) return #('%s%s%s%s%s%s%s%s'):format(s, s, s, s, s, s, s, s)",
  ],
  "closures without end": ["memory", "local t = {} for i = 1, 1e9 do t[i] = function() return i end end"],
  "coroutines without end": ["memory", "local t = {} for i = 1, 1e9 do t[i] = coroutine.create(print) end"],
  "tasks without end": [["memory", "instructions"], "for i = 1, 1e9 do Tasks.start(function() Tasks.wait(5) end) end"],
  "globals without end": ["memory", "for i = 1, 1e9 do _ENV['g' .. i] = i end"],
  "metatables without end": [
    ["memory", "instructions"],
    "local t = {} for i = 1, 1e9 do t[i] = setmetatable({}, {}) end",
  ],
  "code without end": [
    ["memory", "instructions"],
    "local t = {} for i = 1, 1e6 do t[i] = load('return ' .. ('1 + '):rep(1000) .. i) end",
  ],
  "a long list in a text": [["memory", "instructions"], "load('return {' .. ('1,'):rep(1 << 21) .. '}')"],
  "values of unpack": [["error", "stack"], "return select('#', table.unpack({}, 1, 1e6))"],
  "gsub that grows": ["memory", "local s = ('x'):rep(10000) return #s:gsub('x', s)"],
  "patterns that try everything": [
    ["work", "instructions"],
    "return ('a'):rep(40):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')",
  ],
  "patterns that try everything in pcall": [
    ["work", "instructions"],
    "pcall(string.find, ('a'):rep(200), ('a*'):rep(20) .. 'b') while true do end",
  ],
  "long texts copied again and again": [
    ["work", "instructions"],
    "local s = ('x'):rep(1 << 19) for i = 1, 1e9 do local t = s .. i end",
  ],
  "long texts reversed again and again": [
    ["work", "instructions"],
    "local s = ('x'):rep(1 << 19) while true do s = s:reverse() end",
  ],
  "long texts compared again and again": [
    ["work", "instructions"],
    "local s = ('x'):rep(1 << 19) local a, b = s .. 'a', s .. 'b' while true do local c = a == b end",
  ],
  "a far move": [["work", "instructions"], "table.move({}, 1, 1 << 40, 2)"],
  "a far concat": [
    ["error", "instructions"],
    "table.concat(setmetatable({}, { __index = function() return '' end }), '', 1, 1 << 40)",
  ],
  "a far unpack": [["error", "stack", "instructions"], "return table.unpack({}, 1, 1 << 40)"],
  "a long length": [
    ["error", "instructions"],
    "table.sort(setmetatable({}, { __len = function() return 1 << 40 end }))",
  ],
  "inserting far away": [
    ["work", "instructions"],
    "table.insert(setmetatable({}, { __len = function() return 1 << 40 end }), 1, 2)",
  ],
  "removing far away": [
    ["work", "instructions"],
    "table.remove(setmetatable({}, { __len = function() return 1 << 40 end }), 1)",
  ],
  "chains of __index": [
    ["work", "instructions"],
    "local t = {} for i = 1, 1900 do t = setmetatable({}, { __index = t }) end while true do local x = t.x end",
  ],
  "a utf8 text without end": [["work", "instructions"], "local s = ('ä'):rep(1 << 19) while true do utf8.len(s) end"],
  "string.pack of much": [
    ["memory", "error", "work", "instructions"],
    "local t = {} while true do t[#t + 1] = string.pack('z', ('x'):rep(100000)) end",
  ],
};

describe("budgets hold against", () => {
  it.each(Object.entries(attempts))("%s", async (_, [kinds, body]) => {
    const code = `function bad(self)
      self.Position.x = 5
      ${body}
    end
    function good(self) self.State.n = self.State.n + 1 return coroutine.wrap(function() return pcall(error) end)() end
    function sum() local t = {} for i = 1, 100 do t[i] = i end return #t end`;
    const stage = await LuaStage.of(code, limits);
    const { host, domain } = stage;
    const other = stage.instance;
    stage.start(1);
    const before = host.bytes();
    host.undo.clear();
    const fault = stage.fault("bad");
    expect([kinds].flat()).toContain(fault.kind);
    host.revert();
    expect(host.bytes()).toEqual(before);
    expect(domain.bytes.length).toBeLessThanOrEqual(limits.memoryBytes!);
    domain.discard(stage.instance);
    expect(domain.takeWaits()).toEqual([]);
    // Whoever shares the machine goes on.
    domain.beginTick(2);
    stage.instance = other;
    if (fault.kind !== "work") {
      expect(stage.value("good")).toBe(false);
      expect(stage.value("sum")).toBe(100);
      expect([...host.n]).toEqual([1, 0, 0, 0]);
    }
    domain.reset();
    await stage.load(code);
    stage.expectStarted(stage.start());
    expect(stage.value("sum")).toBe(100);
    domain.dispose();
  });
});

describe("a machine that is nearly full", () => {
  const code = `local kept = {}
    function fill(self, count) for i = 1, count do kept[#kept + 1] = ("x"):rep(1000) .. #kept end return #kept end
    function take(self, value) return #value end
    function ask(self) return Probe.note(("y"):rep(20000)) end
    function yields(self) Tasks.wait(1) end`;
  it.each([0, 1, 2, 3, 4, 5, 6, 7])("stops calls for its memory, whatever they do (%i)", async (variant) => {
    const stage = await LuaStage.of(code, { memoryBytes: 3 << 20 });
    const values = { text: "v".repeat(100), list: Array.from({ length: 50 }, (_, i) => `${i} ${"w".repeat(60)}`) };
    let full = false;
    for (let i = 0; i < 3000 && !full; i++) {
      stage.domain.beginTick(i);
      const outcome =
        i % 8 === variant
          ? stage.call("take", ["z".repeat(1 + ((i * 7919) % 60_000)), values.text])
          : i % 8 === (variant + 3) % 8
            ? stage.call("yields")
            : i % 8 === (variant + 5) % 8
              ? stage.call("ask")
              : i % 8 === (variant + 6) % 8
                ? stage.call("take", values.list)
                : stage.call("fill", 1 + (variant % 3));
      if (outcome.ok) continue;
      expect(outcome.fault.kind).toBe("memory");
      full = true;
    }
    expect(full).toBe(true);
    const after = stage.call("fill", 1);
    if (!after.ok) expect(after.fault.kind).toBe("memory");
    stage.domain.discard(stage.instance);
    stage.domain.reset();
    await stage.load(code);
    stage.expectStarted(stage.start());
    expect(stage.value("fill", 10)).toBe(10);
  });
});

describe("budgets", () => {
  it("are exact: one instruction less is too few", async () => {
    const code = "function f() local x = 0 for i = 1, 100 do x = x + i end return x end";
    const used = async (instructions: number) => {
      const stage = await LuaStage.of(code, { instructions });
      const before = stage.domain.inspect().instructions;
      const outcome = stage.call("f");
      return { ok: outcome.ok, spent: stage.domain.inspect().instructions - before };
    };
    const { spent } = await used(100_000);
    expect(await used(spent)).toEqual({ ok: true, spent });
    expect(await used(spent - 1)).toEqual({ ok: false, spent: spent - 1 });
  });
  it("of a tick are shared by its calls", async () => {
    const stage = await LuaStage.of("function f() while true do end end function g() return 1 end", {
      instructions: 1000,
      instructionsPerTick: 2500,
    });
    stage.domain.beginTick(2);
    const kinds = [1, 2, 3, 4].map(() => stage.fault("f").kind);
    expect(kinds).toEqual(["instructions", "instructions", "instructionsPerTick", "instructionsPerTick"]);
    expect(stage.fault("g").kind).toBe("instructionsPerTick");
    stage.domain.beginTick(3);
    expect(stage.value("g")).toBe(1);
  });
  it("say on which line it happened, in coroutines too", async () => {
    const stage = await LuaStage.of(
      "\nfunction f()\n  local co = coroutine.wrap(function()\n    local x = 1\n    while x do\n      x = x + 1\n    end\n  end)\n  co()\nend",
      { instructions: 10_000 },
    );
    const fault = stage.fault("f");
    expect([5, 6]).toContain(fault.line);
    expect(fault.trace[0]).toMatch(/^test:[56]: in function/);
  });
});
