import { checkBoolean, optionsOf } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { add } from "../function/arithmetic.ts";
import { matmul } from "../function/matmul.ts";
import { random } from "../function/random.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";
import { glorotUniform, type Initialiser, zerosInit } from "./initialiser.ts";
import { checkExtents, checkMaking, type Layer, parametersOf } from "./layer.ts";

export interface LinearOptions {
  /** Whether a bias is added; yes unless `false`. */
  readonly bias?: boolean;
  readonly init?: Initialiser;
  readonly biasInit?: Initialiser;
  readonly dtype?: DType;
}

/** `weight` [inputs, outputs], `bias` [outputs] or null. */
export type LinearParameters = { readonly weight: Value; readonly bias: Value | null };

/** `x weight + bias`: [..., inputs] to [..., outputs]. */
export function linear(inputs: number, outputs: number, options?: LinearOptions): Layer<LinearParameters> {
  const given = optionsOf("linear", options, ["bias", "init", "biasInit", "dtype"]);
  const { bias = true, init = glorotUniform, biasInit = zerosInit, dtype = "f32" } = given;
  checkExtents("linear", { inputs, outputs });
  checkBoolean("linear", "bias", bias);
  checkMaking("linear", { init, biasInit }, dtype);
  const fans = { fanIn: inputs, fanOut: outputs };
  return {
    init: (key) =>
      scope(() => {
        const [first, second] = random.split(key, 2) as [Value, Value];
        return {
          weight: init(first, [inputs, outputs], fans, dtype),
          bias: bias ? biasInit(second, [outputs], fans, dtype) : null,
        };
      }),
    apply: (parameters, x) => {
      const { weight, bias: offset } = parametersOf("linear", parameters, ["weight", "bias"]);
      return offset === null ? matmul(x, weight) : scope(() => add(matmul(x, weight), offset));
    },
  };
}
