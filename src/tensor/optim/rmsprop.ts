import { checkNumber, optionsOf } from "../argument.ts";
import { add, divide, multiply, sqrt, square, subtract } from "../function/arithmetic.ts";
import { scope } from "../scope.ts";
import type { Tree } from "../tree.ts";
import type { Value } from "../value.ts";
import {
  checkParameters,
  checkRate,
  type Optimizer,
  type Rate,
  rateAt,
  stateOf,
  stepZero,
  updateTrees,
  zerosOf,
} from "./optimizer.ts";
import { ratesLike } from "./schedule.ts";

export interface RmsPropOptions {
  readonly rate: Rate;
  /** Of the mean of the squares that is kept; 0.99 unless given. */
  readonly decay?: number;
  readonly epsilon?: number;
  readonly momentum?: number;
}

export type RmsPropState = { readonly step: Value; readonly square: Tree; readonly velocity: Tree };

/** RMSProp (Tieleman and Hinton, 2012): gradients over the root of the mean of their squares. */
export function rmsProp(options: RmsPropOptions): Optimizer<RmsPropState> {
  const names = ["rate", "decay", "epsilon", "momentum"] as const;
  const { rate, decay = 0.99, epsilon = 1e-8, momentum = 0 } = optionsOf("rmsProp", options, names);
  checkRate("rmsProp", "rate", rate);
  for (const [name, value] of Object.entries({ decay, epsilon, momentum })) checkNumber("rmsProp", name, value, 0, 1);
  return {
    init: (parameters) =>
      scope(() => {
        checkParameters("rmsProp", parameters);
        const velocity = momentum === 0 ? null : zerosOf(parameters);
        return { step: stepZero(), square: zerosOf(parameters), velocity };
      }),
    update: (parameters, gradients, state) =>
      scope(() => {
        const { step, square: squares, velocity } = stateOf("rmsProp", state, ["step", "square", "velocity"]);
        const now = rateAt(rate, step);
        const change = (p: Value, g: Value, v: Value, buffer?: Value): Value[] => {
          const by = ratesLike(now, p);
          const mean = add(multiply(v, decay), multiply(square(g), 1 - decay));
          const direction = divide(g, add(sqrt(mean), epsilon));
          if (buffer === undefined) return [subtract(p, multiply(direction, by)), mean];
          const next = add(multiply(buffer, momentum), direction);
          return [subtract(p, multiply(next, by)), mean, next];
        };
        const trees = momentum === 0 ? [parameters, gradients, squares] : [parameters, gradients, squares, velocity];
        const [moved, mean, next] = updateTrees("rmsProp", change, trees) as [Tree, Tree, Tree?];
        return [
          moved as typeof parameters,
          { step: add(step, 1), square: mean, velocity: momentum === 0 ? null : (next ?? null) },
        ];
      }),
  };
}
