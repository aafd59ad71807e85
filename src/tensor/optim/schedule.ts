import {
  add,
  astype,
  cos,
  divide,
  floor,
  less,
  minimum,
  multiply,
  pow,
  subtract,
  where,
} from "../function/arithmetic.ts";
import type { Value } from "../value.ts";
import type { Rate } from "./optimizer.ts";
import { checkRange } from "./option.ts";

/** A function of the step, an f32 scalar. */
export type Schedule = (step: Value) => Value;

/** `rate` times `factor` every `steps` steps, at once or bit by bit. */
export function exponentialDecay(
  rate: number,
  { factor, steps, staircase = false }: { factor: number; steps: number; staircase?: boolean },
): Schedule {
  checkRange("factor", factor, 0, 1);
  checkRange("steps", steps, 1, 2 ** 24);
  return (step) => {
    const times = divide(step, steps);
    return multiply(pow(factor, staircase ? floor(times) : times), rate);
  };
}

/** From `rate` down to `end` along half a cosine in `steps` steps (Loshchilov and Hutter, 2017), then constant. */
export function cosineDecay(rate: number, { steps, end = 0 }: { steps: number; end?: number }): Schedule {
  checkRange("steps", steps, 1, 2 ** 24);
  return (step) => {
    const done = minimum(divide(step, steps), 1);
    return add(multiply(add(cos(multiply(done, Math.PI)), 1), (rate - end) / 2), end);
  };
}

/** From `rate` to `end` along a line in `steps` steps, then constant. */
export function linearDecay(rate: number, { steps, end = 0 }: { steps: number; end?: number }): Schedule {
  checkRange("steps", steps, 1, 2 ** 24);
  return (step) => add(multiply(subtract(1, minimum(divide(step, steps), 1)), rate - end), end);
}

/** From 0 up along a line in `steps` steps, then what `after` says, counted from there. */
export function warmup(steps: number, after: Rate): Schedule {
  checkRange("steps", steps, 1, 2 ** 24);
  return (step) => {
    const later = subtract(step, steps);
    const full = typeof after === "number" ? after : after(where(less(later, 0), 0, later));
    return where(
      less(step, steps),
      multiply(divide(add(step, 1), steps), typeof after === "number" ? after : after(multiply(step, 0))),
      full,
    );
  };
}

/** A rate in the type of a parameter: so that it does not widen it. */
export function ratesLike(rate: Value | number, parameter: Value): Value | number {
  return typeof rate === "number" || rate.dtype === parameter.dtype ? rate : astype(rate, parameter.dtype);
}
