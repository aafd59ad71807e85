import { afterEach, beforeEach, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { expand, op, part, reduce, reshape } from "../../src/tensor/primitive/exact.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tree } from "../../src/tensor/tree.ts";
import type { Value } from "../../src/tensor/value.ts";
import { plain, staged } from "./values.ts";

/** Functions of values, for tests of what differentiates and batches them. */
export const sum = (x: Value) =>
  reduce(
    "sum",
    x,
    x.dims.map((_, i) => i),
  );
export const square = (x: Value) => op("square", x);
export const sin = (x: Value) => op("sin", x);
export const tanh = (x: Value) => op("tanh", x);
export const add = (a: Value | number, b: Value | number) => op("add", a, b);
export const multiply = (a: Value | number, b: Value | number) => op("multiply", a, b);
export const less = (a: Value | number, b: Value | number) => op("less", a, b);
/** Element `index` along axis 0. */
export const at = (x: Value, index: number) => reshape(part(x, 0, index, 1), x.dims.slice(1));
/** The product of a matrix [m, k] and a vector [k], by elementwise operations. */
export const apply = (matrix: Value, vector: Value) =>
  reduce("sum", multiply(matrix, expand(vector, matrix.dims, [1])), [1]);

/** Numbers that agree to so many digits after the point. */
export function close(got: readonly number[], expected: readonly number[], digits = 6): void {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
}

/** The numbers of all leaves. */
export const flat = (tree: Tree) => plain(tree).flatMap(({ values }) => values);

/** The result eagerly, and from a staged graph: the same bits. */
export function both(f: (...args: Value[]) => Tree, ...args: Value[]): ReturnType<typeof plain> {
  const eager = plain(f(...args));
  expect(plain(staged(f, ...args))).toEqual(eager);
  return eager;
}

/** The numbers of {@link both}. */
export const bothFlat = (f: (...args: Value[]) => Tree, ...args: Value[]) =>
  both(f, ...args).flatMap(({ values }) => values);

/** A test in a scope. */
export function test(name: string, body: () => void): void {
  it(name, () => {
    scope(() => {
      body();
      return null;
    });
  });
}

/** Every test of the file must leave as many tensors as it found. */
export function watchLeaks(): void {
  let live = 0;
  beforeEach(() => {
    live = currentArena().live;
  });
  afterEach(() => {
    expect(currentArena().live).toBe(live);
  });
}
