import { describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { op, take } from "../../src/tensor/primitive/exact.ts";
import { scope } from "../../src/tensor/scope.ts";
import { concrete } from "../../src/tensor/trace/concrete.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { grad, linearize, valueAndGrad, valueAndGradWith, vjp } from "../../src/tensor/transform/reverse.ts";
import { Literal, type Value } from "../../src/tensor/value.ts";
import { add, apply, both, close, multiply, sin, square, sum, tanh, test, watchLeaks } from "./calculus.ts";
import { codeOf, differences, numbers, of, plain, random } from "./values.ts";

/** Two layers and a loss: every kind of operation that a small net has. */
const net = (parameters: { readonly a: Value; readonly b: Value }, x: Value) =>
  sum(square(apply(parameters.b, tanh(apply(parameters.a, x)))));

watchLeaks();

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
    const [[loss, more], change] = valueAndGradWith((y: Value) => [sum(square(y)), { twice: multiply(y, 2) }] as const)(
      x,
    );
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
