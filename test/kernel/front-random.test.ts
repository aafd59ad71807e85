import { expect, test } from "vitest";
import { plain, randomRow, UNIFORMS } from "./front-plain.ts";
import { lowered, run } from "./front-run.ts";
import { RandomSource } from "./random-source.ts";

const KERNELS = 1500;
const ROWS = 12;

test(`${KERNELS} random functions do what JavaScript does`, () => {
  for (let seed = 0; seed < KERNELS; seed++) {
    const source = new RandomSource(seed).source();
    const program = lowered(source);
    for (let i = 0; i < ROWS; i++) {
      const row = randomRow(seed * ROWS + i);
      const got = run(program, { row, uniforms: UNIFORMS, entity: 5 });
      const wanted = plain(source, row);
      // Comparing is what takes long, so it is only done in full where something differs.
      if (isSame(got.row, wanted.row) && got.effects.join() === wanted.effects.join()) continue;
      expect({ source, seed, i, ...got, folds: [] }).toEqual({ source, seed, i, ...wanted, folds: [] });
    }
  }
});

function isSame(a: Record<string, number>, b: Record<string, number>): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => Object.is(a[name], b[name]));
}
