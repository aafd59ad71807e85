import { describe, expect, it } from "vitest";
import {
  Arena,
  createWorld,
  f32,
  f64,
  kernel,
  kernelFunction,
  resource,
  SpatialIndex,
  type World,
  without,
  write,
} from "../../src/index.ts";
import { Burning, crowd, Fatigue, Health, move, Position, Resting, Target, Tired, Totals, Velocity } from "./world.ts";

const { fround } = Math;

/** {@link move} by hand, rounded after each operation. */
function moveByHand(world: World, dt: number): void {
  const gone: number[] = [];
  for (const { count, entities, position: p, fatigue, velocity: v } of world
    .query(write(Position), write(Fatigue), Velocity)
    .chunks()) {
    for (let i = 0; i < count; i++) {
      p.x[i] = p.x[i]! + fround(v.x[i]! * fround(dt));
      p.y[i] = p.y[i]! + fround(v.y[i]! * fround(dt));
      const speed = fround(Math.sqrt(fround(fround(v.x[i]! * v.x[i]!) + fround(v.y[i]! * v.y[i]!))));
      fatigue.value[i] =
        speed > 3 ? fatigue.value[i]! + fround(0.1) : Math.max(0, fround(fatigue.value[i]! - fround(0.05)));
      if (fatigue.value[i]! > 100) gone.push(entities[i]!);
    }
  }
  world.despawnMany(gone);
}

/** Runs compiled and interpreted on equal worlds; returns them after comparing hashes. */
function both(setUp: () => World, run: (world: World, interpreted: boolean) => void): World {
  const compiled = setUp();
  const interpreted = setUp();
  run(compiled, false);
  run(interpreted, true);
  expect(compiled.hash()).toBe(interpreted.hash());
  interpreted.dispose();
  return compiled;
}

describe("a kernel", () => {
  it("gives the bits of the loop written by hand, despawns included", () => {
    const world = both(crowd, (one, interpreted) => {
      for (let tick = 0; tick < 5; tick++) move.run(one, { dt: 0.3 }, { interpreted });
    });
    const byHand = crowd();
    for (let tick = 0; tick < 5; tick++) moveByHand(byHand, 0.3);
    expect(world.entityCount).toBeLessThan(1039);
    expect(world.hash()).toBe(byHand.hash());
  });

  it("takes archetypes that appear later, worlds of other chunk sizes, and memory that grows", () => {
    for (const chunkRows of [64, 1024, 4096]) {
      const arena = new Arena();
      const world = both(
        () => crowd(1, { chunkRows, arena }),
        (one, interpreted) => {
          move.run(one, { dt: 1 }, { interpreted });
          one.spawnMany(20_000, [Position, { x: (i: number) => i }], [Velocity, { x: 2 }], Fatigue, Burning, Health);
          move.run(one, { dt: 1 }, { interpreted });
          one.despawnMany(one.query(Position).entities());
          move.run(one, { dt: 1 }, { interpreted });
        },
      );
      expect(world.query(Position).count).toBe(0);
    }
  });

  it("runs in unshared memory", () => {
    const run = (arena: Arena): string => {
      const world = crowd(1, { arena });
      move.run(world, { dt: 1 });
      return world.hash();
    };
    expect(run(new Arena({ shared: false }))).toBe(run(new Arena()));
  });

  it("runs as a system, with uniforms of the tick, and each tick twice", () => {
    const world = both(crowd, (one, interpreted) => {
      const moving = move.system({ uniforms: ({ tick }) => ({ dt: tick / 8 }), interpreted });
      for (let tick = 0; tick < 4; tick++) one.step([moving], { twice: tick % 2 === 0 });
    });
    const other = crowd();
    for (let tick = 1; tick <= 4; tick++) move.run(other, { dt: tick / 8 });
    expect(world.contentHash()).toBe(other.contentHash());
  });

  it("continues from a snapshot to the same hash", () => {
    const world = crowd();
    const before = world.snapshot();
    const fork = world.fork();
    for (let tick = 0; tick < 3; tick++) move.run(world, { dt: 0.5 });
    const hash = world.hash();
    world.restore(before);
    for (const one of [world, fork]) {
      for (let tick = 0; tick < 3; tick++) move.run(one, { dt: 0.5 });
      expect(one.hash()).toBe(hash);
    }
  });

  it("shares the module of equal sources, between kernels, worlds and arenas", () => {
    const webAssembly = (globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } })
      .WebAssembly;
    const { Module } = webAssembly;
    let made = 0;
    webAssembly.Module = class extends Module {
      constructor(bytes: Uint8Array) {
        super(bytes);
        made++;
      }
    };
    const twin = () =>
      kernel("twin", { write: [Position], read: [Velocity] }, (p, v) => {
        p.x += v.x * 0.123;
      });
    try {
      const worlds = [new Arena(), new Arena()].flatMap((arena) => [crowd(1, { arena }), crowd(1, { arena })]);
      made = 0;
      for (const world of worlds) twin().run(world, {}, { interpreted: false });
      expect(new Set(worlds.map((world) => world.hash())).size).toBe(1);
      // One for full chunks, one for smaller ones.
      expect(made).toBe(2);
    } finally {
      webAssembly.Module = Module;
    }
  });

  it("keeps to the terms of its query", () => {
    const halt = kernel("halt", { write: [Velocity], where: [Resting, without(Burning)] }, (v) => {
      v.x = 0;
      v.y = 0;
    });
    const world = both(crowd, (one, interpreted) => halt.run(one, {}, { interpreted }));
    for (const { count, velocity } of world.query(Velocity, Resting).chunks())
      for (let i = 0; i < count; i++) expect(velocity.x[i]).toBe(0);
    const other = crowd();
    expect(world.query(Velocity).count).toBe(other.query(Velocity).count);
  });

  it("takes no memory and makes no views in a steady tick", () => {
    const arena = new Arena();
    const world = crowd(1, { arena });
    const still = kernel(
      "still",
      { write: [Position], read: [Velocity], uniforms: { dt: f32 }, uses: [Totals] },
      (p, v, k) => {
        p.x += v.x * k.dt;
        k.sum(Totals, "sum", p.x);
      },
    );
    const systems = [still.system({ uniforms: { dt: 1 / 64 } })];
    for (let tick = 0; tick < 20; tick++) world.step(systems);
    const read = () => [arena.usedBytes, arena.usedBlocks, arena.committedBytes, arena.viewsMade];
    const before = read();
    for (let tick = 0; tick < 100; tick++) world.step(systems);
    expect(read()).toEqual(before);
  });
});

describe("what a kernel can do besides", () => {
  it("emits events, adds and removes tags, in the order of rows", () => {
    const tire = kernel("tire", { read: [Fatigue], uses: [Tired, Resting, Burning] }, (fatigue, k) => {
      if (fatigue.value > 50) {
        k.addTag(Resting);
        k.emit(Tired, { who: k.entity, by: fatigue.value - 50 });
      } else k.removeTag(Resting);
      if (fatigue.value > 90) k.emit(Tired, { by: 1 });
    });
    const world = both(crowd, (one, interpreted) => tire.run(one, {}, { interpreted }));
    const events = world.events(Tired);
    const first = events.filter(({ who }) => who !== 0);
    expect(first.length).toBe(world.query(Resting).count);
    expect(events.length).toBeGreaterThan(first.length);
    expect(events.slice(0, first.length)).toEqual(first);
    for (const { who, by } of first) expect(fround(world.get(who, Fatigue)!.value - 50)).toBe(by);
  });

  it("sums, counts and finds extremes into a resource", () => {
    const total = kernel("total", { read: [Fatigue], uses: [Totals] }, (fatigue, k) => {
      k.sum(Totals, "sum", fatigue.value);
      if (fatigue.value > 20) k.min(Totals, "least", fatigue.value);
      k.max(Totals, "most", fatigue.value);
      k.count(Totals, "tired", fatigue.value > 50);
    });
    const world = both(crowd, (one, interpreted) => total.run(one, {}, { interpreted }));
    const values: number[] = [];
    for (const { count, fatigue } of world.query(Fatigue).chunks())
      for (let i = 0; i < count; i++) values.push(fatigue.value[i]!);
    const { sum, least, most, tired } = world.resource(Totals);
    expect(sum).toBeCloseTo(
      values.reduce((a, b) => a + b, 0),
      1,
    );
    expect(least).toBe(values.filter((value) => value > 20).reduce((a, b) => Math.min(a, b)));
    expect(most).toBe(values.reduce((a, b) => Math.max(a, b)));
    expect(tired).toBe(values.filter((value) => value > 50).length);
  });

  it("reduces literals as precisely as the field of the resource", () => {
    const Sums = resource("Sums", { sum: f64, most: f64, single: f32 });
    const world = createWorld({ components: [Position], resources: [Sums] });
    world.spawn([Position, { x: 1 }]);
    const literals = kernel("literals", { read: [Position], uses: [Sums] }, (p, k) => {
      k.sum(Sums, "sum", p.x > 0 ? 0.1 : 0);
      k.max(Sums, "most", 0.3);
      k.sum(Sums, "single", p.x > 0 ? 0.1 : 0);
    });
    for (const interpreted of [false, true]) {
      literals.run(world, {}, { interpreted });
      expect(world.resource(Sums)).toEqual({ sum: 0.1, most: 0.3, single: Math.fround(0.1) });
    }
  });

  it("looks at other entities, stale ones and ones without the component included", () => {
    const follow = kernel(
      "follow",
      { write: [Velocity], read: [Target], uses: [Position, Burning] },
      (v, target, k) => {
        v.x = k.at(target.of, Position).x;
        v.y = k.has(target.of, Burning) ? 1 : k.has(target.of, Position) ? 2 : 3;
      },
    );
    const setUp = (): World => {
      const world = crowd();
      world.despawnMany(
        world
          .query(Position)
          .entities()
          .filter((_, i) => i % 17 === 0),
      );
      return world;
    };
    const world = both(setUp, (one, interpreted) => follow.run(one, {}, { interpreted }));
    let stale = 0;
    for (const entity of world.query(Target).entities()) {
      const { of } = world.get(entity, Target)!;
      const alive = world.isAlive(of);
      if (!alive) stale++;
      const wanted = alive ? [world.get(of, Position)!.x, world.has(of, Burning) ? 1 : 2] : [0, 3];
      const { x, y } = world.get(entity, Velocity)!;
      expect([x, y]).toEqual(wanted);
    }
    expect(stale).toBeGreaterThan(5);
  });

  it("visits neighbours, each exactly once", () => {
    const push = kernel("push", { write: [Velocity, Fatigue], read: [Position] }, (v, fatigue, p, k) => {
      let x = 0;
      let count = 0;
      k.neighbours(1.5, (other) => {
        x += other.dx;
        if (other.dx === p.x - other.x && other.distanceSquared <= 2.25) count += 1;
      });
      v.x = x;
      fatigue.value = count;
    });
    const world = both(crowd, (one, interpreted) => {
      const index = new SpatialIndex(one, { cell: 1, width: 20, height: 40, minX: -5, minY: -12 });
      index.build(one.query(Position), Position);
      push.run(one, {}, { index, interpreted });
    });
    const all = Array.from(world.query(Position).entities(), (entity) => ({ entity, ...world.get(entity, Position)! }));
    for (const entity of world.query(Fatigue, Velocity).entities()) {
      const { x, y } = world.get(entity, Position)!;
      const near = all.filter((other) => {
        const [dx, dy] = [fround(x - other.x), fround(y - other.y)];
        return other.entity !== entity && fround(fround(dx * dx) + fround(dy * dy)) <= 2.25;
      });
      expect(world.get(entity, Fatigue)!.value).toBe(near.length);
      expect(world.get(entity, Velocity)!.x).toBeCloseTo(
        near.reduce((sum, other) => sum + x - other.x, 0),
        2,
      );
    }
  });

  it("has no neighbours within less than nothing, and all within infinity", () => {
    const meet = kernel("meet", { write: [Fatigue], read: [Position], uniforms: { radius: f32 } }, (fatigue, _p, k) => {
      fatigue.value = 0;
      k.neighbours(k.radius, () => {
        fatigue.value += 1;
      });
    });
    for (const [radius, near] of [
      [-1, 0],
      [-0.25, 0],
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 1033],
    ] as const) {
      const world = both(crowd, (one, interpreted) => {
        const index = new SpatialIndex(one, { cell: 1, width: 20, height: 40, minX: -5, minY: -12 });
        index.build(one.query(Position), Position);
        meet.run(one, { radius }, { index, interpreted });
      });
      for (const { count, fatigue } of world.query(Fatigue).chunks())
        for (let i = 0; i < count; i++) expect(fatigue.value[i]).toBe(near);
    }
  });

  it("draws the numbers of a system of its name", () => {
    const shake = kernel("shake", { write: [Position] }, (p, k) => {
      p.x = k.random();
      p.y = k.random();
    });
    const world = both(crowd, (one, interpreted) => one.step([shake.system({ interpreted })]));
    const seen: [number, number, number][] = [];
    const other = crowd();
    other.step([
      {
        is: "system",
        name: "shake",
        query: [Position],
        run: ({ query, random }) => {
          for (const { count, entities } of query.chunks())
            for (let i = 0; i < count; i++) seen.push([entities[i]!, random(entities[i]!), random(entities[i]!, 1)]);
        },
      },
    ]);
    for (const [entity, x, y] of seen) expect(world.get(entity, Position)).toEqual({ x, y });
  });

  it("tells functions of one name apart, and constants, in kernels of one text", () => {
    const grow = (call: (x: number) => number, step: number) =>
      kernel("grow", { write: [Position], uses: [kernelFunction("by", call)], constants: { step } }, (p, k) => {
        p.x = k.by(p.x) + k.step;
      });
    const kernels = [
      grow((x) => x + 2, 1),
      grow((x) => x + 3, 1),
      grow((x) => x + 2, 7),
      grow((x) => x + 2, Number.NaN),
      grow((x) => x + 2, 1),
    ];
    using world = createWorld({ components: [Position] });
    const entity = world.spawn(Position);
    const found = kernels.map((one) => {
      world.set(entity, Position, { x: 1 });
      one.run(world, {});
      return world.get(entity, Position)!.x;
    });
    expect(found).toEqual([4, 5, 10, Number.NaN, 4]);
  });

  it("tells lists of constants from enumerations", () => {
    const made = (LIST: readonly number[]) =>
      kernel("length", { write: [Position], constants: { LIST } }, (p, k) => {
        p.x = k.LIST.length;
      });
    made([1, 2]);
    expect(() => made({ 0: 1, 1: 2 } as never)).toThrow(/LIST has no length/);
  });

  it("calls functions and knows constants", () => {
    const clamp = kernelFunction("clamp", (x: number, low: number, high: number) =>
      x < low ? low : x > high ? high : x,
    );
    const bound = kernel(
      "bound",
      { write: [Position], uses: [clamp], constants: { SIDE: 2, Mode: { Soft: 1, Hard: 2 } } },
      (p, k) => {
        p.x = clamp(p.x, -k.SIDE, k.SIDE);
        p.y = k.Mode.Hard === 2 ? k.clamp(p.y, 0, 1) : 7;
      },
    );
    const world = both(crowd, (one, interpreted) => bound.run(one, {}, { interpreted }));
    for (const { count, position } of world.query(Position).chunks()) {
      for (let i = 0; i < count; i++) {
        expect(Math.abs(position.x[i]!)).toBeLessThanOrEqual(2);
        expect(position.y[i]! >= 0 && position.y[i]! <= 1).toBe(true);
      }
    }
  });
});
