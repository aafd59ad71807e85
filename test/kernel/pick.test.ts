import { describe, expect, it } from "vitest";
import { array, bool, component, createWorld, entity, f32, f64, i32, kernel, u8, u32 } from "../../src/index.ts";

const Bag = component("Bag", {
  items: array(f32, 5),
  small: array(u8, 4),
  flags: array(bool, 3),
  friends: array(entity, 3),
  wide: array(f64, 2),
});
const Which = component("Which", { i: i32, u: u32, f: f32, of: entity });
const Found = component("Found", {
  ...{ item: f32, byFloat: f32, cost: f32, whole: i32, flag: bool, friend: entity, after: f32, theirs: f32 },
});

const COSTS = [10, 2.5, -3, 40, 40];
const COUNTS = [7, 0, -9];

const FLOATS = [0, -0, 1, 1.5, 4, 4.9, 5, -1, 1e10, Number.POSITIVE_INFINITY, Number.NaN];
const cases = [-2, -1, 0, 1, 2, 3, 4, 5, 2 ** 31 - 1, -(2 ** 31)].flatMap((i, n) =>
  FLOATS.map((f, m) => ({ i, u: i >>> 0, f, items: [n, m, 0.25, n - m, 1e6], small: [n, m, 100, 200] })),
);

const rule = kernel(
  "rule",
  { write: [Bag, Found], read: [Which], constants: { COSTS, COUNTS } },
  (bag, found, { i, u, f }, k) => {
    found.item = bag.items[i]!;
    found.byFloat = bag.items[f]!;
    found.cost = k.COSTS[u]!;
    found.whole = k.COUNTS[i]!;
    found.flag = bag.flags[i]!;
    found.friend = bag.friends[i]!;
    bag.items[i]! += 1.5;
    bag.small[u] = bag.small[u]! + 200;
    bag.small[i]!++;
    bag.flags[i] = !bag.flags[i]!;
    bag.friends[i] = k.entity;
    found.after = bag.items[i]! + bag.small[i]!;
    if (f > 1) bag.items[i + 1] = 9;
    for (let j = 0; j < 3; j++) bag.wide[(i + j) & 1]! += j + f;
    bag.items[i] = bag.items[4 - i]!;
  },
);

/** The same in JavaScript: what is not there is 0 or false, and stays so. */
function expected({ i, u, f, items, small }: (typeof cases)[number], self: number) {
  const at = (list: readonly number[], index: number): number => list[index] ?? 0;
  const bag = { items: [...items], small: [...small], flags: [false, true, false], friends: [0, 5, 0], wide: [1, 2] };
  const put = <T>(list: T[], index: number, value: T): void => {
    if (list[index] !== undefined) list[index] = value;
  };
  const byte = (value: number): number => Math.min(255, Math.max(0, value));
  const found = {
    item: at(items, i),
    byFloat: at(items, f),
    cost: at(COSTS, u),
    whole: at(COUNTS, i),
    flag: bag.flags[i] ?? false,
    friend: at(bag.friends, i),
    theirs: 0,
    after: 0,
  };
  put(bag.items, i, Math.fround(at(bag.items, i) + 1.5));
  put(bag.small, u, byte(at(bag.small, u) + 200));
  put(bag.small, i, byte(at(bag.small, i) + 1));
  put(bag.flags, i, !(bag.flags[i] ?? false));
  put(bag.friends, i, self);
  found.after = Math.fround(at(bag.items, i) + at(bag.small, i));
  if (f > 1) put(bag.items, (i + 1) | 0, 9);
  for (let j = 0; j < 3; j++) put(bag.wide, (i + j) & 1, at(bag.wide, (i + j) & 1) + Math.fround(j + f));
  put(bag.items, i, at(bag.items, (4 - i) | 0));
  return { bag, found };
}

describe("an index that is known when the kernel runs", () => {
  it.each([false, true])(
    "picks as in JavaScript, and nothing where there is nothing (interpreted: %s)",
    (interpreted) => {
      const world = createWorld({ components: [Bag, Which, Found] });
      const entities = cases.map(({ i, u, f, items, small }) =>
        world.spawn([Bag, { items, small, flags: [false, true, false], friends: [0, 5, 0], wide: [1, 2] }], Found, [
          Which,
          { i, u, f: Number.isNaN(f) ? 0 : f },
        ]),
      );
      rule.run(world, {}, { interpreted });
      entities.forEach((self, n) => {
        const one = { ...cases[n]!, f: Number.isNaN(cases[n]!.f) ? 0 : cases[n]!.f };
        const { bag, found } = expected(one, self);
        expect(world.get(self, Found), JSON.stringify(one)).toEqual(found);
        expect(world.get(self, Bag), JSON.stringify(one)).toEqual(bag);
      });
      world.dispose();
    },
  );

  it("takes no value for an index that is not a number", () => {
    const nan = kernel("nan", { write: [Found], read: [Which], constants: { COSTS } }, (found, { f }, k) => {
      found.cost = k.COSTS[f / f]! + k.COSTS[-0 * f]!;
    });
    const world = createWorld({ components: [Which, Found] });
    const one = world.spawn(Found, [Which, { f: 0 }]);
    nan.run(world);
    expect(world.get(one, Found)?.cost).toBe(10);
    world.dispose();
  });

  it("reads the arrays of other entities", () => {
    const look = kernel("look", { write: [Found], read: [Which], uses: [Bag] }, (found, { i, of }, k) => {
      found.theirs = k.at(of, Bag).items[i]!;
    });
    const world = createWorld({ components: [Bag, Which, Found] });
    const bag = world.spawn([Bag, { items: [1, 2, 3, 4, 5] }]);
    const ones = [-1, 0, 4, 5].map((i) => world.spawn(Found, [Which, { i, of: bag }]));
    look.run(world);
    expect(ones.map((one) => world.get(one, Found)?.theirs)).toEqual([0, 1, 5, 0]);
    world.dispose();
  });

  it("is refused where there are too many elements, or no number", () => {
    const many = Array.from({ length: 65 }, (_, i) => i);
    expect(() =>
      kernel("many", { write: [Found], read: [Which], constants: { many } }, (found, { i }, k) => {
        found.item = k.many[i]!;
      }),
    ).toThrow(/the index of many is not constant, and it has 65 elements/);
    expect(() =>
      kernel("flags", { write: [Found], read: [Bag], constants: { COSTS } }, (found, bag, k) => {
        found.item = k.COSTS[bag.flags[0] as never]!;
      }),
    ).toThrow(/an index takes numbers, not booleans/);
    expect(() =>
      kernel("none", { write: [Found], read: [Which], constants: { NONE: [] as number[] } }, (found, { i }, k) => {
        found.item = k.NONE[i]!;
      }),
    ).toThrow(/NONE has no elements/);
    const NAMES = [1, "two"] as unknown as number[];
    expect(() =>
      kernel("names", { write: [Found], read: [Which], constants: { NAMES } }, (found, { i }, k) => {
        found.item = k.NAMES[i]!;
      }),
    ).toThrow(/NAMES.1 is a text/);
  });
});
