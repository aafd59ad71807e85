import { expect, it } from "vitest";
import { type Component, component, createWorld, type Entity, f32, f64, i32, u8 } from "../../src/index.ts";
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

  /** Entities in any order, some twice; or the last ones. */
  list(count: number): Entity[] {
    const { random, alive } = this;
    if (alive.length === 0) return [];
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
