import { expect, it, vi } from "vitest";
import {
  Arena,
  ChildOf,
  changed,
  component,
  createWorld,
  type Entity,
  Name,
  related,
  relation,
  str,
  WorldloomError,
  write,
} from "../../src/index.ts";
import { Position } from "./model.ts";
import { refusal } from "./refusal.ts";

/*
 * What one operation costs where there is much else in the world, in counts.
 */

const Likes = relation("Likes", { why: str }, { exclusive: false });
const Title = component("Title", { text: str });
const tags = Array.from({ length: 8 }, (_, i) => component(`Tag${i}`));
const types = { components: [Position, Title, Name, ChildOf, Likes], chunkRows: 32 };

it("goes no way up for a child that has no children", () => {
  const world = createWorld(types);
  const [top, ...others] = Array.from(world.spawnMany(1000, Position)) as [Entity, ...Entity[]];
  let leaf = top;
  const looks = vi.spyOn(world.core.entities, "tableNumber");
  const costs = others.map((entity) => {
    const before = looks.mock.calls.length;
    world.relate(entity, ChildOf, leaf);
    leaf = entity;
    return looks.mock.calls.length - before;
  });
  expect(costs.at(-1)).toBe(costs[0]);
  const before = looks.mock.calls.length;
  world.spawnMany(100, Position, [ChildOf, { target: leaf }]);
  world.addMany(world.spawnMany(100, Position), ChildOf, { target: leaf });
  expect(looks.mock.calls.length - before).toBeLessThan(2000);
  expect(refusal(() => world.relate(top, ChildOf, leaf)).code).toBe("hierarchy-cycle");
  const kept = world.snapshot();
  world.unrelate(others[500]!, ChildOf);
  world.relate(top, ChildOf, leaf);
  expect(refusal(() => world.relate(others[500]!, ChildOf, others[499]!)).code).toBe("hierarchy-cycle");
  world.restore(kept);
  expect(refusal(() => world.relate(top, ChildOf, leaf)).code).toBe("hierarchy-cycle");
});

it("refuses circles of entities that come at once", () => {
  const world = createWorld(types);
  const next = world.spawn(Position) + 1;
  const [hash, targets] = [world.hash(), [1, 2, 3, 2].map((i) => next + i)];
  const refused = refusal(() => world.spawnMany(4, Position, [ChildOf, { target: targets }]));
  expect([refused instanceof WorldloomError, refused.code, world.hash()]).toEqual([true, "hierarchy-cycle", hash]);
});

it.each([ChildOf, Likes])("visits the rows that have a pair, and owns and marks no other chunks: $name", (pair) => {
  const world = createWorld({ ...types, arena: new Arena() });
  const [target, other] = Array.from(world.spawnMany(2)) as [Entity, Entity];
  const entities = world.spawnMany(320, Position);
  for (const entity of entities) world.relate(entity, pair, other);
  const wanted = [entities[40]!, entities[41]!, entities[300]!];
  for (const entity of wanted) world.relate(entity, pair, target);
  const kept = world.snapshot();
  world.step([]);
  const { copies } = world.metrics();
  const seen: Entity[] = [];
  world.query(write(Position), related(pair, target)).each((entity, { position, count, entities: ids }, row) => {
    expect([ids[row], row < count]).toEqual([entity, true]);
    position.x[row] = 7;
    seen.push(entity);
  });
  expect(seen).toEqual(wanted);
  // The column's entries, and two of the chunks.
  expect(world.metrics().copies - copies).toBe(3);
  expect(world.query(changed(Position)).entities(0).length).toBe(64);
  expect(world.diff(kept).cells.map(({ entity, after }) => [entity, after])).toEqual(wanted.map((id) => [id, 7]));
  const query = world.query(Position, related(pair, target));
  expect([query.has(wanted[0]!), query.has(entities[0]!), query.has(target), query.count]).toEqual([
    true,
    false,
    false,
    3,
  ]);
  expect(() =>
    query.each(() => {
      throw new Error("stop");
    }),
  ).toThrow("stop");
  world.despawn(wanted[0]!);
  expect(query.count).toBe(2);
});

it("reads the texts that differ after a restore, and none for a fork", () => {
  const world = createWorld(types);
  const said = (n: number) => `text ${n}`;
  const entities = world.spawnMany(3000, [Title, { text: said }]);
  const kept = world.snapshot();
  const hash = world.hash();
  const made = vi.spyOn(String, "fromCharCode");
  const reads = (change: () => void): number => {
    const before = made.mock.calls.length;
    change();
    return made.mock.calls.length - before;
  };
  const later = world.spawn([Title, { text: "later" }]);
  const end = world.snapshot();
  const back = reads(() => {
    world.restore(kept);
    expect(world.get(entities[2999]!, Title)).toEqual({ text: "text 2999" });
    world.set(entities[0]!, Title, { text: "other" });
    world.set(entities[1]!, Title, { text: "text 2" });
  });
  expect([back > 0, back < 100, world.get(entities[0]!, Title)?.text]).toEqual([true, true, "other"]);
  world.restore(end);
  expect([world.get(later, Title)?.text, world.get(entities[0]!, Title)?.text]).toEqual(["later", "text 0"]);
  world.restore(kept);
  expect(world.get(entities[7]!, Title)?.text).toBe("text 7");
  const forks = reads(() => {
    const [one, two] = [world.fork(), world.fork()];
    world.set(entities[0]!, Title, { text: "mine" });
    one.set(entities[0]!, Title, { text: "one" });
    two.set(entities[0]!, Title, { text: "two" });
    two.set(entities[1]!, Title, { text: "mine" });
    const three = two.fork();
    two.restore(kept);
    two.set(entities[0]!, Title, { text: "three" });
    expect(refusal(() => one.string(world.metrics().strings + 1)).code).toBe("bad-argument");
    expect([world, one, two, three].map((of) => of.get(entities[0]!, Title)?.text)).toEqual([
      "mine",
      "one",
      "three",
      "two",
    ]);
    expect([world, one, two, three].map((of) => of.get(entities[1]!, Title)?.text)).toEqual([
      "text 1",
      "text 1",
      "text 1",
      "mine",
    ]);
    const again = [world, one, two, three].map((of) => {
      of.set(entities[0]!, Title, { text: "text 0" });
      return of.metrics().strings;
    });
    expect(again).toEqual([3001, 3001, 3001, 3002].map((count) => count + again[0]! - 3001));
  });
  expect(forks).toBeLessThan(100);
  world.restore(kept);
  expect(world.hash()).toBe(hash);
  made.mockRestore();
});

it("finds names and pairs after a restore without looking for those that are as they were", () => {
  const world = createWorld(types);
  const parent = world.spawn(Position);
  const entities = world.spawnMany(500, Position, [Name, { text: (i) => `n${i}` }], [ChildOf, { target: parent }]);
  expect([world.find("n3"), world.sources(ChildOf, parent).length]).toEqual([entities[3], 500]);
  const kept = world.snapshot();
  const sets = vi.spyOn(Map.prototype, "set");
  const writes = (change: () => void): number => {
    const before = sets.mock.calls.length;
    change();
    world.restore(kept);
    expect([world.find("n3"), world.find("new"), world.sources(ChildOf, parent).length]).toEqual([entities[3], 0, 500]);
    return sets.mock.calls.length - before;
  };
  expect(writes(() => world.setMany(entities, Position, { x: 3 }))).toBeLessThan(50);
  sets.mockRestore();
  writes(() => world.name(entities[3]!, "new"));
  writes(() => world.remove(entities[3]!, Name));
  writes(() => world.despawn(entities[3]!));
  writes(() => world.unrelate(entities[3]!, ChildOf));
  writes(() => world.spawn([Name, { text: "new" }], [ChildOf, { target: parent }]));
  writes(() => {
    world.restore(kept);
    // Before anybody asked for a name.
    world.despawn(entities[3]!);
    expect(world.find("n3")).toBe(0);
  });
});

it("looks at no other tables than those of the rows that have a pair, or of the entity that is asked for", () => {
  const world = createWorld({ ...types, components: [...types.components, ...tags] });
  for (let i = 0; i < 256; i++) world.spawn(Position, ...tags.filter((_, bit) => (i >> bit) & 1));
  const [parent, child] = [world.spawn(), world.spawn(Position)];
  world.relate(child, ChildOf, parent);
  world.query(Position);
  const { tables } = world.core.store;
  let looks = 0;
  world.core.store.tables = new Proxy(tables, {
    get: (target, key, receiver) => {
      looks++;
      return Reflect.get(target, key, receiver);
    },
  });
  const query = world.query(Position, related(ChildOf, parent));
  expect([query.count, query.has(child), world.query(Position).has(parent)]).toEqual([1, true, false]);
  expect([looks > 0, looks < 50]).toEqual([true, true]);
  world.core.store.tables = tables;
});
