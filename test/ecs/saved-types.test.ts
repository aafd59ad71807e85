import { expect, test } from "vitest";
import {
  Arena,
  array,
  bool,
  ChildOf,
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  i8,
  i16,
  i32,
  input,
  loadWorld,
  relation,
  resource,
  str,
  u8,
  u16,
  u32,
  vec2,
  vec3,
  vec4,
} from "worldloom";
import { savedDeclarations } from "../../src/ecs/save-load.ts";
import { typesOf } from "../../src/ecs/saved-types.ts";

test("a file says enough of its types to be loaded without them", () => {
  const all = component("All", {
    a: f32({ default: 0.1 }),
    b: f64({ default: -0, nan: true }),
    c: i8({ default: -3 }),
    d: u8,
    e: i16,
    f: u16({ default: 65535 }),
    g: i32,
    h: u32,
    i: bool({ default: true }),
    j: entity,
    k: str({ default: "a, b:c*1=2} {} 0" }),
    l: vec2(f32, { y: 2 }),
    m: vec3(i32({ default: 4 })),
    n: vec4(f64({ nan: true }), { w: Number.NaN }),
    o: array(f32({ default: 2.5 }), 3),
    p: array(str, 2),
  });
  const types = {
    components: [
      component("Tag"),
      all,
      ChildOf,
      relation("Likes", { much: f32 }, { exclusive: false }),
      relation("Owns", { since: u32 }),
    ],
    resources: [resource("Score", { total: f64, name: str({ default: "nobody" }) })],
    events: [event("Boom", { at: vec2(f32) }, { lifetime: 5 }), event("Bare", {})],
    inputs: [input("Push", { x: f32 })],
  };
  const world = createWorld({ ...types, arena: new Arena({ bytesMax: 16 << 20 }) });
  const first = world.spawn([all, { k: "text" }]);
  world.spawn([ChildOf, { target: first }]);
  const bytes = world.save();
  const again = loadWorld(bytes, { ...typesOf(savedDeclarations(bytes)), arena: new Arena({ bytesMax: 16 << 20 }) });
  expect(again.hash()).toBe(world.hash());
  expect(again.save()).toEqual(bytes);
});

test("what no declaration looks like is refused", () => {
  for (const text of ["", "component A{x:f31*1=0}  0", "thing A{}  0", "component A{x:f32*1=0,,}  0"])
    expect(() => typesOf([text]), text).toThrow(expect.objectContaining({ code: "bad-file" }));
});
