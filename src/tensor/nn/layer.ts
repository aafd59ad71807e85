import type { Tree } from "../tree.ts";
import type { Value } from "../value.ts";

/** A part of a model: a recipe for parameters and a function of them. It holds no state itself. */
export interface Layer<P extends Tree = Tree> {
  /** Fresh parameters; the same key (`random.key(seed)`) gives the same ones. */
  init(key: Value): P;
  /** The result for inputs `x`, whose first axes are those of the batch. */
  apply(parameters: P, x: Value): Value;
}

/** A layer, or a plain function, which has no parameters. */
export type LayerLike = Layer<never> | Layer | ((x: Value) => Value);
