import { describe, expect, it } from "vitest";
import * as t from "../../src/tensor.ts";
import { scope, tensor } from "../../src/tensor.ts";

/** What examinations by other implementations found; the answers are theirs, or follow from a definition. */

const u8 = (elements: t.Nested) => tensor(elements, { dtype: "u8" });
const i32 = (elements: t.Nested) => tensor(elements, { dtype: "i32" });

function near(actual: t.Value, expected: readonly number[], digits = 5) {
  const elements = Array.from(t.toElements(actual));
  expect(elements).toHaveLength(expected.length);
  elements.forEach((one, i) => {
    expect(one).toBeCloseTo(expected[i] as number, digits);
  });
}

describe("integers", () => {
  it("become floats before functions that give floats subtract or negate", () => {
    scope(() => {
      near(t.softplus(u8([0, 10])), [Math.LN2, 10.000045]);
      near(t.logSigmoid(u8([0, 2])), [-Math.LN2, -0.126928]);
      near(t.logSumExp(u8([12, 16])), [16.01815]);
      near(t.softmax(u8([1, 2, 3])), [0.090031, 0.244728, 0.665241]);
      near(t.logSoftmax(u8([1, 2, 3])), [-2.407606, -1.407606, -0.407606]);
      near(t.softmax(tensor([true, false])), [0.731059, 0.268941]);
      near(t.rmsNorm(u8([30, 40])), [0.848528, 1.131371]);
      expect(t.hardSigmoid(u8([1])).dtype).toBe("f32");
      near(t.meanSquaredError(u8([3]), u8([4])), [1]);
      near(t.meanAbsoluteError(u8([3]), u8([4])), [1]);
      near(t.hypot(u8([3]), true), [3.162278]);
      expect(t.copysign(i32([2]), tensor([-1])).dtype).toBe("f64");
      near(t.logaddexp(i32([4]), i32([4])), [4.693147180559945], 12);
      return undefined;
    });
  });

  it("are wide enough for the numbers beside them", () => {
    scope(() => {
      expect(t.add(u8([6]), -2).toArray()).toEqual([4]);
      expect(t.add(u8([6]), -2).dtype).toBe("i32");
      expect(t.less(u8([255]), 300).toArray()).toEqual([true]);
      expect(t.add(u8([250]), 10)).toMatchObject({ dtype: "u8" });
      expect(t.add(i32([1]), 2 ** 31).toArray()).toEqual([2 ** 31 + 1]);
      return undefined;
    });
  });

  it("wrap in sums of products", () => {
    scope(() => {
      const nineteen = u8([[19, 19, 19]]);
      expect(t.matmul(nineteen, nineteen.matrixTranspose()).toArray()).toEqual([[59]]);
      expect(t.vecdot(nineteen, nineteen).toArray()).toEqual([59]);
      expect(t.einsum("ij,kj->ik", nineteen, nineteen).toArray()).toEqual([[59]]);
      const large = i32([70_000, 70_000, 70_000]);
      expect(t.matmul(large, large).item()).toBe(1_815_098_112);
      return undefined;
    });
  });
});

describe("derivatives where functions have corners", () => {
  it("are 0 for norms and deviations that are 0", () => {
    scope(() => {
      const x = tensor([
        [0, 0, 0],
        [3, 0, 4],
      ]);
      for (const [ord, expected] of [
        [2, [0, 0, 0, 0.6, 0, 0.8]],
        [3, [0, 0, 0, 0.44485, 0, 0.79085]],
        [0.5, [0, 0, 0, 2.154701, 0, 1.866025]],
      ] as const)
        near(t.grad((v: t.Value) => t.norm(v, 1, { ord }).sum())(x), expected, 4);
      near(t.grad((v: t.Value) => t.std(v, 1).sum())(tensor([[1, 1]])), [0, 0]);
      near(t.norm(tensor([Number.POSITIVE_INFINITY, 1]), 0, { ord: -1 }), [1]);
      near(t.norm(tensor([0, 2]), 0, { ord: -1 }), [0]);
      return undefined;
    });
  });
});

describe("tensors of many axes", () => {
  it("are tiled and repeated", () => {
    scope(() => {
      const x = t.arange(2).reshape([1, 1, 1, 1, 1, 1, 1, 2]);
      expect(t.tile(x, [2, 1, 1, 1, 1, 1, 1, 2]).flatten().toArray()).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
      expect(t.tile(x, [0, 1, 1, 1, 1, 1, 2, 1]).shape).toEqual([0, 1, 1, 1, 1, 1, 2, 2]);
      expect(t.repeat(x, 2, -1).toArray()).toEqual([[[[[[[[0, 0, 1, 1]]]]]]]]);
      const pairs = t.arange(32).reshape([2, 2, 2, 2, 2]);
      expect(t.tile(pairs, [2, 1, 1, 1, 3]).sum().item()).toBe((6 * (31 * 32)) / 2);
      return undefined;
    });
  });
});

describe("plans", () => {
  it("keep in memory what is read through several views of the whole", () => {
    const slope = (v: t.Value) =>
      t.grad((q: t.Value) => t.sum(t.tanh(t.mean(t.stack([q, t.square(q)], 2), 2))))(v) as t.Value;
    const second = (v: t.Value) => t.grad((q: t.Value) => t.sum(t.tanh(slope(q))))(v) as t.Value;
    scope(() => {
      const x = tensor([[0.3, -0.7]]);
      using plan = t.compile((v) => second(v), t.spec("f32", [1, 2]));
      expect(plan.run(x).toArray()).toEqual(second(x).toArray());
      near(plan.run(x), [0.421726, 0.959304]);
      return undefined;
    });
  });

  it("take a value and the same in another order as two", () => {
    scope(() => {
      const f = (v: t.Value) => t.subtract(t.tanh(v), t.flip(t.tanh(v), 1));
      const x = tensor([[0.3, -0.7, 0.2]]);
      using plan = t.compile((v) => f(v), t.spec("f32", [1, 3]));
      expect(plan.run(x).toArray()).toEqual(f(x).toArray());
      near(plan.run(x), [0.093937, 0, -0.093937]);
      return undefined;
    });
  });
});

describe("arguments of the wrong kind", () => {
  const any = t as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;
  const x = tensor([[1, 2]]);
  const endless: unknown[] = [];
  endless.push(endless);
  const cases: readonly (readonly [name: string, args: unknown[], code: string])[] = [
    ["add", [x, "1"], "bad-argument"],
    ["sum", [x, { keepdims: true }], "bad-argument"],
    ["sum", [x, 0, { keepdim: true }], "bad-argument"],
    ["argmax", [x, "0"], "bad-argument"],
    ["norm", [x, 0, null], "bad-argument"],
    ["reshape", [x, 2], "bad-argument"],
    ["permuteDims", [x, "ij"], "bad-argument"],
    ["tile", [x, 2], "bad-argument"],
    ["pad", [x, [1, 1]], "bad-argument"],
    ["concat", [x], "bad-argument"],
    ["einsum", [x, x], "bad-argument"],
    ["take", [x, {}], "bad-argument"],
    ["takeAlongAxis", [x, [0]], "bad-argument"],
    ["zeros", [3], "bad-argument"],
    ["zeros", [[3], { dtype: "i8" }], "tensor-dtype"],
    ["zerosLike", ["x"], "bad-argument"],
    ["tensor", [["x"]], "bad-argument"],
    ["maxPool", [x, 2], "bad-argument"],
    ["attention", [x, x, x, { mask: 1 }], "bad-argument"],
    ["toArray", ["x"], "bad-argument"],
    ["grad", ["x"], "bad-argument"],
    ["treeLeaves", ["x"], "bad-argument"],
    ["spec", ["f32", 3], "bad-argument"],
    ["whileLoop", [1, 2, x], "bad-argument"],
    ["branch", [0, x], "bad-argument"],
    ["cond", ["yes", () => x, () => x], "bad-argument"],
    ["hvp", [1, [x], x], "bad-argument"],
    ["treeMap", [1, x], "bad-argument"],
    ["tril", [x, "x"], "bad-argument"],
    ["rankCorrelation", [1, 2], "bad-argument"],
    ["broadcastTo", [1, [2 ** 16, 2 ** 16]], "tensor-shape"],
    ["tensor", [endless], "tensor-shape"],
    ["treeLeaves", [endless], "bad-argument"],
    ["arange", [0, 1e300], "tensor-memory"],
  ];
  it.each(cases)("%s", (name, args, code) => {
    let thrown: unknown;
    try {
      scope(() => {
        const out = any[name]?.(...args);
        if (typeof out === "function") out(x);
        return undefined;
      });
    } catch (error) {
      thrown = error;
    }
    expect((thrown as { code?: string } | undefined)?.code ?? String(thrown)).toBe(code);
  });
});

describe("zeros below zero", () => {
  it("are what sums of nothing else are, at once and in plans of any number of rows", () => {
    const ways = { rows: [[1, 3], 0], columns: [[3, 1], 1], all: [[1], 0], many: [[40, 2], 0] } as const;
    for (const [shape, axis] of Object.values(ways)) {
      const x = t.full(shape, -0);
      for (const value of [t.sum(x, axis), t.sum(x)]) {
        expect([...t.toElements(value)].every((one) => Object.is(one, -0))).toBe(true);
      }
    }
    const plan = t.compile((x: t.Value) => t.sum(x, 0), t.spec("f32", [t.leading(4), 2]));
    for (const n of [1, 3]) expect([...t.toElements(plan.run(t.full([n, 2], -0)))]).toEqual([-0, -0]);
    expect([...t.toElements(plan.run(t.zeros([0, 2])))]).toEqual([0, 0]);
    plan.dispose();
  });
});
