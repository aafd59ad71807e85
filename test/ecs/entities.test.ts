import { describe, expect, it } from "vitest";
import { createWorld, ENTITIES_MAX, type Entity, NONE } from "../../src/index.ts";
import { Frozen, Position } from "./model.ts";
import { Random } from "./random.ts";
import { expectRefused, refusal } from "./refusal.ts";

const BITS = 16;
const idOf = (index: number, generation: number, bits = BITS): Entity => generation * 2 ** bits + index;
const make = (entities = 1 << BITS) => createWorld({ components: [Position, Frozen], limits: { entities } });

describe("entities", () => {
  it("are numbered from index 0 in generation 1, and are never NONE", () => {
    const world = make();
    expect(world.spawn()).toBe(idOf(0, 1));
    expect(world.spawn()).toBe(idOf(1, 1));
    expect(world.isAlive(NONE)).toBe(false);
  });

  it("take the lowest free index with its next generation, singly and in bulk", () => {
    const random = new Random(11);
    const world = make();
    const ids = Array.from(world.spawnMany(300));
    const ended = random.shuffled(ids).slice(0, 120);
    for (const id of ended) world.despawn(id);
    const lowest = ended.map((id) => id % 2 ** BITS).sort((a, b) => a - b);
    expect(world.spawn(Position)).toBe(idOf(lowest[0]!, 2));
    expect(Array.from(world.spawnMany(121, Frozen))).toEqual([
      ...lowest.slice(1).map((index) => idOf(index, 2)),
      idOf(300, 1),
      idOf(301, 1),
    ]);
  });

  it.each([1, 2 ** 16, 2 ** 16 + 1, 2 ** 20, ENTITIES_MAX])(
    "keep an id below 2^31 where the limit is %i",
    (entities) => {
      const world = make(entities);
      const bits = Math.max(16, Math.ceil(Math.log2(entities)));
      const first = world.spawn();
      expect(first).toBe(idOf(0, 1, bits));
      world.despawn(first);
      expect(world.spawn()).toBe(idOf(0, 2, bits));
    },
  );

  it("retire an index that ran out of generations: 127 at 2^24", () => {
    const world = make(ENTITIES_MAX);
    for (let generation = 1; generation <= 127; generation++) {
      const entity = world.spawn(Position);
      expect(entity).toBe(idOf(0, generation, 24));
      world.despawn(entity);
      expect(world.isAlive(entity)).toBe(false);
    }
    const snapshot = world.snapshot();
    expect(world.spawn()).toBe(idOf(1, 1, 24));
    expect(Array.from(world.spawnMany(2))).toEqual([idOf(2, 1, 24), idOf(3, 1, 24)]);
    world.restore(snapshot);
    expect(world.spawn()).toBe(idOf(1, 1, 24));
    for (let generation = 0; generation < 128; generation++) expect(world.isAlive(idOf(0, generation, 24))).toBe(false);
    snapshot.dispose();
  });

  it("count a retired index against the limit", () => {
    const world = make(1);
    for (let generation = 1; generation < 2 ** 15; generation++) world.despawn(world.spawn());
    expect(refusal(() => world.spawn()).code).toBe("entity-limit");
    expect(world.entityCount).toBe(0);
  });

  it("are refused when stale, foreign or no entity at all, by every operation", () => {
    const world = make();
    const [kept, stale] = [world.spawn(Position), world.spawn(Position)];
    world.despawn(stale);
    const bad: unknown[] = [
      stale,
      NONE,
      -1,
      -65_536,
      1,
      1.5,
      Number.NaN,
      Infinity,
      2 ** 31,
      2 ** 32 + kept,
      idOf(1, 2),
      idOf(0, 2),
      idOf(9, 1),
      "65536",
      undefined,
      null,
      {},
      [kept],
    ];
    for (const value of bad) {
      const entity = value as Entity;
      expect(world.isAlive(entity)).toBe(false);
      expect(world.query(Position).has(entity)).toBe(false);
      const operations: Record<string, () => unknown> = {
        despawn: () => world.despawn(entity),
        despawnMany: () => world.despawnMany([kept, entity]),
        add: () => world.add(entity, Frozen),
        addMany: () => world.addMany([kept, entity], Frozen),
        remove: () => world.remove(entity, Position),
        removeMany: () => world.removeMany([kept, entity], Position),
        set: () => world.set(entity, Position, { x: 1 }),
        setMany: () => world.setMany([kept, entity], Position, { x: 1 }),
        get: () => world.get(entity, Position),
        has: () => world.has(entity, Position),
      };
      for (const operation of Object.values(operations)) expectRefused(world, operation, "entity-stale", /isAlive/);
    }
  });

  it("can be named twice in a list", () => {
    const world = make();
    const [a, b] = world.spawnMany(2, Position) as unknown as [Entity, Entity];
    world.addMany([a, b, a], Frozen);
    world.setMany([a, a], Position, { x: [1, 2] });
    expect(world.get(a, Position)).toEqual({ x: 2, y: 1.5 });
    expect(world.removeMany([a, a, b], Frozen)).toBe(2);
    world.despawnMany([a, b, a]);
    expect(world.entityCount).toBe(0);
  });
});
