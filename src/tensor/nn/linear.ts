import type { DType } from "../dtype.ts";
import { add } from "../function/arithmetic.ts";
import { matmul } from "../function/matmul.ts";
import { random } from "../function/random.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";
import { glorotUniform, type Initialiser, zerosInit } from "./initialiser.ts";
import type { Layer } from "./layer.ts";

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
export function linear(inputs: number, outputs: number, options: LinearOptions = {}): Layer<LinearParameters> {
  const { bias = true, init = glorotUniform, biasInit = zerosInit, dtype = "f32" } = options;
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
    apply: ({ weight, bias: offset }, x) => {
      const product = matmul(x, weight);
      return offset === null ? product : add(product, offset);
    },
  };
}
