import { WorldloomError } from "../../core/errors.ts";
import { checkNumber, checkValue, wrong } from "../argument.ts";
import { checkType } from "../dtype.ts";
import { copy } from "../function/view.ts";
import { zerosLike } from "../primitive/exact.ts";
import { scope } from "../scope.ts";
import { sameShape, shapeError } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { type Tree, treeLeaves, treeLike, treeMap } from "../tree.ts";
import { Value } from "../value.ts";

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

const names = ["parameters", "gradients", "state"];

/** Throws `bad-argument` or `tensor-shape` unless leaves are float tensors with the shapes of the `parameters`. */
function checkLike(
  operation: string,
  name: string,
  leaves: readonly (Value | number)[],
  parameters: readonly (Value | number)[],
): void {
  if (leaves.length !== parameters.length)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${name} have ${leaves.length} leaves beside ${parameters.length} parameters; give a tree like theirs.`,
      { operation, leaves: leaves.length, parameters: parameters.length },
    );
  for (const [i, leaf] of leaves.entries()) {
    checkValue(operation, `leaf ${i} of the ${name}`, leaf);
    const { dtype, dims } = leaf as Value;
    checkType(`${operation} (leaf ${i} of the ${name})`, dtype, ["f64", "f32"]);
    const like = parameters[i] as Value;
    if (!sameShape(dims, like.dims))
      throw shapeError(operation, [dims, like.dims], `leaf ${i} of the ${name} is not like that of the parameters`);
  }
}

/** Throws `bad-argument` or `tensor-dtype` unless all leaves are float tensors. */
export function checkParameters(operation: string, parameters: Tree): void {
  const leaves = treeLeaves(parameters);
  checkLike(operation, "tree", leaves, leaves);
}

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
  if (typeof rate === "number") return rate;
  const now = rate(step);
  if (typeof now === "number") return now;
  checkValue("an optimiser", "what the schedule gives", now);
  if (now.dims.length > 0) throw shapeError("an optimiser", [now.dims], "a schedule gives one number");
  return now;
}

/** Throws `bad-argument` unless `rate` is a number from 0 on, or a function. */
export function checkRate(operation: string, name: string, rate: unknown): void {
  if (typeof rate === "number") checkNumber(operation, name, rate, 0);
  else if (typeof rate !== "function") throw wrong(operation, name, rate, "a number or a schedule");
}

/** The state of an optimiser. Throws `bad-argument` unless it has these parts. */
export function stateOf<S extends object>(operation: string, state: S, parts: readonly (keyof S & string)[]): S {
  if (typeof state !== "object" || state === null || state instanceof Value || parts.some((part) => !(part in state)))
    throw wrong(operation, "the state", state, `what init() gave: ${parts.join(", ")}`);
  const { step } = state as { readonly step?: unknown };
  checkValue(operation, "the step of the state", step);
  checkType(`${operation} (the step of the state)`, (step as Value).dtype, ["f32"]);
  if ((step as Value).dims.length > 0) throw shapeError(operation, [(step as Value).dims], "the step is one number");
  return state;
}

/** Applies `change` to the leaves of trees of one form; gives as many trees as it gives values. */
export function updateTrees(
  operation: string,
  change: (...leaves: Value[]) => Value[],
  trees: readonly Tree[],
): Tree[] {
  const leaves = trees.map(treeLeaves);
  for (const [k, list] of leaves.entries()) checkLike(operation, names[Math.min(k, 2)] as string, list, leaves[0]!);
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
