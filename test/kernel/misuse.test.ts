import { describe, expect, it } from "vitest";
import {
  type Component,
  changed,
  component,
  createWorld,
  f32,
  i32,
  type Kernel,
  kernel,
  SpatialIndex,
  str,
  u8,
  u32,
  vec2,
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

const count = kernel("count", { write: [Fatigue], uniforms: { by: i32, of: u32 } }, (fatigue, k) => {
  fatigue.value += k.by + (k.of | 0);
});

/** What TypeScript makes of it is an object that has the names by number, too. */
declare enum Numeric {
  Idle,
  Walk = 7,
}

/** A kernel of options that somebody without a type checker may pass. */
const declared = (options: object) => (): unknown => kernel("declared", options as never, (() => {}) as never);

describe("declarations", () => {
  const missing = undefined as unknown as Component;

  it.for<[string, () => unknown, RegExp]>([
    [
      "uses that are missing",
      declared({ uses: [Tired, missing] }),
      /uses\[1\] of kernel declared is undefined: is it imp/,
    ],
    ["uses that are no list", declared({ uses: Tired }), /uses of kernel declared must be a list of components, res/],
    ["uses by name", declared({ uses: ["Tired"] }), /uses of kernel declared must be a list of .*, not "Tired"/],
    ["plain functions as uses", declared({ uses: [Math.sin] }), /uses of .* kernel functions, not a function/],
    ["null as a use", declared({ uses: [null] }), /uses of .* kernel functions, not null/],
    ["a component that is no list", declared({ write: Position }), /write of kernel declared must be a list of comp/],
    ["a component that is missing", declared({ read: [missing] }), /read\[0\] of kernel declared is undefined/],
    ["no list to read", declared({ read: null }), /read of kernel declared must be a list of components, not null/],
    [
      "events to write",
      declared({ write: [Tired] }),
      /write of kernel declared must be a list of components, not "event"/,
    ],
    ["a tag that is missing", declared({ where: [missing] }), /where\[0\] of kernel declared is undefined/],
    ["no uniforms", declared({ uniforms: null }), /uniforms of kernel declared must be an object of options, not null/],
    [
      "a uniform of no type",
      declared({ uniforms: { q: undefined } }),
      /uniform q .* one of the types f32, .*, not undef/,
    ],
    ["a uniform that is a number", declared({ uniforms: { q: 5 } }), /uniform q of kernel declared .* bool, not 5/],
    ["a uniform that is a text", declared({ uniforms: { q: str } }), /uniform q of kernel declared .*, not "str"/],
    ["a uniform that is a vector", declared({ uniforms: { q: vec2(f32) } }), /uniform q .*, not "vector of f32"/],
    ["a uniform that is narrow", declared({ uniforms: { q: u8 } }), /uniform q .* f32, f64, i32, u32, bool, not "u8"/],
    ["no constants", declared({ constants: null }), /constants of kernel declared must be an object of options/],
    [
      "a constant that is missing",
      declared({ constants: { T: undefined } }),
      /constant T .* a number, a boolean, or an en/,
    ],
    ["a constant that is null", declared({ constants: { T: null } }), /constant T of kernel declared .*, not null/],
    ["a constant that is a function", declared({ constants: { T: () => 1 } }), /constant T .*, not a function/],
    ["a constant that is a text", declared({ constants: { T: "1" } }), /constant T of kernel declared .*, not "1"/],
    [
      "members that are missing",
      declared({ constants: { T: { a: undefined } } }),
      /a of constant T .* must be a number/,
    ],
    [
      "a system with an index that is none",
      () => move.system({ index: 5 } as never),
      /index of options of a system of kernel move must be a spatial index, not 5/,
    ],
    [
      "a system that may be interpreted",
      () => move.system({ interpreted: "no" } as never),
      /interpreted of options of a system of kernel move must be true or false/,
    ],
  ])("refuse %s", ([, act, message]) =>
    expect(act).toThrow(expect.objectContaining({ code: "bad-argument", message: expect.stringMatching(message) })),
  );

  it("take numeric enums of TypeScript, and refuse the texts in them", () => {
    const Mode = { Idle: 0, Walk: 7, 0: "Idle", 7: "Walk" } as unknown as typeof Numeric;
    const Walker = component("Walker", { mode: i32 });
    const alone = createWorld({ components: [Walker] });
    const entity = alone.spawn(Walker);
    kernel("walk", { write: [Walker], constants: { Mode } }, (walker, k) => {
      if (walker.mode === k.Mode.Idle) walker.mode = k.Mode.Walk;
    }).run(alone);
    expect(alone.get(entity, Walker)).toEqual({ mode: 7 });
    const text = (read: string) => () =>
      kernel(
        "text",
        { write: [Walker], constants: { Mode } },
        new Function("w", "k", `w.mode = ${read}`) as () => void,
      );
    const source = (message: RegExp) => ({ code: "kernel-source", message: expect.stringMatching(message) });
    expect(text('k.Mode["7"]')).toThrow(
      expect.objectContaining(source(/Mode\.7 is a text. Use a member that is a num/)),
    );
    expect(text("k.Mode.Run")).toThrow(expect.objectContaining(source(/Mode has no Run. It has Idle, Walk\./)));
  });

  it("tell numbers of constants from texts", () => {
    const Walker = component("Walker", { mode: i32 });
    const of = (a: number | string) => () =>
      kernel("one", { write: [Walker], constants: { T: { a } } }, ((
        walker: { mode: number },
        k: { T: { a: number } },
      ) => {
        walker.mode = k.T.a;
      }) as never);
    expect(of(1)).not.toThrow();
    expect(of("1")).toThrow(expect.objectContaining({ code: "kernel-source" }));
    expect(of(1)).not.toThrow();
  });

  it.for<[string, string]>([
    ["choices", `p.x = ${"p.x > 1 ? 2 : ".repeat(3000)}0`],
    ["terms", `p.x = ${"p.x + ".repeat(9000)}0`],
    ["else-ifs", `${"if (p.x > 1) p.x = 2; else ".repeat(2000)}p.x = 0`],
    ["parentheses", `p.x = ${"(".repeat(1500)}p.x${")".repeat(1500)}`],
  ])("refuse sources that are nested too deeply: %s", ([, body]) => {
    const message = expect.stringMatching(/kernel "deep", .* nested too deeply.* Split it with let or functions/);
    expect(() => kernel("deep", { write: [Position] }, new Function("p", body) as () => void)).toThrow(
      expect.objectContaining({ code: "kernel-source", message }),
    );
  });
});

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
    ["a system without its uniforms", () => move.system(undefined as never), "bad-argument"],
    ["a system that lacks a uniform", () => move.system({ uniforms: {} as { dt: number } }), "bad-argument"],
    ["a system with a uniform of no number", () => move.system({ uniforms: { dt: "1" as never } }), "bad-argument"],
    ["a system with a uniform too many", () => move.system({ uniforms: { dt: 1, d: 1 } as never }), "bad-argument"],
    ["a system whose uniforms are none", () => move.system({ uniforms: 5 as never }), "bad-argument"],
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
    ...[1.5, Number.NaN, 2 ** 31].map((by): [string, () => unknown, string] => [
      `${by} for an i32`,
      () => count.run(world, { by, of: 0 }),
      "bad-argument",
    ]),
    ...[-1, 0.5, 2 ** 32].map((of): [string, () => unknown, string] => [
      `${of} for a u32`,
      () => count.run(world, { by: 0, of }),
      "bad-argument",
    ]),
    ["a name that k has", () => kernel("name", { uniforms: { emit: f32 } }, () => {}), "bad-argument"],
    ["a name twice", () => kernel("name", { uniforms: { a: f32 }, constants: { a: 1 } }, () => {}), "bad-argument"],
    ["a system with a query of its own", () => move.system({ query: [Position] } as never), "bad-argument"],
    ["a system with an option that does not exist", () => move.system({ evry: 2 } as never), "bad-argument"],
    ["a system with no options", () => move.system(null as never), "bad-argument"],
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
