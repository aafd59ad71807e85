import { WorldloomError } from "../../core/errors.ts";
import { checkBoolean, checkValue, optionsOf } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { attention } from "../function/attention.ts";
import { random } from "../function/random.ts";
import { reshape, swapaxes } from "../function/view.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";
import type { Initialiser } from "./initialiser.ts";
import { checkExtents, type Layer, parametersOf } from "./layer.ts";
import { type LinearParameters, linear } from "./linear.ts";

export interface AttentionOptions {
  /** Each position sees itself and those before it only. */
  readonly causal?: boolean;
  readonly init?: Initialiser;
  readonly dtype?: DType;
}

export type AttentionParameters = {
  readonly query: LinearParameters;
  readonly key: LinearParameters;
  readonly value: LinearParameters;
  readonly out: LinearParameters;
};

export interface MultiHeadAttention extends Layer<AttentionParameters> {
  /** Positions of `x` [..., time, size] look at those of `context` [..., others, size]. */
  attend(parameters: AttentionParameters, x: Value, context: Value, mask?: Value): Value;
}

/** Multi-head attention (Vaswani and others, 2017): [..., time, size] to the same shape. */
export function multiHeadAttention(size: number, heads: number, given?: AttentionOptions): MultiHeadAttention {
  const { causal = false, ...options } = optionsOf("multiHeadAttention", given, ["causal", "init", "dtype"]);
  checkExtents("multiHeadAttention", { size, heads });
  checkBoolean("multiHeadAttention", "causal", causal);
  if (size % heads !== 0)
    throw new WorldloomError("tensor-shape", `${heads} heads do not divide a size of ${size}; choose a divisor.`, {
      size,
      heads,
    });
  const project = linear(size, size, options);
  const apart = (x: Value): Value => swapaxes(reshape(x, [...x.dims.slice(0, -1), heads, size / heads]), -3, -2);
  const attend = (parameters: AttentionParameters, x: Value, context: Value, mask?: Value): Value => {
    parametersOf("multiHeadAttention", parameters, ["query", "key", "value", "out"]);
    checkValue("multiHeadAttention", "x", x);
    return scope(() => {
      const queries = apart(project.apply(parameters.query, x));
      const keys = apart(project.apply(parameters.key, context));
      const values = apart(project.apply(parameters.value, context));
      const mixed = attention(queries, keys, values, { causal, ...(mask === undefined ? {} : { mask }) });
      return project.apply(parameters.out, reshape(swapaxes(mixed, -3, -2), x.dims));
    });
  };
  return {
    attend,
    init: (key) =>
      scope(() => {
        const [a, b, c, d] = random.split(key, 4) as [Value, Value, Value, Value];
        return { query: project.init(a), key: project.init(b), value: project.init(c), out: project.init(d) };
      }),
    apply: (parameters, x) => attend(parameters, x, x),
  };
}
