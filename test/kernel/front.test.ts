import { describe, expect, test } from "vitest";
import type { Declaration } from "../../src/kernel/lowered.ts";
import { printProgram } from "../../src/kernel/print.ts";
import { plain, randomRow, UNIFORMS } from "./front-plain.ts";
import { lowered, Mind, run } from "./front-run.ts";

describe("what JavaScript does", () => {
  const sources: readonly [name: string, body: string][] = [
    ["arithmetic", "body.x = body.x * 2 + body.y / 4 - -other.x; body.big = body.x * body.big"],
    [
      "if and else",
      "if (body.x > 0) { body.y = 1; body.x += 2 } else if (body.x < -2) body.y = -1; else { body.y = body.x }",
    ],
    [
      "assignments",
      "body.x += 1; body.x -= body.y; body.x *= 2; body.x /= 4; body.n &= 7; body.n |= 8; body.n ^= 3; body.n <<= 2; body.n >>= 1; body.m >>>= 1; body.m &= k.mask",
    ],
    [
      "assignments as values",
      "body.x = body.y = other.x + 1; const a = (body.n = 3) + 1; mind.counts[0] = a + body.n++ + ++body.n - body.n--",
    ],
    [
      "comparisons",
      "mind.on = body.x < body.y && body.x <= 3 || body.n >= 2 !== (body.m > 3); if (body.n === -3 || body.n !== 2) body.x = 9",
    ],
    ["loose comparisons", "mind.on = body.n == 3; if (body.n != 2) body.x = 9"],
    [
      "booleans",
      "mind.on = !mind.on; if (mind.on === other.on) body.x = 1; if (mind.on !== k.flag) body.y = 1; body.n = +mind.on + (other.on ? 1 : 0)",
    ],
    [
      "numbers as conditions",
      "if (body.x) body.y = 1; body.n = body.n ? 2 : 3; mind.on = !body.y; if (!(body.m & 2)) body.big = 1; if (mind.target) body.x = 3",
    ],
    [
      "one of two numbers",
      "body.x = body.y || other.x; body.n &&= 4; body.m ||= 5; body.big = body.x && 3; if (body.x && mind.on || body.n) body.y = 1",
    ],
    [
      "booleans beside numbers",
      "if (1 == mind.on) body.x = 1; if ((body.y > 0) != body.n) body.y = 2; mind.on = 0 == (body.n > 1); if (true == body.n) body.n = 5",
    ],
    [
      "booleans as numbers",
      "body.x = mind.on + 1; body.y = -mind.on; body.n = ~other.on & 7; mind.on = mind.on < other.on; body.big += (mind.on | other.on) * 2.5",
    ],
    [
      "what is done for what it does",
      "mind.on && (other.on && body.x > 1 || (body.y = 2)), body.x > 2 ? body.n ? k.despawn() : body.y++ : void 0; !(body.x = 1); mind.on ? body.n = 3 : other.on",
    ],
    [
      "choices of several types",
      "body.big = mind.on ? body.m : other.on ? body.x : 0.1; if (body.y > 1) body.x = body.y > 2 ? body.n : body.m",
    ],
    [
      "locals",
      "let a = body.x, b = 2, c; const d = a + b; a = d * 2; c = a; { let a = 1; c += a } body.x = c; body.y = a",
    ],
    [
      "locals that change type",
      "let a = 0; if (body.x > 0) a = body.n; a = a * 0.5; if (mind.on) a += 1; body.x = a; body.big = a",
    ],
    [
      "patterns",
      "const { x, y: up } = body; body.x += 1; let { x: after, n } = body; n += 2; after -= x; body.y = up * after; body.n = n",
    ],
    [
      "values that are given at once",
      "if (body.x > body.y) [body.x, body.y] = [body.y, body.x]; let [a, , b] = [body.n, 1, other.x, 2], i = 0; [a, b] = [b, a]; body.big = a - b; [i, mind.counts[i]] = [2, 9]; const [{ x }, [first]] = [other, mind.items]; mind.items[3] = x + first; for (let [low, high] = [0, 3]; low < high; [low, high] = [low + 1, high - 1]) body.m += high",
    ],
    [
      "constants of Number",
      "let least = Number.MAX_VALUE; for (const item of mind.items) if (item < least) least = item; body.x = least; mind.on = body.y > Number.NEGATIVE_INFINITY && body.big < Number.MAX_SAFE_INTEGER; body.y = Number.EPSILON > 0 ? 1 : 2",
    ],
    [
      "patterns of arrays, vectors and what is given",
      "const [first, , third] = mind.items, { goal: { x }, counts: [c] } = mind; const { dt, LIMIT } = k, { x: dx } = other.goal; body.x = first - third; body.y = x * dt + dx; body.n = c + LIMIT",
    ],
    [
      "patterns in loops and var",
      "for (var { x: a, n: i } = body, j = 0; j < 3; j++) { const [one] = mind.items; a += one; i-- } body.x = a; body.n = i",
    ],
    [
      "patterns that are assigned",
      "let x, first, a = 0; body.y = 4; ({ x, y: a } = body); if (mind.on) [, first] = mind.items; else first = ([first] = mind.items, first + 1); body.x = x + a * first",
    ],
    [
      "patterns of Math",
      "const { sqrt, abs, PI } = Math; body.x = sqrt(abs(body.y)); body.big = abs(other.x); body.y = PI",
    ],
    ["var", "if (body.x > 0) { var a = 1 } else { var a = 2; var b = 3 } body.x = a"],
    [
      "early return",
      "if (body.x > 2) return; body.y = 1; if (body.x > 0) { body.y = 2; return } body.y += 10; body.x = 4",
    ],
    [
      "early return with locals",
      "let a = 1; if (body.x > 2) { body.y = a; return } a += body.x; if (a > 0) { a = 7; if (mind.on) return; a += 1 } body.x = a",
    ],
    ["return of a call", "if (body.x > 2) return void (body.y = 3); if (body.x < 0) return k.despawn(); body.x = 1"],
    [
      "loops",
      "let s = 0; for (let i = 0; i < 4; i++) s += mind.items[i] * i; body.x = s; for (let i = 2; i >= 0; --i) mind.counts[i] += i",
    ],
    [
      "loops in loops",
      "for (let i = 0; i < 3; i++) for (let j = 0; j < i; j++) { mind.counts[i] += mind.counts[j] * 2 }",
    ],
    [
      "loops whose tests count",
      "for (let i = 4; i--; ) body.x += mind.items[i]; for (let i = 0; i++ < 5; ) body.y += i; for (let i = 3; --i >= 0 && body.n < 9; ) body.n += 3",
    ],
    ["constants with their bits", "body.m = ~0 >>> 0; body.n = 0xff00ff00 | 0; body.m ^= -5 >>> 0; body.n += ~0"],
    [
      "floats as unsigned",
      "body.m = (body.x * 1000000) >>> 8; body.n = ((mind.on ? -2.5 : 3e9) >>> 8) | 0; body.big = (body.y - 3.5) >>> 28",
    ],
    ["break", "let i = 0; for (i = 0; i < 4; i++) { if (mind.items[i] > 1) break; body.x += 1 } body.n = i"],
    [
      "break as minifiers write it",
      "let i = 0; for (; i < 4 && !(mind.items[i] > 1); i++) body.x += 1; body.n = i; for (let j = 0; j < 3 && (body.y += 1, !(body.y > 2)); j++);",
    ],
    [
      "loops whose test has several parts",
      "for (let i = 0; i < 4 && body.n && body.x > i; i++) { if (mind.items[i] > 2) continue; body.n--; if (mind.on) return } for (let i = 0; body.y > i && i < 3; i++) body.big += 1",
    ],
    [
      "continue",
      "for (let i = 0; i < 4; i++) { if (mind.items[i] > 1) continue; if (mind.items[i] < -3) { body.y += 1; continue } body.x += i }",
    ],
    [
      "break and continue",
      "let n = 0; for (let i = 0; i < 4; i++) { if (mind.items[i] > 2) { n += 1; continue } if (mind.items[i] < -2) break; for (let j = 0; j < 3; j++) { if (mind.counts[j] > i) break; n += 10 } n += 100 } body.n = n",
    ],
    [
      "loops that count behind a break",
      "let n = 0; while (n < 4) { if (mind.items[n] > 2) break; if (mind.on) { if (mind.items[n] < -2) break; body.y += n } n++; body.x += n } body.n = n; n = 0; do { if (body.y > n) break; body.big += n++ } while (n < 3); let i = 0; for (;;) { if (i === 3) break; let j = 0; while (j < 3) { if (mind.counts[j] > i) break; if (mind.counts[j] < -3) return; j++ } if (j === 3) break; body.big += j; i++ } body.m = i >>> 0",
    ],
    [
      "loops that count behind several ways out",
      "let i = 0; do { if (mind.on) { if (body.x > 1) break; if (body.y > 1) return } if (body.n > 5) break; body.m = i >>> 0; i++; if (body.x < -1) continue; body.big += 1 } while (i < 3); let n = 0; while (n < 2) { switch (body.n) { case 1: n--; break; case 2: break; default: if (mind.on) return } if (body.y > n) break; n = 2 } body.n = n",
    ],
    [
      "tests that count, as minifiers write them",
      "let n = 0; for (; !(mind.items[n] > 1 || ++n >= 4); ) body.x += n; body.n = n",
    ],
    [
      "values on all ways that go on",
      "for (let i = 0; i < 4; i++) { let r, s; if (mind.items[i] > 1) r = 2; else if (mind.items[i] > 0) r = 1; else { if (mind.on) continue; else if (body.y > 1) break; return } switch (body.n) { case 1: s = r; break; case 2: s = 3; break; case 3: continue; default: s = 4; } body.x += r * s }",
    ],
    [
      "return in a loop",
      "for (let i = 0; i < 4; i++) { if (mind.items[i] > 1) { body.n = i; return } mind.items[i] += 1 } body.x = 5",
    ],
    [
      "loops over lengths and without parts",
      "for (let i = 0; i < mind.items.length; i += 2) mind.items[i] = i; let j = 0; for (; j < 3; ) { mind.counts[j] = j; j++ } for (let q = 0; ; q++) { if (q > 5) break; body.x += 1 }",
    ],
    [
      "loops over the elements of a fixed array",
      "let s = 0; for (const one of mind.items) { if (one < 0) continue; if (s > 5) break; s += one; mind.items[2] = s } body.x = s; for (var c of mind.counts) body.n += c; body.m = (c & 3) >>> 0; let last; for (last of mind.items) { if (last > 3) break; body.big += last } for (body.y of mind.items) body.x += body.y; for (let c of mind.counts) { c++; if (c > 6) return; body.y += c }",
    ],
    [
      "variables that have a value for the rows that are here",
      "let h; if (mind.on && (h = body.n, body.x > 0)) { switch (mind.counts[0]) { case 1: h = 5; case 2: body.n = h + 1 } body.x += h }",
    ],
    [
      "what Number knows",
      "mind.on = Number.isInteger(body.x); body.n += Number(Number.isNaN(body.x - body.y)) * 2 + Number(isNaN(body.n)) + Number(mind.on); body.m = (Number.isFinite(1 / body.x) ? 1 : 2) + (isFinite(body.n) ? 4 : 8) >>> 0; body.big = Number.isInteger(body.n / 4) ? Number.MAX_SAFE_INTEGER : Number.EPSILON; body.x += Number.isSafeInteger(body.big + 1) ? 1 : 0; if (Boolean(body.y) && body.y < Number.MAX_VALUE && body.y > Number.NEGATIVE_INFINITY) body.y = -body.y; if (Number.isSafeInteger(2 ** 30 * body.n)) body.y += 0.5",
    ],
    [
      "a loop whose test contradicts itself",
      "for (; !mind.on && mind.on; ) body.x += 1; if (body.y > 1) { do body.n++; while (!(body.y > 1)); while (mind.on && body.x > 2 && !mind.on) body.n++ }",
    ],
    [
      "loops that only a break ends for certain",
      "let n = 0; while (body.x > -2) { body.x -= 1.5; if (++n >= 4) break } body.n = n; let q = 0; do { if (q-- < -3) break; if (mind.on) continue; body.y += 1 } while (body.y > 0 || mind.items[1] < 1); for (let i = 0; i < body.n; i++) { if (i === 5) return; body.m++ }",
    ],
    [
      "labels",
      "let n = 0; rows: for (let i = 0; i < 4; i++) { for (const c of mind.counts) { if (c > i + 2) continue rows; if (mind.items[i] < -3) break rows; if (body.y > 4) return; n += c } n += 100 } body.n = n; a: b: for (let i = 0; i < 3; i++) { do { if (body.x > i) continue a; if (mind.on) break b } while (false); body.y += 1 } pick: { if (body.x > 2) { body.big = 7; break pick } if (mind.on) break pick; body.big = 8 } each: switch (body.n) { case 1: for (;;) { if (mind.on) break each; break } body.m = 3; break; default: body.m = 4 } alone: if (mind.on) { if (body.y > 2) break alone; body.x = 1 } let j = 0; count: while (j < 3) { j++; for (let i = 0; i < 2; i++) { if (mind.items[i] > j) continue count; body.x += j } }",
    ],
    [
      "while and do",
      "let n = 0; while (n < 4 && body.x > 1) { body.x -= 1; n++; if (mind.on) continue; body.y += 1 } body.n = n; n = 2; do { body.n += 2; if (body.y > 3) break } while (--n > -2 && body.n < 5); n = 0; while (true) { if (++n > 5) break; body.big += n } do body.m++; while (false)",
    ],
    [
      "while with a test whose end comes last",
      "let turns = 3; while (body.x > 1 && turns--) body.x -= 1.5; body.m = (turns + 1) >>> 0; turns = 1; do { if (mind.on) continue; body.y += 1 } while (body.y < 2 && turns++ < 4); body.n = turns",
    ],
    [
      "aliases",
      "const v = mind.goal, list = mind.items; v.x += list[1]; mind.goal.y = v.x; list[2] = v.y; const q = other.goal; body.x = q.x",
    ],
    ["computed names", 'body["x"] = other["goal"]["y"]'],
    [
      "conditional statements",
      "body.x > 0 ? (body.y = 1, body.n = 2) : body.y > 1 ? (body.y = 3) : body.n++; mind.on && (body.x = 8); mind.on || other.on || (body.x = 9)",
    ],
    [
      "conditional values",
      "body.x = body.x > 0 ? body.y : mind.on ? 1 : 0.5; body.n = body.x > 1 ? 1 : 2; body.m = mind.on ? 3 : 4; body.m += mind.on ? 1 : 0",
    ],
    ["logical assignments", "mind.on &&= body.x > 0; mind.on ||= body.y > 2"],
    ["short circuits", "let a = 0; if (body.x > 0 && (a = 5) > 2 && body.y > 0) body.n = a; else body.n = a + 1"],
    [
      "switch",
      "switch (body.n) { case 1: body.x = 1; break; case 2: case -3: body.x = 2; if (mind.on) break; body.x = 3; break; case 4: return; default: body.x = 9 } body.y = body.x",
    ],
    [
      "switch whose cases go on with the next",
      "switch (body.n) { case 1: body.x = 1; case 2: case -3: body.x += 2; if (mind.on) break; body.x += 3; case 4: return; default: body.x = 9; case 7: { body.y += 1 } } body.y += body.x",
    ],
    [
      "switch with its default first",
      "switch (body.n) { default: body.x = 1; case 2: body.x += 2; break; case 3: body.y = 3; case 1: } body.y += body.x",
    ],
    [
      "switch that goes on in a loop",
      "for (let i = 0; i < 3; i++) { switch (mind.counts[i]) { case 1: if (mind.on) continue; case 2: body.x += 1; default: body.x += 2; if (body.x > 4) break; case 5: body.n++ } body.y += 1 }",
    ],
    [
      "switch whose tests change something",
      "const f = (x) => { body.y += x; return x }; switch (body.n) { case 0: body.x = 1; break; default: case f(1): case f(2): body.x = 2; break; case f(3): case 1: body.x = 3 } switch (mind.counts[0]) { case f(0.5): case f(4): body.n = 1; break; case 0: body.n = 2 }",
    ],
    [
      "switch that declares functions",
      "switch (body.n) { case 0: f(); break; case 1: function f() { body.x += 1 } body.y = 2; break; default: f(); f() }",
    ],
    [
      "switch that gives a value on every way",
      "const f = (n) => { switch (n) { default: body.y += 1; case 2: return 5; case 0: if (mind.on) return 6; case 1: return 4 } }; let r; switch (body.n) { default: r = 3; case 0: r = 1; break; case 1: r = 2 } body.x = r + f(body.n)",
    ],
    [
      "switch on an enumeration",
      "switch (body.n) { case k.State.Idle: body.x = 1; break; case k.State.Walking: { body.x = 2; break } case k.State.Running: body.x = 3 } body.y = 1",
    ],
    [
      "leaving in several ways",
      "for (let i = 0; ; i++) { if (i > 2) { if (mind.on) break; else { body.y = 7; return } } if (mind.items[i] > 2) { body.x = 3; if (body.n > 0) return; else break } } body.x += 1",
    ],
    [
      "switch in a loop",
      "for (let i = 0; i < 3; i++) { switch (mind.counts[i]) { case 1: continue; case 2: body.x += 1; break; default: body.x += 2 } body.y += 1 }",
    ],
    [
      "calls",
      "body.x = k.clamp(body.x, -1, k.LIMIT) + k.sign(body.y); body.y = k.both(body.n, body.y); mind.on = k.inside(body.x) && k.DEBUG",
    ],
    [
      "calls in branches",
      "if (k.sign(body.x) > 0) body.x = k.clamp(body.x, 1, 2); else for (let i = 0; i < 2; i++) body.y += k.sign(mind.items[i])",
    ],
    [
      "maths",
      "body.x = Math.max(body.x, 0, body.y) + Math.min(3, body.n); body.y = Math.abs(body.y) + Math.floor(body.big) + Math.PI; body.n = Math.max(body.n, 3) + Math.abs(-4)",
    ],
    [
      "constants",
      "body.x = !0 ? 1 / 4 : 7; mind.on = !1; body.y = 1 / 0; body.big = 0.1 + 0.2; body.n = 7 % 4 + (5 & 6) + (1 << 4) + (-8 >>> 29) + ~3; if (undefined, k.LIMIT > 3) body.m = 4",
    ],
    ["comma", "body.x = (body.y = 2, body.n = 3, body.y + 1)"],
    [
      "saturation does not show in between",
      "body.n = body.small + 1; body.byte = body.byte; const a = body.small; body.small = a",
    ],
    ["despawn", "if (body.x > 3) k.despawn(); else if (body.y > 2) { k.despawn(); k.despawn() } body.x = 1"],
    [
      "tags",
      "if (body.x > 0) k.addTag(k.Tag); if (body.y > 0) k.removeTag(k.Tag); if (mind.on) { k.addTag(k.Mark); k.addTag(k.Tag) }",
    ],
    [
      "tags after a return",
      "k.addTag(k.Tag); if (body.x > 0) return; k.removeTag(k.Tag); for (let i = 0; i < 2; i++) if (mind.items[i] > 0) k.addTag(k.Tag)",
    ],
    [
      "events",
      "if (body.x > 0) k.emit(k.Hit, { amount: body.x }); for (let i = 0; i < 3; i++) { if (mind.items[i] > 2) break; k.emit(k.Hit, { amount: i }) } mind.on && k.emit(k.Hit, { amount: 1 })",
    ],
    [
      "entities",
      "if (mind.target === other.near || mind.target !== 0) { mind.target = other.near; body.x = 1 } else mind.target = 0; if (other.near === k.entity) body.y = 1; const e = mind.on ? other.near : 0; mind.target = e",
    ],
    [
      "strings",
      "if (mind.word === mind.other) { body.x = 1; mind.word = mind.other } else mind.other = mind.on ? mind.word : mind.other",
    ],
  ];
  test.for(sources)("%s", ([, body]) => {
    const source = `(body, mind, other, k) => {\n${body}\n}`;
    const program = lowered(source);
    for (let seed = 0; seed < 60; seed++) {
      const row = randomRow(seed);
      const wanted = plain(source, row);
      const got = run(program, { row, uniforms: UNIFORMS, entity: 5 });
      expect({ seed, ...got, folds: [] }).toEqual({ seed, ...wanted, folds: [] });
    }
  });
});

describe("programs", () => {
  test("have the buffers that are used, and what is written", () => {
    const { program, buffers } = lowered(
      "(b, m, o, k) => { const unused = o.x * m.items[3] * k.wide; b.y = o.y + k.dt; m.items[1] = 2 }",
    );
    expect(program.buffers).toEqual([
      { name: "mind.items", element: "f32", lanes: 4, written: true },
      { name: "other.y", element: "f32", lanes: 1, written: false },
      { name: "body.y", element: "f32", lanes: 1, written: true },
    ]);
    expect(program.uniforms).toEqual([{ name: "dt", type: "f32" }]);
    expect(buffers).toEqual([
      { parameter: 1, column: Mind.columns.findIndex(({ path }) => path === "items") },
      { parameter: 2, column: 1 },
      { parameter: 0, column: 1 },
    ]);
    expect(program.stores.map(({ buffer, lane }) => [buffer, lane])).toEqual([
      [0, 1],
      [2, 0],
    ]);
  });

  test("have no stores of what stays", () => {
    expect(lowered("(b) => { b.x = b.x; let a = b.y; b.y = 2; b.y = a }").program.stores).toEqual([]);
  });

  test("may have fewer parameters, and no body to speak of", () => {
    expect(lowered("() => {}").program.nodes).toEqual([]);
    expect(lowered("(b) => b.x = 1").program.stores).toHaveLength(1);
    expect(lowered("(b) => void (b.x = 1)").program.stores).toHaveLength(1);
  });

  test("skip what cannot be reached", () => {
    expect(lowered("(b) => { b.x = 1; return; nonsense() }").program.stores).toHaveLength(1);
    expect(
      lowered("(b, m, o, k) => { if (!k.DEBUG) nonsense(); b.x = k.DEBUG ? 1 : nonsense() }").program.stores,
    ).toHaveLength(1);
  });

  test("need no choices for variables of rows that have returned", () => {
    const { program } = lowered("(b, m, o) => { let a = o.x; if (m.on) return; a += o.y; b.x = a }");
    expect(program.nodes.filter(({ op }) => op === "select")).toHaveLength(1);
  });

  test("may be long chains", () => {
    const body = "n += m.items[i % 4] > i ? 1 : 0; if (p.y > i) n -= 1; p.x = p.x * i + p.y";
    const { program } = lowered(`(p, m) => { let n = 0; for (let i = 0; i < 3000; i++) { ${body} } p.n = n }`);
    expect(program.nodes.length).toBeGreaterThan(20_000);
  });

  test("are the same each time", () => {
    const source =
      "(b, m, o, k) => { for (let i = 0; i < 4; i++) if (m.items[i] > k.random()) k.emit(k.Hit, { amount: i }) }";
    const print = (): string =>
      JSON.stringify(lowered(source).program, (key, value) =>
        key === "args" ? value.map(({ id }: { id: number }) => id) : value,
      );
    expect(print()).toBe(print());
  });

  const print = (source: string, functions: Declaration["functions"] = []): string =>
    printProgram(lowered(source, { functions }).program);

  test("are the same for parameters that are patterns", () => {
    expect(
      print(
        "(b, { items, goal }, { x, goal: { y: up } }, { dt, State, random }) => { b.x = x * dt + up; items[0] = b.x * random(); goal.x = State.Running }",
      ),
    ).toBe(
      print(
        "(b, m, o, k) => { const { x, goal: { y } } = o, { dt } = k; b.x = x * dt + y; m.items[0] = b.x * k.random(); m.goal.x = k.State.Running }",
      ),
    );
    expect(
      print("(b, m, o, { neighbours }) => neighbours(2, ({ dx, entity }) => { if (entity !== m.target) b.x += dx })"),
    ).toBe(print("(b, m, o, k) => k.neighbours(2, (q) => { if (q.entity !== m.target) b.x += q.dx })"));
  });

  test("have the elements of constant lists", () => {
    const cost =
      "(b, m, o, k) => { const { COSTS } = k; let cost = COSTS[0]; for (let i = 0; i < COSTS.length; i++) if (i === b.n) cost = COSTS[i]; b.x = cost; b.y = 0; for (const one of COSTS) if (one > 0) b.y += one }";
    const program = lowered(cost, { constants: { COSTS: [10, 20.5, -40] } });
    const costs = [0, 1, 2, 3].map(
      (n) => run(program, { row: { "body.n": n }, uniforms: {}, entity: 5 }).row["body.x"],
    );
    expect(costs).toEqual([10, 20.5, -40, 10]);
    expect(run(program, { row: {}, uniforms: {}, entity: 5 }).row["body.y"]).toBe(30.5);
  });

  test("are the same for arguments that are left out and their defaults", () => {
    const source = "(t, by = 2, up = by > 2) => up ? t * by : t + by";
    expect(print("(b, m, o, k) => { b.x = k.ease(b.y) + k.ease(b.y, o.x) }", [{ name: "ease", source }])).toBe(
      print("(b, m, o, k) => { b.x = k.ease(b.y, 2, false) + k.ease(b.y, o.x, o.x > 2) }", [{ name: "ease", source }]),
    );
  });
});
