import type { LuaLibrary } from "./library.ts";

/** Tests of scripts in Lua: groups, assertions that say where values differ, spies, stubs and mocks, and a runner. */
export const testLibrary: LuaLibrary = {
  name: "test",
  version: "1.0.0",
  requires: ["class", "errors"],
  source: String.raw`
local class = require("class")
local errors = require("errors")
local test = {}

local DEPTH_MAX, SHOWN_MAX = 6, 24
local Failure = errors.define("Failure")
function Failure:__tostring() return self.message end
class.seal(Failure)
local here = errors.position():match("^(.*):%d+$")

-- Values as text

local words = { ["nil"] = true, boolean = true, number = true }

local function before(a, b)
  if math.type(a) and math.type(b) then return a < b end
  if type(a) == type(b) and type(a) == "string" then return a < b end
  return type(a) < type(b)
end

-- What kind of object a table is; nil for plain ones, read-only ones included.
local function kindOf(value)
  return getmetatable(value) or nil
end

local function show(value, depth, seen)
  local kind = type(value)
  if kind == "string" then return string.format("%q", value) end
  if kind ~= "table" then return words[kind] and tostring(value) or "<" .. kind .. ">" end
  if kindOf(value) ~= nil then return tostring(value) end
  depth, seen = depth or 1, seen or {}
  if seen[value] then return "<itself>" end
  if depth > DEPTH_MAX then return "{...}" end
  seen[value] = true
  local keys, parts = {}, {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, before)
  for index, key in ipairs(keys) do
    if index > SHOWN_MAX then
      parts[index] = "..."
      break
    end
    local text = show(value[key], depth + 1, seen)
    if math.type(key) == "integer" and value[index] ~= nil and key == index then
      parts[index] = text
    elseif type(key) == "string" and key:match("^[%a_][%w_]*$") then
      parts[index] = key .. " = " .. text
    else
      parts[index] = "[" .. show(key, depth + 1, seen) .. "] = " .. text
    end
  end
  seen[value] = nil
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end
test.show = function(value) return show(value) end

local function step(path, key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") then return path .. "." .. key end
  return path .. "[" .. show(key) .. "]"
end

-- Where two values differ first, and how; nothing if they do not. NaN is itself. Tables are compared by what is in them,
-- objects that have an __eq by that.
local function difference(actual, expected, path, seen)
  if rawequal(actual, expected) or actual ~= actual and expected ~= expected then return end
  if type(actual) ~= "table" or type(expected) ~= "table" then
    if actual == expected then return end
    return path, show(expected), show(actual)
  end
  if seen[actual] == expected then return end
  if kindOf(actual) ~= kindOf(expected) then return path, show(expected), show(actual) end
  if kindOf(actual) ~= nil and actual == expected then return end
  seen[actual] = expected
  local keys, known = {}, {}
  for _, side in ipairs({ expected, actual }) do
    for key in pairs(side) do
      if not known[key] then keys[#keys + 1], known[key] = key, true end
    end
  end
  table.sort(keys, before)
  for _, key in ipairs(keys) do
    local at, wanted, got = difference(actual[key], expected[key], step(path, key), seen)
    if at ~= nil then return at, wanted, got end
  end
end

-- Assertions: each takes a text last that goes before its message.

local function fail(message, note)
  message = note and note .. ": " .. message or message
  error(Failure.new(message, { where = errors.position(here) }), 0)
end

function test.fail(message)
  fail(message or "failed")
end

-- Deeply equal.
function test.equal(actual, expected, note)
  local path, wanted, got = difference(actual, expected, "value", {})
  if path == nil then return end
  fail((path == "value" and "" or path .. ": ") .. "expected " .. wanted .. ", got " .. got, note)
end

function test.notEqual(actual, other, note)
  if difference(actual, other, "", {}) == nil then fail("expected anything but " .. show(other), note) end
end

-- The very same table or function.
function test.same(actual, expected, note)
  if not rawequal(actual, expected) then fail("expected the same " .. type(expected), note) end
end

function test.truthy(value, note)
  if not value then fail("expected something true, got " .. show(value), note) end
end

function test.falsy(value, note)
  if value then fail("expected false or nil, got " .. show(value), note) end
end

-- At most within apart; 1e-6 where that is left out.
function test.near(actual, expected, within, note)
  within = within or 1e-6
  if type(actual) ~= "number" or not (math.abs(actual - expected) <= within) then
    fail("expected " .. show(expected) .. " give or take " .. show(within) .. ", got " .. show(actual), note)
  end
end

function test.isType(value, expected, note)
  if type(value) ~= expected then fail("expected a " .. expected .. ", got " .. type(value), note) end
end

-- A text that matches a pattern.
function test.matches(text, pattern, note)
  if type(text) ~= "string" or not text:find(pattern) then
    fail("expected a text that matches " .. show(pattern) .. ", got " .. show(text), note)
  end
end

-- A list with an element that is deeply equal, or a text with that part.
function test.contains(list, element, note)
  if type(list) == "string" then
    if list:find(element, 1, true) then return end
  else
    for _, item in ipairs(list) do
      if difference(item, element, "", {}) == nil then return end
    end
  end
  fail("expected " .. show(list) .. " to contain " .. show(element), note)
end

-- That run throws: a text that matches a pattern, or an error of a class. Returns what was thrown.
function test.throws(run, expected, note)
  local ok, thrown = pcall(run)
  if ok then fail("expected an error", note) end
  if type(expected) == "string" and not tostring(thrown):find(expected) then
    fail("expected an error that matches " .. show(expected) .. ", got " .. tostring(thrown), note)
  elseif type(expected) == "table" and not class.is(thrown, expected) then
    fail("expected an error of class " .. expected.className .. ", got " .. tostring(thrown), note)
  end
  return thrown
end

-- Spies

local spyMeta = {
  __name = "spy",
  __metatable = "spy",
  __call = function(self, ...)
    self.calls[#self.calls + 1] = table.pack(...)
    self.count = self.count + 1
    if self.thrown ~= nil then error(self.thrown, 0) end
    if self.run ~= nil then return self.run(...) end
    return table.unpack(self.results, 1, self.results.n)
  end,
  __index = {
    -- From now on it returns these.
    returns = function(self, ...)
      self.run, self.results = nil, table.pack(...)
      return self
    end,
    -- From now on it throws this.
    throws = function(self, value)
      self.thrown = value
      return self
    end,
    reset = function(self)
      self.calls, self.count = {}, 0
      return self
    end,
  },
}

-- A function that keeps its calls: count, and calls[i] with arguments and n. Calls run if that is given.
function test.spy(run)
  return setmetatable({ calls = {}, count = 0, run = run, results = { n = 0 } }, spyMeta)
end

-- That a spy was called, with count that often.
function test.called(spy, count, note)
  if count == nil and spy.count > 0 or spy.count == count then return end
  fail("expected " .. (count or "some") .. " calls, got " .. spy.count, note)
end

-- That a spy was called with these arguments at least once.
function test.calledWith(spy, ...)
  local expected, last = table.pack(...), nil
  for _, call in ipairs(spy.calls) do
    if difference(call, expected, "", {}) == nil then return end
    last = call
  end
  expected.n = nil
  local got = {}
  for key, value in pairs(last or {}) do got[key] = value end
  got.n = nil
  fail("expected a call with " .. show(expected) .. ", " .. (last and "the last one had " .. show(got) or "there was none"))
end

-- A table with a spy for each name; other names are errors.
function test.mock(names)
  local mock = {}
  for key, value in pairs(names) do
    if type(key) == "number" then mock[value] = test.spy() else mock[key] = test.spy(value) end
  end
  return setmetatable(mock, {
    __index = function(_, key) error("the mock has no " .. tostring(key), 2) end,
  })
end

-- Groups

local function mine()
  local own = Tasks.own()
  if own.test == nil then
    local root = { name = "", tests = {}, hooks = {} }
    own.test = { root = root, group = root, undo = {} }
  end
  return own.test
end

-- Puts a value, or a spy, in a table until the test ends. Returns it.
function test.stub(of, key, value)
  local old = of[key]
  if value == nil then value = test.spy() end
  of[key] = value
  local undo = mine().undo
  undo[#undo + 1] = function() of[key] = old end
  return value
end

local function add(name, run, status)
  local group = mine().group
  group.tests[#group.tests + 1] = { name = name, run = run, status = status }
end

function test.describe(name, define)
  local state = mine()
  local outer = state.group
  local group = { name = name, tests = {}, hooks = {}, outer = outer }
  outer.tests[#outer.tests + 1] = group
  state.group = group
  local ok, thrown = pcall(define)
  state.group = outer
  if not ok then
    group.tests = { { name = "(describe)", run = function() error(thrown, 0) end } }
    group.hooks = {}
  end
end

function test.it(name, run) add(name, run) end
function test.skip(name) add(name, nil, "skipped") end

-- Around each test of the group and of those in it, or once around all of them.
for _, hook in ipairs({ "before", "after", "beforeAll", "afterAll" }) do
  test[hook] = function(run)
    local hooks = mine().group.hooks
    hooks[hook] = hooks[hook] or {}
    table.insert(hooks[hook], run)
  end
end

-- The runner

local function hooked(group, hook)
  for _, run in ipairs(group.hooks[hook] or {}) do run() end
end

local function around(group, hook, inwards)
  if group == nil then return end
  if inwards then around(group.outer, hook, true) end
  hooked(group, hook)
  if not inwards then around(group.outer, hook, false) end
end

local function restore()
  local state = mine()
  for index = #state.undo, 1, -1 do state.undo[index]() end
  state.undo = {}
end

local function guarded(run, ...)
  local co = coroutine.create(run)
  local ok, thrown = coroutine.resume(co, ...)
  if ok and coroutine.status(co) ~= "dead" then
    return false, Failure.new("a test cannot wait: use promise.flush, or spies in place of Tasks", { where = "" })
  end
  return ok, thrown
end

local function runTest(one, group)
  local ok, thrown = guarded(function()
    around(group, "before", true)
    one.run()
  end)
  local fine, late = guarded(around, group, "after", false)
  restore()
  if ok and not fine then ok, thrown = false, late end
  if ok then return "passed" end
  return "failed", class.is(thrown, errors.Error) and errors.format(thrown) or tostring(thrown),
    class.is(thrown, errors.Error) and thrown.where or tostring(thrown):match("^([^\n]-:%d+): ") or ""
end

local function runGroup(group, path, filter, results, beginOuter)
  local begun, ok, thrown = false, true, nil
  local function begin()
    if not begun then
      begun, ok, thrown = true, beginOuter()
      if ok then ok, thrown = guarded(hooked, group, "beforeAll") end
    end
    return ok, thrown
  end
  local function add(name, status, message, where)
    results[status] = results[status] + 1
    results.tests[#results.tests + 1] = { name = name, status = status, message = message or "", where = where or "" }
  end
  for _, one in ipairs(group.tests) do
    local name = path == "" and one.name or path .. " > " .. one.name
    if one.tests ~= nil then
      runGroup(one, name, filter, results, begin)
    elseif filter == nil or name:find(filter, 1, true) then
      if one.status ~= nil then
        add(name, one.status)
      elseif begin() then
        add(name, runTest(one, group))
      else
        add(name, "failed", "beforeAll: " .. tostring(thrown))
      end
    end
  end
  if begun then
    local fine, late = guarded(hooked, group, "afterAll")
    if not fine then add(path == "" and "afterAll" or path .. " > afterAll", "failed", tostring(late)) end
  end
end

-- Runs the tests that this script has described, in order, or those whose full name contains filter. Returns a plain
-- table: ok, passed, failed, skipped, and tests, each with name, status, message and where.
function test.run(filter)
  local results = { passed = 0, failed = 0, skipped = 0, tests = {} }
  runGroup(mine().root, "", filter, results, function() return true end)
  results.ok = results.failed == 0
  return results
end

return test
`,
};
