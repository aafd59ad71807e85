import { WorldloomError } from "../../src/core/errors.ts";
import { bindOne } from "../../src/tensor/bind.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { evaluate } from "../../src/tensor/graph.ts";
import { copy } from "../../src/tensor/primitive/elementwise.ts";
import { sizeOf } from "../../src/tensor/shape.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { concrete } from "../../src/tensor/trace/concrete.ts";
import { stage } from "../../src/tensor/trace/stage.ts";
import { type Tree, treeLeaves, treeLike } from "../../src/tensor/tree.ts";
import type { Value } from "../../src/tensor/value.ts";

/** A tensor of numbers; f64 unless said. */
export function of(values: readonly number[] | number, dims?: readonly number[], dtype: DType = "f64"): Tensor {
  const list = typeof values === "number" ? [values] : values;
  const tensor = Tensor.empty(dtype, dims ?? (typeof values === "number" ? [] : [list.length]));
  tensor.elements().set(list.map(Number));
  return tensor;
}

/** The elements in row-major order. */
export function numbers(value: Value): number[] {
  const tensor = concrete("test", value);
  if (tensor.contiguous) return [...tensor.elements()];
  const whole = bindOne(copy, [tensor], undefined) as Tensor;
  const list = [...whole.elements()];
  whole.dispose();
  return list;
}

/** All leaves, as shapes and numbers. */
export function plain(tree: Tree): { dims: readonly number[]; values: number[] }[] {
  return treeLeaves(tree).map((leaf) =>
    typeof leaf === "number" ? { dims: [], values: [leaf] } : { dims: leaf.dims, values: numbers(leaf) },
  );
}

/** The result of `f` as a staged graph that is then evaluated. */
export function staged<R extends Tree>(f: (...args: Value[]) => R, ...args: Value[]): R {
  let tree: Tree = null;
  const { graph, captures } = stage((inputs) => {
    tree = f(...inputs);
    return treeLeaves(tree) as Value[];
  }, args);
  return treeLike(tree, evaluate(graph, [...args, ...captures])) as R;
}

/** Central differences of `f` by the elements of `x`. */
export function differences(f: (x: Value) => Value, x: Tensor, step = 1e-6): number[] {
  const values = [...x.elements()];
  return Array.from({ length: sizeOf(x.dims) }, (_, i) => {
    const at = (change: number) => {
      const moved = values.slice();
      moved[i] = moved[i]! + change;
      return numbers(f(of(moved, x.dims)))[0]!;
    };
    return (at(step) - at(-step)) / (2 * step);
  });
}

/** Numbers in -1..1 that depend on `seed` alone. */
export function random(count: number, seed: number): number[] {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The code of the error that `act` throws. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof WorldloomError) return error.code;
    throw error;
  }
  return undefined;
}
