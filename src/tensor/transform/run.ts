import { WorldloomError } from "../../core/errors.ts";
import { checkFunction, checkList } from "../argument.ts";
import { bindOne } from "../bind.ts";
import { isFloat } from "../dtype.ts";
import { tracing } from "../level.ts";
import { copy } from "../primitive/elementwise.ts";
import { scope } from "../scope.ts";
import { sameShape, showShape } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { scalar } from "../trace/concrete.ts";
import { type Tree, treeLeaves, treeLike } from "../tree.ts";
import { type Aval, Literal, Value } from "../value.ts";

/** Arguments of functions that are transformed. */
export type Arguments = readonly Tree[];

/** Runs a transformation: disposes what it made but for its results, which are contiguous tensors of their own. */
export function run(body: () => readonly Value[]): readonly Value[] {
  return scope(() => {
    const results = body();
    return tracing() ? results : results.map(own);
  });
}

/** A contiguous tensor that is no other object's: a view where that is possible. Tracers stay. */
export function own(value: Value): Value {
  if (value instanceof Literal) return scalar(value);
  if (!(value instanceof Tensor)) return value;
  return value.contiguous ? value.view(value.dims, value.strides, value.offset) : bindOne(copy, [value], undefined);
}

/** The leaves of a tree; numbers become f32. */
export function valuesOf(tree: Tree): Value[] {
  return treeLeaves(tree).map(asValue);
}

export function asValue(leaf: Value | number): Value {
  return typeof leaf === "number" ? new Literal(leaf, "f32") : leaf;
}

/** A tree like `tree` of values. */
export function rebuilt<T extends Tree | Arguments>(tree: T, leaves: readonly Value[]): T {
  return treeLike(tree, leaves) as T;
}

/** Leaves of a tree that must be like the leaves `expected`: as many, those of f32 and f64 of the same types and shapes. */
export function matching(operation: string, what: string, tree: Tree, expected: readonly Aval[]): Value[] {
  const leaves = treeLeaves(tree);
  if (leaves.length !== expected.length)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${what} have ${leaves.length} leaves, not ${expected.length}; give a tree like that of the values.`,
      { operation, leaves: leaves.length, expected: expected.length },
    );
  return leaves.map((leaf, i) => {
    const like = expected[i]!;
    const value = typeof leaf === "number" ? new Literal(leaf, like.dtype) : leaf;
    if (!isFloat(like.dtype) || (value.dtype === like.dtype && sameShape(value.dims, like.dims))) return value;
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: leaf ${i} of ${what} is ${value.dtype} ${showShape(value.dims)}, but the value is ${like.dtype} ${showShape(like.dims)}; they must be alike.`,
      { operation, leaf: i },
    );
  });
}

/** A traced function over leaves instead of trees, and what its result looked like. */
export interface Flat {
  readonly call: (leaves: readonly Value[]) => Value[];
  /** The result of the last call. */
  tree: Tree;
}

export function flat(f: (...args: never) => Tree, args: Arguments): Flat {
  checkFunction("a transformation", "what it takes", f);
  checkList("a transformation", "the arguments", args);
  const made: Flat = {
    call: (leaves) => {
      made.tree = f(...(treeLike(args, leaves) as never));
      return valuesOf(made.tree);
    },
    tree: null,
  };
  return made;
}

/** Whether a result is a value: what users pass may be untyped. */
export function isValue(tree: unknown): tree is Value {
  return tree instanceof Value;
}
