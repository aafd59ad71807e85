-- A camera that stays behind and above an entity and looks at it. It comes to rest softly: `rate` is the share of the way
-- that it makes in a second, where there is much of it.
script {
  state = { target = entity(), distance = f32(6), height = f32(3), rate = f32(4) },
  writes = { "Transform" },
}

local vec = require("vec")

function onUpdate(self, dt)
  local state = self.State
  if state.target == 0 or not World.isAlive(state.target) then return end
  local at = vec.from(Transform.position(state.target))
  local back = vec.from(Transform.forward(state.target)) * -state.distance
  local wanted = at + back + vec.vec3(0, state.height, 0)
  local here = vec.from(Transform.position())
  Transform.setPosition(here:lerp(wanted, math.min(1, state.rate * dt)))
  Transform.lookAt(at)
end
