import { describe, expect, test } from "vitest";
import { event } from "../../src/ecs/event.ts";
import { bool, f32, vec3 } from "../../src/ecs/field.ts";
import { resource } from "../../src/ecs/resource.ts";
import { lowered } from "./front-run.ts";

const events = [event("Far", { at: vec3(f32) }), event("Bare", {})];
const resources = [resource("Flag", { on: bool })];
const lower = (text: string) => lowered(`(p, m, o, k) => {\n${text}\n}`, { events, resources });

/** What a neighbour was `turns` neighbours before: each pass over the loop settles the type of one variable. */
function delayed(turns: number): string {
  const names = Array.from({ length: turns + 1 }, (_, i) => `a${i}`);
  const shifts = names.slice(1).map((name, i) => `${name} = ${names[i]};`);
  return `let ${names.map((name) => `${name} = 0`).join(", ")};
k.neighbours(1, (q) => { ${shifts.reverse().join(" ")} a0 = q.x; }); p.x = ${names.at(-1)};`;
}

describe("refused where", () => {
  const cases: readonly [text: string, column: number, message: RegExp][] = [
    // What has no value has no members.
    ["let a; p.x = a.y", 14, /a may have no value/],
    ["let a = 1; if (p.x > 0) a = m.on; p.x = a.y", 41, /a has two types/],
    ['p.x = "a".length', 7, /strings are not supported/],
    ["p.x = (void 0).x", 7, /no value here/],
    ["p.x = k.random.x", 7, /k\.random has no member x/],
    ["p.x = k.at(m.target, Tag).x", 7, /tag has no x.*no fields/],
    // What is one of three things, two of which do not go together.
    ["let a = p; if (p.x > 0) a = o; if (p.y > 0) a = 1; p.x = a", 58, /a number on one way/],
    ["let a = 1; if (p.x > 0) a = p; if (p.y > 0) a = o; p.x = a", 58, /body on one way/],
    ["let a = 1; if (p.x > 0) a = m.on; if (p.y > 0) a = 2; p.x = a", 61, /a boolean and a number do not mix/],
    ["let a = 2; if (p.y > 0) { a = 1; if (p.x > 0) a = m.on } p.x = a", 64, /a boolean and a number do not mix/],
    // Operators.
    ["if (p.x ?? p.y) p.y = 1", 5, /operator \?\? is not supported/],
    ["p.x ?? (p.y = 1)", 1, /operator \?\? is not supported/],
    // What is passed.
    ["k.emit(Far, { at: m.goal })", 19, /mind\.goal has no z.*one by one/],
    ["k.emit(Bare, { a: 1 })", 16, /Bare has no a.*no fields/],
    ['k.sum(p, "sum", 1)', 7, /takes a declared resource, not a row.*its name/],
    ['k.sum(Flag, "on", 1)', 13, /name of a number of Flag.*has none/],
    ["k.addTag(p)", 10, /takes a declared component, not a row.*k\.Body/],
    ["p.x = Math.max()", 7, /Math\.max takes at least 1 argument,/],
    ["p.x = Math.hypot()", 7, /Math\.hypot takes 1 to 4 arguments, not 0/],
    ["p.x = Math.hypot(1, 2, 3, 4, 5)", 7, /Math\.hypot takes 1 to 4 arguments, not 5/],
    ["p.x = Number()", 7, /Number takes 1 argument, not 0/],
  ];
  test.each(cases)("%s", (text, column, message) => {
    expect(() => lower(text)).toThrow(
      expect.objectContaining({ code: "kernel-source", message: expect.stringMatching(message) }),
    );
    expect(() => lower(text)).toThrow(`2:${column}: `);
  });
});

test("sources that are nested too deeply are refused", () => {
  expect(() => lower(`p.x = ${"(".repeat(20_000)}1${")".repeat(20_000)}`)).toThrow(/nested too deeply/);
});

test("values that neighbours hand on may take many passes to settle", () => {
  expect(lower(delayed(60)).program.nodes.length).toBeGreaterThan(60);
  expect(() => lower(delayed(70))).toThrow(/types of what this loop changes do not settle/);
});

test("Math may be reached through globalThis", () => {
  expect(String(lower("p.x = globalThis.Math.abs(p.y)").program)).toBe(String(lower("p.x = Math.abs(p.y)").program));
});
