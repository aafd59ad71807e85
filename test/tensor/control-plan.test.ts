import { describe, expect, it } from "vitest";
import { currentArena } from "../../src/tensor/arena.ts";
import { compile } from "../../src/tensor/compile/compile.ts";
import { leading, spec } from "../../src/tensor/compile/spec.ts";
import { add, divide, less, multiply, sin as sine, subtract, tanh } from "../../src/tensor/function/arithmetic.ts";
import { matmul } from "../../src/tensor/function/matmul.ts";
import { sum } from "../../src/tensor/function/reduce.ts";
import { scope } from "../../src/tensor/scope.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { branch, cond, forLoop, scan, whileLoop } from "../../src/tensor/transform/control.ts";
import { checkpoint, customJvp, customVjp } from "../../src/tensor/transform/custom.ts";
import { jvp } from "../../src/tensor/transform/forward.ts";
import { hessian, jacfwd, jacrev } from "../../src/tensor/transform/jacobian.ts";
import { grad } from "../../src/tensor/transform/reverse.ts";
import { backward, watch } from "../../src/tensor/transform/tape.ts";
import { vmap } from "../../src/tensor/transform/vmap.ts";
import type { Tree } from "../../src/tensor/tree.ts";
import type { Value } from "../../src/tensor/value.ts";
import { of, plain, random } from "./values.ts";

const sin = (x: Value) => sine(x);
const square = (x: Value) => multiply(x, x);
const recurrent = (w: Value, xs: Value) =>
  scan(
    (state: Value, x: Value) => {
      const next = tanh(add(matmul(state, w), x));
      return [next, sum(next)];
    },
    of([0.1, 0.2, 0.3], [3], "f32"),
    xs,
  );
const loss = (w: Value, xs: Value) => {
  const [state, ys] = recurrent(w, xs);
  return add(sum(square(state)), sum(sin(ys)));
};
const choose = (x: Value) =>
  cond(
    less(sum(x), 0),
    (y) => square(y),
    (y) => sin(multiply(y, 3)),
    x,
  );
const root = (x: Value) =>
  whileLoop(
    ({ y }) => less(1e-3, sum(square(subtract(square(y), x)))),
    ({ y, n }) => ({ y: multiply(add(y, divide(x, y)), 0.5), n: add(n, 1) }),
    { y: x, n: 0 as Value | number },
  ).y;

const vector = (seed: number, dims: readonly number[] = [3]) =>
  of(
    random(
      dims.reduce((size, extent) => size * extent, 1),
      seed,
    ),
    dims,
    "f32",
  );
const w = () => vector(1, [3, 3]);
const xs = () => vector(2, [5, 3]);

const cases: [string, (...inputs: Value[]) => Tree, () => Tensor[]][] = [
  ["scan", (a, b) => recurrent(a!, b!), () => [w(), xs()]],
  [
    "scan, reversed",
    (b) => scan((c: Value, x: Value) => [add(c, x), c], of([0, 0, 0], [3], "f32"), b!, { reverse: true }),
    () => [xs()],
  ],
  [
    "scan of nothing",
    (b) => scan((c: Value, x: Value) => [add(c, x), c], b!, of([], [0, 3], "f32")),
    () => [vector(3)],
  ],
  ["scan, a carry as it came", (b) => scan((c: Value) => [c, c], b!, null, { length: 3 }), () => [vector(3)]],
  [
    "scan, carries that change places",
    (a, b) => scan(([p, q]: [Value, Value]) => [[q, p] as [Value, Value], p], [a!, b!], null, { length: 3 }),
    () => [vector(3), vector(4)],
  ],
  ["gradient of scan", (a, b) => grad(loss, [0, 1])(a!, b!), () => [w(), xs()]],
  ["forward mode of scan", (a, b) => jvp(recurrent, [a!, b!], [a!, b!]), () => [w(), xs()]],
  ["second derivatives of scan", (a, b) => jacfwd(grad(loss, 1))(b!, a!), () => [xs(), w()]],
  ["scan over a batch", (a, b) => vmap(recurrent, [null, 0])(a!, b!), () => [w(), vector(5, [4, 5, 3])]],
  ["gradients of scan over a batch", (a, b) => vmap(grad(loss), [null, 0])(a!, b!), () => [w(), vector(5, [4, 5, 3])]],
  ["scan in scan", (b) => sumOfSums(b!), () => [xs()]],
  ["gradient of scan in scan", (b) => grad(sumOfSums)(b!), () => [xs()]],
  ["forLoop", (b) => forLoop(4, (i, x) => multiply(x, add(i, 0.5)), b!), () => [vector(6)]],
  ["cond, one way", choose as never, () => [of([1, 2, 3], [3], "f32")]],
  ["cond, the other way", choose as never, () => [of([-1, -2, -3], [3], "f32")]],
  ["gradient of cond", (x) => grad((y: Value) => sum(choose(y)))(x!), () => [vector(7)]],
  ["cond over a batch", (x) => vmap(choose)(x!), () => [vector(8, [6, 3])]],
  ["gradients of cond over a batch", (x) => vmap(grad((y: Value) => sum(choose(y))))(x!), () => [vector(8, [6, 3])]],
  [
    "branch",
    (k, x) => branch(k!, [(y: Value) => y, () => multiply(x!, 2), (y: Value) => add(y, x!)], x!),
    () => [of(1, [], "i32"), vector(9)],
  ],
  [
    "branch past the end",
    (k, x) => branch(k!, [(y: Value) => y, (y: Value) => add(y, x!)], x!),
    () => [of(5, [], "i32"), vector(9)],
  ],
  ["whileLoop", root as never, () => [of([0.5, 0.25, 0.125], [3], "f32")]],
  ["forward mode of whileLoop", (x) => jacfwd(root)(x!), () => [of([0.5, 0.25, 0.125], [3], "f32")]],
  ["whileLoop over a batch", (x) => vmap(root)(x!), () => [of([0.5, 0.25, 0.125, 0.7, 0.1, 0.3], [2, 3], "f32")]],
  ["checkpoint", (a, b) => grad(checkpoint(loss), [0, 1])(a!, b!), () => [w(), xs()]],
  [
    "custom rules",
    (x) => {
      const f = customJvp(sin, ([p], [t]) => [sin(p), multiply(t, p)]);
      const g = customVjp(
        sin,
        (p) => [sin(p), p] as const,
        (p, ct) => [multiply(ct, p)],
      );
      return grad((y: Value) => sum(add(f(y), g(square(y)))))(x!);
    },
    () => [vector(10)],
  ],
  ["Hessian", (x) => hessian((y: Value) => sum(multiply(sin(y), square(y))))(x!), () => [vector(11)]],
  ["Jacobian", (x) => jacrev((y: Value) => sin(matmul(w(), y)))(x!), () => [vector(12)]],
];

function sumOfSums(rows: Value): Value {
  const [total] = scan(
    (all: Value, row: Value) => {
      const [one] = scan((part: Value, x: Value) => [sin(add(part, x)), null], all, row);
      return [choose(one), null];
    },
    of(0.5, [], "f32"),
    rows,
  );
  return total;
}

describe("control flow in plans", () => {
  it.each(cases)("%s: the bits of eager execution", (_, f, inputs) => {
    const before = currentArena().live;
    scope(() => {
      const given = inputs();
      const eager = plain(f(...given));
      const plan = compile(f as never, ...(given.map(({ dtype, dims }) => spec(dtype, dims)) as never)) as {
        run(...values: Tensor[]): Tree;
        dispose(): void;
      };
      expect(plain(plan.run(...given))).toEqual(eager);
      // Nothing of one run is left for the next.
      expect(plain(plan.run(...given))).toEqual(eager);
      plan.dispose();
      return null;
    });
    expect(currentArena().live).toBe(before);
  });

  it("operations with rules of their own join others", () => {
    const f = customJvp(
      (x: Value) => multiply(sin(x), 2),
      ([x], [t]) => [multiply(sin(x), 2), t],
    );
    const plan = compile((x: Value) => add(f(multiply(x, 3)), f(x)), spec("f32", [4]));
    // One elementwise instruction, after the two lines about the plan.
    expect(plan.explain().split("\n").length).toBe(3);
    plan.dispose();
  });

  it("a tape may be opened and asked in a plan", () => {
    scope(() => {
      const slope = (x: Value) => {
        const watched = watch(x);
        return backward(sum(multiply(sin(watched), x))).of(watched);
      };
      const plan = compile(slope as never, spec("f32", [3]));
      const x = vector(13);
      expect(plain(plan.run(x) as Tree)).toEqual(plain(slope(x)));
      plan.dispose();
      return null;
    });
  });

  it("with an open number of rows", () => {
    scope(() => {
      const many = (f: typeof recurrent) => vmap(f, [null, 0]);
      const plans = [
        [many(recurrent), compile(many(recurrent) as never, spec("f32", [3, 3]), spec("f32", [leading(8), 5, 3]))],
        [
          vmap(grad(loss, 1), [null, 0]),
          compile(vmap(grad(loss, 1), [null, 0]) as never, spec("f32", [3, 3]), spec("f32", [leading(8), 5, 3])),
        ],
      ] as const;
      for (const [f, plan] of plans) {
        for (const n of [1, 3, 8]) {
          const [a, b] = [w(), vector(20 + n, [n, 5, 3])];
          expect(plain(plan.run(a, b) as Tree)).toEqual(plain(f(a, b) as Tree));
        }
        plan.dispose();
      }
      const choices = compile(vmap(choose) as never, spec("f32", [leading(8), 3]));
      const x = vector(30, [5, 3]);
      expect(plain(choices.run(x) as Tree)).toEqual(plain(vmap(choose)(x)));
      choices.dispose();
      return null;
    });
  });
});
