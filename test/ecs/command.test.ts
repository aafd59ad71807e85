import { describe, expect, it } from "vitest";
import {
  ChildOf,
  component,
  createWorld,
  type Entity,
  entity,
  event,
  f32,
  Name,
  relation,
  resource,
  str,
  u8,
} from "../../src/index.ts";
import { Random } from "./random.ts";
import { expectRefused } from "./refusal.ts";

const Position = component("Position", { x: f32, y: f32({ default: 2 }) });
const Health = component("Health", { points: u8({ default: 100 }), note: str });
const Aim = component("Aim", { at: entity });
const Frozen = component("Frozen");
const Likes = relation("Likes", { weight: f32 }, { exclusive: false });
const Score = resource("Score", { total: f32, best: str });
const Hit = event("Hit", { who: entity });
const make = () =>
  createWorld({
    components: [Position, Health, Aim, Frozen, ChildOf, Likes, Name],
    resources: [Score],
    events: [Hit],
    chunkRows: 32,
  });
type World = ReturnType<typeof make>;

describe("commands", () => {
  it("change nothing until they are applied, then everything in order", () => {
    const world = make();
    const a = world.spawn(Position);
    const before = world.hash();
    const commands = world.commands();
    const ticket = commands.spawn([Position, { x: 1 }], [Health, { note: "new" }]);
    const child = commands.spawn([Aim, { at: ticket }]);
    commands.relate(child, ChildOf, ticket);
    commands.relate(child, Likes, a, { weight: 2 });
    commands.add(a, Frozen);
    commands.set(a, Position, { x: 5 });
    commands.setResource(Score, { total: 3, best: "a" });
    commands.emit(Hit, { who: child });
    expect([world.hash(), commands.count, ticket, child]).toEqual([before, 8, -1, -2]);
    const { applied, skipped, entityOf } = world.apply(commands);
    const [spawned, made] = [entityOf(ticket), entityOf(child, commands)];
    expect([applied, skipped]).toEqual([8, 0]);
    expect(world.get(spawned, Health)).toEqual({ points: 100, note: "new" });
    expect(world.get(made, Aim)).toEqual({ at: spawned });
    expect([world.targets(made, ChildOf), world.targets(made, Likes)]).toEqual([[spawned], [a]]);
    expect([world.has(a, Frozen), world.get(a, Position)]).toEqual([true, { x: 5, y: 2 }]);
    expect([world.resource(Score), world.events(Hit)]).toEqual([{ total: 3, best: "a" }, [{ who: made, tick: 0 }]]);
  });

  it("are merged by source, then by sequence", () => {
    const world = make();
    const a = world.spawn(Position);
    const buffers = [3, 1, 2, 1].map((source) => world.commands(source));
    for (const [i, buffer] of buffers.entries()) buffer.set(a, Position, { x: i });
    const late = world.commands(0);
    late.set(a, Position, { x: 9, y: 9 });
    world.apply([...buffers, late]);
    expect(world.get(a, Position)).toEqual({ x: 0, y: 9 });
    world.apply(buffers.slice(1));
    expect(world.get(a, Position)).toEqual({ x: 2, y: 9 });
  });

  it("skip what is about entities that an earlier command removed", () => {
    const world = make();
    const [a, b] = Array.from(world.spawnMany(2, Position)) as [Entity, Entity];
    const commands = world.commands();
    commands.despawn(a);
    commands.add(a, Frozen);
    commands.despawn(a);
    commands.relate(b, ChildOf, a);
    commands.addMany([a, b], Health, { points: [1, 2], note: ["one", "two"] });
    commands.despawnMany([a]);
    expect(world.apply(commands)).toMatchObject({ applied: 3, skipped: 3 });
    expect([world.isAlive(a), world.get(b, Health)]).toEqual([false, { points: 2, note: "two" }]);
  });

  it("have bulk forms that do what single ones do", () => {
    const [one, many] = [make(), make()];
    const ids = [one, many].map((world) => Array.from(world.spawnMany(100, [Position, { x: (i) => i }])));
    expect(ids[0]).toEqual(ids[1]);
    const single = one.commands();
    for (let i = 0; i < 40; i++) single.spawn([Health, { points: i, note: `n${i % 3}` }]);
    for (const id of ids[0]!.slice(0, 30)) single.add(id, Frozen);
    for (const id of ids[0]!.slice(20, 50)) single.set(id, Position, { y: id % 7 });
    for (const id of ids[0]!.slice(5, 15)) single.remove(id, Frozen);
    for (const id of ids[0]!.slice(60, 80)) single.despawn(id);
    const bulk = many.commands();
    bulk.spawnMany(40, [Health, { points: (i) => i, note: (i) => `n${i % 3}` }]);
    bulk.addMany(ids[0]!.slice(0, 30), Frozen);
    bulk.setMany(ids[0]!.slice(20, 50), Position, { y: ids[0]!.slice(20, 50).map((id) => id % 7) });
    bulk.removeMany(ids[0]!.slice(5, 15), Frozen);
    bulk.despawnMany(ids[0]!.slice(60, 80));
    one.apply(single);
    many.apply(bulk);
    expect(many.contentHash()).toBe(one.contentHash());
  });

  it("happen all or not at all", () => {
    const world = createWorld({
      components: [Position, Health, Aim, Frozen, ChildOf, Likes, Name],
      resources: [Score],
      events: [Hit],
      limits: { entities: 10 },
    });
    const a = world.spawn(Position);
    const commands = world.commands();
    commands.setResource(Score, { best: "never" });
    commands.despawn(a);
    for (let i = 0; i < 11; i++) commands.spawn([Health, { note: "x" }]);
    expectRefused(world, () => world.apply(commands), "entity-limit", /limits\.entities/);
    expect(world.isAlive(a)).toBe(true);
  });

  it("are checked when they are recorded", () => {
    const world = make();
    const a = world.spawn(Position);
    world.despawn(a);
    const commands = world.commands();
    expectRefused(world, () => commands.add(a, Frozen), "entity-stale", /isAlive/);
    expectRefused(world, () => commands.despawn(-1), "entity-stale", /does not exist/);
    expectRefused(world, () => commands.spawn([Health, { points: 300 }]), "bad-value", /0 to 255/);
    expectRefused(world, () => commands.spawnMany(2, [Position, { x: [1, 2, 3] }]), "bad-argument", /2 values/);
    expectRefused(world, () => commands.spawnMany(-1, Position), "bad-argument", /at least 0/);
    for (const source of [Number.NaN, 0.5, Number.POSITIVE_INFINITY])
      expectRefused(world, () => world.commands(source), "bad-argument", /integer/);
    expectRefused(
      world,
      () => createWorld({ components: [Frozen] }).apply(commands),
      "schema-mismatch",
      /another schema/,
    );
    expect(commands.count).toBe(0);
  });
});

describe("recorded commands", () => {
  it("can be taken back and done again", () => {
    const world = make();
    const root = world.spawn([Position, { x: 1 }], [Name, { text: "root" }]);
    const kids = [
      world.spawn([ChildOf, { target: root }], Health),
      world.spawn([ChildOf, { target: root }], [Aim, { at: root }]),
    ];
    world.relate(kids[0]!, Likes, kids[1]!, { weight: 3 });
    const before = world.contentHash();
    const commands = world.commands();
    const ticket = commands.spawn([Name, { text: "next" }]);
    commands.relate(ticket, Likes, root);
    commands.set(kids[0]!, Health, { points: 7, note: "hurt" });
    commands.remove(kids[1]!, Aim);
    commands.setResource(Score, { total: 5 });
    commands.despawn(root);
    const done = world.apply(commands, { record: true });
    const after = world.contentHash();
    expect([world.isAlive(root), world.isAlive(kids[0]!), world.find("next")]).toEqual([
      false,
      false,
      done.entityOf(ticket),
    ]);
    const undone = world.apply(done.inverse, { record: true });
    expect(world.contentHash()).toBe(before);
    expect([world.find("root"), world.sources(ChildOf, root), world.targets(kids[0]!, Likes)]).toEqual([
      root,
      kids,
      [kids[1]],
    ]);
    world.apply(undone.inverse);
    expect(world.contentHash()).toBe(after);
  });

  it("take random changes back, in random worlds", () => {
    const random = new Random(7);
    const world = make();
    for (let round = 0; round < 60; round++) {
      const before = world.contentHash();
      const commands = world.commands();
      randomCommands(world, commands, random);
      const { inverse } = world.apply(commands, { record: true });
      const after = world.contentHash();
      const undone = world.apply(inverse, { record: true });
      expect(world.contentHash(), `seed ${random.seed}, round ${round}`).toBe(before);
      world.apply(undone.inverse);
      expect(world.contentHash(), `seed ${random.seed}, round ${round}, again`).toBe(after);
    }
    expect(world.entityCount).toBeGreaterThan(20);
  });
});

function randomCommands(world: World, commands: ReturnType<World["commands"]>, random: Random): void {
  const alive = Array.from(world.query().entities());
  const pick = (): Entity => alive[random.below(alive.length)]!;
  for (let i = 0; i < 20; i++) {
    const kind = alive.length === 0 ? 0 : random.below(10);
    if (kind < 2) commands.spawn([Position, { x: random.below(100) }], [Health, { note: `${random.below(5)}` }]);
    else if (kind === 2) commands.despawn(pick());
    else if (kind === 3) commands.add(pick(), Aim, { at: pick() });
    else if (kind === 4) commands.remove(pick(), [Position, Health, Aim, Frozen][random.below(4)]!);
    else if (kind === 5) commands.add(pick(), Position, { y: random.below(9) });
    else if (kind === 6) commands.relate(pick(), Likes, pick(), { weight: random.below(4) });
    else if (kind === 7) commands.unrelate(pick(), Likes);
    else if (kind === 8) commands.addMany([pick(), pick()], Frozen);
    else commands.setResource(Score, { total: random.below(50), best: `${random.below(9)}` });
  }
}
