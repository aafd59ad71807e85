import { test } from "vitest";
import { check, doubles, typed } from "./plain-check.ts";
import { RandomDouble } from "./random-double.ts";
import { HELPERS, RandomTyped } from "./random-typed.ts";

const KERNELS = 2000;
const PARTS = 4;

for (let part = 0; part < PARTS; part++) {
  test(`random functions of doubles and integers do what JavaScript does, part ${part}`, () => {
    for (let seed = part; seed < KERNELS; seed += PARTS) {
      const random = new RandomDouble(seed);
      const source = random.source();
      check(seed, random, doubles, source, source, { f64: Number });
    }
  });

  test(`random functions of all types do what JavaScript does with their roundings, part ${part}`, () => {
    for (let seed = part; seed < KERNELS; seed += PARTS) {
      const random = new RandomTyped(seed);
      const { kernel: text, plain } = random.source();
      check(seed, random, typed, text, plain, HELPERS);
    }
  });
}
