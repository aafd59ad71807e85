import { random } from "../function/random.ts";
import { scope } from "../scope.ts";
import type { Tree } from "../tree.ts";
import type { Value } from "../value.ts";
import type { Layer, LayerLike } from "./layer.ts";

/** Layers one after the other; functions such as `relu` are layers, too. Parameters: a list, null for functions. */
export function sequential(...layers: readonly LayerLike[]): Layer<readonly Tree[]> {
  return {
    init: (key) =>
      scope(() => {
        const keys = random.split(key, Math.max(1, layers.length));
        return layers.map((layer, i) => (typeof layer === "function" ? null : (layer as Layer).init(keys[i] as Value)));
      }),
    apply: (parameters, x) =>
      layers.reduce<Value>(
        (value, layer, i) =>
          typeof layer === "function" ? layer(value) : (layer as Layer).apply(parameters[i] as Tree, value),
        x,
      ),
  };
}
