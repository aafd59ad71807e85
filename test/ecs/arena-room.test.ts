import { describe, expect, it } from "vitest";
import {
  Arena,
  ColumnSegments,
  component,
  createWorld,
  FlowGrid,
  f32,
  integrate,
  kernel,
  propagate,
  SpatialIndex,
  steer,
  Transform,
  u8,
  type World,
  WorldloomError,
  WorldMatrix,
  write,
} from "../../src/index.ts";
import { ChildOf, components, Frozen, Grid, Health, Likes, Position, Title } from "./model.ts";

/** Blocks of all the sizes that worlds ask for, until nothing more fits. */
function fill(arena: Arena): number[][] {
  return [65_536, 8192, 4096, 2048, 1024, 512, 256, 192, 128, 64].map((bytes) => {
    const blocks: number[] = [];
    try {
      for (;;) blocks.push(arena.allocate(bytes));
    } catch (error) {
      if ((error as WorldloomError).code !== "arena-full") throw error;
    }
    return blocks;
  });
}

/** Tries again with one block more after each refusal, which `check` looks at. Returns how often that was. */
function untilRoom(arena: Arena, room: number[][], act: () => unknown, check: () => void): number {
  for (let refused = 0; ; refused++) {
    try {
      act();
      return refused;
    } catch (error) {
      if (!(error instanceof WorldloomError) || error.code !== "arena-full") throw error;
      check();
      arena.release(room.findLast((blocks) => blocks.length > 0)!.pop()!);
    }
  }
}

describe("room that comes back block by block", () => {
  it.each<[string, (world: World, ids: Int32Array) => unknown]>([
    ["spawn", (world) => world.spawn(Position, Health, Grid, Title)],
    ["spawn with a new text", (world) => world.spawn([Title, { text: "new" }], Grid)],
    ["spawnMany", (world, ids) => world.spawnMany(200, Position, [ChildOf, { target: ids[3]! }], Frozen)],
    ["despawn with a cascade", (world, ids) => world.despawn(ids[0]!)],
    ["despawnMany", (world, ids) => world.despawnMany(ids.subarray(20, 90))],
    ["add", (world, ids) => world.add(ids[5]!, Grid, { cells: [1, 2, 3, 4, 5] })],
    ["addMany", (world, ids) => world.addMany(ids, Title, { text: (i) => `t${i % 7}` })],
    ["remove", (world, ids) => world.remove(ids[5]!, Position)],
    ["removeMany", (world, ids) => world.removeMany(ids, Position)],
    ["set", (world, ids) => world.set(ids[5]!, Position, { x: 5 })],
    ["setMany", (world, ids) => world.setMany(ids, Position, { x: (i) => i })],
    ["relate", (world, ids) => world.relate(ids[9]!, ChildOf, ids[8]!)],
    ["relate to many", (world, ids) => world.relate(ids[9]!, Likes, ids[8]!, { weight: 3 })],
    ["unrelate from many", (world, ids) => world.unrelate(ids[1]!, Likes)],
    ["a tick", (world) => world.step([])],
    [
      "commands",
      (world, ids) => {
        const commands = world.commands();
        commands.despawnMany(ids.subarray(50));
        commands.spawnMany(40, Grid, [Title, { text: "new" }]);
        world.apply(commands, { record: true });
      },
    ],
  ])("%s happens whole or not at all", (_, act) => {
    const arena = new Arena({ bytesMax: 1 << 20 });
    const world = createWorld({ components, arena, chunkRows: 32 });
    const ids = world.spawnMany(100, Position, [Health, { value: (i) => i }]);
    for (let i = 1; i < 100; i++) world.relate(ids[1]!, Likes, ids[i]!, { weight: i });
    for (let i = 2; i < 40; i++) world.relate(ids[i]!, ChildOf, ids[i % 4 === 0 ? 0 : i - 1]!);
    const snapshot = world.snapshot();
    const look = () => [world.hash(), world.contentHash(), ...pairs(world, ids)];
    const before = look();
    const room = fill(arena);
    const refused = untilRoom(
      arena,
      room,
      () => act(world, ids),
      () => expect(look()).toEqual(before),
    );
    if (before[0] !== world.hash()) expect(refused).toBeGreaterThan(0);
    for (const blocks of room) for (const block of blocks) arena.release(block);
    world.restore(snapshot);
    expect(look()).toEqual(before);
    snapshot.dispose();
    world.dispose();
    expect(arena.usedBlocks).toBeLessThanOrEqual(1);
  });
});

describe("what writes whole columns", () => {
  const Place = component("Place", { x: f32, y: f32 });
  const Speed = component("Speed", { x: f32({ default: 1 }), y: f32 });
  const Goal = component("Goal", { field: u8 });
  const Marked = component("Marked");
  const move = kernel("move", { write: [Place, Speed] }, (place, speed) => {
    place.x += speed.x;
    speed.y += 1;
  });
  const make = () => {
    const arena = new Arena({ bytesMax: 1 << 20 });
    const world = createWorld({
      components: [Place, Speed, Goal, Marked, Transform, WorldMatrix],
      arena,
      chunkRows: 32,
    });
    world.spawnMany(100, [Place, { x: (i) => i % 8 }], Speed, Goal, Transform, WorldMatrix);
    world.spawnMany(70, [Place, { y: 3 }], Speed, Goal, Transform, WorldMatrix, Marked);
    const index = new SpatialIndex(world, { cell: 1, width: 8, height: 8 });
    const grid = new FlowGrid(world, { width: 8, height: 8, cells: Array(64).fill(1), goals: [[3]] });
    index.build(world.query(Place), Place);
    index.separate(1);
    return { arena, world, index, grid };
  };

  it.each<[string, (made: ReturnType<typeof make>) => unknown]>([
    ["a kernel", ({ world }) => move.run(world)],
    ["integrate", ({ world }) => integrate(world.query(write(Place), Speed), 1)],
    ["propagate", ({ world }) => propagate(world.query(Transform, write(WorldMatrix)))],
    [
      "steer",
      ({ world, index, grid }) =>
        steer(world.query(Place, write(Speed), Goal), {
          ...{ grid, index, position: Place, velocity: Speed, goal: Goal },
          ...{ speed: 1, strength: 1, pushMax: 1, dt: 0.1 },
        }),
    ],
    ["segments", ({ world }) => new ColumnSegments(world.query(write(Place)), [[Place, "x"]])],
    [
      "a loop",
      ({ world }) => {
        for (const _ of world.query(write(Place), write(Speed)).chunks()) break;
      },
    ],
  ])("%s writes all of them or none", (_, act) => {
    const made = make();
    const { arena, world } = made;
    const snapshot = world.snapshot();
    world.step([]);
    const hash = world.hash();
    const room = fill(arena);
    const refused = untilRoom(
      arena,
      room,
      () => act(made),
      () => expect(world.hash()).toBe(hash),
    );
    expect(refused).toBeGreaterThan(0);
    expect(world.hash()).not.toBe(hash);
    snapshot.dispose();
  });

  it("an index that does not fit any more answers as of its last build", () => {
    const { arena, world, index } = make();
    const look = () => [[...index.within(3, 0, 2)], [...index.pairs(0)].length, index.nearest(1, 1, 3), index.count];
    const before = look();
    world.spawnMany(1430, Place);
    const room = fill(arena);
    const refused = untilRoom(
      arena,
      room,
      () => index.build(world.query(Place), Place),
      () => expect(look()).toEqual(before),
    );
    expect(refused).toBeGreaterThan(0);
    expect(index.count).toBe(1600);
    for (const blocks of room) for (const block of blocks) arena.release(block);
    index.dispose();
  });
});

/** Who is related to the first few entities: what caches say. */
function pairs(world: World, ids: Int32Array): (readonly number[])[] {
  return Array.from(ids.subarray(0, 12), (id) => [
    world.sources(ChildOf, id),
    world.sources(Likes, id),
    world.targets(id, Likes),
  ]).flat();
}
