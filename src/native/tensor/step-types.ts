import { type Step, steps } from "./format.ts";

const BOOL = 1;
const U8 = 2;
const I32 = 4;
const F32 = 8;
const F64 = 16;
const FLOATS = F32 | F64;
const NUMBERS = U8 | I32 | FLOATS;
const BITS = BOOL | U8 | I32;
const ALL = BOOL | NUMBERS;

/** Where it is not all floats: the types that a step takes. */
const taken: Partial<Record<Step, number>> = {
  constant: ALL,
  iota: I32 | FLOATS,
  random: I32,
  cast: ALL,
  select: ALL,
  negate: NUMBERS,
  abs: NUMBERS,
  sign: NUMBERS,
  square: NUMBERS,
  not: BITS,
  add: NUMBERS,
  subtract: NUMBERS,
  multiply: NUMBERS,
  floorDivide: NUMBERS,
  remainder: NUMBERS,
  maximum: ALL,
  minimum: ALL,
  and: BITS,
  or: BITS,
  xor: BITS,
  leftShift: U8 | I32,
  rightShift: U8 | I32,
  equal: ALL,
  notEqual: ALL,
  less: ALL,
  lessEqual: ALL,
};

/** The types that may be the dtype of a step, by its code: bit i stands for type i of `tensorTypes`. */
export const stepTypes: readonly number[] = steps.map((step) => taken[step] ?? FLOATS);

/** Of reductions, by code: sum and prod, max and min and their arguments, any and all. */
export const reductionTypes: readonly number[] = [I32 | FLOATS, I32 | FLOATS, ALL, ALL, BOOL, BOOL, ALL, ALL];

/** Of cumulations and of what `put` does, by code. */
export const cumulationTypes: readonly number[] = [I32 | FLOATS, I32 | FLOATS, ALL, ALL];
export const putTypes: readonly number[] = [ALL, NUMBERS, ALL, ALL];
