import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { bindOne } from "../../src/tensor/bind.ts";
import { stopGradient } from "../../src/tensor/primitive/elementwise.ts";
import { expand, op, permute, reduce, reshape, take } from "../../src/tensor/primitive/exact.ts";
import { scope } from "../../src/tensor/scope.ts";
import { concrete } from "../../src/tensor/trace/concrete.ts";
import { checkpoint, customJvp, customVjp } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, hvp, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad, linearize, valueAndGrad, valueAndGradWith, vjp } from "../../src/tensor/transform/reverse.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Tree } from "../../src/tensor/tree.ts";
import { Literal, type Value } from "../../src/tensor/value.ts";
import { codeOf, differences, numbers, of, plain, random, staged } from "./values.ts";

const sum = (x: Value) =>
  reduce(
    "sum",
    x,
    x.dims.map((_, i) => i),
  );
const square = (x: Value) => op("square", x);
const sin = (x: Value) => op("sin", x);
const tanh = (x: Value) => op("tanh", x);
const multiply = (a: Value | number, b: Value | number) => op("multiply", a, b);
const add = (a: Value | number, b: Value | number) => op("add", a, b);

/** The product of a matrix [m, k] and a vector [k], by elementwise operations. */
const apply = (matrix: Value, vector: Value) => reduce("sum", multiply(matrix, expand(vector, matrix.dims, [1])), [1]);

/** Two layers and a loss: every kind of operation that a small net has. */
const net = (parameters: { readonly a: Value; readonly b: Value }, x: Value) =>
  sum(square(apply(parameters.b, tanh(apply(parameters.a, x)))));

const close = (got: readonly number[], expected: readonly number[], digits = 6) => {
  expect(got.length).toBe(expected.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, digits);
  });
};

/** The result eagerly, and from a staged graph: the same bits. */
const both = (f: (...args: Value[]) => Tree, ...args: Value[]) => {
  const eager = plain(f(...args));
  expect(plain(staged(f, ...args))).toEqual(eager);
  return eager;
};

describe("transformations", () => {
  // Each test runs in a scope; leaks show outside of it.
  let live = 0;
  beforeEach(() => {
    live = currentArena().live;
  });
  afterEach(() => {
    expect(currentArena().live).toBe(live);
  });
  const test = (name: string, body: () => void) =>
    it(name, () => {
      scope(() => {
        body();
        return null;
      });
    });

  describe("grad", () => {
    test("d(x^2) = 2x", () => {
      expect(both(grad(square), of(3))).toEqual([{ dims: [], values: [6] }]);
      expect(plain(grad((x: Value) => multiply(x, x))(of(3)))).toEqual([{ dims: [], values: [6] }]);
    });

    test("of numbers, which are f32", () => {
      const f = (x: Value | number) => op("square", typeof x === "number" ? new Literal(x, "f64") : x);
      const gradient = grad(f)(3);
      expect([gradient.dtype, numbers(gradient)]).toEqual(["f32", [6]]);
    });

    test("of a small net, against differences", () => {
      const [a, b, x] = [of(random(12, 1), [4, 3]), of(random(8, 2), [2, 4]), of(random(3, 3))];
      const gradient = grad(net)({ a, b }, x);
      close(
        numbers(gradient.a),
        differences((value) => net({ a: value, b }, x), a),
      );
      close(
        numbers(gradient.b),
        differences((value) => net({ a, b: value }, x), b),
      );
      close(
        numbers(grad(net, 1)({ a, b }, x)),
        differences((value) => net({ a, b }, value), x),
      );
      const [both0, both1] = grad(net, [0, 1])({ a, b }, x);
      expect(plain(both0)).toEqual(plain(gradient));
      expect(both1.dims).toEqual([3]);
      both((p, q, r) => grad(net)({ a: p!, b: q! }, r!), a, b, x);
    });

    test("gives the value, and more beside it", () => {
      const x = of([1, 2, 3]);
      const [value, gradient] = valueAndGrad((y: Value) => sum(square(y)))(x);
      expect([numbers(value), numbers(gradient)]).toEqual([[14], [2, 4, 6]]);
      const [[loss, more], change] = valueAndGradWith(
        (y: Value) => [sum(square(y)), { twice: multiply(y, 2) }] as const,
      )(x);
      expect([numbers(loss), numbers(more.twice), numbers(change)]).toEqual([[14], [2, 4, 6], [2, 4, 6]]);
    });

    test("is zero for what a result does not depend on", () => {
      expect(plain(grad((_: Value, y: Value) => sum(y), 0)(of([1, 2]), of([3])))).toEqual([
        { dims: [2], values: [0, 0] },
      ]);
      expect(plain(grad((x: Value) => sum(op("floor", x)))(of([1.5, 2])))).toEqual([{ dims: [2], values: [0, 0] }]);
      expect(plain(grad((x: Value) => new Literal(2, x.dtype))(of([1, 2])))).toEqual([{ dims: [2], values: [0, 0] }]);
    });

    test("of gradients, three deep", () => {
      const x = of(0.7);
      const cube = (y: Value) => multiply(y, multiply(y, sin(y)));
      const third = both(grad(grad(grad(cube))), x)[0]!.values[0]!;
      const [s, c] = [Math.sin(0.7), Math.cos(0.7)];
      expect(third).toBeCloseTo(6 * c - 6 * 0.7 * s - 0.49 * c, 10);
    });

    test("takes no levels for each other's", () => {
      // d/dx x * d/dy (x + y) at y = 1: the inner derivative is 1, not 2.
      const f = (x: Value) => multiply(x, grad((y: Value) => add(x, y))(new Literal(1, "f64")));
      expect(numbers(grad(f)(of(3)))).toEqual([1]);
      const g = (x: Value) => jvp((y: Value) => multiply(x, y), [x], [new Literal(1, "f64")])[1];
      expect(numbers(grad(g)(of(3)))).toEqual([1]);
    });

    test("sums over uses, and over a value that is returned as it is", () => {
      expect(numbers(grad((x: Value) => x)(of(3)))).toEqual([1]);
      expect(numbers(grad((x: Value) => add(add(x, x), multiply(x, x)))(of(3)))).toEqual([8]);
      expect(numbers(grad((x: Value) => sum(take(x, of([0, 0, 2], [3], "i32"), 0)))(of([1, 2, 3])))).toEqual([2, 0, 1]);
    });

    test("refuses what has no gradient", () => {
      const x = of([1, 2]);
      expect(codeOf(() => grad(square)(x))).toBe("tensor-gradient");
      expect(codeOf(() => grad((y: Value) => sum(y), 1 as never)(x))).toBe("tensor-gradient");
      expect(codeOf(() => grad((y: Value) => sum(y))(of([1], [1], "i32")))).toBe("tensor-gradient");
      expect(codeOf(() => grad((y: Value) => op("less", sum(y), 3))(x))).toBe("tensor-gradient");
      expect(codeOf(() => grad(((y: Value) => [sum(y)]) as never)(x))).toBe("tensor-gradient");
    });
  });

  describe("jvp, vjp and linearize", () => {
    const f = (x: Value, y: Value) => ({ product: multiply(sin(x), y), sum: sum(y) });
    const [x, y, dx, dy] = [11, 12, 13, 14].map((seed) => random(3, seed));

    test("agree with each other", () => {
      const [p, q, dp, dq] = [of(x!), of(y!), of(dx!), of(dy!)];
      const [value, tangent] = jvp(f, [p, q], [dp, dq]);
      expect(plain(value)).toEqual(plain(f(p, q)));
      const [same, push] = linearize(f, p, q);
      expect(plain(same)).toEqual(plain(value));
      expect(plain(push([dp, dq]))).toEqual(plain(tangent));
      const [again, pull] = vjp(f, p, q);
      expect(plain(again)).toEqual(plain(value));
      const weights = { product: of(random(3, 15)), sum: of(0.5) };
      const [cp, cq] = pull(weights);
      // <J v, w> = <v, J^T w>
      const left = numbers(sum(multiply(tangent.product, weights.product)))[0]! + numbers(tangent.sum)[0]! * 0.5;
      const right = numbers(add(sum(multiply(dp, cp)), sum(multiply(dq, cq))))[0]!;
      expect(Math.abs(left - right)).toBeLessThan(1e-10);
      // Both may be called again.
      expect(plain(pull(weights))).toEqual(plain([cp, cq]));
    });

    test("leave tensors of other types alone", () => {
      const pick = (values: Value, at: Value) => [take(values, at, 0), add(at, 1)];
      const at = of([2, 0], [2], "i32");
      const [, tangent] = jvp(pick, [of(x!), at], [of(dx!), at]);
      expect(plain(tangent)).toEqual([
        { dims: [2], values: [dx![2], dx![0]] },
        { dims: [2], values: [0, 0] },
      ]);
      const [, pull] = vjp(pick, of(x!), at);
      expect(plain(pull([of([1, 10]), at])[0])).toEqual([{ dims: [3], values: [10, 0, 1] }]);
    });

    it("keep what the way back needs, until it is disposed", () => {
      const [p, q] = [of(x!), of(y!)];
      const before = currentArena().live;
      const [value, pull] = vjp(f, p, q);
      const results = 2;
      expect(currentArena().live).toBeGreaterThan(before + results);
      const gradients = pull({ product: p, sum: new Literal(1, "f64") });
      for (const tensor of [...gradients, value.product, value.sum]) concrete("test", tensor).dispose();
      pull.dispose();
      expect(currentArena().live).toBe(before);
      p.dispose();
      q.dispose();
    });

    test("refuse tangents that do not fit", () => {
      expect(codeOf(() => jvp(square, [of(x!)], [of([1])]))).toBe("tensor-shape");
      expect(codeOf(() => jvp(square, [of(x!)], [of(x!, [3], "f32")]))).toBe("tensor-shape");
      const [, pull] = vjp(f, of(x!), of(y!));
      expect(codeOf(() => pull({ product: of(x!) } as never))).toBe("tensor-shape");
    });
  });

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
        (y: Value) =>
          vmap((v: Value) => hvp(loss, [y], v))(of([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4])),
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

  describe("tracers", () => {
    test("have no elements", () => {
      expect(codeOf(() => grad((x: Value) => new Literal(concrete("item", x).elements()[0]!, "f64"))(of(1)))).toBe(
        "tensor-traced",
      );
    });

    test("do not outlive their function", () => {
      let escaped: Value | undefined;
      grad((x: Value) => {
        escaped = x;
        return x;
      })(of(1));
      expect(codeOf(() => sin(escaped!))).toBe("tensor-traced");
    });

    test("may be used in scopes", () => {
      const f = (x: Value) => scope(() => multiply(sin(x), x));
      expect(numbers(grad(f)(of(0.5)))[0]).toBeCloseTo(Math.sin(0.5) + 0.5 * Math.cos(0.5), 12);
    });
  });
});
