import { checkBoolean, checkNumber, optionsOf } from "../argument.ts";
import { add, multiply, subtract } from "../function/arithmetic.ts";
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

export interface SgdOptions {
  readonly rate: Rate;
  /** Of the last step's direction that is kept, 0 to 1; 0 unless given. */
  readonly momentum?: number;
  /** Looks ahead along the momentum (Sutskever and others, 2013). */
  readonly nesterov?: boolean;
  /** Times the parameters, added to the gradients. */
  readonly weightDecay?: number;
}

export type SgdState = { readonly step: Value; readonly velocity: Tree };

/** Stochastic gradient descent: `v = momentum v + g`, `p -= rate v` (with Nesterov `p -= rate (g + momentum v)`). */
export function sgd(options: SgdOptions): Optimizer<SgdState> {
  const names = ["rate", "momentum", "nesterov", "weightDecay"] as const;
  const { rate, momentum = 0, nesterov = false, weightDecay = 0 } = optionsOf("sgd", options, names);
  checkRate("sgd", "rate", rate);
  checkNumber("sgd", "momentum", momentum, 0, 1);
  checkBoolean("sgd", "nesterov", nesterov);
  checkNumber("sgd", "weightDecay", weightDecay, 0);
  return {
    init: (parameters) =>
      scope(() => {
        checkParameters("sgd", parameters);
        return { step: stepZero(), velocity: momentum === 0 ? null : zerosOf(parameters) };
      }),
    update: (parameters, gradients, state) =>
      scope(() => {
        const { step, velocity } = stateOf("sgd", state, ["step", "velocity"]);
        const now = rateAt(rate, step);
        const change = (p: Value, g: Value, v?: Value): Value[] => {
          const gradient = weightDecay === 0 ? g : add(g, multiply(p, weightDecay));
          const by = ratesLike(now, p);
          if (v === undefined) return [subtract(p, multiply(gradient, by))];
          const next = add(multiply(v, momentum), gradient);
          const direction = nesterov ? add(gradient, multiply(next, momentum)) : next;
          return [subtract(p, multiply(direction, by)), next];
        };
        const trees = momentum === 0 ? [parameters, gradients] : [parameters, gradients, velocity];
        const [moved, next] = updateTrees("sgd", change, trees) as [Tree, Tree?];
        return [moved as typeof parameters, { step: add(step, 1), velocity: next ?? null }];
      }),
  };
}
