import { expect, test } from "vitest";
import { bool, component, createWorld, f64, i32, kernel, u32 } from "../../src/index.ts";
import { RandomDouble } from "./random-double.ts";

const KERNELS = 2000;
const PARTS = 4;
const ROWS = 48;

const number = f64({ nan: true });
const Changed = component("Changed", { x: number, y: number, z: number, i: i32, j: i32, u: u32, p: bool });
const Given = component("Given", { r: number, s: number, n: i32, q: bool });
type Row = { [name: string]: number | boolean };

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
  Infinity,
  -Infinity,
  NaN,
  5e-324,
  1e-300,
  1e308,
  2 ** 32,
  1e5 / 3,
];

function rowOf(random: RandomDouble): { changed: Row; given: Row } {
  const double = (): number => (random.below(3) > 0 ? random.pick(HARD) : (random.below(2000) - 1000) / 8);
  const integer = (): number =>
    random.below(4) > 0 ? random.below(200) - 100 : random.pick([2 ** 31 - 1, -(2 ** 31), 65_535]);
  const boolean = (): boolean => random.below(2) === 1;
  return {
    changed: { x: double(), y: double(), z: double(), i: integer(), j: integer(), u: random.below(100), p: boolean() },
    given: { r: double(), s: double(), n: integer(), q: boolean() },
  };
}

for (let part = 0; part < PARTS; part++) {
  test(`random functions of doubles and integers do what JavaScript does, part ${part}`, () => {
    for (let seed = part; seed < KERNELS; seed += PARTS) check(seed);
  });
}

function check(seed: number): void {
  const random = new RandomDouble(seed);
  const source = random.source();
  const row = new Function(`return ${source}`)() as (a: Row, b: Row, k: object) => void;
  const world = createWorld({ components: [Changed, Given], seed });
  const rows = Array.from({ length: ROWS }, () => rowOf(random));
  const ids = rows.map(({ changed, given }) => world.spawn([Changed, changed as object], [Given, given as object]));
  const wanted = rows.map(({ changed, given }) => {
    const after = { ...changed };
    row(after, given, { f64: Number });
    return after;
  });
  const run = kernel("random", { write: [Changed], read: [Given] }, row as never);
  const before = world.snapshot();
  for (const interpreted of [true, false]) {
    run.run(world, {}, { interpreted });
    const got = ids.map((id) => ({ ...world.get(id, Changed) }));
    // Comparing is what takes long, so it is only done in full where something differs.
    if (!got.every((one, i) => isSame(one as Row, wanted[i]!)))
      expect({ seed, interpreted, source, got }).toEqual({ seed, interpreted, source, got: wanted });
    world.restore(before);
  }
  world.dispose();
}

function isSame(a: Row, b: Row): boolean {
  return Object.keys(b).every((name) => Object.is(a[name], b[name]));
}
