import { describe, expect, test } from "vitest";
import { component, f32, type Schedule, schedule, system, write } from "../../src/index.ts";

const [A, B] = [component("A", { x: f32 }), component("B", { x: f32 })];
const odd = `"<late> & 'last'; #1`;
const plan = schedule({
  systems: [
    system("think", { query: [A], doc: "Looks  at\n<A>.", every: 3, offset: 1, when: () => true, run() {} }),
    system("move", { query: [write(A), B], after: ["think"], run() {} }),
    system("shift", { query: [write(B)], after: ["think", "move"], exclusive: true, run() {} }),
    system("draw", {
      query: [A],
      phase: odd,
      module: { url: "file:///some/where/draw.ts", export: "draw" },
    }),
  ],
  phases: ["update", odd, "empty"],
});

test("a schedule explains itself", () => {
  expect(plan.explain()).toBe(`4 systems in 3 phases and 4 stages

phase update
  stage 1
    think: Looks at <A>.
      reads A
      every 3 ticks, offset 1; only when its condition holds
  stage 2
    move
      reads B; writes A
      after think: move says after; A is written and read
  stage 3
    shift
      writes B
      exclusive
      after think: shift says after; the second is exclusive
      after move: shift says after; the second is exclusive; B is written and read

phase ${odd}
  stage 4
    draw
      reads A
      chunk by chunk, draw of draw.ts

phase empty
  no systems`);
});

test("a schedule as a flow chart has no character that means something there", () => {
  expect(plan.toMermaid()).toBe(`flowchart LR
  subgraph p0["update"]
    s0["think<br/>reads A<br/>every 3 ticks, offset 1; only when its condition holds"]
    s1["move<br/>reads B; writes A"]
    s2["shift<br/>writes B<br/>exclusive"]
  end
  subgraph p1["#34;#60;late#62; #38; #39;last#39;; #35;1"]
    s3["draw<br/>reads A<br/>chunk by chunk, draw of draw.ts"]
  end
  p0 --> p1
  subgraph p2["empty"]
  end
  p1 --> p2
  s0 -->|"move says after; A is written and read"| s1
  s0 -->|"shift says after; the second is exclusive"| s2
  s1 -->|"shift says after; the second is exclusive; B is written and read"| s2
`);
});

describe("a schedule as a picture", () => {
  test("is one file that needs no other", () => {
    const svg = plan.toSvg();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="[\d.]+" height="[\d.]+"/);
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|@import|href|<script/);
    for (const name of ["think", "move", "shift", "draw", "stage 4", "phase empty"])
      expect(svg).toContain(`>${name}</text>`);
    expect(svg).toContain("phase &quot;&lt;late&gt; &amp; &#39;last&#39;; #1</text>");
    expect(svg).toContain("<title>think\nLooks  at\n&lt;A&gt;.\nreads A");
    expect(svg).toContain("<title>move before shift: ");
    expect(unclosed(svg)).toEqual([]);
  });

  test("has question marks for what XML cannot hold", () => {
    const svg = schedule({ systems: [], phases: ["a\u0001b\ud800c"] }).toSvg();
    expect(svg).toContain("phase a?b?c</text>");
  });

  test.for<[number, number]>([
    [1, 0],
    [20, 1],
    [60, 2],
    [200, 3],
  ])("places %i boxes so that none lies on another", ([count, seed]) => {
    const svg = many(count, seed).toSvg();
    const boxes = boxesOf(svg);
    expect(boxes.length).toBe(count);
    const [, width = 0, height = 0] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    for (const [i, a] of boxes.entries()) {
      expect(a.x >= 0 && a.x + a.width <= width && a.y >= 0 && a.y + a.height <= height).toBe(true);
      for (const b of boxes.slice(0, i)) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect([a, b, apart]).toEqual([a, b, true]);
      }
    }
  });
});

/** Systems of a few components, in phases. */
function many(count: number, seed: number): Schedule {
  const types = Array.from({ length: 8 }, (_, i) => component(`C${i}`, { x: f32 }));
  let state = seed;
  const below = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return schedule({
    systems: Array.from({ length: count }, (_, i) =>
      system(`s${i}`, { reads: [types[below(8)]!], writes: [types[below(8)]!], phase: `p${below(3)}`, run() {} }),
    ),
    phases: ["p0", "p1", "p2"],
    ambiguity: "declared",
  });
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The boxes of systems, with the shifts of the groups that they are in. */
function boxesOf(svg: string): Box[] {
  const found: Box[] = [];
  const shifts: { x: number; y: number }[] = [{ x: 0, y: 0 }];
  for (const tag of svg.match(/<\/?(g|rect)\b[^>]*>/g) ?? []) {
    const { x, y } = shifts.at(-1)!;
    if (tag === "</g>") shifts.pop();
    else if (tag.startsWith("<g")) {
      const [, dx = 0, dy = 0] = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(tag)!.map(Number);
      shifts.push({ x: x + dx, y: y + dy });
    } else if (tag.includes('class="system"')) {
      const [, width = 0, height = 0] = /width="([\d.]+)" height="([\d.]+)"/.exec(tag)!.map(Number);
      found.push({ x, y, width, height });
    }
  }
  return found;
}

/** Tags that are not closed, or closed without being open. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, slash, name, end] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (end === "/") continue;
    if (slash === "") open.push(name!);
    else if (open.pop() !== name) return [`/${name}`];
  }
  return open;
}
