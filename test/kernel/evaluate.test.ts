import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/kernel/evaluate.ts";
import type { Op, ValueType } from "../../src/kernel/node.ts";

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  3.7,
  1e-40,
  2 ** -149,
  2 ** 23 + 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  1e20,
  3.4028234663852886e38,
  Infinity,
  -Infinity,
  NaN,
].map(Math.fround);
const I32 = [0, 1, -1, 2, -2, 7, 31, 32, 33, 65_535, 2 ** 31 - 1, -(2 ** 31)];
const U32 = [0, 1, 2, 7, 31, 32, 33, 65_535, 2 ** 31, 2 ** 32 - 1];
const numbers: Readonly<Record<Exclude<ValueType, "bool">, readonly number[]>> = {
  f32: FLOATS,
  f64: FLOATS,
  i32: I32,
  u32: U32,
};

type Plain = (a: number, b: number) => number;
type Row = readonly [type: Exclude<ValueType, "bool">, rules: Partial<Record<Op, Plain>>];
const { fround } = Math;

/** The product of two integers by exact arithmetic. */
const product = (a: number, b: number): bigint => BigInt(a) * BigInt(b);
const compare: Partial<Record<Op, Plain>> = {
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
};
const float = (round: (x: number) => number): Partial<Record<Op, Plain>> => ({
  ...compare,
  add: (a, b) => round(a + b),
  sub: (a, b) => round(a - b),
  mul: (a, b) => round(a * b),
  div: (a, b) => round(a / b),
  sqrt: (a) => round(Math.sqrt(a)),
  neg: (a) => -a,
  abs: Math.abs,
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
});
const rows: readonly Row[] = [
  ["f32", float(fround)],
  ["f64", float((x) => x)],
  [
    "i32",
    {
      ...compare,
      add: (a, b) => (a + b) | 0,
      sub: (a, b) => (a - b) | 0,
      mul: (a, b) => Number(BigInt.asIntN(32, product(a, b))),
      div: (a, b) => (b === 0 ? 0 : (a / b) | 0),
      neg: (a) => -a | 0,
      abs: (a) => Math.abs(a) | 0,
      min: Math.min,
      max: Math.max,
      and: (a, b) => a & b,
      or: (a, b) => a | b,
      xor: (a, b) => a ^ b,
      not: (a) => ~a,
      shl: (a, b) => a << b,
      shr: (a, b) => a >> b,
    },
  ],
  [
    "u32",
    {
      ...compare,
      add: (a, b) => (a + b) >>> 0,
      sub: (a, b) => (a - b) >>> 0,
      mul: (a, b) => Number(BigInt.asUintN(32, product(a, b))),
      div: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
      min: Math.min,
      max: Math.max,
      and: (a, b) => (a & b) >>> 0,
      or: (a, b) => (a | b) >>> 0,
      xor: (a, b) => (a ^ b) >>> 0,
      not: (a) => ~a >>> 0,
      shl: (a, b) => (a << b) >>> 0,
      shr: (a, b) => a >>> b,
    },
  ],
];

describe.for(rows)("%s is as in JavaScript", ([type, rules]) => {
  test.for(Object.entries(rules) as [Op, Plain][])("%s", ([op, plain]) => {
    const evaluation = evaluate(op, type, op in compare ? "bool" : type);
    for (const a of numbers[type])
      for (const b of numbers[type]) expect(evaluation(a, b, 0), `${a}, ${b}`).toBe(plain(a, b));
  });
});

describe("what JavaScript has no word for", () => {
  test.for<[number, number]>([
    [0.5, 0],
    [-0.5, -0],
    [1.5, 2],
    [2.5, 2],
    [-1.5, -2],
    [-0.3, -0],
    [0.7, 1],
    [-0.7, -1],
    [-0, -0],
    [2 ** 23 + 1, 2 ** 23 + 1],
    [Infinity, Infinity],
    [NaN, NaN],
  ])("nearest of %d is %d", ([a, expected]) => {
    expect(evaluate("nearest", "f32", "f32")(a, 0, 0)).toBe(expected);
  });

  test("copysign takes the sign of zeros and infinities", () => {
    const copysign = evaluate("copysign", "f64", "f64");
    expect([copysign(3, -0, 0), copysign(-3, 0, 0), copysign(0, -Infinity, 0), copysign(-0, 1, 0)]).toEqual([
      -3, 3, -0, 0,
    ]);
  });

  test.for<[ValueType, ValueType, number, number]>([
    ["f32", "i32", -2.9, -2],
    ["f32", "i32", 3e9, 2 ** 31 - 1],
    ["f64", "i32", -3e9, -(2 ** 31)],
    ["f64", "i32", NaN, 0],
    ["f64", "i32", -0.5, 0],
    ["f32", "u32", -1, 0],
    ["f32", "u32", 5e9, 2 ** 32 - 1],
    ["f64", "u32", 2 ** 32 - 0.5, 2 ** 32 - 1],
    ["f64", "u32", Infinity, 2 ** 32 - 1],
    ["f64", "f32", 0.1, fround(0.1)],
    ["u32", "f32", 2 ** 32 - 1, 2 ** 32],
    ["i32", "f32", 16_777_217, 16_777_216],
    ["u32", "i32", 2 ** 32 - 1, -1],
    ["i32", "u32", -1, 2 ** 32 - 1],
    ["bool", "f32", 1, 1],
    ["bool", "i32", 1, 1],
  ])("%s to %s of %d is %d", ([from, to, a, expected]) => {
    expect(evaluate("convert", from, to)(a, 0, 0)).toBe(expected);
  });

  test.for<[ValueType, ValueType, number, number]>([
    ["f32", "i32", -0, -(2 ** 31)],
    ["f32", "u32", -1, 0xbf800000],
    ["u32", "f32", 0x7f800000, Infinity],
    ["i32", "f32", 1, 2 ** -149],
    ["i32", "u32", -1, 2 ** 32 - 1],
  ])("bits of %s as %s of %d are %d", ([from, to, a, expected]) => {
    expect(evaluate("bits", from, to)(a, 0, 0)).toBe(expected);
  });

  test("masks", () => {
    const of = (op: Op, a: number, b: number): number => evaluate(op, "bool", "bool")(a, b, 0);
    const both = [0, 1].flatMap((a) =>
      [0, 1].map((b) => [of("and", a, b), of("or", a, b), of("xor", a, b), of("not", a, 0)]),
    );
    expect(both).toEqual([
      [0, 0, 0, 1],
      [0, 1, 1, 1],
      [0, 1, 1, 0],
      [1, 1, 0, 0],
    ]);
    expect([0, 1].map((a) => evaluate("select", "bool", "f32")(a, 2, 3))).toEqual([3, 2]);
  });
});
