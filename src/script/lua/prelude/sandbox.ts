/**
 * The globals that scripts have. Chunk arguments: `native`, functions of the engine; `api`, the host's namespaces; `libraries`,
 * Lua's own. Returns the environment's metatable and what the rest of the prelude uses.
 *
 * Nothing here can be changed by a script: tables that scripts share are empty tables in front of the real ones, which refuse
 * writes, `rawset` included, and no metatable can be reached.
 */
export const sandboxPrelude = String.raw`
local native, api, libraries = ...
local base, string, table, math = libraries.base, libraries.string, libraries.table, libraries.math
local coroutine, utf8, debug = libraries.coroutine, libraries.utf8, libraries.debug
local error, next, type, tostring, select = base.error, base.next, base.type, base.tostring, base.select
local rawget, rawset, getmetatable, setmetatable, load = base.rawget, base.rawset, base.getmetatable, base.setmetatable, base.load
local charge = native.charge
coroutine.yield = native.yield

-- Tables that only look

local frozen = {}

local function guard(proxy, contents, name, meta)
  meta.__index = contents
  meta.__newindex = function(_, key) error(name .. " is read-only: cannot set " .. tostring(key), 2) end
  meta.__pairs = function(self) return function(_, key) return next(contents, key) end, self, nil end
  meta.__len = function() return #contents end
  if meta.__metatable == nil then meta.__metatable = false end
  frozen[proxy] = true
  return setmetatable(proxy, meta)
end

local function freeze(name, contents)
  return guard({}, contents, name, {})
end

-- A read-only copy of a tree or graph of tables, with the operators of their metatables.
local function freezeAll(name, value, seen)
  if type(value) ~= "table" or frozen[value] then return value end
  if seen[value] then return seen[value] end
  local proxy, contents, meta = {}, {}, {}
  seen[value] = proxy
  local own = debug.getmetatable(value)
  if own then
    for key, method in next, own do meta[key] = method end
    if own.__index ~= nil then setmetatable(contents, { __index = own.__index }) end
  end
  for key, element in next, value do contents[key] = freezeAll(name, element, seen) end
  return guard(proxy, contents, name, meta)
end

-- Text: what takes long is charged by length

local CAP = 16777216

-- Written out, so that errors name the function of the library.
local function charged(name, shift)
  return load("local string, type, charge = ... return function(text, ...) "
    .. "if type(text) == 'string' and #text > 64 then charge(#text >> " .. shift .. ") end "
    .. "return string." .. name .. "(text, ...) end", "=worldloom")(string, type, charge)
end

local texts = {
  byte = string.byte, char = string.char, len = string.len, sub = charged("sub", 6),
  pack = string.pack, packsize = string.packsize, unpack = string.unpack,
  find = charged("find", 1), match = charged("match", 1),
  gmatch = charged("gmatch", 1), gsub = charged("gsub", 1),
  lower = charged("lower", 3), upper = charged("upper", 3), reverse = charged("reverse", 3),
}

function texts.rep(text, count, separator)
  if type(text) == "string" and math.type(count) == "integer" and count > 0 then
    local each = #text + (type(separator) == "string" and #separator or 0)
    if each > 0 and count > CAP // each then
      error("string.rep: the result would have more than " .. CAP .. " bytes", 2)
    end
    if each * count > 64 then charge(each * count >> 4) end
  end
  return string.rep(text, count, separator)
end

function texts.format(pattern, ...)
  if type(pattern) == "string" and #pattern > 64 then charge(#pattern >> 3) end
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    if type(value) == "string" and #value > 64 then charge(#value >> 3) end
  end
  return string.format(pattern, ...)
end

local meta = getmetatable("")
meta.__index = texts
meta.__metatable = false

local tables = {}
for name, f in next, table do tables[name] = f end

local function spanned(from, to)
  if math.type(from) == "integer" and math.type(to) == "integer" and to - from > 64 then charge(to - from) end
end
function tables.move(list, from, to, ...)
  spanned(from, to)
  return table.move(list, from, to, ...)
end
function tables.unpack(list, from, to)
  spanned(from, to)
  if from == nil then return table.unpack(list) end
  return table.unpack(list, from, to)
end
function tables.concat(list, separator, from, to)
  spanned(from or 1, to or type(list) == "table" and #list)
  return table.concat(list, separator, from, to)
end
function tables.sort(list, less)
  spanned(1, type(list) == "table" and #list)
  return table.sort(list, less)
end

local numbers = {}
for name, value in next, math do numbers[name] = value end
numbers.randomseed, numbers.random = nil, nil
if api.Random then
  local float, integer = api.Random.float, api.Random.integer
  function numbers.random(low, high)
    if low == nil then return float() end
    if high == nil then low, high = 1, low end
    return integer(low, high)
  end
end

-- Coroutines: the threads that hooks run on belong to the engine.

local bases = setmetatable({}, { __mode = "k" })
local threads = {}
for name, f in next, coroutine do threads[name] = f end
function threads.running()
  local thread = coroutine.running()
  if bases[thread] then return nil, true end
  return thread, false
end

-- Globals

local globals = {}
for _, name in base.ipairs({
  "assert", "error", "getmetatable", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawlen", "select",
  "tonumber", "tostring", "type", "xpcall", "_VERSION",
}) do
  globals[name] = base[name]
end
globals.string, globals.table, globals.math = freeze("string", texts), freeze("table", tables), freeze("math", numbers)
globals.coroutine, globals.utf8 = freeze("coroutine", threads), freeze("utf8", utf8)

local environment = { __index = globals, __metatable = false }

function globals.rawset(t, key, value)
  if frozen[t] then error("rawset: the table is read-only", 2) end
  return rawset(t, key, value)
end

function globals.setmetatable(t, meta)
  if type(meta) == "table" then
    if rawget(meta, "__gc") ~= nil then error("setmetatable: finalisers (__gc) are not available", 2) end
    if frozen[meta] then error("setmetatable: the metatable is read-only", 2) end
  end
  return setmetatable(t, meta)
end

function globals.load(text, name, mode, env)
  if type(text) ~= "string" then error("load: expected a string, got " .. type(text), 2) end
  if mode ~= nil and mode ~= "t" and mode ~= "bt" then error("load: only text can be loaded", 2) end
  if name ~= nil and type(name) ~= "string" then error("load: name: expected a string, got " .. type(name), 2) end
  if env == nil then
    env = setmetatable({}, environment)
  elseif type(env) ~= "table" then
    error("load: env: expected a table, got " .. type(env), 2)
  end
  charge(#text)
  return load(text, name or "=load", "t", env)
end

function globals.print(...)
  local words = { ... }
  for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
  if api.Log then api.Log.info(tables.concat(words, "\t")) end
end

function globals.require(name)
  error("require: module " .. tostring(name) .. " is not known here: give it to luaEngine({ modules }), and name it by a text in the script", 2)
end

-- Kinds of the fields of State, for script { state = ... }

local function kind(name, default)
  return function(value)
    if value == nil then value = default end
    return { [native.kind] = name, value = value }
  end
end
for name, default in next, { f32 = 0.0, f64 = 0.0, i32 = 0, u32 = 0, bool = false, str = "", entity = 0 } do
  globals[name] = kind(name, default)
end

for name, functions in next, api do
  if name ~= "Tasks" then globals[name] = freeze(name, functions) end
end
return { globals = globals, environment = environment, bases = bases, freeze = freeze, freezeAll = freezeAll }
`;
