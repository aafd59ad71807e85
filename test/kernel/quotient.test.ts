import { describe, expect, it } from "vitest";
import { component, createWorld, i32, kernel, u32 } from "../../src/index.ts";

const Pair = component("Pair", { a: i32, b: i32, u: u32, v: u32 });
const Signed = component("Signed", {
  floor: i32,
  ceil: i32,
  round: i32,
  negative: i32,
  third: i32,
  both: i32,
  either: i32,
});
const Unsigned = component("Unsigned", { floor: u32, ceil: u32, round: u32 });

const NUMBERS = [-2_147_483_647, -999_983, -95, -7, -4, -3, -2, -1, 0, 1, 2, 3, 5, 95, 1_000_001, 2_147_483_647];
const pairs = NUMBERS.flatMap((a) => NUMBERS.map((b) => ({ a, b, u: a >>> 0, v: b >>> 0 })));

/** By zero quotients are 0. */
const of = (a: number, b: number, round: (x: number) => number): number => (b === 0 ? 0 : round(a / b) + 0);

describe("floor, ceil and round of a quotient of integers", () => {
  const made = kernel("made", { write: [Signed, Unsigned], read: [Pair] }, (s, n, { a, b, u, v }) => {
    s.floor = Math.floor(a / b);
    s.ceil = Math.ceil(a / b);
    s.round = Math.round(a / b);
    s.negative = Math.floor(-a / b);
    s.third = Math.round(a / -3);
    const half = a / 2;
    s.both = Math.floor(half) - Math.trunc(half) + (half | 0);
    let either = a;
    if (b > 2) either = a / b;
    s.either = Math.ceil(b === 1 ? b : either);
    n.floor = Math.floor(u / v);
    n.ceil = Math.ceil(u / v);
    n.round = Math.round(u / v);
  });

  it.each([false, true])("are those of JavaScript (interpreted: %s)", (interpreted) => {
    const world = createWorld({ components: [Pair, Signed, Unsigned] });
    for (const pair of pairs) world.spawn([Pair, pair], Signed, Unsigned);
    made.run(world, {}, { interpreted });
    world
      .query(Pair)
      .entities()
      .forEach((entity, i) => {
        const { a, b, u, v } = pairs[i]!;
        expect(world.get(entity, Signed), `${a} and ${b}`).toEqual({
          floor: of(a, b, Math.floor),
          ceil: of(a, b, Math.ceil),
          round: of(a, b, Math.round),
          negative: of(-a, b, Math.floor),
          third: of(a, -3, Math.round),
          either: b === 1 ? 1 : Math.ceil(b > 2 ? a / b : a) + 0,
          both: of(a, 2, Math.floor) - Math.trunc(a / 2) + ((a / 2) | 0),
        });
        expect(world.get(entity, Unsigned), `${u} and ${v}`).toEqual({
          floor: of(u, v, Math.floor),
          ceil: of(u, v, Math.ceil),
          round: of(u, v, Math.round),
        });
      });
  });
});
