import * as t from "../../src/tensor.ts";
import { type Case, i, key, m, of, parameters, v } from "./misuse-cases.ts";

const makers = { sgd: t.sgd, adam: t.adam, adamW: t.adamW, rmsProp: t.rmsProp };

const losses: Case[] = [
  of("crossEntropy", () => [m(), t.tensor([0, 1], { dtype: "i32" })]),
  {
    name: "huber",
    call: (delta: number) => t.huber(delta)(v(), v()),
    args: () => [1],
    strict: true,
    accepts: ["0=fraction", "0=huge", "0=undefined"],
  },
];

/** Steps once with an optimiser. */
function stepped<S extends t.Tree>(optimizer: t.Optimizer<S>): unknown {
  const [p, g] = [parameters(), parameters()];
  return t.scope(() => optimizer.update(p, g, optimizer.init(p)));
}

/** What any rate and scale takes, and what is in place of a default. */
const aRate = ["0.rate=fraction", "0.rate=huge", "0.rate=function"];
const defaults = (...names: readonly string[]) => names.map((name) => `0.${name}=undefined`);

const optimisers: Case[] = [
  {
    name: "sgd",
    call: (options: t.SgdOptions) => stepped(t.sgd(options)),
    args: () => [{ rate: 0.1, momentum: 0.5, nesterov: true, weightDecay: 0.1 }],
    strict: true,
    accepts: [
      ...aRate,
      ...defaults("momentum", "nesterov", "weightDecay"),
      "0.nesterov=yes",
      "0.weightDecay=fraction",
      "0.weightDecay=huge",
    ],
  },
  {
    name: "adam",
    call: (options: t.AdamOptions) => stepped(t.adam(options)),
    args: () => [{ rate: 0.1, beta1: 0.5, beta2: 0.5, epsilon: 1e-8, weightDecay: 0.1 }],
    strict: true,
    accepts: [
      ...aRate,
      ...defaults("beta1", "beta2", "epsilon", "weightDecay"),
      "0.weightDecay=fraction",
      "0.weightDecay=huge",
    ],
  },
  {
    name: "adamW",
    call: (options: t.AdamOptions) => stepped(t.adamW(options)),
    args: () => [{ rate: 0.1, beta1: 0.5, beta2: 0.5, epsilon: 1e-8, weightDecay: 0.1 }],
    strict: true,
    accepts: [
      ...aRate,
      ...defaults("beta1", "beta2", "epsilon", "weightDecay"),
      "0.weightDecay=fraction",
      "0.weightDecay=huge",
    ],
  },
  {
    name: "rmsProp",
    call: (options: t.RmsPropOptions) => stepped(t.rmsProp(options)),
    args: () => [{ rate: 0.1, decay: 0.5, epsilon: 1e-8, momentum: 0.5 }],
    strict: true,
    accepts: [...aRate, ...defaults("decay", "epsilon", "momentum")],
  },
  ...(["sgd", "adam", "adamW", "rmsProp"] as const).flatMap((name): Case[] => {
    const moving = name === "sgd" || name === "rmsProp" ? { rate: 0.1, momentum: 0.5 } : { rate: 0.1 };
    return [
      { name: `${name}.init`, call: (p: t.Tree) => makers[name]({ rate: 0.1 }).init(p), args: () => [parameters()] },
      {
        name: `${name}.update`,
        call: (p: t.Tree, g: t.Tree, s: never) => (makers[name](moving) as t.Optimizer<never>).update(p, g, s),
        args: () => [parameters(), parameters(), makers[name](moving).init(parameters())],
        strict: true,
      },
    ];
  }),
  {
    name: "exponentialDecay",
    call: (rate: number, options: never) => t.exponentialDecay(rate, options)(t.tensor(2)),
    args: () => [0.1, { factor: 0.5, steps: 10, staircase: true }],
    strict: true,
    accepts: ["0=fraction", "0=huge", "1.staircase=undefined", "1.staircase=yes"],
  },
  {
    name: "cosineDecay",
    call: (rate: number, options: never) => t.cosineDecay(rate, options)(t.tensor(2)),
    args: () => [0.1, { steps: 10, end: 0.01 }],
    strict: true,
    accepts: ["0=fraction", "0=huge", "1.end=fraction", "1.end=huge", "1.end=undefined"],
  },
  {
    name: "linearDecay",
    call: (rate: number, options: never) => t.linearDecay(rate, options)(t.tensor(2)),
    args: () => [0.1, { steps: 10, end: 0.01 }],
    strict: true,
    accepts: ["0=fraction", "0=huge", "1.end=fraction", "1.end=huge", "1.end=undefined"],
  },
  {
    name: "warmup",
    call: (steps: number, after: never) => t.warmup(steps, after)(t.tensor(2)),
    args: () => [10, 0.1],
    strict: true,
    accepts: ["1=fraction", "1=huge", "1=function"],
  },
  of("clipByNorm", () => [parameters(), 1], {
    strict: true,
    accepts: ["1=fraction", "1=huge", "0=*", "0.w=*", "0.b=*"],
  }),
  of("clipByValue", () => [parameters(), 1], {
    strict: true,
    accepts: ["1=fraction", "1=huge", "0=*", "0.w=*", "0.b=*"],
  }),
];

const build = (layer: t.Layer, x: () => t.Value) => t.scope(() => layer.apply(layer.init(key()), x()));

const layers: Case[] = [
  {
    name: "nn.linear",
    call: (a: number, b: number, options: never) => build(t.nn.linear(a, b, options) as never, () => t.ones([4, 2])),
    args: () => [2, 3, { bias: true, init: t.nn.glorotUniform, biasInit: t.nn.zerosInit, dtype: "f32" }],
    strict: true,
    accepts: [
      "2=undefined",
      "2.bias=undefined",
      "2.bias=yes",
      "2.init=undefined",
      "2.biasInit=undefined",
      "2.dtype=undefined",
      "2.biasInit=function",
    ],
  },
  {
    name: "nn.conv1d",
    call: (a: number, b: number, w: number, options: never) =>
      build(t.nn.conv1d(a, b, w, options) as never, () => t.ones([1, 2, 9])),
    args: () => [
      2,
      3,
      2,
      { bias: true, init: t.nn.heNormal, dtype: "f32", stride: 1, padding: 1, dilation: 1, groups: 1 },
    ],
    strict: true,
    accepts: [
      "3=undefined",
      ...["bias", "init", "dtype", "stride", "padding", "dilation", "groups"].map((name) => `3.${name}=undefined`),
      "3.bias=yes",
      "3.stride=huge",
    ],
  },
  {
    name: "nn.conv2d",
    call: (a: number, b: number, w: never, options: never) =>
      build(t.nn.conv2d(a, b, w, options) as never, () => t.ones([1, 2, 9, 9])),
    args: () => [
      2,
      3,
      [2, 2],
      { bias: true, init: t.nn.heNormal, dtype: "f32", stride: 1, padding: 1, dilation: 1, groups: 1 },
    ],
    strict: true,
    accepts: [
      "3=undefined",
      ...["bias", "init", "dtype", "stride", "padding", "dilation", "groups"].map((name) => `3.${name}=undefined`),
      "3.bias=yes",
      "3.stride=huge",
    ],
  },
  {
    name: "nn.layerNorm",
    call: (size: number, options: never) => build(t.nn.layerNorm(size, options) as never, () => t.ones([4, 2])),
    args: () => [2, { epsilon: 1e-5, dtype: "f32" }],
    strict: true,
    accepts: ["1=undefined", "1.epsilon=undefined", "1.dtype=undefined"],
  },
  {
    name: "nn.embedding",
    call: (count: number, size: number, options: never) =>
      build(t.nn.embedding(count, size, options) as never, () => i()),
    args: () => [4, 2, { init: t.nn.onesInit, dtype: "f32" }],
    strict: true,
    accepts: ["2=undefined", "2.init=undefined", "2.dtype=undefined"],
  },
  {
    name: "nn.multiHeadAttention",
    call: (size: number, heads: number, options: never) =>
      build(t.nn.multiHeadAttention(size, heads, options) as never, () => t.ones([1, 3, 4])),
    args: () => [4, 2, { causal: true, init: t.nn.glorotUniform, dtype: "f32" }],
    strict: true,
    accepts: ["2=undefined", "2.causal=undefined", "2.causal=yes", "2.init=undefined", "2.dtype=undefined"],
  },
  {
    name: "nn.gru",
    call: (inputs: number, size: number, options: never) =>
      build(t.nn.gru(inputs, size, options) as never, () => t.ones([3, 1, 2])),
    args: () => [2, 3, { init: t.nn.fanInUniform, dtype: "f32" }],
    strict: true,
    accepts: ["2=undefined", "2.init=undefined", "2.dtype=undefined"],
  },
  {
    name: "nn.sequential",
    call: (...parts: never[]) => build(t.nn.sequential(...parts), () => t.ones([4, 2])),
    args: () => [t.nn.linear(2, 3), t.relu],
    strict: true,
    accepts: ["0=function", "0.apply=function", "1=function"],
  },
  {
    name: "nn.normalInit",
    call: (d: number) => t.scope(() => t.nn.linear(2, 2, { init: t.nn.normalInit(d) }).init(key())),
    args: () => [1],
    strict: true,
    accepts: ["0=fraction", "0=huge"],
  },
  ...(
    [
      ["linear", () => t.nn.linear(2, 3), () => t.ones([4, 2])],
      ["gru", () => t.nn.gru(2, 3), () => t.ones([3, 1, 2])],
      ["conv1d", () => t.nn.conv1d(2, 3, 2), () => t.ones([1, 2, 9])],
      ["layerNorm", () => t.nn.layerNorm(2), () => t.ones([4, 2])],
      ["embedding", () => t.nn.embedding(4, 2), i],
      ["multiHeadAttention", () => t.nn.multiHeadAttention(4, 2), () => t.ones([1, 3, 4])],
      ["sequential", () => t.nn.sequential(t.nn.linear(2, 3), t.relu), () => t.ones([4, 2])],
    ] as [string, () => t.Layer, () => t.Value][]
  ).flatMap(([name, make, input]): Case[] => [
    { name: `nn.${name} init`, call: (k: t.Value) => make().init(k), args: () => [key()] },
    {
      name: `nn.${name} apply`,
      call: (p: never, x: t.Value) => make().apply(p, x),
      args: () => [make().init(key()), input()],
    },
  ]),
];

export const layerCases: readonly Case[] = [...losses, ...optimisers, ...layers];
