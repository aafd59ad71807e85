import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { ScriptValue } from "../../../src/script/value.ts";
import { LuaStage } from "./lua-stage.ts";

let stage: LuaStage;
beforeAll(async () => {
  stage = await LuaStage.of(`
    function echo(self, value) return value end
    function kind(self, value) return math.type(value) or type(value) end
    function give(self, text) return load("return " .. text, "x", "t", _ENV)() end`);
});

const text = fc.string({ unit: "binary" }).filter((one) => one.isWellFormed());
const leaf = fc.oneof(
  fc.boolean(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  text,
  fc.constantFrom("__proto__", "", "constructor", "\ufeffmark", "a\0b", "😀", -0, Number.NaN, Infinity),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Uint8Array.from([0xff, ...bytes])),
);
const key = fc.oneof(text, fc.constantFrom("__proto__", "constructor", "1", "length"));
const { tree } = fc.letrec<{ tree: ScriptValue }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("tree"), { minLength: 1, maxLength: 6 }),
    fc.uniqueArray(fc.tuple(key, tie("tree")), { selector: ([name]) => name, maxLength: 6 }).map((entries) => {
      const map = Object.create(null) as Record<string, ScriptValue>;
      for (const [name, value] of entries) map[name] = value;
      return map;
    }),
  ),
}));

describe("values", () => {
  it("come back as they were", () => {
    fc.assert(
      fc.property(tree, (value) => isDeepStrictEqual(stage.value("echo", value), value)),
      { seed: 5, numRuns: 500 },
    );
  });

  it.each<[ScriptValue, string]>([
    [undefined, "nil"],
    [1, "integer"],
    [2 ** 53 - 1, "integer"],
    [2n ** 60n, "integer"],
    [2 ** 53, "float"],
    [-0, "float"],
    [0.5, "float"],
    [Number.NaN, "float"],
    ["", "string"],
    [new Uint8Array([255]), "string"],
    [[], "table"],
  ])("%o is a %s of Lua", (value, kind) => {
    expect(stage.value("kind", value)).toBe(kind);
  });

  it.each<[string, ScriptValue]>([
    ["nil", undefined],
    ["9007199254740993", 9007199254740993n],
    ["math.mininteger", -(2n ** 63n)],
    ["3.0", 3],
    ["-0.0", -0],
    ["'\\xff\\xfe'", new Uint8Array([255, 254])],
    ["'\\u{10ffff}'", "\u{10ffff}"],
    ["'\\u{d800}'", new Uint8Array([0xed, 0xa0, 0x80])],
    ["{ 1, 2, { 3 } }", [1, 2, [3]]],
    ["{ n = 1 }", { n: 1 }],
    ["{ ['1'] = 1 }", { 1: 1 }],
  ])("%s of Lua is %o", (lua, value) => {
    expect(stage.value("give", lua)).toEqual(value);
  });

  it("may be the same table twice", () => {
    expect(stage.value("give", "(function() local t = { 1 } return { t, t } end)()")).toEqual([[1], [1]]);
  });

  it("run no metamethods", () => {
    const hostile = "setmetatable({ a = 1 }, { __index = error, __len = error, __pairs = error, __tostring = error })";
    expect(stage.value("give", hostile)).toEqual({ a: 1 });
  });

  it.each([
    ["print", /a function cannot cross/],
    ["{ 1, nil, 3 }", /holes/],
    ["{ [0] = 1 }", /holes/],
    ["{ [2^40] = 1 }", /holes|no integer/],
    ["{ [1.5] = 1 }", /no integer as a key/],
    ["{ [true] = 1 }", /a boolean as a key/],
    ["{ ['\\xff'] = 1 }", /not UTF-8/],
    ["{ 1, x = 2 }", /both numbers and texts/],
  ])("%s of Lua is refused", (lua, message) => {
    const fault = stage.fault("give", lua);
    expect(fault.message).toMatch(message);
    expect(stage.value("echo", 5)).toBe(5);
  });

  it.each([
    ["null", null],
    ["half of a surrogate pair", "\ud800"],
    ["a class", new Date()],
    ["a symbol", Symbol("x")],
    ["a list with holes", [1, undefined]],
    ["an integer of 65 bits", 2n ** 64n],
    ["a tree that is too deep", Array.from({ length: 40 }).reduce<unknown>((inner) => [inner], 1)],
    ["a tree that is too wide", new Array(70_000).fill(1)],
  ])("%s of JavaScript is refused", (_, value) => {
    expect(() => stage.value("echo", value as ScriptValue)).toThrow(
      expect.objectContaining({ code: "script-value", message: expect.stringMatching(/cannot cross/) }),
    );
    expect(stage.value("echo", 5)).toBe(5);
  });
});
