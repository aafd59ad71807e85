import { checkMethods, wrong } from "../argument.ts";
import { random } from "../function/random.ts";
import { scope } from "../scope.ts";
import type { Tree } from "../tree.ts";
import type { Value } from "../value.ts";
import type { Layer, LayerLike } from "./layer.ts";

/** Layers one after the other; functions such as `relu` are layers, too. Parameters: a list, null for functions. */
export function sequential(...layers: readonly LayerLike[]): Layer<readonly Tree[]> {
  for (const [i, layer] of layers.entries())
    if (typeof layer !== "function") checkMethods("sequential", `layer ${i}`, layer, ["init", "apply"]);
  return {
    init: (key) =>
      scope(() => {
        const keys = random.split(key, Math.max(1, layers.length));
        return layers.map((layer, i) => (typeof layer === "function" ? null : (layer as Layer).init(keys[i] as Value)));
      }),
    apply: (parameters, x) => {
      if (!Array.isArray(parameters) || parameters.length !== layers.length)
        throw wrong("sequential", "the parameters", parameters, `a list of ${layers.length}, one for each layer`);
      const applied = (value: Value, layer: LayerLike, i: number): Value =>
        typeof layer === "function" ? layer(value) : (layer as Layer).apply(parameters[i] as Tree, value);
      return scope(() => layers.reduce<Value>(applied, x));
    },
  };
}
