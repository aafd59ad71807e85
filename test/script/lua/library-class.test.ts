import { describe, expect, test } from "vitest";
import { runLua } from "./library-run.ts";

const cases: readonly [what: string, source: string, printed: readonly string[]][] = [
  [
    "objects have fields and methods",
    `local Enemy = class.define("Enemy")
     function Enemy:init(hp) self.hp = hp end
     function Enemy:hurt(by) self.hp = self.hp - by return self end
     print(Enemy(10):hurt(3).hp, Enemy.new(5).hp)
     print(Enemy, Enemy(1))`,
    ["7 5", "class Enemy Enemy {hp = 1}"],
  ],
  [
    "derived classes find what is above, also what came later",
    `local Base = class.define("Base")
     function Base:init(x) self.x = x end
     local Middle = class.define("Middle", Base)
     local Top = class.define("Top", Middle)
     function Base:get() return self.x end
     function Top:get() return Top.super.get(self) * 2 end
     print(Base(3):get(), Middle(3):get(), Top(3):get(), Top.super == Middle, Middle.super == Base, Base.super)`,
    ["3 3 6 true true nil"],
  ],
  [
    "init can call the one above",
    `local A = class.define("A")
     function A:init(x) self.x = x end
     local B = class.define("B", A)
     function B:init(x, y) B.super.init(self, x) self.y = y end
     print(B(1, 2), B.className, B(1, 2).className)`,
    ["B {x = 1, y = 2} B B"],
  ],
  [
    "operators, inherited and overridden",
    `local V = class.define("V")
     function V:init(x) self.x = x end
     function V.__add(a, b) return V(a.x + b.x) end
     function V.__eq(a, b) return a.x == b.x end
     function V.__lt(a, b) return a.x < b.x end
     function V:__len() return self.x end
     function V:__call(y) return self.x * y end
     function V:__tostring() return "V" .. self.x end
     local W = class.define("W", V)
     function W:__tostring() return "W" .. self.x end
     print(V(1) + V(2), W(1) + W(2), V(1) == W(1), V(1) < V(2), #V(7), V(3)(4), W(5))`,
    ["V3 V3 true true 7 12 W5"],
  ],
  [
    "__index is asked after members",
    `local T = class.define("T")
     function T:known() return "member" end
     function T:__index(key) return "?" .. key end
     local U = class.define("U", T)
     print(T():known(), T().other, U():known(), U().other)
     local D = class.define("D")
     D.__index = { hp = 100 }
     print(D().hp)`,
    ["member ?other member ?other", "100"],
  ],
  [
    "mixins",
    `local Flying = { fly = function(self) return self.className .. " flies" end, included = function(c) c.wings = 2 end }
     local Bird = class.mixin(class.define("Bird"), Flying, { fly2 = 1, __len = function() return 9 end })
     print(Bird():fly(), Bird.wings, Bird().fly2, #Bird(), Bird.included)`,
    ["Bird flies 2 1 9 nil"],
  ],
  [
    "is",
    `local A = class.define("A") local B = class.define("B", A) local C = class.define("C", A)
     print(class.is(B(), A), class.is(B(), B), class.is(B(), C), class.is(A(), B), class.is(B, A))
     print(class.is({}, A), class.is(nil, A), class.is("x", A), class.is(1, A))`,
    ["true true false false true", "false false false false"],
  ],
  [
    "sealed classes take no more, and can be derived from",
    `local A = class.seal(class.define("A"))
     print(pcall(function() A.x = 1 end))
     local B = class.define("B", A)
     B.x = 1
     print(B().x, A.x)`,
    ["false script:2: class A is sealed: derive one from it", "1 nil"],
  ],
  [
    "classes of modules, which are read-only",
    `local errors = require("errors")
     local Late = class.define("Late", errors.Error)
     function Late:by() return self.ticks end
     local e = Late("late", { ticks = 3 })
     print(e:by(), e.message, class.is(e, errors.Error), class.is(errors.Error("x"), Late), errors.is(e, Late))
     print(Late.super == errors.Error, errors.Error, pcall(function() errors.Error.x = 1 end))
     print(pcall(rawset, errors.Error, "x", 1))`,
    [
      "3 late true false true",
      "true class Error false script:6: errors is read-only: cannot set x",
      "false rawset: the table is read-only",
    ],
  ],
  [
    "metatables and members stay out of reach",
    `local A = class.define("A")
     function A:m() end
     print(getmetatable(A), getmetatable(A()), (pcall(setmetatable, A(), {})))
     print(next(A), next(A()))`,
    ["class A false", "nil nil"],
  ],
  [
    "wrong uses say what is wrong",
    `print(pcall(class.define))
     print(pcall(class.define, "A", {}))
     print(pcall(class.is, 1, 2))
     for _, name in ipairs({ "new", "super", "__gc", "__mode" }) do
       print(pcall(function() class.define("A")[name] = 1 end))
     end`,
    [
      "false class.define: name: expected a string, got nil",
      "false class.define: super: expected a class, got table",
      "false class.is: of: expected a class, got number",
      ...["new", "super", "__gc", "__mode"].map((name) => `false script:5: class A: ${name} is taken`),
    ],
  ],
];

describe("class", () => {
  test.for(cases)("%s", async ([, source, printed]) => {
    expect(await runLua(`local class = require("class") ${source}`)).toEqual(printed);
  });
});
