import { checkNumber } from "../argument.ts";
import { logSoftmax } from "../function/activation.ts";
import {
  abs,
  add,
  exp,
  less,
  log1p,
  maximum,
  multiply,
  negative,
  square,
  subtract,
  where,
} from "../function/arithmetic.ts";
import { asFloat } from "../function/convert.ts";
import { takeAlongAxis } from "../function/index-by.ts";
import { mean, sum } from "../function/reduce.ts";
import { expandDims } from "../function/view.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";

/** A number that is small where `predicted` is near `target`. */
export type Loss = (predicted: Value, target: Value) => Value;

/** Mean of the squared differences. */
export const meanSquaredError: Loss = (predicted, target) =>
  scope(() => mean(square(subtract(asFloat(predicted), asFloat(target)))));

/** Mean of the absolute differences. */
export const meanAbsoluteError: Loss = (predicted, target) =>
  scope(() => mean(abs(subtract(asFloat(predicted), asFloat(target)))));

/** Squared below `delta`, a line above: less moved by outliers (Huber, 1964). */
export function huber(delta = 1): Loss {
  checkNumber("huber", "delta", delta, 0);
  return (predicted, target) =>
    scope(() => {
      const error = abs(subtract(asFloat(predicted), asFloat(target)));
      const line = subtract(multiply(error, delta), (delta * delta) / 2);
      return mean(where(less(error, delta), multiply(square(error), 0.5), line));
    });
}

/** Mean over rows of minus the log of the probability of the right class: logits [..., classes], i32 classes [...]. */
export const crossEntropy: Loss = (logits, classes) =>
  scope(() => negative(mean(takeAlongAxis(logSoftmax(logits, -1), expandDims(classes, -1), -1))));

/** As {@link crossEntropy}, for targets that are probabilities [..., classes]. */
export const softCrossEntropy: Loss = (logits, probabilities) =>
  scope(() => negative(mean(sum(multiply(logSoftmax(logits, -1), probabilities), -1))));

/** Of a logit and a target between 0 and 1, element by element; exact for large logits: `max(x, 0) - x t + log(1 + e^-|x|)`. */
export const binaryCrossEntropy: Loss = (logits, target) =>
  scope(() => mean(add(subtract(maximum(logits, 0), multiply(logits, target)), log1p(exp(negative(abs(logits)))))));
