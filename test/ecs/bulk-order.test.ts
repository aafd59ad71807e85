import { expect, it } from "vitest";
import {
  added,
  type Component,
  changed,
  component,
  createWorld,
  type Entity,
  f32,
  f64,
  i32,
  u8,
} from "../../src/index.ts";
import { Random } from "./random.ts";

const A = component("A", { x: f32, y: i32 });
const B = component("B", { value: f32 });
const C = component("C", { small: u8 });
const D = component("D", { wide: f64, small: u8 });
const Tag = component("Tag");
const all: readonly Component[] = [A, B, C, D, Tag];

/** Two worlds with the same past, one of which changes in bulk and the other one entity at a time. */
class Twins {
  readonly random: Random;
  readonly bulk;
  readonly single;
  alive: Entity[] = [];

  constructor(random: Random, chunkRows: number) {
    this.random = random;
    this.bulk = createWorld({ components: [...all], chunkRows });
    this.single = createWorld({ components: [...all], chunkRows });
  }

  step(): void {
    const { random, bulk, single } = this;
    const count = random.once(2) ? random.below(300) : random.below(10);
    const list = this.list(count);
    const given = random.once(2) ? Int32Array.from(list) : list;
    const part = random.pick([...all]);
    const choice = random.below(9);
    if (choice < 2) {
      const parts = all.filter(() => random.once(2));
      const made = bulk.spawnMany(count, ...(parts as [Component]));
      expect(Array.from({ length: count }, () => single.spawn(...(parts as [Component])))).toEqual(Array.from(made));
      this.alive.push(...made);
    } else if (choice < 3) {
      bulk.despawnMany(given);
      for (const entity of list) if (single.isAlive(entity)) single.despawn(entity);
      this.alive = this.alive.filter((entity) => bulk.isAlive(entity));
    } else if (choice < 4) {
      const value = Float32Array.from(list, () => random.below(50));
      bulk.addMany(given, B, { value });
      list.forEach((entity, i) => {
        single.add(entity, B, { value: value[i]! });
      });
    } else if (choice < 5) {
      bulk.addMany(given, part);
      for (const entity of list) single.add(entity, part);
    } else if (choice < 7) {
      expect(bulk.removeMany(given, part)).toBe(list.filter((entity) => single.remove(entity, part)).length);
    } else if (choice < 8) {
      for (const world of [bulk, single]) world.step([]);
    } else {
      for (const world of [bulk, single]) {
        const snapshot = world.snapshot();
        world.spawnMany(5, A);
        world.restore(snapshot);
        snapshot.dispose();
      }
    }
  }

  /** Entities in any order, some twice; or the last ones; or table by table, as they lie there. */
  list(count: number): Entity[] {
    const { random, alive, bulk } = this;
    if (alive.length === 0) return [];
    if (random.once(3)) {
      const laid = Array.from(bulk.query(...(all.filter(() => random.once(4)) as [Component])).entities());
      if (random.once(3)) laid.push(random.pick(alive));
      return random.once(2) ? laid : laid.slice(random.below(laid.length + 1));
    }
    const list = random.once(3)
      ? alive.slice(random.below(alive.length))
      : Array.from({ length: count }, () => random.pick(alive));
    return random.once(3) ? list.sort((a, b) => a - b) : list;
  }
}

it.each([
  { chunkRows: 32, seed: 1 },
  { chunkRows: 64, seed: 2 },
  { chunkRows: 1024, seed: 3 },
])(
  "bulk changes leave what changes one at a time leave, row by row, in chunks of $chunkRows",
  ({ chunkRows, seed }) => {
    const random = new Random(seed);
    for (let round = 0; round < 8; round++) {
      const twins = new Twins(random, chunkRows);
      for (let step = 0; step < 60; step++) {
        twins.step();
        expect(twins.bulk.hash(), `WORLDLOOM_SEED=${seed}, round ${round}, step ${step}`).toBe(twins.single.hash());
        expect(twins.bulk.contentHash()).toBe(twins.single.contentHash());
      }
      twins.bulk.dispose();
      twins.single.dispose();
    }
  },
);

it("the last rows of tables that leave together carry their ticks as rows that leave one at a time do", () => {
  const random = new Random(4);
  for (let round = 0; round < 150; round++) {
    const [bulk, single] = [0, 1].map(() => createWorld({ components: [A, B, C], chunkRows: 32 }));
    for (let step = 0; step < 10; step++) {
      const part = random.pick<Component>([B, C]);
      const rows = bulk!.query(random.pick<Component>([A, B, C])).entities();
      const list = rows.slice(random.below(rows.length + 1));
      const choice = random.below(5);
      if (choice === 0) {
        const count = random.below(120);
        bulk!.spawnMany(count, A, part);
        for (let i = 0; i < count; i++) single!.spawn(A, part);
      } else if (choice === 1) {
        bulk!.despawnMany(list);
        for (const entity of list) single!.despawn(entity);
      } else if (choice < 4) {
        bulk!.addMany(list, part);
        for (const entity of list) single!.add(entity, part);
      } else {
        bulk!.removeMany(list, part);
        for (const entity of list) single!.remove(entity, part);
      }
      for (const world of [bulk!, single!]) world.step([]);
      for (const part of [A, B, C])
        for (const term of [added(part), changed(part)])
          for (let since = 0; since <= step; since++)
            expect(bulk!.query(term).entities(since), `round ${round}, step ${step}`).toEqual(
              single!.query(term).entities(since),
            );
    }
    bulk!.dispose();
    single!.dispose();
  }
});

it("a list that names the rows of a table but for one that does not exist changes nothing", () => {
  const world = createWorld({ components: [A, B], chunkRows: 32 });
  const ids = world.spawnMany(64, A);
  const before = world.hash();
  for (const at of [0, 1, 31, 32, 33, 63]) {
    for (const stranger of [0, -5, 3, 0x7fff_ffff, (2 << 16) | 3, (1 << 16) | 60_000]) {
      const list = ids.slice();
      list[at] = stranger;
      for (const change of [
        () => world.despawnMany(list),
        () => world.addMany(list, B),
        () => world.removeMany(list, A),
      ]) {
        expect(change).toThrow(expect.objectContaining({ code: "entity-stale" }));
        expect(world.hash()).toBe(before);
      }
    }
  }
});
