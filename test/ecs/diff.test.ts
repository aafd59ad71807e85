import { expect, test } from "vitest";
import {
  Arena,
  ChildOf,
  component,
  createWorld,
  diffOf,
  f32,
  resource,
  type World,
  type WorldDiff,
  write,
} from "worldloom";
import {
  errorOf,
  everything,
  Follows,
  Frozen,
  Health,
  Label,
  Likes,
  Position,
  rng,
  runChanges,
  seedOf,
  Target,
  Weather,
  worldOfEverything,
} from "./persist.ts";

test("a world and its fork", () => {
  const world = worldOfEverything();
  const [a, b, c] = [world.spawn(Position, Health), world.spawn(Position), world.spawn(Label)];
  world.relate(c, Likes, a);
  const fork = world.fork();
  expect(fork.diff(world).empty).toBe(true);
  fork.set(a, Position, { x: 2, from: { z: -1 } });
  fork.set(c, Label, { text: "someone", parts: ["", "x", ""] });
  fork.add(b, Frozen);
  fork.add(b, Health, { left: 5 });
  fork.remove(a, Health);
  const d = fork.spawn(Frozen, [Target, { who: b }]);
  fork.relate(c, Likes, a, { much: 3 });
  fork.relate(b, Likes, c);
  fork.setResource(Weather, { wind: 2, grid: [0, 1, 0, 0] });
  fork.step([]);
  const diff = fork.diff(world);
  expect(diff.tick).toEqual({ before: 0, after: 1 });
  expect(diff.entitiesAdded).toEqual([
    { entity: d, components: { Frozen: {}, Target: { who: b, noise: 0, trail: [0, 0, 0, 0, 0] } } },
  ]);
  expect(diff.entitiesRemoved).toEqual([]);
  expect(diff.componentsAdded).toEqual([
    { entity: b, component: "Health", values: { left: 5, shield: 0, immune: false } },
    { entity: b, component: "Frozen", values: {} },
  ]);
  expect(diff.componentsRemoved).toEqual([
    { entity: a, component: "Health", values: { left: 100, shield: 0, immune: false } },
  ]);
  expect(diff.cells).toEqual([
    { entity: a, component: "Position", field: "x", before: 0, after: 2 },
    { entity: a, component: "Position", field: "from.z", before: 0, after: -1 },
    { entity: c, component: "Label", field: "text", before: "nobody", after: "someone" },
    { entity: c, component: "Label", field: "parts", before: ["", "", ""], after: ["", "x", ""] },
  ]);
  expect(diff.pairsAdded).toEqual([{ relation: "Likes", source: b, target: c, values: { much: 1, why: "" } }]);
  expect(diff.pairCells).toEqual([{ relation: "Likes", source: c, target: a, field: "much", before: 1, after: 3 }]);
  expect(diff.resources).toEqual([
    { resource: "Weather", field: "wind", before: 0, after: 2 },
    { resource: "Weather", field: "grid", before: [0, 0, 0, 0], after: [0, 1, 0, 0] },
  ]);
  const back = world.diff(fork);
  expect(back.entitiesRemoved).toEqual(diff.entitiesAdded);
  expect(back.pairsRemoved).toEqual(diff.pairsAdded);
  expect(back.cells).toEqual(
    diff.cells.map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before })),
  );
});

test("only blocks that differ are read", () => {
  const Mass = component("Mass", { kg: f32 });
  const world = createWorld({ components: [Position, Mass] });
  const list = world.spawnMany(20_000, Position, Mass);
  world.hash();
  const before = world.snapshot();
  expect(world.diff(before)).toMatchObject({ empty: true, blocksRead: 0 });
  world.set(list[5000]!, Mass, { kg: 1 });
  world.set(list[5001]!, Mass, { kg: 1 });
  world.set(list[15_000]!, Position, { x: 1 });
  // Two columns that differ, each with its copy, and the entities of two chunks.
  expect(world.diff(before)).toMatchObject({ blocksRead: 6 });
  expect(world.diff(before).cells.map(({ entity, component: of }) => [entity, of])).toEqual([
    [list[5000], "Mass"],
    [list[5001], "Mass"],
    [list[15_000], "Position"],
  ]);
  for (const { position } of world.query(write(Position)).chunks()) position.x[0] = position.x[0]!;
  const rewritten = world.diff(before);
  expect(rewritten.cells.length).toBe(3);
  expect(rewritten.blocksRead).toBe(20 * 2 + 2 + 2);
  world.despawn(list[19_999]!);
  expect(world.diff(before).entitiesRemoved.map(({ entity }) => entity)).toEqual([list[19_999]]);
});

test("texts are compared, whatever their ids are", () => {
  const world = worldOfEverything();
  const [a, b] = [world.spawn(Label), world.spawn(Label)];
  const fork = world.fork();
  world.set(a, Label, { text: "left" });
  world.set(b, Label, { text: "both" });
  fork.set(a, Label, { text: "right" });
  fork.set(b, Label, { text: "both" });
  expect(fork.diff(world).cells).toEqual([
    { entity: a, component: "Label", field: "text", before: "left", after: "right" },
  ]);
  world.set(a, Label, { text: "right" });
  expect(fork.diff(world).empty).toBe(true);
  expect(fork.contentHash()).toBe(world.contentHash());
});

test("NaNs are equal, 0 and -0 are not", () => {
  const world = worldOfEverything();
  const entity = world.spawn([Target, { noise: Number.NaN, trail: [0, 0, 0, 0, 0] }]);
  const fork = world.fork();
  fork.set(entity, Target, { noise: Number.NaN });
  expect(fork.diff(world).empty).toBe(true);
  fork.set(entity, Target, { trail: [0, 0, -0, 0, 0] });
  expect(fork.diff(world).cells).toEqual([
    { entity, component: "Target", field: "trail", before: [0, 0, 0, 0, 0], after: [0, 0, -0, 0, 0] },
  ]);
});

test("regions: pages that differ, attached and detached ones", () => {
  const world = createWorld({});
  const bytes = new Uint8Array(4096 * 5);
  const region = world.attach("vm", { bytes });
  const other = world.attach("old", { bytes: new Uint8Array(10) });
  const before = world.snapshot();
  bytes[4096] = bytes[4096 * 4] = 1;
  bytes[0] = 1;
  region.touchAll();
  world.hash();
  bytes[0] = 0;
  region.touch(0, 1);
  other.detach();
  world.attach("new", { bytes: new Uint8Array(5000) });
  expect(world.diff(before).regions).toEqual([
    { region: "new", lengthBefore: 0, lengthAfter: 5000, pages: [0, 1] },
    { region: "old", lengthBefore: 10, lengthAfter: 0, pages: [0] },
    { region: "vm", lengthBefore: 4096 * 5, lengthAfter: 4096 * 5, pages: [1, 4] },
  ]);
});

test("two snapshots, and what cannot be compared", () => {
  const Score = resource("Score", { n: f32 });
  const world = createWorld({ components: [Position], resources: [Score] });
  const first = world.snapshot();
  world.spawn(Position);
  const second = world.snapshot();
  expect(diffOf(first, second).entitiesAdded.length).toBe(1);
  expect(diffOf(second, first).entitiesRemoved.length).toBe(1);
  expect(errorOf(() => world.diff(createWorld({ components: [Health] }))).code).toBe("schema-mismatch");
  expect(
    errorOf(() => world.diff(createWorld({ components: [Position], resources: [Score], arena: new Arena() }))).code,
  ).toBe("schema-mismatch");
  first.dispose();
  expect(errorOf(() => diffOf(first, second)).code).toBe("world-disposed");
  for (const _ of world.query(Position).chunks())
    expect(errorOf(() => world.diff(second)).code).toBe("structure-locked");
});

test("random changes against a comparison of everything", () => {
  const seed = seedOf(51);
  for (let round = 0; round < 25; round++) {
    const world = worldOfEverything({ chunkRows: round % 2 === 0 ? 32 : 1024 });
    runChanges(world, rng(seed + round), 200);
    const fork = world.fork();
    runChanges(fork, rng(seed + 100 + round), 1 + round * 4);
    if (round % 3 === 0) runChanges(world, rng(seed + 200 + round), round * 3);
    const diff = fork.diff(world);
    expect(parts(diff), `seed ${seed} round ${round}`).toEqual(naive(world, fork));
    expect(diff.empty).toBe(world.contentHash() === fork.contentHash());
    if (round % 3 === 0) continue;
    const snapshot = fork.snapshot();
    fork.restore(snapshot);
    expect(parts(diffOf(world.snapshot(), snapshot))).toEqual(parts(diff));
  }
});

type Cell = readonly [entity: number, component: string, field: string, before: unknown, after: unknown];

function parts(diff: WorldDiff): unknown {
  return {
    added: diff.entitiesAdded.map(({ entity, components }) => [entity, components]),
    removed: diff.entitiesRemoved.map(({ entity, components }) => [entity, components]),
    gained: diff.componentsAdded.map(({ entity, component: name, values }) => [entity, name, values]),
    lost: diff.componentsRemoved.map(({ entity, component: name, values }) => [entity, name, values]),
    cells: diff.cells.map(
      ({ entity, component: name, field, before, after }): Cell => [entity, name, field, before, after],
    ),
    pairs: [diff.pairsRemoved, diff.pairsAdded].map((pairs) =>
      pairs.map(({ source, target, values }) => [source, target, values]),
    ),
    pairCells: diff.pairCells.map(({ source, target, field, before, after }) => [source, target, field, before, after]),
    resources: diff.resources.map(({ field, before, after }) => [field, before, after]),
  };
}

/** The same by reading every value of both worlds. */
function naive(before: World, after: World): unknown {
  const [a, b] = [entitiesOf(before), entitiesOf(after)];
  const [p, q] = [pairsOf(before), pairsOf(after)];
  const both = [...a.keys()].filter((entity) => b.has(entity)).sort((x, y) => x - y);
  const missing = (from: typeof a, other: typeof a) =>
    [...from].filter(([entity]) => !other.has(entity)).sort(([x], [y]) => x - y);
  const lacking = (from: typeof a, other: typeof a) =>
    both.flatMap((entity) =>
      Object.entries(from.get(entity)!)
        .filter(([name]) => !(name in other.get(entity)!))
        .map(([name, values]) => [entity, name, values]),
    );
  const pairsMissing = (from: typeof p, other: typeof p) =>
    [...from]
      .filter(([key]) => !other.has(key))
      .map(([, pair]) => pair)
      .sort(bySource);
  return {
    added: missing(b, a),
    removed: missing(a, b),
    gained: lacking(b, a),
    lost: lacking(a, b),
    cells: both.flatMap((entity) =>
      Object.entries(a.get(entity)!).flatMap(([name, values]) => {
        const now = b.get(entity)![name];
        return now === undefined ? [] : changes(values, now).map((change) => [entity, name, ...change]);
      }),
    ),
    pairs: [pairsMissing(p, q), pairsMissing(q, p)],
    pairCells: [...p]
      .filter(([key]) => q.has(key))
      .map(([key, pair]) => [pair, q.get(key)!] as const)
      .sort(([x], [y]) => bySource(x, y))
      .flatMap(([[source, target, values], [, , now]]) =>
        changes(values, now).map((change) => [source, target, ...change]),
      ),
    resources: changes(before.resource(Weather), after.resource(Weather)),
  };
}

function entitiesOf(world: World): Map<number, Record<string, object>> {
  const components = everything.components.filter((each) => each !== (Likes as unknown));
  return new Map(
    Array.from(world.query().entities(), (entity) => [
      entity,
      Object.fromEntries(
        components
          .filter((each) => world.has(entity, each))
          .map((each) => [each.name, world.get(entity, each as typeof Position)!]),
      ),
    ]),
  );
}

type PairOf = readonly [source: number, target: number, values: object];

function pairsOf(world: World): Map<string, PairOf> {
  const { core } = world;
  const table = core.store.find("links", [core.schema.idOf(Likes as never)]);
  const pairs = new Map<string, PairOf>();
  for (const source of world.query().entities()) {
    for (const target of world.targets(source, Likes)) {
      const row = core.relations.linkRow(core.schema.idOf(Likes as never), source, target);
      const k = row >> table!.shift;
      const i = row & ((1 << table!.shift) - 1);
      const block = table!.blockOf(table!.columns[1]!, k);
      const layout = table!.layout(table!.columns[1]!, k);
      const { memory } = core.arena;
      const much = memory.f32[(block * 64 + layout.offsets[0]!) / 4 + i]!;
      const why = core.strings.text(memory.i32[(block * 64 + layout.offsets[1]!) / 4 + i]!);
      pairs.set(`${source},${target}`, [source, target, { much, why }]);
    }
  }
  return pairs;
}

function bySource(a: PairOf, b: PairOf): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** Fields, or axes of vectors, that differ. */
function changes(before: object, after: object): [field: string, before: unknown, after: unknown][] {
  return Object.entries(before).flatMap(([field, old]) => {
    const now = (after as Record<string, unknown>)[field];
    if (typeof old === "object" && !Array.isArray(old))
      return changes(old, now as object).map(([axis, a, b]): [string, unknown, unknown] => [`${field}.${axis}`, a, b]);
    const same = Array.isArray(old)
      ? old.every((element, i) => Object.is(element, (now as unknown[])[i]))
      : Object.is(old, now);
    return same ? [] : [[field, old, now] as [string, unknown, unknown]];
  });
}

test("exclusive relations are components, and cascades are removals", () => {
  const world = worldOfEverything();
  const [parent, child, other] = [world.spawn(), world.spawn(), world.spawn()];
  world.relate(child, ChildOf, parent);
  world.relate(other, Follows, parent, { distance: 2 });
  const fork = world.fork();
  fork.despawn(parent);
  const diff = fork.diff(world);
  expect(diff.entitiesRemoved.map(({ entity }) => entity)).toEqual([parent, child]);
  expect(diff.componentsRemoved).toEqual([
    { entity: other, component: "Follows", values: { target: parent, distance: 2 } },
  ]);
});
