import * as t from "../../src/tensor.ts";
import { type Case, of } from "./misuse-cases.ts";

const regressors = { ridge: t.ridge, nonNegative: t.nonNegative, boostedTrees: t.boostedTrees };
const defaults = (...names: readonly string[]) => names.map((name) => `0.${name}=undefined`);

const rows = () => Array.from({ length: 12 }, (_, k) => [k, (k * 5) % 7]);
const targets = () => rows().map(([a, b]) => 2 * a! + b!);

/** What samples may hold. */
const numbers = ["*.*=negative", "*.*=fraction", "*.*=huge"];

export const learningCases: readonly Case[] = [
  {
    name: "fit",
    call: (options: never) => {
      const { parameters: learned } = t.fit(options);
      t.disposeTree(learned as t.Tree);
    },
    args: () => [
      {
        parameters: { w: t.tensor([[0.1], [0.2]]) },
        loss: (p: { w: t.Value }, { x, y }: { x: t.Value; y: t.Value }) => t.meanSquaredError(t.matmul(x, p.w), y),
        optimizer: t.sgd({ rate: 0.01 }),
        data: { x: t.ones([4, 2]), y: t.ones([4, 1]) },
        validation: { x: t.ones([4, 2]), y: t.ones([4, 1]) },
        epochs: 2,
        batch: 2,
        clip: (g: t.Tree) => t.clipByNorm(g, 1),
        seed: 1,
        patience: 2,
        onProgress: () => undefined,
      },
    ],
    strict: true,
    skip: ["0.epochs=huge"],
    accepts: [
      ...defaults("validation", "batch", "clip", "seed", "patience", "onProgress"),
      "0.batch=huge",
      // As if it were 0 and 1.
      "0.validation.y=bool",
      "0.seed=huge",
      "0.patience=huge",
      "0.onProgress=function",
    ],
  },
  {
    name: "ridge",
    call: (options: never) => t.ridge(options).fit(rows(), targets()).predict(rows()),
    args: () => [{ penalty: 0.1 }],
    strict: true,
    accepts: ["0=undefined", "0.penalty=undefined", "0.penalty=fraction", "0.penalty=huge"],
  },
  {
    name: "nonNegative",
    call: (options: never) => t.nonNegative(options).fit(rows(), targets()).predict(rows()),
    args: () => [{ intercept: true }],
    strict: true,
    accepts: ["0=undefined", "0.intercept=undefined", "0.intercept=yes"],
  },
  {
    name: "boostedTrees",
    call: (options: never) => t.boostedTrees(options).fit(rows(), targets()).predict(rows()),
    args: () => [{ trees: 3, depth: 2, rate: 0.1, leaf: 2, sample: 0.5, seed: 1 }],
    strict: true,
    accepts: [
      "0=undefined",
      ...defaults("trees", "depth", "rate", "leaf", "sample", "seed"),
      "0.leaf=huge",
      "0.seed=huge",
    ],
  },
  {
    name: "perceptron",
    call: (options: never) => t.perceptron(options).fit(rows(), targets()).predict(rows()),
    args: () => [{ hidden: [2, 2], epochs: 2, batch: 4, rate: 0.01, seed: 1 }],
    strict: true,
    skip: ["0.epochs=huge", "0.epochs=undefined", "0=undefined"],
    accepts: [
      ...defaults("hidden", "batch", "rate", "seed"),
      "0.hidden=list",
      "0.batch=huge",
      "0.seed=huge",
      "0.rate=fraction",
      "0.rate=huge",
    ],
  },
  ...(["ridge", "nonNegative", "boostedTrees"] as const).flatMap((name): Case[] => [
    {
      name: `${name}.fit`,
      call: (r: never, y: never) => regressors[name]().fit(r, y),
      args: () => [rows(), targets()],
      strict: true,
      accepts: numbers,
    },
    {
      name: `${name}.predict`,
      call: (r: never) => regressors[name]().fit(rows(), targets()).predict(r),
      args: () => [rows()],
      strict: true,
      accepts: ["0=list", "0.*.*=nan", "0.*.*=infinity", ...numbers],
    },
  ]),
  of("crossValidate", () => [t.ridge(), rows(), targets(), { folds: 3, seed: 1 }], {
    strict: true,
    accepts: ["3=undefined", "3.folds=undefined", "3.seed=undefined", "3.seed=huge", "0.name=*", ...numbers],
  }),
  {
    name: "withIntervals",
    call: (...args: never[]) =>
      (t.withIntervals as (...args: never[]) => t.IntervalRegression)(...args).intervals(rows()),
    args: () => [t.ridge(), rows(), targets(), { coverage: 0.8, folds: 3, seed: 1 }],
    strict: true,
    accepts: [
      "3=undefined",
      "3.coverage=undefined",
      "3.folds=undefined",
      "3.seed=undefined",
      "3.seed=huge",
      "0.name=*",
      ...numbers,
    ],
  },
  ...["determination", "meanAbsolutePercentageError", "rankCorrelation", "rootMeanSquaredError"].map((name) =>
    of(
      name,
      () => [
        [1, 2, 3],
        [1, 3, 2],
      ],
      { strict: true, accepts: ["0.*=*", "1.*=*"] },
    ),
  ),
];
