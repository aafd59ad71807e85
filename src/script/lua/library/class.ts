import type { LuaLibrary } from "./library.ts";

/**
 * Classes with inheritance, mixins and operators. Members are out of reach of whoever has an object or a sealed class, so
 * shared modules can return classes. What names a class is a function, which stays itself when tables are frozen.
 */
export const classLibrary: LuaLibrary = {
  name: "class",
  version: "1.0.0",
  requires: [],
  source: `
local class = {}

-- Keys under which classes and objects answer what scripts do not see.
local ID, ANCESTRY, OPERATOR, SEAL = {}, {}, {}, {}

local operators = {
  "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv", "__band", "__bor", "__bxor", "__shl", "__shr",
  "__bnot", "__concat", "__len", "__eq", "__lt", "__le", "__call", "__tostring", "__close", "__pairs", "__index", "__newindex",
}
local isOperator = {}
for _, name in ipairs(operators) do isOperator[name] = true end
local taken = { new = true, super = true, className = true, __gc = true, __mode = true, __metatable = true, __name = true }

local function isClass(value)
  return type(value) == "table" and type(value[SEAL]) == "function"
end

local function expect(ok, where, expected, value)
  if not ok then error(where .. ": expected " .. expected .. ", got " .. type(value), 3) end
end

local function describe(object, name)
  local fields = {}
  for key, value in next, object do
    local kind = type(value)
    if type(key) == "string" and (kind == "number" or kind == "boolean" or kind == "string") then
      fields[#fields + 1] = key .. " = " .. (kind == "string" and string.format("%q", value) or tostring(value))
    end
  end
  table.sort(fields)
  return name .. " {" .. table.concat(fields, ", ") .. "}"
end

-- Makes a class: assign functions to it. Calling it makes an object and calls its init. Operators of super are those
-- that it has now, other members those that it has when they are used.
function class.define(name, super)
  expect(type(name) == "string", "class.define: name", "a string", name)
  expect(super == nil or isClass(super), "class.define: super", "a class", super)

  local members = { className = name, super = super }
  local meta = { __index = members, __name = name, __metatable = name }
  local own = {}
  local sealed = false

  local function new(...)
    local object = setmetatable({}, meta)
    local init = members.init
    if init ~= nil then init(object, ...) end
    return object
  end

  local function operator(key, value)
    own[key] = value
    if key ~= "__index" then
      meta[key] = value
      return
    end
    meta.__index = function(object, index)
      local member = members[index]
      if member ~= nil then return member end
      if type(value) == "function" then return value(object, index) end
      return value[index]
    end
  end

  members.new = new
  members[ID] = new
  members[ANCESTRY] = function(id) return id == new or super ~= nil and super[ANCESTRY](id) end
  members[OPERATOR] = function(key) return own[key] end
  members[SEAL] = function() sealed = true end
  meta.__tostring = function(object) return describe(object, name) end
  if super ~= nil then
    setmetatable(members, { __index = super })
    local inherited = super[OPERATOR]
    for _, key in ipairs(operators) do
      if inherited(key) ~= nil then operator(key, inherited(key)) end
    end
  end

  return setmetatable({}, {
    __metatable = "class",
    __name = "class",
    __index = members,
    __newindex = function(_, key, value)
      if sealed then error("class " .. name .. " is sealed: derive one from it", 2) end
      if taken[key] then error("class " .. name .. ": " .. key .. " is taken", 2) end
      if isOperator[key] then operator(key, value) else members[key] = value end
    end,
    __call = function(_, ...) return new(...) end,
    __tostring = function() return "class " .. name end,
  })
end

-- Gives a class the functions and constants of tables, operators included; later ones win. A mixin's function included
-- is called with the class instead.
function class.mixin(target, ...)
  expect(isClass(target), "class.mixin: target", "a class", target)
  for _, source in ipairs({ ... }) do
    for key, value in pairs(source) do
      if key ~= "included" then target[key] = value end
    end
    if source.included ~= nil then source.included(target) end
  end
  return target
end

-- Whether a value is an object of a class, or of one derived from it, or such a class itself.
function class.is(value, of)
  expect(isClass(of), "class.is: of", "a class", of)
  local ancestry = type(value) == "table" and value[ANCESTRY]
  return type(ancestry) == "function" and ancestry(of[ID])
end

-- Refuses every later definition: what modules return is shared.
function class.seal(target)
  expect(isClass(target), "class.seal: target", "a class", target)
  target[SEAL]()
  return target
end

return class
`,
};
