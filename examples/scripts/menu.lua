-- A menu. It hears Key, { menu, key }, and emits Chosen, { menu, item }. Quitting is asked about first.
script {
  state = { open = false, index = 1, question = "" },
  hears = { "Key.menu" },
}

local promise = require("promise")

local items = { "resume", "options", "quit" }
-- Decides the question that is asked.
local answer

local function ask(self, question)
  self.State.question = question
  local asked, resolve = promise.deferred()
  answer = resolve
  return asked:finally(function()
    self.State.question = ""
    answer = nil
  end)
end

local function choose(self, item)
  self.State.open = false
  Events.emit("Chosen", { menu = self.id, item = item })
end

local quit = promise.async(function(self)
  if promise.await(ask(self, "Quit without saving?")) then choose(self, "quit") end
end)

local keys = {}

function keys.up(self)
  self.State.index = (self.State.index - 2) % #items + 1
end

function keys.down(self)
  self.State.index = self.State.index % #items + 1
end

function keys.enter(self)
  local item = items[self.State.index]
  if item == "quit" then quit(self) else choose(self, item) end
end

function keys.escape(self)
  self.State.open = false
end

function onStart(self)
  self.State.open = true
end

function onEvent(self, _, event)
  local state, key = self.State, event.key
  if state.question ~= "" and not answer then
    -- The script was restarted while it asked.
    quit(self)
  end
  if state.question ~= "" then
    if key == "yes" or key == "no" then answer(key == "yes") end
  elseif not state.open then
    state.open = key == "menu"
    state.index = 1
  elseif keys[key] then
    keys[key](self)
  end
end
