import { WorldloomError } from "../../core/errors.ts";
import { checkList } from "../argument.ts";
import { isFloat } from "../dtype.ts";
import { tracing } from "../level.ts";
import { zerosLike } from "../primitive/exact.ts";
import { entered, scope } from "../scope.ts";
import { showShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { pullBack, pushForward } from "../trace/linear.ts";
import { type Linearized, linearized, tensorsOfTape } from "../trace/linearize.ts";
import { type Tree, treeLeaves } from "../tree.ts";
import { Literal, type Value } from "../value.ts";
import { type Arguments, flat, isValue, matching, own, rebuilt, run, valuesOf } from "./run.ts";

/** A linear function that keeps tensors of the point that it was made at: those go with the scope around, or by `dispose()`. */
export interface Linear<A, R> extends Disposable {
  (input: A): R;
  dispose(): void;
}

/** `[f(...primals), tangents => tangents of the result]`: forward mode at one point, for many tangents. */
export function linearize<A extends Arguments, R extends Tree>(f: (...args: A) => R, ...primals: A): [R, Linear<A, R>] {
  const point = pointOf(f, primals);
  const push = (tangents: A): R =>
    rebuilt(
      point.tree as R,
      run(() => {
        const given = matching("linearize", "tangents", tangents, point.primals).filter((_, i) => point.active[i]);
        const results = pushForward(point.tape, point.inputs, given, point.tangents);
        return results.map((result, i) => result ?? zerosLike(point.outputs[i]!));
      }),
    );
  return [rebuilt(point.tree as R, point.outputs), disposable(push, point.kept)];
}

/**
 * `[f(...primals), pullback]`: reverse mode. The pullback takes cotangents like the result and gives an array of those of
 * the arguments (zeros for i32, u8 and bool).
 */
export function vjp<A extends Arguments, R extends Tree>(f: (...args: A) => R, ...primals: A): [R, Linear<R, A>] {
  const point = pointOf(f, primals);
  const pull = (cotangents: R): A =>
    rebuilt(
      primals,
      run(() => {
        const given = matching("vjp", "cotangents", cotangents, point.outputs);
        const sums = pullBack(point.tape, point.inputs, point.tangents, given);
        let next = 0;
        return point.primals.map((primal, i) => (point.active[i] ? sums[next++] : undefined) ?? zerosLike(primal));
      }),
    );
  return [rebuilt(point.tree as R, point.outputs), disposable(pull, point.kept)];
}

/**
 * The gradient of `f`, whose result is one f32 or f64 number, by one argument (the first unless given) or several: a function
 * of the same arguments that gives a tree like that argument, or an array of trees.
 */
export function grad<A extends Arguments, const K extends number | readonly number[] = 0>(
  f: (...args: A) => Value,
  by?: K,
): (...args: A) => Gradient<A, K> {
  return (...args) => gradients("grad", f, args, by ?? 0, "none")[1] as Gradient<A, K>;
}

/** Like {@link grad}, with the result: `[value, gradient]`. */
export function valueAndGrad<A extends Arguments, const K extends number | readonly number[] = 0>(
  f: (...args: A) => Value,
  by?: K,
): (...args: A) => [Value, Gradient<A, K>] {
  return (...args) => {
    const [value, gradient] = gradients("valueAndGrad", f, args, by ?? 0, "loss");
    return [value as Value, gradient as Gradient<A, K>];
  };
}

/** Like {@link valueAndGrad} for `f` that gives `[value, more]`, where `more` is not differentiated: `[[value, more], gradient]`. */
export function valueAndGradWith<A extends Arguments, M extends Tree, const K extends number | readonly number[] = 0>(
  f: (...args: A) => readonly [Value, M],
  by?: K,
): (...args: A) => [[Value, M], Gradient<A, K>] {
  return (...args) => {
    const [value, gradient] = gradients("valueAndGradWith", f, args, by ?? 0, "all");
    return [value as [Value, M], gradient as Gradient<A, K>];
  };
}

/** The tree that a gradient by argument `K` is. */
export type Gradient<A extends Arguments, K> = K extends number
  ? Values<A[K]>
  : K extends readonly number[]
    ? { [I in keyof K]: Values<A[K[I] & number]> }
    : never;

/** A tree like `T` with values where that may have numbers. */
export type Values<T> = [Tree] extends [T]
  ? Tree
  : T extends Value | number
    ? Value
    : T extends null
      ? null
      : { [K in keyof T]: Values<T[K]> };

function gradients(
  operation: string,
  f: (...args: never) => Tree | readonly [Value, Tree],
  args: Arguments,
  by: number | readonly number[],
  kept: "none" | "loss" | "all",
): [Tree, Tree] {
  const chosen = typeof by === "number" ? [by] : by;
  checkList(operation, "the arguments that it differentiates by", chosen);
  const inner = flat(f as (...args: never) => Tree, args);
  const wanted = chosen.map((index) => {
    const argument = args[index];
    if (argument === undefined)
      throw new WorldloomError(
        "tensor-gradient",
        `${operation}: there is no argument ${index} among ${args.length}; count from 0.`,
        { operation, argument: index },
      );
    return argument;
  });
  // Where the leaves of each argument begin among all.
  const counts = args.map((argument) => treeLeaves(argument).length);
  const starts = counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0));
  const leaves = chosen.flatMap((index) => Array.from({ length: counts[index]! }, (_, i) => starts[index]! + i));
  const results = run(() => {
    const all = valuesOf(args);
    const inputs = leaves.map((leaf, i) => differentiable(operation, all[leaf]!, i));
    const point = linearized((given) => {
      const mixed = all.slice();
      leaves.forEach((leaf, i) => {
        mixed[leaf] = given[i]!;
      });
      return inner.call(mixed);
    }, inputs);
    const loss = scalarLoss(
      operation,
      point.outputs[0],
      kept === "all" ? (inner.tree as readonly Tree[])[0] : inner.tree,
    );
    const sums = pullBack(point.tape, point.inputs, [point.tangents[0]], [new Literal(1, loss.dtype)]);
    return [...(kept === "none" ? [] : point.outputs), ...sums.map((sum, i) => sum ?? zerosLike(inputs[i]!))];
  });
  const count = results.length - leaves.length;
  const gradient = rebuilt(wanted, results.slice(count));
  const value = kept === "none" ? null : rebuilt(inner.tree, results.slice(0, count));
  return [value, typeof by === "number" ? gradient[0]! : gradient];
}

function differentiable(operation: string, value: Value, leaf: number): Value {
  if (isFloat(value.dtype)) return value;
  throw new WorldloomError(
    "tensor-gradient",
    `${operation}: leaf ${leaf} of what is differentiated by is ${value.dtype}; only f32 and f64 have gradients: convert with astype(x, "f32"), or make it another argument.`,
    { operation, dtype: value.dtype },
  );
}

/** Throws `tensor-gradient` unless a loss is one f32 or f64 number. */
export function scalarLoss(operation: string, loss: Value | undefined, tree: unknown): Value {
  if (loss !== undefined && loss.rank === 0 && isFloat(loss.dtype) && (isValue(tree) || typeof tree === "number"))
    return loss;
  const what = loss === undefined || !isValue(tree) ? "no value" : `${loss.dtype} ${showShape(loss.dims)}`;
  throw new WorldloomError(
    "tensor-gradient",
    `${operation}: the result is ${what}, not one f32 or f64 number; reduce it with sum() or mean(), or use vjp or jacrev.`,
    { operation },
  );
}

interface Point extends Linearized {
  readonly primals: readonly Value[];
  /** Which primals are f32 or f64. */
  readonly active: readonly boolean[];
  readonly tree: Tree;
  /** Tensors that were made for the tape. */
  readonly kept: readonly Tensor[];
}

function pointOf(f: (...args: never) => Tree, args: Arguments): Point {
  const inner = flat(f, args);
  const point = {} as { made: Point };
  scope(() => {
    const primals = valuesOf(args);
    const active = primals.map(({ dtype }) => isFloat(dtype));
    const linear = linearized(
      (given) => {
        let next = 0;
        return inner.call(primals.map((primal, i) => (active[i] ? given[next++]! : primal)));
      },
      primals.filter((_, i) => active[i]),
    );
    const outputs = tracing() ? linear.outputs : linear.outputs.map(own);
    const here = tracing() ? undefined : entered();
    const kept = [...tensorsOfTape(linear.tape)].filter((tensor) => here?.has(tensor));
    point.made = { ...linear, outputs, primals, active, tree: inner.tree, kept };
    return [...outputs, ...kept];
  });
  return point.made;
}

function disposable<A, R>(f: (input: A) => R, tensors: readonly Tensor[]): Linear<A, R> {
  const dispose = () => {
    for (const tensor of tensors) tensor.dispose();
  };
  return Object.assign(f, { dispose, [Symbol.dispose]: dispose });
}
