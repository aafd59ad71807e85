import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { compile } from "../../src/tensor/compile/compile.ts";
import { like } from "../../src/tensor/compile/spec.ts";
import { cumulate, expand, op, part, reduce, reshape, take } from "../../src/tensor/primitive/exact.ts";
import { scope } from "../../src/tensor/scope.ts";
import { cond, forLoop, scan } from "../../src/tensor/transform/control.ts";
import { checkpoint } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hvp, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad } from "../../src/tensor/transform/reverse.ts";
import { backward, watch } from "../../src/tensor/transform/tape.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Tree } from "../../src/tensor/tree.ts";
import type { Value } from "../../src/tensor/value.ts";
import { differences, numbers, of, plain } from "./values.ts";

/** Elements of the vectors that random functions take and give. */
const N = 3;
const sum = (x: Value) => reduce("sum", x, [0]);
const wide = (x: Value) => expand(x, [N], []);

/** A step of a random function: takes two of the vectors so far. */
interface Step {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  /** Steps of the body, where there is one. */
  readonly inner: readonly Step[];
}

type Vector = (a: Value, b: Value, body: (x: Value) => Value) => Value;

const kinds: readonly Vector[] = [
  (a, b) => op("add", a, b),
  (a, b) => op("subtract", a, op("multiply", b, 0.5)),
  (a, b) => op("multiply", a, b),
  (a) => op("sin", a),
  (a) => op("tanh", a),
  (a, b) => op("divide", a, op("add", op("square", b), 1)),
  (a, b) => op("select", op("less", a, b), op("sin", a), op("multiply", b, 0.7)),
  (a, b) => op("maximum", a, op("tanh", b)),
  (a, b) => op("multiply", wide(sum(a)), op("sin", b)),
  (a) => cumulate("sum", a, 0),
  (a, b) => op("multiply", take(a, of([2, 0, 0], [N], "i32"), 0), b),
  (a, b) => op("multiply", wide(reshape(part(a, 0, 1, 1), [])), op("tanh", b)),
  (a, _, body) => body(op("tanh", a)),
  (a, b, body) => checkpoint((x: Value, y: Value) => op("add", body(x), y))(a, op("sin", b)),
  // The body uses values from outside.
  (a, b, body) => checkpoint((x: Value) => op("multiply", body(x), op("tanh", b)))(a),
  (a, b, body) => cond(op("less", sum(a), sum(b)), body, (x: Value) => op("sin", x), a),
  (a, b, body) => cond(op("less", sum(b), 0), () => op("tanh", b), body, a),
  (a, b, body) => forLoop(3, (_, x) => op("tanh", op("add", body(x), b)), a),
  (a, b, body) =>
    scan(
      ({ x, last }: { x: Value; last: Value }, y: Value) => {
        const next = op("tanh", op("add", body(x), op("multiply", wide(y), op("sin", last))));
        return [{ x: next, last: x }, sum(op("multiply", next, next))];
      },
      { x: a, last: b },
      op("multiply", b, 0.3),
    )[1],
  (a, b, body) =>
    scan((x: Value, y: Value) => [body(x), op("multiply", y, sum(x))], a, op("tanh", b), { reverse: true })[1],
];
const FIRST_WITH_BODY = 12;

/** The vector that the steps compute of `x`. */
function vectorOf(steps: readonly Step[], x: Value): Value {
  const vectors = [x];
  for (const { kind, a, b, inner } of steps) {
    const [first, second] = [a, b].map((index) => vectors[index % vectors.length]!) as [Value, Value];
    vectors.push(kinds[kind % kinds.length]!(first, second, (value) => vectorOf(inner, value)));
  }
  return vectors.at(-1)!;
}

const leaf = fc.record({
  kind: fc.nat(FIRST_WITH_BODY - 1),
  a: fc.nat(5),
  b: fc.nat(5),
  inner: fc.constant([] as Step[]),
});
const middle = fc.record({
  kind: fc.nat(kinds.length - 1),
  a: fc.nat(5),
  b: fc.nat(5),
  inner: fc.array(leaf, { minLength: 1, maxLength: 3 }),
});
const steps = fc.array(
  fc.record({
    kind: fc.nat(kinds.length - 1),
    a: fc.nat(5),
    b: fc.nat(5),
    inner: fc.array(middle, { minLength: 1, maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const point = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: N, maxLength: N });

const close = (got: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(got.length).toBe(expected.length);
  const size = Math.max(1, ...expected.map(Math.abs));
  got.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]!) <= tolerance * size)) expect(got).toEqual(expected);
  });
};

/** Runs a property on random functions at random points, in a scope; nothing may be left over. */
function check(runs: number, seed: number, property: (f: (x: Value) => Value, at: readonly number[]) => void): void {
  const before = currentArena().live;
  fc.assert(
    fc.property(steps, point, (list, at) => {
      scope(() => {
        property((x) => sum(op("sin", vectorOf(list, x))), at);
        return null;
      });
    }),
    { numRuns: runs, seed },
  );
  expect(currentArena().live).toBe(before);
}

describe("transformations of random functions", () => {
  it("forward and reverse mode agree, and with differences", () => {
    check(150, 71, (f, at) => {
      const [x, v] = [of(at), of([0.3, -0.7, 0.2])];
      const gradient = numbers(grad(f)(x));
      const tangent = numbers(jvp(f, [x], [v])[1])[0]!;
      close([tangent], [gradient[0]! * 0.3 - gradient[1]! * 0.7 + gradient[2]! * 0.2], 1e-10);
      close(numbers(jacfwd(f)(x)), gradient, 1e-10);
      const watched = watch(x);
      const loss = f(watched);
      if (loss === watched || !Object.hasOwn(loss, "tangent")) return;
      expect(numbers(backward(loss).of(watched))).toEqual(gradient);
    });
  });

  it("are what differences give where functions are smooth", () => {
    let kinks = 0;
    check(80, 72, (f, at) => {
      // Away from zeros, where many functions have kinks.
      const x = of(at.map((value, i) => 0.9 * value + 0.0137 * (i + 1)));
      const gradient = numbers(grad(f)(x));
      const [fine, coarse] = [differences(f, x, 1e-6), differences(f, x, 1e-5)];
      // At a kink both differ; few points are so near to one.
      if (fine.some((value, i) => Math.abs(value - coarse[i]!) > 1e-5 * Math.max(1, Math.abs(value)))) kinks++;
      else close(gradient, fine, 1e-4);
    });
    expect(kinks).toBeLessThan(20);
  });

  it("second derivatives agree in all orders", () => {
    check(50, 73, (f, at) => {
      const [x, v] = [of(at), of([0.3, -0.7, 0.2])];
      const hessian = numbers(jacfwd(grad(f))(x));
      close(numbers(jacrev(grad(f))(x)), hessian, 1e-9);
      close(numbers(jacrev(jacfwd(f))(x)), hessian, 1e-9);
      close(numbers(jacfwd(jacfwd(f))(x)), hessian, 1e-9);
      const product = [0, 1, 2].map(
        (i) => hessian[3 * i]! * 0.3 - hessian[3 * i + 1]! * 0.7 + hessian[3 * i + 2]! * 0.2,
      );
      close(numbers(hvp(f, [x], v)), product, 1e-9);
    });
  });

  it("batches are loops", () => {
    check(60, 74, (f, at) => {
      const rows = [at, at.map((value) => -value), [0.1, 0.2, -0.3]];
      const batch = of(rows.flat(), [3, N]);
      close(
        numbers(vmap(f)(batch)),
        rows.flatMap((row) => numbers(f(of(row)))),
        1e-12,
      );
      const each = rows.flatMap((row) => numbers(grad(f)(of(row))));
      close(numbers(vmap(grad(f))(batch)), each, 1e-10);
      close(numbers(grad((x: Value) => sum(vmap(f)(x)))(batch)), each, 1e-10);
    });
  });

  it("plans give the same bits", () => {
    check(40, 75, (f, at) => {
      const x = of(at);
      const all = (y: Value): Tree => [f(y), grad(f)(y), jvp(f, [y], [y])[1], vmap(grad(f))(expand(y, [2, N], [1]))];
      const plan = compile(all as never, like(x) as never) as { run(x: Value): Tree; dispose(): void };
      expect(plain(plan.run(x))).toEqual(plain(all(x)));
      plan.dispose();
    });
  });
});
