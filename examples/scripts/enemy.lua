-- A guard. It wanders about, chases players that it sees, and strikes those within reach: an event Hit, { by, target, damage }.
script {
  state = {
    mode = "wander",
    target = entity(),
    goalX = f32(0),
    goalZ = f32(0),
    sight = f32(8),
    reach = f32(1.5),
    speed = f32(2),
    damage = 10,
  },
  writes = { "Transform" },
}

local vec = require("vec")

-- Ticks between two decisions.
local pause = { wander = 30, chase = 5, strike = 20 }

local function flat(position)
  return vec.vec2(position.x, position.z)
end

-- The nearest player in sight. One that is chased is seen from farther away.
local function look(self)
  local state = self.State
  local sight = state.mode == "wander" and state.sight or state.sight * 1.5
  return World.nearest(Transform.position(), sight, "Player")
end

local function decide(self)
  local state = self.State
  local seen = look(self)
  state.target = seen or 0
  if not seen then
    state.mode = "wander"
    local here = Transform.position()
    state.goalX, state.goalZ = here.x + Random.float(-5, 5), here.z + Random.float(-5, 5)
  elseif Transform.distance(seen) > state.reach then
    state.mode = "chase"
  else
    state.mode = "strike"
    Events.emit("Hit", { by = self.id, target = seen, damage = state.damage })
  end
end

-- A variable, not state: after a restart there is no task, and it is started anew.
local thinking

local function think(self)
  while true do
    decide(self)
    Tasks.wait(pause[self.State.mode])
  end
end

function onUpdate(self, dt)
  if not thinking then thinking = Tasks.start(think, self) end

  local state = self.State
  if state.mode == "strike" then return end
  local goal, speed = vec.vec2(state.goalX, state.goalZ), state.speed
  if state.mode == "chase" and World.isAlive(state.target) then
    goal, speed = flat(Transform.position(state.target)), speed * 1.5
  end
  local at = self.Transform.translation
  local moved = flat(at):towards(goal, speed * dt)
  at.x, at.z = moved.x, moved.y
end
