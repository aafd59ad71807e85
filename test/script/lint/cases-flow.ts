import type { Cases } from "./cases.ts";

/** Of rules about loops, conditions and tables. */
export const flowCases: Cases = {
  "infinite-loop": {
    bad: [
      {
        source: "while true do\n  print(1)\nend",
        found: ["1:1 this loop never ends: its condition is always true"],
        fixed: "while true do\n  print(1)\n  Tasks.wait(1)\nend",
      },
      {
        source: "repeat until false",
        found: ["1:1 this loop never ends: its condition is always false"],
        fixed: "repeat Tasks.wait(1)  until false",
      },
      {
        source: "while 1 < 2 or x do end",
        found: ["1:1 this loop never ends"],
        fixed: "while 1 < 2 or x do Tasks.wait(1)  end",
      },
      {
        source: "local n = 1 while n < 3 do print(n) end",
        found: ["1:13 this loop never ends: nothing in it changes its condition"],
        fixed: "local n = 1 while n < 3 do print(n) Tasks.wait(1)  end",
      },
      {
        source: "for i = 1, math.huge do print(i) end",
        found: ["1:1 this loop never ends: its range has no end"],
        fixed: "for i = 1, math.huge do print(i) Tasks.wait(1)  end",
      },
      {
        source: "while true do while true do break end end",
        found: ["1:1 this loop never ends"],
        fixed: "while true do while true do break end Tasks.wait(1)  end",
      },
      {
        source: "local function f() print(1) end while true do f() end",
        found: ["1:33 this loop never ends"],
        fixed: "local function f() print(1) end while true do f() Tasks.wait(1)  end",
      },
      {
        source: "while true do local f = function() return 1 end print(f) end",
        found: ["1:1 this loop never ends"],
        fixed: "while true do local f = function() return 1 end print(f) Tasks.wait(1)  end",
      },
      {
        source: "while true do print(1) -- one\nend",
        found: ["1:1 this loop never ends"],
        fixed: "while true do print(1) Tasks.wait(1)  -- one\nend",
      },
    ],
    good: [
      "while true do if x() then break end end",
      "function f() while true do if x() then return end end end",
      "while true do Tasks.wait(1) end",
      "while true do Tasks.waitFor('Hit') end",
      "while true do coroutine.yield() end",
      "while true do error('no') end",
      "local function nap() Tasks.wait(2) end while true do nap() end",
      "function nap() Tasks.wait(2) end function f() while true do nap() end end",
      "while true do goto out end ::out::",
      "while true do self:step() end",
      "local promise = require('promise') while true do promise.await(p) end",
      "local n = 1 while n < 3 do n = n + 1 end",
      "local n = 1 local function up() n = n + 1 end while n < 3 do up() end",
      "local t = { 1 } while #t > 0 do table.remove(t) end",
      "repeat local x = f() until x",
      "while x do end",
      "for i = 1, 10 do print(i) end",
      "for i = math.huge, 1 do print(i) end",
    ],
  },
  "empty-range": {
    bad: [
      {
        source: "for i = 10, 1 do print(i) end",
        found: ["1:9 the loop from 10 to 1 never runs"],
        fixed: "for i = 10, 1, -1 do print(i) end",
      },
      {
        source: "for i = #t, 1 do print(i) end",
        found: ["1:9 this counts up from the end"],
        fixed: "for i = #t, 1, -1 do print(i) end",
      },
      {
        source: "for i = 1, 3, 0 do print(i) end",
        found: ["1:15 the step is 0"],
        fixed: "for i = 1, 3, 1 do print(i) end",
      },
      {
        source: "for i = 1, 3, -1 do print(i) end",
        found: ["1:9 the loop from 1 to 3 never runs"],
        fixed: "for i = 1, 3, 1 do print(i) end",
      },
    ],
    good: [
      "for i = 1, 1 do end",
      "for i = 10, 1, -1 do end",
      "for i = a, 1 do end",
      "for i = #t, 1, -1 do end",
      "for i = 1, #t do end",
    ],
  },
  "mass-spawn": {
    bad: [
      {
        source: "for i = 1, 5000 do World.spawn('a') end",
        found: ["1:20 5000 entities are spawned at once"],
        fixed: "for i = 1, 100 do World.spawn('a') end",
      },
      {
        source: "local n = 50 for i = 1, n do for j = 1, 50 do World.spawn('a') end end",
        found: ["1:47 2500 entities are spawned at once"],
        fixed: "local n = 50 for i = 1, n do for j = 1, 2 do World.spawn('a') end end",
      },
      {
        source: "for i = 0, 1000, 2 do World.spawn('a') end",
        found: ["1:23 501 entities"],
        fixed: "for i = 0, 198, 2 do World.spawn('a') end",
      },
      {
        source: "function onUpdate(self) World.spawn('a') end",
        found: ["1:25 an entity is spawned in every update"],
        fixed: "function onUpdate(self) if Time.tick() % 60 == 0 then World.spawn('a') end end",
      },
      {
        source: "function onUpdate(self) local e = World.spawn('a') print(e) end",
        found: ["1:35 an entity is spawned in every update"],
        fixed: "function onUpdate(self) local e = (Time.tick() % 60 == 0 and World.spawn('a')) print(e) end",
      },
      {
        source: "function onUpdate(self) for i = 1, 3 do World.spawn('a') end end",
        found: ["1:41 an entity is spawned in every update"],
        fixed: "function onUpdate(self) for i = 1, 3 do if Time.tick() % 60 == 0 then World.spawn('a') end end end",
      },
    ],
    good: [
      "for i = 1, 100 do World.spawn('a') end",
      "for i = 1, n do World.spawn('a') end",
      "function onStart(self) World.spawn('a') end",
      "function onUpdate(self) if self.State.due then World.spawn('a') end end",
      "function onUpdate(self) if not self.State.due then return end World.spawn('a') end",
      "function onUpdate(self) for _, e in ipairs(list) do World.spawn('a', e) end end",
      "function onUpdate(self) local e = due and World.spawn('a') print(e) end",
      "local World = {} for i = 1, 5000 do World.spawn('a') end",
    ],
  },
  unreachable: {
    bad: [
      {
        source: "while x do\n  break\n  print(1)\nend",
        found: ["3:3 this is never reached: line 2 leaves before"],
        fixed: "while x do\n  break\nend",
      },
      {
        source: "function f()\n  error('a')\n  print(1)\n  print(2)\nend",
        found: ["3:3 this is never reached"],
        fixed: "function f()\n  error('a')\nend",
      },
      { source: "do return end print(1)", found: ["1:15 this is never reached"], fixed: "do return end " },
      {
        source: "function f(x)\n  if x then return 1 else return 2 end\n  print(x)\nend",
        found: ["3:3 this is never reached"],
        fixed: "function f(x)\n  if x then return 1 else return 2 end\nend",
      },
      {
        source: "while true do Tasks.wait(1) end print(1)",
        found: ["1:33 this is never reached"],
        fixed: "while true do Tasks.wait(1) end ",
      },
      {
        source: "goto a print(1) ::a:: print(2)",
        found: ["1:8 this is never reached"],
        fixed: "goto a ::a:: print(2)",
      },
    ],
    good: [
      "function f(x) if x then return 1 end print(x) end",
      "while true do if x then break end end print(1)",
      "for i = 1, 2 do if i > 1 then goto next end print(i) ::next:: end",
      "local error = print error('a') print(1)",
      "do goto a end ::a:: print(1)",
    ],
  },
  "duplicate-key": {
    bad: [
      { source: "x = { a = 1, b = 2, a = 3 }", found: ["1:7 a is set again in line 1"], fixed: "x = { b = 2, a = 3 }" },
      { source: "x = { a = 1, ['a'] = f() }", found: ["1:7 'a' is set again"], fixed: "x = { ['a'] = f() }" },
      { source: "x = { [1] = 1, 2 }", found: ["1:8 2 is set again"], fixed: "x = { 2 }" },
      { source: "x = { 2, [1] = 1 }", found: ["1:7 1 is set again"] },
    ],
    good: ["x = { a = 1, b = 1 }", "x = { ['1'] = 1, 2 }", "x = { [a] = 1, [a] = 2 }", "x = { 1, 1 }"],
  },
  comparison: {
    bad: [
      {
        source: "if x == 0/0 then end",
        found: ["1:4 nothing is equal to NaN, so this is always false"],
        fixed: "if x ~= x then end",
      },
      {
        source: "if x ~= -(0/0) then end",
        found: ["1:4 nothing is equal to NaN, so this is always true"],
        fixed: "if x == x then end",
      },
      { source: "if x < nil then end", found: ["1:4 < with nil is an error"], fixed: "if x ~= nil then end" },
      {
        source: "if #t == nil then end",
        found: ["1:4 a length is never nil; write #t == 0"],
        fixed: "if #t == 0 then end",
      },
      { source: "if not a == b then end", found: ["1:4 not goes before =="], fixed: "if a ~= b then end" },
      { source: "if not a > b then end", found: ["1:4 not goes before >"], fixed: "if not (a > b) then end" },
      {
        source: "if type(x) == nil then end",
        found: ["1:4 type gives a string, never nil"],
        fixed: 'if type(x) == "nil" then end',
      },
      {
        source: "if type(x) ~= 'int' then end",
        found: ['1:4 there is no type "int"'],
        fixed: 'if type(x) ~= "number" then end',
      },
      { source: "if type(x) == 'quixotic' then end", found: ['1:4 there is no type "quixotic"'] },
      {
        source: "if x == {} then end",
        found: ["1:4 a new table is equal to no other"],
        fixed: "if next(x) == nil then end",
      },
    ],
    good: [
      "if x ~= x then end",
      "if x == nil then end",
      "if (not a) == true then end",
      "if type(x) == 'table' then end",
      "if not (a == b) then end",
      "if x / 0 == y then end",
    ],
  },
};
