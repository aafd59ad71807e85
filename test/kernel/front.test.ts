import { describe, expect, test } from "vitest";
import { randomFloat, streamOf } from "../../src/core/prng.ts";
import { plain, randomRow, UNIFORMS } from "./front-plain.ts";
import { lowered, Mind, Other, result, run, Tag, Total, type World } from "./front-run.ts";

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
      "locals",
      "let a = body.x, b = 2, c; const d = a + b; a = d * 2; c = a; { let a = 1; c += a } body.x = c; body.y = a",
    ],
    [
      "locals that change type",
      "let a = 0; if (body.x > 0) a = body.n; a = a * 0.5; if (mind.on) a += 1; body.x = a; body.big = a",
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
    ["break", "let i = 0; for (i = 0; i < 4; i++) { if (mind.items[i] > 1) break; body.x += 1 } body.n = i"],
    [
      "continue",
      "for (let i = 0; i < 4; i++) { if (mind.items[i] > 1) continue; if (mind.items[i] < -3) { body.y += 1; continue } body.x += i }",
    ],
    [
      "break and continue",
      "let n = 0; for (let i = 0; i < 4; i++) { if (mind.items[i] > 2) { n += 1; continue } if (mind.items[i] < -2) break; for (let j = 0; j < 3; j++) { if (mind.counts[j] > i) break; n += 10 } n += 100 } body.n = n",
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

describe("types", () => {
  const f = Math.fround;
  const cases: readonly [body: string, element: string, expected: number][] = [
    ["body.x = 0.1", "body.x", f(0.1)],
    ["body.x = body.y + 0.1", "body.x", f(f(1.5) + f(0.1))],
    ["body.big = body.y + 0.1", "body.big", f(f(1.5) + f(0.1))],
    ["body.big = 0.1 + 0.2", "body.big", 0.1 + 0.2],
    ["body.big = k.wide + 0.1", "body.big", 3.1],
    ["body.big = body.y * k.wide", "body.big", 4.5],
    ["body.big = Math.fround(0.1)", "body.big", f(0.1)],
    ["body.big = k.f64(body.y) * 0.1", "body.big", 1.5 * 0.1],
    ["body.big = k.f32(k.wide + 0.1)", "body.big", f(3.1)],
    // Integers.
    ["body.n = 7; body.n /= 2", "body.n", 3],
    ["body.n = -7; body.n = body.n / 2", "body.n", -3],
    ["body.n = 7; body.n /= 0", "body.n", 0],
    ["body.n = 7; body.x = body.n / 2", "body.x", 3],
    ["body.n = 7; body.x = body.n * 0.5", "body.x", 3.5],
    ["body.n = 7; body.x = body.n / 2.5", "body.x", f(7 / 2.5)],
    ["body.n = 2147483647; body.n += 1", "body.n", -2147483648],
    ["body.m = 1; body.m -= 2", "body.m", 4294967295],
    ["body.n = 65537; body.n *= 65537", "body.n", 131073],
    ["body.n = k.steps + 4294967295", "body.n", 3],
    ["body.m = k.mask * 2654435761", "body.m", Math.imul(6, 2654435761) >>> 0],
    ["body.m = (k.mask ^ 0xffffffff) >>> 0", "body.m", 4294967289],
    ["body.n = -1; body.m = body.n >>> 0", "body.m", 4294967295],
    ["body.m = 4294967295; body.n = body.m | 0", "body.n", -1],
    ["body.n = -8; body.m = body.n >>> 28", "body.m", 15],
    ["body.m = 4294967295; body.n = body.m >> 4", "body.n", -1],
    ["body.n = -8; body.n = body.n >> 1", "body.n", -4],
    ["body.n = ~body.y", "body.n", -2],
    // Conversions by assignment.
    ["body.n = body.y", "body.n", 1],
    ["body.n = -body.y", "body.n", -1],
    ["body.n = body.y * 1e12", "body.n", 2147483647],
    ["body.m = -body.y", "body.m", 0],
    ["body.n = body.y / 0 - body.y / 0", "body.n", 0],
    ["body.n = 2.9", "body.n", 2],
    ["body.n = -1e10", "body.n", -2147483648],
    ["body.n = (body.y > 1 ? 2.5 : 1) * 3", "body.n", 7],
    ["body.small = 200", "body.small", 127],
    ["body.small = -k.steps * 100", "body.small", -128],
    ["body.byte = 300.5", "body.byte", 255],
    ["body.byte = -1", "body.byte", 0],
    ["body.m = 4294967295; body.byte = body.m", "body.byte", 255],
    ["body.n = 300; body.byte = body.n; body.n = body.byte", "body.n", 255],
    ["body.small = 1000; body.small = body.small - 100", "body.small", 27],
    ["body.small = 1000; if (body.y > 1) body.small += 1; body.n = body.small", "body.n", 127],
    ["body.n = k.i32(body.y * 1e12)", "body.n", 2147483647],
    ["body.n = k.i32(k.entity) + 1", "body.n", 6],
    ["body.m = k.u32(-3.5)", "body.m", 0],
    ["body.n = body.y | 0", "body.n", 1],
    // Literals take the type of what they meet, through variables, choices and operations.
    ["let a = 0; a += 1; body.m = a", "body.m", 1],
    ["const a = body.y > 1 ? 3 : 5; body.m = k.mask + a * 2", "body.m", 12],
    ["const a = (body.y > 1 ? 3 : 5) / 2; body.x = a", "body.x", 1.5],
    ["const a = body.y > 1 ? 0.1 : 5; body.big = k.wide + a", "body.big", 3.1],
    ["const a = body.y > 1 ? 7 : 5; body.n = a % 4", "body.n", 3],
    ["const a = -(body.y > 1 ? 7 : 5); body.n = a", "body.n", -7],
    ["const a = body.y > 1 ? 7 : 5; body.n = (a >> 1) + (a & 5) + ~a", "body.n", 3 + 5 - 8],
    ["body.n = Math.imul(k.steps, 2654435761)", "body.n", Math.imul(4, 2654435761)],
    ["body.x = Math.sqrt(k.steps)", "body.x", 2],
    ["body.n = Math.floor(k.steps)", "body.n", 4],
    ["body.x = body.y ** 2", "body.x", 2.25],
    ["let a = body.y; a **= 2; body.x = a", "body.x", 2.25],
    ["body.big = Math.max(k.wide, body.y, 1)", "body.big", 3],
    ["body.n = k.tick", "body.n", 3],
    ["body.x = -0; body.y = 1 / body.x", "body.y", Number.NEGATIVE_INFINITY],
    ["body.x = NaN; mind.on = body.x !== body.x", "mind.on", 1],
    ["body.x = -Infinity", "body.x", Number.NEGATIVE_INFINITY],
  ];
  test.for(cases)("%s", ([body, element, expected]) => {
    const world = { row: { "body.y": 1.5 }, uniforms: UNIFORMS };
    expect(result(`(body, mind, other, k) => { ${body} }`, element, world)).toBe(expected);
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
});

describe("random", () => {
  test("draws count in the order of the source, once for each repetition", () => {
    const { program } = lowered(
      "(b, m, o, k) => { b.x = k.random(); for (let i = 0; i < 2; i++) m.items[i] = k.random(); if (m.on) b.y = k.random() }",
    );
    const outcome = run({ ...lowered("() => {}"), program }, { row: { "mind.on": 1 }, uniforms: UNIFORMS, entity: 77 });
    const draw = (n: number): number => randomFloat(11, (streamOf("test") + Math.imul(n, 0x9e3779b1)) | 0, 3, 77);
    expect(outcome.row).toMatchObject({
      "body.x": draw(0),
      "mind.items[0]": draw(1),
      "mind.items[1]": draw(2),
      "body.y": draw(3),
    });
  });
});

describe("effects", () => {
  const world: World = {
    row: { "other.goal.x": 4, "other.goal.y": 5, "other.items[0]": 300, "other.items[1]": -1, "mind.word": 9 },
    uniforms: UNIFORMS,
    entity: 5,
  };

  test("fields of events: given, left out, vectors, arrays", () => {
    const { effects } = run(
      lowered(`(b, m, o, k) => {
        k.emit(k.Hit);
        k.emit(k.Hit, {});
        k.emit(k.Hit, { at: { x: 1 }, list: [1, 2.5], hot: true, who: k.entity });
        const amount = 2;
        k.emit(k.Hit, { amount, at: o.goal, list: o.items, word: m.word, "hot": 1 < 2 });
        k.emit(k.Worded, { word: m.word });
      }`),
      world,
    );
    expect(effects).toEqual([
      "emit Hit 5,7,0,3,0,0,0,0,0,0",
      "emit Hit 5,7,0,3,0,0,0,0,0,0",
      "emit Hit 5,7,1,3,5,1,2,0,1,0",
      "emit Hit 5,2,4,5,0,255,0,0,1,9",
      "emit Worded 5,9",
    ]);
  });

  test("come in their order: tags as they first appear, removed before added, events, despawns", () => {
    const { effects } = lowered(`(b, m, o, k) => {
      if (b.x > 0) k.despawn();
      k.emit(k.Hit);
      if (b.y > 0) k.addTag(k.Mark); else k.removeTag(k.Mark);
      if (m.on) k.emit(k.Worded, { word: m.word });
      k.addTag(k.Tag);
      k.despawn();
    }`);
    expect(
      effects.map((e) => `${e.kind} ${"component" in e ? e.component.name : "event" in e ? e.event.name : ""}`.trim()),
    ).toEqual(["remove Mark", "add Mark", "add Tag", "emit Hit", "emit Worded", "despawn"]);
  });

  test("reductions count the rows that get there", () => {
    const source = lowered(`(b, m, o, k) => {
      k.sum(k.Total, "sum", b.x * 2);
      k.min(k.Total, "least", b.y);
      if (m.on) return;
      k.max(k.Total, \`most\`, 1);
      k.count(k.Total, "count", b.x > 1);
      k.sum(k.Total, "place.y", b.n);
    }`);
    expect(source.program.folds.map(({ kind }) => kind)).toEqual(["sum", "min", "max", "count", "sum"]);
    expect(
      source.folds.map(({ resource, column }) => `${resource.name}.${resource.component.columns[column]!.path}`),
    ).toEqual(["sum", "least", "most", "count", "place.y"].map((path) => `${Total.name}.${path}`));
    const folds = (row: Record<string, number>): number[] => run(source, { ...world, row }).folds;
    expect(folds({ "body.x": 2, "body.y": 3, "body.n": -4 })).toEqual([4, 3, 1, 1, -4]);
    expect(folds({ "body.x": 1, "mind.on": 1 })).toEqual([2, 0, Number.NaN, Number.NaN, Number.NaN]);
  });
});

describe("other entities", () => {
  const others = { 9: { "other.x": 4, "other.on": 1, "other.goal.y": 6, "other.items[1]": 8, "other.near": 5 } };
  const world = (target: number): World => ({ row: { "mind.target": target }, uniforms: UNIFORMS, entity: 5, others });
  const source = `(b, m, o, k) => {
    const found = k.at(m.target, k.Other);
    b.x = found.x;
    b.y = found.goal.y;
    b.n = found.items[1];
    m.on = found.on && found.near === k.entity && k.has(m.target, k.Other);
  }`;

  test("are read, or are 0", () => {
    expect(run(lowered(source), world(9)).row).toMatchObject({ "body.x": 4, "body.y": 6, "body.n": 8, "mind.on": 1 });
    expect(run(lowered(source), world(8)).row).toMatchObject({ "body.x": 0, "body.y": 0, "body.n": 0, "mind.on": 0 });
  });

  test("are looked up where the row gets there, once", () => {
    const { program, gathers } = lowered(`(b, m, o, k) => {
      if (b.x > 0 && k.has(m.target, k.Other)) b.y = k.at(m.target, k.Other).x;
    }`);
    const masks = program.nodes.filter(({ op }) => op === "fetch" || op === "alive").map(({ args }) => args[1]);
    expect(masks).toHaveLength(2);
    expect(masks[0]).toBe(masks[1]);
    expect(masks[0]!.op).toBe("gt");
    expect(program.gathers).toEqual([{ name: "other.x", element: "f32", lanes: 1, lane: 0 }]);
    expect(gathers).toEqual([{ component: Other, column: 0 }]);
  });

  test("may be asked for tags", () => {
    const { program, gathers } = lowered("(b, m, o, k) => { m.on = k.has(m.target, k.Tag) }");
    expect(program.gathers).toEqual([{ name: "Tag", element: "i32", lanes: 1, lane: 0 }]);
    expect(gathers).toEqual([{ component: Tag, column: 0 }]);
  });
});

describe("neighbours", () => {
  const near = [
    { entity: 1, x: 1, y: 0 },
    { entity: 5, x: 0, y: 0 },
    { entity: 2, x: 0, y: -2 },
    { entity: 3, x: 3, y: 0 },
    { entity: 4, x: -1, y: 1 },
  ];
  const others = { 1: { "other.x": 10 }, 4: { "other.x": 40 } };
  const world: World = {
    row: { "body.x": 2, "body.n": 1 },
    uniforms: UNIFORMS,
    entity: 5,
    self: { x: 0, y: 0 },
    near,
    others,
  };
  const cases: readonly [name: string, body: string, wanted: Record<string, number>][] = [
    ["count", "let n = 0; k.neighbours(2, () => { n++ }); body.n = n", { "body.n": 3 }],
    [
      "sum of floats from an integral literal",
      "let s = 0; k.neighbours(2, (other) => { s += other.x }); body.x = s",
      { "body.x": 0 },
    ],
    [
      "sum into a column",
      "k.neighbours(body.x, function (q) { body.x += q.y; body.n += 1 })",
      { "body.x": 1, "body.n": 4 },
    ],
    [
      "nearest",
      "let best = 100, who = 0; k.neighbours(3, (o) => { const d = o.x * o.x + o.y * o.y; if (d < best) { best = d; who = o.entity } }); mind.target = who; body.x = best",
      { "mind.target": 1, "body.x": 1 },
    ],
    [
      "an early return",
      "let n = 0; k.neighbours(3, (o) => { n += 1; if (o.x > 0) return; n += 10; if (o.y > 0) return; n += 100 }); body.n = n",
      { "body.n": 124 },
    ],
    [
      "a loop inside",
      "let n = 0; k.neighbours(2, (o) => { for (let i = 0; i < 3; i++) { if (i > o.y) return; n += 1 } n += 100 }); body.n = n",
      { "body.n": 3 },
    ],
    [
      "booleans and what they decide",
      "let any = false, n = 0; k.neighbours(2, (o) => { if (any) n += 1; if (o.y < 0) any = true }); mind.on = any; body.n = n",
      { "mind.on": 1, "body.n": 1 },
    ],
    [
      "types that settle late",
      "let a = 0, b = 0, c = 0; k.neighbours(2, (o) => { c = b; b = a; a += o.x * k.wide }); body.big = c; body.x = a",
      { "body.big": 3, "body.x": 0 },
    ],
    [
      "gathers",
      "let s = 0; k.neighbours(2, (o) => { if (k.has(o.entity, k.Other)) s += k.at(o.entity, k.Other).x + 1 }); body.x = s",
      { "body.x": 52 },
    ],
    ["in a branch", "let n = 0; if (body.x > 5) k.neighbours(2, () => { n++ }); body.n = n", { "body.n": 0 }],
    [
      "after another",
      "let n = 0; k.neighbours(2, () => { n++ }); k.neighbours(1, () => { n += 10 }); body.n = n",
      { "body.n": 13 },
    ],
    [
      "functions and small integers",
      "k.neighbours(2, (o) => { body.small += 100; body.y += k.clamp(o.x, 0, 0.5) })",
      { "body.small": 127, "body.y": 0.5 },
    ],
    ["an expression", "k.neighbours(2, (o) => body.y += o.y)", { "body.y": -1 }],
  ];
  test.for(cases)("%s", ([, body, wanted]) => {
    expect(run(lowered(`(body, mind, other, k) => { ${body} }`), world).row).toMatchObject(wanted);
  });

  test("carry what the body changes and nothing else", () => {
    const { program } = lowered(
      "(b, m, o, k) => { let n = 0, unused = 1; const c = b.x; k.neighbours(2, (q) => { let t = q.x + c; if (t > 0) n += t }); b.y = n + unused }",
    );
    const loop = program.nodes.find(({ op }) => op === "result")!.of!;
    expect(loop.starts.map(({ type, op }) => [type, op])).toEqual([["f32", "const"]]);
  });
});
