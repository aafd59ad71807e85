import { checkValue, optionsOf } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { sigmoid } from "../function/activation.ts";
import { add, multiply, subtract, tanh } from "../function/arithmetic.ts";
import { split } from "../function/join.ts";
import { matmul } from "../function/matmul.ts";
import { random } from "../function/random.ts";
import { broadcastTo } from "../function/view.ts";
import { constant } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { shapeError } from "../shape.ts";
import { scan } from "../transform/control.ts";
import type { Value } from "../value.ts";
import { fanInUniform, type Initialiser } from "./initialiser.ts";
import { checkExtents, checkMaking, type Layer, parametersOf } from "./layer.ts";

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
export function gru(inputs: number, size: number, options?: GruOptions): Gru {
  const { init = fanInUniform, dtype = "f32" } = optionsOf("gru", options, ["init", "dtype"]);
  checkExtents("gru", { inputs, size });
  checkMaking("gru", { init }, dtype);
  const fans = { fanIn: size, fanOut: size };
  const parts = ["input", "hidden", "inputBias", "hiddenBias"] as const;
  const step = (parameters: GruParameters, x: Value, state: Value): Value => {
    const { input, hidden, inputBias, hiddenBias } = parametersOf("gru", parameters, parts);
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
      parametersOf("gru", parameters, parts);
      checkValue("gru", "x", x);
      if (x.dims.length < 2) throw shapeError("gru", [x.dims], "x is [time, ..., inputs]");
      return scope(() => {
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
      });
    },
  };
}
