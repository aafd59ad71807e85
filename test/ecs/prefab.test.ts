import { describe, expect, it } from "vitest";
import { ChildOf, component, createWorld, f32, prefab } from "../../src/index.ts";
import { Flags, Frozen, Health, Position, Title } from "./model.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Unit = prefab("Unit", [[Position, { x: 1, y: 2 }], Health, [Title, { text: "unit" }]]);
const Guard = prefab("Guard", [[Health, { value: 50 }], Flags, [Title, { text: "guard" }]], { extends: Unit });
const Captain = prefab("Captain", [[Title, { text: "captain" }], Guard], {
  doc: "Guard comes last, so its title wins.",
});
const make = () => createWorld({ components: [Position, Health, Title, Flags, Frozen, ChildOf] });

describe("prefabs", () => {
  it("give their components and values; what follows overrides field by field", () => {
    const world = make();
    const unit = world.spawn(Unit);
    expect([world.get(unit, Position), world.get(unit, Health), world.get(unit, Title)]).toEqual([
      { x: 1, y: 2 },
      { value: 100 },
      { text: "unit" },
    ]);
    const other = world.spawn(Unit, [Position, { y: 5 }], Frozen, [Title, {}]);
    expect([world.get(other, Position), world.get(other, Title), world.has(other, Frozen)]).toEqual([
      { x: 1, y: 5 },
      { text: "unit" },
      true,
    ]);
    const before = world.spawn([Position, { x: 9 }], Unit);
    expect(world.get(before, Position)).toEqual({ x: 1, y: 2 });
  });

  it("extend others, over several levels, and nest", () => {
    const world = make();
    const guard = world.spawn(Guard);
    expect([
      world.get(guard, Position),
      world.get(guard, Health),
      world.get(guard, Title),
      world.has(guard, Flags),
    ]).toEqual([{ x: 1, y: 2 }, { value: 50 }, { text: "guard" }, true]);
    const captain = world.spawn(Captain, [Health, { value: 80 }]);
    expect([world.get(captain, Health), world.get(captain, Title)]).toEqual([{ value: 80 }, { text: "guard" }]);
    const veteran = prefab("Veteran", [[Health, { value: 70 }]], { extends: Guard });
    expect(world.get(world.spawn(veteran), Title)).toEqual({ text: "guard" });
    expect(world.get(world.spawn(veteran), Health)).toEqual({ value: 70 });
  });

  it("spawn in bulk, overridden by columns", () => {
    const world = make();
    const parent = world.spawn();
    const ids = world.spawnMany(3, Guard, [Position, { x: (i) => i }], [ChildOf, { target: parent }]);
    expect(Array.from(ids, (id) => world.get(id, Position))).toEqual([
      { x: 0, y: 2 },
      { x: 1, y: 2 },
      { x: 2, y: 2 },
    ]);
    expect(Array.from(ids, (id) => world.get(id, Title)?.text)).toEqual(["guard", "guard", "guard"]);
    expect(world.sources(ChildOf, parent)).toEqual(Array.from(ids));
  });

  it("make what their parts make: the same hash", () => {
    const [one, two] = [make(), make()];
    one.spawn(Guard);
    two.spawn([Position, { x: 1, y: 2 }], [Health, { value: 50 }], [Title, { text: "unit" }], Flags, [
      Title,
      { text: "guard" },
    ]);
    expect(one.contentHash()).toBe(two.contentHash());
  });

  it("are checked when declared, and against the world when spawned", () => {
    for (const act of [() => prefab("two words", []), () => prefab("", [])])
      expect(refusal(act).code).toBe("bad-schema");
    for (const items of [[undefined], [{}], ["Position"], [[undefined, {}]], [[]], null, 5]) {
      expect(refusal(() => prefab("Bad", items as never)).code).toBe("bad-argument");
    }
    expect(refusal(() => prefab("Bad", [], { extends: {} as never })).code).toBe("bad-argument");
    const Alien = component("Alien", { x: f32 });
    const world = make();
    expectRefused(world, () => world.spawn(prefab("P", [Position, Alien])), "component-unknown", /Alien.*createWorld/);
    expectRefused(world, () => world.spawn(prefab("P", [[Position, { z: 1 } as never]])), "bad-argument", /no field z/);
    expectRefused(
      world,
      () => world.spawnMany(2, prefab("P", [[Position, { x: "1" } as never]])),
      "bad-value",
      /Position\.x/,
    );
  });
});
