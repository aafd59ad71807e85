import { describe, expect } from "vitest";
import { op } from "../../src/tensor/primitive/exact.ts";
import { branch, cond, forLoop, whileLoop } from "../../src/tensor/transform/control.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad, valueAndGrad } from "../../src/tensor/transform/reverse.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import { Literal, type Value } from "../../src/tensor/value.ts";
import { add, bothFlat as both, close, flat, less, multiply, sin, sum, test, watchLeaks } from "./calculus.ts";
import { codeOf, numbers, of } from "./values.ts";

watchLeaks();

describe("cond and branch", () => {
  const f = (x: Value) =>
    cond(
      less(x, 1),
      (y) => multiply(y, y),
      (y) => sin(multiply(y, 3)),
      x,
    );

  test("execute one of their functions", () => {
    expect(both(f, of(0.5))).toEqual([0.25]);
    expect(both(f, of(2))[0]).toBeCloseTo(Math.sin(6), 14);
    const pick = (k: Value) => branch(k, [() => of(10), () => of(20), () => of(30)]);
    expect([-1, 0, 1, 2, 7].map((k) => numbers(pick(of(k, [], "i32")))[0])).toEqual([10, 10, 20, 30, 30]);
    expect(numbers(branch(1, [(x: Value) => x, (x: Value) => multiply(x, 2)], of(4)))).toEqual([8]);
    expect(
      numbers(
        cond(
          true,
          (x: Value) => x,
          (x: Value) => multiply(x, 2),
          of(4),
        ),
      ),
    ).toEqual([4]);
  });

  test("are differentiated along the way that is taken", () => {
    for (const x of [0.5, 2]) {
      const expected = x < 1 ? [2 * x, 2] : [3 * Math.cos(3 * x), -9 * Math.sin(3 * x)];
      close(both(grad(f), of(x)), [expected[0]!]);
      close(
        both((y) => jvp(f, [y!], [of(1)])[1], of(x)),
        [expected[0]!],
      );
      close(both(grad(grad(f)), of(x)), [expected[1]!]);
      close(both(jacfwd(jacrev(f)), of(x)), [expected[1]!]);
      close(both(jacrev(jacfwd(f)), of(x)), [expected[1]!]);
    }
  });

  test("give zeros where the way that is taken does not depend on an operand", () => {
    const g = (x: Value, y: Value) =>
      cond(
        less(x, 1),
        (p: Value) => p,
        (_: Value, q: Value) => multiply(q, q),
        x,
        y,
      );
    expect(flat(grad(g, [0, 1])(of(0.5), of(3)))).toEqual([1, 0]);
    expect(flat(grad(g, [0, 1])(of(2), of(3)))).toEqual([0, 6]);
  });

  test("over a batch, by one condition or by one for each", () => {
    const xs = [0.5, 2, -1, 1.5];
    const each = xs.map((x) => (x < 1 ? x * x : Math.sin(3 * x)));
    const slopes = xs.map((x) => (x < 1 ? 2 * x : 3 * Math.cos(3 * x)));
    close(both(vmap(f), of(xs)), each);
    close(both(vmap(grad(f)), of(xs)), slopes);
    close(
      both(
        grad((x: Value) => sum(vmap(f)(x))),
        of(xs),
      ),
      slopes,
    );
    const one = (x: Value) => cond(less(new Literal(0, "f64"), 1), sin, (y) => y, x);
    close(both(vmap(one), of(xs)), xs.map(Math.sin));
    close(both(vmap(grad(one)), of(xs)), xs.map(Math.cos));
  });

  test("use values from outside", () => {
    const g = (x: Value) => {
      const twice = multiply(x, 2);
      return cond(
        less(x, 1),
        () => multiply(twice, x),
        () => twice,
      );
    };
    expect(both(grad(g), of(0.5))).toEqual([2]);
    expect(both(grad(g), of(3))).toEqual([2]);
    expect(both(vmap(grad(g)), of([0.25, 3]))).toEqual([1, 2]);
  });

  test("refuse functions whose results differ", () => {
    const x = of([1, 2]);
    expect(
      codeOf(() =>
        cond(
          true,
          () => x,
          () => sum(x),
        ),
      ),
    ).toBe("tensor-shape");
    expect(
      codeOf(() =>
        cond(
          true,
          () => x,
          () => less(x, 1),
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        cond(
          true,
          () => [x],
          () => [x, x],
        ),
      ),
    ).toBe("tensor-shape");
    expect(
      codeOf(() =>
        cond(
          less(x, 1),
          () => x,
          () => x,
        ),
      ),
    ).toBe("tensor-shape");
    expect(codeOf(() => branch(0, []))).toBe("tensor-value");
  });
});

describe("forLoop and whileLoop", () => {
  test("count", () => {
    const power = (x: Value) => forLoop(5, (_, y) => multiply(y, x), new Literal(1, "f64") as Value);
    expect(both(power, of(2))).toEqual([32]);
    expect(both(grad(power), of(2))).toEqual([80]);
    expect(both(grad(grad(power)), of(2))).toEqual([160]);
    expect(flat(forLoop(4, (i, total) => add(total, i), of(0, [], "i32") as Value))).toEqual([6]);
    expect(flat(forLoop(0, (_, x) => sin(x), of(2) as Value))).toEqual([2]);
  });

  /** Newton's square root. */
  const root = (x: Value) =>
    whileLoop(
      ({ y }) => less(new Literal(1e-12, "f64"), op("abs", op("subtract", multiply(y, y), x))),
      ({ y, passes }) => ({ y: multiply(add(y, op("divide", x, y)), 0.5), passes: add(passes, 1) }),
      { y: x, passes: of(0, [], "i32") as Value },
    ).y;

  test("goes on as long as the test says", () => {
    close(both(root, of(2)), [Math.SQRT2]);
    expect(
      flat(
        whileLoop(
          (n) => less(n, 100),
          (n) => multiply(n, 3),
          of(1) as Value,
        ),
      ),
    ).toEqual([243]);
    expect(
      flat(
        whileLoop(
          (n) => less(n, 0),
          (n) => multiply(n, 3),
          of(1) as Value,
        ),
      ),
    ).toEqual([1]);
  });

  test("has forward mode, and says that it has no other", () => {
    close(
      both((x) => jvp(root, [x!], [of(1)])[1], of(2)),
      [1 / (2 * Math.SQRT2)],
    );
    close(both(jacfwd(root), of(2)), [1 / (2 * Math.SQRT2)]);
    close(both(jacfwd(jacfwd(root)), of(2)), [-0.25 * 2 ** -1.5], 6);
    expect(codeOf(() => grad(root)(of(2)))).toBe("tensor-gradient");
    // What does not depend on the argument may loop.
    expect(numbers(grad((x: Value) => multiply(x, root(of(4))))(of(3)))[0]).toBeCloseTo(2, 10);
  });

  test("over a batch, each as long as it needs", () => {
    const xs = [2, 3, 9, 100];
    close(both(vmap(root), of(xs)), xs.map(Math.sqrt));
    close(
      both(vmap(jacfwd(root)), of(xs)),
      xs.map((x) => 0.5 / Math.sqrt(x)),
      6,
    );
    const some = (x: Value) =>
      whileLoop(
        ({ n }) => less(n, 5),
        ({ n, y }) => ({ n: add(n, 1), y: multiply(y, x) }),
        { n: of(0) as Value, y: of(1) as Value },
      ).y;
    expect(both(vmap(some), of([1, 2]))).toEqual([1, 32]);
    const one = (x: Value) =>
      whileLoop(
        (n) => less(n, 5),
        (n) => add(n, 1),
        of(0) as Value,
      ) && x;
    expect(both(vmap(one), of([1, 2]))).toEqual([1, 2]);
  });

  test("refuses tests that are no bool, and states that change", () => {
    const x = of([1, 2]);
    expect(
      codeOf(() =>
        whileLoop(
          (n) => n,
          (n) => n,
          of(1) as Value,
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        whileLoop(
          (n) => less(n, 1),
          (n) => n,
          x as Value,
        ),
      ),
    ).toBe("tensor-dtype");
    expect(
      codeOf(() =>
        whileLoop(
          (n) => less(sum(n), 1),
          (n) => sum(n),
          x as Value,
        ),
      ),
    ).toBe("tensor-shape");
    expect(valueAndGrad((y: Value) => sum(y))(x).length).toBe(2);
  });
});
