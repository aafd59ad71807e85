import { describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { multiply } from "../../src/tensor/function/arithmetic.ts";
import { op, reduce } from "../../src/tensor/primitive/exact.ts";
import { item, toArray } from "../../src/tensor/read.ts";
import { scope } from "../../src/tensor/scope.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { checkpoint, customJvp } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, hvp, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad, linearize, valueAndGrad, vjp } from "../../src/tensor/transform/reverse.ts";
import { backward, watch } from "../../src/tensor/transform/tape.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import { type Tree, treeLeaves } from "../../src/tensor/tree.ts";
import type { Value } from "../../src/tensor/value.ts";
import { codeOf, numbers, of } from "./values.ts";

const sum = (x: Value) => reduce("sum", x, [0]);
const sin = (x: Value) => op("sin", x);

const f = (x: Value) => sum(multiply(sin(x), sin(multiply(x, 2))));

const dispose = (tree: Tree) => {
  for (const leaf of treeLeaves(tree)) if (leaf instanceof Tensor) leaf.dispose();
};

describe("backward", () => {
  it("gives gradients by what was watched", () => {
    scope(() => {
      const [x, y] = [of([1, 2, 3]), of([4, 5, 6])];
      const [a, b, unused] = [watch(x), watch(y), watch(of(7))];
      const gradients = backward(sum(multiply(multiply(a, a), b)));
      expect(numbers(gradients.value)).toEqual([4 + 20 + 54]);
      expect(numbers(gradients.of(a))).toEqual([8, 20, 36]);
      expect(numbers(gradients.of(b))).toEqual([1, 4, 9]);
      expect(numbers(gradients.of(unused))).toEqual([0]);
      expect(codeOf(() => gradients.of(x))).toBe("tensor-gradient");
      return null;
    });
  });

  it("is what grad gives, to the bit", () => {
    scope(() => {
      const x = of([0.1, 0.2, 0.3]);
      const w = watch(x);
      expect(numbers(backward(f(w)).of(w))).toEqual(numbers(grad(f)(x)));
      return null;
    });
  });

  it("gives gradients by what was computed on the way", () => {
    scope(() => {
      const a = watch(of([1, 2]));
      const twice = watch(multiply(a, 2));
      const loss = sum(multiply(twice, multiply(twice, a)));
      const gradients = backward(watch(loss));
      expect(numbers(gradients.of(a))).toEqual([12, 48]);
      expect(numbers(gradients.of(twice))).toEqual([4, 16]);
      expect(numbers(gradients.of(loss))).toEqual([1]);
      return null;
    });
  });

  it("works around other transformations, and inside them", () => {
    scope(() => {
      const x = of([0.1, 0.2, 0.3]);
      const w = watch(x);
      const second = numbers(backward(sum(grad(f)(w))).of(w));
      expect(second).toEqual(numbers(grad((y: Value) => sum(grad(f)(y)))(x)));
      const inside = (y: Value) => {
        const v = watch(y);
        return backward(f(v)).of(v);
      };
      expect(numbers(grad((y: Value) => sum(inside(y)))(x))).toEqual(second);
      return null;
    });
  });

  it("releases what it recorded, with and without a scope", () => {
    const x = of([0.1, 0.2, 0.3]);
    const before = currentArena().live;
    const w = watch(x);
    const gradients = backward(f(w));
    // The loss and one gradient.
    expect(currentArena().live).toBe(before + 2);
    gradients.dispose();
    expect(currentArena().live).toBe(before);
    // A tape that is given up ends with its scope.
    scope(() => {
      f(watch(x));
      return null;
    });
    scope(() => {
      f(x);
      return null;
    });
    expect(currentArena().live).toBe(before);
    x.dispose();
  });

  it("lets results be read on the way", () => {
    scope(() => {
      const w = watch(of(3));
      let loss = multiply(w, w);
      // As long as the program likes.
      while (item(loss) < 1000) loss = multiply(loss, w);
      expect(item(loss)).toBe(2187);
      expect(toArray(multiply(w, of([1, 2])))).toEqual([3, 6]);
      expect(numbers(backward(loss).of(w))).toEqual([7 * 3 ** 6]);
      expect(codeOf(() => grad((x: Value) => (item(x) > 0 ? x : multiply(x, 2)))(of(1)))).toBe("tensor-traced");
      return null;
    });
  });

  it("refuses losses that have no gradient", () => {
    scope(() => {
      const x = of([1, 2]);
      const w = watch(x);
      expect(codeOf(() => backward(multiply(w, 2)))).toBe("tensor-gradient");
      expect(codeOf(() => backward(sum(x)))).toBe("tensor-gradient");
      expect(codeOf(() => watch(of([1], [1], "i32")))).toBe("tensor-gradient");
      const loss = sum(w);
      backward(loss);
      expect(codeOf(() => backward(loss))).toBe("tensor-gradient");
      expect(codeOf(() => sin(w))).toBe("tensor-traced");
      return null;
    });
  });
});

describe("transformations outside of scopes", () => {
  const ways: [string, (x: Tensor) => Tree][] = [
    ["jvp", (x) => jvp(f, [x], [x])],
    ["grad", (x) => grad(f)(x)],
    ["grad of grad", (x) => grad((y: Value) => sum(grad(f)(y)))(x)],
    ["grad that is the argument", (x) => grad((y: Value) => sum(multiply(y, x)))(x)],
    ["grad of what is captured", (x) => valueAndGrad((y: Value) => sum(multiply(y, sin(x))))(x)],
    ["jacfwd", (x) => jacfwd(sin)(x)],
    ["jacrev", (x) => jacrev(sin)(x)],
    ["hessian", (x) => hessian(f)(x)],
    ["hvp", (x) => hvp(f, [x], x)],
    ["vmap", (x) => vmap((y: Value) => [sin(y), y, x], 0, [0, 0, null])(x)],
    ["checkpoint", (x) => grad(checkpoint(f))(x)],
    ["customJvp", (x) => grad((y: Value) => sum(customJvp(sin, ([p], [t]) => [sin(p), multiply(t, p)])(y)))(x)],
    [
      "vjp",
      (x) => {
        const [value, pull] = vjp(f, x);
        const result = [value, pull(value), pull(value)];
        pull.dispose();
        return result;
      },
    ],
    [
      "linearize",
      (x) => {
        const [value, push] = linearize(f, x);
        const result = [value, push([x])];
        push.dispose();
        return result;
      },
    ],
  ];

  it.each(ways)("%s leaves its results alone behind", (_, run) => {
    const x = of([0.1, 0.2, 0.3]);
    const before = currentArena().live;
    const results = run(x);
    for (const leaf of treeLeaves(results)) expect(leaf).not.toBe(x);
    dispose(results);
    expect(currentArena().live).toBe(before);
    expect(x.disposed).toBe(false);
    // Within a scope nothing is left either.
    scope(() => {
      run(x);
      return null;
    });
    expect(currentArena().live).toBe(before);
    x.dispose();
  });

  it("leave nothing behind when they throw", () => {
    const x = of([0.1, 0.2, 0.3]);
    const before = currentArena().live;
    expect(codeOf(() => grad(sin)(x))).toBe("tensor-gradient");
    expect(codeOf(() => vmap((y: Value) => sum(y))(sin(x)))).toBeDefined();
    x.dispose();
    expect(currentArena().live).toBeLessThanOrEqual(before);
  });
});
