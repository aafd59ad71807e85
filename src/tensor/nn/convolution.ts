import { WorldloomError } from "../../core/errors.ts";
import { checkBoolean, checkList, optionsOf, wrong } from "../argument.ts";
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
import { checkExtents, checkMaking, type Layer, parametersOf } from "./layer.ts";

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
  options?: ConvolutionOptions,
): Layer<ConvolutionParameters> {
  checkExtents("conv1d", { width });
  return convolution("conv1d", [width], inputs, outputs, options, convolve1);
}

/** [batch, inputs, height, width] to [batch, outputs, height', width'], with kernels of [height, width]. */
export function conv2d(
  inputs: number,
  outputs: number,
  window: readonly [number, number],
  options?: ConvolutionOptions,
): Layer<ConvolutionParameters> {
  checkList("conv2d", "the window", window);
  if (window.length !== 2) throw wrong("conv2d", "the window", window, "two extents, [height, width]");
  checkExtents("conv2d", { "the window's height": window[0], "the window's width": window[1] });
  return convolution("conv2d", window, inputs, outputs, options, convolve2);
}

function convolution(
  operation: string,
  window: readonly number[],
  inputs: number,
  outputs: number,
  options: ConvolutionOptions | undefined,
  convolve: (x: Value, kernel: Value, geometry: Geometry) => Value,
): Layer<ConvolutionParameters> {
  const names = ["bias", "init", "dtype", "stride", "padding", "dilation", "groups"] as const;
  const { bias = true, init = heNormal, dtype = "f32", ...geometry } = optionsOf(operation, options, names);
  const { groups = 1 } = geometry;
  checkExtents(operation, { inputs, outputs, groups });
  checkBoolean(operation, "bias", bias);
  checkMaking(operation, { init }, dtype);
  if (inputs % groups !== 0 || outputs % groups !== 0)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${groups} groups do not divide ${inputs} inputs and ${outputs} outputs; choose a divisor of both.`,
      { operation, groups, inputs, outputs },
    );
  const area = window.reduce((product, extent) => product * extent, 1);
  const fans = { fanIn: (area * inputs) / groups, fanOut: (area * outputs) / groups };
  return {
    init: (key) =>
      scope(() => {
        const [first, second] = random.split(key, 2) as [Value, Value];
        const kernel = init(first, [outputs, inputs / groups, ...window], fans, dtype);
        return { kernel, bias: bias ? zerosInit(second, [outputs], fans, dtype) : null };
      }),
    apply: (parameters, x) => {
      const { kernel, bias: offset } = parametersOf(operation, parameters, ["kernel", "bias"]);
      if (offset === null) return convolve(x, kernel, geometry);
      return scope(() => add(convolve(x, kernel, geometry), reshape(offset, [outputs, ...window.map(() => 1)])));
    },
  };
}
