import { describe, expect, it } from "vitest";
import {
  ChildOf,
  createWorld,
  type Entity,
  f32,
  type Relation,
  related,
  relation,
  str,
  system,
  without,
} from "../../src/index.ts";
import { Frozen, Position } from "./model.ts";
import { Random } from "./random.ts";
import { expectRefused, refusal } from "./refusal.ts";

const Owns = relation("Owns", { since: f32({ default: 3 }), note: str });
const Likes = relation("Likes", { weight: f32({ default: 0.5 }), why: str }, { exclusive: false });
const Needs = relation("Needs", {}, { exclusive: false, onTargetDespawn: "despawn" });
const Follows = relation("Follows", {}, { onTargetDespawn: "despawn" });
const make = () => createWorld({ components: [Position, Frozen, ChildOf, Owns, Likes, Needs, Follows], chunkRows: 32 });
type World = ReturnType<typeof make>;
const spawn = (world: World, count: number): Entity[] => Array.from(world.spawnMany(count));

describe("a target that has gone when commands are applied", () => {
  it("is related to nobody: commands are skipped, and what is spawned lacks the relation", () => {
    const world = make();
    const [gone, here, other] = spawn(world, 3) as [Entity, Entity, Entity];
    world.relate(other, Owns, here);
    const commands = world.commands();
    commands.add(here, ChildOf, { target: gone });
    commands.set(other, Owns, { target: gone });
    commands.relate(here, Owns, gone);
    commands.relate(here, Likes, gone);
    commands.unrelate(other, Owns, gone);
    const made = commands.spawn(Position, [ChildOf, { target: gone }], [Owns, { target: here }]);
    world.despawn(gone);
    const before = world.contentHash();
    const { applied, skipped, entityOf, inverse } = world.apply(commands, { record: true });
    expect([applied, skipped]).toEqual([2, 4]);
    const child = entityOf(made);
    expect([world.has(child, ChildOf), world.targets(child, Owns), world.targets(other, Owns)]).toEqual([
      false,
      [here],
      [here],
    ]);
    world.apply(inverse);
    expect(world.contentHash()).toBe(before);
  });

  it("is one for bulk commands, too: they do row by row what single ones do", () => {
    const targets = (gone: Entity, here: Entity): Entity[] => [gone, here, here, gone, gone, 0 as Entity, here];
    const [one, many] = [true, false].map((single) => {
      const world = make();
      const [gone, here, ...rest] = spawn(world, 9) as [Entity, Entity, ...Entity[]];
      const list = targets(gone, here);
      const since = list.map((_, i) => i);
      for (const entity of rest) world.relate(entity, Owns, here);
      const commands = world.commands();
      if (single) {
        for (const [i, target] of list.entries())
          commands.spawn([Position, { x: i }], [ChildOf, { target }], [Owns, { target: here, since: i }]);
        for (let i = 0; i < 3; i++) commands.spawn([Owns, { target: gone }], [Follows, { target: list[i]! }]);
        for (const [i, entity] of rest.entries()) commands.add(entity, ChildOf, { target: list[i]! });
        for (const [i, entity] of rest.entries()) commands.set(entity, Owns, { target: list[6 - i]!, since: i });
        for (const entity of rest) commands.add(entity, Follows, { target: gone });
      } else {
        commands.spawnMany(7, [Position, { x: since }], [ChildOf, { target: list }], [Owns, { target: here, since }]);
        commands.spawnMany(3, [Owns, { target: gone }], [Follows, { target: list.slice(0, 3) }]);
        commands.addMany(rest, ChildOf, { target: list });
        commands.setMany(rest, Owns, { target: list.toReversed(), since });
        commands.addMany(rest, Follows, { target: gone });
      }
      world.despawn(gone);
      const before = world.contentHash();
      const { inverse } = world.apply(commands, { record: true });
      const after = world.contentHash();
      expect(world.query(Follows).count).toBe(2);
      world.apply(inverse);
      expect(world.contentHash()).toBe(before);
      return after;
    });
    expect(many).toBe(one);
  });

  it("fails no tick, in bulk neither, nor where an id was given at once", () => {
    const world = make();
    const [parent, ...others] = spawn(world, 4) as [Entity, ...Entity[]];
    const ends = system("ends", { run: ({ commands }) => commands.despawn(parent) });
    const adds = system("adds", {
      run: (context) => {
        context.world.spawn(Position, [ChildOf, { target: parent }]);
        context.commands.spawnMany(2, Position, [ChildOf, { target: parent }]);
        context.commands.addMany(others, ChildOf, { target: [parent, parent, others[0]!] });
      },
    });
    world.step([ends, adds] as never);
    expect([world.tick, world.query(Position).count, world.sources(ChildOf, others[0]!)]).toEqual([1, 3, [others[2]]]);
  });

  it("fails no tick", () => {
    const world = make();
    const [parent] = spawn(world, 1) as [Entity];
    const ends = system("ends", { run: ({ commands }) => commands.despawn(parent) });
    const adds = system("adds", {
      run: ({ commands }) => void commands.spawn(Position, [ChildOf, { target: parent }]),
    });
    world.step([ends, adds] as never);
    expect([world.tick, world.query(Position).count, world.query(ChildOf).count]).toEqual([1, 1, 0]);
  });
});

it("ends one of many pairs as it ends all", () => {
  const world = make();
  const [hub, ...others] = spawn(world, 400) as [Entity, ...Entity[]];
  for (const one of others) world.relate(hub, Likes, one);
  for (const one of others.filter((_, i) => i % 3 === 0)) expect(world.unrelate(hub, Likes, one)).toBe(true);
  expect(world.unrelate(hub, Likes, others[0]!)).toBe(false);
  expect(world.unrelate(hub, Likes, 0 as Entity)).toBe(false);
  expect(world.targets(hub, Likes)).toEqual(others.filter((_, i) => i % 3 !== 0));
  const commands = world.commands();
  commands.unrelate(hub, Likes, others[1]!);
  world.apply(commands);
  expect(world.targets(hub, Likes).length).toBe(265);
  commands.clear();
  commands.unrelate(hub, Likes);
  world.apply(commands);
  expect([world.targets(hub, Likes), world.unrelate(hub, Likes)]).toEqual([[], false]);
});

describe("an exclusive relation", () => {
  it("has one target, which is replaced; its fields stay", () => {
    const world = make();
    const [a, b, c] = spawn(world, 3) as [Entity, Entity, Entity];
    world.relate(a, Owns, b, { note: "first" });
    expect(world.get(a, Owns)).toEqual({ target: b, since: 3, note: "first" });
    world.relate(a, Owns, c, { since: 4 });
    expect(world.get(a, Owns)).toEqual({ target: c, since: 4, note: "first" });
    expect([world.targets(a, Owns), world.sources(Owns, b), world.sources(Owns, c)]).toEqual([[c], [], [a]]);
    expect(world.unrelate(a, Owns, b)).toBe(false);
    expect(world.unrelate(a, Owns)).toBe(true);
    expect(world.has(a, Owns)).toBe(false);
    expect(world.unrelate(a, Owns)).toBe(false);
  });

  it("is indexed however it is written: spawn, add, set, bulk, remove", () => {
    const world = make();
    const [a, b, c] = spawn(world, 3) as [Entity, Entity, Entity];
    const made = [world.spawn([ChildOf, { target: a }]), ...world.spawnMany(2, [ChildOf, { target: [a, b] }])];
    world.addMany([b, c], Owns, { target: a });
    expect(world.sources(ChildOf, a)).toEqual([made[0], made[1]]);
    expect(world.sources(Owns, a)).toEqual([b, c]);
    world.setMany(made, ChildOf, { target: [c, c, 0] });
    expect([world.sources(ChildOf, a), world.sources(ChildOf, b), world.sources(ChildOf, c)]).toEqual([
      [],
      [],
      [made[0], made[1]],
    ]);
    world.set(made[2]!, ChildOf, { target: a });
    world.removeMany([made[0]!], ChildOf);
    world.remove(b, Owns);
    expect([world.sources(ChildOf, a), world.sources(ChildOf, c), world.sources(Owns, a)]).toEqual([
      [made[2]],
      [made[1]],
      [c],
    ]);
  });
});

describe("a relation with many targets", () => {
  it("keeps fields for each pair, and lists both sides ascending", () => {
    const world = make();
    const ids = spawn(world, 40);
    const [a] = ids as [Entity];
    for (const other of new Random(5).shuffled(ids.slice(1))) world.relate(a, Likes, other, { weight: other % 100 });
    for (const other of new Random(6).shuffled(ids.slice(1))) world.relate(other, Likes, a);
    expect(world.targets(a, Likes)).toEqual(ids.slice(1));
    expect(world.sources(Likes, a)).toEqual(ids.slice(1));
    world.relate(a, Likes, ids[3]!, { why: "again" });
    expect(world.targets(a, Likes).length).toBe(39);
    expect(world.unrelate(a, Likes, ids[7])).toBe(true);
    expect(world.unrelate(a, Likes, ids[7])).toBe(false);
    expect(world.targets(a, Likes)).toEqual([...ids.slice(1, 7), ...ids.slice(8)]);
    world.despawn(ids[9]!);
    expect(world.sources(Likes, a).includes(ids[9]!)).toBe(false);
    expect(world.unrelate(a, Likes)).toBe(true);
    expect(world.targets(a, Likes)).toEqual([]);
  });

  it("is no component of entities", () => {
    const world = make();
    const [a] = spawn(world, 1) as [Entity];
    for (const act of [
      () => world.spawn(Likes),
      () => world.add(a, Likes),
      () => world.remove(a, Likes),
      () => world.spawnMany(2, Likes),
      () => world.set(a, Likes, { weight: 1 }),
    ]) {
      expectRefused(world, act, "bad-argument", /Likes is a relation with many targets; use relate/);
    }
    world.relate(a, Likes, a);
    for (const act of [
      () => world.has(a, Likes),
      () => world.get(a, Likes),
      () => world.query(Likes),
      () => world.query(without(Likes)),
    ]) {
      expectRefused(world, act, "bad-argument", /Likes is a relation with many targets.*related\(Likes, target\)/);
    }
    expect(world.query(related(Likes, a)).count).toBe(1);
  });
});

describe("the end of a target", () => {
  it("ends children first, once each, and takes pairs from the others", () => {
    const world = make();
    const [root, owner, friend, other] = spawn(world, 4) as [Entity, Entity, Entity, Entity];
    const children = spawn(world, 3);
    const grandchild = world.spawn(Position, [ChildOf, { target: children[1]! }]);
    for (const child of children) world.relate(child, ChildOf, root);
    world.relate(owner, Owns, grandchild);
    world.relate(friend, Likes, root);
    world.relate(friend, Likes, other);
    world.relate(root, Likes, other);
    const ended: Entity[] = [];
    world.observe("despawned", ChildOf, (entity) => ended.push(entity));
    world.despawn(root);
    expect(ended).toEqual([children[0], grandchild, children[1], children[2]]);
    expect(world.entityCount).toBe(3);
    expect([world.has(owner, Owns), world.targets(friend, Likes), world.sources(Likes, other)]).toEqual([
      false,
      [other],
      [friend],
    ]);
  });

  it("goes down 100,000 levels", () => {
    const world = make();
    const ids = world.spawnMany(100_000);
    for (let i = ids.length - 2; i >= 0; i--) world.relate(ids[i + 1]!, ChildOf, ids[i]!);
    const before = world.hash();
    const snapshot = world.snapshot();
    world.despawn(ids[0]!);
    expect(world.entityCount).toBe(0);
    world.restore(snapshot);
    expect(world.hash()).toBe(before);
    expect(world.sources(ChildOf, ids[50]!)).toEqual([ids[51]]);
    snapshot.dispose();
  });

  const everybody = [0, 1, 2, 3].flatMap((from) => [0, 1, 2, 3].map((to) => [from, Needs, to] as const));
  it.each<[string, readonly (readonly [number, Relation, number])[], number]>([
    ["itself", [[0, Follows, 0]], 3],
    [
      "a pair",
      [
        [0, Follows, 1],
        [1, Follows, 0],
      ],
      2,
    ],
    [
      "a ring",
      [
        [0, Follows, 1],
        [1, Follows, 2],
        [2, Follows, 3],
        [3, Follows, 0],
      ],
      0,
    ],
    [
      "itself among many",
      [
        [0, Needs, 0],
        [1, Needs, 0],
      ],
      2,
    ],
    ["everybody needs everybody", everybody, 0],
    [
      "two relations at once",
      [
        [0, Needs, 1],
        [1, Follows, 2],
        [2, ChildOf, 0],
        [2, Likes, 1],
      ],
      1,
    ],
  ])("ends a cycle of %s", (_, pairs, left) => {
    const world = make();
    const ids = spawn(world, 4);
    for (const [from, relation, to] of pairs) world.relate(ids[from]!, relation, ids[to]!);
    world.despawn(ids[0]!);
    expect(world.entityCount).toBe(left);
    const alive = ids.filter((id) => world.isAlive(id));
    for (const id of alive)
      expect([Needs, Follows, Likes].flatMap((relation) => world.targets(id, relation))).toEqual([]);
    const other = make();
    other.despawnMany(spawn(other, 4).filter((id) => !alive.includes(id)));
    expect(world.contentHash()).toBe(other.contentHash());
  });

  it("can be taken back, cycles too", () => {
    const world = make();
    const ids = spawn(world, 5);
    for (const [i, id] of ids.entries()) world.relate(id, Follows, ids[(i + 1) % 3]!);
    world.relate(ids[0]!, Needs, ids[1]!);
    world.relate(ids[1]!, Needs, ids[0]!);
    world.relate(ids[4]!, Likes, ids[1]!, { weight: 9, why: "so" });
    const before = world.contentHash();
    const commands = world.commands();
    commands.despawn(ids[1]!);
    const { inverse } = world.apply(commands, { record: true });
    expect(world.entityCount).toBe(0);
    world.apply(inverse);
    expect(world.contentHash()).toBe(before);
    expect(world.sources(Follows, ids[0]!)).toEqual([ids[2]]);
    expect(world.targets(ids[1]!, Needs)).toEqual([ids[0]]);
  });
});

describe("relations after a restore", () => {
  it("are those of the snapshot, looked at from both sides", () => {
    const world = make();
    const [a, b, c] = spawn(world, 3) as [Entity, Entity, Entity];
    world.relate(a, ChildOf, b);
    world.relate(a, Likes, b);
    const snapshot = world.snapshot();
    const look = () => [
      world.targets(a, ChildOf),
      world.sources(ChildOf, b),
      world.sources(ChildOf, c),
      world.targets(a, Likes),
      world.sources(Likes, b),
      world.sources(Likes, c),
    ];
    const before = look();
    world.relate(a, ChildOf, c);
    world.relate(a, Likes, c);
    world.unrelate(a, Likes, b);
    const fork = world.fork();
    expect(look()).toEqual([[c], [], [a], [c], [], [a]]);
    world.restore(snapshot);
    expect(look()).toEqual(before);
    world.despawn(b);
    expect(world.isAlive(a)).toBe(false);
    world.restore(snapshot);
    expect(look()).toEqual(before);
    expect(fork.sources(ChildOf, c)).toEqual([a]);
    expect(fork.sources(Likes, b)).toEqual([]);
    snapshot.dispose();
  });
});

describe("bad pairs", () => {
  it("are refused, and nothing changes", () => {
    const world = make();
    const [a, b, c, stale] = spawn(world, 4) as [Entity, Entity, Entity, Entity];
    world.despawn(stale);
    world.relate(a, ChildOf, b);
    world.relate(b, ChildOf, c);
    const refused: [() => unknown, Parameters<typeof expectRefused>[2], RegExp][] = [
      [() => world.relate(c, ChildOf, a), "hierarchy-cycle", /below/],
      [() => world.relate(c, ChildOf, c), "hierarchy-cycle", /the same as/],
      [() => world.set(b, ChildOf, { target: a }), "hierarchy-cycle", /below/],
      [() => world.add(c, ChildOf, { target: a }), "hierarchy-cycle", /below/],
      [() => world.addMany([c], ChildOf, { target: a }), "hierarchy-cycle", /below/],
      [() => world.addMany([a, c], ChildOf, { target: [c, a] }), "hierarchy-cycle", /below/],
      [() => world.relate(a, ChildOf, stale), "entity-stale", /isAlive/],
      [() => world.relate(stale, ChildOf, a), "entity-stale", /isAlive/],
      [() => world.relate(a, Likes, stale), "entity-stale", /isAlive/],
      [() => world.relate(a, Likes, 0), "entity-stale", /isAlive/],
      [() => world.spawn([ChildOf, { target: stale }]), "entity-stale", /isAlive/],
      [() => world.spawnMany(3, [ChildOf, { target: [a, stale, b] }]), "entity-stale", /isAlive/],
      [() => world.setMany([a], ChildOf, { target: stale }), "entity-stale", /isAlive/],
      [() => world.unrelate(stale, Likes), "entity-stale", /isAlive/],
      [() => world.targets(stale, Likes), "entity-stale", /isAlive/],
      [() => world.sources(Likes, stale), "entity-stale", /isAlive/],
      [() => world.relate(a, Position as never, b), "bad-argument", /not a relation/],
      [() => world.relate(a, relation("Other"), b), "component-unknown", /createWorld/],
      [() => world.relate(a, Likes, b, { hate: 1 } as never), "bad-argument", /no field hate/],
      [() => world.relate(a, Likes, b, { weight: "1" } as never), "bad-value", /weight/],
      [() => world.targets(a, Frozen as never), "bad-argument", /not a relation/],
    ];
    for (const [act, code, hint] of refused) expectRefused(world, act, code, hint);
    expect([world.sources(ChildOf, b), world.sources(ChildOf, c), world.targets(a, Likes)]).toEqual([[a], [b], []]);
    expect(refusal(() => world.relate(a, ChildOf, a)).operands).toEqual({ source: a, target: a });
  });
});
