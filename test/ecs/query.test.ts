import { describe, expect, it } from "vitest";
import {
  added,
  anyOf,
  type Component,
  changed,
  component,
  createWorld,
  type Entity,
  f32,
  optional,
  related,
  relation,
  system,
  type Term,
  u8,
  without,
  write,
} from "../../src/index.ts";
import { refusal } from "./refusal.ts";

const A = component("A", { x: f32 });
const B = component("B", { x: f32 });
const C = component("C", { on: u8 });
const T = component("T");
const In = relation("In");
const Knows = relation("Knows", {}, { exclusive: false });
const make = (chunkRows = 32) => createWorld({ components: [A, B, C, T, In, Knows], chunkRows });

/** One entity of each set of A, B, C, T, named by its letters. */
function zoo() {
  const world = make();
  const parts: Record<string, Component> = { A, B, C, T };
  const named = new Map<Entity, string>();
  for (let bits = 15; bits >= 0; bits--) {
    const name = [..."ABCT"].filter((_, i) => (bits >> i) & 1).join("");
    named.set(world.spawn(...[...name].map((letter) => parts[letter]!)), name);
  }
  return { world, names: (entities: Iterable<Entity>) => Array.from(entities, (entity) => named.get(entity)) };
}

describe("terms", () => {
  it.each<[string, readonly Term[], string]>([
    ["nothing: every entity", [], " A AB ABC ABCT ABT AC ACT AT B BC BCT BT C CT T"],
    ["a component", [A], "A AB ABC ABCT ABT AC ACT AT"],
    ["a written one", [write(B)], "AB ABC ABCT ABT B BC BCT BT"],
    ["a tag", [T], "ABCT ABT ACT AT BCT BT CT T"],
    ["two", [B, A], "AB ABC ABCT ABT"],
    ["without", [A, without(B), without(T)], "A AC"],
    ["only without", [without(A), without(B)], " C CT T"],
    ["any of", [anyOf(A, B), without(C)], "A AB ABT AT B BT"],
    ["any of twice", [anyOf(A, B), anyOf(C, T), without(A)], "BC BCT BT"],
    ["any of one", [anyOf(C), A], "ABC ABCT AC ACT"],
    ["any of none", [anyOf()], ""],
    ["optional", [A, optional(B), without(T), without(C)], "A AB"],
    ["optional alone", [optional(write(A)), B, without(T), without(C)], "AB B"],
    ["contradiction", [A, without(A)], ""],
  ])("%s", (_, terms, wanted) => {
    const { world, names } = zoo();
    const query = world.query(...terms);
    const found = Array.from(query.entities());
    expect(names(found)).toEqual(wanted === "" ? [] : wanted.split(" "));
    expect(query.count).toBe(found.length);
    for (const entity of world.query().entities()) expect(query.has(entity)).toBe(found.includes(entity));
    const walked: Entity[] = [];
    query.each((entity) => walked.push(entity));
    expect(walked).toEqual(found);
    const chunked: Entity[] = [];
    query.eachChunk(({ count, entities }) => chunked.push(...Array.from({ length: count }, (_, i) => entities[i]!)));
    expect(chunked).toEqual(found);
  });

  it("hand out the columns of those they name, and undefined where an optional one is missing", () => {
    const { world, names } = zoo();
    const seen: (string | undefined)[] = [];
    for (const chunk of world.query(A, optional(write(B)), without(T), without(C)).chunks()) {
      expect(Object.keys(chunk).sort()).toEqual(["a", "b", "count", "entities"]);
      seen.push(names([chunk.entities[0]!])[0]);
      expect(chunk.b === undefined).toBe(seen.at(-1) === "A");
      expect(chunk.a.x).toBeInstanceOf(Float32Array);
    }
    expect(seen).toEqual(["A", "AB"]);
  });

  it.each<[string, readonly unknown[]]>([
    ["one component twice", [A, A]],
    ["read and written", [write(A), A]],
    ["nothing at all", [undefined]],
    ["a name", ["A"]],
    ["an object", [{}]],
    ["optional of nothing", [optional(undefined as never)]],
    ["optional of without", [optional(without(A) as never)]],
  ])("are refused: %s", (_, terms) => {
    const world = make();
    expect(["bad-argument", "component-unknown"]).toContain(refusal(() => world.query(...(terms as Term[]))).code);
  });

  it("are refused for components of no world, relations as components, and chunks of a relation's targets", () => {
    const world = make();
    const Other = component("Other");
    for (const terms of [
      [Other],
      [without(Other)],
      [anyOf(A, Other)],
      [changed(Other)],
      [optional(Other)],
      [write(Other)],
    ] as Term[][]) {
      expect(refusal(() => world.query(...terms)).code).toBe("component-unknown");
    }
    expect(refusal(() => write(In)).message).toMatch(/relate and unrelate/);
    expect(refusal(() => world.query(related(A as never, 1))).code).toBe("bad-argument");
    expect(refusal(() => world.query([A, B] as never)).message).toMatch(/one by one, without a list/);
    expect(refusal(() => world.query(related(In, 1)).chunks()).message).toMatch(/entities\(\) or each\(\)/);
  });

  it("make one query, whatever their numbers: no two kinds of term share a key", () => {
    const tags = Array.from({ length: 700 }, (_, i) => component(`K${i}`));
    const world = createWorld({ components: tags });
    const kinds: ((c: Component) => Term)[] = [
      (c) => c,
      write,
      without,
      changed,
      added,
      optional,
      (c) => anyOf(c),
      (c) => optional(write(c)),
    ];
    const queries = new Set(
      tags
        .slice(0, 60)
        .concat(tags.slice(500, 560))
        .flatMap((tag) => kinds.map((kind) => world.query(kind(tag)))),
    );
    expect(queries.size).toBe(120 * kinds.length);
    expect(world.query(anyOf(tags[3]!, tags[4]!))).toBe(world.query(anyOf(tags[3]!, tags[4]!)));
  });
});

describe("order", () => {
  it("is that of signatures, then rows, however the archetypes came to be", () => {
    const orders = [
      [[A], [A, B], [C], [B, C]],
      [[B, C], [C], [A, B], [A]],
    ].map((sets) => {
      const world = make();
      for (let round = 0; round < 40; round++) for (const set of sets) world.spawn(...set);
      return (
        world.query(anyOf(A, B, C)).count +
        ":" +
        Array.from(
          world.query(anyOf(A, B, C)).matches.filter(({ table }) => table.rows > 0),
          ({ table }) => table.components,
        ).join("/")
      );
    });
    expect(orders[0]).toBe("160:0/0,1/1,2/2");
    expect(orders[1]).toBe(orders[0]);
  });

  it("of rows: a despawned row is filled by the last", () => {
    const world = make();
    const ids = Array.from(world.spawnMany(70, A));
    world.despawn(ids[3]!);
    world.despawn(ids[68]!);
    expect(Array.from(world.query(A).entities())).toEqual([...ids.slice(0, 3), ids[69], ...ids.slice(4, 68)]);
  });

  it("finds archetypes that appear later, and forgets those that a restore takes away", () => {
    const world = make();
    const query = world.query(A);
    world.spawn(A);
    const snapshot = world.snapshot();
    expect(query.count).toBe(1);
    const later = world.spawn(A, B);
    world.spawn(A, C, T);
    expect(query.count).toBe(3);
    expect(query.has(later)).toBe(true);
    world.restore(snapshot);
    expect(query.count).toBe(1);
    expect(query.has(later)).toBe(false);
    world.spawn(A, T);
    expect(Array.from(query.chunks(), ({ count }) => count)).toEqual([1, 1]);
    snapshot.dispose();
  });
});

describe("iteration", () => {
  it("can be nested, even in itself, and left early", () => {
    const world = make();
    world.spawnMany(100, A, [B, { x: 2 }]);
    const query = world.query(write(A), B);
    let pairs = 0;
    for (const outer of query.chunks()) {
      for (const inner of query.chunks()) {
        pairs += outer.count * inner.count;
        if (inner.count < 32) break;
      }
      for (const { count, b } of world.query(B).chunks()) for (let i = 0; i < count; i++) outer.a.x[0]! += b.x[i]!;
    }
    expect(pairs).toBe(100 * 100);
    expect(() => {
      for (const _ of query.chunks()) throw new Error("out");
    }).toThrow("out");
    expect(world.get(query.entities()[32]!, A)).toEqual({ x: 200 });
    world.hash();
  });

  it("refuses what cannot wait: snapshots, hashes, restores", () => {
    const world = make();
    world.spawn(A);
    const snapshot = world.snapshot();
    for (const _ of world.query(A).chunks()) {
      for (const act of [
        () => world.snapshot(),
        () => world.hash(),
        () => world.contentHash(),
        () => world.fork(),
        () => world.restore(snapshot),
      ]) {
        expect(refusal(act).code).toBe("structure-locked");
      }
    }
    world.restore(snapshot);
    snapshot.dispose();
  });

  it("sees the rows of chunks whose first block grew and moved", () => {
    const world = make(1024);
    const query = world.query(write(C));
    const total = () => {
      let sum = 0;
      for (const { count, c } of query.chunks()) for (let i = 0; i < count; i++) sum += c.on[i]!++ === 0 ? 1 : 0;
      return sum;
    };
    const [first] = world.spawnMany(20, C);
    expect(total()).toBe(20);
    const snapshot = world.snapshot();
    world.set(first!, C, { on: 0 });
    snapshot.dispose();
    // The block of 32 rows that was walked is free again: the one for 64, as large in bytes, gets its place.
    for (let i = 0; i < 13; i++) world.spawn(C);
    expect(total()).toBe(14);
    expect(total()).toBe(0);
  });

  it("taken before a restore walks the world after it", () => {
    const world = make();
    const empty = world.snapshot();
    world.spawnMany(40, A);
    const chunks = world.query(A).chunks();
    world.restore(empty);
    expect([...chunks]).toEqual([]);
    empty.dispose();
  });
});

describe("changed and added", () => {
  it("name chunks written, and given rows, after a tick", () => {
    const world = make();
    const ids = world.spawnMany(100, A, B);
    const idle = system("Idle", { run: () => {} });
    const chunksOf = (term: Term, since: number) =>
      Array.from(world.query(term).chunks(since), ({ entities }) => Math.floor((entities[0]! % 2 ** 16) / 32));
    world.step([idle]);
    world.set(ids[40]!, A, { x: 1 });
    expect(chunksOf(changed(A), 0)).toEqual([1]);
    expect(chunksOf(changed(B), 0)).toEqual([]);
    expect(chunksOf(added(A), 0)).toEqual([]);
    expect(chunksOf(changed(A), -1)).toEqual([0, 1, 2, 3]);
    world.step([idle]);
    expect(chunksOf(changed(A), 1)).toEqual([]);
    const late = world.spawn(A, B);
    expect(chunksOf(added(A), 1)).toEqual([3]);
    expect(Array.from(world.query(A, changed(A)).entities(1))).toContain(late);
    expect(Array.from(world.query(changed(A), A).entities(1))).toContain(late);
    for (const { a, count } of world.query(changed(A), write(A)).chunks(1)) a.x[count - 1] = 3;
    expect(world.get(late, A)).toEqual({ x: 3 });
    const snapshot = world.snapshot();
    world.step([idle]);
    for (const _ of world.query(write(B)).chunks());
    expect(chunksOf(changed(B), 2)).toEqual([0, 1, 2, 3]);
    world.restore(snapshot);
    expect(world.tick).toBe(2);
    expect(chunksOf(changed(B), 2)).toEqual([]);
    snapshot.dispose();
  });
});

describe("relation targets", () => {
  it("select sources, ascending or in the order of rows, with other terms", () => {
    const world = make();
    const [house, hut] = [world.spawn(), world.spawn()];
    const inside = [
      world.spawn([In, { target: house }], A),
      world.spawn([In, { target: hut }], A),
      world.spawn(B, [In, { target: house }]),
      world.spawn(A, B, [In, { target: house }]),
    ];
    const query = world.query(related(In, house), A);
    expect(Array.from(query.entities())).toEqual([inside[3], inside[0]]);
    expect(query.count).toBe(2);
    expect(query.has(inside[0]!)).toBe(true);
    expect(query.has(inside[1]!)).toBe(false);
    const rows: [Entity, number][] = [];
    world.query(related(In, house), write(A)).each((entity, chunk, row) => {
      chunk.a.x[row] = 7;
      rows.push([entity, row]);
    });
    expect(rows.length).toBe(2);
    expect(world.get(inside[0]!, A)).toEqual({ x: 7 });
    world.relate(inside[0]!, Knows, inside[1]!);
    world.relate(inside[2]!, Knows, inside[1]!);
    expect(Array.from(world.query(related(Knows, inside[1]!), related(In, house)).entities()).sort()).toEqual([
      inside[0],
      inside[2],
    ]);
    world.despawn(house);
    expect(query.count).toBe(0);
    expect(world.query(related(Knows, inside[1]!)).count).toBe(2);
  });

  it("give what all entities with the other terms and that target are, in the same order", () => {
    const world = make();
    const houses = Array.from({ length: 8 }, () => world.spawn());
    for (let i = 0; i < 400; i++) {
      const items = [[In, { target: houses[i % 8]! }], i % 3 === 0 ? A : B, ...(i % 5 === 0 ? [C] : [])];
      const made = world.spawn(...(items as never[]));
      if (i % 7 < 3) world.relate(made, Knows, houses[i % 4]!);
    }
    for (let i = 0; i < 90; i++) world.despawn(world.query(A).entities()[(i * 7) % 20]!);
    const since = world.tick;
    world.step([]);
    for (const who of world.query(A).entities().subarray(0, 3)) world.set(who, A, { x: 9 });
    for (const terms of [[A], [B, without(C)], [changed(A)], [anyOf(B, C)]])
      for (const house of houses) {
        const all = [...world.query(In, ...terms).entities(since)];
        const inside = all.filter((who) => world.targets(who, In)[0] === house);
        expect([...world.query(...terms, related(In, house)).entities(since)]).toEqual(inside);
        const known = inside.filter((who) => world.targets(who, Knows).includes(house));
        const query = world.query(related(Knows, house), ...terms, related(In, house));
        expect([...query.entities(since)]).toEqual(known);
      }
  });
});
