import { afterAll, describe, expect, test } from "vitest";
import { randomBelow } from "../../src/core/prng.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { type TensorType, tensorTypeBytes, tensorTypeCode } from "../../src/native/tensor/format.ts";
import { addon, alone, expectBytes, pages } from "./both.ts";
import * as words from "./tensor-words.ts";

/** Shapes that native code takes apart: into tiles, blocks for the caches, rows for threads. */

const { step, instruction } = words;
const PROGRAM = 64;
const [one, two] = [pages(64), pages(64)];

/** Lays operands out one behind the other, and fills them with ordinary values and a few special ones. */
class Layout {
  #end = 65_536;
  #drawn = 0;

  tensor(dtype: TensorType, extents: readonly number[], strides?: readonly number[]): words.OperandOptions {
    const count = extents.reduce((product, extent) => product * extent, 1);
    const bytes = tensorTypeBytes[tensorTypeCode[dtype]]!;
    const offset = this.#end;
    this.#end = Math.ceil((offset + count * bytes) / 64) * 64;
    const { u8, i32, f32, f64 } = one;
    for (let i = 0; i < count; i++) {
      const value = randomBelow(2 ** 24, 1, 2, 3, this.#drawn++) / 2 ** 23 - 1;
      if (dtype === "f32") f32[offset / 4 + i] = value;
      else if (dtype === "f64") f64[offset / 8 + i] = value;
      else if (dtype === "i32") i32[offset / 4 + i] = value * 1e6;
      else u8[offset + i] = dtype === "bool" ? Number(value > 0) : value * 100 + 100;
    }
    if (dtype === "f32" && count > 9000)
      for (const [i, special] of [NaN, -0, Infinity, 1e-42].entries()) f32[offset / 4 + 997 * (i + 1)] = special;
    return { dtype, extents, offset, ...(strides === undefined ? {} : { strides }) };
  }
}

/** The program that `make` writes, twice, on both job sets and any number of threads. */
function expectSame(threads: number, make: (layout: Layout) => number[], local = 0): void {
  one.u8.fill(0);
  const list = words.program(make(new Layout()), { local });
  one.u32.set(list, PROGRAM / 4);
  two.u8.set(one.u8);
  addon!.threads(threads);
  const [expected, actual] = [
    referenceJobs.tensorPlan(one, PROGRAM, list.length),
    addon!.tensorPlan(two, PROGRAM, list.length),
  ];
  for (let run = 0; run < 2; run++) {
    referenceJobs.tensorRun(one, expected, 0, one);
    addon!.tensorRun(two, actual, 0, two);
    expectBytes(two.u8, one.u8);
  }
  referenceJobs.tensorDrop(one, expected);
  addon!.tensorDrop(two, actual);
}

const programs: [string, (layout: Layout) => number[], number?][] = [
  [
    "a product",
    (at) => words.dot(0, [at.tensor("f32", [300, 200]), at.tensor("f32", [200, 150]), at.tensor("f32", [300, 150])]),
  ],
  [
    "a product of f64",
    (at) => words.dot(0, [at.tensor("f64", [130, 90]), at.tensor("f64", [90, 70]), at.tensor("f64", [130, 70])]),
  ],
  [
    "a product of transposed ones, added to the result",
    (at) =>
      words.dot(2, [
        at.tensor("f32", [190, 260], [1, 190]),
        at.tensor("f32", [260, 130], [1, 260]),
        at.tensor("f32", [190, 130]),
      ]),
  ],
  [
    "a transposed result",
    (at) => words.dot(0, [at.tensor("f32", [65, 40]), at.tensor("f32", [40, 70]), at.tensor("f32", [65, 70], [1, 65])]),
  ],
  [
    "a constant second operand",
    (at) => words.dot(1, [at.tensor("f32", [257, 128]), at.tensor("f32", [128, 100]), at.tensor("f32", [257, 100])]),
  ],
  [
    "a batch",
    (at) =>
      words.dot(0, [
        at.tensor("f32", [20, 33, 48]),
        at.tensor("f32", [20, 48, 40], [0, 40, 1]),
        at.tensor("f32", [20, 33, 40]),
      ]),
  ],
  [
    "a row and a column",
    (at) => [
      ...words.dot(0, [at.tensor("f32", [1, 700]), at.tensor("f32", [700, 300]), at.tensor("f32", [1, 300])]),
      ...words.dot(0, [at.tensor("f32", [1, 700]), at.tensor("f32", [700, 300], [1, 700]), at.tensor("f32", [1, 300])]),
      ...words.dot(0, [at.tensor("f32", [400, 700]), at.tensor("f32", [700, 1]), at.tensor("f32", [400, 1])]),
      ...words.dot(0, [at.tensor("f32", [300, 1]), at.tensor("f32", [1, 500]), at.tensor("f32", [300, 500])]),
    ],
  ],
  [
    "a layer with bias and activation",
    (at) => {
      const out = at.tensor("f32", [520, 96]);
      const bias = { ...at.tensor("f32", [96]), extents: [520, 96], strides: [0, 1] };
      const steps = [step("add", "f32", 2, [0, 1]), step("tanh", "f32", 3, [2])];
      const epilogue = { inputs: [bias], outputs: [out], steps, registers: 4, results: [3] };
      return words.dot(0, [at.tensor("f32", [520, 64]), at.tensor("f32", [64, 96]), out], epilogue);
    },
  ],
  [
    "elementwise, with rows, columns and transposed ones",
    (at) => {
      const shape = [333, 257];
      const inputs = [
        at.tensor("f32", shape),
        at.tensor("f32", shape, [1, 333]),
        { ...at.tensor("f32", [257]), extents: shape, strides: [0, 1] },
        { ...at.tensor("f32", [333]), extents: shape, strides: [1, 0] },
      ];
      const steps = [
        step("multiply", "f32", 4, [0, 1]),
        step("add", "f32", 5, [4, 2]),
        step("subtract", "f32", 6, [5, 3]),
        step("gelu", "f32", 7, [6]),
        step("less", "f32", 8, [7, 0]),
        step("select", "f32", 9, [8, 6, 7]),
      ];
      const outputs = [at.tensor("f32", shape), at.tensor("f32", shape, [1, 333]), at.tensor("bool", shape)];
      return words.fuse({ inputs, outputs, steps, registers: 10, results: [9, 7, 8] });
    },
  ],
  [
    "steps with one value for each row, on either side",
    (at) =>
      (["f32", "f64"] as const).flatMap((dtype) =>
        (["add", "subtract", "multiply", "divide", "maximum", "minimum"] as const).flatMap((name) =>
          words.fuse({
            inputs: [at.tensor(dtype, [20, 600]), at.tensor(dtype, [20, 600], [1, 0])],
            outputs: [at.tensor(dtype, [20, 600]), at.tensor(dtype, [20, 600])],
            steps: [step(name, dtype, 2, [0, 1]), step(name, dtype, 3, [1, 0])],
            registers: 4,
            results: [2, 3],
          }),
        ),
      ),
  ],
  [
    "a transposed copy of each type",
    (at) =>
      (["bool", "u8", "i32", "f32", "f64"] as const).flatMap((dtype) =>
        words.fuse({
          inputs: [at.tensor(dtype, [150, 170, 3], [1, 150, 25_500])],
          outputs: [at.tensor(dtype, [150, 170, 3])],
          steps: [],
          registers: 1,
          results: [0],
        }),
      ),
  ],
  [
    "random numbers",
    (at) => {
      const steps = [
        step("constant", "i32", 0, [], 0, 17),
        step("iota", "i32", 1, [], 255),
        step("random", "i32", 2, [0, 0, 1], 1),
        step("uniform", "f32", 3, [2]),
      ];
      return words.fuse({ inputs: [], outputs: [at.tensor("f32", [70_001])], steps, registers: 4, results: [3] });
    },
  ],
  ...(["f32", "f64", "i32"] as const).map((dtype): [string, (layout: Layout) => number[]] => [
    `reductions of ${dtype}`,
    (at) => {
      const input = at.tensor(dtype, [173, 31, 21]);
      const kinds = ["sum", "prod", "max", "min"] as const;
      const kept = (mask: number): number[] => [173, 31, 21].filter((_, axis) => !((mask >>> axis) & 1));
      const masks = [1, 2, 3, 4, 5, 6, 7];
      return kinds.flatMap((kind) =>
        masks.flatMap((mask) => words.reduce(kind, mask, input, at.tensor(dtype, kept(mask)))),
      );
    },
  ]),
  [
    "places of the largest",
    (at) => {
      const input = at.tensor("f32", [64, 300]);
      return [1, 2, 3].flatMap((mask) =>
        words.reduce("argmax", mask, input, at.tensor("i32", [[300], [64], []][mask - 1]!)),
      );
    },
  ],
  [
    "softmax in blocks of rows",
    (at) => {
      const [rows, columns, block] = [1030, 77, 16];
      const whole = { ...at.tensor("f32", [rows, columns]), rows: true };
      const row = (offset: number) => ({ dtype: "f32", extents: [block], offset, local: true, rows: true }) as const;
      const wide = { dtype: "f32", extents: [block, columns], offset: 256, local: true, rows: true } as const;
      const each = (offset: number) => ({ ...row(offset), extents: [block, columns], strides: [1, 0] });
      const body = [
        ...words.reduce("max", 2, whole, row(0)),
        ...words.fuse({
          inputs: [whole, each(0)],
          outputs: [wide],
          steps: [step("subtract", "f32", 2, [0, 1]), step("exp", "f32", 3, [2])],
          registers: 4,
          results: [3],
        }),
        ...words.reduce("sum", 2, wide, row(64)),
        ...words.fuse({
          inputs: [wide, each(64)],
          outputs: [{ ...at.tensor("f32", [rows, columns]), rows: true }],
          steps: [step("divide", "f32", 2, [0, 1])],
          registers: 3,
          results: [2],
        }),
      ];
      return words.rows(rows, 0, block, body);
    },
    8192,
  ],
  [
    "layers in blocks of rows",
    (at) => {
      const [rows, block] = [1500, 64];
      const hidden = { dtype: "f32", extents: [block, 48], offset: 0, local: true, rows: true } as const;
      const relu = {
        inputs: [],
        outputs: [hidden],
        steps: [step("constant", "f32", 1), step("maximum", "f32", 2, [0, 1])],
        registers: 3,
        results: [2],
      };
      const body = [
        ...words.dot(1, [{ ...at.tensor("f32", [rows, 32]), rows: true }, at.tensor("f32", [32, 48]), hidden], relu),
        ...words.dot(1, [hidden, at.tensor("f32", [48, 8]), { ...at.tensor("f32", [rows, 8]), rows: true }]),
      ];
      return words.rows(rows, 0, block, body);
    },
    64 * 48 * 4,
  ],
  [
    "rows that are looked up, added and sorted",
    (at) => {
      const table = at.tensor("f32", [400, 30]);
      const places = at.tensor("i32", [900]);
      const wrap = [step("constant", "i32", 1, [], 0, 400), step("remainder", "i32", 2, [0, 1])];
      const taken = at.tensor("f32", [900, 30]);
      return [
        ...words.fuse({ inputs: [places], outputs: [places], steps: wrap, registers: 3, results: [2] }),
        ...instruction("take", [0], table, places, taken),
        ...words.put("put", 0, "add", table, places, taken),
        ...instruction("sort", [0], taken, at.tensor("f32", [900, 30]), at.tensor("i32", [900, 30])),
        ...instruction("sort", [1], at.tensor("f32", [5000]), at.tensor("f32", [5000]), at.tensor("i32", [5000])),
        ...words.cumulate("sum", 0, 0, table, at.tensor("f32", [400, 30])),
      ];
    },
  ],
  [
    "factors",
    (at) => {
      const n = 40;
      const [matrix, factor] = [at.tensor("f64", [3, n, n]), at.tensor("f64", [3, n, n])];
      const diagonal = [
        step("iota", "i32", 1, [], 1),
        step("iota", "i32", 2, [], 2),
        step("equal", "i32", 3, [1, 2]),
        step("constant", "f64", 4, [], 0, 60),
        step("select", "f64", 5, [3, 4, 0]),
      ];
      return [
        ...words.fuse({ inputs: [matrix], outputs: [matrix], steps: diagonal, registers: 6, results: [5] }),
        ...instruction("cholesky", [], matrix, factor),
        ...instruction("triangular", [0], factor, at.tensor("f64", [3, n, 11]), at.tensor("f64", [3, n, 11])),
        ...instruction("lu", [], at.tensor("f32", [2, n, n]), at.tensor("f32", [2, n, n]), at.tensor("i32", [2, n])),
      ];
    },
  ],
];

describe.skipIf(alone).each([1, 2, 3])("large programs give the same bits in Rust, on %i threads", (threads) => {
  afterAll(() => void addon?.threads(1));

  test.each(programs)("%s", (_, make, local) => {
    expectSame(threads, make, local);
    expect(one.u32[PROGRAM / 4]).not.toBe(0);
  });
});
