import { describe, expect, test } from "vitest";
import { randomFloat, streamOf } from "../../src/core/prng.ts";
import { UNIFORMS } from "./front-plain.ts";
import { lowered, Other, run, Tag, Total, type World } from "./front-run.ts";

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
