import { optionsOf } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { relu as reluRow, stopGradient as stopRow } from "../primitive/elementwise.ts";
import { op, reduce, reshape } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { normalAxes } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import type { Value } from "../value.ts";
import {
  abs,
  add,
  divide,
  exp,
  expm1,
  isfinite,
  lessEqual,
  log,
  log1p,
  maximum,
  minimum,
  multiply,
  negative,
  sqrt,
  subtract,
  tanh,
  where,
} from "./arithmetic.ts";
import { asFloat, asValue, commonType, elementwiseOf, floatOf, type Like } from "./convert.ts";
import { type Axes, max, mean, type ReduceOptions, sum, variance } from "./reduce.ts";

/** `x` where it is above 0, else 0; NaN stays. The derivative at 0 is 0. */
export function relu(x: Like): Value {
  // The same bits, with less around them.
  if (x instanceof Tensor) return maximum(x, 0);
  return bindOne(reluRow, [asValue(x)], undefined);
}

/** `x` where it is above 0, else `slope * x`. */
export function leakyRelu(x: Like, slope = 0.01): Value {
  return scope(() => {
    const value = asFloat(x);
    return where(lessEqual(value, 0), multiply(value, slope), value);
  });
}

/** `x` where it is above 0, else `alpha * (exp(x) - 1)`. */
export function elu(x: Like, alpha = 1): Value {
  return scope(() => {
    const value = asFloat(x);
    const below = lessEqual(value, 0);
    // What is not chosen must not overflow either, or derivatives become NaN.
    return where(below, multiply(expm1(where(below, value, 0)), alpha), value);
  });
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(x: Like): Value {
  return elementwiseOf("logistic", [asValue(x)], [floatOf(commonType(x))]);
}

/** `x * sigmoid(x)`. */
export function silu(x: Like): Value {
  return scope(() => multiply(x, sigmoid(x)));
}

/** `log(1 + exp(x))`, without overflow. */
export function softplus(x: Like): Value {
  return scope(() => {
    const value = asFloat(x);
    return add(maximum(value, 0), log1p(exp(negative(abs(value)))));
  });
}

/** `log(sigmoid(x))`, without overflow. */
export function logSigmoid(x: Like): Value {
  return scope(() => negative(softplus(negative(asFloat(x)))));
}

export function hardSigmoid(x: Like): Value {
  return scope(() => minimum(maximum(add(divide(asFloat(x), 6), 0.5), 0), 1));
}

export interface GeluOptions {
  /** `tanh`: the approximation of Hendrycks and Gimpel by a hyperbolic tangent. */
  readonly approximate?: "none" | "tanh";
}

/** `x` times the distribution function of the standard normal at `x`. */
export function gelu(x: Like, options?: GeluOptions): Value {
  const { approximate = "none" } = optionsOf("gelu", options, ["approximate"]);
  if (approximate === "none") return elementwiseOf("gelu", [asValue(x)], [floatOf(commonType(x))]);
  return scope(() => {
    const value = asFloat(x);
    const cubed = multiply(multiply(multiply(value, value), value), 0.044715);
    const inner = multiply(add(value, cubed), 0.7978845608028654);
    return multiply(multiply(value, 0.5), add(tanh(inner), 1));
  });
}

/** The logarithm of the sum of exponentials, without overflow. */
export function logSumExp(x: Like, axes?: Axes, options?: ReduceOptions): Value {
  return scope(() => {
    const { keepdims = false } = optionsOf("logSumExp", options, ["keepdims"]);
    const value = asFloat(x);
    const normal = normalAxes("logSumExp", axes, value.dims.length);
    const peak = finitePeak(value, normal);
    const out = add(log(sum(exp(subtract(value, peak)), normal, { keepdims: true })), peak);
    if (keepdims) return out;
    return reshape(
      out,
      out.dims.filter((_, i) => !normal.includes(i)),
    );
  });
}

/** Exponentials divided by their sum: weights that add up to 1. */
export function softmax(x: Like, axes: Axes = -1): Value {
  return scope(() => {
    const value = asFloat(x);
    const powers = exp(subtract(value, stopGradient(max(value, axes, { keepdims: true }))));
    return divide(powers, sum(powers, axes, { keepdims: true }));
  });
}

/** The logarithm of {@link softmax}. */
export function logSoftmax(x: Like, axes: Axes = -1): Value {
  return scope(() => {
    const value = asFloat(x);
    const shifted = subtract(value, stopGradient(max(value, axes, { keepdims: true })));
    return subtract(shifted, log(sum(exp(shifted), axes, { keepdims: true })));
  });
}

export interface LayerNormOptions {
  readonly axes?: Axes;
  /** Multiplied with, and added to, what is normalised. */
  readonly weight?: Like;
  readonly bias?: Like;
  /** Added to the variance. */
  readonly epsilon?: number;
}

/** Mean 0 and variance 1 along axes (the last one), then weight and bias. */
export function layerNorm(x: Like, options?: LayerNormOptions): Value {
  return scope(() => {
    const {
      axes = -1,
      weight,
      bias,
      epsilon = 1e-5,
    } = optionsOf("layerNorm", options, ["axes", "weight", "bias", "epsilon"]);
    const value = asFloat(x);
    const keep = { keepdims: true };
    const centred = subtract(value, mean(value, axes, keep));
    let out = divide(centred, sqrt(add(variance(value, axes, keep), epsilon)));
    if (weight !== undefined) out = multiply(out, weight);
    return bias === undefined ? out : add(out, bias);
  });
}

/** `x` divided by its root mean square along axes (the last one), then the weight. */
export function rmsNorm(x: Like, options?: Omit<LayerNormOptions, "bias">): Value {
  return scope(() => {
    const { axes = -1, weight, epsilon = 1e-5 } = optionsOf("rmsNorm", options, ["axes", "weight", "epsilon"]);
    const value = asFloat(x);
    const out = divide(value, sqrt(add(mean(multiply(value, value), axes, { keepdims: true }), epsilon)));
    return weight === undefined ? out : multiply(out, weight);
  });
}

/** The same elements, of which no derivative is taken. */
export function stopGradient(x: Like): Value {
  return bindOne(stopRow, [asValue(x)], undefined);
}

/** The largest elements, or 0 where they are not finite. */
function finitePeak(value: Value, axes: readonly number[]): Value {
  const dims = value.dims.map((extent, i) => (axes.includes(i) ? 1 : extent));
  const peak = reshape(reduce("max", value, axes), dims);
  return stopGradient(op("select", isfinite(peak), peak, 0));
}
