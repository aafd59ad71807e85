import { checkNumber, optionsOf } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { layerNorm as normalise } from "../function/activation.ts";
import type { Value } from "../value.ts";
import { onesInit, zerosInit } from "./initialiser.ts";
import { checkExtents, checkMaking, type Layer, parametersOf } from "./layer.ts";

export interface LayerNormOptions {
  /** Added to the variance; 1e-5 unless given. */
  readonly epsilon?: number;
  readonly dtype?: DType;
}

/** Each vector along the last axis, of `size` elements, with mean 0 and variance 1, then times `scale` plus `bias`. */
export function layerNorm(
  size: number,
  options?: LayerNormOptions,
): Layer<{ readonly scale: Value; readonly bias: Value }> {
  const { epsilon = 1e-5, dtype = "f32" } = optionsOf("layerNorm", options, ["epsilon", "dtype"]);
  checkExtents("layerNorm", { size });
  checkNumber("layerNorm", "epsilon", epsilon, 0, 1);
  checkMaking("layerNorm", {}, dtype);
  const fans = { fanIn: size, fanOut: size };
  return {
    init: (key) => ({ scale: onesInit(key, [size], fans, dtype), bias: zerosInit(key, [size], fans, dtype) }),
    apply: (parameters, x) => {
      const { scale, bias } = parametersOf("layerNorm", parameters, ["scale", "bias"]);
      return normalise(x, { weight: scale, bias, epsilon });
    },
  };
}
