import type { LuaLibrary } from "./library.ts";

/** Vectors of two and three numbers, never changed once made. Only + - * / and square roots: the same bits everywhere. */
export const vecLibrary: LuaLibrary = {
  name: "vec",
  version: "1.0.0",
  requires: [],
  source: `
local vec = {}
local sqrt, type, setmetatable = math.sqrt, type, setmetatable

-- Where a vector is expected, any table with x, y (and z) does: a component, or what the host returned.
local two, three = {}, {}
local meta2 = { __index = two, __name = "vec2", __metatable = "vec2" }
local meta3 = { __index = three, __name = "vec3", __metatable = "vec3" }

local function vec2(x, y) return setmetatable({ x = x, y = y }, meta2) end
local function vec3(x, y, z) return setmetatable({ x = x, y = y, z = z }, meta3) end

local function number(value, where, otherwise)
  if value == nil then return otherwise end
  if type(value) ~= "number" then error(where .. ": expected a number, got " .. type(value), 3) end
  return value
end

function vec.vec2(x, y)
  return vec2(number(x, "vec.vec2: x", 0), number(y, "vec.vec2: y", 0))
end

function vec.vec3(x, y, z)
  return vec3(number(x, "vec.vec3: x", 0), number(y, "vec.vec3: y", 0), number(z, "vec.vec3: z", 0))
end

-- A vec3 of something with x, y, z; a vec2 where it has no z.
function vec.from(value)
  if value.z == nil then return vec.vec2(value.x, value.y) end
  return vec.vec3(value.x, value.y, value.z)
end

function vec.is(value)
  local of = type(value) == "table" and getmetatable(value)
  return of == "vec2" or of == "vec3"
end

-- Two numbers

function meta2.__add(a, b) return vec2(a.x + b.x, a.y + b.y) end
function meta2.__sub(a, b) return vec2(a.x - b.x, a.y - b.y) end
function meta2.__unm(a) return vec2(-a.x, -a.y) end
function meta2.__eq(a, b) return a.x == b.x and a.y == b.y end
function meta2.__tostring(a) return "(" .. a.x .. ", " .. a.y .. ")" end
function meta2.__mul(a, b)
  if type(a) == "number" then return vec2(a * b.x, a * b.y) end
  if type(b) == "number" then return vec2(a.x * b, a.y * b) end
  return vec2(a.x * b.x, a.y * b.y)
end
function meta2.__div(a, b)
  if type(a) == "number" then return vec2(a / b.x, a / b.y) end
  if type(b) == "number" then return vec2(a.x / b, a.y / b) end
  return vec2(a.x / b.x, a.y / b.y)
end

function two:unpack() return self.x, self.y end
function two:dot(b) return self.x * b.x + self.y * b.y end
-- Positive where b is to the left of self.
function two:cross(b) return self.x * b.y - self.y * b.x end
-- A quarter turn to the left.
function two:perpendicular() return vec2(-self.y, self.x) end
-- Turns by the angle between the x axis and a unit vector.
function two:rotate(d) return vec2(self.x * d.x - self.y * d.y, self.x * d.y + self.y * d.x) end
function two:min(b) return vec2(math.min(self.x, b.x), math.min(self.y, b.y)) end
function two:max(b) return vec2(math.max(self.x, b.x), math.max(self.y, b.y)) end

-- Three numbers

function meta3.__add(a, b) return vec3(a.x + b.x, a.y + b.y, a.z + b.z) end
function meta3.__sub(a, b) return vec3(a.x - b.x, a.y - b.y, a.z - b.z) end
function meta3.__unm(a) return vec3(-a.x, -a.y, -a.z) end
function meta3.__eq(a, b) return a.x == b.x and a.y == b.y and a.z == b.z end
function meta3.__tostring(a) return "(" .. a.x .. ", " .. a.y .. ", " .. a.z .. ")" end
function meta3.__mul(a, b)
  if type(a) == "number" then return vec3(a * b.x, a * b.y, a * b.z) end
  if type(b) == "number" then return vec3(a.x * b, a.y * b, a.z * b) end
  return vec3(a.x * b.x, a.y * b.y, a.z * b.z)
end
function meta3.__div(a, b)
  if type(a) == "number" then return vec3(a / b.x, a / b.y, a / b.z) end
  if type(b) == "number" then return vec3(a.x / b, a.y / b, a.z / b) end
  return vec3(a.x / b.x, a.y / b.y, a.z / b.z)
end

function three:unpack() return self.x, self.y, self.z end
function three:dot(b) return self.x * b.x + self.y * b.y + self.z * b.z end
function three:cross(b)
  local ax, ay, az, bx, by, bz = self.x, self.y, self.z, b.x, b.y, b.z
  return vec3(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
end
-- Turns by a unit quaternion { x, y, z, w }: v + 2w (q x v) + 2 q x (q x v).
function three:rotate(q)
  local x, y, z, w = q.x, q.y, q.z, q.w
  local tx = 2 * (y * self.z - z * self.y)
  local ty = 2 * (z * self.x - x * self.z)
  local tz = 2 * (x * self.y - y * self.x)
  return vec3(
    self.x + w * tx + y * tz - z * ty,
    self.y + w * ty + z * tx - x * tz,
    self.z + w * tz + x * ty - y * tx
  )
end
function three:min(b) return vec3(math.min(self.x, b.x), math.min(self.y, b.y), math.min(self.z, b.z)) end
function three:max(b) return vec3(math.max(self.x, b.x), math.max(self.y, b.y), math.max(self.z, b.z)) end

-- The unit quaternion { x, y, z, w } that turns one direction into another, the short way round.
function vec.turn(from, to)
  local a, b = vec.vec3(from.x, from.y, from.z):normalize(), vec.vec3(to.x, to.y, to.z):normalize()
  local dot = a:dot(b)
  local axis, w = a:cross(b), 1 + dot
  if w < 1e-9 then
    -- Half a turn: around any axis across.
    w = 0
    axis = a:cross(math.abs(a.x) < 0.9 and vec3(1, 0, 0) or vec3(0, 1, 0))
  end
  local scale = 1 / sqrt(axis:dot(axis) + w * w)
  return { x = axis.x * scale, y = axis.y * scale, z = axis.z * scale, w = w * scale }
end

-- Both

local function both(name, method)
  two[name], three[name] = method, method
end

both("lengthSquared", function(a) return a:dot(a) end)
both("length", function(a) return sqrt(a:dot(a)) end)
both("distanceSquared", function(a, b) return (a - b):lengthSquared() end)
both("distance", function(a, b) return (a - b):length() end)
-- The unit vector of that direction; the zero vector stays what it is.
both("normalize", function(a)
  local length = a:length()
  return length == 0 and a or a / length
end)
-- From a at t = 0 to b at t = 1.
both("lerp", function(a, b, t) return a * (1 - t) + b * t end)
-- No longer than length.
both("limit", function(a, length)
  local squared = a:dot(a)
  return squared <= length * length and a or a * (length / sqrt(squared))
end)
-- At most step nearer to a target, never past it.
both("towards", function(a, target, step)
  local way = target - a
  local length = way:length()
  return length <= step and a + way or a + way * (step / length)
end)
-- The part of a along b.
both("project", function(a, b)
  local squared = a.dot(b, b)
  return squared == 0 and a * 0 or (a * 0 + b) * (a:dot(b) / squared)
end)
-- Off a surface with a unit normal.
both("reflect", function(a, normal) return a - (a * 0 + normal) * (2 * a:dot(normal)) end)

return vec
`,
};
