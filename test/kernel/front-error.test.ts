import { describe, expect, test } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import { lowered } from "./front-run.ts";

function failure(source: string, more: Parameters<typeof lowered>[1] = {}): WorldloomError {
  try {
    lowered(source, more);
  } catch (error) {
    if (error instanceof WorldloomError) return error;
    throw error;
  }
  throw new Error("no error");
}

/** The place that the caret points at, in a body that starts at column 1 of line 2. */
const body = (text: string): string => `(p, m, o, k) => {\n${text}\n}`;

describe("what is not supported", () => {
  const cases: readonly [text: string, column: number, message: RegExp][] = [
    // Syntax.
    ["p.x = { a: 1 }", 7, /objects and arrays.*Use variables/],
    ["p.x = [1][0]", 7, /objects and arrays.*fixed array/],
    ['p.x = "a"', 7, /strings.*str fields/],
    ["p.x = `a$" + "{p.y}`", 7, /templates/],
    ["p.x = tag`a`", 7, /templates/],
    ["p.x = new Map()", 7, /new is not supported/],
    ["p.x = function () {}", 7, /the function cannot be used as a value/],
    ["const f = () => f(); p.x = f()", 17, /f calls itself/],
    ["const f = (x) => { if (x > 0) return 1 }; p.x = f(p.y)", 49, /f does not return a value on every way/],
    ["class A {}", 1, /classes.*components/],
    ["p.x = class {}", 7, /classes/],
    ["p.x = /a/", 7, /regular expressions/],
    ["p.x = 1n", 7, /big integers.*without n/],
    ["m.target = p.x > 0 ? nobody : k.entity", 12, /this is nobody on one way/],
    ["m.target = null", 12, /null.*no entity/],
    ["p.x = this.y", 7, /this is not supported/],
    ["p.x = new.target", 7, /new\.target/],
    ["try { p.x = 1 } catch {}", 1, /exceptions/],
    ["throw p.x", 1, /exceptions.*Emit an event/],
    ["while (p.x > 0) p.x -= 1", 1, /constant bounds.*for \(let i/],
    ["do p.x -= 1; while (p.x > 0)", 1, /constant bounds/],
    ["let n = 0; while (n < 4 && p.x > 0) { if (m.on) n++ }", 12, /constant bounds.*for \(let i/],
    ["while (true) p.x -= 1", 1, /the loop does not end/],
    ["for (const i of p) p.x += i", 1, /for-of.*items\.length/],
    ["const i = 0; for (i of m.items) p.x += i", 19, /i is a const/],
    ["for (const { x } of m.items) p.x += x", 14, /no member x/],
    ["for (const i in m.items) p.x += i", 1, /for-in/],
    ["a: { k.neighbours(4, () => { break a }) }", 30, /cannot be parsed/],
    ["delete p.x", 1, /delete is not supported.*k\.removeTag/],
    ["m.on = typeof p.x === 1", 8, /typeof/],
    ['m.on = "x" in p', 8, /operator in/],
    ["m.on = p instanceof Map", 8, /operator instanceof/],
    ["p.x = p?.y", 7, /optional chaining/],
    ["p.x = Math.sqrt?.(1)", 7, /optional c/],
    ["p.x = p.y ?? 1", 7, /\?\?.*c \? a : b/],
    ["p.x ??= 1", 1, /\?\?=/],
    ["p.x = Math.max(...m.items)", 16, /spreading/],
    ["const { x = 1 } = p", 9, /default values.*rows always have/],
    ["const { y, ...x } = p", 12, /\.\.\.rest.*const x = p\.x/],
    ["const [x, ...y] = m.items", 11, /\.\.\.rest/],
    ['const { ["x"]: x } = p', 7, /computed names/],
    ["const { x, z } = p", 12, /body has no z/],
    ["const { goal: { z } } = m", 17, /goal has no z/],
    ["const [x] = p", 8, /only fixed arrays/],
    ["const [a, b, c] = o.items", 14, /has no element 2/],
    ["const [x, y] = [p.y]", 16, /objects and arrays/],
    ["const { x } = p.x", 9, /has no member x/],
    ["const { x } = p; x = 1", 18, /x is a const/],
    ["({ x: p.x } = o)", 2, /destructuring.*one by one/],
    ["[p.x] = m.items", 1, /destructuring/],
    ["const x = 1; ({ x } = o)", 17, /x is a const/],
    ["[unknown] = m.items", 2, /captured/],
    ["let n = 0; ({ n } = m)", 15, /has no n/],
    ["using a = p.x", 1, /using/],
    ['p.x = import("a")', 7, /import\(\)/],
    ["p.x = p.#y", 9, /cannot be parsed/],
    ["p.x = arguments.length", 7, /arguments.*captured/],
    // Names.
    ["p.x = speed", 7, /speed is captured.*uniforms.*k\.Name/],
    ["p.x = config.speed.max", 7, /config\.speed\.max is captured/],
    ["speed = p.x", 1, /speed is captured.*let/],
    ["config.speed = p.x", 1, /config\.speed is captured/],
    ["p.x = distance(p.y)", 7, /function distance is captured.*kernelFunction/],
    ["p.x = Date.now()", 7, /Date\.now is captured.*k\.tick/],
    ["console.log(p.x)", 1, /console\.log is captured.*to a field/],
    ["Object.assign(p, o)", 1, /Object\.assign is captured.*fields one by one/],
    ["m.on = isNaN(p.x, 1)", 8, /isNaN takes 1 argument, not 2/],
    ["m.on = Number.isFinite(m.on)", 8, /Number\.isFinite.*number/],
    ["p.x = Number.parseFloat(p.y)", 7, /Number\.parseFloat is captured.*numbers already/],
    ["p.x = config[0]", 7, /config is captured/],
    ["p.x = globalThis.x", 7, /globalThis\.x is captured/],
    ["p.x = p.z", 7, /body has no z.*x, y, big/],
    ["p.x = o.goal.z", 7, /other\.goal has no z.*x, y/],
    ["p.x = k.nothing", 7, /k has no nothing.*uses/],
    ["p.x = k.State.Flying", 7, /State has no Flying.*Walking/],
    ["p.x = k.State", 7, /State is an enumeration.*State\.Idle/],
    ["p.x = k.Tag", 7, /Tag is not a number/],
    ["p.x = k.clamp", 7, /clamp is not a number\. Call it/],
    ["p.x = Math.sqrt", 7, /Math\.sqrt cannot be used as a value/],
    ["p.x = Math", 7, /Math cannot be used as a value/],
    ["p.x = k", 7, /k cannot be used as a value/],
    ["p.x = p", 7, /body is not a number/],
    ["p.x = o.goal", 7, /other\.goal is not a number.*axes/],
    ["p.x = m.items", 7, /mind\.items is not a number/],
    ["p.x = p.x.y", 7, /no member y/],
    ["p.x = Math.sqrt.length", 7, /no member length/],
    ["p.x = m.items.sum", 7, /mind\.items\.sum.*for \(const item of items\)/],
    ["p.x = k.dt()", 7, /not a function/],
    ["p.x = k.Tag()", 7, /Tag is not a function/],
    ["p.x = p()", 7, /body is not a function/],
    ["p.x = k.randomBelow(6)", 7, /k has no randomBelow.*Math\.floor\(k\.random\(\) \* n\)/],
    ["k.spawn(k.Other)", 1, /k has no spawn.*event/],
    ["p.x = k.Total.sum", 7, /Total has no sum here.*uniform/],
    ["p.x = k.Other.x", 7, /Other has no x here.*k\.at\(entity, k\.Other\)\.x/],
    ["p.x = k.State[p.n]", 7, /index of State is not constant.*from a list/],
    ["p.x = k.State[1]", 7, /State has no 1.*Idle/],
    // Variables.
    ["let a; p.x = a", 14, /a may have no value/],
    ["let a; if (p.x > 0) a = 1; p.x = a", 34, /a may have no value/],
    ["p.x = a; let a = 1", 7, /a may have no value/],
    ["const a = 1; a = 2", 14, /a is a const.*let/],
    ["const a = 1; a++", 14, /a is a const/],
    ["p = 1; p.x = 2", 8, /this has no member x/],
    [
      "let a = 1; if (p.x > 0) a = m.on; p.x = a",
      41,
      /a has two types.*number and a boolean|a has two types.*boolean and a number/,
    ],
    ["let a = p; if (p.x > 0) a = o; p.x = a", 38, /other on one way/],
    ["let a = p; if (p.x > 0) a = o; a.x = 1", 32, /cannot be assigned to/],
    ["let a = p; if (p.x > 0) a = o; p.x = a.on", 38, /body has no on/],
    ["let a = p.n; if (p.x > 0) a = p.m; p.x = a + 1", 42, /i32 and u32/],
    ["p.x = void 0", 7, /no value here/],
    ["let a; if (m.on) a = 1; if (p.x > 0) p.y = a", 44, /a may have no value/],
    ["for (const c of m.items) { let a; switch (c) { case 1: break; default: a = 2 } p.x = a }", 86, /a may have/],
    ["let a; if (m.on) a = 1; k.neighbours(1, (q) => { if (m.on) { p.x += a; a = q.x } })", 69, /a may have no value/],
    ["let a; if (m.on) a = 1; k.neighbours(1, (q) => { if (m.on) a = q.x }); if (m.on) p.x = a", 88, /a may have/],
    // Types.
    ["m.on = m.on && p.x", 8, /what && gives has two types.*x !== 0/],
    ["m.on = p.x || m.on", 8, /what \|\| gives has two types.*x !== 0/],
    ["if (m.word) p.x = 1", 5, /boolean or a number.*str fields/],
    ["p.x = m.word && 1", 7, /boolean or a number.*str fields/],
    ["p.x = m.on", 7, /body\.x is a number.*flag \? 1 : 0/],
    ["m.on = p.x", 8, /mind\.on is a boolean.*x !== 0/],
    ["m.on = m.on === 1", 8, /boolean and a number.*x !== 0/],
    ["m.on &= o.on", 1, /mind\.on is a boolean.*x !== 0/],
    ["p.n = p.n + p.m", 7, /i32 and u32.*x \| 0 or x >>> 0/],
    ["p.m = p.n & p.m", 7, /body\.m is u32.*x >>> 0/],
    ["p.n = p.m", 7, /body\.n is i32.*x \| 0/],
    ["p.m = p.n", 7, /body\.m is u32.*x >>> 0/],
    ["m.on = p.n > 3000000000", 8, /3000000000 does not fit i32.*x >>> 0.*or k\.f64/],
    ["m.on = p.m > 4294967296", 8, /does not fit u32\. Write k\.f64\(x\) for the other operand/],
    ["m.on = p.m > -1", 8, /-1 does not fit u32/],
    ["p.m = m.on ? -1 : 1", 7, /does not fit u32/],
    ["p.x = m.target + 1", 7, /not entities.*k\.i32/],
    ["m.on = m.target > o.near", 8, /not entities/],
    ["m.on = m.target === p.n", 8, /entity and a number.*other entities/],
    ["m.on = m.target === 7", 8, /entity and a number/],
    ["m.target = p.n", 12, /mind\.target is an entity.*0 for none/],
    ["p.n = m.target", 7, /not entities/],
    ['m.on = m.word === "a"', 19, /strings/],
    ["m.word = p.n", 10, /mind\.word is a string/],
    ["p.n = m.word + 1", 7, /not strings/],
    ["m.on = m.word === p.n", 8, /Str fields only/],
    ["m.on++", 1, /mind\.on is a boolean.*x !== 0/],
    ["p.x = k.f32(m.on)", 7, /k\.f32 takes numbers/],
    // Assignments.
    ["o.x = 1", 1, /Other is only read.*write instead of read/],
    ["o.goal.x += 1", 1, /Other is only read/],
    ["m.goal = o.goal", 1, /cannot be assigned as a whole/],
    ["m.items = o.items", 1, /cannot be assigned as a whole/],
    ["k.dt = 1", 1, /cannot be assigned to/],
    ["Math.PI = 1", 1, /cannot be assigned to/],
    ["k.at(m.target, k.Other).x = 1", 1, /Other of another entity.*event/],
    // Arrays.
    ["p.x = m.items[p.x > 1]", 7, /an index takes numbers, not booleans/],
    ["p.x = m.items[4]", 7, /no element 4.*0 to 3/],
    ["p.x = m.items[0.5]", 7, /no element 0\.5/],
    ["p.x = p[0]", 7, /only fixed arrays/],
    // Loops.
    ["for (let i = 0; i < p.n; i++) p.x += 1", 17, /bounds of a loop must be constant.*break/],
    ["for (let i = 0; i < p.n && m.on; i++) p.x += 1", 17, /bounds of a loop must be constant.*break/],
    ["for (let i = 0; i < 4; i) p.x += 1", 1, /the loop does not end.*test depends on/],
    ["for (let i = 0; i < 4; i = Math.min(i + 1, 3)) { if (p.x > 3) break; p.x += 1 }", 1, /the loop does not end/],
    ["for (;;) { if (p.x > 3) break; p.x += 1 }", 1, /the loop does not end/],
    ["for (let i = 0; i < 4 || m.on; i++) p.x += 1", 17, /bounds of a loop must be constant.*break/],
    ["for (let i = 0; i < 5000; i++) p.x += 1", 1, /unrolled, at most 4,096 times/],
    [
      "for (let i = 0; i < 100; i++) for (let j = 0; j < 100; j++) for (let q = 0; q < 100; q++);",
      61,
      /at most 65,536 times/,
    ],
    [
      "for (let i = 0; i < 4000; i++) p.x = p.x * i - (p.y / (p.x + i) - p.x * (i - p.y)) / (p.x - i) + (p.x + i) * (p.x - 3 * i) * (p.x + 5 * i) - p.y * (p.x - 7 * i) * (p.x + 9 * i)",
      32,
      /more than 65,536 operations/,
    ],
    ["break", 1, /cannot be parsed/],
    ["k.neighbours(1, () => { for (let i = 0; i < 1; i++) { continue } }); continue", 70, /cannot be parsed/],
    // Switches.
    ["switch (p.n) { case m.on: break }", 21, /number and a boolean/],
    // Calls.
    ["p.x = Math.random()", 7, /Math\.random is not supported.*k\.random/],
    ["p.x = Math.cbrt(1)", 7, /Math\.cbrt.*Math\.pow/],
    ["p.x = Math.clz32(p.n)", 7, /Math\.clz32 is not supported. There are .*sqrt/],
    ["p.x = Math.sqrt()", 7, /takes 1 argument, not 0/],
    ["p.x = Math.max()", 7, /takes at least 1/],
    ["p.x = Math.atan2(1)", 7, /takes 2 arguments, not 1/],
    ["p.x = Math.sin(p.big)", 7, /Math\.sin of f64.*Math\.fround/],
    ["p.x = p.big ** p.x", 7, /Math\.pow of f64/],
    ["p.m = -1", 7, /body\.m is u32, which does not hold -1.*x >>> 0 to keep the bits/],
    ["p.m = ~0", 7, /does not hold -1/],
    ["p.m = (1 << 31) | 1", 7, /does not hold -2147483647/],
    ["p.n = 0xff00ff00", 7, /body\.n is i32, which does not hold 4278255360.*x \| 0/],
    ["p.m = m.on ? -1 : p.m", 7, /does not hold -1/],
    ["p.x = p.big % 2", 7, /% of f64.*Math\.trunc/],
    ["p.x = p.y % p.big", 7, /% of f64/],
    ["p.big %= 2", 1, /% of f64/],
    ["p.big = (m.on ? 7 : 5) % 2", 9, /% of f64/],
    ["p.x = Math.sqrt(m.on)", 7, /not booleans/],
    ["p.x = Math.max(p.n, p.m)", 7, /i32 and u32/],
    ["p.x = k.clamp(p.x)", 7, /clamp takes 3 arguments, not 1/],
    ["p.x = k.clamp(p, 1, 2)", 15, /body is not a number/],
    ["p.x = k.random(1)", 7, /k\.random takes 0 arguments/],
    ["p.x = k.f32()", 7, /k\.f32 takes 1 argument,/],
    ["p.x = k.despawn()", 7, /no value here/],
    // Effects.
    ["k.despawn(1)", 1, /k\.despawn takes 0/],
    ["k.addTag(k.Body)", 1, /Body has fields.*without fields/],
    ["k.addTag(Missing)", 10, /takes a declared component, and Missing is none.*minifier.*k\.Name/],
    ["k.addTag(1)", 10, /declared component here/],
    ["k.removeTag(m)", 13, /not a row. Write k\.Mind/],
    ["k.emit(k.Tag)", 8, /declared event here/],
    ["k.emit(k.Hit, p)", 15, /takes its fields here/],
    ["k.emit(k.Hit, { nothing: 1 })", 17, /Hit has no nothing.*amount, at/],
    ["k.emit(k.Hit, { ...p })", 17, /plain fields/],
    ["k.emit(k.Hit, { [p.x]: 1 })", 18, /computed names/],
    ["k.emit(k.Hit, { amount: m.on })", 25, /Hit\.amount is a number/],
    ["k.emit(k.Hit, { at: 1 })", 21, /Hit\.at is a vector/],
    ["k.emit(k.Hit, { at: { z: 1 } })", 23, /Hit\.at has no z/],
    ["k.emit(k.Hit, { list: 1 })", 23, /fixed array/],
    ["k.emit(k.Hit, { list: [1, 2, 3, 4] })", 23, /3 elements, not 4/],
    ["k.emit(k.Hit, { list: [...m.items] })", 24, /spreading/],
    ["k.emit(k.Hit, { list: m.items })", 23, /3 elements, not 4/],
    ["k.emit(k.Worded)", 1, /default of Worded\.word is a string/],
    ['k.sum(k.Total, "nothing", 1)', 16, /number of Total here.*"sum"/],
    ['k.sum(k.Total, "flag", 1)', 16, /number of Total here/],
    ["k.sum(k.Total, p.x, 1)", 16, /number of Total here/],
    ['k.sum(k.Hit, "amount", 1)', 7, /declared resource/],
    ['k.sum(k.Total, "sum")', 1, /k\.sum takes 3 arguments, not 2/],
    ["p.x = k.min(p.x, 3)", 7, /k\.min takes 3 arguments, not 2.*Math\.min/],
    ["k.despawn(p.x)", 1, /k\.despawn takes 0 arguments, not 1.*for others emit an event/],
    ['k.sum(k.Total, "sum", m.on)', 23, /not booleans/],
    ['k.count(k.Total, "count", p.x)', 27, /condition must be a boolean/],
    ['k.sum(k.Total, "sum", 1); k.max(k.Total, "sum", 1)', 27, /Total\.sum is given a value twice/],
    ['for (let i = 0; i < 2; i++) k.sum(k.Total, "sum", 1)', 29, /given a value twice/],
    // Other entities.
    ["p.x = k.at(p.n, k.Other).x", 12, /takes an entity here/],
    ["p.x = k.at(m.target, k.Body).x", 7, /Body is written.*order of rows/],
    ["p.x = k.at(m.target).x", 7, /k\.at takes 2/],
    ["p.x = k.at(m.target, Elsewhere).x", 22, /Elsewhere is none/],
    ["p.x = k.at(m.target, o).x", 22, /Write k\.Other/],
    ["p.x = k.at(m.target, k.Other).z", 7, /other has no z/],
    // Neighbours.
    ["k.neighbours(1)", 1, /takes 2 arguments/],
    ["k.neighbours(m.on, () => {})", 14, /not booleans/],
    ["k.neighbours(1, p)", 17, /takes a function here/],
    ["k.neighbours(1, async () => {})", 17, /async/],
    ["k.neighbours(1, ([x]) => {})", 18, /destructured parameters/],
    ["k.neighbours(1, ({ health }) => {})", 20, /neighbour has no health/],
    ["k.neighbours(1, ({ x }) => { x += 1 })", 30, /x is a copy/],
    ["let r = k.at(m.target, k.Other); k.neighbours(1, (q) => { r = k.at(q.entity, k.Other) })", 34, /r is a row/],
    ["k.neighbours(1, (a, b) => {})", 21, /one parameter/],
    ["k.neighbours(1, (q) => { p.x = q.health })", 32, /neighbour has no health.*distanceSquared, the square.*k\.at/],
    ["k.neighbours(1, (q) => { p.x = q })", 32, /cannot be used as a value/],
    ["k.neighbours(1, () => k.neighbours(1, () => {}))", 23, /inside each other/],
    ["k.neighbours(1, () => k.despawn())", 23, /k\.despawn in a neighbour loop.*after the loop/],
    ["k.neighbours(1, () => k.emit(k.Hit))", 23, /k\.emit in a neighbour loop.*index\.pairs/],
    ["k.neighbours(1, () => k.addTag(k.Tag))", 23, /k\.addTag in a neighbour loop/],
    ['k.neighbours(1, () => k.count(k.Total, "count"))', 23, /k\.count in a neighbour loop/],
    ["k.neighbours(1, () => { p.x = k.random() })", 31, /k\.random\(\) in a neighbour loop/],
    ["let a; k.neighbours(1, (q) => { a = q.x }); p.x = a", 51, /a may have no value/],
    ["let a = 1; k.neighbours(1, () => { a = m.on })", 12, /boolean and a number|number and a boolean/],
  ];
  test.for(cases)("%s", ([text, column, message]) => {
    const { code, operands, message: said } = failure(body(text));
    expect(said.split("\n")[0]).toMatch(message);
    expect({ code, ...operands }).toEqual({ code: "kernel-source", kernel: "test", line: 2, column });
  });
});

describe("lists of constants", () => {
  const cases: readonly [text: string, message: RegExp][] = [
    ["p.x = k.COSTS", /COSTS is a list.*COSTS\[0\]/],
    ["p.x = k.COSTS[2]", /COSTS has no 2. It has 0, 1/],
    ["p.x = k.COSTS[k.entity]", /an index takes numbers, not entities/],
    ["k.COSTS[0] = 1", /cannot be assigned to/],
    ["p.x = k.COSTS.map(1)", /COSTS has no map/],
  ];
  test.for(cases)("%s", ([text, message]) => {
    expect(failure(body(text), { constants: { COSTS: [10, 20] } }).message).toMatch(message);
  });
});

describe("functions that are none of a row", () => {
  const cases: readonly [source: string, place: string, message: RegExp][] = [
    ["({ x, y }, m, o, k) => { x = y }", "1:26", /x is a copy.*\(p\), and write p\.x/],
    ["({ x, z }, m, o, k) => {}", "1:7", /body has no z/],
    ["({ x = 1 }, m, o, k) => {}", "1:4", /default values/],
    ["({ x, ...rest }, m, o, k) => {}", "1:7", /\.\.\.rest/],
    ["(p, m, o, { dt, speed }) => {}", "1:17", /k has no speed/],
    ["([x], m, o, k) => {}", "1:2", /destructured parameters/],
    ["(p, m, o = 1) => {}", "1:8", /default values/],
    ["(p, ...rest) => {}", "1:5", /rest parameters/],
    ["(p, m, o, k, more) => {}", "1:14", /more parameters.*\(body, mind, other, k\)/],
    ["async (p) => {}", "1:1", /async functions/],
    ["async function (p) {}", "1:1", /async functions/],
    ["function* (p) {}", "1:1", /generators/],
    ["async rule(p) {}", "1:1", /async functions/],
    ["*rule(p) {}", "1:1", /generators/],
    ["get rule() { return 1 }", "1:1", /no getter/],
    ["class A { constructor() {} }", "1:1", /class/],
    ["function () { [native code] }", "1:1", /bound or built-in/],
    ["(p) => { p.x = 1", "1:17", /cannot be parsed/],
    ["(p: Body) => {}", "1:3", /cannot be parsed.*toString/],
    ["(p) => { p.x = 1 as number }", "1:18", /cannot be parsed/],
    ["(p) => { await p.x }", "1:10", /await|cannot be parsed/],
    ["1 + 1", "1:1", /not the source of a function/],
  ];
  test.for(cases)("%s", ([source, place, message]) => {
    const { operands, message: said } = failure(source);
    expect(said).toMatch(message);
    expect(`${operands["line"]}:${operands["column"]}`).toBe(place);
  });
});

describe("declared functions", () => {
  const cases: readonly [source: string, message: RegExp][] = [
    ["(x) => f(x)", /f calls itself.*constant bounds/],
    ["(x) => { if (x > 0) return 1 }", /f does not return a value on every way/],
    ["(x) => {}", /f does not return a value/],
    ["(x) => { for (let i = 0; i < 3; i++) { if (x > i) return i } }", /does not return a value/],
    ["(x) => { if (x > 0) return m; return 1 }", /function f of kernel "test", 1:28: m is captured/],
    ["(x) => k.dt", /k\.dt is captured/],
    ["(x, y = m) => x", /function f of kernel "test", 1:9: m is captured/],
    ["(x, y = 1, z) => x + z", /f takes 3 arguments, not 1/],
    ["(x, y = z, z = 1) => x", /z may have no value|z is captured/],
    ["(x, [y] = 1) => x", /destructured/],
    ["({ x }) => x", /destructured.*name the number/i],
    ["(x) => x > 0 ? true : 1", /boolean and a number/],
    ["(x", /function f of kernel "test", 1:3: the source cannot be parsed/],
  ];
  test.for(cases)("%s", ([source, message]) => {
    const {
      operands,
      message: said,
      code,
    } = failure("(p, m, o, k) => { p.x = k.f(p.y) }", {
      functions: [{ name: "f", source }],
    });
    expect(said).toMatch(message);
    expect([code, operands["kernel"]]).toEqual(["kernel-source", "test"]);
  });

  test("that call each other", () => {
    const functions = [
      { name: "even", source: "(n) => (n < 1 ? 0 : odd(n - 1))" },
      { name: "odd", source: "(n) => even(n - 1)" },
    ];
    expect(failure("(p, m, o, k) => { p.x = k.even(p.y) }", { functions }).message).toMatch(/even calls itself/);
  });
});

describe("messages", () => {
  test("show the line, a caret and the lines around it", () => {
    expect(failure("(p, m, o, k) => {\n  p.x = 1;\n  p.y = Math.sqrt(speed);\n  p.x = 2;\n}").message).toBe(
      [
        'kernel "test", 3:19: speed is captured from outside the function. Pass numbers as uniforms or constants, and declare what else you use in uses; if a bundler or minifier renamed it, write k.Name.',
        "  2 |   p.x = 1;",
        "> 3 |   p.y = Math.sqrt(speed);",
        "    |                   ^",
        "  4 |   p.x = 2;",
      ].join("\n"),
    );
  });

  test("count lines of methods and with all line ends", () => {
    expect(failure("rule(p) {\r\n\tp.x = speed;\r\n}").operands).toMatchObject({ line: 2, column: 8 });
    expect(failure("rule(p) { p.x = speed }").operands).toMatchObject({ line: 1, column: 17 });
    expect(failure("static rule(p) { p.x = speed }").operands).toMatchObject({ line: 1, column: 24 });
  });

  test("cut long lines", () => {
    const { message } = failure(`(p)=>{${"p.x=1;".repeat(500)}p.y=speed;${"p.x=1;".repeat(500)}}`);
    const lines = message.split("\n");
    expect(lines.every((line) => line.length < 250)).toBe(true);
    expect(lines[1]!.slice(lines[2]!.indexOf("^"))).toMatch(/^speed/);
  });
});
