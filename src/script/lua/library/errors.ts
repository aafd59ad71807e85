import type { LuaLibrary } from "./library.ts";

/** Errors that are objects: classes with inheritance, fields, causes, and the place that made them. */
export const errorsLibrary: LuaLibrary = {
  name: "errors",
  version: "1.0.0",
  requires: ["class"],
  source: String.raw`
local class = require("class")
local errors = {}

local LEVELS_MAX = 24

local function positionAt(level)
  local _, at = pcall(error, "", level)
  return (type(at) == "string" and at or ""):match("^(.*):(%d+): $")
end

-- Files whose lines say nothing to whoever reads an error: this one and that of class.
local internal = {}
local function outside(first, besides)
  for level = first, first + LEVELS_MAX do
    local file, line = positionAt(level)
    if file ~= nil and not internal[file] and file ~= besides then return file, line end
  end
end
internal[positionAt(3) or ""] = true
local Probe = class.define("Probe")
function Probe:init() internal[outside(3) or ""] = true end
Probe()

-- The innermost line that led here, as "file:line", or "" where that is not known. Lines of a file that is given are
-- passed over: those of a library, say.
function errors.position(besides)
  local file, line = outside(3, besides)
  return file and file .. ":" .. line or ""
end

local Error = class.define("Error")

-- An error has the given fields, its message, its cause if it has one, and where it was made.
function Error:init(message, fields)
  for key, value in pairs(fields or {}) do self[key] = value end
  self.message = tostring(message)
  self.where = self.where or errors.position()
end

function Error:__tostring()
  local text = self.className .. ": " .. self.message
  return self.where == "" and text or self.where .. ": " .. text
end
errors.Error = class.seal(Error)

-- A class of errors, derived from errors.Error unless another is given.
function errors.define(name, super)
  if super ~= nil and not class.is(super, Error) then
    error("errors.define: super: expected a class of errors, got " .. type(super), 2)
  end
  return class.define(name, super or Error)
end

function errors.new(of, message, fields)
  if not class.is(of, Error) then error("errors.new: of: expected a class of errors, got " .. type(of), 2) end
  return of.new(message, fields)
end

function errors.raise(of, message, fields)
  error(errors.new(of, message, fields), 0)
end

-- Whether an error, not one of its causes, is of a class.
function errors.is(value, of)
  return class.is(value, of or Error)
end

-- Any value that was thrown as an error: texts with a position keep it.
function errors.from(value)
  if class.is(value, Error) then return value end
  if type(value) ~= "string" then return Error.new(tostring(value), { value = value, where = "" }) end
  local where, message = value:match("^([^\n]-:%d+): (.*)$")
  return Error.new(message or value, { where = where or "" })
end

-- A new error whose cause is a value that was thrown.
function errors.wrap(cause, of, message, fields)
  local wrapped = errors.new(of, message, fields)
  wrapped.cause = errors.from(cause)
  return wrapped
end

-- An error and its causes, outermost first.
function errors.chain(value)
  local list, seen = {}, {}
  local at = errors.from(value)
  while at ~= nil and not seen[at] do
    list[#list + 1], seen[at] = at, true
    at = at.cause ~= nil and errors.from(at.cause) or nil
  end
  return list
end

-- The first in the chain that is of a class, or nil.
function errors.find(value, of)
  for _, at in ipairs(errors.chain(value)) do
    if class.is(at, of) then return at end
  end
end

local plain = { number = true, boolean = true, string = true }
local hidden = { message = true, where = true, cause = true }

-- A line for each error of the chain, with its fields.
function errors.format(value)
  local lines = {}
  for index, at in ipairs(errors.chain(value)) do
    local fields = {}
    for key, field in next, at do
      if type(key) == "string" and not hidden[key] and plain[type(field)] then
        fields[#fields + 1] = key .. " = " .. tostring(field)
      end
    end
    table.sort(fields)
    local list = #fields > 0 and " (" .. table.concat(fields, ", ") .. ")" or ""
    lines[index] = (index > 1 and "  caused by " or "") .. tostring(at) .. list
  end
  return table.concat(lines, "\n")
end

-- As pcall, but what was thrown comes as an error object.
local function attempted(ok, ...)
  if ok then return true, ... end
  return false, errors.from((...))
end
function errors.attempt(run, ...)
  return attempted(pcall(run, ...))
end

-- errors.try { run = f, catch = g or { { Class, g }, ... }, finally = h } calls f and returns what it returns; of an
-- error that a g takes, what g(error) returns. Others go on after h.
function errors.try(block)
  local run, catch = block.run or block[1], block.catch
  if type(run) ~= "function" then error("errors.try: run: expected a function, got " .. type(run), 2) end
  local results = table.pack(errors.attempt(run))
  if not results[1] then
    local thrown, take = results[2], nil
    if type(catch) == "table" then
      for _, pair in ipairs(catch) do
        if class.is(thrown, pair[1]) then
          take = pair[2]
          break
        end
      end
    else
      take = catch
    end
    if take ~= nil then results = table.pack(pcall(take, thrown)) end
  end
  if block.finally ~= nil then block.finally() end
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end

errors.RetryError = class.seal(errors.define("RetryError"))

local function waitBefore(attempt, options)
  local wait = options.wait or 0
  for _ = 2, attempt do wait = wait * (options.growth or 1) end
  if wait > 0 then Tasks.wait(math.floor(wait)) end
end

-- errors.retry { run = f, times = 3, wait = 0, growth = 1, only = Class } calls f(attempt) until it does not throw, and
-- returns what it returns. Waits that many ticks between, growth times longer each time: in tasks alone. After the last
-- time, and of no other class than only, throws a RetryError with the cause and the attempts.
function errors.retry(options)
  local run, times = options.run or options[1], options.times or 3
  if type(run) ~= "function" then error("errors.retry: run: expected a function, got " .. type(run), 2) end
  if math.type(times) ~= "integer" or times < 1 then error("errors.retry: times: expected an integer from 1", 2) end
  for attempt = 1, times do
    local results = table.pack(errors.attempt(run, attempt))
    if results[1] then return table.unpack(results, 2, results.n) end
    local final = options.only ~= nil and not class.is(results[2], options.only)
    if final or attempt == times then
      error(errors.wrap(results[2], errors.RetryError, "gave up after " .. attempt .. " of " .. times .. " attempts", {
        attempts = attempt,
      }), 0)
    end
    waitBefore(attempt, options)
  end
end

return errors
`,
};
