import { describe, expect, it } from "vitest";
import { WorldloomError } from "../../src/core/errors.ts";
import * as t from "../../src/tensor.ts";
import { numbers, random } from "./values.ts";

/** Draws from a seed. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  axis(): number {
    return this.pick([0, 1, -1, 2, 5, 0.5, -9]);
  }

  number(): number {
    return this.pick([0, 1, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY]);
  }

  tensor(): t.Value {
    const dims = Array.from({ length: this.below(5) }, () => this.pick([0, 1, 2, 3, 3, 4]));
    const size = dims.reduce((a, b) => a * b, 1);
    const list = random(size, this.below(99)).map((x) => 1 + 4 * x);
    const x = t.astype(t.tensor(list, { shape: dims }), this.pick(["bool", "u8", "i32", "f32", "f64"]));
    return this.pick([x, x, t.permuteDims(x), t.flip(x)]);
  }
}

const binary =
  "add subtract multiply divide floorDivide remainder pow atan2 maximum minimum bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift logicalAnd logicalOr logicalXor equal notEqual less lessEqual greater greaterEqual hypot logaddexp copysign matmul tensordot vecdot outer solve solveTriangular cross searchsorted arrayEqual".split(
    " ",
  );
const unary =
  "abs sign square floor ceil trunc round sqrt rsqrt reciprocal exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc isnan isfinite isinf negative bitwiseInvert logicalNot relu leakyRelu elu sigmoid silu softplus logSigmoid hardSigmoid gelu signbit flatten squeeze matrixTranspose permuteDims copy flip trace diagonal tril triu cholesky inv det stopGradient zerosLike onesLike".split(
    " ",
  );
const alongAxes =
  "sum prod max min mean variance std any all norm logSumExp softmax logSoftmax argmax argmin cumulativeSum cumulativeProd cumulativeMax cumulativeMin sort argsort squeeze flip expandDims diff countNonzero".split(
    " ",
  );

/** A function, its tensors, and a call of it with them. */
type Call = readonly [name: string, inputs: t.Value[], (...inputs: t.Value[]) => unknown];

const functions = t as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** Kinds of calls, with arguments that often do not fit. */
const kinds: readonly ((d: Dice) => Call)[] = [
  (d) => simple(d.pick(binary), [d.tensor(), d.tensor()]),
  (d) => simple(d.pick(binary), [d.tensor()], d.number()),
  (d) => simple(d.pick(unary), [d.tensor()]),
  (d) =>
    simple(
      d.pick(alongAxes),
      [d.tensor()],
      d.pick([d.axis(), [d.axis(), d.axis()], undefined]),
      d.pick([undefined, { keepdims: true }]),
    ),
  (d) => simple("where", [d.tensor(), d.tensor(), d.tensor()]),
  (d) => simple("clip", [d.tensor()], d.number(), d.number()),
  (d) => simple("reshape", [d.tensor()], [d.pick([-1, 2, 3, 0.5, 0]), d.pick([-1, 1, 2, 4])]),
  (d) => simple("broadcastTo", [d.tensor()], [d.axis(), 3, 2]),
  (d) => simple("slice", [d.tensor()], d.pick([null, 0, -1, 7, "1:", { start: d.axis(), step: d.axis() }]), "::-2"),
  (d) => simple("roll", [d.tensor()], d.axis(), d.pick([undefined, 0, 3])),
  (d) => simple("tile", [d.tensor()], [d.axis(), 2]),
  (d) => simple("repeat", [d.tensor()], d.axis(), d.pick([undefined, 0, 4])),
  (d) =>
    simple(
      "pad",
      [d.tensor()],
      [
        [d.axis(), 1],
        [0, 2],
      ],
    ),
  (d) => ["concat", [d.tensor(), d.tensor()], axisOf(d.pick([0, 1, null, 3]), t.concat as never)],
  (d) => ["stack", [d.tensor(), d.tensor()], axisOf(d.axis(), t.stack as never)],
  (d) => simple("split", [d.tensor()], d.pick([2, 0, [1, 2], [3, 1]]), d.axis()),
  (d) => simple("take", [d.tensor(), d.tensor()], d.pick([undefined, 0, 1])),
  (d) => simple("take", [d.tensor()], d.pick([[0, 1], 9, -1, []]), d.axis()),
  (d) => simple("takeAlongAxis", [d.tensor(), d.tensor()], d.axis()),
  (d) =>
    simple("scatter", [d.tensor(), d.tensor(), d.tensor()], { axis: d.axis(), kind: d.pick(["set", "add", "max"]) }),
  (d) => simple("putAlongAxis", [d.tensor(), d.tensor(), d.tensor()], { axis: d.axis(), kind: d.pick(["set", "add"]) }),
  (d) => simple("dynamicSlice", [d.tensor()], [d.number(), 1], [1, d.axis()]),
  (d) => simple("dynamicUpdate", [d.tensor(), d.tensor()], [d.axis(), 0]),
  (d) => simple("oneHot", [d.tensor()], d.pick([3, 0, -1, 2.5])),
  (d) => {
    const formula = d.pick([
      "ij,jk->ik",
      "ij->j",
      "ii",
      "...i->...",
      "i,i",
      "abc,bd",
      "i->ii",
      "ij,j",
      ",->",
      "",
      "i.j",
    ]);
    return ["einsum", [d.tensor(), d.tensor()], (...inputs) => t.einsum(formula, ...inputs)];
  },
  (d) => {
    const formula = d.pick(["ij->j", "ii", "...i->...", "", "->", "iij->j"]);
    return ["einsum", [d.tensor()], (x) => t.einsum(formula, x)];
  },
  (d) =>
    simple("conv1d", [d.tensor(), d.tensor()], {
      stride: d.pick([1, 2, 0]),
      padding: d.pick([0, 1, "same", -1]),
      dilation: d.pick([1, 2]),
      groups: d.pick([1, 2]),
    }),
  (d) => simple("conv2d", [d.tensor(), d.tensor()], { padding: 1 }),
  (d) => simple("maxPool", [d.tensor()], [d.pick([1, 2, 0]), 2]),
  (d) => simple("avgPool", [d.tensor()], [2]),
  (d) => simple("attention", [d.tensor(), d.tensor(), d.tensor()], d.pick([{}, { causal: true }])),
  (d) => simple("layerNorm", [d.tensor()], { axes: d.axis() }),
  (d) => simple("moveaxis", [d.tensor()], d.axis(), d.axis()),
];

function simple(name: string, inputs: t.Value[], ...rest: unknown[]): Call {
  return [`${name} ${JSON.stringify(rest)}`, inputs, (...given) => functions[name]!(...given, ...rest)];
}

function axisOf(axis: number | null, join: (parts: t.Value[], axis: number | null) => t.Value): Call[2] {
  return (...parts) => join(parts, axis);
}

/** The results of a call as numbers, or the code of its error. */
function outcome(call: () => unknown): { dims: readonly number[]; values: number[] }[] | string {
  try {
    const result = call();
    return (Array.isArray(result) ? (result as t.Value[]) : [result as t.Value]).map((value) => ({
      dims: value.dims,
      values: value instanceof t.Tensor ? numbers(value) : [t.item(value)],
    }));
  } catch (error) {
    if (error instanceof WorldloomError && error.code !== "job-input") return error.code;
    throw error;
  }
}

describe("any call", () => {
  it("gives a result or an error with a code, the same in a plan, and leaves nothing behind", () => {
    const dice = new Dice(20261121);
    let results = 0;
    for (let i = 0; i < 4000; i++) {
      const live = t.currentArena().live;
      let name = "";
      t.scope(() => {
        const [called, inputs, call] = dice.pick(kinds)(dice);
        name = `${called} of ${inputs.map(({ dtype, dims }) => `${dtype}[${dims}]`)}`;
        const eager = outcome(() => call(...inputs));
        if (typeof eager !== "string") results++;
        const planned = outcome(() => {
          using plan = t.compile<t.Value[], t.Tree>(call as never, ...inputs.map((input) => t.like(input)));
          const out = plan.run(...(inputs as never[])) as t.Tree;
          return Array.isArray(out) ? out.map((value) => t.copy(value as t.Value)) : t.copy(out as t.Value);
        });
        expect(planned, name).toEqual(eager);
        return undefined;
      });
      expect(t.currentArena().live, name).toBe(live);
    }
    expect(results).toBeGreaterThan(1000);
  });

  it("is the same for a batch as for its parts", () => {
    const dice = new Dice(5);
    let batches = 0;
    for (let i = 0; i < 4000; i++) {
      const live = t.currentArena().live;
      let name = "";
      t.scope(() => {
        const [called, inputs, call] = dice.pick(kinds)(dice);
        name = `${called} of ${inputs.map(({ dtype, dims }) => `${dtype}[${dims}]`)}`;
        const others = inputs.map((input) => t.flip(input));
        const [first, second] = [outcome(() => call(...inputs)), outcome(() => call(...others))];
        if (typeof first === "string" || typeof second === "string") return undefined;
        batches++;
        const stacked = inputs.map((input, at) => t.stack([input, others[at]!]));
        const batch = outcome(() => t.vmap(call as (...x: t.Value[]) => t.Tree)(...stacked));
        expect(typeof batch, `${name}: ${batch}`).toBe("object");
        (batch as Exclude<typeof batch, string>).forEach(({ dims, values }, at) => {
          expect(dims, name).toEqual([2, ...first[at]!.dims]);
          const expected = [...first[at]!.values, ...second[at]!.values];
          values.forEach((value, j) => {
            const error = Math.abs(value - expected[j]!);
            if (!(error <= 1e-5 * Math.max(1, Math.abs(expected[j]!)))) expect(value, name).toBe(expected[j]);
          });
        });
        return undefined;
      });
      expect(t.currentArena().live, name).toBe(live);
    }
    expect(batches).toBeGreaterThan(1000);
  });
});
