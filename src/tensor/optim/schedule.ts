import { checkBoolean, checkInteger, checkNumber, checkValue, optionsOf } from "../argument.ts";
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
import { checkRate, type Rate } from "./optimizer.ts";

/** Steps that an f32 counts exactly. */
const STEPS_MAX = 2 ** 24;

/** A function of the step, an f32 scalar. */
export type Schedule = (step: Value) => Value;

/** `rate` times `factor` every `steps` steps, at once or bit by bit. */
export function exponentialDecay(
  rate: number,
  options: { factor: number; steps: number; staircase?: boolean },
): Schedule {
  const operation = "exponentialDecay";
  const { factor, steps, staircase = false } = optionsOf(operation, options, ["factor", "steps", "staircase"]);
  checkNumber(operation, "rate", rate, 0);
  checkNumber(operation, "factor", factor, 0, 1);
  checkInteger(operation, "steps", steps, 1, STEPS_MAX);
  checkBoolean(operation, "staircase", staircase);
  return (step) => {
    checkValue(operation, "the step", step);
    const times = divide(step, steps);
    return multiply(pow(factor, staircase ? floor(times) : times), rate);
  };
}

/** From `rate` down to `end` along half a cosine in `steps` steps (Loshchilov and Hutter, 2017), then constant. */
export function cosineDecay(rate: number, options: { steps: number; end?: number }): Schedule {
  const { steps, end } = decayOf("cosineDecay", rate, options);
  return (step) => {
    checkValue("cosineDecay", "the step", step);
    const done = minimum(divide(step, steps), 1);
    return add(multiply(add(cos(multiply(done, Math.PI)), 1), (rate - end) / 2), end);
  };
}

/** From `rate` to `end` along a line in `steps` steps, then constant. */
export function linearDecay(rate: number, options: { steps: number; end?: number }): Schedule {
  const { steps, end } = decayOf("linearDecay", rate, options);
  return (step) => {
    checkValue("linearDecay", "the step", step);
    return add(multiply(subtract(1, minimum(divide(step, steps), 1)), rate - end), end);
  };
}

/** From 0 up along a line in `steps` steps, then what `after` says, counted from there. */
export function warmup(steps: number, after: Rate): Schedule {
  checkInteger("warmup", "steps", steps, 1, STEPS_MAX);
  checkRate("warmup", "after", after);
  return (step) => {
    checkValue("warmup", "the step", step);
    const later = subtract(step, steps);
    const full = typeof after === "number" ? after : after(where(less(later, 0), 0, later));
    return where(
      less(step, steps),
      multiply(divide(add(step, 1), steps), typeof after === "number" ? after : after(multiply(step, 0))),
      full,
    );
  };
}

function decayOf(operation: string, rate: number, options: { steps: number; end?: number }) {
  const { steps, end = 0 } = optionsOf(operation, options, ["steps", "end"]);
  checkNumber(operation, "rate", rate, 0);
  checkInteger(operation, "steps", steps, 1, STEPS_MAX);
  checkNumber(operation, "end", end, 0);
  return { steps, end };
}

/** A rate in the type of a parameter: so that it does not widen it. */
export function ratesLike(rate: Value | number, parameter: Value): Value | number {
  return typeof rate === "number" || rate.dtype === parameter.dtype ? rate : astype(rate, parameter.dtype);
}
