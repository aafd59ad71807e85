import { minifySync } from "vite";
import { describe, expect, test } from "vitest";
import { component, createWorld, entity, f32, i32, kernel, SpatialIndex } from "../../src/index.ts";
import { plain, randomRow, UNIFORMS } from "./front-plain.ts";
import { lowered, run } from "./front-run.ts";
import { check, doubles, typed } from "./plain-check.ts";
import { RandomDouble } from "./random-double.ts";
import { RandomSource } from "./random-source.ts";
import { HELPERS, RandomTyped } from "./random-typed.ts";

const KERNELS = 600;

/** What a minifier makes of a function: everything it can, its syntax alone, or its names alone. */
function minified(source: string, how: number): string {
  const option = [{}, { mangle: false }, { compress: false }][how % 3]!;
  const { code } = minifySync("a.js", `export const rule = ${source}`, option);
  const end = code.includes("export{") ? code.indexOf("export{") : code.length;
  return code.slice(code.indexOf("=") + 1, code.lastIndexOf("}", end - 1) + 1);
}

describe("minified rules do what they did", () => {
  const rules: Readonly<Record<string, string>> = {
    "a bit": "if ((a.i & 4) !== 0) a.x += 1; a.p = (a.j & 2) !== 0 && b.q",
    "break first": "for (let i = 0; i < 8; i++) { if (a.x > 10) break; a.x = a.x * 2 + 1; a.j = i; }",
    "break last": "for (let i = 0; i < 8; i++) { a.x = a.x * 2 + 1; if (a.x > 10) break; }",
    "break in the midst": "for (let i = 0; i < 8; i++) { a.y += 1; if (a.x > i) { a.j = i; break; } a.z += 1; }",
    "continue first": "for (let i = 0; i < 8; i++) { if (a.x > i) continue; a.x += 2; }",
    "return in return": "if (a.x > 1) { if (b.q) return; a.x = 1; } a.j = 3;",
    "return in else":
      "if (a.x > 1) { if (b.q) { a.j = 1; return; } a.x = 1; } else if (a.y < 3) { a.p = !a.p; return; } a.j = 3;",
    "a search":
      "let found = false; for (let i = 0; i < 4; i++) { if (a.i === i) { found = true; break; } } if (!found) a.y = 1;",
    counting: "let n = 0; for (let i = 0; i < 8; i++) n += a.x > i ? 1 : 0; a.j = n;",
    clamping:
      "let x = a.x; if (x < 0) x = 0; if (x > 1) x = 1; a.x = x; let y; if (b.q) { y = a.y; } else { y = 0.1; } a.y = y;",
    "one of several": "if (a.i === 0) a.x = 1; else if (a.i === 1 || a.i === 2) a.x = a.i; else a.x = 0.1;",
    "if not, if, else":
      "if (!(a.x > 0)) { if (a.y !== 0) a.y = 1; else return; } else if (a.z > 0) { a.z = 1; } a.j = 1;",
    "both or neither": "if (a.x > 0 === a.y > 0) a.x = 1; if (a.p !== b.q) a.y = 1; if (!a.p === !b.q) a.z = 2;",
    "assignments in conditions": "if ((a.x = a.y) > 1 && (a.j = 3) > 2) a.z = 1; a.p = (a.i = 2) > 1;",
  };
  test.for(Object.entries(rules))("%s", ([, body]) => {
    const source = `(a, b, k) => { ${body} }`;
    for (let how = 0; how < 3; how++) {
      const text = minified(source, how);
      expect(text).not.toBe(source);
      check(how, new RandomDouble(how), doubles, text, source, {});
    }
  });
});

describe("minified rules with neighbours do what they did", () => {
  const P = component("P", { x: f32, y: f32 });
  const M = component("M", { a: f32, n: i32, who: entity });
  const rules: Readonly<Record<string, string>> = {
    "return first": "let n = 0; k.neighbours(3, (o) => { if (o.entity === m.who) return; n += 1; }); m.n = n;",
    "return in return":
      "let n = 0; k.neighbours(3, (o) => { if (o.dx > 0) { if (o.dy > 0) { n += 3; return; } n += 1; return; } n += 2; }); m.n = n;",
    nearest:
      "let who = m.who; let best = 100; k.neighbours(4, (o) => { if (o.distanceSquared < best) { best = o.distanceSquared; who = o.entity; } }); m.who = who; m.a = best;",
    "break in a loop":
      "let n = 0; k.neighbours(3, (o) => { for (let i = 0; i < 3; i++) { if (o.dx > i) break; n += 1; } }); m.n = n;",
    "whether there is one":
      "let any = false; k.neighbours(2, (o) => { if (o.dy > 0.5) any = true; }); if (any) m.n = 1; else m.n = 2;",
    lookups:
      "let x = 0; k.neighbours(2, (o) => { if (k.has(o.entity, k.P) && k.at(o.entity, k.P).x > 4) { x += o.dx; } else x -= 1; }); m.a = x > 2 ? m.a : 0.5 * x;",
  };
  const hashOf = (text: string): string => {
    const world = createWorld({ components: [P, M] });
    const ids: number[] = [];
    for (let i = 0; i < 300; i++)
      ids.push(world.spawn([P, { x: ((i * 37) % 100) / 5, y: ((i * 61) % 97) / 5 }], [M, { who: ids[i >> 1] ?? 0 }]));
    const index = new SpatialIndex(world, { cell: 2, width: 12, height: 12 });
    index.build(world.query(P), P);
    const row = new Function(`return ${text}`)() as never;
    kernel("rule", { write: [M], read: [P], uses: [P] }, row).run(world, {}, { index });
    const hash = world.hash();
    world.dispose();
    return hash;
  };
  test.for(Object.entries(rules))("%s", ([, body]) => {
    const source = `(m, p, k) => { ${body} }`;
    for (let how = 0; how < 3; how++) expect(hashOf(minified(source, how))).toBe(hashOf(source));
  });
});

test(`${KERNELS} minified functions of doubles and integers do what JavaScript does`, () => {
  for (let seed = 0; seed < KERNELS; seed++) {
    const random = new RandomDouble(seed);
    const source = random.source();
    check(seed, random, doubles, minified(source, seed), source, { f64: Number });
  }
});

test(`${KERNELS} minified functions of all types do what they did`, () => {
  for (let seed = 0; seed < KERNELS; seed++) {
    const random = new RandomTyped(seed);
    const source = random.source();
    // JavaScript makes an i32 of a number that is not shifted, so minifiers write | 0.
    if (/<< (0|32)\)/.test(source.kernel)) continue;
    check(seed, random, typed, minified(source.kernel, seed), source.plain, HELPERS);
  }
});

test(`${KERNELS} minified functions with effects do what JavaScript does`, () => {
  for (let seed = 0; seed < KERNELS; seed++) {
    const source = new RandomSource(seed).source();
    const text = minified(source, seed);
    const program = lowered(text);
    for (let i = 0; i < 6; i++) {
      const row = randomRow(seed * 6 + i);
      const got = run(program, { row, uniforms: UNIFORMS, entity: 5 });
      expect({ seed, text, ...got, folds: [] }).toEqual({ seed, text, ...plain(source, row), folds: [] });
    }
  }
});
