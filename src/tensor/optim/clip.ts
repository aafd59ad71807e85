import { checkNumber } from "../argument.ts";
import { add, clip, divide, minimum, multiply, sqrt, square } from "../function/arithmetic.ts";
import { sum } from "../function/reduce.ts";
import { scope } from "../scope.ts";
import { type Tree, treeLeaves, treeMap } from "../tree.ts";
import type { Value } from "../value.ts";
import { checkParameters } from "./optimizer.ts";
import { ratesLike } from "./schedule.ts";

/** Root of the sum of all squares: the length of the gradients as one vector. A scalar; 0 where there is no leaf. */
export function globalNorm(gradients: Tree): Value {
  return scope(() => {
    const squares = treeLeaves(gradients).map((leaf) => sum(square(leaf)));
    if (squares.length === 0) return sum(0);
    return sqrt(squares.reduce((total, one) => add(total, one)));
  });
}

/** Gradients made shorter, all alike, so that their {@link globalNorm} is at most `length`. */
export function clipByNorm<T extends Tree>(gradients: T, length: number): T {
  checkParameters("clipByNorm", gradients);
  checkNumber("clipByNorm", "length", length, 0);
  return scope(() => {
    const factor = minimum(divide(length, add(globalNorm(gradients), 1e-6)), 1);
    return treeMap((leaf) => multiply(leaf, ratesLike(factor, leaf as Value)), gradients) as Tree;
  }) as T;
}

/** Gradients with every element between `-limit` and `limit`. */
export function clipByValue<T extends Tree>(gradients: T, limit: number): T {
  checkParameters("clipByValue", gradients);
  checkNumber("clipByValue", "limit", limit, 0);
  return scope(() => treeMap((leaf) => clip(leaf, -limit, limit), gradients)) as T;
}
