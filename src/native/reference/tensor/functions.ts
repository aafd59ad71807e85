import { assert } from "../../../core/errors.ts";
import type { Step } from "../../tensor/format.ts";
import { binary32, binary64, unary32, unary64 } from "./math.ts";
import { I32, U8 } from "./view.ts";

/** A function of one or two operands, of which it may ignore the second. Integers wrap where they are stored. */
export type Scalar = (a: number, b: number) => number;

const identity = (value: number): number => value;

/** Of all types; booleans are 0 and 1. */
const all: Partial<Record<Step, Scalar>> = {
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  equal: (a, b) => (a === b ? 1 : 0),
  notEqual: (a, b) => (a !== b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  lessEqual: (a, b) => (a <= b ? 1 : 0),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

const bools: Partial<Record<Step, Scalar>> = { not: (a) => 1 - a };

const integers: Partial<Record<Step, Scalar>> = {
  negate: (a) => -a,
  abs: (a) => Math.abs(a),
  sign: (a) => Math.sign(a),
  square: (a) => Math.imul(a, a),
  not: (a) => ~a,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => Math.imul(a, b),
  floorDivide: (a, b) => (b === 0 ? 0 : Math.floor(a / b)),
  remainder: (a, b) => (b === 0 ? 0 : a - Math.floor(a / b) * b),
};

const shifts: Readonly<Record<number, Partial<Record<Step, Scalar>>>> = {
  [U8]: { leftShift: (a, b) => a << (b & 7), rightShift: (a, b) => a >>> (b & 7) },
  [I32]: { leftShift: (a, b) => a << b, rightShift: (a, b) => a >> b },
};

/** Of f32 and f64: `round` rounds to the type. */
function floats(round: (value: number) => number): Partial<Record<Step, Scalar>> {
  return {
    negate: (a) => -a,
    abs: (a) => Math.abs(a),
    sqrt: (a) => round(Math.sqrt(a)),
    square: (a) => round(a * a),
    isnan: (a) => (a !== a ? 1 : 0),
    isfinite: (a) => (a - a === 0 ? 1 : 0),
    add: (a, b) => round(a + b),
    subtract: (a, b) => round(a - b),
    multiply: (a, b) => round(a * b),
    divide: (a, b) => round(a / b),
  };
}

const byType: readonly Partial<Record<Step, Scalar>>[] = [
  { ...all, ...bools },
  { ...all, ...integers, ...shifts[U8] },
  { ...all, ...integers, ...shifts[I32] },
  { ...all, ...floats(Math.fround), ...unary32, ...binary32 },
  { ...all, ...floats(identity), ...unary64, ...binary64 },
];

/** What a step of one or two operands computes for a dtype. */
export function scalarOf(step: Step, dtype: number): Scalar {
  const scalar = byType[dtype]![step];
  assert(scalar !== undefined, `${step} has no function for type ${dtype}`);
  return scalar;
}
