import { expect, test } from "vitest";
import {
  component,
  createWorld,
  type Entity,
  entity,
  f32,
  f64,
  i32,
  kernel,
  u8,
  type World,
  write,
} from "../../src/index.ts";
import { Chance } from "./random-program.ts";

const Place = component("Place", { x: f32, y: f32, level: u8 });
const Wide = component("Wide", { far: f64 });
const Mark = component("Mark");
const Chase = component("Chase", { of: entity });
const Seen = component("Seen", { x: f32, y: f32, level: i32, far: f64, marked: i32 });
const components = [Place, Wide, Mark, Chase, Seen];

const see = kernel("see", { write: [Seen], read: [Chase], uses: [Place, Wide, Mark] }, (seen, chase, k) => {
  const other = k.at(chase.of, k.Place);
  seen.x = other.x;
  seen.y = other.y;
  seen.level = other.level;
  seen.far = k.at(chase.of, k.Wide).far;
  seen.marked = k.has(chase.of, k.Mark) ? 1 : 0;
});

function sightings(world: World, interpreted: boolean): unknown[] {
  see.run(world, {}, { interpreted });
  const found: unknown[] = [];
  for (const { count, seen } of world.query(Seen).chunks()) {
    for (const column of [seen.x, seen.y, seen.level, seen.far, seen.marked])
      found.push(Array.from(column).slice(0, count));
  }
  return found;
}

function fill(world: World, entities: Entity[], count: number, chance: Chance): void {
  for (let i = 0; i < count; i++) {
    const of = entities.length === 0 ? 0 : chance.of(entities);
    const place = { x: chance.below(99), y: chance.below(99), level: chance.below(9) };
    const made = world.spawn([Place, place], [Chase, { of }], Seen);
    if (chance.below(3) === 0) world.add(made, Wide, { far: chance.below(1000) / 7 });
    if (chance.below(3) === 0) world.add(made, Mark);
    entities.push(made);
  }
}

test.for([32, 1024])("kernels see where entities are now, in chunks of %i rows", (chunkRows) => {
  for (let seed = 0; seed < 6; seed++) {
    const chance = new Chance(seed);
    using world = createWorld({ components, chunkRows, seed });
    const entities: Entity[] = [];
    fill(world, entities, 300, chance);
    const saved = world.snapshot();
    for (let turn = 0; turn < 60; turn++) {
      const some = chance.of(entities);
      const choice = chance.below(9);
      if (choice === 0 && world.isAlive(some)) world.despawn(some);
      else if (choice === 1) fill(world, entities, 1 + chance.below(40), chance);
      else if (choice === 2 && world.isAlive(some)) {
        if (world.has(some, Wide)) world.remove(some, Wide);
        else world.add(some, Wide, { far: turn });
      } else if (choice === 3 && world.isAlive(some)) {
        if (world.has(some, Mark)) world.remove(some, Mark);
        else world.add(some, Mark);
      } else if (choice === 4 && world.isAlive(some)) world.set(some, Place, { x: turn, y: -turn });
      else if (choice === 5 && chance.below(4) === 0) world.restore(saved);
      else if (choice === 6) world.snapshot().dispose();
      const expected = sightings(world, true);
      // The first of these may go without locators, the last has them.
      for (let k = 0; k < 3; k++) expect(sightings(world, false), `seed ${seed}, turn ${turn}`).toEqual(expected);
    }
    saved.dispose();
  }
});

test("anything may be asked for", () => {
  using world = createWorld({ components, chunkRows: 32 });
  const entities: Entity[] = [];
  fill(world, entities, 64, new Chance(1));
  const odd = [
    0,
    -1,
    -2_147_483_648,
    2_147_483_647,
    1 << 20,
    0xfffff,
    (1 << 16) | 64,
    (3 << 16) | 1,
    entities[0]! + 64,
  ];
  let at = 0;
  for (const { count, chase } of world.query(write(Chase)).chunks())
    for (let i = 0; i < count; i++) chase.of[i] = odd[at++ % odd.length]!;
  const expected = sightings(world, true);
  for (let k = 0; k < 3; k++) expect(sightings(world, false)).toEqual(expected);
});

test("a world that ends gives the memory back", () => {
  using first = createWorld({ components });
  const { arena } = first.core;
  const before = arena.usedBytes;
  const second = createWorld({ components, arena });
  fill(second, [], 100, new Chance(1));
  const filled = arena.usedBytes;
  for (let k = 0; k < 3; k++) sightings(second, false);
  expect(arena.usedBytes).toBeGreaterThan(filled);
  second.dispose();
  expect(arena.usedBytes).toBe(before);
});

test("kernels see all of a world that is larger than the caches, with neighbours as targets and without", () => {
  const count = 300_000;
  using world = createWorld({ components, chunkRows: 4096, limits: { entities: 2 ** 19 } });
  const spawned = world.spawnMany(count, [Place, { x: (row) => row % 251, level: (row) => row % 7 }], Chase, Seen);
  const entities = Array.from(spawned);
  const gone = entities.filter((_, i) => i % 1000 === 7);
  const chance = new Chance(3);
  let row = 0;
  for (const { count: rows, chase } of world.query(write(Chase)).chunks()) {
    for (let i = 0; i < rows; i++, row++) {
      const near = (row >> 12) % 3 === 0 ? entities[Math.min(count - 1, row + chance.below(60))]! : chance.of(entities);
      chase.of[i] = chance.below(20) === 0 ? 0 : near;
    }
  }
  world.despawnMany(gone);
  world.addMany(
    entities.filter((entity, i) => i % 5 === 0 && world.isAlive(entity)),
    Wide,
    { far: 0.5 },
  );
  const before = world.snapshot();
  see.run(world, {}, { interpreted: true });
  const expected = world.hash();
  for (let turn = 0; turn < 3; turn++) {
    world.restore(before);
    see.run(world, {});
    expect(world.hash(), `turn ${turn}`).toBe(expected);
  }
  before.dispose();
});
