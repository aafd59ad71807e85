import { describe, expect, test } from "vitest";
import { runLua } from "./library-run.ts";

const cases: readonly [what: string, source: string, printed: string][] = [
  ["vec2 arithmetic", "vec2(1, 2) + vec2(3, 5), vec2(3, 5) - vec2(1, 2), -vec2(1, 2)", "(4, 7) (2, 3) (-1, -2)"],
  [
    "vec2 times and by",
    "vec2(1, 2) * 3, 3 * vec2(1, 2), vec2(1, 2) * vec2(3, 4), vec2(3, 5) / 2, 6 / vec2(2, 3)",
    "(3, 6) (3, 6) (3, 8) (1.5, 2.5) (3.0, 2.0)",
  ],
  [
    "vec3 arithmetic",
    "vec3(1, 2, 3) + vec3(3, 5, 7), vec3(3, 5, 7) - vec3(1, 2, 3), -vec3(1, 2, 3)",
    "(4, 7, 10) (2, 3, 4) (-1, -2, -3)",
  ],
  [
    "vec3 times and by",
    "vec3(1, 2, 3) * 3, 3 * vec3(1, 2, 3), vec3(1, 2, 3) * vec3(3, 4, 5), vec3(3, 5, 7) / 2, 6 / vec3(2, 3, 6)",
    "(3, 6, 9) (3, 6, 9) (3, 8, 15) (1.5, 2.5, 3.5) (3.0, 2.0, 1.0)",
  ],
  [
    "equality",
    "vec2(1, 2) == vec2(1.0, 2), vec2(1, 2) == vec2(2, 1), vec3(1, 2, 3) == vec3(1, 2, 3), vec2(1, 2) == 1",
    "true false true false",
  ],
  ["axes left out are zero", "vec.vec2(), vec.vec3(1), vec.vec2(3)", "(0, 0) (1, 0, 0) (3, 0)"],
  [
    "plain tables do as operands",
    "vec2(1, 2) + { x = 1, y = 1 }, { x = 1, y = 1 } + vec2(1, 2), vec3(1, 2, 3):dot({ x = 1, y = 1, z = 1 })",
    "(2, 3) (2, 3) 6",
  ],
  [
    "from and is",
    "vec.from({ x = 1, y = 2 }), vec.from({ x = 1, y = 2, z = 3 }), vec.is(vec2(1, 2)), vec.is({ x = 1 }), vec.is(1)",
    "(1, 2) (1, 2, 3) true false false",
  ],
  [
    "products",
    "vec2(1, 2):dot(vec2(3, 4)), vec2(1, 0):cross(vec2(0, 1)), vec3(1, 0, 0):cross(vec3(0, 1, 0)), vec2(1, 0):perpendicular()",
    "11 1 (0, 0, 1) (0, 1)",
  ],
  [
    "lengths",
    "vec2(3, 4):length(), vec3(2, 3, 6):length(), vec3(2, 3, 6):lengthSquared(), vec2(1, 1):distance(vec2(4, 5)), vec2(1, 1):distanceSquared(vec2(4, 5))",
    "5.0 7.0 49 5.0 25",
  ],
  [
    "normalize",
    "vec2(3, 4):normalize(), vec3(0, 0, 2):normalize(), vec3(0, 0, 0):normalize()",
    "(0.6, 0.8) (0.0, 0.0, 1.0) (0, 0, 0)",
  ],
  ["lerp", "vec2(0, 10):lerp(vec2(10, 20), 0.25), vec3(1, 2, 3):lerp(vec3(5, 6, 7), 1)", "(2.5, 12.5) (5, 6, 7)"],
  ["limit", "vec2(3, 4):limit(10), vec2(3, 4):limit(2.5), vec3(0, 0, 9):limit(3)", "(3, 4) (1.5, 2.0) (0.0, 0.0, 3.0)"],
  [
    "towards",
    "vec2(0, 0):towards(vec2(10, 0), 4), vec2(0, 0):towards(vec2(3, 0), 4), vec2(1, 1):towards(vec2(1, 1), 0)",
    "(4.0, 0.0) (3, 0) (1, 1)",
  ],
  [
    "min and max",
    "vec2(1, 5):min(vec2(3, 4)), vec2(1, 5):max(vec2(3, 4)), vec3(1, 5, 2):min(vec3(3, 4, 0)), vec3(1, 5, 2):max(vec3(3, 4, 0))",
    "(1, 4) (3, 5) (1, 4, 0) (3, 5, 2)",
  ],
  [
    "project",
    "vec2(3, 4):project(vec2(10, 0)), vec3(1, 2, 3):project({ x = 0, y = 2, z = 0 }), vec2(1, 1):project(vec2(0, 0))",
    "(3.0, 0.0) (0.0, 2.0, 0.0) (0, 0)",
  ],
  ["reflect", "vec2(1, -1):reflect(vec2(0, 1)), vec3(1, -2, 3):reflect(vec3(0, 1, 0))", "(1, 1) (1, 2, 3)"],
  ["rotate in the plane", "vec2(2, 1):rotate(vec2(0, 1)), vec2(2, 1):rotate(vec2(-1, 0))", "(-1, 2) (-2, -1)"],
  [
    "rotate by a quaternion",
    "vec3(1, 2, 3):rotate({ x = 0, y = 0, z = 0, w = 1 }), vec3(1, 2, 3):rotate({ x = 1, y = 0, z = 0, w = 0 })",
    "(1, 2, 3) (1, -2, -3)",
  ],
  ["unpack", "vec2(1, 2):unpack(), (vec3(1, 2, 3):unpack())", "1 1"],
];

const checks: readonly [what: string, source: string, printed: readonly string[]][] = [
  [
    "turns carry one direction to another, also the opposite one",
    `local function near(a, b) return (a - b):length() < 1e-12 end
     local axes = { vec3(1, 0, 0), vec3(0, 1, 0), vec3(0, 0, 1), vec3(-1, 0, 0), vec3(0, -1, 0), vec3(1, 2, 3), vec3(-1, -2, -3) }
     local good = 0
     for _, a in ipairs(axes) do
       for _, b in ipairs(axes) do
         local q = vec.turn(a, b)
         local unit = math.abs(q.x * q.x + q.y * q.y + q.z * q.z + q.w * q.w - 1) < 1e-12
         if unit and near(a:normalize():rotate(q), b:normalize()) then good = good + 1 end
       end
     end
     print(good)`,
    ["49"],
  ],
  [
    "methods cannot be changed",
    `print(getmetatable(vec3(1, 2, 3)), (pcall(setmetatable, vec3(1, 2, 3), {})))
     print(pcall(function() vec.vec2 = 1 end))
     print(pcall(vec.vec3, 1, "2"))
     print(select(2, pcall(function() return vec2(1, 2) + 3 end)):match("attempt.*"))`,
    [
      "vec3 false",
      "false script:2: vec is read-only: cannot set vec2",
      "false vec.vec3: y: expected a number, got string",
      "attempt to index a number value (local 'b')",
    ],
  ],
];

const head = `local vec = require("vec") local vec2, vec3 = vec.vec2, vec.vec3 `;

describe("vec", () => {
  test.for(cases)("%s", async ([, values, printed]) => {
    expect(await runLua(`${head} print(${values})`)).toEqual([printed]);
  });
  test.for(checks)("%s", async ([, source, printed]) => {
    expect(await runLua(head + source)).toEqual(printed);
  });
});
