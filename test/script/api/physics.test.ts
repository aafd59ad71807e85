import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Component, component, createWorld, f32, optional, Transform, type World } from "../../../src/index.ts";
import { physicsSystem, physicsTypes } from "../../../src/script/systems/physics.ts";
import { Bodies } from "../../../src/script/systems/physics-bodies.ts";
import {
  Collider,
  Collision,
  Contact,
  KinematicBody,
  PhysicsWorld,
  Separation,
} from "../../../src/script/systems/physics-components.ts";
import { MEETINGS_MAX, meetings } from "../../../src/script/systems/physics-pairs.ts";
import { rayHit, type Solid, touchOf } from "../../../src/script/systems/physics-shape.ts";

const Place = component("Place", { x: f32, y: f32 }) as unknown as Component;

function make(components: readonly Component[] = [Transform as unknown as Component]): World {
  return createWorld({
    components: [...components, ...physicsTypes.components],
    resources: physicsTypes.resources as never,
    events: physicsTypes.events as never,
    chunkRows: 32,
    checked: true,
  });
}
const at = (x: number, y = 0, z = 0) => [Transform, { translation: { x, y, z } }] as const;
const steps = (world: World, count: number, system = physicsSystem()) => {
  for (let i = 0; i < count; i++) world.step([system]);
};

describe("bodies", () => {
  it("fall, slow down and keep still", () => {
    const world = make();
    const falling = world.spawn(at(0, 100), KinematicBody);
    const still = world.spawn(at(9, 9), [KinematicBody, { mass: 0 }]);
    const dragged = world.spawn(at(50), [KinematicBody, { gravity: 0, drag: 1, velocity: { x: 10 } }]);
    steps(world, 60);
    // Semi-implicit Euler: -g dt^2 n (n + 1) / 2.
    expect(world.get(falling, Transform)!.translation.y).toBeCloseTo(100 - (9.81 * 61 * 60) / 2 / 3600, 3);
    expect(world.get(falling, KinematicBody)!.velocity.y).toBeCloseTo(-9.81, 4);
    expect(world.get(still, Transform)!.translation).toEqual({ x: 9, y: 9, z: 0 });
    expect(world.get(dragged, KinematicBody)!.velocity.x).toBeCloseTo(10 * (1 + 1 / 60) ** -60, 3);
    expect(world.resource(PhysicsWorld).step).toBe(60);
  });

  it("come to rest on the ground, with few and small movements", () => {
    const world = make();
    world.spawn(at(0, -1), [Collider, { shape: 1, half: { x: 50, y: 1, z: 50 } }]);
    const ball = world.spawn(at(0, 3), KinematicBody, [Collider, { bounce: 0.4 }]);
    const tower = [0, 1, 2].map((i) => world.spawn(at(5, 0.5 + i), KinematicBody, [Collider, { shape: 1 }]));
    steps(world, 400);
    expect(Math.abs(world.get(ball, Transform)!.translation.y - 0.5)).toBeLessThan(0.02);
    tower.forEach((one, i) => {
      const { x, y } = world.get(one, Transform)!.translation;
      expect(Math.abs(y - (0.5 + i))).toBeLessThan(0.05);
      expect(Math.abs(x - 5)).toBeLessThan(0.01);
    });
    const before = world.get(tower[2]!, Transform)!.translation.y;
    steps(world, 60);
    expect(Math.abs(world.get(tower[2]!, Transform)!.translation.y - before)).toBeLessThan(0.01);
  });

  it("swap their speeds where they bounce off each other", () => {
    const world = make();
    const gravity = 0;
    const a = world.spawn(
      at(0),
      [KinematicBody, { gravity, velocity: { x: 6 } }],
      [Collider, { bounce: 1, friction: 0 }],
    );
    const b = world.spawn(at(2), [KinematicBody, { gravity }], [Collider, { bounce: 1, friction: 0 }]);
    steps(world, 30);
    expect(world.get(a, KinematicBody)!.velocity.x).toBeCloseTo(0, 5);
    expect(world.get(b, KinematicBody)!.velocity.x).toBeCloseTo(6, 5);
  });

  it("tell once of a touch and of its end, and of triggers without a push", () => {
    const world = make();
    const a = world.spawn(at(0), [KinematicBody, { gravity: 0, velocity: { x: 12 } }], Collider);
    const gate = world.spawn(at(2), [Collider, { trigger: true }]);
    const off = world.spawn(at(2), [Collider, { layer: 2, mask: 2 }]);
    const told: string[] = [];
    const system = physicsSystem();
    for (let i = 0; i < 20; i++) {
      world.step([system]);
      for (const one of world.events(Collision))
        if (one.tick === world.tick) told.push(`${one.a} ${one.b} ${one.trigger} ${one.impulse}`);
      for (const one of world.events(Separation)) if (one.tick === world.tick) told.push(`end ${one.a} ${one.b}`);
    }
    expect(told).toEqual([`${a} ${gate} true 0`, `end ${a} ${gate}`]);
    expect(world.get(a, KinematicBody)!.velocity.x).toBe(12);
    expect(world.isAlive(off)).toBe(true);
  });

  it("work in two dimensions over a component of the game's", () => {
    const world = make([Place]);
    const a = world.spawn([Place, { x: 0, y: 0 }], [KinematicBody, { gravity: 0, velocity: { x: 3 } }], Collider);
    const b = world.spawn([Place, { x: 2, y: 0 }], Collider);
    steps(world, 60, physicsSystem({ place: { component: Place } }));
    expect((world.get(a, Place) as { x: number }).x).toBeCloseTo(1, 1);
    expect(world.get(b, Place)).toEqual({ x: 2, y: 0 });
  });

  it("refuses options that make no sense", () => {
    expect(() => physicsSystem({ delta: 0 })).toThrow(/delta must be/);
    expect(() => physicsSystem({ iterations: 0 })).toThrow(/iterations must be/);
    expect(() => physicsSystem({ place: { component: Collider as unknown as Component } })).toThrow(/has no x/);
  });
});

describe("any scene", () => {
  const float = (least: number, most: number) => fc.float({ min: least, max: most, noNaN: true });
  const wild = fc.float({ noNaN: true });
  const thing = (number: (least: number, most: number) => fc.Arbitrary<number>) =>
    fc.record({
      x: number(-4, 4),
      y: number(-4, 4),
      z: number(-4, 4),
      v: number(-20, 20),
      force: number(-50, 50),
      mass: number(0, 8),
      radius: number(0, 1),
      half: number(0, 1),
      bounce: number(0, 1),
      friction: number(0, 2),
      shape: fc.nat(1),
      trigger: fc.boolean(),
      body: fc.boolean(),
      layer: fc.nat(3),
    });
  type Thing = ReturnType<typeof thing> extends fc.Arbitrary<infer T> ? T : never;
  const build = (things: readonly Thing[], order: readonly number[]): World => {
    const world = make();
    // Ids by index; rows in another order, for entities move between tables in `order`.
    const ids = things.map(({ x, y, z }) => world.spawn(at(x, y, z)));
    for (const i of order) {
      const { shape, radius, half, bounce, friction, trigger, layer, body, v, force, mass } = things[i]!;
      const sides = { x: half, y: half, z: half };
      world.add(ids[i]!, Collider, { shape, radius, half: sides, bounce, friction, trigger, layer, mask: 3 });
      if (body) world.add(ids[i]!, KinematicBody, { velocity: { x: v, y: -v }, force: { y: force }, mass });
    }
    return world;
  };
  const poses = (world: World) =>
    [...world.query(Transform).entities()]
      .sort((a, b) => a - b)
      .map((who) => [who, world.get(who, Transform)!.translation, world.get(who, KinematicBody)?.velocity]);
  const contacts = (world: World) => world.events(Contact).map(({ a, b }) => `${a} ${b}`);

  it("goes the same way whatever the order of rows", () => {
    fc.assert(
      fc.property(fc.array(thing(float), { minLength: 1, maxLength: 12 }), fc.nat(), (things, turn) => {
        const order = things.map((_, i) => i);
        const other = order.map((_, i) => (i + turn) % order.length).reverse();
        const [a, b] = [build(things, order), build(things, other)];
        steps(a, 6);
        steps(b, 6);
        expect(poses(b)).toEqual(poses(a));
        expect(contacts(b)).toEqual(contacts(a));
        a.dispose();
        b.dispose();
      }),
      { seed: 53, numRuns: 60 },
    );
  });

  it("costs no more where all are in one place", () => {
    const world = make();
    for (let i = 0; i < 3000; i++) world.spawn(at(1, 2, 3), [KinematicBody, { gravity: 0 }], Collider);
    steps(world, 1);
    const contacts = world.events(Contact);
    expect(contacts.length).toBeGreaterThan(3000 * 8);
    const counts = new Map<number, number>();
    for (const { a, b } of contacts) for (const one of [a, b]) counts.set(one, (counts.get(one) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(MEETINGS_MAX);
  });

  it("finds what comparing all with all finds", () => {
    fc.assert(
      fc.property(fc.array(thing(float), { maxLength: 14 }), (things) => {
        const world = build(
          things,
          things.map((_, i) => i),
        );
        const bodies = new Bodies();
        const query = world.query(Transform, Collider, optional(KinematicBody));
        for (const chunk of query.chunks()) bodies.take(chunk as never, chunk.transform.translation as never);
        bodies.sort();
        const wanted = bodies.all.flatMap((a, i) =>
          bodies.all.slice(i + 1).flatMap((b, j) => {
            const meets = (a.layer & b.mask) !== 0 && (b.layer & a.mask) !== 0;
            const moves = a.inverse + b.inverse > 0 || a.trigger || b.trigger;
            return meets && moves && touchOf(a, b) !== undefined ? [`${i} ${i + 1 + j}`] : [];
          }),
        );
        expect(meetings(bodies).map(({ a, b }) => `${a} ${b}`)).toEqual(wanted);
        world.dispose();
      }),
      { seed: 58, numRuns: 150 },
    );
  });

  it("stays finite whatever the numbers", () => {
    fc.assert(
      fc.property(
        fc.array(
          thing(() => wild),
          { maxLength: 8 },
        ),
        (things) => {
          const world = build(
            things,
            things.map((_, i) => i),
          );
          steps(world, 4);
          for (const [, place, velocity] of poses(world).filter(([, , one]) => one !== undefined))
            for (const number of [...Object.values(place!), ...Object.values(velocity ?? {})])
              expect(Math.abs(number)).toBeLessThanOrEqual(1e9);
          world.dispose();
        },
      ),
      { seed: 54, numRuns: 150 },
    );
  });

  it("keeps the sum of impulses where nothing is fixed", () => {
    fc.assert(
      fc.property(fc.array(thing(float), { minLength: 2, maxLength: 6 }), (all) => {
        const things = all.map((one) => ({ ...one, body: true, mass: 1 + one.mass, force: 0 }));
        const world = build(
          things,
          things.map((_, i) => i),
        );
        world.setResource(PhysicsWorld, { gravity: { x: 0, y: 0, z: 0 } });
        const sum = () =>
          [...world.query(KinematicBody).entities()].reduce((total, who) => {
            const { velocity, mass } = world.get(who, KinematicBody)!;
            return total + velocity.x * mass;
          }, 0);
        const before = sum();
        steps(world, 5);
        expect(sum()).toBeCloseTo(before, 2);
        world.dispose();
      }),
      { seed: 55, numRuns: 40 },
    );
  });
});

describe("shapes", () => {
  const solid = fc.record({
    box: fc.boolean(),
    x: fc.integer({ min: -3, max: 3 }),
    y: fc.integer({ min: -3, max: 3 }),
    z: fc.integer({ min: -3, max: 3 }),
    rx: fc.integer({ min: 1, max: 3 }),
    ry: fc.integer({ min: 1, max: 3 }),
    rz: fc.integer({ min: 1, max: 3 }),
  });
  it("touch from both sides alike, and no longer when moved apart by the depth", () => {
    fc.assert(
      fc.property(solid, solid, (a: Solid, b: Solid) => {
        const touch = touchOf(a, b);
        const back = touchOf(b, a);
        expect(back?.depth).toBe(touch?.depth);
        if (touch === undefined) return;
        const { normal, depth } = touch;
        expect(normal.x ** 2 + normal.y ** 2 + normal.z ** 2).toBeCloseTo(1, 9);
        const way = depth + 1e-9;
        const moved = { ...b, x: b.x + normal.x * way, y: b.y + normal.y * way, z: b.z + normal.z * way };
        expect(touchOf(a, moved)?.depth ?? 0).toBeLessThan(1e-6);
      }),
      { seed: 56 },
    );
  });

  it("are met by rays where the point is on their surface", () => {
    fc.assert(
      fc.property(solid, fc.tuple(fc.nat(8), fc.nat(8), fc.nat(8)), (one: Solid, [i, j, k]) => {
        const origin = { x: i * 2 - 8, y: j * 2 - 8, z: k * 2 - 8 };
        const way = { x: one.x + 0.1 - origin.x, y: one.y + 0.2 - origin.y, z: one.z + 0.3 - origin.z };
        const length = Math.sqrt(way.x ** 2 + way.y ** 2 + way.z ** 2);
        const direction = { x: way.x / length, y: way.y / length, z: way.z / length };
        const hit = rayHit(one, origin, direction, length);
        expect(hit).toBeDefined();
        const { point, distance } = hit!;
        const [dx, dy, dz] = [point.x - one.x, point.y - one.y, point.z - one.z];
        const inside = one.box
          ? Math.max(Math.abs(dx) / one.rx, Math.abs(dy) / one.ry, Math.abs(dz) / one.rz)
          : Math.sqrt(dx * dx + dy * dy + dz * dz) / one.rx;
        if (distance > 0) expect(inside).toBeCloseTo(1, 9);
        else expect(inside).toBeLessThanOrEqual(1);
        expect(rayHit(one, origin, { x: -direction.x, y: -direction.y, z: -direction.z }, 99) === undefined).toBe(
          distance > 0,
        );
      }),
      { seed: 57 },
    );
  });
});
