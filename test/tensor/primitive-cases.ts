import { bind, bindOne } from "../../src/tensor/bind.ts";
import type { DType } from "../../src/tensor/dtype.ts";
import { matmul } from "../../src/tensor/function/matmul.ts";
import { dotGeneral } from "../../src/tensor/primitive/dot.ts";
import { dynamicSlice, dynamicUpdate } from "../../src/tensor/primitive/dynamic.ts";
import { copy, type ElementwiseName, relu } from "../../src/tensor/primitive/elementwise.ts";
import {
  cast,
  concatenate,
  cumulate,
  expand,
  fold,
  op,
  pad,
  permute,
  put,
  reduce,
  reshape,
  slice,
  swapLast,
  take,
  triangularSolve,
} from "../../src/tensor/primitive/exact.ts";
import { axisSize } from "../../src/tensor/primitive/reduce.ts";
import { cholesky, lu } from "../../src/tensor/primitive/solve.ts";
import { sort } from "../../src/tensor/primitive/sort.ts";
import { iotaOf, randomBits, uniform } from "../../src/tensor/primitive/source.ts";
import { windowsOf } from "../../src/tensor/primitive/view.ts";
import type { Value } from "../../src/tensor/value.ts";

/** An input of a case: numbers in `low`..`high`; integers where the type is one. */
export interface Input {
  readonly dims: readonly number[];
  readonly dtype?: DType;
  readonly low?: number;
  readonly high?: number;
  /** All elements different, at least so far from each other. */
  readonly apart?: number;
}

/** A primitive applied to inputs at which it is smooth: what the tests of differentiation and batching are run over. */
export interface Case {
  /** The name of the row in the table. */
  readonly row: string;
  readonly note?: string;
  readonly inputs: readonly Input[];
  readonly f: (...inputs: Value[]) => Value;
  /** The derivative is zero everywhere. */
  readonly flat?: true;
}

const dims = [2, 3];
const away = { dims, low: 0.2, high: 2 };
const signed = { dims, low: -2, high: 2 };
const inside = { dims, low: -0.8, high: 0.8 };
const bool: Input = { dims, dtype: "bool", low: 0, high: 2 };
const whole: Input = { dims, dtype: "i32", low: -9, high: 9 };
const few: Input = { dims, dtype: "u8", low: 0, high: 5 };

function unary(name: ElementwiseName, input: Input, more: { flat?: true } = {}): Case {
  return { row: name, inputs: [input], f: (x) => op(name, x), ...more };
}

function binary(name: ElementwiseName, a: Input, b: Input, more: { flat?: true; note?: string } = {}): Case {
  return { row: name, inputs: [a, b], f: (x, y) => op(name, x, y), ...more };
}

const flat = { flat: true } as const;

const elementwiseCases: Case[] = [
  unary("negate", signed),
  unary("abs", away),
  unary("sign", away, flat),
  unary("floor", { dims, low: 0.2, high: 0.8 }, flat),
  unary("ceil", { dims, low: 0.2, high: 0.8 }, flat),
  unary("trunc", { dims, low: 0.2, high: 0.8 }, flat),
  unary("round", { dims, low: 0.6, high: 0.9 }, flat),
  unary("sqrt", away),
  unary("square", signed),
  unary("exp", signed),
  unary("expm1", signed),
  unary("log", away),
  unary("log1p", away),
  unary("log2", away),
  unary("log10", away),
  unary("sin", signed),
  unary("cos", signed),
  unary("tan", inside),
  unary("asin", inside),
  unary("acos", inside),
  unary("atan", signed),
  unary("sinh", signed),
  unary("cosh", signed),
  unary("tanh", signed),
  unary("asinh", signed),
  unary("acosh", { dims, low: 1.2, high: 3 }),
  unary("atanh", inside),
  unary("erf", signed),
  unary("erfc", signed),
  unary("logistic", signed),
  unary("gelu", signed),
  unary("isnan", signed, flat),
  unary("isfinite", signed, flat),
  unary("not", bool, flat),
  binary("add", signed, signed),
  binary("subtract", signed, signed),
  binary("multiply", signed, signed),
  binary("divide", signed, away),
  binary("floorDivide", { dims, low: 0.6, high: 0.8 }, { dims, low: 0.3, high: 0.35 }, flat),
  binary("remainder", { dims, low: 0.65, high: 0.85 }, { dims, low: 0.3, high: 0.32 }),
  binary("pow", away, signed),
  binary("atan2", signed, away),
  binary("maximum", { dims, low: 0, high: 1 }, { dims, low: 1, high: 2 }, { note: "second" }),
  binary("maximum", { dims, low: 1, high: 2 }, { dims, low: 0, high: 1 }, { note: "first" }),
  binary("minimum", { dims, low: 0, high: 1 }, { dims, low: 1, high: 2 }),
  binary("and", bool, bool, flat),
  binary("or", whole, whole, flat),
  binary("xor", few, few, flat),
  binary("leftShift", whole, { dims, dtype: "i32", low: 0, high: 8 }, flat),
  binary("rightShift", whole, { dims, dtype: "i32", low: 0, high: 8 }, flat),
  binary("equal", few, few, flat),
  binary("notEqual", few, few, flat),
  binary("less", signed, signed, flat),
  binary("lessEqual", whole, whole, flat),
  { row: "select", inputs: [bool, signed, signed], f: (c, x, y) => op("select", c, x, y) },
  { row: "cast", inputs: [signed], f: (x) => op("multiply", cast(cast(x, "f64"), "f64"), 2) },
  { row: "cast", note: "to i32", inputs: [{ dims, low: 0.2, high: 0.8 }], f: (x) => cast(x, "i32"), flat: true },
  { row: "copy", inputs: [signed], f: (x) => bindOne(copy, [x], undefined) },
  { row: "relu", inputs: [signed], f: (x) => bindOne(relu, [x], undefined) },
];

const box: Input = { dims: [2, 3, 4], low: -1, high: 1 };
const square: Input = { dims: [2, 3, 3], low: -0.5, high: 0.5 };

/** Symmetric and positive definite. */
const positive = (a: Value) => op("add", matmul(a, swapLast(a)), identity(a, 4));
const identity = (a: Value, times: number) =>
  op(
    "multiply",
    cast(op("equal", iotaOf(a.dims, a.dims.length - 2, "i32"), iotaOf(a.dims, a.dims.length - 1, "i32")), a.dtype),
    times,
  );

export const cases: readonly Case[] = [
  ...elementwiseCases,
  { row: "reshape", inputs: [box], f: (x) => reshape(x, [4, 6]) },
  { row: "reshape", note: "of a permuted view", inputs: [box], f: (x) => reshape(permute(x, [2, 0, 1]), [24]) },
  { row: "permuteDims", inputs: [box], f: (x) => permute(x, [2, 0, 1]) },
  { row: "expand", inputs: [{ dims: [2, 1], low: -1, high: 1 }], f: (x) => expand(x, [2, 4, 3], [0, 2]) },
  { row: "expand", note: "of a scalar", inputs: [{ dims: [], low: -1, high: 1 }], f: (x) => expand(x, [2, 3], []) },
  { row: "slice", inputs: [box], f: (x) => slice(x, [1, 0, 3], [1, 2, 2], [1, 2, -2]) },
  { row: "slice", note: "flipped", inputs: [box], f: (x) => slice(x, [1, 2, 3], [2, 3, 4], [-1, -1, -1]) },
  { row: "slice", note: "empty", inputs: [box], f: (x) => slice(x, [0, 0, 0], [2, 0, 4], [1, 1, 1]) },
  { row: "windows", inputs: [box], f: (x) => windowsOf(x, { axis: 2, extent: 2, stride: 1, dilation: 2 }) },
  {
    row: "fold",
    inputs: [{ dims: [2, 3, 2], low: -1, high: 1 }],
    f: (x) => fold(x, { axis: 1, extent: 7, stride: 2, dilation: 1 }),
  },
  { row: "concatenate", inputs: [box, { ...box, dims: [2, 1, 4] }], f: (x, y) => concatenate([x, y, x], 1) },
  { row: "pad", inputs: [box], f: (x) => pad(x, 7, [1, 0, 0], [0, 2, 0], [0, 1, 2]) },
  { row: "reduce", note: "sum", inputs: [box], f: (x) => reduce("sum", x, [0, 2]) },
  { row: "reduce", note: "prod", inputs: [box], f: (x) => reduce("prod", x, [0, 2]) },
  { row: "reduce", note: "max", inputs: [{ ...box, apart: 0.01 }], f: (x) => reduce("max", x, [1]) },
  { row: "reduce", note: "min", inputs: [{ ...box, apart: 0.01 }], f: (x) => reduce("min", x, [0, 1, 2]) },
  { row: "reduce", note: "any", inputs: [bool], f: (x) => reduce("any", x, [1]), flat: true },
  { row: "reduce", note: "all", inputs: [bool], f: (x) => reduce("all", x, [0]), flat: true },
  { row: "reduce", note: "argmax", inputs: [{ ...box, apart: 0.01 }], f: (x) => reduce("argmax", x, [1]), flat: true },
  { row: "reduce", note: "argmin", inputs: [{ ...box, apart: 0.01 }], f: (x) => reduce("argmin", x, [2]), flat: true },
  { row: "cumulate", note: "sum", inputs: [box], f: (x) => cumulate("sum", x, 1) },
  { row: "cumulate", note: "prod", inputs: [box], f: (x) => cumulate("prod", x, 2) },
  { row: "cumulate", note: "prod, reversed", inputs: [box], f: (x) => cumulate("prod", x, 2, true) },
  { row: "cumulate", note: "max", inputs: [{ ...box, apart: 0.01 }], f: (x) => cumulate("max", x, 2) },
  { row: "cumulate", note: "min, reversed", inputs: [{ ...box, apart: 0.01 }], f: (x) => cumulate("min", x, 2, true) },
  { row: "axisSize", inputs: [box], f: (x) => bindOne(axisSize, [x], { axes: [0, 2], dtype: "f64" }), flat: true },
  {
    row: "dotGeneral",
    inputs: [box, { dims: [4, 5, 2], low: -1, high: 1 }],
    f: (a, b) => bindOne(dotGeneral, [a, b], { contract: { a: [2], b: [0] }, batch: { a: [0], b: [2] } }),
  },
  {
    row: "dotGeneral",
    note: "two contracted axes",
    inputs: [box, { dims: [4, 5, 2], low: -1, high: 1 }],
    f: (a, b) => bindOne(dotGeneral, [a, b], { contract: { a: [2, 0], b: [0, 2] }, batch: { a: [], b: [] } }),
  },
  {
    row: "dotGeneral",
    note: "of outer products",
    inputs: [
      { dims: [2], low: -1, high: 1 },
      { dims: [3], low: -1, high: 1 },
    ],
    f: (a, b) => bindOne(dotGeneral, [a, b], { contract: { a: [], b: [] }, batch: { a: [], b: [] } }),
  },
  { row: "take", inputs: [box, { dims: [2, 2], dtype: "i32", low: -3, high: 3 }], f: (x, i) => take(x, i, 1) },
  {
    row: "take",
    note: "along",
    inputs: [box, { dims: [2, 5, 4], dtype: "i32", low: -3, high: 3 }],
    f: (x, i) => take(x, i, 1, true),
  },
  ...(["set", "add", "max", "min"] as const).flatMap((kind): Case[] => [
    {
      row: "put",
      note: kind,
      inputs: [
        { ...box, apart: 0.01 },
        { dims: [5], dtype: "i32", low: 0, high: 3 },
        { dims: [2, 5, 4], low: -0.991, high: 1, apart: 0.003 },
      ],
      f: (x, i, u) => put(x, i, u, { kind, axis: 1, along: false }),
    },
    {
      row: "put",
      note: `${kind} along`,
      inputs: [
        { ...box, apart: 0.01 },
        { dims: [2, 5, 4], dtype: "i32", low: -3, high: 3 },
        { dims: [2, 5, 4], low: -0.991, high: 1, apart: 0.003 },
      ],
      f: (x, i, u) => put(x, i, u, { kind, axis: 1, along: true }),
    },
  ]),
  {
    row: "dynamicSlice",
    inputs: [box, { dims: [], dtype: "i32", low: -1, high: 4 }],
    f: (x, start) => bindOne(dynamicSlice, [x, start], { axis: 2, extent: 2 }),
  },
  {
    row: "dynamicUpdate",
    inputs: [box, { dims: [], dtype: "i32", low: -1, high: 4 }, { dims: [2, 2, 4], low: -1, high: 1 }],
    f: (x, start, u) => bindOne(dynamicUpdate, [x, start, u], { axis: 1 }),
  },
  {
    row: "sort",
    inputs: [{ ...box, apart: 0.01 }],
    f: (x) => bind(sort, [x], { descending: false })[0] as Value,
  },
  {
    row: "sort",
    note: "indices, descending",
    inputs: [{ ...box, apart: 0.01 }],
    f: (x) => bind(sort, [x], { descending: true })[1] as Value,
    flat: true,
  },
  { row: "cholesky", inputs: [square], f: (a) => bindOne(cholesky, [positive(a)], undefined) },
  { row: "lu", inputs: [square], f: (a) => bind(lu, [op("add", a, identity(a, 2))], undefined)[0] as Value },
  ...[false, true].flatMap((upper) =>
    [false, true].map(
      (unit): Case => ({
        row: "triangularSolve",
        note: `${upper ? "upper" : "lower"}${unit ? ", unit" : ""}`,
        inputs: [square, { dims: [2, 3, 2], low: -1, high: 1 }],
        f: (a, b) => triangularSolve(op("add", a, identity(a, 2)), b, upper, unit),
      }),
    ),
  ),
  { row: "iota", inputs: [box], f: (x) => op("multiply", x, iotaOf(x.dims, 1, "f64")) },
  {
    row: "randomBits",
    inputs: [{ dims: [2], dtype: "i32", low: -100, high: 100 }],
    f: (key) => bindOne(randomBits, [key], { dims: [2, 3], word: 0 }),
    flat: true,
  },
  {
    row: "uniform",
    inputs: [{ dims: [2], dtype: "i32", low: -100, high: 100 }],
    f: (key) => bindOne(uniform, [bindOne(randomBits, [key], { dims: [2, 3], word: 1 })], { dtype: "f64" }),
    flat: true,
  },
];
