import { tasksPart } from "./tasks.ts";

/**
 * Programs, instances, modules and tasks, all of them tables in the machine's memory. Chunk arguments: `native`, `api`,
 * `libraries` as in the sandbox, and what that returned. Returns the functions and tables that the domain uses, as a list.
 */
export const instancesPrelude = `
local native, api, libraries, sandbox = ...
local base, coroutine = libraries.base, libraries.coroutine
local error, next, type, tostring, pcall, select = base.error, base.next, base.type, base.tostring, base.pcall, base.select
local rawget, setmetatable = base.rawget, base.setmetatable
local pack, unpack, concat = libraries.table.pack, libraries.table.unpack, libraries.table.concat
local mathtype, gsub, format = libraries.math.type, libraries.string.gsub, libraries.string.format
local create, resume, status, close = coroutine.create, coroutine.resume, coroutine.status, coroutine.close
local globals, environment = sandbox.globals, sandbox.environment

local programs = {}
-- By hash; those that no program has any more are collected. Those that were just added have no program yet.
local modules, fresh = setmetatable({}, { __mode = "v" }), {}
-- By number of the instance; false where there is none. A driver has the onUpdate that batches call: the environment, but for
-- those that are in behind. An origin is the entity and, in the upper half, the number of the program; 0 where there is none.
local drivers, behind, selves, origins = {}, {}, {}, {}
local owns, queues = {}, {}
-- By number of the instance: its task, or where it has several a table with them as keys.
local started = {}
local free, count = {}, 0
-- The instance whose top level runs, and its environment: nil between calls.
local making, pending
-- By number of the task; numbers are not used again.
local tasks, places, last = {}, {}, 0

-- Chunks get their environment as an argument. In a callback of C's nobody can wait.
local function run(main, env, ...)
  local values, result = pack(env, ...), nil
  gsub(".", ".", function() result = main(unpack(values, 1, values.n)) end)
  return result
end

-- Tables with room for so many names, so that they need not grow.
local blanks = {
  function() return { a = nil } end,
  function() return { a = nil, b = nil } end,
  function() return { a = nil, b = nil, c = nil, d = nil } end,
  function() return { a = nil, b = nil, c = nil, d = nil, e = nil, f = nil, g = nil, h = nil } end,
  function()
    return { a = nil, b = nil, c = nil, d = nil, e = nil, f = nil, g = nil, h = nil,
      i = nil, j = nil, k = nil, l = nil, m = nil, n = nil, o = nil, p = nil }
  end,
}

-- Which of them has room for the names of a table.
local function blankFor(made)
  local count, room, at = 0, 1, 1
  for _ in next, made do count = count + 1 end
  while room < count and at < #blanks do room, at = room * 2, at + 1 end
  return blanks[at]
end

local function scope()
  local env = setmetatable({}, environment)
  env._G = env
  return env
end

-- Modules

local function requirer(known)
  local loaded, loading = {}, {}
  local function require(name, wanted)
    local module = known[name]
    if module == nil then
      error("require: module " .. tostring(name) .. " is not known here: give it to luaEngine({ modules }), and name it by a text in the script", 2)
    end
    if wanted ~= nil and not native.fits(module.version, wanted) then
      error("require: module " .. name .. " is version " .. module.version .. ", wanted is " .. tostring(wanted), 2)
    end
    if module.shared ~= nil then return module.shared end
    if loaded[name] ~= nil then return loaded[name] end
    for i = 1, #loading do
      if loading[i] == name then
        error("require: modules need each other: " .. concat(loading, " -> ", i) .. " -> " .. name, 2)
      end
    end
    loading[#loading + 1] = name
    local env = scope()
    env.require = require
    local ok, value = pcall(run, module.main, env, name)
    loading[#loading] = nil
    if not ok then error(value, 0) end
    if value == nil then value = true end
    loaded[name] = value
    return value
  end
  return require
end

-- What require finds, by name.
local function find(hashes)
  local known = {}
  for i = 1, #hashes do
    local module = modules[hashes[i]]
    known[module.name] = module
  end
  return known
end

-- hashes: of the modules that it needs itself.
local function addModule(hash, name, version, main, hashes, shared)
  local module = modules[hash]
  if module then
    fresh[#fresh + 1] = module
    return
  end
  module = { name = name, version = version, main = main }
  if shared then
    local env = scope()
    env.require = requirer(find(hashes))
    module.shared = sandbox.freezeAll(name, run(main, env, name), {})
  end
  modules[hash] = module
  fresh[#fresh + 1] = module
end

-- Programs and instances

-- A function that gives a self: a table that need not grow, with the proxies and an id.
local function selfMaker(proxies)
  local fields = {}
  for name in next, proxies do fields[#fields + 1] = format(", [%q] = proxies[%q]", name, name) end
  local text = "local proxies = ... return function(id) return { id = id" .. concat(fields) .. " } end"
  return base.load(text, "=worldloom", "t", {})(proxies)
end

local function addProgram(number, main, proxies, hashes, defers)
  local known = #hashes > 0 and find(hashes) or nil
  fresh = {}
  programs[number] = { main = main, known = known, defers = defers, self = selfMaker(proxies), globals = blanks[1] }
end

local function drain(instance)
  local queue = queues[instance]
  while queue and queue.first <= queue.last do
    local job = queue[queue.first]
    queue[queue.first] = nil
    queue.first = queue.first + 1
    job[1](unpack(job, 2, job.n))
  end
  queues[instance] = nil
end

local function environmentOf(instance)
  return behind[instance] or drivers[instance] or nil
end

local function drive(instance, env)
  behind[instance] = env
  drivers[instance] = {
    onUpdate = function(self, dt)
      local update = rawget(env, "onUpdate")
      if update ~= nil then update(self, dt) end
      if queues[instance] then drain(instance) end
    end,
  }
end

-- The instance whose call this is.
local function current()
  return making or native.instance()
end

local function forget(task)
  local instance = places[task]
  tasks[task], places[task] = nil, nil
  local mine = started[instance]
  if mine == task then
    started[instance] = nil
  elseif type(mine) == "table" then
    mine[task] = nil
    if next(mine) == nil then started[instance] = nil end
  end
end

-- What an instance has besides its globals, also one whose top level failed.
local function strip(instance)
  if owns[instance] then owns[instance] = nil end
  if queues[instance] then queues[instance] = nil end
  local mine = started[instance]
  if mine then
    if type(mine) ~= "table" then mine = { [mine] = true } end
    for task in next, mine do tasks[task], places[task] = nil, nil end
    started[instance] = nil
  end
end

local function discard(instance)
  strip(instance)
  if drivers[instance] then
    drivers[instance], selves[instance], origins[instance] = false, false, 0
    if behind[instance] then behind[instance] = nil end
    free[#free + 1] = instance
  end
end

-- Makes an instance of a program; old: the one whose place it takes, or 0.
local function instantiate(old, entity, number)
  local program = programs[number]
  local instance = old
  if old == 0 then
    instance = free[#free] or count + 1
  elseif owns[old] or queues[old] or started[old] then
    strip(old)
  end
  local env, self = setmetatable(program.globals(), environment), program.self(entity)
  env._G = env
  making, pending = instance, env
  if program.known then env.require = requirer(program.known) end
  program.main(env)
  making, pending = nil, nil
  if not program.made then program.made, program.globals = true, blankFor(env) end
  if old == 0 then
    if free[#free] then free[#free] = nil else count = instance end
  end
  drivers[instance], selves[instance], origins[instance] = env, self, number << 32 | entity
  if program.defers then
    drive(instance, env)
  elseif behind[instance] then
    behind[instance] = nil
  end
  return instance
end

-- After a top level that was stopped.
local function unmake()
  local instance = making
  making, pending = nil, nil
  if instance then discard(instance) end
  return instance or 0
end

-- The collector rests while many instances are made, and comes to what that left in pieces: one of about a quarter of it.

local collect = base.collectgarbage

local function rest()
  collect("stop")
end

local function tidy()
  collect("restart")
  return collect("step", collect("count") // 256 + 1) and 1 or 0
end

local function invoke(instance, name, ...)
  local f = rawget(environmentOf(instance) or {}, name)
  if type(f) ~= "function" then return end
  return f(selves[instance], ...)
end

${tasksPart}-- Without an environment, text is compiled for the globals of the instance whose call this is.
local load = globals.load
function globals.load(text, name, mode, env)
  if env == nil then env = pending or environmentOf(native.instance()) end
  return load(text, name, mode, env)
end

globals.Tasks = sandbox.freeze("Tasks", Tasks)
globals.script = function() end

-- What a script says of itself, as kinds and defaults

local function fieldOf(name, value)
  if type(value) == "table" then
    local kind = rawget(value, native.kind)
    if kind then return { kind = kind, default = rawget(value, "value") } end
  elseif type(value) == "boolean" then
    return { kind = "bool", default = value }
  elseif type(value) == "string" then
    return { kind = "str", default = value }
  elseif mathtype(value) == "integer" then
    return { kind = "i32", default = value }
  elseif mathtype(value) == "float" then
    return { kind = "f64", default = value }
  end
  error("script: state." .. tostring(name) .. ": expected a number, text or boolean, or f32(...), i32(...), entity() and the like, got "
    .. type(value), 4)
end

local function declared(said)
  if type(said) ~= "table" then error("script: expected a table, got " .. type(said), 3) end
  local plain = {}
  for key, value in next, said do
    if key == "state" then
      if type(value) ~= "table" then error("script: state: expected a table, got " .. type(value), 3) end
      local fields = {}
      for name, field in next, value do fields[name] = fieldOf(name, field) end
      value = fields
    end
    plain[key] = value
  end
  return plain
end

-- Runs a chunk to learn what it says of itself: what it gave to script { }, and its globals that are functions.
local function probe(main, hashes)
  local said
  local env = scope()
  env.require = requirer(find(hashes))
  env.script = function(...)
    if said then error("script: called twice", 2) end
    if select("#", ...) ~= 1 then error("script: expected one table", 2) end
    said = declared((...))
  end
  making, pending = 0, env
  run(main, env)
  local names = {}
  for name, value in next, env do
    if type(value) == "function" and type(name) == "string" then names[#names + 1] = name end
  end
  return { said = said or {}, names = names }
end

return {
  instantiate, discard, unmake, rest, tidy, invoke, drain, adopt, forget, addModule, addProgram, probe,
  drivers, selves, origins, tasks, places, sandbox.bases, {},
}
`;
