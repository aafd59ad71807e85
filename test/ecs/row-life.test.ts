import { describe, expect, it } from "vitest";
import {
  Arena,
  type Component,
  component,
  createWorld,
  type Entity,
  f32,
  i32,
  u32,
  vec3,
  type World,
} from "../../src/index.ts";
import { Random } from "./random.ts";

const A = component("A", { x: f32, y: i32({ default: 7 }) });
const B = component("B", { value: f32({ default: 3, nan: true }), bits: u32 });
const C = component("C", { at: vec3(f32) });
const Tag = component("Tag");
const all: readonly Component[] = [A, B, C, Tag];

interface Kind {
  readonly shared?: boolean;
  readonly chunkRows?: number;
  readonly entities?: number;
}

function worldOf({ shared = true, chunkRows = 1024, entities = 1 << 20 }: Kind): World {
  return createWorld({ components: [...all], chunkRows, limits: { entities }, arena: new Arena({ shared }) });
}

/** A world whose entities come and go the long way: somebody is told of all of them. */
function watched(kind: Kind): World {
  const world = worldOf(kind);
  for (const part of all) for (const change of ["added", "despawned"] as const) world.observe(change, part, () => {});
  return world;
}

/** Components in some order, some with all their values, some with a few or none. */
function someItems(random: Random): Parameters<World["spawn"]> {
  const items: unknown[] = [];
  if (random.once(8)) items.push(...all.filter(() => random.once(2)));
  else items.push(...random.pick([[A], [A, B], [C, Tag, B]]));
  if (random.once(2)) items.reverse();
  const values = new Map<unknown, () => object>([
    [A, () => ({ y: random.below(100) - 50, x: random.below(1000) / 7 })],
    [B, () => (random.once(4) ? { bits: 5 } : { value: random.once(3) ? NaN : -0, bits: 0xffff_ffff })],
    [C, () => ({ at: { x: 1, y: random.below(9), z: 0.1 } })],
    [Tag, () => ({})],
  ]);
  return items.map((part) => (random.once(2) ? [part, values.get(part)!()] : part)) as Parameters<World["spawn"]>;
}

/** The same in both: the same result, or an error of the same code. */
function both<T>(worlds: readonly [World, World], change: (world: World) => T): T | string {
  const [short, long] = worlds.map((world) => {
    try {
      return change(world);
    } catch (error) {
      return (error as { code: string }).code;
    }
  });
  expect(short).toEqual(long);
  return short!;
}

function despawnAll(world: World, ids: readonly (Entity | undefined)[]): void {
  for (const entity of ids) world.despawn(entity!);
}

/** The words of the index of entities, but for the last chunk: hashes leave out what follows from the rest. */
function indexOf({ core }: World): number[] {
  const { arena, entities } = core;
  const { i32 } = arena.memory;
  return [entities.slots, entities.free].flatMap(({ bases }) =>
    bases.slice(0, -1).flatMap((base) => Array.from(i32.subarray(base, base + arena.payloadBytes(base >> 4) / 4))),
  );
}

/** Chunks that are empty are given back all the same. */
function chunksOf({ core }: World): number[] {
  return core.store.tables.map(({ chunkCount }) => chunkCount);
}

describe("rows that come and go in WebAssembly", () => {
  it.each([
    { shared: true, chunkRows: 32, seed: 1 },
    { shared: false, chunkRows: 32, seed: 2 },
    { shared: true, chunkRows: 1024, seed: 3 },
    { shared: true, chunkRows: 64, entities: 150, seed: 4 },
    { shared: true, chunkRows: 32, entities: 1 << 24, seed: 5 },
  ])("are as elsewhere: $shared, $chunkRows rows a chunk, limit $entities", ({ seed, ...kind }) => {
    const random = new Random(seed);
    const worlds = [worldOf(kind), watched(kind)] as const;
    const [short, long] = worlds;
    const ids: Entity[] = [];
    const kept = [];
    let grows = true;
    for (let step = 0; step < 6000; step++) {
      if (random.once(300)) grows = !grows;
      if (ids.length === 0 || random.once(grows ? 2 : 4) || (grows && random.once(3))) {
        const items = someItems(random);
        const made = both(worlds, (world) => world.spawn(...items));
        if (typeof made === "number") ids.push(made);
      } else {
        const [entity] = ids.splice(random.below(ids.length), random.once(20) ? 0 : 1);
        if (entity !== undefined) both(worlds, (world) => world.despawn(entity));
        if (entity !== undefined && random.once(5)) expect(both(worlds, (w) => w.despawn(entity))).toBe("entity-stale");
      }
      if (random.once(100)) for (const world of worlds) world.step([]);
      if (random.once(200)) kept.push(short.snapshot(), long.snapshot());
      if (random.once(300))
        ids.push(
          ...(both(worlds, (world) => Array.from(world.spawnMany(kind.entities === 150 ? 0 : 40, A))) as Entity[]),
        );
      if (random.once(150)) expect(short.hash()).toBe(long.hash());
    }
    expect(short.hash()).toBe(long.hash());
    for (let i = 0; i < kept.length; i += 2) {
      short.restore(kept[i]!);
      long.restore(kept[i + 1]!);
      expect(short.hash()).toBe(long.hash());
      for (let n = 0; n < 20; n++) both(worlds, (world) => world.spawn([A, { x: n, y: n }], B));
      expect(short.hash()).toBe(long.hash());
    }
  });

  it.each<{ what: string; prepare: (world: World, ids: readonly Entity[]) => void; change: string }>([
    { what: "slot of a new entity", prepare: (world, ids) => despawnAll(world, [ids[10], ids[100]]), change: "spawn" },
    {
      what: "free bit of a new entity",
      prepare: (world, ids) => despawnAll(world, [ids[10], ids[1500]]),
      change: "spawn beside",
    },
    {
      what: "slot of the row that fills the hole",
      prepare(world, ids) {
        world.add(ids[100]!, B);
        world.remove(ids[100]!, B);
      },
      change: "despawn",
    },
  ])("leave alone what a snapshot holds: the $what", ({ prepare, change }) => {
    const [short, long] = [worldOf({ chunkRows: 32 }), watched({ chunkRows: 32 })].map((world) => {
      const ids = Array.from({ length: 2100 }, () => world.spawn(A));
      despawnAll(world, ids.splice(-20));
      prepare(world, ids);
      const snapshot = world.snapshot();
      if (change === "despawn") despawnAll(world, [ids[0], ids[1]]);
      else {
        if (change === "spawn beside") world.add(ids[1501]!, B);
        const made = [world.spawn(A), world.spawn(A)].map((id) => id & 0xfffff);
        expect(made).toEqual([10, change === "spawn" ? 100 : 1500]);
      }
      const after = world.hash();
      world.restore(snapshot);
      return { after, before: world.hash(), words: indexOf(world) };
    });
    expect(short).toEqual(long);
    expect(short!.before).not.toBe(short!.after);
  });

  it("leave the same chunks", () => {
    const worlds = [worldOf({ chunkRows: 32 }), watched({ chunkRows: 32 })] as const;
    const ids = Array.from({ length: 200 }, () => both(worlds, (world) => world.spawn(A)) as Entity);
    while (ids.length > 0) {
      const entity = ids.pop()!;
      both(worlds, (world) => world.despawn(entity));
      expect(chunksOf(worlds[0])).toEqual(chunksOf(worlds[1]));
    }
  });

  it("retire an index that has had all its generations", () => {
    const worlds = [worldOf({ entities: 1 << 24 }), watched({ entities: 1 << 24 })] as const;
    for (let n = 0; n < 300; n++) {
      const entity = both(worlds, (world) => world.spawn(A, [B, { value: n, bits: n }])) as Entity;
      both(worlds, (world) => world.spawn(A, [B, { value: n, bits: n }]));
      both(worlds, (world) => world.despawn(entity));
      expect(both(worlds, (world) => world.despawn(entity))).toBe("entity-stale");
    }
    expect(worlds[0].hash()).toBe(worlds[1].hash());
  });

  it("are told of once somebody watches, and no longer after that", () => {
    const world = worldOf({});
    const ids = Array.from({ length: 40 }, () => world.spawn(A, [B, { value: 1, bits: 2 }]));
    const told: Entity[] = [];
    for (const entity of ids.splice(0, 10)) world.despawn(entity);
    const stop = world.observe("despawned", B, (entity) => told.push(entity));
    const [first, second, third] = ids as [Entity, Entity, Entity];
    world.despawn(first);
    stop();
    world.despawn(second);
    world.observe("despawned", A, (entity) => told.push(entity));
    world.despawn(third);
    expect(told).toEqual([first, third]);
  });

  it("refuse what is no entity", () => {
    const world = worldOf({});
    const ids = Array.from({ length: 20 }, () => world.spawn(A));
    for (const entity of ids.splice(0, 10)) world.despawn(entity);
    const before = world.hash();
    const wrong: unknown[] = [ids[0]! + 0.5, String(ids[0]), NaN, 2 ** 32 + ids[0]!, null, -1, 0, [ids[0]]];
    for (const entity of wrong)
      expect(() => world.despawn(entity as Entity)).toThrow(expect.objectContaining({ code: "entity-stale" }));
    expect(world.hash()).toBe(before);
  });

  it("keep the values apart that a getter makes other entities of", () => {
    const world = worldOf({});
    for (let n = 0; n < 20; n++) world.spawn([A, { x: n, y: n }]);
    const outer = world.spawn([
      A,
      {
        x: 1,
        get y() {
          world.spawn([A, { x: 8, y: 9 }]);
          return 2;
        },
      },
    ]);
    expect(world.get(outer, A)).toEqual({ x: 1, y: 2 });
  });

  it("give the memory of what they know of tables back", () => {
    const arena = new Arena();
    const world = createWorld({ components: [...all], arena });
    const ids = Array.from({ length: 20 }, () => world.spawn(A, [B, { value: 1, bits: 2 }]));
    for (const entity of ids.slice(0, 10)) world.despawn(entity);
    const { usedBlocks } = arena;
    world.core.structure.reload();
    expect(arena.usedBlocks).toBeLessThan(usedBlocks);
    world.despawn(world.spawn(A, [B, { value: 1, bits: 2 }]));
    world.dispose();
    expect(arena.usedBlocks).toBe(0);
  });
});
