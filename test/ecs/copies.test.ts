import { afterAll, describe, expect, it } from "vitest";
import { Arena, component, createWorld, f32, i32, type Snapshot, system, type World, write } from "../../src/index.ts";
import { Random } from "./random.ts";

const Position = component("Position", { x: f32, y: f32 });
const Score = component("Score", { value: i32 });
const COUNT = 150;

function filled(arena: Arena): World {
  const world = createWorld({ components: [Position, Score], arena, chunkRows: 32, checked: false });
  world.spawnMany(COUNT, [Position, { x: (row) => row }], Score);
  return world;
}

function addToAll(world: World, amount: number): void {
  for (const { count, position } of world.query(write(Position)).chunks())
    for (let i = 0; i < count; i++) position.x[i]! += amount;
}

function valuesOf(world: World): number[] {
  const values: number[] = [];
  for (const { count, position } of world.query(Position).chunks())
    for (let i = 0; i < count; i++) values.push(position.x[i]!);
  return values;
}

const adding = system("adding", { query: [write(Position)], run: ({ world }) => addToAll(world as World, 1) });
const failing = system("failing", {
  query: [write(Position)],
  run: ({ world }) => {
    addToAll(world as World, 1);
    throw new Error("no");
  },
});

describe("a world whose snapshots get the copies", () => {
  it("keeps its views where it writes", () => {
    const arena = new Arena();
    const world = filled(arena);
    const query = world.query(write(Position));
    const arrays = () => Array.from(query.chunks(), ({ position }) => position.x);
    const first = arrays();
    const ring: Snapshot[] = [];
    for (let tick = 0; tick < 10; tick++) {
      ring.push(world.snapshot());
      arrays().forEach((array, k) => {
        expect(array === first[k]).toBe(true);
      });
      addToAll(world, 1);
      if (ring.length > 3) ring.shift()!.dispose();
    }
    world.step([adding]);
    expect(arrays()[0] === first[0]).toBe(true);
    for (const held of [...ring, world]) held.dispose();
    expect(arena.usedBlocks).toBe(0);
  });

  it("shows through columns that an outer loop reads what an inner one writes, with and without a snapshot", () => {
    const world = filled(new Arena());
    const seen = () => {
      const found: number[] = [];
      for (const { position } of world.query(Position).chunks()) {
        addToAll(world, 1);
        found.push(position.x[0]!);
      }
      return found;
    };
    const before = seen();
    const kept = world.snapshot();
    expect(seen()).toEqual(before.map((value) => value + before.length));
    kept.dispose();
    world.dispose();
  });

  it("leaves the digests with the snapshot, and none with what is written", () => {
    const world = filled(new Arena());
    const hash = world.hash();
    const content = world.contentHash();
    const kept = world.snapshot();
    addToAll(world, 1);
    expect(world.hash()).not.toBe(hash);
    expect(world.contentHash()).not.toBe(content);
    world.restore(kept);
    expect([world.hash(), world.contentHash()]).toEqual([hash, content]);
    const values = valuesOf(world);
    expect(values).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    kept.dispose();
    world.dispose();
  });

  it("does not move what a fork has in use", () => {
    const arena = new Arena();
    const world = filled(arena);
    const fork = world.fork();
    const held = fork.query(Position);
    const arrays = Array.from(held.chunks(), ({ position }) => position.x);
    addToAll(world, 1);
    expect(Array.from(held.chunks(), ({ position }) => position.x).every((array, k) => array === arrays[k])).toBe(true);
    expect(valuesOf(fork)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    fork.dispose();
    world.dispose();
    expect(arena.usedBlocks).toBe(0);
  });
});

interface Live {
  readonly world: World;
  values: number[];
}

interface Kept {
  readonly snapshot: Snapshot;
  readonly values: readonly number[];
}

describe("many worlds and snapshots of one arena", () => {
  const arenas: Arena[] = [];
  afterAll(() => {
    for (const arena of arenas) expect(arena.usedBlocks).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6])("each have the values that they had (%i)", (seed) => {
    const random = new Random(seed);
    const arena = new Arena({ bytesMax: 1 << 26, shared: seed % 2 === 0 });
    arenas.push(arena);
    const first = filled(arena);
    const ids = first.query(Position).entities();
    const live: Live[] = [{ world: first, values: valuesOf(first) }];
    const kept: Kept[] = [];
    for (let step = 0; step < 600; step++) {
      const one = random.pick(live);
      switch (random.below(9)) {
        case 0:
        case 1:
        case 2:
          addToAll(one.world, step);
          one.values = one.values.map((value) => value + step);
          break;
        case 3: {
          const row = random.below(COUNT);
          one.world.set(ids[row]!, Position, { x: step });
          one.values[row] = step;
          break;
        }
        case 4:
        case 5:
          kept.push({ snapshot: one.world.snapshot(), values: [...one.values] });
          if (kept.length > 6) kept.splice(random.below(6), 1)[0]!.snapshot.dispose();
          break;
        case 6:
          if (kept.length > 0) {
            const { snapshot, values } = random.pick(kept);
            one.world.restore(snapshot);
            one.values = [...values];
          }
          break;
        case 7:
          if (live.length < 4) live.push({ world: one.world.fork(), values: [...one.values] });
          else live.splice(live.indexOf(one), 1)[0]!.world.dispose();
          break;
        default: {
          const before = one.world.hash();
          expect(() => one.world.step([failing])).toThrow("no");
          expect(one.world.hash()).toBe(before);
        }
      }
      for (const { world, values } of live) expect(valuesOf(world)).toEqual(values);
    }
    const reader = filled(arena);
    for (const { snapshot, values } of kept) {
      reader.restore(snapshot);
      expect(valuesOf(reader)).toEqual(values);
    }
    for (const { world } of live) world.dispose();
    for (const { snapshot } of kept) snapshot.dispose();
    reader.dispose();
  });
});
