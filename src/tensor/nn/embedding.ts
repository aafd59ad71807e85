import { optionsOf } from "../argument.ts";
import type { DType } from "../dtype.ts";
import { take } from "../function/index-by.ts";
import { scope } from "../scope.ts";
import type { Value } from "../value.ts";
import { type Initialiser, normalInit } from "./initialiser.ts";
import { checkExtents, checkMaking, type Layer, parametersOf } from "./layer.ts";

export interface EmbeddingOptions {
  readonly init?: Initialiser;
  readonly dtype?: DType;
}

/** A vector of `size` for each of `count` things: i32 indices [...] to [..., size]. */
export function embedding(count: number, size: number, options?: EmbeddingOptions): Layer<{ readonly table: Value }> {
  const { init = normalInit(1), dtype = "f32" } = optionsOf("embedding", options, ["init", "dtype"]);
  checkExtents("embedding", { count, size });
  checkMaking("embedding", { init }, dtype);
  return {
    init: (key) => scope(() => ({ table: init(key, [count, size], { fanIn: count, fanOut: size }, dtype) })),
    apply: (parameters, indices) => take(parametersOf("embedding", parameters, ["table"]).table, indices, 0),
  };
}
