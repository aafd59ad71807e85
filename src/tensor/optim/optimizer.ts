import { copy } from "../function/view.ts";
import { zerosLike } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { Tensor } from "../tensor.ts";
import { type Tree, treeLeaves, treeLike, treeMap } from "../tree.ts";
import type { Value } from "../value.ts";

/**
 * Moves parameters against their gradients. A pure function, to be called inside a plan whose inputs `parameters` and
 * `state` are donated: then it works in place.
 */
export interface Optimizer<S extends Tree = Tree> {
  /** The state before the first step, for parameters of this form. */
  init(parameters: Tree): S;
  /** Parameters and state after one step. */
  update<P extends Tree>(parameters: P, gradients: P, state: S): [parameters: P, state: S];
}

/** How large a step is: a number, or a function of how many steps came before (an f32 scalar, from 0 on). */
export type Rate = number | ((step: Value) => Value);

/** Zeros of the same form. */
export function zerosOf(parameters: Tree): Tree {
  return scope(() => treeMap((leaf) => copy(zerosLike(leaf as Value)), parameters));
}

/** The counter of steps: an f32 scalar, exact up to 2^24 steps. */
export function stepZero(): Tensor {
  const step = Tensor.empty("f32", []);
  step.elements()[0] = 0;
  return step;
}

export function rateAt(rate: Rate, step: Value): Value | number {
  return typeof rate === "number" ? rate : rate(step);
}

/** Applies `change` to the leaves of trees of one form; gives as many trees as it gives values. */
export function updateTrees(change: (...leaves: Value[]) => Value[], trees: readonly Tree[]): Tree[] {
  const leaves = trees.map(treeLeaves);
  const results = (leaves[0] as Value[]).map((_, i) => change(...leaves.map((list) => list[i] as Value)));
  const [first] = trees as [Tree];
  const count = results[0]?.length ?? trees.length;
  return Array.from({ length: count }, (_, k) =>
    treeLike(
      first,
      results.map((values) => values[k] as Value),
    ),
  );
}
