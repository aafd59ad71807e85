import { checkNumber } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { multiply } from "../function/arithmetic.ts";
import { random } from "../function/random.ts";
import { copy } from "../function/view.ts";
import { constant } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import type { Shape } from "../shape.ts";
import type { Value } from "../value.ts";

/** Makes a parameter from a key. `fanIn` and `fanOut` are how many inputs reach an output, and outputs an input. */
export type Initialiser = (key: Value, dims: Shape, fans: Fans, dtype: DType) => Value;

export interface Fans {
  readonly fanIn: number;
  readonly fanOut: number;
}

/** Every element is 0. */
export const zerosInit: Initialiser = (_, dims, __, dtype) => copy(constant(0, dtype, dims));

/** Every element is 1. */
export const onesInit: Initialiser = (_, dims, __, dtype) => copy(constant(1, dtype, dims));

/** Uniform, so that variance is kept forwards and backwards (Glorot and Bengio, 2010): for tanh and the like. */
export const glorotUniform: Initialiser = (key, dims, { fanIn, fanOut }, dtype) => {
  const limit = Math.sqrt(6 / Math.max(1, fanIn + fanOut));
  return random.uniform(key, dims, { low: -limit, high: limit, dtype });
};

/** Normal, so that variance is kept through rectifiers (He and others, 2015): for relu and the like. */
export const heNormal: Initialiser = (key, dims, { fanIn }, dtype) =>
  scope(() => multiply(random.normal(key, dims, { dtype }), Math.sqrt(2 / Math.max(1, fanIn))));

/** Uniform between minus and plus the root of 1 / fanIn: what PyTorch begins linear layers with. */
export const fanInUniform: Initialiser = (key, dims, { fanIn }, dtype) => {
  const limit = Math.sqrt(1 / Math.max(1, fanIn));
  return random.uniform(key, dims, { low: -limit, high: limit, dtype });
};

/** Normal with this standard deviation. */
export function normalInit(deviation: number): Initialiser {
  checkNumber("normalInit", "the deviation", deviation, 0);
  return (key, dims, _, dtype) => scope(() => multiply(random.normal(key, dims, { dtype }), deviation));
}
