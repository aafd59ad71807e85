import { describe, expect, test } from "vitest";
import { UNIFORMS } from "./front-plain.ts";
import { result } from "./front-run.ts";

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
