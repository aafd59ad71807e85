import { describe, expect, it } from "vitest";
import { Arena, type Component, createWorld, type Entity, without, write } from "../../src/index.ts";
import { expectSame, makeTwin, someValues } from "./fuzz.ts";
import { components, Flags, Frozen, Health, Position, plain, Title } from "./model.ts";
import { Random } from "./random.ts";
import { refusal } from "./refusal.ts";

const make = (entities = 1 << 16) => createWorld({ components, chunkRows: 32, limits: { entities } });

describe("changes inside an iteration", () => {
  it("wait for its end: rows stay where they are", () => {
    const world = make();
    const ids = world.spawnMany(100, [Position, { x: (i) => i }]);
    const seen: Entity[] = [];
    const made: Entity[] = [];
    const query = world.query(write(Position), without(Frozen));
    for (const { count, entities, position } of query.chunks()) {
      for (let i = 0; i < count; i++) {
        const entity = entities[i]!;
        seen.push(entity);
        position.x[i]! += 1;
        if (position.x[i]! % 3 === 0) world.despawn(entity);
        if (position.x[i]! % 5 === 0) world.add(entity, Frozen);
        if (position.x[i]! % 10 === 0) made.push(world.spawn([Position, { x: -1 }], [Health, { value: i }]));
        expect(world.isAlive(entity)).toBe(true);
        expect(world.has(entity, Frozen)).toBe(false);
      }
      for (const entity of made) expect(world.isAlive(entity)).toBe(false);
    }
    expect(seen).toEqual(Array.from(ids));
    expect(made.length).toBe(10);
    expect(world.entityCount).toBe(100 - 33 + 10);
    for (const entity of made) expect(world.get(entity, Position)).toEqual({ x: -1, y: 1.5 });
    expect(world.query(Frozen).count).toBe(20 - 6);
  });

  it("wait for the end of the outermost one, however it ends", () => {
    const world = make();
    const ids = world.spawnMany(70, Position);
    for (const _ of world.query(Position).chunks()) {
      for (const { entities } of world.query(Position).chunks()) {
        world.despawn(entities[0]!);
        break;
      }
      expect(world.entityCount).toBe(70);
      break;
    }
    expect(world.entityCount).toBe(69);
    expect(() => {
      for (const { entities } of world.query(Position).chunks()) {
        world.despawn(entities[1]!);
        throw new Error("out");
      }
    }).toThrow("out");
    expect(world.entityCount).toBe(68);
    world.query(Position).each((entity) => {
      if (entity === ids[69]) world.despawn(entity);
    });
    expect(world.isAlive(ids[69]!)).toBe(false);
  });

  it("apply all or nothing: what fails at the end takes back the others, and ids that were given", () => {
    const world = make();
    const [a, b] = world.spawnMany(2, Position) as unknown as [Entity, Entity];
    const before = world.contentHash();
    let made = 0;
    const error = refusal(() => {
      for (const _ of world.query(Position).chunks()) {
        made = world.spawn(Frozen);
        world.despawn(a);
        world.set(b, Position, { x: 1 });
        world.set(b, Health, { value: 1 });
      }
    });
    expect(error.code).toBe("component-missing");
    expect([world.contentHash(), world.isAlive(made), world.entityCount]).toEqual([before, false, 2]);
    expect(world.spawn() % 65_536).toBe(made % 65_536);
  });

  it("are checked when they are asked for", () => {
    const world = make(2);
    const [a] = world.spawnMany(2, Position) as unknown as [Entity, Entity];
    for (const _ of world.query(Position).chunks()) {
      expect(refusal(() => world.set(a, Position, { x: "1" } as never)).code).toBe("bad-value");
      expect(refusal(() => world.add(a, Position, { z: 1 } as never)).code).toBe("bad-argument");
      expect(refusal(() => world.despawn(5)).code).toBe("entity-stale");
      expect(refusal(() => world.spawn(Frozen)).code).toBe("entity-limit");
    }
    expect(world.entityCount).toBe(2);
  });

  it("do what they would do in order, by a naive model", () => {
    const random = new Random(61);
    const arena = new Arena();
    const twin = makeTwin(arena, 1 << 16, 32);
    const { world, naive } = twin;
    for (let round = 0; round < 400; round++) {
      while (naive.alive.size < 60) {
        const values = someValues(random, "Position");
        expect(world.spawn([Position, values])).toBe(naive.spawn([["Position", values]]));
      }
      // An entity that ended before its turn is passed over.
      const waiting: (() => void)[] = [];
      const later = (entity: Entity, act: () => void) => waiting.push(() => naive.alive.has(entity) && act());
      const alive = [...naive.alive.keys()];
      for (const _ of world.query(write(Position), without(Flags)).chunks()) {
        for (let n = random.below(6); n > 0; n--) {
          const entity = random.pick(alive);
          const part = random.pick([...plain]) as Component;
          const values = someValues(random, part.name);
          switch (random.below(5)) {
            case 0:
              world.despawn(entity);
              later(entity, () => naive.despawn(entity));
              break;
            case 1:
              world.add(entity, part, values as never);
              later(entity, () => naive.add(entity, part.name, values));
              break;
            case 2:
              world.remove(entity, part);
              later(entity, () => naive.remove(entity, part.name));
              break;
            case 3: {
              const made = world.spawn([part, values as never], Title);
              expect(made).toBe(naive.spawn([]));
              waiting.push(
                () => naive.add(made, part.name, values),
                () => naive.add(made, "Title"),
              );
              break;
            }
            default:
              world.addMany([entity, entity], part, {});
              later(entity, () => naive.add(entity, part.name));
          }
        }
      }
      for (const act of waiting) act();
      if (round % 20 === 0) expectSame(twin);
    }
    expectSame(twin);
    world.dispose();
    expect(arena.usedBlocks).toBeLessThanOrEqual(1);
  });
});
