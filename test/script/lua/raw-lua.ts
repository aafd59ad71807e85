import { LuaFactory } from "wasmoon";
import { libraries } from "../../../src/script/lua/library/index.ts";

/** What a script's machine gives to libraries, in plain Lua: one instance, whose waits are ended by `tick()` and `fire()`. */
const ground = `
local loaders, loaded, frozen = {}, {}, setmetatable({}, { __mode = "k" })
function register(name, source) loaders[name] = assert(load(source, "=" .. name, "t")) end
local function freeze(value)
  if type(value) ~= "table" then return value end
  if frozen[value] == nil then
    frozen[value] = setmetatable({}, {
      __index = function(_, key) return freeze(value[key]) end,
      __newindex = function() error("modules are read-only", 2) end,
      __pairs = function() return function(_, key) local k, v = next(value, key) return k, freeze(v) end end,
      __call = function(_, ...) return value(...) end,
      __tostring = function() return tostring(value) end,
      __metatable = getmetatable(value) or false,
    })
  end
  return frozen[value]
end
function require(name)
  if loaded[name] == nil then loaded[name] = freeze(assert(loaders[name], "no module " .. name)()) end
  return loaded[name]
end

local own, queue, waits, now = {}, {}, {}, 0
lines = {}
function print(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  lines[#lines + 1] = table.concat(parts, " ", 1, parts.n)
end
Log = { error = function(text) print("log: " .. text) end }

local function go(co, ...)
  local ok, kind, what = coroutine.resume(co, ...)
  if not ok then error(kind, 0) end
  if coroutine.status(co) ~= "dead" then waits[#waits + 1] = { co = co, [kind] = what } end
end
Tasks = {
  own = function() return own end,
  defer = function(...) queue[#queue + 1] = table.pack(...) end,
  start = function(f, ...) go(coroutine.create(f), ...) end,
  wait = function(ticks) return coroutine.yield("tick", now + ticks) end,
  waitFor = function(event) return coroutine.yield("event", event) end,
}
local function endCall()
  local at = 1
  while queue[at] do
    queue[at][1](table.unpack(queue[at], 2, queue[at].n))
    at = at + 1
  end
  queue = {}
end
local function wake(due, value)
  local old = waits
  waits = {}
  for _, wait in ipairs(old) do
    if due(wait) then go(wait.co, value) else waits[#waits + 1] = wait end
    endCall()
  end
end
function tick() now = now + 1 wake(function(wait) return wait.tick and wait.tick <= now end) end
function fire(name, value) wake(function(wait) return wait.event == name end, value) end
function run(source)
  local chunk, message = load(source, "=script", "t")
  if chunk == nil then print("syntax: " .. message) return end
  local ok, thrown = pcall(chunk)
  if not ok then print("error: " .. tostring(thrown)) else endCall() end
end
`;

/** Runs a script that can require the libraries, and then as many ticks. What it printed, a line each. */
export async function runLua(source: string, ticks = 0): Promise<string[]> {
  const lua = await new LuaFactory().createEngine();
  try {
    await lua.doString(ground);
    const register = lua.global.get("register") as (name: string, source: string) => void;
    for (const { name, source } of libraries) register(name, source);
    (lua.global.get("run") as (source: string) => void)(source);
    for (let tick = 0; tick < ticks; tick++) await lua.doString("tick()");
    return ((await lua.doString('return table.concat(lines, "\\n")')) as string).split("\n");
  } finally {
    lua.global.close();
  }
}
