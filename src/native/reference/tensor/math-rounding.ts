import { copySign } from "../../../core/math/word.ts";

/* Exact functions, alike for f32 and f64 but where a sum is rounded. */

/** The nearest integer, of two the even one, with the sign of `x`. */
export function roundEven(x: number): number {
  const size = Math.abs(x);
  if (!(size < 2 ** 52)) return x;
  const whole = size + 2 ** 52 - 2 ** 52;
  return x < 0 || Object.is(x, -0) ? -whole : whole;
}

/** -1, 1, or the number itself if it is a zero or NaN. */
export function sign(x: number): number {
  return x > 0 ? 1 : x < 0 ? -1 : x;
}

/** What is left of `a` by whole multiples of `b`, with the sign of `b`, as in Python; NaN by 0. `round` is that of the type. */
export function remainder(a: number, b: number, round: (x: number) => number): number {
  const rest = a % b;
  if (rest === 0) return b > 0 ? 0 : -0;
  return rest < 0 === b < 0 ? rest : round(rest + b);
}

/** `a / b` rounded down, as in Python, without the error of the division; by 0 as the division. */
export function floorDivide(a: number, b: number, round: (x: number) => number): number {
  if (b === 0) return round(a / b);
  const rest = a % b;
  let ratio = round(round(a - rest) / b);
  if (rest !== 0 && rest < 0 !== b < 0) ratio = round(ratio - 1);
  if (ratio === 0) return copySign(0, a / b);
  const whole = Math.floor(ratio);
  return round(ratio - whole) > 0.5 ? round(whole + 1) : whole;
}
