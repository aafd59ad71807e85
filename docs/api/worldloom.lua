---@meta worldloom

-- Generated from the definition of the API in src/script/api. Do not edit.

---@alias Entity integer The number of an entity; negative for one that this call has spawned.

---@class Vec3
---@field x number
---@field y number
---@field z number

---@class Quat: Vec3
---@field w number

---@class Hit
---@field entity Entity
---@field distance number
---@field point Vec3
---@field normal Vec3 Away from the surface, of length 1.

---@class Self The script's own entity: its components by name, those that it reads and those that it writes.
---@field id Entity
---@field State table<string, any> The fields that the script declares.
---@field [string] any

---Where entities are, how they are turned, and how large: relative to their parent if they have one. x is right, y is up, forward is -z.
Transform = {}

---Where an entity is.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Transform.position(entity) end

---Puts an entity somewhere.
---@param position Vec3 Where.
---@param entity? Entity Whose; left out, the script's own.
function Transform.setPosition(position, entity) end

---Moves an entity along the axes of its parent.
---@param by Vec3 How far.
---@param entity? Entity Whose; left out, the script's own.
function Transform.move(by, entity) end

---How an entity is turned.
---@param entity? Entity Whose; left out, the script's own.
---@return Quat
function Transform.rotation(entity) end

---Turns an entity; the rotation is brought to length 1.
---@param rotation Quat Not of length 0.
---@param entity? Entity Whose; left out, the script's own.
function Transform.setRotation(rotation, entity) end

---Turns an entity about an axis of its parent, by the right hand, after its rotation so far.
---@param axis Vec3 Of any length but 0.
---@param angle number In radians. Takes a number from -1048576 to 1048576.
---@param entity? Entity Whose; left out, the script's own.
function Transform.rotate(axis, angle, entity) end

---How large an entity is along its axes.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Transform.scale(entity) end

---Makes an entity larger or smaller.
---@param scale Vec3 For each axis.
---@param entity? Entity Whose; left out, the script's own.
function Transform.setScale(scale, entity) end

---The direction in which an entity looks, of length 1.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Transform.forward(entity) end

---The direction to the right of an entity, of length 1.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Transform.right(entity) end

---The direction above an entity, of length 1.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Transform.up(entity) end

---Turns an entity so that it looks at a point. Does nothing at the point itself.
---@param target Vec3 The point.
---@param up? Vec3 What is above; left out, y.
---@param entity? Entity Whose; left out, the script's own.
function Transform.lookAt(target, up, entity) end

---How far another entity is away.
---Needs the capability `world`.
---@param other Entity The other one.
---@param entity? Entity Whose; left out, the script's own.
---@return number
function Transform.distance(other, entity) end

---Other entities. Lists of entities are in ascending order where nothing else is said.
World = {}

---Makes an entity from a prefab. It exists when the scripts of this tick have run; until then its number is negative, good for this call alone.
---Needs the capability `spawn`.
---@param prefab string Name of the prefab.
---@param components? table<string, any> Fields that differ from the prefab's, by component: `{ Position = { x = 1 } }`.
---@return Entity
function World.spawn(prefab, components) end

---Ends an entity when the scripts of this tick have run.
---Needs the capability `spawn`.
---@param entity? Entity Which; left out, the script's own.
function World.despawn(entity) end

---Whether an entity exists.
---@param entity Entity Which; 0, which is none, does not exist.
---@return boolean
function World.isAlive(entity) end

---The entity of that name.
---Needs the capability `world`.
---@param name string Its name.
---@return Entity?
function World.find(name) end

---Entities with a tag, or any component.
---Needs the capability `world`.
---@param tag string Name of the tag.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return Entity[]
function World.tagged(tag, count) end

---Entities that have all of some components.
---Needs the capability `world`.
---@param components string[] Names, at least one.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return Entity[]
function World.having(components, count) end

---Entities within a distance of a point, nearest first; as of the first such question in the run of a script in a tick, before the call that asks.
---Needs the capability `world`.
---@param position Vec3 The point.
---@param radius number The distance. Takes a number of at least 0.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return Entity[]
function World.near(position, radius, count) end

---The nearest other entity, with a component if one is named.
---Needs the capability `world`.
---@param position Vec3 The point.
---@param radius number How far away it may be. Takes a number of at least 0.
---@param component? string What it must have.
---@return Entity?
function World.nearest(position, radius, component) end

---What the script's own entity would see in a direction: the first collider on the way that is not its own. Triggers are left out.
---Needs the capability `world`.
---@param origin Vec3 Where it starts.
---@param direction Vec3 Of any length but 0.
---@param length number How far it goes. Takes a number of at least 0.
---@return Hit?
function World.ray(origin, direction, length) end

---Components of entities by name. Values are checked against the fields. Other entities than the script's own need capabilities: to read `world`, to write `write`.
Component = {}

---Whether an entity has a component.
---@param entity Entity Whose.
---@param component string Name of the component.
---@return boolean
function Component.has(entity, component) end

---A copy of the fields of a component; nothing where the entity lacks it.
---@param entity Entity Whose.
---@param component string Name of the component.
---@return table<string, any>?
function Component.get(entity, component) end

---Writes some fields of a component at once. The entity must have it.
---@param entity Entity Whose.
---@param component string Name of the component.
---@param fields table<string, any> The fields to write.
function Component.set(entity, component, fields) end

---Gives an entity a component when the scripts of this tick have run; where it has it then, the fields are set.
---@param entity Entity Whose.
---@param component string Name of the component.
---@param fields? table<string, any> Fields that differ from the defaults.
function Component.add(entity, component, fields) end

---Takes a component from an entity when the scripts of this tick have run.
---@param entity Entity Whose.
---@param component string Name of the component.
function Component.remove(entity, component) end

---What came from outside for this tick.
Input = {}

---The inputs of a type, as tables of their fields, in the order in which they came.
---@param input string Name of the type of input.
---@return any[]
function Input.all(input) end

---The last input of a type.
---@param input string Name of the type of input.
---@return table<string, any>?
function Input.last(input) end

---How many inputs of a type came.
---@param input string Name of the type of input.
---@return integer
function Input.count(input) end

---The last input of a type whose field has the script's own entity as its value.
---@param input string Name of the type of input.
---@param field string Name of the field.
---@return table<string, any>?
function Input.mine(input, field) end

---The built-in kinematic world: entities with KinematicBody move, entities with Collider touch. Who hears Collision gets what touched anew.
Physics = {}

---Pushes a body during the next step of the physics.
---Needs the capability `physics`.
---@param force Vec3 In newtons.
---@param entity? Entity Whose; left out, the script's own.
function Physics.applyForce(force, entity) end

---Changes the velocity of a body at once, by the impulse over its mass. A body of mass 0 stays as it is.
---Needs the capability `physics`.
---@param impulse Vec3 In newton seconds.
---@param entity? Entity Whose; left out, the script's own.
function Physics.applyImpulse(impulse, entity) end

---The velocity of a body.
---Needs the capability `physics`.
---@param entity? Entity Whose; left out, the script's own.
---@return Vec3
function Physics.velocity(entity) end

---Sets the velocity of a body.
---Needs the capability `physics`.
---@param velocity Vec3 In metres a second.
---@param entity? Entity Whose; left out, the script's own.
function Physics.setVelocity(velocity, entity) end

---The first collider on the way, triggers and the script's own included where they are on a layer of the mask; as of the first such question in the run of a script in a tick, before the call that asks.
---Needs the capability `physics`.
---@param origin Vec3 Where it starts.
---@param direction Vec3 Of any length but 0.
---@param length number How far it goes. Takes a number of at least 0.
---@param mask? integer Bits of the layers that count; left out, all. Takes an integer from 0 to 4294967295.
---@return Hit?
function Physics.ray(origin, direction, length, mask) end

---Entities whose colliders touch a sphere, ascending.
---Needs the capability `physics`.
---@param center Vec3 Its centre.
---@param radius number Its radius. Takes a number of at least 0.
---@param mask? integer Bits of the layers that count; left out, all. Takes an integer from 0 to 4294967295.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return Entity[]
function Physics.overlapSphere(center, radius, mask, count) end

---Entities whose colliders touch a box along the axes, ascending.
---Needs the capability `physics`.
---@param center Vec3 Its centre.
---@param half Vec3 Half of its sides, each at least 0.
---@param mask? integer Bits of the layers that count; left out, all. Takes an integer from 0 to 4294967295.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return Entity[]
function Physics.overlapBox(center, half, mask, count) end

---Entities that were in touch in the last step of the physics, ascending.
---Needs the capability `physics`.
---@param entity? Entity Whose; left out, the script's own.
---@return Entity[]
function Physics.touching(entity) end

---Sounds, as events of the type Sound for the host.
Audio = {}

---Plays a sound once, from a position or, left out, from where the script's own entity is. Returns its handle.
---Needs the capability `events`.
---@param sound string Its name, as the host knows it.
---@param volume? number 1 is as recorded. Takes a number from 0 to 16.
---@param pitch? number Factor of the speed: 1 is as recorded. Takes a number from 0.0625 to 16.
---@param position? Vec3 Where it comes from.
---@return integer
function Audio.play(sound, volume, pitch, position) end

---Ends a sound.
---Needs the capability `events`.
---@param handle integer What `play` gave. Takes an integer of at least 0.
function Audio.stop(handle) end

---Makes a sound louder or softer.
---Needs the capability `events`.
---@param handle integer What `play` gave. Takes an integer of at least 0.
---@param volume number 1 is as recorded. Takes a number from 0 to 16.
function Audio.volume(handle, volume) end

---Makes a sound higher or lower.
---Needs the capability `events`.
---@param handle integer What `play` gave. Takes an integer of at least 0.
---@param pitch number Factor of the speed: 1 is as recorded. Takes a number from 0.0625 to 16.
function Audio.pitch(handle, pitch) end

---Has a sound come from somewhere else.
---Needs the capability `events`.
---@param handle integer What `play` gave. Takes an integer of at least 0.
---@param position Vec3 Where.
function Audio.position(handle, position) end

---The time of the world. There is no other clock.
Time = {}

---Seconds of one tick.
---@return number
function Time.delta() end

---The number of the tick that runs.
---@return integer
function Time.tick() end

---Seconds since tick 0.
---@return number
function Time.total() end

---Random numbers that depend on the world's seed, the tick, the script, the entity and the number of the draw alone: the same in every run.
Random = {}

---A number from low up to, but without, high.
---@param low? number Left out, 0.
---@param high? number Left out, 1.
---@return number
function Random.float(low, high) end

---An integer from low to high, both included.
---@param low integer The least.
---@param high integer The greatest.
---@return integer
function Random.integer(low, high) end

---True with a probability.
---@param probability number 0 is never, 1 is always. Takes a number from 0 to 1.
---@return boolean
function Random.chance(probability) end

---One element of a list; nothing where it is empty.
---@param list any[] The elements.
---@return any?
function Random.pick(list) end

---The elements of a list in a random order.
---@param list any[] The elements.
---@return any[]
function Random.shuffle(list) end

---A vector of length 1 in any direction.
---@return Vec3
function Random.direction() end

---Events of the world. A script hears those that it names in `hears`, through onEvent.
Events = {}

---Emits an event when the scripts of this tick have run.
---Needs the capability `events`.
---@param event string Name of the type of event.
---@param fields? table<string, any> Fields that differ from the defaults.
function Events.emit(event, fields) end

---The last events of a type that are alive, as tables of their fields and `tick`, oldest first.
---Needs the capability `world`.
---@param event string Name of the type of event.
---@param count? integer At most so many; left out, 1000. Takes an integer from 1 to 65536.
---@return any[]
function Events.recent(event, count) end

---Messages for people. What a call wrote before it failed stays.
Log = {}

---Writes a message of the level debug.
---Needs the capability `log`.
---@param text string The message.
function Log.debug(text) end

---Writes a message of the level info.
---Needs the capability `log`.
---@param text string The message.
function Log.info(text) end

---Writes a message of the level warn.
---Needs the capability `log`.
---@param text string The message.
function Log.warn(text) end

---Writes a message of the level error.
---Needs the capability `log`.
---@param text string The message.
function Log.error(text) end

---The fields that the script declares for each of its entities. They are kept in saves.
State = {}

---The value of a field.
---@param field string Name of the field.
---@return any
function State.get(field) end

---Sets a field.
---@param field string Name of the field.
---@param value any Of the type of the field.
function State.set(field, value) end

---All fields, as a table.
---@return table<string, any>
function State.all() end

---What happens later. Scripts in Lua can wait, too: see `Tasks.wait`, `Tasks.waitFor`, `Tasks.start`.
Tasks = {}

---Calls a function of the script, by name, after some ticks; not if the entity or its script ends before. Returns the number of the task.
---@param ticks integer 1 is the next tick. Takes an integer from 1 to 1073741823.
---@param name string Name of the function; it gets self.
---@return integer
function Tasks.after(ticks, name) end

---Takes a call back that `after` asked for. False if it has been made or is none of this script and entity.
---@param task integer What `after` gave.
---@return boolean
function Tasks.cancelAfter(task) end

---Texts by the numbers that columns hold, for guests in WebAssembly. Everywhere else texts are given and taken as they are.
Text = {}

---The text of an id that a column holds.
---Needs the capability `world`.
---@param id integer The id; 0 is the empty text. Takes an integer of at least 0.
---@return string
function Text.get(id) end

---The id of a text, to be written to a column. One that is new to the world stays in it if the call succeeds.
---@param text string The text.
---@return integer
function Text.id(text) end

---@class ScriptDeclaration
---@field state? table<string, any> Fields with their first values: `{ hp = 100, speed = f32(1.5) }`.
---@field reads? string[] Components of the own entity that the script reads.
---@field writes? string[] Components of the own entity that the script writes; it can read them, too.
---@field hears? string[] Events that onEvent gets; `"Hit.target"` those whose field is the own entity.

---Says what the script is, once, at the top of the file.
---@param declaration ScriptDeclaration
function script(declaration) end

---A field of 32 bits with a point.
---@param value? number
---@return number
function f32(value) end

---A field of 64 bits with a point.
---@param value? number
---@return number
function f64(value) end

---A whole number from -2^31 to 2^31 - 1.
---@param value? integer
---@return integer
function i32(value) end

---A whole number from 0 to 2^32 - 1.
---@param value? integer
---@return integer
function u32(value) end

---A field that holds an entity, or 0 for none.
---@return Entity
function entity() end

---Waits some ticks. In tasks alone.
---@param ticks integer At least 1.
function Tasks.wait(ticks) end

---Waits for an event, or until some ticks are over. In tasks alone.
---@param event string
---@param ticks? integer
---@return table? fields Of the event; nothing where the time was over.
function Tasks.waitFor(event, ticks) end

---Runs a function as a task, which may wait.
---@param f function
---@param ... any What it gets.
---@return integer task
function Tasks.start(f, ...) end

---Ends a task that waits.
---@param task integer
---@return boolean ended
function Tasks.cancel(task) end
