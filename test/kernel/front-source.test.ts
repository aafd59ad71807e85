import { minifySync } from "vite";
import { describe, expect, test } from "vitest";
import type { Program } from "../../src/kernel/program.ts";
import { Hit, lowered, Other, Tag, Total } from "./front-run.ts";

/** What a program does, without the numbers of its nodes. */
function shapeOf({ stores, appends, folds, buffers }: Program): unknown {
  const text = (node: Program["nodes"][number]): string =>
    `${node.op}:${node.type}:${node.value}(${node.args.map(text).join()})${node.of ? `[${node.of.nexts.map(text).join()}]` : ""}`;
  return {
    buffers,
    stores: stores.map(({ buffer, lane, value }) => `${buffer} ${lane} ${text(value)}`),
    appends: appends.map(({ mask, values }) => [mask, ...values].map(text)),
    folds: folds.map(({ mask, value, kind }) => [kind, text(mask), text(value)]),
  };
}

const sources = {
  branches: `(body, mind, other, k) => {
    const speed = Math.sqrt(other.x * other.x + other.y * other.y);
    if (speed > 3) { body.x += 0.1; mind.on = true; } else { body.x = Math.max(0, body.x - 0.05); mind.on = false; }
    if (body.x > 100) { k.despawn(); return; }
    if (mind.on && other.on) { k.emit(k.Hit, { amount: body.x, at: { x: 1 } }); }
    if (!mind.on) k.addTag(k.Tag);
    else if (body.y > 2) { body.y = 0; } else body.y += k.dt;
  }`,
  loops: `(body, mind, other, k) => {
    let total = 0;
    let index = -1;
    for (let i = 0; i < 4; i++) {
      const item = mind.items[i];
      if (item < 0) continue;
      total += item;
      if (total > k.LIMIT) { index = i; break; }
    }
    body.n = index;
    body.y = total;
    for (let i = 0; i < 3; i++) mind.counts[i] += i === 1 ? 2 : 1;
    k.sum(k.Total, "sum", total);
  }`,
  others: `(body, mind, other, k) => {
    let crowd = 0, x = 0;
    k.neighbours(2, (near) => {
      if (near.entity === mind.target) return;
      crowd++;
      x += near.x - body.x;
    });
    if (crowd > 0) body.x += x / crowd;
    if (k.has(mind.target, k.Other)) { const found = k.at(mind.target, k.Other); body.y = found.x; }
  }`,
  switches: `(body, mind, other, k) => {
    switch (body.n) {
      case k.State.Idle: body.x = 1; break;
      case k.State.Walking: body.x = k.clamp(body.y, 0, 1); break;
      default: body.x = 3;
    }
  }`,
};

describe("minified", () => {
  const options = { whole: {}, syntax: { mangle: false }, names: { compress: false } } as const;
  const cases = Object.entries(sources).flatMap(([name, source]) =>
    Object.entries(options).map(([how, option]) => [name, how, source, option] as const),
  );
  test.for(cases)("%s, %s", ([, , source, option]) => {
    const { code } = minifySync("a.js", `export const rule = ${source}`, option);
    const start = code.indexOf("=") + 1;
    const end = code.lastIndexOf("}") + 1;
    const own = code.slice(start, code.includes("export{") ? code.lastIndexOf("}", code.indexOf("export{")) + 1 : end);
    expect(own).not.toBe(source);
    const [made, wanted] = [lowered(own), lowered(source)];
    expect(made.program.buffers).toHaveLength(wanted.program.buffers.length);
    expect(made.effects).toEqual(wanted.effects);
    // Minifiers swap operands and branches, so programs may differ; what has no branches does not.
    expect(
      made.program.stores.map(({ buffer, lane }) => `${made.program.buffers[buffer]!.name} ${lane}`).sort(),
    ).toEqual(
      wanted.program.stores.map(({ buffer, lane }) => `${wanted.program.buffers[buffer]!.name} ${lane}`).sort(),
    );
  });
});

describe("the place of what is captured or no number", () => {
  const cases: readonly [body: string, column: number, message: RegExp][] = [
    ["const speed = config.speed; p.x += speed", 15, /config\.speed is captured/],
    ["let limit; limit = Number.parse; p.x = limit", 20, /Number\.parse is captured/],
    ["const twice = (x) => x * 2; p.x = twice(speed)", 41, /speed is captured/],
    ["const f = (x) => { if (x > 0) return 1 }, g = (x) => x; p.x = g(f(p.y))", 65, /f does not return a value/],
    [
      "const other = k.at(m.target, k.Other); if (!other) return",
      45,
      /other is not a number.*k\.has\(entity, k\.Other\)/,
    ],
    ["const other = k.at(m.target, k.Other); p.x = other && other.x", 46, /k\.has\(entity, k\.Other\)/],
    ["[p.x, p.y] = [1, m.on]", 18, /body\.y is a number.*flag \? 1 : 0/],
    ["[p.x, o.y] = [1, 2]", 7, /Other is only read/],
    ["let a = 1, b = 2; [a, b] = [...m.items]", 28, /objects and arrays/],
  ];
  test.for(cases)("%s", ([body, column, message]) => {
    expect(() => lowered(`(p, m, o, k) => {\n${body}\n}`)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message),
        operands: { kernel: "test", line: 2, column },
      }),
    );
  });
});

describe("forms of a function", () => {
  const wanted = shapeOf(lowered("(p, m, o, k) => { p.x = o.x; }").program);
  const forms: readonly string[] = [
    "(p,m,o,k)=>{p.x=o.x}",
    "(a,b,c)=>a.x=c.x",
    "(a,b,c)=>(a.x=c.x)",
    "(a,b,c)=>{a.x=c.x;return}",
    "function(a,b,c){a.x=c.x}",
    "function rule(a, b, c) { a.x = c.x }",
    "rule(a, b, c) { a.x = c.x }",
    "rule (a, b, c) { a.x = c.x }",
    '"my rule"(a, b, c) { a.x = c.x }',
    "['rule'](a, b, c) { a.x = c.x }",
    "static rule(a, b, c) { a.x = c.x }",
    "async(a, b, c) { a.x = c.x }",
    "get(a, b, c) { a.x = c.x }",
    "  // first\n(a, b, c) => { /* then */ a.x = c.x }",
    "(a,b,c)=>{var d=c.x,e;e=d,a.x=e}",
    "(a,b,c)=>{!0&&(a.x=c.x)}",
    "(a,b,c)=>{!1||(a.x=c.x)}",
    "(a,b,c)=>{!1?a.x=1:a.x=c.x}",
    "(a,b,c)=>{if(!0)return void(a.x=c.x);a.y=1}",
    "(a,b,c)=>{for(let e=0;e<1;e++)a.x=c.x}",
    "(a,b,c)=>{for(var e=0,f=1;e<f;++e)a.x=c.x}",
    '(a,b,c)=>{"use strict";a.x=c.x}',
    "(a,b,c)=>{a.x=c.x,1/0}",
  ];
  test.for(forms)("%s", (source) => {
    expect(shapeOf(lowered(source).program)).toEqual(wanted);
  });
});

describe("names of what is declared", () => {
  const wanted = lowered(
    `(p, m, o, k) => { k.emit(k.Hit); k.addTag(k.Tag); k.sum(k.Total, "sum", k.clamp(p.x, 0, k.LIMIT)); p.y = k.at(m.target, k.Other).x; p.n = k.State.Running }`,
  );
  const forms: readonly string[] = [
    `(p, m, o, k) => { k.emit(Hit); k.addTag(Tag); k.sum(Total, "sum", clamp(p.x, 0, LIMIT)); p.y = k.at(m.target, Other).x; p.n = State.Running }`,
    `(p, m, o, k) => { k.emit(a.Hit); k.addTag(a.b.Tag); k.sum(__vi_import_0__.Total, "sum", (0, __vi_import_0__.clamp)(p.x, 0, a.LIMIT)); p.y = k.at(m.target, a["Other"]).x; p.n = (0, a.State).Running }`,
    `(p, m, o, q) => { (0, q.emit)(q.Hit); const e = q.addTag; e(q.Tag); q.sum(q.Total, \`sum\`, q.clamp(p.x, 0, q.LIMIT)); p.y = q.at(m.target, q.Other).x; p.n = q.State["Running"] }`,
  ];
  test.for(forms)("%s", (source) => {
    expect(shapeOf(lowered(source).program)).toEqual(shapeOf(wanted.program));
    expect(lowered(source).effects).toEqual(wanted.effects);
  });

  test("of a function that this file has, as the test runner hands it over", () => {
    type Row = { x: number; y: number };
    const rule = (
      p: Row,
      m: { target: number },
      o: Row,
      k: {
        emit(of: unknown): void;
        addTag(of: unknown): void;
        at(e: number, of: unknown): Row;
        sum(of: unknown, field: string, value: number): void;
      },
    ): void => {
      k.emit(Hit);
      k.addTag(Tag);
      k.sum(Total, "sum", Math.max(o.x, 0));
      p.y = k.at(m.target, Other).x;
    };
    const { program, effects } = lowered(rule as never);
    expect(program.stores).toHaveLength(1);
    expect(effects.map(({ kind }) => kind)).toEqual(["add", "emit"]);
  });
});
