import { describe, expect, it } from "vitest";
import { Arena, component, createWorld, f32, i32, type Snapshot, type World, write } from "../../src/index.ts";
import { expectSame, makeTwin, someValues, type Twin } from "./fuzz.ts";
import { components, Flags, Frozen, Health, Position, plain } from "./model.ts";
import { Random } from "./random.ts";

const Velocity = component("Velocity", { x: f32, y: f32 });
const Mass = component("Mass", { value: i32 });

function filled(arena: Arena, entities: number, chunkRows = 64): World {
  const world = createWorld({ components: [Position, Velocity, Mass, Frozen], arena, chunkRows });
  world.spawnMany(entities, Position, Velocity, Mass);
  return world;
}

/** Blocks allocated by `act`. */
function allocated(arena: Arena, act: () => void): number {
  const before = arena.allocations;
  act();
  return arena.allocations - before;
}

describe("copy on write", () => {
  it("copies only the blocks that are written, once", () => {
    const arena = new Arena();
    const world = filled(arena, 64 * 10);
    const ids = world.query(Position).entities();
    const write5 = () => world.set(ids[64 * 5 + 3]!, Position, { x: 1 });
    write5();
    expect(allocated(arena, write5)).toBe(0);
    const snapshot = world.snapshot();
    // The block of rows, and the column's list of blocks.
    expect(allocated(arena, write5)).toBe(2);
    expect(allocated(arena, write5)).toBe(0);
    expect(allocated(arena, () => world.set(ids[64 * 5 + 9]!, Position, { y: 2 }))).toBe(0);
    expect(allocated(arena, () => world.set(ids[64 * 6]!, Position, { y: 2 }))).toBe(1);
    expect(allocated(arena, () => world.set(ids[64 * 6]!, Mass, { value: 2 }))).toBe(2);
    snapshot.dispose();
    world.dispose();
  });

  it("copies a column that a query writes, not those that it reads", () => {
    const arena = new Arena();
    const world = filled(arena, 64 * 10);
    const query = world.query(write(Position), Velocity);
    const walk = () => {
      for (const { count, position } of query.chunks()) for (let i = 0; i < count; i++) position.x[i]! += 1;
    };
    walk();
    expect(allocated(arena, walk)).toBe(0);
    const snapshot = world.snapshot();
    expect(allocated(arena, walk)).toBe(10 + 1);
    expect(allocated(arena, walk)).toBe(0);
    snapshot.dispose();
    // Whoever is alone again writes in place.
    expect(allocated(arena, walk)).toBe(0);
    world.dispose();
  });

  it("shares everything between snapshots, and gives back what only one of them held", () => {
    const arena = new Arena();
    const world = filled(arena, 5000);
    world.hash();
    const before = arena.usedBytes;
    const snapshots = Array.from({ length: 100 }, () => world.snapshot());
    expect(arena.usedBytes - before).toBeLessThan(100 * 1024);
    for (const snapshot of snapshots) snapshot.dispose();
    for (const snapshot of snapshots) snapshot.dispose();
    expect(arena.usedBytes).toBe(before);
    world.dispose();
    world.dispose();
    expect(arena.usedBlocks).toBe(0);
  });
});

describe("memory that moves when it grows", () => {
  it("leaves no chunk with views of the old place", () => {
    const arena = new Arena({ bytesMax: 1 << 26, shared: false });
    const world = filled(arena, 64 * 200);
    const query = world.query(Velocity, Mass, write(Position));
    const snapshots: Snapshot[] = [];
    const { version } = arena.memory;
    for (let round = 1; round <= 30; round++) {
      snapshots.push(world.snapshot());
      for (const { count, entities, velocity, mass, position } of query.chunks()) {
        expect([entities.length, velocity.x.length, mass.value.length, position.y.length]).toEqual([64, 64, 64, 64]);
        for (let i = 0; i < count; i++) position.x[i]! += 1 + velocity.x[i]! + mass.value[i]!;
      }
    }
    expect(arena.memory.version).toBeGreaterThan(version);
    for (const entity of query.entities()) expect(world.get(entity, Position)).toEqual({ x: 30, y: 1.5 });
    for (const held of [...snapshots, world]) held.dispose();
    expect(arena.usedBlocks).toBeLessThanOrEqual(1);
  });
});

describe("many blocks at once", () => {
  it("are all there or none, also where free blocks are cut anew", () => {
    for (let count = 1; count < 150; count += 7) {
      const arena = new Arena({ bytesMax: 1 << 20 });
      const list = arena.allocate(4096);
      const bytes = 8192 - (count % 5) * 1024;
      arena.release(arena.allocate(bytes));
      let held = 0;
      try {
        arena.allocateMany(count, bytes, list << 4, 1);
        held = count;
      } catch (error) {
        expect(error).toMatchObject({ code: "arena-full" });
        expect(count).toBeGreaterThan(90);
      }
      expect(arena.usedBlocks).toBe(held + 1);
      const blocks = Array.from({ length: held }, (_, i) => arena.memory.i32[(list << 4) + i]! >>> 6);
      expect(new Set(blocks).size).toBe(held);
      for (const block of blocks) arena.release(block);
      arena.release(arena.allocate(200_000));
    }
  });
});

describe("memory that another world makes grow", () => {
  it("leaves no chunk with views of the old place", () => {
    const arena = new Arena({ bytesMax: 1 << 26, shared: false });
    const world = filled(arena, 64 * 3);
    const query = world.query(Position);
    const lengths = () => Array.from(query.chunks(), ({ position }) => position.x.length);
    expect(lengths()).toEqual([64, 64, 64]);
    const { version } = arena.memory;
    const other = filled(arena, 100_000);
    expect(arena.memory.version).toBeGreaterThan(version);
    expect(lengths()).toEqual([64, 64, 64]);
    other.dispose();
    world.dispose();
  });
});

describe("forks and snapshots", () => {
  it("are independent of what happens elsewhere", () => {
    const arena = new Arena();
    const world = filled(arena, 100);
    const ids = world.query(Position).entities();
    const one = world.snapshot();
    const fork = world.fork();
    const hashes = [world.hash(), world.contentHash()];
    world.set(ids[0]!, Position, { x: 5 });
    world.despawn(ids[1]!);
    expect([fork.hash(), fork.contentHash()]).toEqual(hashes);
    fork.setMany(ids, Mass, { value: 9 });
    fork.restore(one);
    const two = fork.snapshot();
    fork.despawnMany(ids);
    world.restore(two);
    one.dispose();
    fork.dispose();
    expect([world.hash(), world.contentHash()]).toEqual(hashes);
    world.dispose();
    const other = createWorld({ components: [Position, Velocity, Mass, Frozen], arena, chunkRows: 64 });
    other.restore(two);
    expect([other.hash(), other.contentHash()]).toEqual(hashes);
    other.dispose();
    two.dispose();
    expect(arena.usedBlocks).toBe(0);
  });

  it("end in any order, leaking nothing and freeing nothing twice", () => {
    const random = new Random(21);
    const arena = new Arena({ bytesMax: 1 << 26 });
    for (let round = 0; round < 60; round++) {
      const twins: Twin[] = [makeTwin(arena, 1000, 32)];
      const snapshots: [Snapshot, Twin["naive"]][] = [];
      for (let i = 0; i < 60; i++) {
        const twin = random.pick(twins);
        for (let n = 0; n < 12; n++) {
          const items = random
            .shuffled([...plain])
            .slice(0, 2)
            .map((part) => [part, someValues(random, part.name)] as const);
          twin.world.spawn(...(items as unknown as []));
          twin.naive.spawn(items.map(([part, values]) => [part.name, values]));
        }
        const ended = random.pick([...twin.naive.alive.keys()]);
        twin.world.despawn(ended);
        twin.naive.despawn(ended);
        switch (random.below(5)) {
          case 0:
            snapshots.push([twin.world.snapshot(), twin.naive.copy()]);
            break;
          case 1:
            twins.push({ world: twin.world.fork(), naive: twin.naive.copy() });
            break;
          case 2:
            if (twins.length > 1) twins.splice(twins.indexOf(twin), 1)[0]!.world.dispose();
            break;
          case 3:
            if (snapshots.length > 0) snapshots.splice(random.below(snapshots.length), 1)[0]![0].dispose();
            break;
          default:
            if (snapshots.length > 0) {
              const [snapshot, naive] = random.pick(snapshots);
              twin.world.restore(snapshot);
              twin.naive = naive.copy();
            }
        }
      }
      if (round % 20 === 0) for (const twin of twins) expectSame(twin);
      for (const end of random.shuffled([
        ...twins.map(({ world }) => world),
        ...snapshots.map(([snapshot]) => snapshot),
      ]))
        end.dispose();
      expect(arena.usedBlocks).toBeLessThanOrEqual(1);
    }
  });
});

describe("many worlds side by side", () => {
  it("take at most 64 KiB each with 200 entities, and give it back", () => {
    const arena = new Arena();
    const make = (_: unknown, w: number): World => {
      const world = createWorld({ components, arena, seed: w });
      world.spawnMany(100, [Position, { x: w }], Health);
      world.spawnMany(100, [Position, { x: w }], Flags, Frozen);
      return world;
    };
    const worlds = Array.from({ length: 1000 }, make);
    expect(arena.usedBytes / 1000).toBeLessThan(64 * 1024);
    expect(arena.committedBytes / 1000).toBeLessThan(64 * 1024);
    expect(new Set(worlds.map((world) => world.hash())).size).toBe(1000);
    worlds.forEach((world, w) => {
      expect(world.query(Position).count).toBe(200);
      expect(world.get(world.query(Frozen).entities()[99]!, Position)).toEqual({ x: w, y: 1.5 });
    });
    const committed = arena.committedBytes;
    for (const world of worlds) world.dispose();
    expect(arena.usedBlocks).toBe(0);
    for (const world of Array.from({ length: 1000 }, make)) world.dispose();
    expect(arena.committedBytes).toBe(committed);
  });
});
