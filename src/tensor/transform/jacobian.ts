import { WorldloomError } from "../../core/errors.ts";
import { checkFunction, checkList } from "../argument.ts";
import { isFloat } from "../dtype.ts";
import { cast, moveAxis, op, reshape } from "../primitive/exact.ts";
import { linearIota } from "../primitive/source.ts";
import { showShape, sizeOf } from "../shape.ts";
import { type Tree, treeLeaves } from "../tree.ts";
import type { Value } from "../value.ts";
import { jvp } from "./forward.ts";
import { grad, type Values, vjp } from "./reverse.ts";
import { type Arguments, isValue, rebuilt, run, valuesOf } from "./run.ts";
import { vmap } from "./vmap.ts";

/**
 * The Jacobian of `f` by its first argument, a value, in forward mode (for few elements of the argument): for each value of
 * the result one with its axes, then those of the argument.
 */
export function jacfwd<A extends readonly [Value, ...Arguments], R extends Tree>(
  f: (...args: A) => R,
): (...args: A) => R {
  checkFunction("jacfwd", "what it takes", f);
  return (...args) =>
    transformed(() => {
      const [x, ...rest] = args as unknown as [Value, ...Tree[]];
      const inner = (value: Value) => f(...([value, ...rest] as unknown as A));
      checked("jacfwd", x);
      const columns = vmap((tangent: Value) => jvp(inner, [x], [tangent])[1])(basis(x));
      return rebuilt(
        columns,
        valuesOf(columns).map((column) =>
          reshape(moveAxis(column, 0, column.rank - 1), [...column.dims.slice(1), ...x.dims]),
        ),
      );
    });
}

/**
 * The Jacobian of `f`, whose result is a value, by its first argument, a value or a tree, in reverse mode (for few elements of
 * the result): a tree like that argument, with the axes of the result in front of those of each leaf.
 */
export function jacrev<A extends Arguments>(f: (...args: A) => Value): (...args: A) => Values<A[0]> {
  checkFunction("jacrev", "what it takes", f);
  return (...args) =>
    transformed(() => {
      const [x, ...rest] = args as unknown as [Tree, ...Tree[]];
      const inner = (tree: Tree) => f(...([tree, ...rest] as unknown as A));
      const [value, pull] = vjp(inner, x);
      const rows = vmap((cotangent: Value) => pull(cotangent)[0])(basis(checked("jacrev", value))) as Tree;
      const leaves = valuesOf(x);
      return rebuilt(
        rows,
        valuesOf(rows).map((row, i) => reshape(row, [...value.dims, ...leaves[i]!.dims])),
      );
    }) as Values<A[0]>;
}

/** The product of the Hessian of `f` by its first argument with `tangent`, a tree like that argument. */
export function hvp<A extends Arguments>(f: (...args: A) => Value, args: A, tangent: A[0]): Values<A[0]> {
  checkFunction("hvp", "what it takes", f);
  checkList("hvp", "the arguments", args);
  return transformed(() => {
    const [x, ...rest] = args as unknown as [Tree, ...Tree[]];
    const gradient = grad((tree: Tree) => f(...([tree, ...rest] as unknown as A)));
    return jvp(gradient, [x], [tangent as Tree])[1];
  }) as Values<A[0]>;
}

/** The second derivatives of `f`, whose result is one number, by its first argument, a value: the axes of that argument twice. */
export function hessian<A extends readonly [Value, ...Arguments]>(f: (...args: A) => Value): (...args: A) => Value {
  return jacfwd(jacrev(f) as (...args: A) => Value);
}

/** For each element of `x` a value like `x` that is 1 there and 0 elsewhere. */
function basis({ dtype, dims }: Value): Value {
  const size = sizeOf(dims);
  const number = linearIota([size, size]);
  // Elements on the diagonal are size + 1 apart.
  const ones = op("equal", op("remainder", number, size + 1), 0);
  return reshape(cast(ones, dtype), [size, ...dims]);
}

function transformed<R extends Tree>(body: () => R): R {
  let tree: R | undefined;
  const results = run(() => {
    tree = body();
    return valuesOf(tree);
  });
  return rebuilt(tree as R, results);
}

function checked(operation: string, value: unknown): Value {
  if (isValue(value) && isFloat(value.dtype)) return value;
  const what = isValue(value)
    ? `${value.dtype} ${showShape(value.dims)}`
    : `a tree of ${treeLeaves(value as Tree).length}`;
  throw new WorldloomError("tensor-gradient", `${operation}: ${what} is not one f32 or f64 value; use vjp or jvp.`, {
    operation,
  });
}
