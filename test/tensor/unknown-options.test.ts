import { expect, test } from "vitest";
import * as t from "../../src/tensor.ts";

const arena = new t.TensorArena({ bytesMax: 1 << 24 });
const { nn, random } = t;
const v = () => t.tensor([1, 2, 3]);
const m = () =>
  t.tensor([
    [2, 1],
    [0, 3],
  ]);
const image = () => t.ones([1, 4, 4, 1]);
const kernel = () => t.ones([2, 2, 1, 1]);
const fitted = () => ({
  parameters: { w: t.ones([2, 1]) },
  loss: (p: { w: t.Value }, { x }: { x: t.Value }) => t.sum(t.matmul(x, p.w)),
  optimizer: t.sgd({ rate: 0.1 }),
  data: { x: t.ones([2, 2]) },
  epochs: 1,
});
const rows = [[1], [2], [3], [4], [5], [6]];
const targets = [1, 2, 3, 4, 5, 6];

/** The message with `wrong` for what does not exist, and what is called, with options that are right without it. */
const calls: readonly [said: string, call: (given: never) => unknown, options?: () => object][] = [
  ["TensorArena: wrong; there are bytesMax, jobs.", (o) => new t.TensorArena(o)],
  ["tensor: wrong; there are dtype, shape.", (o) => t.tensor([1], o)],
  ["full: wrong; there are dtype.", (o) => t.zeros([2], o)],
  ["full: wrong; there are dtype.", (o) => t.ones([2], o)],
  ["full: wrong; there are dtype.", (o) => t.full([2], 3, o)],
  ["fullLike: wrong; there are dtype.", (o) => t.zerosLike(v(), o)],
  ["fullLike: wrong; there are dtype.", (o) => t.onesLike(v(), o)],
  ["fullLike: wrong; there are dtype.", (o) => t.fullLike(v(), 3, o)],
  ["arange: wrong; there are dtype.", (o) => t.arange(0, 3, 1, o)],
  ["linspace: wrong; there are dtype, endpoint.", (o) => t.linspace(0, 1, 3, o)],
  ["eye: wrong; there are k, dtype.", (o) => t.eye(2, 2, o)],
  ["slice: wrong; there are start, stop, step.", (range) => t.slice(v(), range)],
  ["gelu: wrong; there are approximate.", (o) => t.gelu(v(), o)],
  ["logSumExp: wrong; there are keepdims.", (o) => t.logSumExp(v(), 0, o)],
  ["layerNorm: wrong; there are axes, weight, bias, epsilon.", (o) => t.layerNorm(v(), o)],
  ["rmsNorm: wrong; there are axes, weight, epsilon.", (o) => t.rmsNorm(v(), o)],
  ["attention: wrong; there are mask, causal, scale.", (o) => t.attention(m(), m(), m(), o)],
  [
    "conv1d: wrong; there are stride, padding, dilation, groups.",
    (o) => t.conv1d(t.ones([1, 4, 1]), t.ones([2, 1, 1]), o),
  ],
  ["conv2d: wrong; there are stride, padding, dilation, groups.", (o) => t.conv2d(image(), kernel(), o)],
  ["maxPool: wrong; there are stride, padding.", (o) => t.maxPool(image(), [2, 2], o)],
  ["avgPool: wrong; there are stride, padding.", (o) => t.avgPool(image(), [2, 2], o)],
  ["scatter: wrong; there are axis, kind.", (o) => t.scatter(v(), [0], t.tensor([9]), o)],
  [
    "putAlongAxis: wrong; there are axis, kind.",
    (o) => t.putAlongAxis(v(), t.tensor([0], { dtype: "i32" }), t.tensor([9]), o),
  ],
  ["sort: wrong; there are descending.", (o) => t.sort(v(), 0, o)],
  ["argsort: wrong; there are descending.", (o) => t.argsort(v(), 0, o)],
  ["solveTriangular: wrong; there are upper, unitDiagonal.", (o) => t.solveTriangular(m(), m(), o)],
  ["random.uniform: wrong; there are low, high, dtype.", (o) => random.uniform(random.key(1), [2], o)],
  ["random.normal: wrong; there are dtype.", (o) => random.normal(random.key(1), [2], o)],
  ["sum: wrong; there are keepdims.", (o) => t.sum(v(), 0, o)],
  ["prod: wrong; there are keepdims.", (o) => t.prod(v(), 0, o)],
  ["max: wrong; there are keepdims.", (o) => t.max(v(), 0, o)],
  ["min: wrong; there are keepdims.", (o) => t.min(v(), 0, o)],
  ["any: wrong; there are keepdims.", (o) => t.any(v(), 0, o)],
  ["all: wrong; there are keepdims.", (o) => t.all(v(), 0, o)],
  ["argmax: wrong; there are keepdims.", (o) => t.argmax(v(), 0, o)],
  ["argmin: wrong; there are keepdims.", (o) => t.argmin(v(), 0, o)],
  ["sum: wrong; there are keepdims.", (o) => t.mean(v(), 0, o)],
  ["variance: wrong; there are correction, keepdims.", (o) => t.variance(v(), 0, o)],
  ["variance: wrong; there are correction, keepdims.", (o) => t.std(v(), 0, o)],
  ["norm: wrong; there are ord, keepdims.", (o) => t.norm(v(), 0, o)],
  ["cumulativeSum: wrong; there are reverse.", (o) => t.cumulativeSum(v(), 0, o)],
  ["cumulativeProd: wrong; there are reverse.", (o) => t.cumulativeProd(v(), 0, o)],
  ["cumulativeMax: wrong; there are reverse.", (o) => t.cumulativeMax(v(), 0, o)],
  ["cumulativeMin: wrong; there are reverse.", (o) => t.cumulativeMin(v(), 0, o)],
  ["scan: wrong; there are length, reverse.", (o) => t.scan((carry: t.Value, x: t.Value) => [carry, x], v(), v(), o)],
  ["linear: wrong; there are bias, init, biasInit, dtype.", (o) => nn.linear(2, 3, o)],
  ["conv1d: wrong; there are", (o) => nn.conv1d(1, 2, 3, o)],
  ["conv2d: wrong; there are", (o) => nn.conv2d(1, 2, [3, 3], o)],
  ["layerNorm: wrong; there are epsilon, dtype.", (o) => nn.layerNorm(4, o)],
  ["embedding: wrong; there are init, dtype.", (o) => nn.embedding(4, 2, o)],
  ["multiHeadAttention: wrong; there are causal, init, dtype.", (o) => nn.multiHeadAttention(4, 2, o)],
  ["gru: wrong; there are init, dtype.", (o) => nn.gru(2, 3, o)],
  ["fit: wrong; there are parameters, loss, optimizer, data,", (o) => t.fit(o), fitted],
  ["sgd: wrong; there are rate, momentum, nesterov, weightDecay.", (o) => t.sgd(o), () => ({ rate: 0.1 })],
  ["adam: wrong; there are rate, beta1, beta2, epsilon, weightDecay.", (o) => t.adam(o), () => ({ rate: 0.1 })],
  ["adamW: wrong; there are rate, beta1, beta2, epsilon, weightDecay.", (o) => t.adamW(o), () => ({ rate: 0.1 })],
  ["rmsProp: wrong; there are rate, decay, epsilon, momentum.", (o) => t.rmsProp(o), () => ({ rate: 0.1 })],
  [
    "exponentialDecay: wrong; there are factor, steps, staircase.",
    (o) => t.exponentialDecay(0.1, o),
    () => ({ factor: 0.5, steps: 9 }),
  ],
  ["cosineDecay: wrong; there are steps, end.", (o) => t.cosineDecay(0.1, o), () => ({ steps: 9 })],
  ["linearDecay: wrong; there are steps, end.", (o) => t.linearDecay(0.1, o), () => ({ steps: 9 })],
  ["ridge: wrong; there are penalty.", (o) => t.ridge(o)],
  ["nonNegative: wrong; there are intercept.", (o) => t.nonNegative(o)],
  ["perceptron: wrong; there are hidden, epochs, batch, rate, seed.", (o) => t.perceptron(o)],
  ["boostedTrees: wrong; there are", (o) => t.boostedTrees(o)],
  ["crossValidate: wrong; there are folds, seed.", (o) => t.crossValidate(t.ridge(), rows, targets, o)],
  ["withIntervals: wrong; there are coverage, folds, seed.", (o) => t.withIntervals(t.ridge(), rows, targets, o)],
];

test.each(calls)("an option that does not exist is refused, and nothing is left: %s", (said, call, options) => {
  t.useArena(arena, () => {
    t.scope(() => {
      const given = { ...options?.(), misspelt: undefined };
      const refused = expect.objectContaining({
        code: "bad-argument",
        message: expect.stringContaining(said.replace("wrong", "there is no option misspelt")),
      });
      expect(() => call(given as never)).toThrow(refused);
      return undefined;
    });
    expect(arena.live).toBe(0);
  });
});
