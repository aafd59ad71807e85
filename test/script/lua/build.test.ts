import { describe, expect, test } from "vitest";
import { instrumentLua, LUA_STACK_MAX, luaWhy } from "../../../src/script/lua/build.ts";
import { decodeModule, encodeModule } from "../../../src/script/wasm/module.ts";
import { BareVm, glue } from "./bare-vm.ts";

interface Budget {
  readonly fuel?: number;
  readonly work?: number;
  readonly stack?: number;
  readonly pagesMax?: number;
}

interface Run {
  readonly vm: BareVm;
  readonly result: "ok" | "error" | "trap";
  readonly text: string;
  readonly why: number;
  readonly fuel: number;
}

/** Runs a chunk with budgets. */
function run(source: string, { fuel = 1e5, work = 1e7, stack = 20_000, pagesMax }: Budget = {}): Run {
  const vm = new BareVm({ budgets: true, ...(pagesMax === undefined ? {} : { pagesMax }) });
  const { lua, call, state } = vm;
  vm.load(source);
  const pointer = lua.__global_0.value;
  lua.fuel.value = fuel;
  lua.work.value = work;
  lua.stackMax.value = stack;
  let result: Run["result"] = "trap";
  let text = "";
  try {
    result = call["lua_pcallk"]!(state, 0, 0, 0, 0, 0) === 0 ? "ok" : "error";
    if (result === "error") text = vm.read(state, -1);
  } catch (error) {
    expect((error as Error).name).toBe("RuntimeError");
  }
  const run = { vm, result, text, why: lua.why.value, fuel: lua.fuel.value };
  lua.fuel.value = 1e7;
  lua.work.value = 1e9;
  lua.why.value = 0;
  lua.__global_0.value = pointer;
  return run;
}

/** Runs another chunk in what a killed one left behind. */
function leftBehind({ vm }: Run): string {
  const thread = vm.call["lua_newthread"]!(vm.state);
  vm.load("local t = {} for i = 1, 10000 do t[i] = { i } end collectgarbage() return #t", thread);
  vm.call["lua_pcallk"]!(thread, 0, 1, 0, 0, 0);
  return vm.read(thread, -1);
}

describe("fuel", () => {
  /** With the calls of functions with `...`, whose first instruction the hook does not count. */
  const programs: readonly [source: string, variadic: number][] = [
    ["local x = 0 for i = 1, 1000 do x = x + i end", 1],
    ["local t = {} for i = 1, 100 do t[i] = i * 2 end table.sort(t, function(a, b) return a > b end)", 1],
    ["local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(12)", 1],
    ["local c = coroutine.wrap(function() for i = 1, 50 do coroutine.yield(i) end end) for i = 1, 51 do c() end", 1],
    ["for k, v in pairs({ 1, 2, 3, a = 1 }) do local s = k .. v end", 1],
    ["local s = ('abc'):gsub('.', function(c) return c:upper() end)", 1],
    ["local t = setmetatable({}, { __index = function(t, k) return k + 1 end }) local x = t[1] + t[2]", 1],
    ["local t = setmetatable({}, { __add = function(a, b) return 1 end }) local x = t + t", 1],
    ["local t = setmetatable({}, { __lt = function() return true end }) local x = t < t", 1],
    ["do local c <close> = setmetatable({}, { __close = function() local x = 1 end }) end", 1],
    ["pcall(error, 'x') xpcall(error, function(m) local a = m return a end)", 1],
    ["goto a ::a:: while true do if 1 == 1 then break end end local a, b = (function(...) return ... end)(1, 2)", 2],
    ["local f = load('local a, b = ... return a + b') f(1, 2) f(3, 4)", 3],
  ];
  test.for(programs)("counts what Lua's own hook counts: %s", ([source, variadic]) => {
    const plain = new BareVm({ budgets: false });
    let count = variadic;
    const hook = plain.hook(() => count++);
    plain.load(source);
    plain.call["lua_sethook"]!(plain.state, hook, COUNT_MASK, 1);
    expect(plain.call["lua_pcallk"]!(plain.state, 0, 0, 0, 0, 0)).toBe(0);
    expect(run(source, { fuel: count })).toMatchObject({ result: "ok", fuel: 0, why: 0 });
    expect(run(source, { fuel: count - 1 })).toMatchObject({ result: "trap", fuel: -1, why: luaWhy.fuel });
  });

  test("tells the coroutine and the line of the instruction", () => {
    const source = `local t = {}
      local function f(n)
        local a = n
        if a > 5 then
          a = a * 2
        end
        for k, v in pairs(t) do
          a = a + v
        end
        return a
      end
      local co = coroutine.wrap(function()
        while true do
          t[#t + 1] = f(1)
          f(
            9)
          coroutine.yield(1)
        end
      end)
      for i = 1, 3 do
        co()
        pcall(f, 3)
        table.sort({ 3, 2, 1 }, function(a, b)
          return a
            < b
        end)
        t = setmetatable(t, { __index = function(_, k)
          return k end })
        local s = t.a
      end`;
    const plain = new BareVm({ budgets: false });
    // The first instruction of the chunk, which the hook leaves out, is on line 1.
    const lines = [1];
    const hook = plain.hook((state, record) => void lines.push(plain.lineOf(state, record)));
    plain.load(source);
    plain.call["lua_sethook"]!(plain.state, hook, COUNT_MASK, 1);
    plain.call["lua_pcallk"]!(plain.state, 0, 0, 0, 0, 0);
    expect(lines.length).toBeGreaterThan(150);
    for (const [fuel, line] of lines.entries()) {
      const { vm, why } = run(source, { fuel });
      expect(why).toBe(luaWhy.fuel);
      expect([fuel, vm.line(vm.lua.thread.value)]).toEqual([fuel, line]);
    }
  });

  const escapes: readonly string[] = [
    "while true do end",
    "::a:: goto a",
    "while true do pcall(function() while true do end end) end",
    "xpcall(error, function() while true do end end)",
    "local function h() xpcall(error, h) while true do end end xpcall(error, h)",
    "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    "while true do coroutine.resume(coroutine.create(function() while true do coroutine.yield() end end)) end",
    "local t = setmetatable({}, { __index = function() while true do end end }) pcall(function() return t.x end)",
    "local t = setmetatable({}, { __newindex = function() while true do end end }) pcall(function() t.x = 1 end)",
    "local t = setmetatable({}, { __lt = function() while true do end end }) pcall(function() return t < t end)",
    "local t = setmetatable({}, { __concat = function() while true do end end }) pcall(function() return t .. t end)",
    "local t = setmetatable({}, { __call = function() while true do end end }) pcall(t)",
    "local c = { __close = function() while true do end end } pcall(function() local x <close> = setmetatable({}, c) end)",
    "local c = { __close = function() while true do end end } pcall(function() local x <close> = setmetatable({}, c) error() end)",
    "local c = { __close = function() while true do end end } local co = coroutine.create(function() local x <close> = setmetatable({}, c) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
    "setmetatable({}, { __gc = function() while true do end end }) collectgarbage() collectgarbage()",
    "setmetatable({}, { __gc = function() while true do end end }) while true do local t = {} end",
    "pcall(table.sort, { 3, 2, 1, 4, 5 }, function(a, b) while true do end end)",
    "pcall(string.gsub, 'aaa', 'a', function() while true do end end)",
    "pcall(tostring, setmetatable({}, { __tostring = function() while true do end end }))",
    "pcall(load, function() while true do end end)",
    "for _ in function() return 1 end do end",
    "debug.sethook(function() while true do end end, '', 1) local x = 1",
  ];
  test.for(escapes)("nothing gets away: %s", (source) => {
    const killed = run(source);
    expect(killed).toMatchObject({ result: "trap", why: luaWhy.fuel, fuel: -1 });
    expect(leftBehind(killed)).toBe("10000");
  });
});

describe("work", () => {
  const soft: readonly string[] = [
    "while true do local s = ('x'):rep(1e5, 'y') end",
    "while true do pcall(string.find, ('a'):rep(2000), '.-b') end",
    "local s = ('x'):rep(1e6) while true do local t = s .. s end",
    "while true do string.format('%99.99f', 1e300) end",
    "local t = {} for i = 1, 1e3 do t[i] = ('x'):rep(100) end while true do table.concat(t) end",
  ];
  test.for(soft)("ends where all is in order: %s", (source) => {
    const killed = run(source, { fuel: 1e8 });
    expect(killed.result).toBe("trap");
    expect(killed.why & ~luaWhy.fuel).toBe(luaWhy.work);
    expect(leftBehind(killed)).toBe("10000");
  });

  const hard: readonly string[] = [
    "string.find(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))",
    "string.find(('a'):rep(50000), '.-b')",
    "table.move({}, 1, math.maxinteger - 1, 2)",
    "table.insert(setmetatable({}, { __len = function() return 1e15 end }), 1, 1)",
    "utf8.len(('x'):rep(3e7))",
  ];
  test.for(hard)("ends functions of libraries at once: %s", (source) => {
    const killed = run(source);
    expect(killed).toMatchObject({ result: "trap", why: luaWhy.work });
    expect(leftBehind(killed)).toBe("10000");
  });

  test("ends Lua's own C code in the middle if it goes on", () => {
    const parsing = "local s = 'x = 1 ' for i = 1, 21 do s = s .. s end load(s)";
    expect(run(parsing, { work: 3e6, pagesMax: 1024 })).toMatchObject({
      result: "trap",
      why: luaWhy.work | luaWhy.hang,
    });
    expect(run(parsing, { work: 1e8, pagesMax: 1024 })).toMatchObject({ result: "ok", why: 0 });
  });

  test("is counted the same each time", () => {
    const source = "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(i) end return table.concat(t)";
    const left = () => {
      const vm = new BareVm({ budgets: true });
      vm.load(source);
      vm.lua.work.value = 1e8;
      vm.call["lua_pcallk"]!(vm.state, 0, 0, 0, 0, 0);
      return vm.lua.work.value;
    };
    expect(left()).toBe(left());
    expect(1e8 - left()).toBeGreaterThan(30_000);
  });
});

describe("stack", () => {
  test("the depth is exact, whatever handler there is", () => {
    const calls = (depth: number) =>
      `local function f(n) if n > 0 then return 1 + f(n - 1) end return 0 end f(${depth})`;
    let most = 400;
    while (run(calls(most + 1), { stack: 1000 }).result === "ok") most++;
    // Two slots a call; the last ones need room for what they call.
    expect(most).toBeGreaterThan(480);
    expect(most).toBeLessThan(500);
    expect(run(calls(most + 1), { stack: 1000 })).toMatchObject({ result: "trap", why: luaWhy.stack });
    // The stack's size that earlier calls left behind changes nothing.
    const warmed = (depth: number) => `${calls(most)} for i = 1, 9 do collectgarbage() end do ${calls(depth)} end`;
    expect(run(warmed(most), { stack: 1000 }).result).toBe("ok");
    expect(run(warmed(most + 1), { stack: 1000 })).toMatchObject({ result: "trap", why: luaWhy.stack });
  });

  const overflows: readonly string[] = [
    "local function f() return 1 + f() end f()",
    "local function f() return 1 + f() end pcall(f)",
    "local function f() return 1 + f() end xpcall(f, function(m) return f() end)",
    "local function f(...) return (f(1, ...)) end pcall(f)",
    "pcall(coroutine.wrap(function() local function f() return 1 + f() end f() end))",
  ];
  test.for(overflows)("traps: %s", (source) => {
    const killed = run(source, { fuel: 1e7 });
    expect(killed).toMatchObject({ result: "trap", why: luaWhy.stack });
    expect(leftBehind(killed)).toBe("10000");
  });

  test("what only asks is told that there is no room", () => {
    expect(run("table.unpack({}, 1, 990)", { stack: 1000 }).result).toBe("ok");
    expect(run("table.unpack({}, 1, 1e6)", { stack: 1000 })).toMatchObject({ result: "error", why: 0 });
    expect(run("table.unpack({}, 1, 1e6)", { stack: 1000 }).text).toMatch(/too many results/);
    expect(run("table.unpack({}, 1, 9e5)", { stack: LUA_STACK_MAX }).result).toBe("ok");
  });
});

describe("the stack of a coroutine", () => {
  /** Ends in an error that says how many bytes each of 1,000 coroutines takes that wait with so many locals. */
  const bytesWith = (locals: number): number => {
    const names = Array.from({ length: locals }, (_, i) => `l${i}`).join(", ");
    const made = `coroutine.create(function() ${locals === 0 ? "" : `local ${names} = 1`} while true do coroutine.yield() end end)`;
    const { text } = run(
      `local t = {} for i = 1, 1000 do t[i] = false end collectgarbage() local before = collectgarbage("count")
       for i = 1, 1000 do t[i] = ${made} coroutine.resume(t[i]) end collectgarbage()
       error(("%.0f"):format((collectgarbage("count") - before) * 1.024), 0)`,
      { fuel: 1e6, pagesMax: 128 },
    );
    return Number(text);
  };

  test("is short where few slots are in use, and grows little by little", () => {
    const [none, twelve, thirty] = [bytesWith(0), bytesWith(12), bytesWith(30)];
    expect(none).toBeGreaterThan(600);
    expect(none).toBeLessThan(850);
    expect(twelve - none).toBeGreaterThan(0);
    expect(twelve - none).toBeLessThan(320);
    expect(thirty - twelve).toBeLessThan(320);
  });

  test("holds what it held while it grows", () => {
    const names = Array.from({ length: 20 }, (_, i) => `l${i}`).join(", ");
    const source = `local function f(n) local ${names} = n if n == 0 then coroutine.yield() return 0 end
        local sum = f(n - 1) return sum + l0 end
      local threads = {}
      for depth = 0, 150 do
        threads[depth] = coroutine.create(f)
        coroutine.resume(threads[depth], depth)
      end
      for i = 1, 9 do collectgarbage() end
      for depth = 0, 150 do
        local ok, sum = coroutine.resume(threads[depth])
        if not ok or sum ~= depth * (depth + 1) // 2 then error(depth .. " " .. tostring(sum), 0) end
      end`;
    expect(run(source, { fuel: 1e7, pagesMax: 256 })).toMatchObject({ result: "ok", text: "" });
  });
});

describe("memory", () => {
  const bombs: readonly string[] = [
    "local s = ('x'):rep(1e9) while true do end",
    "local s = 'xxxxxxxxxxxxxxxx' pcall(function() while true do s = s .. s end end) while true do end",
    "local t = {} while true do pcall(function() while true do t[#t + 1] = { t } end end) end",
    "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
  ];
  test.for(bombs)("its lack cannot be caught: %s", (source) => {
    const killed = run(source, { fuel: 1e7, work: 1e9, pagesMax: 64 });
    expect(killed.why & luaWhy.memory).toBe(luaWhy.memory);
    expect(killed.result).not.toBe("ok");
  });
});

describe("the stack of C", () => {
  const nested: readonly string[] = [
    "local function f() return (('x'):gsub('x', f)) end f()",
    "local t t = setmetatable({}, { __tostring = function() return ('%99.99f%s'):format(1e300, t) end }) tostring(t)",
    "local t = setmetatable({}, { __len = function() return 1 end, __index = function(t) return table.concat(t) end }) table.concat(t)",
    "local function f() pcall(string.gsub, 'x', 'x', f) end f()",
    "local function f() return coroutine.wrap(function() return (('x'):gsub('x', f)) end)() end f()",
    "load(('function f() '):rep(1000))",
    "load('return ' .. ('{f(function() return -'):rep(1000))",
  ];
  test.for(nested)("has room for twice as much as %s", (source) => {
    const vm = new BareVm({ budgets: true });
    vm.load(source);
    const top = vm.lua.__global_0.value;
    const bytes = new Uint8Array(vm.lua.memory.buffer);
    bytes.fill(0xa5, STACK_END, top);
    vm.call["lua_pcallk"]!(vm.state, 0, 0, 0, 0, 0);
    const untouched = new Uint8Array(vm.lua.memory.buffer, STACK_END, top - STACK_END).findIndex(
      (byte) => byte !== 0xa5,
    );
    expect(untouched).toBeGreaterThan((top - STACK_END) / 2);
  });
});

test("another build is refused", () => {
  const module = decodeModule(glue);
  const [first, ...others] = module.bodies;
  const builds: Uint8Array[] = [
    encodeModule({ ...module, functions: [], bodies: [], exports: [], elements: undefined }),
    encodeModule({ ...module, bodies: [...others, first!] }),
    encodeModule({ ...module, globals: [] }),
    glue.subarray(0, 1000),
    new Uint8Array(0),
  ];
  for (const build of builds) {
    expect(() => instrumentLua(build, { pages: 20, pagesMax: 64 })).toThrow(
      expect.objectContaining({ code: "script-invalid" }),
    );
  }
});

/** `LUA_MASKCOUNT` */
const COUNT_MASK = 8;
/** Where the stack of C ends, which grows down. */
const STACK_END = 35_136;
