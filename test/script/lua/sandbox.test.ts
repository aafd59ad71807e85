import { describe, expect, it } from "vitest";
import { LuaStage } from "./lua-stage.ts";

/** The body of a function that must end with an error of the script's own, and what the error says. */
const refused: Readonly<Record<string, readonly [body: string, message: RegExp]>> = {
  io: ["return io.open('x')", /nil value \(global 'io'\)/],
  os: ["return os.time()", /nil value \(global 'os'\)/],
  debug: ["return debug.getregistry()", /nil value \(global 'debug'\)/],
  package: ["return package.loadlib()", /nil value \(global 'package'\)/],
  dofile: ["dofile('x')", /nil value \(global 'dofile'\)/],
  loadfile: ["loadfile('x')", /nil value \(global 'loadfile'\)/],
  collectgarbage: ["collectgarbage()", /nil value \(global 'collectgarbage'\)/],
  warn: ["warn('x')", /nil value \(global 'warn'\)/],
  loadstring: ["loadstring('x')", /nil value/],
  "string.dump": ["string.dump(function() end)", /nil value \(field 'dump'\)/],
  "dump by a method": ["return ('x').dump(print)", /nil value \(field 'dump'\)/],
  "math.randomseed": ["math.randomseed(1)", /nil value/],
  "coroutine.kill": ["coroutine.kill()", /nil value/],
  "binary chunks": ["return load('\\27Lua')()", /nil value/],
  "binary chunks by mode": ["load('return 1', 'x', 'b')", /only text/],
  "a function for load": ["load(function() return nil end)", /expected a string, got function/],
  "an environment that is no table": ["load('x = 1', 'x', 't', 5)", /env: expected a table/],
  "a name that is no text": ["load('x', {})", /name: expected a string/],
  "assignment to string": ["string.rep = nil", /string is read-only: cannot set rep/],
  "rawset of string": ["rawset(string, 'rep', nil)", /read-only/],
  "table.insert of string": ["table.insert(string, 1)", /read-only/],
  "table.sort of a frozen table": ["table.remove(math)", /read-only/],
  "table.move into math": ["table.move({1}, 1, 1, 1, math)", /read-only/],
  "new names in Tasks": ["Tasks.mine = 1", /Tasks is read-only/],
  "API of the host": ["Probe.note = print", /Probe is read-only/],
  coroutine: ["coroutine.resume = nil", /read-only/],
  utf8: ["utf8.char = nil", /read-only/],
  "metatables of libraries": ["setmetatable(string, {})", /protected metatable/],
  "metatable of the environment": ["setmetatable(_ENV, {})", /protected metatable/],
  "metatable of _G": ["setmetatable(_G, nil)", /protected metatable/],
  finalisers: ["setmetatable({}, { __gc = function() end })", /finalisers/],
  "frozen metatables": ["setmetatable({}, string)", /read-only/],
  "a component of its own": ["self.Position.foo = 1", /foo/],
  "text into a number": ["self.Position.x = 'a'", /expected a number, got string/],
  "NaN where none is allowed": ["self.Position.x = 0/0", /NaN/],
  "metatable of a component": ["setmetatable(self.Position, {})", /table expected|userdata/],
  "rawset of a component": ["rawset(self.Position, 'x', 1)", /table expected/],
  "long repetitions": ["local s = ('x'):rep(1 << 30)", /more than 16777216 bytes/],
  "long repetitions with separators": ["local s = ('x'):rep(1 << 20, ('y'):rep(1 << 10))", /more than/],
  "long repetitions of nothing": ["return #(''):rep(1 << 62, ('y'):rep(8))", /more than/],
  "modules that nobody knows": ["require('nothing' .. 'here')", /not known here/],
  "a module that is no text": ["require({})", /not known here/],
  "waiting in a sort": ["table.sort({1, 2, 3}, function() Tasks.wait(1) end)", /nothing can wait here/],
  "waiting in gsub": ["('abc'):gsub('.', function() Tasks.wait(1) end)", /nothing can wait here/],
  "waiting for no time": ["Tasks.wait(0)", /at least 1/],
  "waiting for a text": ["Tasks.wait('3')", /expected an integer/],
  "tasks that are no functions": ["Tasks.start(5)", /expected a function/],
  "functions for the host": ["Probe.note(print)", /a function cannot cross/],
  "coroutines for the host": ["Probe.note(coroutine.create(print))", /a coroutine cannot cross/],
  "circles for the host": ["local t = {} t.t = t Probe.note(t)", /contains itself/],
  "deep trees for the host": ["local t = {} for i = 1, 50 do t = { t } end Probe.note(t)", /deeper/],
  "wide trees for the host": ["local t = {} for i = 1, 70000 do t[i] = i end Probe.note(t)", /65536/],
  "holes for the host": ["Probe.note({ [1] = 1, [3] = 3 })", /holes/],
  "numbers and texts as keys": ["Probe.note({ 1, a = 2 })", /both/],
  "goto out of a function": ["return load('goto done')()", /nil value/],
  "C stack by patterns": ["local s = ('x'):rep(300):find(('(x)'):rep(40))", /too many captures/],
  "C stack by parsing": ["return load(('('):rep(300))()", /nil value/],
  "C stack by metamethods": [
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k] end return t.x",
    /C stack overflow/,
  ],
};

describe("the sandbox refuses", () => {
  it.each(Object.entries(refused))("%s", async (_, [body, message]) => {
    const stage = await LuaStage.of(`function f(self) ${body} end`);
    const fault = stage.fault("f");
    expect(fault).toMatchObject({ kind: "error", script: "test", entity: 101, engine: "lua" });
    expect(fault.message).toMatch(message);
    expect(fault.line).toBe(1);
  });
});

/** Bodies that must give `true`. */
const held: Readonly<Record<string, string>> = {
  "metatables of texts": "return getmetatable('') == false",
  "metatables of libraries": "return getmetatable(string) == false and getmetatable(_ENV) == false",
  "contents of libraries": "return next(string) == nil and rawget(string, 'rep') == nil and rawlen(string) == 0",
  "libraries can be listed": "local n = 0 for k, v in pairs(math) do n = n + 1 end return n > 20 and math.pi > 3",
  "globals of others": "leak = 5 return load('return leak')() == 5 and load('return leak', 'x', 't', {})() == nil",
  "loaded text has no way out": "return load('return io == nil and debug == nil and string.dump == nil')()",
  "errors of load are values":
    "local f, e = load('x =') return f == nil and e == '[string \"x =\"]:1: unexpected symbol near <eof>' or e:find('near <eof>') ~= nil",
  "the thread of a hook is nobody's": "return coroutine.running() == nil",
  "coroutines of its own":
    "local co = coroutine.create(function() return coroutine.running() end) local _, t = coroutine.resume(co) return t == co",
  "yields to whoever resumed":
    "local f = coroutine.wrap(function() Tasks.wait(3) end) local mark, ticks = f() return ticks == 3",
  "pairs is the same each time":
    "local t, s = {}, '' for i = 1, 20 do t['k' .. i * 7] = i end for k in pairs(t) do s = s .. k end return s == order()",
  "tostring of numbers": "return tostring(1e15) == '1e+15' and tostring(2^53) == '9.007199254741e+15' and 7 // 2 == 3",
  close:
    "local closed = false do local x <close> = setmetatable({}, { __close = function() closed = true end }) end return closed",
  "errors in handlers": "local ok, e = xpcall(error, function() error('again') end) return ok == false",
  "errors of closing":
    "local ok = pcall(function() local x <close> = setmetatable({}, { __close = function() error('x') end }) end) return not ok",
  "rawequal of functions": "return rawequal(string.rep, ('').rep) and string.rep('a', 3) == 'aaa'",
  "texts that are long": "return #('x'):rep(1000000) == 1000000 and ('ab'):rep(3, ',') == 'ab,ab,ab'",
  "unpack of too much":
    "local ok, e = pcall(table.unpack, {}, 1, 1e7) return not ok and e:find('too many results') ~= nil",
  "self is the same": "return self.id == 101 and self.State ~= nil and self.Position.x == 0",
};

describe("the sandbox holds:", () => {
  it.each(Object.entries(held))("%s", async (_, body) => {
    const order =
      "function order() local t, s = {}, '' for i = 1, 20 do t['k' .. i * 7] = i end for k in pairs(t) do s = s .. k end return s end";
    const stage = await LuaStage.of(`${order} function f(self) ${body} end`);
    expect(stage.value("f")).toBe(true);
  });
});

describe("instances", () => {
  it("have globals of their own", async () => {
    const stage = await LuaStage.of("count = 0 function f() count = count + 1 return count end");
    expect([stage.value("f"), stage.value("f")]).toEqual([1, 2]);
    stage.start(1);
    expect(stage.value("f")).toBe(1);
  });
  it("cannot call the host at their top level", async () => {
    const stage = new LuaStage((await LuaStage.of("")).engine);
    await stage.load("pcall(Probe and Probe.note or print, 5)");
    expect(stage.start()).toMatchObject({ ok: true });
    expect(stage.host.notes).toEqual([]);
  });
  it("keep their random order over processes", async () => {
    const code =
      "function f() local s = '' for k in pairs({ a = 1, b = 2, c = 3, d = 4, [f] = 5 }) do s = s .. type(k) end return s end";
    const [one, other] = [await LuaStage.of(code), await LuaStage.of(code)];
    expect(one.value("f")).toBe(other.value("f"));
    expect(Buffer.compare(one.domain.bytes, other.domain.bytes)).toBe(0);
  });
});
