import { describe, expect } from "vitest";
import { bindOne } from "../../src/tensor/bind.ts";
import { stopGradient } from "../../src/tensor/primitive/elementwise.ts";
import { expand, op, permute, reduce, reshape, take } from "../../src/tensor/primitive/exact.ts";
import { checkpoint, customJvp, customVjp } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, hvp, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad } from "../../src/tensor/transform/reverse.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Value } from "../../src/tensor/value.ts";
import { apply, both, close, multiply, sin, square, sum, tanh, test, watchLeaks } from "./calculus.ts";
import { codeOf, differences, numbers, of, plain, random } from "./values.ts";

/** Two layers and a loss: every kind of operation that a small net has. */
const net = (parameters: { readonly a: Value; readonly b: Value }, x: Value) =>
  sum(square(apply(parameters.b, tanh(apply(parameters.a, x)))));

watchLeaks();

describe("Jacobians and Hessians", () => {
  const f = (x: Value) => multiply(sin(x), expand(sum(square(x)), x.dims, []));
  const loss = (x: Value) => sum(multiply(f(x), tanh(x)));

  test("forward and reverse agree, with differences too", () => {
    const x = of(random(3, 21));
    const forward = both(jacfwd(f), x)[0]!;
    const reverse = both(jacrev(f), x)[0]!;
    expect(forward.dims).toEqual([3, 3]);
    close(forward.values, reverse.values, 12);
    for (let row = 0; row < 3; row++)
      close(
        forward.values.slice(3 * row, 3 * row + 3),
        differences((y) => take(f(y), of(row, [], "i32"), 0), x),
      );
  });

  test("have the axes of the result, then those of the argument", () => {
    const g = (x: Value) => reduce("sum", square(permute(x, [1, 0])), [1]);
    const x = of(random(6, 22), [2, 3]);
    close(both(jacfwd(g), x)[0]!.values, both(jacrev(g), x)[0]!.values, 12);
    expect(jacrev(g)(x).dims).toEqual([3, 2, 3]);
  });

  test("second derivatives, all ways", () => {
    const x = of(random(4, 23));
    const expected = numbers(hessian(loss)(x));
    expect(hessian(loss)(x).dims).toEqual([4, 4]);
    const ways = [
      jacfwd(jacfwd(loss)),
      jacrev(jacfwd(loss)),
      jacrev(jacrev(loss)),
      jacfwd(grad(loss)),
      (y: Value) => vmap((v: Value) => hvp(loss, [y], v))(of([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4])),
    ];
    for (const way of ways) close(both(way, x)[0]!.values, expected, 10);
    // Symmetric, and what differences of the gradient give.
    for (let i = 0; i < 4; i++) {
      close(
        expected.slice(4 * i, 4 * i + 4),
        differences((y) => take(grad(loss)(y), of(i, [], "i32"), 0), x),
        5,
      );
      for (let j = 0; j < 4; j++) expect(expected[4 * i + j]).toBeCloseTo(expected[4 * j + i]!, 10);
    }
  });

  test("third derivatives", () => {
    const x = of(random(2, 24));
    const third = jacfwd(hessian(loss))(x);
    expect(third.dims).toEqual([2, 2, 2]);
    close(
      numbers(third).slice(0, 2),
      differences((y) => take(reshape(hessian(loss)(y), [4]), of(0, [], "i32"), 0), x),
      5,
    );
    close(both(jacrev(jacfwd(grad(loss))), x)[0]!.values, numbers(third), 9);
  });
});

describe("vmap", () => {
  test("is a loop over an axis", () => {
    const [matrices, vectors] = [of(random(24, 31), [4, 2, 3]), of(random(12, 32), [4, 3])];
    const all = both(vmap(apply), matrices, vectors)[0]!;
    expect(all.dims).toEqual([4, 2]);
    for (let i = 0; i < 4; i++) {
      const at = of(i, [], "i32");
      close(all.values.slice(2 * i, 2 * i + 2), numbers(apply(take(matrices, at, 0), take(vectors, at, 0))), 12);
    }
  });

  test("takes axes for arguments, parts of trees, and results", () => {
    const f = ({ a, b }: { a: Value; b: Value }, c: Value) => [multiply(a, c), b] as const;
    const [a, b, c] = [of(random(6, 33), [2, 3]), of(random(2, 34)), of(random(3, 35))];
    const [product, copy] = vmap(f, [{ a: -1, b: null }, 0], [0, null])({ a, b }, c);
    expect([product.dims, copy.dims]).toEqual([[3, 2], [2]]);
    close(
      numbers(product),
      [0, 1, 2].flatMap((i) => [0, 1].map((j) => numbers(a)[3 * j + i]! * numbers(c)[i]!)),
      12,
    );
    const [, repeated] = vmap(f, [{ a: 1, b: null }, 0], 1)({ a, b }, c);
    expect(repeated.dims).toEqual([2, 3]);
  });

  test("of gradients and gradient of vmap", () => {
    const [a, b] = [of(random(6, 36), [2, 3]), of(random(8, 37), [4, 2])];
    const xs = of(random(15, 38), [5, 3]);
    const one = both((x) => vmap(grad(net), [null, 0])({ a, b }, x!), xs);
    expect(one.map(({ dims }) => dims)).toEqual([
      [5, 2, 3],
      [5, 4, 2],
    ]);
    const total = grad((parameters: { a: Value; b: Value }) => sum(vmap(net, [null, 0])(parameters, xs)))({ a, b });
    close(numbers(total.a), numbers(reduce("sum", of(one[0]!.values, [5, 2, 3]), [0])), 10);
    close(numbers(total.b), numbers(reduce("sum", of(one[1]!.values, [5, 4, 2]), [0])), 10);
  });

  test("nests", () => {
    const [x, y] = [of(random(2, 39)), of(random(3, 40))];
    const outer = vmap((p: Value) => vmap((q: Value) => multiply(p, sin(q)))(y))(x);
    expect(outer.dims).toEqual([2, 3]);
    close(
      numbers(outer),
      numbers(x).flatMap((p) => numbers(y).map((q) => p * Math.sin(q))),
      12,
    );
  });

  test("refuses axes that do not fit", () => {
    const [a, b] = [of(random(6, 41), [2, 3]), of(random(2, 42))];
    expect(codeOf(() => vmap(multiply, [1, 0])(a, b))).toBe("tensor-shape");
    expect(codeOf(() => vmap(multiply, 2)(a, b))).toBe("tensor-shape");
    expect(codeOf(() => vmap(multiply, [0])(a, b))).toBe("tensor-shape");
    expect(codeOf(() => vmap(multiply, null)(a, b))).toBe("tensor-shape");
    expect(codeOf(() => vmap(square, 0, null)(a))).toBe("tensor-shape");
  });
});

describe("rules of one's own", () => {
  test("stopGradient", () => {
    const f = (x: Value) => multiply(x, bindOne(stopGradient, [x], undefined));
    expect(both(grad(f), of(3))[0]!.values).toEqual([3]);
  });

  test("checkpoint gives the same bits", () => {
    const [a, b, x] = [of(random(12, 51), [4, 3]), of(random(8, 52), [2, 4]), of(random(3, 53))];
    const layer = (matrix: Value, input: Value) => tanh(apply(matrix, input));
    const deep = (keep: typeof layer) => (p: Value, q: Value) => sum(square(keep(q, keep(p, x))));
    const ways = [grad(deep(layer), [0, 1]), grad(deep(checkpoint(layer)), [0, 1])] as const;
    expect(plain(ways[1](a, b))).toEqual(plain(ways[0](a, b)));
    both((p, q) => ways[1](p!, q!), a, b);
    // Second order, forward mode, batches, and values from outside.
    const second = (keep: typeof layer) => jacfwd(jacrev(deep(keep)))(a, b);
    close(numbers(second(checkpoint(layer))), numbers(second(layer)), 12);
    const outside = (p: Value) => sum(checkpoint(() => layer(p, x))());
    close(numbers(grad(outside)(a)), numbers(grad((p: Value) => sum(layer(p, x)))(a)), 12);
    const wide = (keep: typeof layer) =>
      vmap(
        grad((p: Value, y: Value) => sum(keep(p, y))),
        [null, 0],
      )(a, of(random(6, 54), [2, 3]));
    close(numbers(wide(checkpoint(layer))), numbers(wide(layer)), 12);
  });

  test("customJvp, both modes", () => {
    const f = customJvp(
      (x: Value) => op("exp", x),
      ([x], [t]) => [op("exp", x), multiply(t, multiply(op("exp", x), 10))],
    );
    const x = of([0.5, 1]);
    const expected = [0.5, 1].map((v) => 10 * Math.exp(v));
    close(both((y) => jvp(f, [y!], [of([1, 1])])[1], x)[0]!.values, expected, 10);
    close(
      both(
        grad((y: Value) => sum(f(y))),
        x,
      )[0]!.values,
      expected,
      10,
    );
    close(numbers(vmap(grad(f))(x)), expected, 10);
    close(numbers(grad((y: Value) => sum(vmap(f)(y)))(x)), expected, 10);
    expect(numbers(f(x)).length).toBe(2);
  });

  test("customVjp, reverse mode alone", () => {
    const f = customVjp(
      (x: Value, y: Value) => multiply(x, y),
      (x, y) => [multiply(x, y), { x, y }] as const,
      ({ x, y }, ct) => [multiply(ct, multiply(y, 100)), multiply(ct, x)],
    );
    const [x, y] = [of([1, 2]), of([3, 4])];
    const loss = (p: Value, q: Value) => sum(f(p, q));
    expect(both(grad(loss, [0, 1]), x, y).map(({ values }) => values)).toEqual([
      [300, 400],
      [1, 2],
    ]);
    expect(plain(vmap(grad(f, [0, 1]))(x, y)).map(({ values }) => values)).toEqual([
      [300, 400],
      [1, 2],
    ]);
    const shared = grad((p: Value, q: Value) => sum(vmap(f, [0, null])(p, q)), [0, 1])(x, of(3));
    expect(plain(shared).map(({ values }) => values)).toEqual([[300, 300], [3]]);
    expect(codeOf(() => jvp(f, [x, y], [x, y]))).toBe("tensor-gradient");
    const captured = (p: Value) =>
      sum(
        customVjp(
          (q: Value) => multiply(p, q),
          (q) => [q, q] as const,
          (_, ct) => [ct],
        )(y),
      );
    expect(codeOf(() => grad(captured)(x))).toBe("tensor-gradient");
  });
});
