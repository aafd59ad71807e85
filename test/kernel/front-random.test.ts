import { expect, test } from "vitest";
import { randomBelow } from "../../src/core/prng.ts";
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

const WORDS =
  "k body Math k.at(m.target,Other) mind.on mind.target mind.word 0 1.5 'a' && || ? : = + - ! ( ) , ; if else for return break continue void === < ** ++ `a` null this ?? ... => { } [0] .x let const switch case default k.neighbours(2,(o)=>{ })".split(
    " ",
  );

test(`${KERNELS} functions with words left out, put in and exchanged compile or are refused`, () => {
  let refused = 0;
  for (let seed = 0; seed < KERNELS; seed++) {
    let draws = 0;
    const below = (n: number): number => randomBelow(n, seed, 7, draws++, 0);
    const source = new RandomSource(seed).source();
    const words = source.match(/\w+|\s+|[=!<>]=+|&&|\|\||\+\+|--|=>|./g)!;
    for (let left = 1 + below(3); left > 0; left--) {
      const [at, other, kind] = [below(words.length), below(words.length), below(4)];
      const word = ` ${WORDS[below(WORDS.length)]!} `;
      if (kind === 0) words.splice(at, 1);
      else if (kind === 1) words.splice(at, 0, word);
      else if (kind === 2) words[at] = word;
      else [words[at], words[other]] = [words[other]!, words[at]!];
    }
    const text = words.join("");
    try {
      lowered(text);
    } catch (error) {
      expect({ seed, text, code: (error as { code?: unknown }).code }).toEqual({ seed, text, code: "kernel-source" });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(KERNELS / 2);
  expect(refused).toBeLessThan(KERNELS);
});

function isSame(a: Record<string, number>, b: Record<string, number>): boolean {
  const names = Object.keys(b);
  return names.length === Object.keys(a).length && names.every((name) => Object.is(a[name], b[name]));
}
