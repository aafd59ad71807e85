-- A player's character. Inputs of the type Move, { entity, x, z, jump }, steer it; without one it comes to rest.
script {
  state = { speed = f32(6), acceleration = f32(40), leap = f32(5), jumps = 0 },
  writes = { "KinematicBody" },
}

local vec = require("vec")

function onUpdate(self, dt)
  local state, velocity = self.State, self.KinematicBody.velocity
  local move = Input.mine("Move", "entity")

  -- A stick that is pushed into a corner is not faster.
  local wanted = vec.vec2()
  if move then wanted = vec.vec2(move.x, move.z):limit(1) * state.speed end
  local now = vec.vec2(velocity.x, velocity.z):towards(wanted, state.acceleration * dt)
  velocity.x, velocity.z = now.x, now.y

  if move and move.jump and #Physics.touching() > 0 then
    velocity.y = state.leap
    state.jumps = state.jumps + 1
    Audio.play("jump")
  end
end
