import { BOOL, F32, I32, U8 } from "./view.ts";

/**
 * The value of dtype `to` for one of another type: float to integer truncates, NaN is 0, out of range is the nearest
 * limit; integers wrap; whatever is not 0 is true.
 */
export function castOf(fromFloat: boolean, to: number): (value: number) => number {
  if (to === BOOL) return truth;
  if (to === U8) return fromFloat ? (value) => saturated(value, 0, 0xff) : (value) => value & 0xff;
  if (to === I32) return fromFloat ? (value) => saturated(value, -0x80000000, 0x7fffffff) : (value) => value | 0;
  return to === F32 ? Math.fround : (value) => value;
}

/** A float as the integer nearest to 0 beside it, in the limits. */
export function saturated(value: number, min: number, max: number): number {
  return value !== value ? 0 : value <= min ? min : value >= max ? max : Math.trunc(value) + 0;
}

function truth(value: number): number {
  return value !== 0 ? 1 : 0;
}
