import type { DType } from "../dtype.ts";
import { add } from "../function/arithmetic.ts";
import {
  conv1d as convolve1,
  conv2d as convolve2,
  type ConvolutionOptions as Geometry,
} from "../function/convolution.ts";
import { random } from "../function/random.ts";
import { reshape } from "../function/view.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";
import { heNormal, type Initialiser, zerosInit } from "./initialiser.ts";
import type { Layer } from "./layer.ts";

export interface ConvolutionOptions extends Geometry {
  readonly bias?: boolean;
  readonly init?: Initialiser;
  readonly dtype?: DType;
}

export type ConvolutionParameters = { readonly kernel: Value; readonly bias: Value | null };

/** [batch, inputs, length] to [batch, outputs, length'], with kernels of `width`. */
export function conv1d(
  inputs: number,
  outputs: number,
  width: number,
  options: ConvolutionOptions = {},
): Layer<ConvolutionParameters> {
  return convolution([width], inputs, outputs, options, convolve1);
}

/** [batch, inputs, height, width] to [batch, outputs, height', width'], with kernels of [height, width]. */
export function conv2d(
  inputs: number,
  outputs: number,
  window: readonly [number, number],
  options: ConvolutionOptions = {},
): Layer<ConvolutionParameters> {
  return convolution(window, inputs, outputs, options, convolve2);
}

function convolution(
  window: readonly number[],
  inputs: number,
  outputs: number,
  { bias = true, init = heNormal, dtype = "f32", ...geometry }: ConvolutionOptions,
  convolve: (x: Value, kernel: Value, geometry: Geometry) => Value,
): Layer<ConvolutionParameters> {
  const { groups = 1 } = geometry;
  const area = window.reduce((product, extent) => product * extent, 1);
  const fans = { fanIn: (area * inputs) / groups, fanOut: (area * outputs) / groups };
  return {
    init: (key) =>
      scope(() => {
        const [first, second] = random.split(key, 2) as [Value, Value];
        const kernel = init(first, [outputs, inputs / groups, ...window], fans, dtype);
        return { kernel, bias: bias ? zerosInit(second, [outputs], fans, dtype) : null };
      }),
    apply: ({ kernel, bias: offset }, x) => {
      const result = convolve(x, kernel, geometry);
      return offset === null ? result : add(result, reshape(offset, [outputs, ...window.map(() => 1)]));
    },
  };
}
