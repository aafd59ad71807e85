import type { DType } from "../dtype.ts";
import { sigmoid } from "../function/activation.ts";
import { add, multiply, subtract, tanh } from "../function/arithmetic.ts";
import { split } from "../function/join.ts";
import { matmul } from "../function/matmul.ts";
import { random } from "../function/random.ts";
import { broadcastTo } from "../function/view.ts";
import { constant } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { scan } from "../transform/control.ts";
import type { Value } from "../value.ts";
import { fanInUniform, type Initialiser } from "./initialiser.ts";
import type { Layer } from "./layer.ts";

export interface GruOptions {
  readonly init?: Initialiser;
  readonly dtype?: DType;
}

/** Gates in the order reset, update, new: `input` [inputs, 3 size], `hidden` [size, 3 size], biases [3 size]. */
export type GruParameters = {
  readonly input: Value;
  readonly hidden: Value;
  readonly inputBias: Value;
  readonly hiddenBias: Value;
};

export interface Gru extends Layer<GruParameters> {
  /** One step: x [..., inputs] and the state [..., size] to the next state. */
  step(parameters: GruParameters, x: Value, state: Value): Value;
}

/**
 * Gated recurrent unit (Cho and others, 2014) in the form that has the reset gate after the product, as PyTorch does:
 * `apply` takes [time, ..., inputs] to the states [time, ..., size], from a state of zeros on.
 */
export function gru(inputs: number, size: number, { init = fanInUniform, dtype = "f32" }: GruOptions = {}): Gru {
  const fans = { fanIn: size, fanOut: size };
  const step = ({ input, hidden, inputBias, hiddenBias }: GruParameters, x: Value, state: Value): Value => {
    const [xr, xz, xn] = split(add(matmul(x, input), inputBias), 3, -1) as [Value, Value, Value];
    const [hr, hz, hn] = split(add(matmul(state, hidden), hiddenBias), 3, -1) as [Value, Value, Value];
    const reset = sigmoid(add(xr, hr));
    const update = sigmoid(add(xz, hz));
    const fresh = tanh(add(xn, multiply(reset, hn)));
    return add(multiply(subtract(1, update), fresh), multiply(update, state));
  };
  return {
    step,
    init: (key) =>
      scope(() => {
        const [a, b, c, d] = random.split(key, 4) as [Value, Value, Value, Value];
        return {
          input: init(a, [inputs, 3 * size], fans, dtype),
          hidden: init(b, [size, 3 * size], fans, dtype),
          inputBias: init(c, [3 * size], fans, dtype),
          hiddenBias: init(d, [3 * size], fans, dtype),
        };
      }),
    apply: (parameters, x) => {
      const zero = broadcastTo(constant(0, dtype, []), [...x.dims.slice(1, -1), size]);
      const [, states] = scan(
        (state, now) => {
          const next = step(parameters, now as Value, state as Value);
          return [next, next];
        },
        zero,
        x,
      );
      return states as Value;
    },
  };
}
