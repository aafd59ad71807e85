import type { DType } from "../dtype.ts";
import { take } from "../function/index-by.ts";
import type { Value } from "../value.ts";
import { type Initialiser, normalInit } from "./initialiser.ts";
import type { Layer } from "./layer.ts";

export interface EmbeddingOptions {
  readonly init?: Initialiser;
  readonly dtype?: DType;
}

/** A vector of `size` for each of `count` things: i32 indices [...] to [..., size]. */
export function embedding(
  count: number,
  size: number,
  { init = normalInit(1), dtype = "f32" }: EmbeddingOptions = {},
): Layer<{ readonly table: Value }> {
  return {
    init: (key) => ({ table: init(key, [count, size], { fanIn: count, fanOut: size }, dtype) }),
    apply: ({ table }, indices) => take(table, indices, 0),
  };
}
