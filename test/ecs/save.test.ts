import { expect, test } from "vitest";
import {
  Arena,
  component,
  createWorld,
  f32,
  f64,
  input,
  loadWorld,
  relation,
  str,
  type World,
  WorldloomError,
} from "worldloom";
import { restoreSave } from "../../src/ecs/save-load.ts";
import {
  errorOf,
  everything,
  Frozen,
  Health,
  Position,
  rng,
  runChanges,
  seedOf,
  worldOfEverything,
} from "./persist.ts";

function loaded(world: World): World {
  return loadWorld(world.save(), everything);
}

test("an empty world", () => {
  const world = createWorld({ seed: 77, limits: { entities: 1000, strings: 5 }, chunkRows: 64 });
  const copy = loadWorld(world.save(), {});
  expect([copy.hash(), copy.contentHash(), copy.seed]).toEqual([world.hash(), world.contentHash(), 77]);
  expect(copy.core.limits).toEqual(world.core.limits);
});

test("a loaded world has the hash of the saved one, and so have their futures", () => {
  const seed = seedOf(21);
  for (let round = 0; round < 12; round++) {
    const world = worldOfEverything();
    runChanges(world, rng(seed + round), 150 + round * 40);
    const copy = loaded(world);
    for (let step = 0; step < 6; step++) {
      const where = `seed ${seed} round ${round} step ${step}`;
      expect(copy.hash(), where).toBe(world.hash());
      expect(copy.contentHash(), where).toBe(world.contentHash());
      expect(copy.tick, where).toBe(world.tick);
      for (const each of [world, copy]) runChanges(each, rng(seed * 1000 + round * 10 + step), 60);
    }
    expect(copy.save(), "the same bytes again").toEqual(world.save());
    copy.dispose();
    world.dispose();
  }
});

test("chunks that were emptied leave no trace: entities that move in later have the same ticks", () => {
  const world = worldOfEverything();
  const moved = world.spawnMany(70, Position);
  world.step([]);
  world.step([]);
  const short = world.spawnMany(40, Position, Frozen);
  world.despawnMany(short);
  const copy = loaded(world);
  for (const each of [world, copy]) each.addMany(moved, Frozen);
  expect(copy.hash()).toBe(world.hash());
});

test("bits are kept: NaN payloads, negative zero, denormals", () => {
  const Bits = component("Bits", { a: f32({ nan: true }), b: f64({ nan: true }) });
  const world = createWorld({ components: [Bits] });
  world.spawnMany(100, [Bits, { a: -0, b: 5e-324 }]);
  const block = world.core.store.tables.find((table) => table.kind === "archetype" && table.rows === 100)!;
  const at = block.blockOf(block.columns[1]!, 0) << 4;
  world.core.arena.memory.i32[at + 3] = 0x7fc12345;
  world.core.arena.memory.i32[at + 4] = -0x3edcb;
  const copy = loadWorld(world.save(), { components: [Bits] });
  const table = copy.core.store.tables[block.id]!;
  const bits = copy.core.arena.memory.i32.slice(table.blockOf(table.columns[1]!, 0) << 4);
  expect([bits[3], bits[4], bits[0]]).toEqual([0x7fc12345, -0x3edcb, -0x80000000]);
});

test("generations, free indices and retired ones", () => {
  const world = createWorld({ components: [Position], limits: { entities: 2 ** 24 } });
  const first = world.spawn(Position);
  for (let i = 0, entity = first; i < 127; i++) {
    world.despawn(entity);
    entity = world.spawn(Position);
  }
  const list = world.spawnMany(200, Position);
  world.despawnMany(list.filter((_, i) => i % 3 === 0));
  const copy = loadWorld(world.save(), { components: [Position] });
  expect(copy.hash()).toBe(world.hash());
  expect(Array.from(copy.spawnMany(100))).toEqual(Array.from(world.spawnMany(100)));
  expect(copy.isAlive(first)).toBe(false);
});

test("attached regions", () => {
  const world = createWorld({});
  const bytes = Uint8Array.from({ length: 9000 }, (_, i) => i * 7);
  world.attach("gone", { bytes: new Uint8Array(10) }).detach();
  const region = world.attach("vm", { bytes });
  bytes[8500] = 255;
  region.touch(8500, 8501);
  const copy = loadWorld(world.save(), {});
  expect(copy.hash()).toBe(world.hash());
  expect(Buffer.compare(copy.region("vm")!.bytes, bytes)).toBe(0);
  expect(copy.region("gone")).toBeUndefined();
});

test("a file has rows, not capacity", () => {
  const world = createWorld({ components: [Position] });
  world.despawnMany(world.spawnMany(50_000, Position));
  const least = createWorld({ components: [Position] }).save().length;
  // Two bytes for the generation of each index, and ticks of each chunk.
  expect(world.save().length - least).toBeLessThan(50_000 * 2 + 2000);
});

const saved = (() => {
  const world = worldOfEverything();
  runChanges(world, rng(3), 400);
  world.attach("vm", { bytes: Uint8Array.of(1, 2, 3) });
  return world.save();
})();

test("every truncation is refused", () => {
  for (let length = 0; length < saved.length; length += length < 4096 ? 1 : 37) {
    expect(errorOf(() => loadWorld(saved.slice(0, length), everything)).code).toBe("bad-file");
  }
  expect(errorOf(() => loadWorld(Buffer.concat([saved, new Uint8Array(4)]), everything)).code).toBe("bad-file");
});

test("every flipped byte is refused", () => {
  const random = rng(seedOf(31));
  const damaged = saved.slice();
  for (let at = 0; at < saved.length; at += at < 2048 ? 1 : 1 + random(60)) {
    damaged[at] = saved[at]! ^ (1 << random(8));
    expect(errorOf(() => loadWorld(damaged, everything)).code, `byte ${at}`).toBe("bad-file");
    damaged[at] = saved[at]!;
  }
});

test("flips under a right checksum give a coded error or a world that works", () => {
  const seed = seedOf(41);
  const random = rng(seed);
  let worked = 0;
  const [arena, codes] = [new Arena(), new Set<string>()];
  for (let round = 0; round < 3000; round++) {
    const damaged = saved.slice();
    for (let flips = 1 + random(3); flips > 0; flips--) {
      const at = 32 + random(random(2) === 0 ? 4000 : saved.length - 32);
      damaged[at] = random(3) === 0 ? 255 : damaged[at]! ^ (1 << random(8));
    }
    resealed(damaged);
    try {
      const world = loadWorld(damaged, { ...everything, arena });
      worked++;
      try {
        world.hash();
        world.contentHash();
        runChanges(world, rng(round), 20);
        for (const entity of world.query().entities()) if (world.isAlive(entity)) world.despawn(entity);
        world.save();
      } finally {
        world.dispose();
      }
    } catch (error) {
      if (!(error instanceof WorldloomError)) throw new Error(`seed ${seed} round ${round}`, { cause: error });
      codes.add(error.code);
    }
  }
  expect(worked).toBeGreaterThan(100);
  expect(codes).toContain("bad-file");
  expect(arena.usedBlocks).toBeLessThanOrEqual(1);
});

test("a newer version says so", () => {
  const newer = saved.slice();
  newer[8] = 2;
  const error = errorOf(() => loadWorld(resealed(newer), everything));
  expect(error.code).toBe("file-version");
  expect(error.message).toMatch(/version 2.*up to 1.*update/);
  newer[8] = 0;
  expect(errorOf(() => loadWorld(resealed(newer), everything)).code).toBe("bad-file");
});

test("another schema is refused, and the first difference is named", () => {
  const OtherHealth = component("Health", { left: f32 });
  const cases: readonly [components: Parameters<typeof createWorld>[0]["components"], message: RegExp][] = [
    [[Position, OtherHealth], /number 2, component Health, has left:u16.* in the file and left:f32.* here/],
    [[Position, component("Health")], /number 2, component Health, has left:u16.* in the file and no more fields here/],
    [[Position], /nothing here is declared like component Health/],
    [[Position, Health, Frozen, relation("Owns")], /the file has nothing like relation Owns/],
    [[Health, Position, Frozen], /number 1 is component Position/],
  ];
  const bytes = createWorld({ components: [Position, Health, Frozen] }).save();
  for (const [components, message] of cases) {
    const error = errorOf(() => loadWorld(bytes, { components: components! }));
    expect(error.code).toBe("schema-mismatch");
    expect(error.message).toMatch(message);
  }
});

test("no world continues from what is beyond its limits, and could not be saved there", () => {
  const Label = component("Label", { text: str });
  const Knock = input("Knock", { times: f32 });
  const make = (limits: { readonly strings?: number; readonly events?: number }): World =>
    createWorld({ components: [Label], inputs: [Knock], limits });
  const full = make({});
  for (let i = 0; i < 20; i++) {
    full.spawn([Label, { text: `label ${i}` }]);
    full.input(Knock, { times: i });
  }
  const cases = [
    { limits: { strings: 19 }, message: /20 strings, and here may be 19; raise limits.strings/ },
    { limits: { events: 19 }, message: /20 events or inputs of one type, and here may be 19; raise limits.events/ },
  ];
  for (const { limits, message } of cases) {
    const world = make(limits);
    world.spawn([Label, { text: "mine" }]);
    const hash = world.hash();
    for (const restore of [() => world.restore(full.snapshot()), () => restoreSave(world, full.save())]) {
      const error = errorOf(restore);
      expect(error.code).toBe("schema-mismatch");
      expect(error.message).toMatch(message);
      expect(world.hash()).toBe(hash);
    }
  }
  const roomy = make({ strings: 20, events: 20 });
  for (const restore of [() => roomy.restore(full.snapshot()), () => restoreSave(roomy, full.save())]) {
    restore();
    expect(loadWorld(roomy.save(), { components: [Label], inputs: [Knock] }).hash()).toBe(full.hash());
  }
});

test("what is not a file, and worlds that cannot be saved now", () => {
  expect(errorOf(() => loadWorld("x" as unknown as Uint8Array, {})).code).toBe("bad-argument");
  expect(errorOf(() => loadWorld(new Uint8Array(0), {})).code).toBe("bad-file");
  const world = worldOfEverything();
  world.spawn(Position);
  for (const _ of world.query(Position).chunks()) expect(errorOf(() => world.save()).code).toBe("structure-locked");
  world.dispose();
  expect(errorOf(() => world.save()).code).toBe("world-disposed");
});

test("a load that does not fit into its arena gives everything back", () => {
  const world = createWorld({ components: [Position] });
  world.spawnMany(60_000, Position);
  const arena = new Arena({ bytesMax: 1 << 20 });
  expect(errorOf(() => loadWorld(world.save(), { components: [Position], arena })).code).toBe("arena-full");
  expect(arena.usedBlocks).toBe(0);
});

/** Gives a file whose bytes were changed the checksum that fits. */
function resealed(bytes: Uint8Array): Uint8Array {
  const message = errorOf(() => loadWorld(bytes, everything));
  if (message.operands["checksum"] === undefined) return bytes;
  const [low, high] = message.operands["checksum"] as [number, number];
  new DataView(bytes.buffer).setUint32(20, low, true);
  new DataView(bytes.buffer).setUint32(24, high, true);
  return bytes;
}
