import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import {
  Arena,
  array,
  bool,
  ChildOf,
  type Component,
  component,
  createWorld,
  entity,
  f32,
  f64,
  i8,
  i16,
  i32,
  relation,
  resource,
  str,
  u8,
  u16,
  u32,
  vec3,
  type World,
  write,
} from "../../src/index.ts";
import { someValues } from "./fuzz.ts";
import { components, exclusive, Flags, Frozen, Health, Likes, Position, plain, Title } from "./model.ts";
import { Random } from "./random.ts";

const Every = component("Every", {
  f: f32({ nan: true }),
  d: f64({ nan: true }),
  a: i8,
  b: u8,
  c: i16,
  e: u16,
  g: i32,
  h: u32,
  on: bool,
  who: entity,
  text: str,
  v: vec3(f32),
  list: array(i16, 3),
  names: array(str, 2),
});
const make = (chunkRows = 64, seed = 0) => createWorld({ components, chunkRows, seed });
const both = (world: World) => [world.hash(), world.contentHash()];

/** A few hundred random operations, all legal. */
function live(world: World, random: Random): void {
  for (let i = 0; i < 300; i++) {
    const ids = Array.from(world.query().entities()).sort((a, b) => a - b);
    const [one, two] = [random.pick(ids), random.pick(ids)];
    const part = random.pick([...plain]) as Component;
    const values = someValues(random, part.name, true) as never;
    switch (ids.length < 20 ? random.below(2) : random.below(9)) {
      case 0:
        world.spawn([part, values]);
        break;
      case 1:
        world.spawnMany(random.below(30), part);
        break;
      case 2:
        world.despawn(one!);
        break;
      case 3:
        world.add(one!, part, values);
        break;
      case 4:
        world.remove(one!, part);
        break;
      case 5:
        world.relate(one!, Likes, two!, { weight: random.below(99) });
        break;
      case 6:
        world.unrelate(one!, Likes);
        break;
      case 7:
        if (one! < two!) world.relate(two!, ChildOf, one!);
        break;
      default:
        if (world.has(one!, part)) world.set(one!, part, values);
    }
  }
}

describe("hash", () => {
  it("is 16 hexadecimal digits, and equal for equal histories", () => {
    const [a, b] = [make(), createWorld({ components, chunkRows: 64, arena: new Arena() })];
    expect(a.hash()).toMatch(/^[0-9a-f]{16}$/);
    expect(both(a)).toEqual(both(b));
    live(a, new Random(31));
    live(b, new Random(31));
    expect(both(a)).toEqual(both(b));
    live(b, new Random(32));
    expect(a.hash()).not.toBe(b.hash());
  });

  it("says so when anything that decides the future differs", () => {
    const histories: ((world: World) => unknown)[] = [
      () => {},
      (world) => world.spawn(),
      (world) => world.spawn(Position),
      (world) => world.spawn(Frozen),
      (world) => world.spawn(Position, Frozen),
      (world) => world.despawn(world.spawn()),
      (world) => world.spawnMany(2, Position),
      (world) => world.despawn(world.spawnMany(2, Position)[0]!),
      (world) => world.despawn(world.spawnMany(2, Position)[1]!),
      (world) => world.spawn([Title, { text: "new" }]),
      (world) => world.set(world.spawn([Title, { text: "new" }]), Title, { text: "" }),
      (world) => world.step([]),
      (world) => [world.step([]), world.spawn(Position)],
      (world) => [world.spawn(Position), world.step([])],
      (world) => [world.spawn(Position), world.step([]), [...world.query(write(Position)).chunks()]],
      (world) => world.relate(world.spawn(), Likes, world.spawn()),
      (world) => world.relate(world.spawn(), ChildOf, world.spawn()),
    ];
    const hashes = histories.map((history) => {
      const world = make();
      history(world);
      return world.hash();
    });
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(new Set([0, 1, 2 ** 32 - 1].map((seed) => make(64, seed).hash())).size).toBe(3);
    expect(make(64, 7).contentHash()).toBe(make(64, 8).contentHash());
  });

  it("does not depend on when it was taken, or on who shares blocks", () => {
    const [often, once] = [make(), make()];
    const random = [new Random(33), new Random(33)] as const;
    const kept = [];
    for (let i = 0; i < 5; i++) {
      live(often, random[0]);
      kept.push(often.snapshot(), often.fork());
      both(often);
      live(once, random[1]);
    }
    expect(both(often)).toEqual(both(once));
    for (const held of kept) held.dispose();
    expect(both(often)).toEqual(both(once));
  });

  it("is the same with both sets of jobs", () => {
    const script = `
      import { everyWorld } from "./test/ecs/every.ts";
      for (const world of everyWorld()) console.log(world.hash(), world.contentHash());`;
    const run = (jobs: string) =>
      execFileSync(process.execPath, ["--input-type=module-typescript", "--no-warnings", "-e", script], {
        env: { ...process.env, WORLDLOOM_JOBS: jobs },
        encoding: "utf8",
      });
    expect(run("").trim().split("\n").length).toBe(4);
    expect(run("")).toBe(run("reference"));
  });
});

describe("contentHash", () => {
  const shuffledHistories = (declared: readonly Component[], random: Random) => {
    const world = createWorld({ components: declared, chunkRows: random.pick([32, 64, 1024]) });
    const ids = Array.from(world.spawnMany(150));
    const wanted = new Random(40);
    const parts = ids.map(() => wanted.shuffled([...plain] as Component[]).slice(0, wanted.below(5)));
    const values = new Map(
      ids.flatMap((id, i) =>
        parts[i]!.map((part) => [`${id}${part.name}`, someValues(wanted, part.name, true)] as const),
      ),
    );
    // Detours: components that do not stay, texts that nobody keeps.
    for (const id of random.shuffled(ids))
      if (random.once(2)) world.add(id, random.pick([...plain]) as Component, {} as never);
    for (const part of random.shuffled([...plain] as Component[])) world.removeMany(random.shuffled(ids), part);
    const steps = random.shuffled(ids.flatMap((id, i) => parts[i]!.map((part) => [id, part] as const)));
    for (const [id, part] of steps) world.add(id, part, values.get(`${id}${part.name}`) as never);
    for (const id of random.shuffled(ids)) {
      world.relate(id, Likes, ids[(id * 7) % 150]!, { weight: id % 13 });
      if (id % 3 === 0) world.relate(id, exclusive[1], ids[(id * 11) % 150]!, { amount: id % 200 });
    }
    return world;
  };

  it("is equal for equal contents: whatever the order of rows, of declarations, of texts and of pairs", () => {
    const hashes = [1, 2, 3, 4].map((seed) => {
      const random = new Random(seed);
      return both(
        shuffledHistories(seed === 1 ? components : random.shuffled(components as readonly Component[]), random),
      );
    });
    expect(new Set(hashes.map(([, content]) => content)).size).toBe(1);
    expect(new Set(hashes.map(([hash]) => hash)).size).toBe(4);
  });

  it("differs for any cell, component, tag, pair and id that differs", () => {
    const world = createWorld({ components: [Every, Frozen, Health, Likes], chunkRows: 32 });
    const ids = world.spawnMany(70, [Every, { g: (i) => i }], Health);
    world.relate(ids[0]!, Likes, ids[1]!, { weight: 1 });
    const start = world.snapshot();
    const [first, last] = [ids[0]!, ids[69]!];
    const values = {
      f: [1, -0, Number.NaN, Infinity, 1e-45],
      d: [1, -0, Number.NaN, -Infinity, 5e-324],
      a: [-1],
      b: [1],
      c: [-1],
      e: [65_535],
      g: [-1, 1000],
      h: [2 ** 32 - 1],
      on: [true],
      who: [first],
      text: ["a", "b"],
      v: [{ x: 1 }, { y: 1 }, { z: 1 }],
      list: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 1, 0],
      ],
      names: [
        ["a", ""],
        ["", "a"],
        ["a", "a"],
      ],
    };
    const changes: (() => unknown)[] = [() => {}];
    for (const id of [first, last])
      for (const [field, list] of Object.entries(values))
        for (const value of list) changes.push(() => world.set(id, Every, { [field]: value }));
    for (const id of [first, last])
      changes.push(
        () => world.add(id, Frozen),
        () => world.remove(id, Health),
        () => world.despawn(id),
        () => world.set(id, Health, { value: 99 }),
      );
    changes.push(
      () => world.spawn(),
      () => [world.despawn(last), world.spawn(Every, Health)],
      () => world.relate(first, Likes, last, { weight: 1 }),
      () => world.relate(ids[1]!, Likes, first, { weight: 1 }),
      () => world.unrelate(first, Likes),
      ...[0, -0, Infinity, -Infinity, 2].map((weight) => () => world.relate(first, Likes, ids[1]!, { weight })),
      () => world.setMany([first, last], Every, { g: [69, 0] }),
    );
    const hashes = changes.map((change) => {
      world.restore(start);
      change();
      return world.contentHash();
    });
    const seen = new Map<string, number>();
    hashes.forEach((hash, i) => {
      expect(seen.get(hash), `changes ${seen.get(hash)} and ${i}: ${changes[i]}`).toBe(undefined);
      seen.set(hash, i);
    });
    start.dispose();
  });

  it("takes all NaNs for one", () => {
    const words = [
      [0x7fc00000, 0x7ff80000],
      [0xffc00000, 0xfff80000],
      [0x7fc12345, 0x7ff12345],
      [0x7f800001, 0xfff00001],
    ] as const;
    const hashes = words.map(([single, double]) => {
      const world = createWorld({ components: [Every] });
      world.spawnMany(3, Every);
      for (const { every } of world.query(write(Every)).chunks()) {
        new Uint32Array(every.f.buffer, every.f.byteOffset, 1)[0] = single;
        new Uint32Array(every.d.buffer, every.d.byteOffset, 2).set([single, double]);
      }
      return both(world).join();
    });
    expect(new Set(hashes).size).toBe(1);
  });

  it("tells the values of resources apart that JSON takes for one", () => {
    const Wind = resource("Wind", { speed: f64({ nan: true }) });
    const world = createWorld({ components: [], resources: [Wind] });
    const hashes = [0, -0, Infinity, -Infinity, Number.NaN, 1].map((speed) => {
      world.setResource(Wind, { speed });
      return world.contentHash();
    });
    expect(new Set(hashes).size).toBe(6);
  });

  it("is of relations by their names too", () => {
    const [A, B] = [relation("A", {}, { exclusive: false }), relation("B", {}, { exclusive: false })];
    const hashes = [A, B].map((related) => {
      const world = createWorld({ components: [A, B] });
      const ids = world.spawnMany(2);
      world.relate(ids[0]!, related, ids[1]!);
      return world.contentHash();
    });
    expect(hashes[0]).not.toBe(hashes[1]);
    const flags = createWorld({ components: [Flags] });
    expect(flags.contentHash()).toBe(createWorld({ components: [Position] }).contentHash());
  });
});
