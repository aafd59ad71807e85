import { describe, expect, test } from "vitest";
import { runLua } from "./library-run.ts";

const assertions: readonly [source: string, message: string | undefined][] = [
  ["t.equal(1, 1.0)", undefined],
  ["t.equal(0/0, 0/0)", undefined],
  ["t.equal({ 1, { a = { 2 } } }, { 1, { a = { 2 } } })", undefined],
  ["t.equal(1, 2)", "expected 2, got 1"],
  ["t.equal('1', 1, 'kind')", 'kind: expected 1, got "1"'],
  ["t.equal({ a = { b = { 1, 2 } } }, { a = { b = { 1, 3 } } })", "value.a.b[2]: expected 3, got 2"],
  ["t.equal({ a = 1 }, { a = 1, b = 2 })", "value.b: expected 2, got nil"],
  ["t.equal({ [true] = 1, ['x y'] = 3 }, { [true] = 1 })", 'value["x y"]: expected nil, got 3'],
  ["t.equal({ 1, 2, x = { y = 'a' }, [10] = false }, {})", "value[1]: expected nil, got 1"],
  ["t.equal({ 1, x = {} }, 3)", "expected 3, got { 1, x = {} }"],
  ["local a = { } a.a = a local b = { } b.a = b t.equal(a, b)", undefined],
  ["local a = { 1 } a.a = a t.equal(a, { 1, a = 2 })", "value.a: expected 2, got { 1, a = <itself> }"],
  ["t.equal(vec3(1, 2, 3), vec3(1, 2, 3))", undefined],
  ["t.equal(vec3(1, 2, 3), vec3(1, 2, 4))", "value.z: expected 4, got 3"],
  ["t.equal(vec3(1, 2, 3), { x = 1, y = 2, z = 3 })", "expected { x = 1, y = 2, z = 3 }, got (1, 2, 3)"],
  ["t.equal(vec, vec)", undefined],
  ["local copy = {} for k, v in pairs(vec) do copy[k] = v end t.equal(vec, copy)", undefined],
  ["t.equal(vec, {})", "value.from: expected nil, got <function>"],
  ["t.equal(print, print)", undefined],
  ["t.equal(print, error)", "expected <function>, got <function>"],
  ["t.notEqual({ 1 }, { 2 })", undefined],
  ["t.notEqual({ 1 }, { 1 })", "expected anything but { 1 }"],
  ["t.same({}, {})", "expected the same table"],
  ["t.same(print, print)", undefined],
  ["t.truthy(0)", undefined],
  ["t.truthy(nil)", "expected something true, got nil"],
  ["t.falsy(false)", undefined],
  ["t.falsy('', 'note')", 'note: expected false or nil, got ""'],
  ["t.near(1, 1 + 1e-9)", undefined],
  ["t.near(1, 1.5, 0.25)", "expected 1.5 give or take 0.25, got 1"],
  ["t.near(0/0, 1)", "got -?nan"],
  ["t.isType({}, 'table')", undefined],
  ["t.isType({}, 'string')", "expected a string, got table"],
  ["t.matches('hello', '^h.*o$')", undefined],
  ["t.matches('hello', '%d')", 'expected a text that matches "%d", got "hello"'],
  ["t.contains({ 1, { 2 } }, { 2 })", undefined],
  ["t.contains('a.b', '.')", undefined],
  ["t.contains({ 1 }, 2)", "expected { 1 } to contain 2"],
  ["t.throws(function() error('boo') end, 'boo')", undefined],
  ["t.throws(function() end)", "expected an error"],
  ["t.throws(function() error('boo', 0) end, 'bar')", 'expected an error that matches "bar", got boo'],
  ["t.throws(function() errors.raise(errors.Error, 'x') end, errors.Error)", undefined],
  ["t.throws(function() error('x', 0) end, errors.Error)", "expected an error of class Error, got x"],
  ["t.fail('why')", "why"],
];

const cases: readonly [what: string, source: string, printed: readonly string[]][] = [
  [
    "runs groups in order, with hooks around",
    `t.describe("outer", function()
       t.beforeAll(function() print("beforeAll") end)
       t.afterAll(function() print("afterAll") end)
       t.before(function() print(" before") end)
       t.after(function() print(" after") end)
       t.it("one", function() print("  one") end)
       t.describe("inner", function()
         t.before(function() print("  inner before") end)
         t.after(function() print("  inner after") end)
         t.it("two", function() print("   two") end)
       end)
       t.skip("three")
     end)
     t.it("four", function() end)
     report(t.run())`,
    [
      "beforeAll",
      " before",
      "  one",
      " after",
      " before",
      "  inner before",
      "   two",
      "  inner after",
      " after",
      "afterAll",
      "passed outer > one",
      "passed outer > inner > two",
      "skipped outer > three",
      "passed four",
      "true 3 0 1",
    ],
  ],
  [
    "says what failed and where",
    `t.describe("group", function()
       t.it("compares", function()
         t.equal(1, 2)
       end)
       t.it("throws", function() error("bad") end)
       t.it("throws errors", function() errors.raise(errors.Error, "x", { code = 1 }) end)
       t.it("throws tables", function() error({}) end)
       t.it("waits", function() Tasks.wait(1) end)
       t.it("fails after", function() end)
       t.after(function() failing = (failing or 0) + 1 if failing == 6 then error("in after", 0) end end)
     end)
     t.describe("broken", function() error("in describe", 0) end)
     report(t.run())`,
    [
      "failed group > compares: expected 2, got 1 @ script:3",
      "failed group > throws: script:5: bad @ script:5",
      "failed group > throws errors: script:6: Error: x (code = 1) @ script:6",
      expect.stringMatching(/^failed group > throws tables: table: 0x[0-9a-f]+$/),
      "failed group > waits: a test cannot wait: use promise.flush, or spies in place of Tasks",
      "failed group > fails after: in after",
      "failed broken > (describe): in describe",
      "false 0 7 0",
    ],
  ],
  [
    "a beforeAll that fails fails its tests, an afterAll that fails counts",
    `t.describe("a", function()
       t.beforeAll(function() error("no", 0) end)
       t.it("x", print)
       t.describe("b", function() t.it("y", print) end)
     end)
     t.describe("c", function()
       t.afterAll(function() error("late", 0) end)
       t.it("z", function() end)
     end)
     report(t.run())`,
    [
      "failed a > x: beforeAll: no",
      "failed a > b > y: beforeAll: no",
      "passed c > z",
      "failed c > afterAll: late",
      "false 1 3 0",
    ],
  ],
  [
    "filters by name, and runs hooks only where tests run",
    `t.describe("a", function() t.beforeAll(function() print("never") end) t.it("x", function() end) end)
     t.describe("b", function() t.beforeAll(function() print("once") end) t.it("x", function() end) t.it("y", function() end) end)
     report(t.run("b > "))
     report(t.run("nothing"))`,
    ["once", "passed b > x", "passed b > y", "true 2 0 0", "true 0 0 0"],
  ],
  [
    "spies keep calls",
    `local spy = t.spy()
     print(spy(1, nil), spy.count, spy.calls[1][1], spy.calls[1].n)
     print(spy:returns(5, 6)(2))
     print(t.spy(function(x) return x * 2 end)(4))
     print(pcall(t.spy():throws("bad"), 1))
     t.called(spy) t.called(spy, 2) t.calledWith(spy, 1, nil) t.calledWith(spy, 2)
     print(pcall(t.called, spy, 3))
     print(pcall(t.called, t.spy()))
     print(pcall(t.calledWith, spy, 3))
     print(pcall(t.calledWith, t.spy(), 3))
     print(spy:reset().count, #spy.calls)`,
    [
      "nil 1 1 2",
      "5 6",
      "8",
      "false bad",
      "false expected 3 calls, got 2",
      "false expected some calls, got 0",
      "false expected a call with { 3 }, the last one had { 2 }",
      "false expected a call with { 3 }, there was none",
      "0 0",
    ],
  ],
  [
    "stubs are taken away after the test",
    `local world = { spawn = function() return "real" end }
     t.it("stubs", function()
       local spy = t.stub(world, "spawn"):returns("fake")
       t.equal(world.spawn("orc"), "fake")
       t.calledWith(spy, "orc")
       t.stub(world, "extra", 5)
       t.stub(world, "extra", 6)
     end)
     t.it("is real again", function() t.equal({ world.spawn(), world.extra }, { "real" }) end)
     report(t.run())`,
    ["passed stubs", "passed is real again", "true 2 0 0"],
  ],
  [
    "mocks are tables of spies",
    `local mock = t.mock({ "open", close = function() return "closed" end })
     mock.open("door")
     t.calledWith(mock.open, "door")
     print(mock.close(), mock.close.count, pcall(function() return mock.lock end))`,
    ["closed 1 false script:4: the mock has no lock"],
  ],
  [
    "promises can be tested",
    `local promise = require("promise")
     t.it("flushes", function()
       local spy = t.spy()
       promise.resolve(3):andThen(spy)
       t.called(spy, 0)
       promise.flush()
       t.calledWith(spy, 3)
     end)
     report(t.run())`,
    ["passed flushes", "true 1 0 0"],
  ],
];

const head = `local t, errors, vec = require("test"), require("errors"), require("vec") local vec3 = vec.vec3
  local function report(r)
    for _, one in ipairs(r.tests) do
      local where = one.where == "" and "" or " @ " .. one.where
      print(one.status, one.name .. (one.message == "" and "" or ": " .. one.message) .. where)
    end
    print(r.ok, r.passed, r.failed, r.skipped)
  end `.replaceAll("\n", " ");

describe("test", () => {
  test.for(assertions)("%s", async ([source, message]) => {
    const [printed] = await runLua(`${head} print(pcall(function() ${source} end))`);
    if (message === undefined) expect(printed).toBe("true");
    else if (message.includes("nan")) expect(printed).toMatch(new RegExp(message));
    else expect(printed).toBe(`false ${message}`);
  });
  test.for(cases)("%s", async ([, source, printed]) => {
    expect(await runLua(head + source)).toEqual(printed);
  });
});
