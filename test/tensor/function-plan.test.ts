import { describe, expect, it } from "vitest";
import * as t from "../../src/tensor.ts";
import { numbers, of, random } from "./values.ts";

const key = t.random.key(3);
const kernel1 = of(random(2 * 3 * 2, 1), [2, 3, 2], "f32");
const kernel2 = of(random(4 * 2 * 2 * 2, 2), [4, 2, 2, 2], "f32");
const weight = of(random(12, 3), [4, 3], "f32");

/** Functions of a tensor whose first extent is open, and the other extents. */
const table: Readonly<Record<string, readonly [dims: readonly number[], f: (x: t.Value) => t.Value]>> = {
  "a sum of all": [[4], (x) => t.sum(x)],
  "the mean of all": [[4], (x) => t.mean(x)],
  "a mean over rows": [[4], (x) => t.mean(x, 0)],
  "a variance over rows": [[4], (x) => t.variance(x, 0, { correction: 1 })],
  "a mean with kept axes": [[4], (x) => t.subtract(x, t.mean(x, 0, { keepdims: true }))],
  softmax: [[4], (x) => t.softmax(x)],
  "softmax over rows": [[4], (x) => t.softmax(x, 0)],
  logSumExp: [[4], (x) => t.logSumExp(x, 1)],
  layerNorm: [[4], (x) => t.layerNorm(x, { weight: t.ones([4]), bias: t.ones([4]) })],
  "a layer": [[4], (x) => t.relu(t.add(t.matmul(x, weight), t.ones([3])))],
  gelu: [[4], (x) => t.gelu(x)],
  "a product with its transpose": [[4], (x) => t.matmul(x, t.matrixTranspose(x))],
  "a product of transposes": [[4], (x) => t.matmul(t.matrixTranspose(x), x)],
  reshape: [[4], (x) => t.reshape(x, [-1, 2, 2])],
  flatten: [[4], (x) => t.flatten(x)],
  permuteDims: [[4, 2], (x) => t.copy(t.permuteDims(x, [2, 0, 1]))],
  "flip of columns": [[4], (x) => t.flip(x, 1)],
  "slice of columns": [[4], (x) => t.slice(x, null, { start: 1, step: 2 })],
  "roll of columns": [[4], (x) => t.roll(x, 1, 1)],
  "tile of columns": [[4], (x) => t.tile(x, [1, 2])],
  "pad of columns": [
    [4],
    (x) =>
      t.pad(x, [
        [0, 0],
        [1, 2],
      ]),
  ],
  "concat of columns": [[4], (x) => t.concat([x, t.square(x)], 1)],
  stack: [[4], (x) => t.stack([x, t.exp(x)], 1)],
  split: [[4], (x) => t.add(...(t.split(x, 2, 1) as [t.Value, t.Value]))],
  where: [[4], (x) => t.where(t.greater(x, 0), x, t.zerosLike(x))],
  clip: [[4], (x) => t.clip(x, -0.5, 0.5)],
  sort: [[4], (x) => t.sort(x)],
  "sort of columns": [[4], (x) => t.sort(x, 0)],
  topK: [[4], (x) => t.topK(x, 2).values],
  argmax: [[4], (x) => t.argmax(x, 1)],
  cumulativeSum: [[4], (x) => t.cumulativeSum(x, 0)],
  "take of columns": [[4], (x) => t.take(x, [0, -1], 1)],
  "take of rows": [[4], (x) => t.take(x, t.argsort(t.slice(x, null, 0)), 0)],
  scatter: [[4], (x) => t.scatter(t.zeros([5]), t.argmax(x, 1), 1, { kind: "add" })],
  oneHot: [[4], (x) => t.oneHot(t.argmax(x, 1), 4)],
  conv1d: [[3, 6], (x) => t.conv1d(x, kernel1, { padding: 1 })],
  conv2d: [[4, 5, 4], (x) => t.conv2d(x, kernel2, { stride: 2, padding: 1, groups: 2 })],
  maxPool: [[2, 4, 4], (x) => t.maxPool(x, [2, 2])],
  attention: [[5, 4], (x) => t.attention(x, x, x, { causal: true })],
  einsum: [[4], (x) => t.einsum("nd,de->ne", x, weight)],
  "einsum over rows": [[4], (x) => t.einsum("nd,ne->de", x, x)],
  cholesky: [[3, 2], (x) => t.cholesky(t.add(t.matmul(x, t.matrixTranspose(x)), t.eye(3)))],
  solve: [[3, 3], (x) => t.solve(t.add(x, t.multiply(t.eye(3), 4)), x)],
  det: [[3, 3], (x) => t.det(x)],
  norm: [[4], (x) => t.norm(x, 1)],
  "noise beside each row": [[4], (x) => t.add(x, t.random.normal(key, x.dims))],
  "a draw for each row": [[4], (x) => t.random.categorical(key, x)],
  "axisSize as a factor": [[4], (x) => t.multiply(x, t.axisSize(x, 0))],
  "a derivative of the mean": [[4], (x) => t.grad((y: t.Value) => t.mean(t.square(y)))(x) as t.Value],
  "a derivative of a loss": [
    [4],
    (x) => t.grad((w: t.Value) => t.mean(t.logSumExp(t.matmul(x, w), 1)))(weight) as t.Value,
  ],
  "a derivative of conv1d": [
    [3, 6],
    (x) => t.grad((w: t.Value) => t.mean(t.square(t.conv1d(x, w))))(kernel1) as t.Value,
  ],
  "a derivative of prod": [[4], (x) => t.grad((y: t.Value) => t.sum(t.prod(y, 1)))(x) as t.Value],
};

describe("functions in plans with an open first extent give the bits of eager ones", () => {
  it.each(Object.entries(table))("%s", (_, [dims, f]) => {
    const live = t.currentArena().live;
    t.scope(() => {
      const plan = t.compile<[t.Value], t.Value>(f, t.spec("f32", [t.leading(40), ...dims]));
      for (const n of [1, 3, 40, 17]) {
        const x = of(
          random(
            dims.reduce((a, b) => a * b, n),
            n,
          ),
          [n, ...dims],
          "f32",
        );
        const [got, expected] = [plan.run(x) as t.Tensor, f(x)];
        expect(got.dims).toEqual(expected.dims);
        expect(numbers(got)).toEqual(numbers(expected));
      }
      plan.dispose();
      return undefined;
    });
    expect(t.currentArena().live).toBe(live);
  });
});
