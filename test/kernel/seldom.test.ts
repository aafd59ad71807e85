import { describe, expect, test } from "vitest";
import {
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  i32,
  kernel,
  kernelFunction,
  resource,
  SpatialIndex,
  type World,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";

/** What kernels may use, and seldom do. */
const Account = component("Account", { worth: f64, rate: f32, n: i32, to: entity });
const Place = component("Place", { x: f32, y: f32 });
const Paid = event("Paid", { sum: f64, twice: f64 });
const Asked = event("Asked", { sum: f64, who: entity });
const Book = resource("Book", { sum: f64, most: f64, count: f64 });

function make(): World {
  const world = createWorld({ components: [Account, Place], events: [Paid, Asked], resources: [Book], chunkRows: 64 });
  world.spawnMany(
    500,
    [Account, { worth: (i) => i * 1.1, rate: (i) => i % 7, n: (i) => i }],
    [Place, { x: (i) => (i * 7) % 31, y: (i) => (i * 3) % 29 }],
  );
  return world;
}

describe.each([false, true])("interpreted: %s", (interpreted) => {
  test("uniforms are f64", () => {
    const world = make();
    const grow = kernel("grow", { write: [Account], uniforms: { by: f64 } }, (account, k) => {
      account.worth *= k.by;
    });
    grow.run(world, { by: 1.000000000001 }, { interpreted });
    const found = world.query(Account).entities();
    expect(Array.from(found, (one) => world.get(one, Account)!.worth)).toEqual(
      Array.from({ length: 500 }, (_, i) => i * 1.1 * 1.000000000001),
    );
  });

  test("events have f64 only, and some that entities come with", () => {
    const world = make();
    const pay = kernel("pay", { read: [Account], uses: [Paid, Asked] }, (account, k) => {
      if (account.n % 9 === 4) k.emit(Paid, { sum: account.worth, twice: account.worth * 2 });
      if (account.n % 50 === 1) k.emit(Asked, { sum: account.worth, who: 0 });
    });
    pay.run(world, {}, { interpreted });
    const worth = Array.from({ length: 500 }, (_, i) => i * 1.1);
    expect(world.events(Paid)).toEqual(
      worth.filter((_, i) => i % 9 === 4).map((sum) => ({ sum, twice: sum * 2, tick: 0 })),
    );
    expect(world.events(Asked)).toEqual(worth.filter((_, i) => i % 50 === 1).map((sum) => ({ sum, who: 0, tick: 0 })));
  });

  test("what is counted is put into an f64, and nobody is looked up", () => {
    const world = make();
    const audit = kernel("audit", { write: [Account], read: [Place], uses: [Book] }, (account, _place, k) => {
      k.count(Book, "count", account.rate > 3);
      k.max(Book, "most", account.worth);
      k.sum(Book, "sum", account.rate);
      account.rate = k.at(0, Place).x + 2;
    });
    audit.run(world, {}, { interpreted });
    const rates = Array.from({ length: 500 }, (_, i) => i % 7);
    const [count, sum] = [rates.filter((rate) => rate > 3).length, rates.reduce((a, b) => a + b)];
    expect(world.resource(Book)).toEqual({ count, sum, most: 499 * 1.1 });
    for (const one of world.query(Account).entities()) expect(world.get(one, Account)!.rate).toBe(2);
  });

  test("constants are -0 and truth values", () => {
    const world = make();
    const divide = kernel("divide", { write: [Account], constants: { zero: -0, sure: true } }, (account, k) => {
      account.rate = k.sure ? 1 / k.zero : 3;
    });
    divide.run(world, {}, { interpreted });
    for (const one of world.query(Account).entities()) expect(world.get(one, Account)!.rate).toBe(-Infinity);
  });

  test("the length of one, two, three and four sides", () => {
    const world = make();
    const length = kernel("length", { write: [Account, Place] }, (account, place) => {
      const { x, y } = place;
      account.rate = Math.hypot(-x, y, x, account.rate);
      account.worth = Math.hypot(-account.worth) + Math.hypot(3, account.worth, 0, 4);
      place.x = Math.hypot(-x);
      place.y = Math.hypot(x, y);
    });
    length.run(world, {}, { interpreted });
    for (const one of world.query(Account).entities()) {
      const { n, rate, worth } = world.get(one, Account)!;
      const [x, y] = [(n * 7) % 31, (n * 3) % 29];
      expect([world.get(one, Place)!.x, world.get(one, Place)!.y]).toEqual([x, Math.fround(Math.hypot(x, y))]);
      expect(Math.abs(rate - Math.hypot(x, y, x, n % 7))).toBeLessThanOrEqual(rate * 2 ** -22);
      expect(Math.abs(worth - n * 1.1 - Math.hypot(5, n * 1.1))).toBeLessThanOrEqual(worth * 2 ** -50);
    }
  });
});

test("neighbours hand on what neighbours before them had", () => {
  const third = kernel("third", { write: [Account], read: [Place] }, (account, _place, k) => {
    let [a, b, c] = [-1, -1, -1];
    k.neighbours(3, (other) => {
      [a, b, c] = [other.x, a, b];
    });
    account.rate = c;
  });
  const rates = [false, true].map((interpreted) => {
    const world = make();
    const index = new SpatialIndex(world, { cell: 4, width: 8, height: 8 });
    index.build(world.query(Place), Place);
    third.run(world, {}, { interpreted, index });
    return Array.from(world.query(Account).entities(), (one) => {
      const { x, y } = world.get(one, Place)!;
      const { rate } = world.get(one, Account)!;
      const near = index.within(x, y, 3).length - 1;
      expect(rate >= 0).toBe(near >= 3);
      expect(Math.abs(rate - x)).toBeLessThanOrEqual(near >= 3 ? 3 : 32);
      return rate;
    });
  });
  expect(rates[0]).toEqual(rates[1]);
  expect(rates[0]!.some((rate) => rate >= 0)).toBe(true);
});

test("an explanation is a text", () => {
  const half = kernel("half", { write: [Place], constants: { sure: true } }, (place, k) => {
    if (k.sure) place.x *= 0.5;
  });
  const text = String(half.explain());
  for (const part of [/^kernel half\n/, /bytes/, /v128/]) expect(text).toMatch(part);
});

test("a kernel function is made of a function", () => {
  expect(refusal(() => kernelFunction("half", 7 as never))).toMatchObject({
    code: "bad-argument",
    message: "call must be a function, not 7.",
  });
});
