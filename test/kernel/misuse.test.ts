import { describe, expect, it } from "vitest";
import {
  type Component,
  changed,
  createWorld,
  f32,
  type Kernel,
  kernel,
  SpatialIndex,
  type World,
} from "../../src/index.ts";
import { components, crowd, Fatigue, Health, Position, Tired, Velocity } from "./world.ts";

const move = kernel(
  "move",
  { write: [Position, Fatigue], read: [Velocity], uniforms: { dt: f32 } },
  (p, fatigue, v, k) => {
    p.x += v.x * k.dt;
    fatigue.value += 1;
    if (fatigue.value > 100) k.despawn();
  },
);

describe("misuse", () => {
  const world = crowd(1, { checked: true });
  const refused = (act: () => unknown, code: string): void => {
    const hash = world.hash();
    expect(act).toThrow(expect.objectContaining({ code }));
    expect(world.hash()).toBe(hash);
  };
  const near = kernel("near", { write: [Fatigue], read: [Position] }, (fatigue, _p, k) => {
    k.neighbours(1, () => {
      fatigue.value += 1;
    });
  });

  it.for<[string, () => unknown, string]>([
    ["a uniform that is missing", () => move.run(world, {} as { dt: number }), "bad-argument"],
    ["a uniform that is no number", () => move.run(world, { dt: "1" as unknown as number }), "bad-argument"],
    ["something that is no world", () => move.run(7 as unknown as World, { dt: 1 }), "bad-argument"],
    ["neighbours without an index", () => near.run(world), "bad-argument"],
    [
      "an index of another world",
      () => near.run(world, {}, { index: new SpatialIndex(crowd(), { cell: 1, width: 4, height: 4 }) }),
      "bad-argument",
    ],
    [
      "a world that lacks a component",
      () => move.run(createWorld({ components: [Position] }), { dt: 1 }),
      "component-unknown",
    ],
    [
      "a component under two names",
      () => kernel("twice", { write: [Position], read: [Position] }, () => {}),
      "bad-argument",
    ],
    ["a name that k has", () => kernel("name", { uniforms: { emit: f32 } }, () => {}), "bad-argument"],
    ["a name twice", () => kernel("name", { uniforms: { a: f32 }, constants: { a: 1 } }, () => {}), "bad-argument"],
    ["a system with a query of its own", () => move.system({ query: [Position] } as object), "bad-argument"],
    ["a system with an option that does not exist", () => move.system({ evry: 2 } as object), "bad-argument"],
    ["a system with no options", () => move.system(null as unknown as object), "bad-argument"],
    ["no function", () => kernel("none", {}, 7 as unknown as () => void), "bad-argument"],
    ["chunks that changed", () => kernel("some", { where: [changed(Position) as never] }, () => {}), "bad-argument"],
    ["a term that is no list", () => kernel("some", { where: Position as never }, () => {}), "bad-argument"],
    ["no components", () => kernel("none", { read: [7 as unknown as Component] }, () => {}), "bad-argument"],
    [
      "a kernel in the middle of an iteration",
      () => {
        for (const _ of world.query(Position).chunks()) move.run(world, { dt: 1 });
      },
      "structure-locked",
    ],
  ])("refuses %s", ([, act, code]) => refused(act, code));

  it("is held to what a system declared", () => {
    const stranger = {
      is: "system",
      name: "stranger",
      query: [Position],
      run: (context: Parameters<Parameters<World["step"]>[0][number]["run"]>[0]) => move.run(context, { dt: 1 }),
    } as const;
    refused(() => world.step([stranger]), "tick-failed");
  });

  it("leaves the world as it was when its events are too many", () => {
    const small = crowd(1, { limits: { events: 10 } });
    const shout = kernel("shout", { write: [Fatigue], uses: [Tired] }, (fatigue, k) => {
      fatigue.value += 1;
      k.emit(Tired, { who: k.entity });
    });
    const hash = small.hash();
    expect(() => shout.run(small)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    expect(small.hash()).toBe(hash);
  });

  it("finds NaN where it is forbidden, as for any system", () => {
    const spoil = kernel("spoil", { write: [Fatigue] }, (fatigue) => {
      fatigue.value = Math.sqrt(-1 - fatigue.value);
    }) as Kernel;
    refused(() => world.step([spoil.system()]), "tick-failed");
  });

  it("components of the test are all used", () => expect(components).toContain(Health));
});
