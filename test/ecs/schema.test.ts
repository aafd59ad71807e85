import { describe, expect, it } from "vitest";
import type { Field } from "../../src/ecs/field.ts";
import {
  array,
  bool,
  component,
  createWorld,
  entity,
  f32,
  f64,
  i8,
  i16,
  i32,
  relation,
  str,
  u8,
  u16,
  u32,
  vec2,
  vec3,
  vec4,
} from "../../src/index.ts";
import { expectRefused, refusal } from "./refusal.ts";

type Case = [kind: string, field: Field, stored: readonly unknown[], refused: readonly unknown[]];

const long = "x".repeat(65_535);
const cases: Case[] = [
  [
    "f32",
    f32,
    [0, -0, 1.5, Math.fround(1e-45), 3.4028234663852886e38, Infinity, -Infinity],
    [Number.NaN, "1", true, null, {}, [], 1n],
  ],
  ["f64", f64, [0, -0, 0.1, Number.MIN_VALUE, Number.MAX_VALUE, -Infinity], [Number.NaN, "", false, null, () => 1]],
  ["i8", i8, [-128, 0, 127], [-129, 128, 0.5, Number.NaN, Infinity, "1", true]],
  ["u8", u8, [0, 255], [-1, 256, 0.5, "1", null]],
  ["i16", i16, [-32_768, 32_767], [-32_769, 32_768, 1e9]],
  ["u16", u16, [0, 65_535], [-1, 65_536]],
  ["i32", i32, [-(2 ** 31), 2 ** 31 - 1], [-(2 ** 31) - 1, 2 ** 31, 2 ** 53]],
  ["u32", u32, [0, 2 ** 32 - 1], [-1, 2 ** 32, Number.NaN]],
  ["bool", bool, [true, false], [2, -1, 0.5, "true", null, {}, Number.NaN]],
  ["entity", entity, [0, 65_536, 2 ** 31 - 1], [-1, 2 ** 31, 1.5, "65536", Number.NaN, null]],
  ["str", str, ["", "a", "Zoë 🂡 \ud800", long], [`${long}x`, 1, null, true, ["a"], Object.create(null)]],
  ["vec3", vec3(f32), [{ x: 1, y: 2, z: 3 }], [1, [1, 2, 3], { x: 1, w: 2 }, { x: "1" }, null, { x: Number.NaN }]],
  ["vec2 of texts", vec2(str), [{ x: "a", y: "" }], [{ x: 1 }, "a"]],
  ["vec4 of u8", vec4(u8), [{ x: 1, y: 2, z: 3, w: 255 }], [{ w: 256 }]],
  [
    "array",
    array(i16, 3),
    [[1, -2, 3]],
    [[1, 2], [1, 2, 3, 4], [1, 2, 40_000], 1, "abc", {}, null, [1, undefined, 3], { length: 3 }],
  ],
  ["array of one", array(f64, 1), [[0.1]], [[], 0.1, [Number.NaN]]],
  [
    "array of texts",
    array(str, 2),
    [
      ["a", "a"],
      ["", "b"],
    ],
    [["a"], ["a", 1]],
  ],
  ["array of truths", array(bool, 2), [[true, false]], [[true], [true, "x"]]],
];

describe.each(cases)("a field of %s", (_, field, stored, refused) => {
  const Part = component("Part", { before: u8, value: field, after: f64 });
  const world = createWorld({ components: [Part] });

  it("holds every value of its kind, written one at a time or in bulk", () => {
    for (const value of stored) {
      const entity = world.spawn([Part, { value: value as never, after: 7 }]);
      expect(world.get(entity, Part)).toEqual({ before: 0, value, after: 7 });
      world.set(entity, Part, { before: 1 });
      expect(world.get(entity, Part)).toEqual({ before: 1, value, after: 7 });
      const columns = (
        Array.isArray(value)
          ? [...value, ...value]
          : field.shape === "vector"
            ? Object.fromEntries(Object.entries(value as object).map(([axis, of]) => [axis, [of, of]]))
            : [value, value]
      ) as never;
      for (const other of world.spawnMany(2, [Part, { value: columns }]))
        expect(world.get(other, Part)).toEqual({ before: 0, value, after: 0 });
      if (field.shape === "vector") continue;
      world.setMany([entity, entity], Part, { value: (() => value) as never });
      expect(world.get(entity, Part)).toEqual({ before: 1, value, after: 7 });
    }
  });

  it("refuses what does not fit, and nothing changes", () => {
    const entity = world.spawn(Part);
    for (const value of refused) {
      const codes = ["bad-value", "nan-forbidden", "bad-argument"];
      const init = { before: 9, value, after: 9 } as never;
      const bulk = { before: 9, after: 9, value: field.shape === "vector" ? value : () => value } as never;
      const acts = [
        () => world.spawn([Part, init]),
        () => world.set(entity, Part, init),
        () => world.add(entity, Part, init),
        () => world.spawnMany(2, [Part, bulk]),
        () => world.setMany([entity], Part, bulk),
      ];
      for (const act of acts)
        expectRefused(
          world,
          act,
          codes.find((code) => code === refusal(act).code) as never,
          /Part(\.value| has no field value)/,
        );
    }
  });
});

describe("defaults", () => {
  it("are of every kind, and start from zero", () => {
    const Full = component("Full", {
      a: f32({ default: 0.1 }),
      b: i8({ default: -3 }),
      c: bool({ default: true }),
      d: str({ default: "hello" }),
      e: vec2(f64({ default: 2 })),
      f: array(u16({ default: 9 }), 2),
      g: f64({ default: -0 }),
      h: entity({ default: 65_536 }),
      i: array(str({ default: "x" }), 2),
    });
    const Zero = component("Zero", {
      a: f32,
      b: u32,
      c: bool,
      d: str,
      e: vec3(i16),
      f: array(entity, 2),
      g: f64({ default: Number.NaN, nan: true }),
    });
    const world = createWorld({ components: [Full, Zero] });
    const wanted = {
      a: Math.fround(0.1),
      b: -3,
      c: true,
      d: "hello",
      e: { x: 2, y: 2 },
      f: [9, 9],
      g: -0,
      h: 65_536,
      i: ["x", "x"],
    };
    const zero = { a: 0, b: 0, c: false, d: "", e: { x: 0, y: 0, z: 0 }, f: [0, 0], g: Number.NaN };
    const one = world.spawn(Full, Zero);
    expect(world.get(one, Full)).toEqual(wanted);
    expect(world.get(one, Zero)).toEqual(zero);
    for (const id of world.spawnMany(3, Full, [Zero, { b: [1, 2, 3] }])) expect(world.get(id, Full)).toEqual(wanted);
    const late = world.spawn();
    world.add(late, Full, { b: 1 });
    world.addMany([late], Zero);
    expect(world.get(late, Full)).toEqual({ ...wanted, b: 1 });
    expect(world.get(late, Zero)).toEqual(zero);
    // Rows that are used again get defaults, not what was there.
    world.set(late, Full, { a: 5, d: "dirty", f: [1, 2] });
    world.despawn(late);
    expect(world.get(world.spawn(Full, Zero), Full)).toEqual(wanted);
  });

  it.each<[string, () => Field]>([
    ["out of range", () => u8({ default: 256 })],
    ["of another type", () => f32({ default: "1" as never })],
    ["NaN where it is forbidden", () => f32({ default: Number.NaN })],
    ["a text for an entity", () => entity({ default: "x" as never })],
    ["of a vector's element", () => vec2(i8({ default: 1.5 }))],
  ])("are checked: %s", (_, make) => {
    expect(["bad-value", "nan-forbidden"]).toContain(refusal(() => component("Bad", { value: make() })).code);
  });

  it("may be NaN where the field allows it, and only there", () => {
    const Noisy = component("Noisy", { raw: f64({ nan: true }), list: array(f32({ nan: true }), 2), clean: f32 });
    const world = createWorld({ components: [Noisy] });
    const id = world.spawn([Noisy, { raw: Number.NaN, list: [1, Number.NaN] }]);
    expect(world.get(id, Noisy)).toEqual({ raw: Number.NaN, list: [1, Number.NaN], clean: 0 });
    world.setMany([id], Noisy, { raw: new Float64Array([Number.NaN]) });
    expectRefused(
      world,
      () => world.setMany([id], Noisy, { clean: new Float32Array([Number.NaN]) }),
      "nan-forbidden",
      /Noisy\.clean.*nan: true/,
    );
    expectRefused(world, () => world.set(id, Noisy, { clean: Number.NaN }), "nan-forbidden", /Noisy\.clean/);
  });
});

describe("declarations", () => {
  it.each<[string, () => unknown]>([
    ["an empty name", () => component("")],
    ["a component for a name", () => component(component("Part", { x: f32 }) as never)],
    ["a name with a space", () => component("My Part")],
    ["a name with a digit first", () => component("3D")],
    ["a long name", () => component("x".repeat(65))],
    ["no text as a name", () => component(undefined as never)],
    ["a reserved name", () => component("Count")],
    ["an inherited name", () => component("Constructor")],
    ["a bad field name", () => component("Part", { "a-b": f32 })],
    ["a reserved field", () => component("Part", { constructor: f32 })],
    ["a field of every object", () => component("Part", { toString: f32 } as never)],
    ["a vector called as a field of every object", () => component("Part", { valueOf: vec2(f32) } as never)],
    ["a field that is no type", () => component("Part", { x: 1 as never })],
    ["a missing type", () => component("Part", { x: undefined as never })],
    [
      "a kind that does not exist",
      () => component("Part", { x: { shape: "scalar", kind: "f16", options: {} } as never }),
    ],
    ["no schema", () => component("Part", null as never)],
    ["an array of nothing", () => array(f32, 0)],
    ["an array too long", () => array(f32, 4097)],
    ["half an element", () => array(f32, 1.5)],
    ["an array of vectors", () => component("Part", { x: array(vec2(f32) as never, 2) })],
    ["a vector of arrays", () => component("Part", { x: vec2(array(f32, 2) as never) })],
    ["an array of undefined", () => array(undefined as never, 2)],
    ["an unknown option", () => component("Part", { x: f32({ defualt: 1 } as never) })],
    ["options that are none", () => component("Part", { x: f32(5 as never) })],
    ["a relation with a target", () => relation("Near", { target: entity })],
    ["an acyclic relation with many targets", () => relation("Near", {}, { exclusive: false, acyclic: true })],
  ])("are refused: %s", (_, act) => {
    expect(refusal(act).code).toBe("bad-schema");
  });

  it.each<[string, unknown, string]>([
    ["two of one name", [component("Same"), component("Same")], "name-taken"],
    ["the same twice", ((Same) => [Same, Same])(component("Same")), "name-taken"],
    ["names that differ in the first letter's case", [component("Same"), component("same")], "name-taken"],
    ["a component and a relation of one name", [component("Same"), relation("Same")], "name-taken"],
    ["something else", [1], "bad-argument"],
    ["undefined", [undefined], "bad-argument"],
    ["no list", component("Same"), "bad-argument"],
  ])("of a world are refused: %s", (_, components, code) => {
    expect(refusal(() => createWorld({ components: components as never })).code).toBe(code);
  });

  it.each([
    { seed: -1 },
    { seed: 2 ** 32 },
    { seed: 1.5 },
    { seed: "1" },
    { chunkRows: 16 },
    { chunkRows: 1000 },
    { chunkRows: 2 ** 17 },
    { chunkRows: Number.NaN },
    { arena: {} },
  ])("of a world have options in range: %o", (options) => {
    expect(refusal(() => createWorld({ components: [], ...(options as object) })).code).toBe("bad-argument");
  });
});
