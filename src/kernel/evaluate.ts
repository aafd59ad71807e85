import { AssertionError } from "../core/errors.ts";
import type { Op, ValueType } from "./node.ts";

/** One operation on one row. Operands that the operation lacks are ignored. Masks are 0 and 1. */
export type Evaluation = (a: number, b: number, c: number) => number;

const { fround, imul } = Math;

/** Rounds to a type: integers wrap around. */
export function toType(type: ValueType, value: number): number {
  if (type === "f32") return fround(value);
  if (type === "i32") return value | 0;
  if (type === "u32") return value >>> 0;
  return type === "bool" ? Number(value !== 0) : value;
}

/** What an operation does with operands of type `from` to give one of type `to`: the definition of the language. */
export function evaluate(op: Op, from: ValueType, to: ValueType): Evaluation {
  if (op === "convert") return conversion(from, to);
  if (op === "bits") return reinterpretation(from, to);
  const made = (from === "f32" || from === "f64" ? FLOAT : from === "bool" ? MASK : INTEGER)[op];
  if (made === undefined) throw new AssertionError(`${op} of ${from} does not exist`);
  const { evaluation, rounds } = made(from);
  if (!rounds) return evaluation;
  if (from === "f32") return (a, b, c) => fround(evaluation(a, b, c));
  if (from === "i32") return (a, b, c) => evaluation(a, b, c) | 0;
  return from === "u32" ? (a, b, c) => evaluation(a, b, c) >>> 0 : evaluation;
}

interface Rule {
  readonly evaluation: Evaluation;
  /** Whether the result must still be rounded to the type. */
  readonly rounds: boolean;
}
type Rules = Partial<Record<Op, (type: ValueType) => Rule>>;

const exact = (evaluation: Evaluation) => (): Rule => ({ evaluation, rounds: false });
const rounded = (evaluation: Evaluation) => (): Rule => ({ evaluation, rounds: true });

const COMPARE: Rules = {
  eq: exact((a, b) => Number(a === b)),
  ne: exact((a, b) => Number(a !== b)),
  lt: exact((a, b) => Number(a < b)),
  le: exact((a, b) => Number(a <= b)),
  gt: exact((a, b) => Number(a > b)),
  ge: exact((a, b) => Number(a >= b)),
};

const CHOICE: Rules = {
  select: exact((a, b, c) => (a !== 0 ? b : c)),
  rare: exact((a, b, c) => (a !== 0 ? b : c)),
};

const FLOAT: Rules = {
  ...COMPARE,
  // The sum, product, quotient and root of two f32 in f64, rounded again, are those of f32 (Figueroa, 1995).
  add: rounded((a, b) => a + b),
  sub: rounded((a, b) => a - b),
  mul: rounded((a, b) => a * b),
  div: rounded((a, b) => a / b),
  sqrt: rounded((a) => Math.sqrt(a)),
  neg: exact((a) => -a),
  abs: exact((a) => Math.abs(a)),
  min: exact((a, b) => Math.min(a, b)),
  max: exact((a, b) => Math.max(a, b)),
  floor: exact((a) => Math.floor(a)),
  ceil: exact((a) => Math.ceil(a)),
  trunc: exact((a) => Math.trunc(a)),
  nearest: exact(nearestEven),
  copysign: exact((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a))),
};

const INTEGER: Rules = {
  ...COMPARE,
  add: rounded((a, b) => a + b),
  sub: rounded((a, b) => a - b),
  mul: rounded((a, b) => imul(a, b)),
  div: rounded((a, b) => (b === 0 ? 0 : Math.trunc(a / b))),
  neg: rounded((a) => -a),
  abs: rounded((a) => Math.abs(a)),
  min: exact((a, b) => Math.min(a, b)),
  max: exact((a, b) => Math.max(a, b)),
  and: rounded((a, b) => a & b),
  or: rounded((a, b) => a | b),
  xor: rounded((a, b) => a ^ b),
  not: rounded((a) => ~a),
  shl: rounded((a, b) => a << b),
  shr: (type) => ({ evaluation: type === "i32" ? (a, b) => a >> b : (a, b) => a >>> b, rounds: false }),
};

const MASK: Rules = {
  ...CHOICE,
  and: exact((a, b) => a & b),
  or: exact((a, b) => a | b),
  xor: exact((a, b) => a ^ b),
  not: exact((a) => a ^ 1),
};

function nearestEven(a: number): number {
  const down = Math.floor(a);
  const rest = a - down;
  if (rest < 0.5) return down;
  const up = Math.ceil(a);
  if (rest > 0.5) return up;
  if (rest !== 0.5) return a; // infinities and NaN
  return down % 2 === 0 ? down : up;
}

function conversion(from: ValueType, to: ValueType): Evaluation {
  if (to === "f32") return (a) => fround(a);
  if (to === "f64") return (a) => a;
  const [low, high] = to === "i32" ? [-2_147_483_648, 2_147_483_647] : [0, 4_294_967_295];
  if (from === "f32" || from === "f64") {
    return (a) => (a !== a ? 0 : a <= low ? low : a >= high ? high : Math.trunc(a) + 0);
  }
  return to === "i32" ? (a) => a | 0 : (a) => a >>> 0;
}

const cell = new DataView(new ArrayBuffer(4));

function reinterpretation(from: ValueType, to: ValueType): Evaluation {
  return (a) => {
    if (from === "f32") cell.setFloat32(0, a);
    else cell.setInt32(0, a);
    return to === "f32" ? cell.getFloat32(0) : to === "i32" ? cell.getInt32(0) : cell.getUint32(0);
  };
}
