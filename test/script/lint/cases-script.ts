import type { Cases } from "./cases.ts";

/** Of rules about what scripts have and declare. */
export const scriptCases: Cases = {
  forbidden: {
    bad: [
      {
        source: "print(os.time())",
        found: ["1:7 os.time: scripts have no operating system"],
        fixed: "print(Time.total())",
      },
      { source: "io.write('a')", found: ["1:1 io.write: scripts have no files"], fixed: "print('a')" },
      { source: "collectgarbage()\nprint(1)", found: ["1:1 collectgarbage: memory is collected"], fixed: "print(1)" },
      {
        source: "local f = io.open('a'):read('a') print(f)",
        found: ["1:11 io.open: scripts have no files"],
        fixed: "local f = nil print(f)",
      },
      {
        source: "local m = dofile('a') print(m)",
        found: ["1:11 dofile: scripts have no files; use require"],
        fixed: "local m = nil print(m)",
      },
      {
        source: "local s = string.dump(print) print(s)",
        found: ["1:11 string.dump: functions cannot be turned into bytes"],
        fixed: "local s = nil print(s)",
      },
      {
        source: "math.randomseed(3)\nprint(1)",
        found: ["1:1 math.randomseed: the world has the seed"],
        fixed: "print(1)",
      },
      {
        source: "local d = _G.debug print(d)",
        found: ["1:11 debug: scripts cannot look into their machine"],
        fixed: "local d = nil print(d)",
      },
      {
        source: "local p = package.loaded.a print(p)",
        found: ["1:11 package.loaded: there are no packages"],
        fixed: "local p = nil print(p)",
      },
      {
        source: "local t = setmetatable({}, { __gc = f, __index = t })",
        found: ["1:30 __gc: there are no finalisers"],
        fixed: "local t = setmetatable({}, { __index = t })",
      },
      { source: "local m = {} m.__gc = f", found: ["1:14 __gc: there are no finalisers"], fixed: "local m = {} " },
    ],
    good: [
      "local os = {} os.time()",
      "string.format('a')",
      "setmetatable({}, { __close = f, __index = {} })",
      "local taken = { __gc = true } print(taken)",
      "t.io.write()",
      "io = 1",
    ],
  },
  "api-call": {
    bad: [
      {
        source: "World.spwan('a')",
        found: ["1:7 there is no World.spwan; did you mean spawn"],
        fixed: "World.spawn('a')",
      },
      { source: "World.quixotic()", found: ["1:7 there is no World.quixotic; it has spawn, "] },
      { source: "World:find('a')", found: ["1:6 World is no object; write World.find"], fixed: "World.find('a')" },
      {
        source: "World.near({ x = 1, y = 2 })",
        found: ["1:1 World.near: radius: expected a number of at least 0, got nothing"],
        fixed: "World.near({ x = 1, y = 2 }, 0)",
      },
      {
        source: "World.spawn()",
        found: ["1:1 World.spawn: prefab: expected a string, got nothing"],
        fixed: 'World.spawn("")',
      },
      {
        source: "World.find('a', 2, 3)",
        found: ["1:1 World.find: expected at most 1 argument, got 3"],
        fixed: "World.find('a')",
      },
      { source: "Time.tick(1)", found: ["1:1 Time.tick: expected at most 0 arguments, got 1"], fixed: "Time.tick()" },
      { source: "World.find(3)", found: ["1:12 World.find: name: expected a string, got 3"], fixed: 'World.find("3")' },
      {
        source: 'World.near({ x = 1, y = 2 }, "4")',
        found: ['1:30 World.near: radius: expected a number of at least 0, got "4"'],
        fixed: "World.near({ x = 1, y = 2 }, 4)",
      },
      {
        source: "World.near({ x = 1 }, 4)",
        found: ["1:12 World.near: position: expected a vector"],
        fixed: "World.near({ x = 0, y = 0, z = 0 }, 4)",
      },
      {
        source: "World.near({ x = 1, y = 2 }, -4)",
        found: ["1:30 World.near: radius: expected a number of at least 0, got -4"],
        fixed: "World.near({ x = 1, y = 2 }, 0)",
      },
      {
        source: "World.isAlive('a')",
        found: ["1:15 World.isAlive: entity: expected an entity"],
        fixed: "World.isAlive(self.id)",
      },
      {
        source: "World.having 'a'",
        found: ["1:14 World.having: components: expected a list of strings"],
        fixed: 'World.having { "a" }',
      },
      {
        source: "World.having('a')",
        found: ["1:14 World.having: components: expected a list of strings"],
        fixed: 'World.having({ "a" })',
      },
      {
        source: "Random.integer(1.5, 2)",
        found: ["1:16 Random.integer: low: expected an integer"],
        fixed: "Random.integer(2, 2)",
      },
      {
        source: "Log.info(nil)",
        found: ["1:10 Log.info: text: expected a string, got nothing"],
        fixed: 'Log.info("")',
      },
    ],
    good: [
      "World.spawn('a') World.spawn('a', { Position = { x = 1 } })",
      "World.near(p, r) World.near(f()) World.near(...)",
      "World.find(f(), nil)".replace(", nil", ""),
      "local World = {} World.nothing(1) World:find(2)",
      "Tasks.wait(3) Tasks.waitFor('Hit') Tasks.after(2, 'f') Tasks.after(2, f, 1) Tasks.start(function() end)",
      "World.having { 'A', 'B' }",
      "Component.set(e, 'A', {})",
    ],
  },
  hook: {
    bad: [
      {
        source: "function OnUpdate(self) end",
        found: ["1:10 OnUpdate is no hook and is never called; did you mean onUpdate"],
        fixed: "function onUpdate(self) end",
      },
      {
        source: "function on_event(self, name) end",
        found: ["1:10 on_event is no hook"],
        fixed: "function onEvent(self, name) end",
      },
      {
        source: "onstart = function(self) end",
        found: ["1:1 onstart is no hook"],
        fixed: "onStart = function(self) end",
      },
      {
        source: "function onUpdat(self) end",
        found: ["1:10 onUpdat is no hook"],
        fixed: "function onUpdate(self) end",
      },
      {
        source: "local function onStart(self) end",
        found: ["1:16 a local onStart is never called as a hook"],
        fixed: "function onStart(self) end",
      },
      {
        source: "function onUpdate(dt) return dt end",
        found: ["1:19 onUpdate(self, dt): the first parameter is self"],
        fixed: "function onUpdate(self, dt) return dt end",
      },
      {
        source: "function onStart(self, a, b) end",
        found: ["1:24 onStart(self) gets no more parameters; remove a, b"],
        fixed: "function onStart(self) end",
      },
    ],
    good: [
      "function onUpdate(self, dt) end",
      "function onUpdate() end",
      "function update(self) end",
      "function onward() end",
      "local t = {} function t.OnUpdate() end",
    ],
  },
  "state-field": {
    bad: [
      {
        source: "script { state = { health = 1 } }\nfunction onUpdate(self) self.State.helth = 2 end",
        found: ["2:36 State has no field helth; did you mean health"],
        fixed: "script { state = { health = 1 } }\nfunction onUpdate(self) self.State.health = 2 end",
      },
      {
        source: "script { state = {} }\nfunction onUpdate(self) self.State.hp = 2 end",
        found: ["2:36 State has no field hp; declare it"],
        fixed: "script { state = { hp = 2 } }\nfunction onUpdate(self) self.State.hp = 2 end",
      },
      {
        source: "script {}\nfunction onUpdate(self) local s = self.State print(s.hp) end",
        found: ["2:54 State has no field hp"],
        fixed: "script { state = { hp = 0.0 } }\nfunction onUpdate(self) local s = self.State print(s.hp) end",
      },
      {
        source: "function onUpdate(self) self.State.name = 'a' end",
        found: ["1:36 State has no field name"],
        fixed: "script { state = { name = 'a' } }\nfunction onUpdate(self) self.State.name = 'a' end",
      },
      {
        source: "script {\n  state = {\n    a = 1,\n  },\n}\nfunction onUpdate(self) self.State.bcd = -1.5 end",
        found: ["6:36 State has no field bcd"],
        fixed:
          "script {\n  state = {\n    a = 1,\n    bcd = -1.5,\n  },\n}\nfunction onUpdate(self) self.State.bcd = -1.5 end",
      },
      {
        source: "script { state = { hp = 1 } }\nfunction onUpdate(self) self.State.hp = 'a' end",
        found: ["2:41 State.hp is declared as an integer; it cannot hold a string"],
        fixed: "script { state = { hp = 1 } }\nfunction onUpdate(self) self.State.hp = 0 end",
      },
      {
        source: "script { state = { hp = 1 } }\nfunction onUpdate(self) self.State.hp = nil end",
        found: ["2:41 State.hp is declared as an integer; it cannot hold nil"],
        fixed: "script { state = { hp = 1 } }\nfunction onUpdate(self) self.State.hp = 0 end",
      },
      {
        source: "function onUpdate(self) self.count = 1 print(self.count) end",
        found: ["1:25 self.count is lost when the instance starts again"],
        fixed:
          "script { state = { count = 1 } }\nfunction onUpdate(self) self.State.count = 1 print(self.State.count) end",
      },
      {
        source: "function onUpdate(self) self.Position = p end",
        found: ["1:25 self.Position cannot be replaced; set its fields"],
      },
    ],
    good: [
      "script { state = { hp = 1, s = f32(1), t = entity(), b = true } }\nfunction onUpdate(self) local s = self.State s.hp = 2 s.s = 3 s.t = 0 s.b = false end",
      "script { state = make() }\nfunction onUpdate(self) self.State.hp = 2 end",
      "local t = {} function t:m() self.State.hp = 1 self.count = 2 end",
      "script { state = { hp = 1 } }\nfunction onUpdate(self) print(self.State[key]) end",
    ],
  },
  component: {
    bad: [
      {
        source: "script { reads = { 'A' } }\nfunction onUpdate(self) print(self.A.x, self.B.y) end",
        found: ["2:41 B is not declared; add it to reads"],
        fixed: "script { reads = { 'A', \"B\" } }\nfunction onUpdate(self) print(self.A.x, self.B.y) end",
      },
      {
        source: "script { reads = { 'A' } }\nfunction onUpdate(self) self.A.x = 1 end",
        found: ["2:25 A is only read by this script; add it to writes"],
        fixed: 'script { reads = { }, writes = { "A" } }\nfunction onUpdate(self) self.A.x = 1 end',
      },
      {
        source: "function onUpdate(self) local a = self.A a.x = 1 end",
        found: ["1:42 A is not declared; add it to writes"],
        fixed: 'script { writes = { "A" } }\nfunction onUpdate(self) local a = self.A a.x = 1 end',
      },
      {
        source: "script {\n  writes = {},\n}\nfunction onStart(me) me.Body.origin.x = 1 end",
        found: ["4:22 Body is not declared; add it to writes"],
        fixed: 'script {\n  writes = { "Body" },\n}\nfunction onStart(me) me.Body.origin.x = 1 end',
      },
      {
        source: "script {}\nlocal function f(self) return self.A.x end function onUpdate(self) f(self) end",
        found: ["2:31 A is not declared; add it to reads"],
        fixed:
          'script { reads = { "A" } }\nlocal function f(self) return self.A.x end function onUpdate(self) f(self) end',
      },
      {
        source: "script { reads = { 'A', 'B' }, writes = { 'C' } }\nfunction onUpdate(self) print(self.A.x) end",
        found: ["1:25 B is declared, but never used", "1:43 C is declared, but never used"],
        fixed: "script { reads = { 'A' }, writes = { } }\nfunction onUpdate(self) print(self.A.x) end",
      },
    ],
    good: [
      "script { reads = { 'A' }, writes = { 'B' } }\nfunction onUpdate(self) self.B.x = self.A.x + self.B.y + self.id end",
      "script { writes = { 'Transform' } }\nfunction onUpdate(self) Transform.move({ x = 1, y = 0 }) end",
      "script { writes = { 'A' } }\nfunction onUpdate(self) Component.set(self.id, 'A', {}) end",
      "script { writes = { 'Body' } }\nfunction onUpdate(self) Physics.applyForce({ x = 1, y = 0 }) end",
      "script { reads = names }\nfunction onUpdate(self) print(self.A.x) end",
      "script { reads = { 'A' } }\nfunction onUpdate(self) print(self[name]) end",
      "local t = {} function t:m() return self.A.x end",
      "script { state = { n = 1 } }\nfunction onUpdate(self) print(self.State.n) end",
    ],
  },
  manifest: {
    bad: [
      {
        source: "script { read = { 'A' } }",
        found: ["1:10 scripts do not declare read; did you mean reads"],
        fixed: "script { reads = { 'A' } }",
      },
      { source: "script { quixotic = 1 }", found: ["1:10 a script declares state, reads, writes"] },
      { source: "script { 1 }", found: ["1:10 a script declares state, reads"] },
      {
        source: "script { reads = 'A' }",
        found: ["1:18 reads is a list of names"],
        fixed: "script { reads = { 'A' } }",
      },
      { source: "script { reads = { 1 } }", found: ["1:20 reads is a list of names in quotes"] },
      {
        source: "script { reads = { 'A', 'A' } }",
        found: ["1:25 A is in the list already"],
        fixed: "script { reads = { 'A' } }",
      },
      {
        source: "script { reads = { 'A' }, writes = { 'A' } }",
        found: ["1:20 A is in writes, which can be read, too"],
        fixed: "script { reads = { }, writes = { 'A' } }",
      },
      { source: "script {}\nscript {}", found: ["2:1 a script declares itself once"], fixed: "script {}\n" },
      { source: "function f() script {} end", found: ["1:14 script { ... } stands at the top level"] },
      { source: "script()", found: ["1:1 script takes one table"] },
      {
        source: "script { hears = { 'Hit' } }\nfunction onStart(self) end",
        found: ["1:10 events are heard by onEvent"],
      },
      {
        source: 'script {}\nfunction onEvent(self, name) return name == "Hit" end',
        found: ["1:1 onEvent is never called"],
        fixed: 'script { hears = { "Hit" } }\nfunction onEvent(self, name) return name == "Hit" end',
      },
    ],
    good: [
      "script { state = { hp = 1 }, reads = { 'A' }, writes = { 'B' }, hears = { 'C' } }\nfunction onEvent(self, name, event) end",
      "local script = f script { quixotic = 1 }",
      "return {}",
    ],
  },
  ignore: {
    bad: [
      {
        source: "x = 1 -- lint: ignore unusd",
        found: ["1:23 there is no rule unusd; did you mean unused"],
        fixed: "x = 1 -- lint: ignore unused",
      },
      { source: "-- lint: ignore-file quixotic", found: ["1:22 there is no rule quixotic"] },
    ],
    good: ["x = 1 -- lint: ignore unused, shadowing", "-- lint: ignore", "-- ignore me", "x = '-- lint: ignore foo'"],
  },
};
