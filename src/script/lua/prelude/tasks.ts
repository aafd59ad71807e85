/** The part of the prelude's chunk of instances that scripts have as `Tasks`. */
export const tasksPart = `\
-- Tasks. What waits gives WAIT, ticks (0 for none) and the event, if it waits for one, to whoever resumed it.

local WAIT, setupvalue = native.wait, libraries.debug.setupvalue
local Tasks = {}

local function expect(ok, where, expected, value)
  if not ok then error(where .. ": expected " .. expected .. ", got " .. tostring(value), 3) end
end

local function adopt(instance, thread)
  last = last + 1
  local mine = started[instance]
  -- In this order: a call can be stopped anywhere, and what it started must be found.
  if mine == nil then
    started[instance] = last
  elseif type(mine) == "table" then
    mine[last] = true
  else
    started[instance] = { [mine] = true, [last] = true }
  end
  tasks[last], places[last] = thread, instance
  return last
end

local function isTicks(ticks)
  return mathtype(ticks) == "integer" and ticks >= 1 and ticks <= 1000000000
end

-- Both are in the bridge. What they cannot do is said here: errors are those of whoever called them.

local function refuse(name, ticks)
  if ticks ~= nil and not isTicks(ticks) then
    error(name .. ": ticks: expected an integer of at least 1, got " .. tostring(ticks), 4)
  end
  error(name .. ": nothing can wait here; use Tasks.start", 4)
end

Tasks.wait = native.waitTicks
setupvalue(Tasks.wait, 1, function(ticks) refuse("Tasks.wait", ticks) end)

-- The fields of the next event of that name, or nil after that many ticks without one.
Tasks.waitFor = native.waitForTicks
setupvalue(Tasks.waitFor, 1, function(event, ticks)
  if type(event) ~= "string" or event == "" then
    error("Tasks.waitFor: event: expected the name of an event, got " .. tostring(event), 3)
  end
  refuse("Tasks.waitFor", ticks)
end)

local function began(instance, thread, ok, mark, ticks, event)
  if not ok then error(mark, 0) end
  if status(thread) == "dead" then return 0 end
  local task = adopt(instance, thread)
  if mark ~= WAIT then ticks, event = 1, "" end
  native.note(task, ticks, event or "", instance)
  return task
end

-- Runs f until it first waits. The number of the task, or 0 where it has ended.
function Tasks.start(f, ...)
  expect(type(f) == "function", "Tasks.start: f", "a function", f)
  local thread = create(f)
  return began(current(), thread, resume(thread, ...))
end

-- Calls f after that many ticks; of a function's name, what hosts without coroutines do.
function Tasks.after(ticks, f, ...)
  expect(isTicks(ticks), "Tasks.after: ticks", "an integer of at least 1", ticks)
  if type(f) == "string" and api.Tasks then return api.Tasks.after(ticks, f) end
  expect(type(f) == "function", "Tasks.after: f", "a function", f)
  local values = pack(...)
  return Tasks.start(function()
    Tasks.wait(ticks)
    f(unpack(values, 1, values.n))
  end)
end

-- False where there is no such task any more.
function Tasks.cancel(task)
  expect(mathtype(task) == "integer", "Tasks.cancel: task", "the number of a task", task)
  local thread = tasks[task]
  if thread == nil or places[task] ~= current() then return false end
  if status(thread) ~= "suspended" then error("Tasks.cancel: a task cannot end itself: return instead", 2) end
  forget(task)
  close(thread)
  return true
end

-- Calls f after the present call has returned, as a part of it.
function Tasks.defer(f, ...)
  expect(type(f) == "function", "Tasks.defer: f", "a function", f)
  native.defer()
  local instance = current()
  local queue = queues[instance]
  if queue == nil then
    queue = { first = 1, last = 0 }
    queues[instance] = queue
    local env = drivers[instance]
    if env and not behind[instance] then drive(instance, env) end
  end
  queue.last = queue.last + 1
  queue[queue.last] = pack(f, ...)
end

-- A table of the instance whose call this is: for modules, which all instances share.
function Tasks.own()
  local instance = current()
  local own = owns[instance]
  if own == nil then
    own = {}
    owns[instance] = own
  end
  return own
end

for name, f in next, api.Tasks or {} do
  if Tasks[name] == nil then Tasks[name] = f end
end
`;
