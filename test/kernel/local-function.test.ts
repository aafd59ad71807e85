import { describe, expect, it } from "vitest";
import { array, component, createWorld, f32, i32, kernel, SpatialIndex } from "../../src/index.ts";
import { MINIFIERS, minified } from "./minifiers.ts";

const Body = component("Body", { x: f32, y: f32, n: i32, out: f32, more: f32, list: array(f32, 3) });
const Aim = component("Aim", { x: f32, y: f32 });

interface Row {
  x: number;
  y: number;
  n: number;
  out: number;
  more: number;
  list: number[];
}
type Point = { readonly x: number; readonly y: number };
type Rule = (body: Row, aim: Point, k: { readonly entity: number }) => void;

/** Numbers are small multiples of a quarter, so that f32 and f64 give the same. */
const rules: Readonly<Record<string, Rule>> = {
  "values, from rows and what is around": (body, aim) => {
    const factor = body.n > 1 ? 2 : 3;
    const off = (a: Point, b: Point, scale = 1) => (a.x - b.x + (a.y - b.y)) * factor * scale;
    body.out = off(body, aim) + off(aim, body, 0.5);
  },
  "functions that are declared below": (body, aim) => {
    body.out = half(body.x) + half(aim.y);
    function half(x: number): number {
      return x / 2;
    }
    if (body.n > 0) {
      body.more = twice(body.y);
      function twice(x: number): number {
        return half(x) * 4;
      }
    }
  },
  "nothing, but changes": (body, aim) => {
    let total = 0;
    const add = (x: number) => {
      if (x < 0) {
        total += 1;
        body.list[body.n] = x;
        return;
      }
      for (let i = 0; i < 4; i++) {
        if (i > x) return;
        total += i;
      }
      total += x;
    };
    add(body.x);
    add(body.y);
    if (body.n > 0) add(aim.x);
    body.out = total;
    body.more += total > 3 ? 1 : 2;
  },
  "values without what is not used, as minifiers call them": (body, aim) => {
    const first = (x: number, _y?: number, _z?: number) => x + 1;
    body.out = first(aim.x);
  },
  "values on some ways, which nobody needs": (body, aim) => {
    const put = (x: number) => {
      if (x < 0) return;
      return (body.out = x);
    };
    put(body.x);
    if (body.n > 0) put(aim.y);
  },
  "values that are given on all ways that go on": (body, aim) => {
    const reward = (n: number) => {
      let factor: number;
      switch (n) {
        case 1:
          factor = 2;
          break;
        case 2:
          factor = aim.x;
          break;
        default:
          return 0;
      }
      return factor * 2;
    };
    body.out = reward(body.n);
    body.more = reward(2);
  },
  "one function or another": (body, aim) => {
    const less = (x: number) => x - 1;
    const more = (x: number) => {
      if (x > 2) return x + 1;
      else if (x > 1) return less(x);
      return 0.5;
    };
    body.out = (body.n > 1 ? less : more)(aim.x);
    body.more = (() => {
      const inner = more(body.x);
      return inner > 0 && less(inner) > 0 ? inner : -1;
    })();
  },
  "k, and functions within functions": (body, aim, k) => {
    const outer = (x: number, scope: { readonly entity: number }) => {
      const own = scope.entity === 0 ? 0 : 1;
      const inner = (y: number) => y * 2 + own + x;
      let sum = 0;
      for (const one of body.list) sum += inner(one);
      return sum;
    };
    body.out = outer(aim.y, k);
    body.more = outer(outer(0.5, k), k) / 4;
  },
};
const quarter = (n: number): number => ((n * 7) % 33) / 4 - 4;
const rows = Array.from({ length: 50 }, (_, i) => ({
  body: { x: quarter(i), y: quarter(i + 5), n: (i % 5) - 1, out: 0, more: quarter(i + 9), list: [1, quarter(i), -1] },
  aim: { x: quarter(i * 3), y: quarter(i * 5) },
}));

function found(source: string, interpreted: boolean): unknown[] {
  const world = createWorld({ components: [Body, Aim] });
  const entities = rows.map(({ body, aim }) => world.spawn([Body, body], [Aim, aim]));
  const row = new Function(`return ${source}`)() as never;
  kernel("rule", { write: [Body], read: [Aim] }, row).run(world, {}, { interpreted });
  const all = entities.map((entity) => world.get(entity, Body));
  world.dispose();
  return all;
}

describe("functions within a kernel", () => {
  it.each(Object.entries(rules))("give or change %s", (_, rule) => {
    const expected = rows.map(({ body, aim }) => {
      const own = { ...body, list: [...body.list] };
      const { list } = own;
      // What is not there is not written.
      own.list = new Proxy(list, {
        set: (to, at, value) => (Number(at) >= 0 && Number(at) < 3 ? Reflect.set(to, at, value) : true),
      });
      rule(own, aim, { entity: 1 });
      return { ...own, list };
    });
    expect(found(String(rule), false)).toEqual(expected);
    expect(found(String(rule), true)).toEqual(expected);
    for (let way = 0; way < MINIFIERS; way++) expect(found(minified(String(rule), way), false)).toEqual(expected);
  });

  it.each([
    ["const f = (x) => x; body.x = f()", /1:42: f takes 1 argument, not 0/],
    ["const f = (x, y) => x, g = (x, y) => x + y; body.x = f(1) + g(2)", /1:73: g takes 2 arguments, not 1/],
    ["const f = async () => 1", /async functions and generators/],
    ["function* f() {}", /async functions and generators/],
    ["let f = (x) => x; if (body.x > 0) f = (x) => 1; body.x = f(1)", /f is .* on one way and something else/],
    ["const f = (x) => { if (x > 2) return 1; x += 1; }; body.x = f(body.y)", /f does not return a value on every way/],
  ])("are refused in %j", (text, message) => {
    const row = new Function(`return (body) => { ${text} }`)() as never;
    expect(() => kernel("rule", { write: [Body] }, row).explain()).toThrow(message);
  });

  it("visit neighbours", () => {
    const world = createWorld({ components: [Body, Aim] });
    const entities = rows.map(({ body, aim }) => world.spawn([Body, body], [Aim, aim]));
    const index = new SpatialIndex(world, { cell: 2, width: 8, height: 8, minX: -5, minY: -5 });
    index.build(world.query(Body), Body);
    const results = [
      kernel("one", { write: [Body] }, (body, k) => {
        let near = 0;
        let sum = 0;
        const note = (distance: number) => {
          if (distance > 2) return;
          near += 1;
          sum += distance;
        };
        const visit = (other: { readonly distanceSquared: number }) => {
          note(other.distanceSquared);
        };
        k.neighbours(2, visit);
        body.out = near;
        body.more = sum;
      }),
      kernel("two", { write: [Body] }, (body, k) => {
        let near = 0;
        let sum = 0;
        k.neighbours(2, (other) => {
          if (other.distanceSquared > 2) return;
          near += 1;
          sum += other.distanceSquared;
        });
        body.out = near;
        body.more = sum;
      }),
    ].map((each) => {
      each.run(world, {}, { index });
      return entities.map((entity) => world.get(entity, Body));
    });
    expect(results[0]).toEqual(results[1]);
    expect(results[0]!.some((body) => body!.out > 1)).toBe(true);
    index.dispose();
    world.dispose();
  });
});
