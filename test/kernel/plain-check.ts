import { expect } from "vitest";
import {
  bool,
  type Component,
  component,
  createWorld,
  f32,
  f64,
  i8,
  i16,
  i32,
  kernel,
  u8,
  u16,
  u32,
} from "../../src/index.ts";

const ROWS = 48;

const [single, double] = [f32({ nan: true }), f64({ nan: true })];
const narrow = { c: i8, b: u8, s: i16, t: u16 };
/** The components of random functions: `a`, which is written, and `b`. */
export const doubles = [
  component("Doubles", { x: double, y: double, z: double, i: i32, j: i32, u: u32, p: bool }),
  component("GivenDoubles", { r: double, s: double, n: i32, q: bool }),
] as unknown as [Component, Component];
export const typed = [
  component("Typed", {
    x: single,
    y: single,
    d: double,
    e: double,
    i: i32,
    j: i32,
    u: u32,
    w: u32,
    ...narrow,
    p: bool,
  }),
  component("GivenTyped", { f: single, g: single, h: double, n: i32, m: u32, q: bool }),
] as unknown as [Component, Component];

type Row = { [name: string]: number | boolean };
type Body = (a: Row, b: Row, k: object) => void;
interface Random {
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
}

const { NaN: nan, POSITIVE_INFINITY: infinite } = Number;
const HARD = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  infinite,
  -infinite,
  nan,
  1e-45,
  1e-40,
  5e-324,
  1e-300,
  1e308,
  3.4e38,
];
const LARGE = [2 ** 31 - 1, -(2 ** 31), 2 ** 32, 2 ** 24 + 1, 65_535, 1e5 / 3, 0.1];

function rowOf(random: Random, { columns }: Component): Row {
  const row: Row = {};
  for (const { path, kind, bytes } of columns) {
    const number = random.below(3) > 0 ? random.pick([...HARD, ...LARGE]) : (random.below(2000) - 1000) / 7;
    const integer =
      random.below(3) > 0 ? random.below(200) - 100 : random.pick([2 ** 31 - 1, -(2 ** 31), 65_535, 2 ** 24 + 1]);
    const [bits, lowest] = [2 ** (bytes * 8), kind.startsWith("i") ? 2 ** (bytes * 8 - 1) : 0];
    if (kind === "bool") row[path] = random.below(2) === 1;
    else if (kind === "f32") row[path] = Math.fround(number);
    else if (kind === "f64") row[path] = number;
    else row[path] = ((((integer + lowest) % bits) + bits) % bits) - lowest;
  }
  return row;
}

/** Runs `text` as a kernel, compiled and interpreted, and `plain` as JavaScript with `k`. */
export function check(
  seed: number,
  random: Random,
  components: [Component, Component],
  text: string,
  plain: string,
  k: object,
): void {
  const [written, read] = components;
  const [row, same] = [text, plain].map((source) => new Function(`return ${source}`)() as Body) as [Body, Body];
  const world = createWorld({ components, seed });
  const rows = Array.from({ length: ROWS }, () => [rowOf(random, written), rowOf(random, read)] as const);
  const ids = rows.map(([a, b]) => world.spawn([written, a], [read, b]));
  const wanted = rows.map(([a, b]) => {
    const after = { ...a };
    same(after, b, k);
    return after;
  });
  const run = kernel("random", { write: [written], read: [read] }, row as never);
  const before = world.snapshot();
  for (const interpreted of [true, false]) {
    run.run(world, {}, { interpreted });
    const got = ids.map((id) => ({ ...(world.get(id, written) as Row) }));
    // Comparing is what takes long, so it is only done in full where something differs.
    if (!got.every((one, i) => isSame(one, wanted[i]!)))
      expect({ seed, interpreted, text, plain, got }).toEqual({ seed, interpreted, text, plain, got: wanted });
    world.restore(before);
  }
  world.dispose();
}

function isSame(a: Row, b: Row): boolean {
  return Object.keys(b).every((name) => Object.is(a[name], b[name]));
}
