import type { LuaLibrary } from "./library.ts";

/**
 * Promises and async functions. Continuations run first in, first out, after the call in which they became due, as part of
 * it: what a call costs, and what is undone when it fails, includes them.
 */
export const promiseLibrary: LuaLibrary = {
  name: "promise",
  version: "1.0.0",
  requires: [],
  source: `
local promise = {}
local methods = {}
local meta = { __index = methods, __name = "promise", __metatable = "promise" }
local AWAIT = function() return meta end

-- What belongs to the script that is running: modules are shared, their queues are not.
local function mine()
  local own = Tasks.own()
  if own.promise == nil then
    own.promise = { first = 1, last = 0, due = false, rejected = {}, running = setmetatable({}, { __mode = "k" }) }
  end
  return own.promise
end

local function isPromise(value)
  return type(value) == "table" and getmetatable(value) == "promise"
end

local function expect(ok, where, expected, value, level)
  if not ok then error(where .. ": expected " .. expected .. ", got " .. type(value), level or 3) end
end

-- Tables can be called, too, such as spies.
local function callable(value)
  return type(value) == "function" or type(value) == "table"
end

local function report(rejected)
  for _, p in ipairs(rejected) do
    if not p.handled and Log ~= nil then
      pcall(Log.error, "unhandled rejection: " .. tostring(p.value))
    end
  end
end

local function drain(queue)
  while queue.first <= queue.last do
    local index = queue.first
    local job = queue[index]
    queue[index], queue.first = nil, index + 1
    job[1](table.unpack(job, 2, job.n))
  end
  queue.first, queue.last, queue.due = 1, 0, false
  local rejected = queue.rejected
  queue.rejected = {}
  report(rejected)
end

local function enqueue(queue, ...)
  queue.last = queue.last + 1
  queue[queue.last] = table.pack(...)
  if not queue.due then
    queue.due = true
    Tasks.defer(drain, queue)
  end
end

-- Runs what is due now instead of after the call: for tests.
function promise.flush()
  drain(mine())
end

local function settle(p, state, value)
  p.state, p.value = state, value
  local reactions = p.reactions
  p.reactions = nil
  if state == "rejected" and not p.handled then
    local rejected = p.queue.rejected
    rejected[#rejected + 1] = p
    enqueue(p.queue, function() end)
  end
  for _, reaction in ipairs(reactions) do enqueue(p.queue, reaction[state], value) end
end

local function pending(queue)
  return setmetatable({ state = "pending", reactions = {}, handled = false, queue = queue or mine() }, meta)
end

local function subscribe(p, fulfilled, rejected)
  p.handled = true
  if p.state == "pending" then
    p.reactions[#p.reactions + 1] = { fulfilled = fulfilled, rejected = rejected }
  else
    enqueue(p.queue, p.state == "fulfilled" and fulfilled or rejected, p.value)
  end
end

-- Two functions of which the first call of either decides.
local function deciders(p)
  local decided = false
  local function reject(reason)
    if decided then return end
    decided = true
    settle(p, "rejected", reason)
  end
  local function resolve(value)
    if decided then return end
    decided = true
    if rawequal(value, p) then
      settle(p, "rejected", "a promise cannot wait for itself")
    elseif isPromise(value) then
      -- One turn later, as in JavaScript, with functions of its own.
      enqueue(p.queue, function() subscribe(value, deciders(p)) end)
    else
      settle(p, "fulfilled", value)
    end
  end
  return resolve, reject
end

-- promise.new(function(resolve, reject) ... end)
function promise.new(start)
  expect(callable(start), "promise.new: start", "a function", start)
  local p = pending()
  local resolve, reject = deciders(p)
  local ok, thrown = pcall(start, resolve, reject)
  if not ok then reject(thrown) end
  return p
end

-- A promise and the functions that decide it.
function promise.deferred()
  local p = pending()
  return p, deciders(p)
end

function promise.resolve(value)
  if isPromise(value) then return value end
  local p = pending()
  deciders(p)(value)
  return p
end

function promise.reject(reason)
  local p = pending()
  settle(p, "rejected", reason)
  return p
end

function promise.is(value)
  return isPromise(value)
end

function methods:andThen(onFulfilled, onRejected)
  expect(onFulfilled == nil or callable(onFulfilled), "promise.andThen: onFulfilled", "a function", onFulfilled)
  expect(onRejected == nil or callable(onRejected), "promise.andThen: onRejected", "a function", onRejected)
  local p = pending(self.queue)
  local resolve, reject = deciders(p)
  local function through(f, otherwise)
    if f == nil then return otherwise end
    return function(value)
      local ok, result = pcall(f, value)
      if ok then resolve(result) else reject(result) end
    end
  end
  subscribe(self, through(onFulfilled, resolve), through(onRejected, reject))
  return p
end
methods["then"] = methods.andThen

function methods:catch(onRejected)
  return self:andThen(nil, onRejected)
end

-- Runs f(), waits for what it returns, and goes on with what was before, unless f fails.
function methods:finally(f)
  expect(callable(f), "promise.finally: f", "a function", f)
  return self:andThen(function(value)
    return promise.resolve(f()):andThen(function() return value end)
  end, function(reason)
    return promise.resolve(f()):andThen(function() error(reason, 0) end)
  end)
end

function meta.__tostring(p)
  return p.state == "pending" and "promise (pending)" or "promise (" .. p.state .. ": " .. tostring(p.value) .. ")"
end

-- Several

local function each(list, where, visit)
  expect(type(list) == "table", where .. ": list", "a list", list, 4)
  local count = list.n or #list
  for index = 1, count do visit(index, promise.resolve(list[index])) end
  return count
end

-- Fulfilled, when all have been noted, with what was noted of each, in the order of the list, with their count as n.
local function gather(list, where, follow)
  local p, resolve, reject = promise.deferred()
  local noted, left = {}, 1
  local function one()
    left = left - 1
    if left == 0 then resolve(noted) end
  end
  noted.n = each(list, where, function(index, item)
    left = left + 1
    follow(item, function(value)
      noted[index] = value
      one()
    end, reject)
  end)
  one()
  return p
end

-- The values of all; rejected as soon as one is.
function promise.all(list) return gather(list, "promise.all", subscribe) end

-- Of each { status = "fulfilled", value = v } or { status = "rejected", reason = e }. Never rejected.
function promise.allSettled(list)
  return gather(list, "promise.allSettled", function(item, note)
    subscribe(item, function(value)
      note({ status = "fulfilled", value = value })
    end, function(reason)
      note({ status = "rejected", reason = reason })
    end)
  end)
end

-- As the first of them that is decided.
function promise.race(list)
  local p, resolve, reject = promise.deferred()
  each(list, "promise.race", function(_, item) subscribe(item, resolve, reject) end)
  return p
end

-- As the first of them that is fulfilled; where none is, rejected with { message, errors = reasons }.
function promise.any(list)
  local p, resolve, reject = promise.deferred()
  local reasons, left = {}, 1
  local function one()
    left = left - 1
    if left == 0 then
      reject(setmetatable({ message = "no promise was fulfilled", errors = reasons }, {
        __tostring = function(e) return e.message end,
      }))
    end
  end
  each(list, "promise.any", function(index, item)
    left = left + 1
    subscribe(item, resolve, function(reason)
      reasons[index] = reason
      one()
    end)
  end)
  one()
  return p
end

-- Waiting

-- Fulfilled with value after that many ticks.
function promise.after(ticks, value)
  return promise.new(function(resolve)
    Tasks.start(function()
      Tasks.wait(ticks)
      resolve(value)
    end)
  end)
end

-- Fulfilled with the next event of that name.
function promise.event(name)
  return promise.new(function(resolve)
    Tasks.start(function() resolve(Tasks.waitFor(name)) end)
  end)
end

-- As self, or rejected with a message where that takes more ticks.
function methods:timeout(ticks, message)
  local late = promise.after(ticks):andThen(function()
    error(message or "timed out after " .. ticks .. " ticks", 0)
  end)
  return promise.race({ self, late })
end

local step

local function advance(co, resolve, reject, ok, what, p, ...)
  if not ok then return reject(what) end
  if coroutine.status(co) == "dead" then return resolve(what) end
  if what == AWAIT then
    return subscribe(p, function(value)
      step(co, resolve, reject, true, value)
    end, function(reason)
      step(co, resolve, reject, false, reason)
    end)
  end
  -- A wait of a task's: a task waits in its place.
  local waits = table.pack(what, p, ...)
  Tasks.start(function()
    step(co, resolve, reject, coroutine.yield(table.unpack(waits, 1, waits.n)))
  end)
end

function step(co, resolve, reject, ...)
  return advance(co, resolve, reject, coroutine.resume(co, ...))
end

-- A function that runs f in a coroutine, where it can await and wait, and returns a promise of its result.
function promise.async(f)
  expect(callable(f), "promise.async: f", "a function", f)
  return function(...)
    local p, resolve, reject = promise.deferred()
    local co = coroutine.create(f)
    mine().running[co] = true
    step(co, resolve, reject, ...)
    return p
  end
end

-- Waits for a promise: its value, or its reason thrown. Values that are no promises are given back, one turn later.
function promise.await(p)
  if not mine().running[coroutine.running()] then
    error("promise.await: works in functions made with promise.async alone", 2)
  end
  local ok, value = coroutine.yield(AWAIT, promise.resolve(p))
  if ok then return value end
  error(value, 0)
end

return promise
`,
};
