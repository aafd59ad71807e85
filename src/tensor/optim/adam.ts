import { checkNumber, optionsOf } from "../argument.ts";
import { add, astype, divide, multiply, pow, sqrt, square, subtract } from "../function/arithmetic.ts";
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

export interface AdamOptions {
  readonly rate: Rate;
  /** Decay of the mean of the gradients; 0.9 unless given. */
  readonly beta1?: number;
  /** Decay of the mean of their squares; 0.999 unless given. */
  readonly beta2?: number;
  /** Added to the root of the mean square; 1e-8 unless given. */
  readonly epsilon?: number;
  /** Times the parameters, added to the gradients. */
  readonly weightDecay?: number;
}

export type AdamState = { readonly step: Value; readonly mean: Tree; readonly square: Tree };

/** Adam (Kingma and Ba, 2015), with both means corrected for their start at zero. */
export function adam(options: AdamOptions): Optimizer<AdamState> {
  return adamOf("adam", options, 0, false);
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019): `p -= rate weightDecay p`, apart from the gradients. */
export function adamW(options: AdamOptions): Optimizer<AdamState> {
  return adamOf("adamW", options, 0.01, true);
}

function adamOf(name: string, options: AdamOptions, decayed: number, decoupled: boolean): Optimizer<AdamState> {
  const names = ["rate", "beta1", "beta2", "epsilon", "weightDecay"] as const;
  const given = optionsOf(name, options, names);
  const { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = decayed } = given;
  checkRate(name, "rate", rate);
  for (const [option, value] of Object.entries({ beta1, beta2, epsilon })) checkNumber(name, option, value, 0, 1);
  checkNumber(name, "weightDecay", weightDecay, 0);
  return {
    init: (parameters) =>
      scope(() => {
        checkParameters(name, parameters);
        return { step: stepZero(), mean: zerosOf(parameters), square: zerosOf(parameters) };
      }),
    update: (parameters, gradients, state) =>
      scope(() => {
        const { step, mean, square: squares } = stateOf(name, state, ["step", "mean", "square"]);
        const now = rateAt(rate, step);
        const next = add(step, 1);
        const change = (p: Value, g: Value, m: Value, v: Value): Value[] => {
          const by = ratesLike(now, p);
          const count = astype(next, p.dtype);
          // Of two numbers the product is taken here: as a scalar of its own it would be f32.
          const decay = typeof by === "number" ? by * weightDecay : multiply(by, weightDecay);
          const shrunk = decoupled && weightDecay > 0 ? subtract(p, multiply(p, decay)) : p;
          const gradient = decoupled || weightDecay === 0 ? g : add(g, multiply(p, weightDecay));
          const first = add(multiply(m, beta1), multiply(gradient, 1 - beta1));
          const second = add(multiply(v, beta2), multiply(square(gradient), 1 - beta2));
          const left = subtract(1, pow(beta1, count));
          const right = sqrt(subtract(1, pow(beta2, count)));
          const root = add(divide(sqrt(second), right), epsilon);
          return [subtract(shrunk, multiply(divide(by, left), divide(first, root))), first, second];
        };
        const [moved, m, v] = updateTrees(name, change, [parameters, gradients, mean, squares]) as [Tree, Tree, Tree];
        return [moved as typeof parameters, { step: next, mean: m, square: v }];
      }),
  };
}
