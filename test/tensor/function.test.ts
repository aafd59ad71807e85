import { describe, expect } from "vitest";
import * as t from "../../src/tensor.ts";
import { close, filled, leaveNothing, test } from "./scoped.ts";
import { codeOf, numbers, of } from "./values.ts";

leaveNothing();

describe("random numbers", () => {
  test("depend on the key and the place alone", () => {
    const key = t.random.key(5);
    const few = numbers(t.random.uniform(key, [4]));
    expect(numbers(t.random.uniform(key, [2, 2]))).toEqual(few);
    expect(numbers(t.random.uniform(key, [9])).slice(0, 4)).toEqual(few);
    expect(numbers(t.random.uniform(t.random.key(6), [4]))).not.toEqual(few);
    const [a, b] = t.random.split(key) as [t.Value, t.Value];
    expect(numbers(a)).not.toEqual(numbers(b));
    expect(numbers(t.random.fold(key, 1))).not.toEqual(numbers(t.random.fold(key, 2)));
    const keys = t.random.keys(key, 3);
    const batch = t.vmap((one: t.Value) => t.random.normal(one, [2]))(keys);
    expect(numbers(batch)).toEqual(t.unstack(keys).flatMap((one) => numbers(t.random.normal(one, [2]))));
  });

  test("have the distributions that they should have", () => {
    const key = t.random.key(2026);
    const moments = (x: t.Value) => [t.item(t.mean(x)), t.item(t.std(x))] as const;
    const [mean, deviation] = moments(t.random.normal(key, [100_000], { dtype: "f64" }));
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.02);
    const [middle, spread] = moments(t.random.uniform(key, [100_000], { low: -1, high: 3 }));
    expect(Math.abs(middle - 1)).toBeLessThan(0.03);
    expect(Math.abs(spread - 4 / Math.sqrt(12))).toBeLessThan(0.03);
    const dice = numbers(t.random.randint(key, [60_000], 1, 7));
    for (let face = 1; face <= 6; face++)
      expect(Math.abs(dice.filter((x) => x === face).length - 10_000)).toBeLessThan(500);
    expect(t.item(t.mean(t.random.bernoulli(key, 0.3, [50_000])))).toBeCloseTo(0.3, 1);
    const logits = t.broadcastTo(t.log(of([0.1, 0.2, 0.7])), [50_000, 3]);
    const drawn = numbers(t.random.categorical(key, logits));
    expect(drawn.filter((x) => x === 2).length / 50_000).toBeCloseTo(0.7, 1);
    expect(numbers(t.random.permutation(key, 100)).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 100 }, (_, i) => i),
    );
    expect(new Set(numbers(t.random.choice(key, 50, 20))).size).toBe(20);
  });
});

describe("extents and ranks", () => {
  for (let rank = 0; rank <= 8; rank++)
    test(`rank ${rank}`, () => {
      const dims = Array.from({ length: rank }, (_, i) => (i % 3) + 1);
      const x = filled(dims, 20 + rank);
      const list = numbers(x);
      expect(numbers(t.add(x, t.multiply(x, 2)))).toEqual(list.map((value) => value + 2 * value));
      close(numbers(t.sum(x)), [list.reduce((a, b) => a + b, 0)]);
      expect(numbers(t.permuteDims(t.permuteDims(x)))).toEqual(list);
      expect(numbers(t.flip(t.flip(x)))).toEqual(list);
      expect(t.max(x, undefined, { keepdims: true }).dims).toEqual(dims.map(() => 1));
      close(
        numbers(t.grad((a: t.Value) => a.square().sum())(x)),
        list.map((value) => 2 * value),
      );
    });

  test("nothing is something", () => {
    const empty = t.zeros([0, 3]);
    expect(t.add(empty, 1).dims).toEqual([0, 3]);
    expect(numbers(t.sum(empty, 0))).toEqual([0, 0, 0]);
    expect(t.matmul(t.zeros([2, 0]), t.zeros([0, 3])).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(t.matmul(empty, t.zeros([3, 2])).dims).toEqual([0, 2]);
    expect(t.concat([empty, t.ones([1, 3])]).dims).toEqual([1, 3]);
    expect(t.softmax(empty).dims).toEqual([0, 3]);
    expect(t.sort(empty).dims).toEqual([0, 3]);
    expect(t.grad((x: t.Value) => x.square().sum())(empty).dims).toEqual([0, 3]);
    expect(t.tensor([]).dims).toEqual([0]);
    expect(t.conv1d(t.zeros([0, 2, 5]), t.zeros([3, 2, 2])).dims).toEqual([0, 3, 4]);
  });
});

describe("making and reading", () => {
  test("ranges in words", () => {
    const x = t.arange(24).reshape([2, 3, 4]);
    expect(t.slice(x, 1, "1:", "::-2").toArray()).toEqual([
      [19, 17],
      [23, 21],
    ]);
    expect(x.slice(":", "-1:").dims).toEqual([2, 1, 4]);
    expect(codeOf(() => t.slice(x, "3"))).toBe("tensor-index");
    expect(codeOf(() => t.slice(x, "a:b"))).toBe("tensor-index");
  });

  test("lists and typed arrays", () => {
    expect(
      t
        .tensor([
          [1, 2],
          [3, 4],
        ])
        .toArray(),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(t.tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2] }).dtype).toBe("i32");
    expect(t.tensor([true, false]).toArray()).toEqual([true, false]);
    expect(t.tensor([1.9, -1.9, Number.NaN, 1e12], { dtype: "i32" }).toArray()).toEqual([1, -1, 0, 0x7fffffff]);
    expect(t.tensor(7).item()).toBe(7);
    expect(t.eye(2, 3, { k: 1 }).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(t.arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(t.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(t.full([2], 3, { dtype: "u8" }).toArray()).toEqual([3, 3]);
    expect(t.zerosLike(t.ones([2], { dtype: "i32" })).dtype).toBe("i32");
  });

  test("results are never arguments: disposing one leaves the other", () => {
    const x = t.ones([2, 3]);
    const results = [
      t.reshape(x, [2, 3]),
      t.permuteDims(x, [0, 1]),
      t.swapaxes(x, 1, 1),
      t.moveaxis(x, 0, 0),
      t.squeeze(x),
      t.broadcastTo(x, [2, 3]),
      ...t.broadcastArrays(x, x),
      t.flip(x, []),
      t.slice(x),
      t.slice(x, { start: 0 }),
      t.roll(x, 0, 0),
      t.tile(x, [1]),
      t.clip(x),
      t.astype(x, "f32"),
      t.concat([x]),
      t.einsum("ij->ij", x),
      t.dynamicSlice(x, [0, 0], [2, 3]),
      t.dynamicUpdate(t.zeros([2, 3]), x, [0, 0]),
      t.sum(x, []),
      t.stopGradient(x),
      t.floor(x),
    ];
    for (const result of results) (result as t.Tensor).dispose();
    expect(numbers(x)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("prints like NumPy", () => {
    expect(
      String(
        t.tensor([
          [0.1, 2],
          [-3, 1e-7],
        ]),
      ),
    ).toBe("[[0.1, 2],\n [-3, 1e-7]]");
    expect(String(t.arange(100))).toBe("[0, 1, 2, ..., 97, 98, 99]");
    expect(String(t.tensor([true]))).toBe("[true]");
  });
});

describe("errors", () => {
  const elsewhere = new t.TensorArena({ bytesMax: 1 << 22 });
  const x = () => t.zeros([2, 3]);
  const table: readonly (readonly [string, string, () => unknown])[] = [
    ["shapes that do not broadcast", "tensor-shape", () => t.add(x(), t.zeros([2, 4]))],
    ["inner extents of a product", "tensor-shape", () => t.matmul(x(), x())],
    ["an axis that is not there", "tensor-shape", () => t.sum(x(), 2)],
    ["an axis named twice", "tensor-shape", () => t.sum(x(), [0, -2])],
    ["too few elements", "tensor-shape", () => t.reshape(x(), [4, 2])],
    ["parts of other shapes", "tensor-shape", () => t.concat([x(), t.zeros([3, 2])], 0)],
    ["ranks above 8", "tensor-shape", () => t.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])],
    ["ragged lists", "tensor-shape", () => t.tensor([[1, 2], [3]])],
    ["no largest of nothing", "tensor-shape", () => t.argmax(t.zeros([0]))],
    ["channels that do not fit", "tensor-shape", () => t.conv1d(t.zeros([1, 3, 5]), t.zeros([2, 2, 2]))],
    ["a kernel that is too long", "tensor-shape", () => t.conv1d(t.zeros([1, 3, 5]), t.zeros([2, 3, 6]))],
    ["an index outside", "tensor-index", () => t.take(x(), [0, 2], 0)],
    ["an index outside from the end", "tensor-index", () => t.take(x(), [-3], 0)],
    ["an index in a scatter", "tensor-index", () => t.scatter(x(), [5], 1)],
    ["an index that is no integer", "tensor-index", () => t.take(x(), [0.5], 0)],
    ["an element that is not there", "tensor-index", () => t.slice(x(), 2)],
    ["a step of 0", "tensor-index", () => t.slice(x(), { step: 0 })],
    ["float indices", "tensor-dtype", () => t.take(x(), t.zeros([1]), 0)],
    ["negative of bool", "tensor-dtype", () => t.negative(t.tensor([true]))],
    ["bits of floats", "tensor-dtype", () => t.bitwiseAnd(x(), x())],
    ["a type that is none", "tensor-dtype", () => t.zeros([2], { dtype: "float32" as never })],
    ["a cast to what is no type", "tensor-dtype", () => t.astype(x(), "int" as never)],
    ["no end", "tensor-value", () => t.arange(0, 1, 0)],
    ["a seed that is none", "tensor-value", () => t.random.key(-1)],
    ["an empty range", "tensor-value", () => t.random.randint(t.random.key(1), [2], 3, 3)],
    ["a formula without sense", "tensor-shape", () => t.einsum("ij->k", x())],
    [
      "operands of two arenas",
      "tensor-memory",
      () =>
        t.add(
          t.useArena(elsewhere, () => t.ones([20])),
          t.ones([20]),
        ),
    ],
    [
      "more than an open extent",
      "tensor-plan",
      () => t.compile((a: t.Value) => t.concat([a, t.ones([1, 3])]), t.spec("f32", [t.leading(4), 3])),
    ],
    [
      "a part of an open extent",
      "tensor-plan",
      () => t.compile((a: t.Value) => t.slice(a, { stop: 2 }), t.spec("f32", [t.leading(4), 3])),
    ],
    [
      "an open extent backwards",
      "tensor-traced",
      () => t.compile((a: t.Value) => t.flip(a, 0), t.spec("f32", [t.leading(4), 3])),
    ],
    [
      "padding of an open extent",
      "tensor-plan",
      () =>
        t.compile(
          (a: t.Value) =>
            t.pad(a, [
              [1, 0],
              [0, 0],
            ]),
          t.spec("f32", [t.leading(4), 3]),
        ),
    ],
    [
      "the shape of an open extent",
      "tensor-traced",
      () => t.compile((a: t.Value) => t.reshape(a, a.shape), t.spec("f32", [t.leading(4), 3])),
    ],
    ["reading while tracing", "tensor-traced", () => t.grad((a: t.Value) => t.multiply(a, a.item()))(t.tensor(2))],
    ["half a place", "tensor-shape", () => t.roll(x(), 0.5, 0)],
    ["too few starts", "tensor-shape", () => t.dynamicSlice(x(), [0], [1])],
    ["more starts than axes", "tensor-shape", () => t.dynamicUpdate(x(), t.ones([1]), [0])],
    ["letters of two extents", "tensor-shape", () => t.einsum("ii", x())],
  ];
  for (const [name, code, act] of table) test(name, () => expect(codeOf(act)).toBe(code));

  test("a tensor that is gone", () => {
    const gone = t.zeros([2]);
    gone.dispose();
    expect(codeOf(() => t.add(gone, 1))).toBe("tensor-disposed");
    expect(codeOf(() => t.exp(gone))).toBe("tensor-disposed");
    expect(codeOf(() => t.reshape(gone, [1, 2]))).toBe("tensor-disposed");
  });

  test("messages name the operation, the shapes and the axis", () => {
    expect(() => t.matmul(t.zeros([2, 3]), t.zeros([4, 5]))).toThrow(
      "matmul: [2, 3] and [4, 5]: axis -1 of the first is 3, axis -2 of the second 4.",
    );
    expect(() => t.add(t.zeros([2, 3]), t.zeros([2, 4]))).toThrow(
      "add: [2, 3] and [2, 4]: axis -1 is 3 and 4; extents must be equal, or one of them 1.",
    );
  });
});
