import { describe, expect, test } from "vitest";
import {
  array,
  bool,
  component,
  createWorld,
  entity,
  event,
  f32,
  i32,
  kernel,
  kernelFunction,
  resource,
  SpatialIndex,
  u8,
  u32,
  vec2,
} from "../../src/index.ts";
import { plain, randomRow, UNIFORMS } from "./front-plain.ts";
import { lowered, run } from "./front-run.ts";
import { MINIFIERS, minified } from "./minifiers.ts";
import { check, doubles, typed } from "./plain-check.ts";
import { RandomDouble } from "./random-double.ts";
import { RandomSource } from "./random-source.ts";
import { HELPERS, RandomTyped } from "./random-typed.ts";

const KERNELS = 600;

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
    while: "let n = 0; while (n < 5 && a.x > n) { a.x -= 1.5; n++; if (b.q) continue; a.y += n; } a.j = n;",
    do: "let n = 3; do { a.x += n; if (a.x > 20) break; if (a.y > 1) continue; a.z += 1; } while (--n > 0 && a.x > 0);",
    "do once":
      "do { if (a.x > 1) break; a.y = 1; if (b.q) break; a.z = 2; } while (false); while (true) { a.j = 1; break; }",
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
    for (let how = 0; how < MINIFIERS; how++) {
      const text = minified(source, how);
      expect(text).not.toBe(source);
      check(how, new RandomDouble(how), doubles, text, source, {});
    }
  });
});

describe("minified rules of a world do what they did", () => {
  const P = component("P", { x: f32, y: f32, at: vec2(f32), list: array(f32, 3) });
  const M = component("M", {
    a: f32,
    b: f32,
    n: i32,
    u: u32,
    t: u8,
    on: bool,
    who: entity,
    at: vec2(f32),
    list: array(f32, 3),
  });
  const [A, B] = [component("A"), component("B")];
  const [Heard, Seen] = [event("Heard", { v: f32 }), event("Seen", { v: f32 })];
  const Total = resource("Total", { s: f32, t: f32 });
  const twice = kernelFunction("twice", (x: number) => x * 2);
  const thrice = kernelFunction("thrice", (x: number) => x * 3);
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
    "elements of a list":
      "let s = 0; for (const one of p.list) { if (one > 4) break; if (one > 2) continue; s += one; m.list[0] = s; } for (const one of m.list) m.a += one * s;",
    "parts of a neighbour":
      "let n = 0; k.neighbours(3, ({ dx, dy: up, entity }) => { if (entity === m.who) return; const d = dx * 2 + up; if (d > 1) n += d * up; }); m.a = n;",
    "one loop or another":
      "let x = 0; if (m.n > 1) k.neighbours(2, (o) => { x += o.dx; }); else k.neighbours(2, (o) => { x -= o.dy; }); m.a = x;",
    "a value on one way":
      "let n = 0; k.neighbours(2, (o) => { if (o.dx > 0) { const d = o.dy * 2; if (d > 1) n += d; } }); m.a = n; if (p.x > 5) { const v = p.y * 3; if (v > 20) m.b = v; }",
    "one tag or another": "if (p.x > 9) k.addTag(A); else k.addTag(B);",
    "a tag more or less": "if (p.x > 9) { k.addTag(A); return; } k.removeTag(A);",
    "one event or another": "if (p.x > 9) k.emit(Heard, { v: p.x }); else k.emit(Seen, { v: p.x });",
    "one field or another":
      "if (p.x > 9) k.emit(Heard, { v: 1 }); else if (p.y > 9) k.emit(Heard, { v: 2 }); else k.emit(Heard);",
    "one total or another": 'if (p.x > 9) k.sum(Total, "s", p.x); else k.sum(Total, "t", p.x);',
    "one component or another":
      "if (p.x > 9) m.a = k.at(m.who, P).x; else m.a = k.at(m.who, Q).x; m.on = p.y > 5 ? k.has(m.who, A) : k.has(m.who, P);",
    "one entity or another":
      "let o = k.at(m.who, P); if (p.x > 9) o = k.at(k.entity, P); m.a = o.x; m.at.y = o.at.y; m.list[1] = o.list[2];",
    "a neighbour, the row or k":
      "let x = 0; k.neighbours(3, (o) => { x += m.n > 1 ? o.x : p.x; x -= m.n > 2 ? p.at.y : o.y; if (o.dx > 0) m.who = o.dy > 0 ? o.entity : k.entity; }); m.a = x;",
    "patterns on one way":
      "m.on = false; if (p.x > 9) { m.n += 1; const { x, y } = p; if (y > 3) m.a = x + y; } else { const [first, , third] = m.list; m.b = first - third; } k.neighbours(2, (o) => { if (o.dx > 0) { const { at: { x }, list: [, second] } = k.at(o.entity, P); m.b += x - second; } });",
    "one function or another": "if (p.x > 9) m.a = twice(p.x); else m.a = thrice(p.x);",
    "one vector or another":
      "const v = p.x > 9 ? m.at : p.at; m.a = v.x + v.y; if (p.y > 5) m.b = m.list[1]; else m.b = p.list[1];",
    "signs of integers":
      "m.a = -(m.t * p.x); m.b = -(m.u / (p.x + 1)); m.at.x = p.x > 9 ? -m.t : m.n; m.at.y = -(m.n * m.t); m.list[0] = -(-2 * m.n); m.list[1] = p.y - (m.t - 1) * -m.n;",
    "a total of negative integers": 'k.sum(Total, "s", -(m.u * 2)); k.max(Total, "t", -m.t);',
    "a negative radius":
      "let n = 0; k.neighbours(-m.u, () => { n += 1; }); m.n = n; k.neighbours(m.u / -2, () => { n += 2; }); m.a = n;",
    "cases that are not in order":
      "switch (m.n) { case 2: m.a = 1; break; default: m.a = 2; break; case 4: case 1: m.a = 3; }",
  };
  const Q = component("Q", { x: f32 });
  const hashOf = (text: string): string => {
    const world = createWorld({ components: [P, Q, M, A, B], events: [Heard, Seen], resources: [Total] });
    const ids: number[] = [];
    for (let i = 0; i < 300; i++) {
      const [x, y] = [((i * 37) % 100) / 5, ((i * 61) % 97) / 5];
      const place = [P, { x, y, at: { x: i % 7, y: -i % 5 }, list: [i % 4, i % 5, i % 6] }] as const;
      const mind = [
        M,
        { n: (i % 6) - 1, u: i % 5, t: i % 4, who: ids[i >> 1] ?? 0, at: { x: 1, y: i % 3 }, list: [1, i % 8, 2] },
      ] as const;
      ids.push(i % 3 === 0 ? world.spawn(place, mind, [Q, { x: i }], A) : world.spawn(place, mind));
    }
    const index = new SpatialIndex(world, { cell: 2, width: 12, height: 12 });
    index.build(world.query(P), P);
    const row = new Function(`return ${text}`)() as never;
    const uses = [P, Q, A, B, Heard, Seen, Total, twice, thrice];
    kernel("rule", { write: [M], read: [P], uses }, row).run(world, {}, { index });
    const hash = world.hash();
    world.dispose();
    return hash;
  };
  test.for(Object.entries(rules))("%s", ([, body]) => {
    const source = `(m, p, k) => { ${body} }`;
    const hash = hashOf(source);
    for (let how = 0; how < MINIFIERS; how++) expect(hashOf(minified(source, how))).toBe(hash);
  });

  test("with what Istanbul counts", () => {
    const counted = `(m, p, k) => {
      cov_2k8f0().f[0]++; cov_2k8f0().s[0]++;
      if ((cov_2k8f0().b[0][0]++, p.x > 9) && (cov_2k8f0().b[0][1]++, m.n > 0)) {
        cov_2k8f0().b[1][0]++; cov_2k8f0().s[1]++; m.a = 1; cov_2k8f0().s[2]++; return;
      } else { cov_2k8f0().b[1][1]++; }
      const v = (cov_2k8f0().s[3]++, p.y > 4 ? (cov_2k8f0().b[2][0]++, 1) : (cov_2k8f0().b[2][1]++, 2)); cov_2k8f0().s[4]++;
      switch (m.n) {
        case 1: cov_2k8f0().b[3][0]++;
        case 2: cov_2k8f0().b[3][1]++; cov_2k8f0().s[5]++; m.b = v; cov_2k8f0().s[6]++; break;
        default: cov_2k8f0().b[3][2]++; cov_2k8f0().s[7]++; m.b = 3;
      }
      for (let i = (cov_2k8f0().s[8]++, 0); i < 3; i++) { cov_2k8f0().s[9]++; m.list[i] += i; }
    }`;
    const plain = counted.replace(/\bcov_\w+\(\)(\.\w|\[\d\])+\+\+[;,]/g, "");
    expect(plain).not.toContain("cov_");
    expect(hashOf(counted)).toBe(hashOf(plain));
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
