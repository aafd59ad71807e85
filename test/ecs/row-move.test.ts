import { describe, expect, it } from "vitest";
import {
  Arena,
  type Component,
  component,
  createWorld,
  type Entity,
  f32,
  i32,
  vec3,
  type World,
} from "../../src/index.ts";
import { Random } from "./random.ts";

const A = component("A", { x: f32, y: i32 });
const B = component("B", { value: f32({ default: 3 }) });
const C = component("C", { at: vec3(f32), left: i32, right: i32 });
const Tag = component("Tag");
const all: readonly Component[] = [A, B, C, Tag];

/** A world whose changes of single rows take the long way: somebody is told of all of them. */
function watched(chunkRows: number): World {
  const world = createWorld({ components: [...all], chunkRows, arena: new Arena() });
  for (const part of all) for (const kind of ["added", "removed"] as const) world.observe(kind, part, () => {});
  return world;
}

function moveAlone(world: World, entity: Entity, part: Component): boolean {
  const { ways } = world.core.structure;
  return ways.change(entity, ways.gains[world.core.schema.idOf(part)]);
}

describe("rows that move in WebAssembly", () => {
  it.each([
    { shared: true, chunkRows: 32, seed: 1 },
    { shared: false, chunkRows: 32, seed: 2 },
    { shared: true, chunkRows: 1024, seed: 3 },
  ])("end where others do: $shared, $chunkRows rows a chunk", ({ shared, chunkRows, seed }) => {
    const random = new Random(seed);
    const short = createWorld({ components: [...all], chunkRows, arena: new Arena({ shared }) });
    const long = watched(chunkRows);
    const alive: Entity[] = [];
    for (let i = 0; i < 200; i++) {
      const parts = all.filter(() => random.once(2)) as [Component];
      alive.push(short.spawn(...parts));
      expect(long.spawn(...parts)).toBe(alive[i]);
    }
    const kept = [];
    for (let step = 0; step < 3000; step++) {
      const entity = random.pick(alive);
      const part = random.pick([...all]);
      if (random.once(2)) for (const world of [short, long]) world.add(entity, part);
      else expect(short.remove(entity, part)).toBe(long.remove(entity, part));
      if (random.once(8))
        for (const world of [short, long]) if (world.has(entity, A)) world.set(entity, A, { x: step });
      if (random.once(100)) for (const world of [short, long]) world.step([]);
      if (random.once(100)) kept.push(short.snapshot(), long.snapshot());
      if (random.once(50)) expect(short.hash()).toBe(long.hash());
    }
    expect(short.hash()).toBe(long.hash());
    for (let i = 0; i < kept.length; i += 2) {
      short.restore(kept[i]!);
      long.restore(kept[i + 1]!);
      expect(short.hash()).toBe(long.hash());
    }
  });

  it("are those of tables that moved rows before, unless others hold the blocks", () => {
    const world = createWorld({ components: [...all], arena: new Arena() });
    const [first, second, third, ...others] = world.spawnMany(10, A) as unknown as [Entity, Entity, Entity, Entity];
    expect(moveAlone(world, first, B)).toBe(false);
    for (const entity of others) world.add(entity, B);
    expect(moveAlone(world, second, B)).toBe(true);
    expect(world.get(second, B)).toEqual({ value: 3 });
    const snapshot = world.snapshot();
    const before = world.hash();
    expect(moveAlone(world, third, B)).toBe(false);
    world.add(third, B);
    world.restore(snapshot);
    expect(world.hash()).toBe(before);
  });

  it("refuses what is no entity", () => {
    const world = createWorld({ components: [...all], arena: new Arena() });
    const entities = world.spawnMany(10, A);
    for (const entity of entities.subarray(0, 6)) world.add(entity, B);
    const gone = entities[7]!;
    world.despawn(gone);
    const before = world.hash();
    const wrong: unknown[] = [gone, 0, -1, entities[8]! + 0.5, String(entities[8]), NaN, 2 ** 32 + entities[8]!, null];
    for (const entity of wrong) {
      expect(moveAlone(world, entity as Entity, B)).toBe(false);
      expect(() => world.add(entity as Entity, B)).toThrow(expect.objectContaining({ code: "entity-stale" }));
    }
    expect(world.hash()).toBe(before);
  });

  it("works without memory for the ways, and gives it back", () => {
    const arena = new Arena();
    const world = createWorld({ components: [...all], arena });
    const [first, ...others] = world.spawnMany(10, A) as unknown as [Entity, Entity];
    for (const entity of others) world.add(entity, B);
    const { usedBlocks } = arena;
    world.core.structure.reload();
    expect(arena.usedBlocks).toBeLessThan(usedBlocks);
    expect(moveAlone(world, first, B)).toBe(false);
    world.add(first, B);
    expect(world.has(first, B)).toBe(true);
    world.dispose();
    expect(arena.usedBlocks).toBe(0);
  });
});
