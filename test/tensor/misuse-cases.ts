import * as t from "../../src/tensor.ts";
import { wrongs } from "../wrongs.ts";

/** A public function with arguments that it takes, all options given; each place of them is then filled with what is wrong. */
export interface Case {
  readonly name: string;
  readonly call: (...args: never[]) => unknown;
  /** Fresh ones. */
  readonly args: () => unknown[];
  /** Nothing of {@link tensorWrongs} may be accepted, but what `accepts` names. */
  readonly strict?: boolean;
  /** Of a strict case: what is accepted after all, `place=kind`. */
  readonly accepts?: readonly string[];
  /** What would take too long, `place=kind`. */
  readonly skip?: readonly string[];
}

/** What is put in each place: by kind. */
export const tensorWrongs: Readonly<Record<string, () => unknown>> = {
  ...wrongs,
  huge: () => 1e9,
  odd: () => t.ones([7, 2]),
  bool: () => t.tensor([true, false, true]),
  disposed: () => {
    const gone = t.ones([3]);
    gone.dispose();
    return gone;
  },
};

export const v = () => t.tensor([1, 2, 3]);
export const m = () =>
  t.tensor(
    [
      [4, 1],
      [1, 3],
    ].map((row) => [...row]),
  );
export const i = () => t.tensor([2, 0, 1], { dtype: "i32" });
export const square = (x: t.Value) => t.sum(t.multiply(x, x));
export const parameters = () => ({ w: v(), b: t.tensor([0.5, 0.25]) });
export const key = () => t.random.key(1);

const unary = Object.entries({
  ...pick("bitwiseInvert logicalNot isnan isfinite isinf negative abs sign square floor ceil trunc round sqrt rsqrt"),
  ...pick(
    "reciprocal exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc",
  ),
  ...pick("relu sigmoid silu softplus logSigmoid hardSigmoid stopGradient signbit nonzero flatten copy"),
  ...pick("broadcastArrays globalNorm toArray toElements item format treeLeaves disposeTree watch zerosLike onesLike"),
}).map(
  ([name, call]): Case => ({
    name,
    call,
    args: () => [name === "bitwiseInvert" ? i() : name === "item" ? t.tensor(1) : v()],
  }),
);

const binary = Object.entries({
  ...pick(
    "add subtract multiply divide floorDivide remainder pow atan2 maximum minimum bitwiseAnd bitwiseOr bitwiseXor",
  ),
  ...pick("bitwiseLeftShift bitwiseRightShift logicalAnd logicalOr logicalXor equal notEqual less lessEqual greater"),
  ...pick("greaterEqual hypot logaddexp copysign cross outer arrayEqual meanSquaredError meanAbsoluteError"),
  ...pick("softCrossEntropy binaryCrossEntropy"),
}).map(([name, call]): Case => ({ name, call, args: () => (name.startsWith("bitwise") ? [i(), i()] : [v(), v()]) }));

const matrices = Object.entries(pick("matrixTranspose cholesky inv det trace diagonal")).map(
  ([name, call]): Case => ({ name, call, args: () => [m()] }),
);

const reductions = Object.entries(pick("sum prod max min any all argmax argmin mean logSumExp")).map(
  ([name, call]): Case => ({ name, call, args: () => [m(), name.startsWith("arg") ? 0 : [0], { keepdims: true }] }),
);

const cumulative = Object.entries(pick("cumulativeSum cumulativeProd cumulativeMax cumulativeMin")).map(
  ([name, call]): Case => ({ name, call, args: () => [m(), 0, { reverse: true }] }),
);

export function of(name: string, args: () => unknown[], more: Partial<Case> = {}): Case {
  return { name, call: pick(name)[name]!, args, ...more };
}

const functions: Case[] = [
  of("tensor", () => [[1, 2, 3], { dtype: "f32", shape: [3] }]),
  of("fromElements", () => [new Float32Array(3), [3], "f32"]),
  of("zeros", () => [[2, 3], { dtype: "f32" }]),
  of("ones", () => [[2, 3], { dtype: "f32" }]),
  of("full", () => [[2, 3], 1, { dtype: "i32" }]),
  of("fullLike", () => [v(), 1, { dtype: "i32" }]),
  of("arange", () => [0, 5, 1, { dtype: "f32" }]),
  of("linspace", () => [0, 5, 3, { dtype: "f32", endpoint: false }]),
  of("eye", () => [2, 3, { dtype: "f32", k: 1 }]),
  of("meshgrid", () => [v(), v()]),
  of("where", () => [t.tensor([true, false, true]), v(), v()]),
  of("clip", () => [v(), 0, 1]),
  of("astype", () => [v(), "i32"]),
  of("leakyRelu", () => [v(), 0.1]),
  of("elu", () => [v(), 1]),
  of("gelu", () => [v(), { approximate: "tanh" }]),
  of("softmax", () => [m(), [0]]),
  of("logSoftmax", () => [m(), [0]]),
  of("layerNorm", () => [m(), { axes: [1], weight: t.ones([2]), bias: t.ones([2]), epsilon: 1e-5 }]),
  of("rmsNorm", () => [m(), { axes: [1], weight: t.ones([2]), epsilon: 1e-5 }]),
  of("attention", () => [
    m(),
    m(),
    m(),
    {
      mask: t.tensor([
        [true, false],
        [true, true],
      ]),
      causal: true,
    },
  ]),
  of("conv1d", () => [t.ones([1, 2, 5]), t.ones([3, 2, 2]), { stride: 1, padding: 1, dilation: 1, groups: 1 }]),
  of("conv2d", () => [
    t.ones([1, 2, 5, 5]),
    t.ones([3, 2, 2, 2]),
    { stride: [1, 1], padding: "same", dilation: [1, 1], groups: 1 },
  ]),
  of("maxPool", () => [t.ones([4, 4]), [2, 2], { stride: 1, padding: 0 }]),
  of("avgPool", () => [t.ones([4, 4]), [2, 2], { stride: [1, 1], padding: [0, 0] }]),
  of("diff", () => [v(), 0]),
  of("countNonzero", () => [v(), [0]]),
  of("einsum", () => ["ij,jk->ik", m(), m()]),
  of("take", () => [v(), i(), 0]),
  of("takeAlongAxis", () => [v(), i(), 0]),
  of("scatter", () => [v(), i(), v(), { axis: 0, kind: "add" }]),
  of("putAlongAxis", () => [v(), i(), v(), { axis: 0, kind: "add" }]),
  of("dynamicSlice", () => [m(), [0, 1], [1, 1]]),
  of("dynamicUpdate", () => [m(), t.ones([1, 1]), [0, 1]]),
  of("sort", () => [v(), 0, { descending: true }]),
  of("argsort", () => [v(), 0, { descending: true }]),
  of("topK", () => [v(), 2, 0]),
  of("searchsorted", () => [v(), v(), "right"]),
  of("oneHot", () => [i(), 4, "f32"]),
  of("concat", () => [[v(), v()], 0]),
  of("stack", () => [[v(), v()], 0]),
  of("split", () => [v(), 3, 0]),
  of("split", () => [v(), [1, 2], 0]),
  of("unstack", () => [m(), 0]),
  of("tril", () => [m(), 0]),
  of("triu", () => [m(), 0]),
  of("solve", () => [m(), m()]),
  of("solveTriangular", () => [m(), m(), { upper: true, unitDiagonal: true }]),
  of("matmul", () => [m(), m()]),
  of("tensordot", () => [m(), m(), [[0], [1]]]),
  of("tensordot", () => [m(), m(), 1]),
  of("vecdot", () => [m(), m(), 0]),
  of("variance", () => [m(), [0], { correction: 1, keepdims: true }]),
  of("std", () => [m(), [0], { correction: 1, keepdims: true }]),
  of("norm", () => [m(), [0], { ord: 2, keepdims: true }]),
  of("axisSize", () => [m(), 0, "f32"]),
  of("reshape", () => [m(), [4, 1]]),
  of("permuteDims", () => [m(), [1, 0]]),
  of("swapaxes", () => [m(), 0, 1]),
  of("moveaxis", () => [m(), 0, 1]),
  of("expandDims", () => [m(), 0]),
  of("squeeze", () => [t.ones([1, 2]), [0]]),
  of("broadcastTo", () => [v(), [2, 3]]),
  of("flip", () => [m(), [0]]),
  of("slice", () => [m(), { start: 0, stop: 2, step: 1 }, 0], {
    strict: true,
    accepts: ["*=undefined", "1=null", "2=null", "1.*=huge", "1.*=negative", "2=negative", "1=negative", "0=*"],
  }),
  of("roll", () => [m(), 1, 0]),
  of("tile", () => [m(), [2, 2]]),
  of("repeat", () => [m(), 2, 0]),
  of("pad", () => [
    m(),
    [
      [1, 1],
      [0, 1],
    ],
    0,
  ]),
  ...Object.entries({
    key: () => [3],
    split: () => [key(), 2],
    keys: () => [key(), 2],
    fold: () => [key(), 2],
    bits: () => [key(), [2], 1],
    uniform: () => [key(), [2], { low: 0, high: 2, dtype: "f32" }],
    normal: () => [key(), [2], { dtype: "f32" }],
    randint: () => [key(), [2], 0, 5],
    bernoulli: () => [key(), 0.5, [2]],
    categorical: () => [key(), v(), 0],
    permutation: () => [key(), 5],
    choice: () => [key(), 5, 2],
  }).map(([name, args]): Case => ({ name: `random.${name}`, call: t.random[name as "key"] as Case["call"], args })),
];

export const functionCases: readonly Case[] = [
  ...unary,
  ...binary,
  ...matrices,
  ...reductions,
  ...cumulative,
  ...functions,
];

function pick(names: string): Record<string, Case["call"]> {
  const all = t as unknown as Record<string, Case["call"]>;
  return Object.fromEntries(names.split(" ").map((name) => [name, all[name]!]));
}
