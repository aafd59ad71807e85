import type { Step } from "../../tensor/format.ts";
import { scalarOf } from "./functions.ts";
import { F32, type Values } from "./view.ts";

/** `out[i] = f(a[i], b[i])` for the first `count` elements of tiles. What the function does not take is not looked at. */
export type Loop = (out: Values, a: Values, b: Values, count: number) => void;

/** The loop of a step of one or two operands. */
export function loopOf(step: Step, dtype: number): Loop {
  const plain = dtype === F32 ? plain32[step] : undefined;
  if (plain !== undefined) return plain as Loop;
  const scalar = scalarOf(step, dtype);
  return (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = scalar(a[i]!, b[i]!);
  };
}

type Loop32 = (out: Float32Array, a: Float32Array, b: Float32Array, count: number) => void;

/** The common ones of f32 to f32 without a call for each element: the store rounds. */
const plain32: Partial<Record<Step, Loop32>> = {
  negate: (out, a, _, count) => {
    for (let i = 0; i < count; i++) out[i] = -a[i]!;
  },
  abs: (out, a, _, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.abs(a[i]!);
  },
  square: (out, a, _, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! * a[i]!;
  },
  sqrt: (out, a, _, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.sqrt(a[i]!);
  },
  add: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! + b[i]!;
  },
  subtract: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! - b[i]!;
  },
  multiply: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! * b[i]!;
  },
  divide: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = a[i]! / b[i]!;
  },
  maximum: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.max(a[i]!, b[i]!);
  },
  minimum: (out, a, b, count) => {
    for (let i = 0; i < count; i++) out[i] = Math.min(a[i]!, b[i]!);
  },
};
