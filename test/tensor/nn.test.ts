import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropy,
  clipByNorm,
  clipByValue,
  cosineDecay,
  crossEntropy,
  currentArena,
  exponentialDecay,
  type FitReport,
  fit,
  globalNorm,
  grad,
  huber,
  type Layer,
  linearDecay,
  meanAbsoluteError,
  meanSquaredError,
  multiply,
  nn,
  random,
  relu,
  type Schedule,
  scope,
  sgd,
  softCrossEntropy,
  sum,
  type Tensor,
  type Tree,
  tanh,
  tensor,
  treeLeaves,
  type Value,
  warmup,
} from "../../src/tensor.ts";
import { code } from "./code.ts";

type Matrix = number[][];
const rows = (x: Value): Matrix => x.toArray() as Matrix;
const list = (x: Value): number[] => x.toArray() as number[];
const noise = (seed: number, shape: readonly number[]): Value =>
  scope(() => random.normal(random.key(seed), shape, { dtype: "f64" }));
const near = (found: unknown, expected: unknown, digits = 10): void => {
  const flat = (one: unknown): number[] => [one].flat(9) as number[];
  expect(flat(found).length).toBe(flat(expected).length);
  for (const [i, value] of flat(found).entries()) expect(value).toBeCloseTo(flat(expected)[i] as number, digits);
};
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) =>
    (b[0] as number[]).map((_, j) => row.reduce((s, x, k) => s + x * ((b[k] as number[])[j] as number), 0)),
  );
const parametersOf = <P extends Tree>(layer: Layer<P>, seed = 1): P => layer.init(random.key(seed));

describe("layers", () => {
  it("linear: x weight + bias, over any axes in front", () => {
    const layer = nn.linear(3, 2, { dtype: "f64", biasInit: nn.normalInit(1) });
    const p = parametersOf(layer);
    const x = noise(2, [4, 5, 3]);
    const out = layer.apply(p, x);
    expect(out.shape).toEqual([4, 5, 2]);
    const [w, b] = [rows(p.weight), list(p.bias as Value)];
    near(
      rows(out)[1],
      product(rows(x)[1] as never, w).map((row) => row.map((v, j) => v + (b[j] as number))),
    );
    expect(parametersOf(nn.linear(3, 2, { bias: false })).bias).toBe(null);
  });

  it("start from equal parameters for equal keys, in the ranges of their initialisers", () => {
    const layer = nn.linear(300, 200, { init: nn.glorotUniform });
    const [a, b, c] = [parametersOf(layer, 5), parametersOf(layer, 5), parametersOf(layer, 6)];
    expect(list(a.weight)).toEqual(list(b.weight));
    expect(list(a.weight)).not.toEqual(list(c.weight));
    const values = list(a.weight).flat() as number[];
    const limit = Math.sqrt(6 / 500);
    expect(Math.max(...values)).toBeLessThanOrEqual(limit);
    expect(Math.min(...values)).toBeLessThan(-0.99 * limit);
    const he = (
      list(nn.heNormal(random.key(1), [300, 300], { fanIn: 300, fanOut: 300 }, "f64")) as never as Matrix
    ).flat();
    expect(Math.sqrt(he.reduce((s, v) => s + v * v, 0) / he.length)).toBeCloseTo(Math.sqrt(2 / 300), 3);
  });

  it("conv2d: what loops over windows give, with stride, padding and groups", () => {
    const layer = nn.conv2d(4, 6, [3, 2], { stride: [2, 1], padding: 1, groups: 2, dtype: "f64" });
    const p = parametersOf(layer);
    const x = noise(3, [2, 4, 7, 5]);
    const out = layer.apply(p, x);
    const [input, kernel] = [x.toArray() as number[][][][], p.kernel.toArray() as number[][][][]];
    expect(out.shape).toEqual([2, 6, 4, 6]);
    const expected = input.map((image) =>
      kernel.map((k, f) =>
        Array.from({ length: 4 }, (_, i) =>
          Array.from({ length: 6 }, (_, j) => {
            let total = 0;
            for (let c = 0; c < 2; c++)
              for (let u = 0; u < 3; u++)
                for (let v = 0; v < 2; v++) {
                  const value = image[Math.floor(f / 3) * 2 + c]?.[i * 2 + u - 1]?.[j + v - 1] ?? 0;
                  total += value * (((k[c] as Matrix)[u] as number[])[v] as number);
                }
            return total;
          }),
        ),
      ),
    );
    near(out.toArray(), expected);
    expect(
      nn.conv1d(1, 2, 3).apply(parametersOf(nn.conv1d(1, 2, 3)), random.normal(random.key(1), [2, 1, 9])).shape,
    ).toEqual([2, 2, 7]);
  });

  it("layerNorm: mean 0 and variance 1 before its scale", () => {
    const layer = nn.layerNorm(50, { dtype: "f64" });
    for (const row of rows(layer.apply(parametersOf(layer), multiply(noise(4, [6, 50]), 7)))) {
      expect(row.reduce((s, v) => s + v, 0) / 50).toBeCloseTo(0, 10);
      expect(row.reduce((s, v) => s + v * v, 0) / 50).toBeCloseTo(1, 5);
    }
  });

  it("embedding: rows of its table, and their gradients where they were taken", () => {
    const layer = nn.embedding(5, 3, { dtype: "f64" });
    const p = parametersOf(layer);
    const taken = tensor(
      [
        [1, 4],
        [1, 0],
      ],
      { dtype: "i32" },
    );
    near(rows(layer.apply(p, taken))[1], [rows(p.table)[1], rows(p.table)[0]]);
    const slopes = grad((q: { readonly table: Value }) => sum(layer.apply(q, taken)))(p);
    expect(rows(slopes.table).map((row) => row[0])).toEqual([1, 2, 0, 0, 1]);
    expect(code(() => layer.apply(p, tensor([5], { dtype: "i32" })))).toBe("tensor-index");
  });

  it("gru: what its equations give, step by step", () => {
    const layer = nn.gru(2, 3, { dtype: "f64" });
    const p = parametersOf(layer);
    const x = noise(6, [4, 5, 2]);
    const states = layer.apply(p, x);
    expect(states.shape).toEqual([4, 5, 3]);
    const [wi, wh, bi, bh] = [rows(p.input), rows(p.hidden), list(p.inputBias), list(p.hiddenBias)];
    let h = Array.from({ length: 5 }, () => [0, 0, 0]);
    for (const [t, step] of (x.toArray() as number[][][]).entries()) {
      const [a, b] = [product(step, wi), product(h, wh)];
      h = h.map((old, n) =>
        old.map((before, j) => {
          const gate = (k: number): [number, number] => [
            (a[n]?.[k * 3 + j] as number) + (bi[k * 3 + j] as number),
            (b[n]?.[k * 3 + j] as number) + (bh[k * 3 + j] as number),
          ];
          const [[ra, rb], [za, zb], [na, nb]] = [gate(0), gate(1), gate(2)];
          const z = logistic(za + zb);
          return (1 - z) * Math.tanh(na + logistic(ra + rb) * nb) + z * before;
        }),
      );
      near((states.toArray() as number[][][])[t], h);
    }
  });

  it("multiHeadAttention: each head mixes values by its own scores; causal ones do not look ahead", () => {
    const layer = nn.multiHeadAttention(4, 2, { dtype: "f64", causal: true });
    const p = parametersOf(layer);
    const x = noise(7, [3, 4]);
    const [q, k, v] = [p.query, p.key, p.value].map(({ weight }) => product(rows(x), rows(weight))) as [
      Matrix,
      Matrix,
      Matrix,
    ];
    const mixed = q.map((row, i) =>
      [0, 1, 2, 3].map((c) => {
        const from = c < 2 ? 0 : 2;
        const scores = k
          .slice(0, i + 1)
          .map((key) =>
            Math.exp(
              ((row[from] as number) * (key[from] as number) + (row[from + 1] as number) * (key[from + 1] as number)) /
                Math.SQRT2,
            ),
          );
        return (
          scores.reduce((s, score, j) => s + score * (v[j]?.[c] as number), 0) / scores.reduce((s, one) => s + one, 0)
        );
      }),
    );
    near(rows(layer.apply(p, x)), product(mixed, rows(p.out.weight)));
    expect(layer.apply(p, noise(8, [2, 7, 4])).shape).toEqual([2, 7, 4]);
    expect(code(() => nn.multiHeadAttention(5, 2))).toBe("tensor-shape");
  });
});

describe("losses", () => {
  const [a, b] = [tensor([1, -2, 3], { dtype: "f64" }), tensor([0, 0, 0.5], { dtype: "f64" })];

  it("are what their names say", () => {
    near(meanSquaredError(a, b).item(), (1 + 4 + 6.25) / 3);
    near(meanAbsoluteError(a, b).item(), 5.5 / 3);
    near(huber(1)(a, b).item(), (0.5 + 1.5 + 2) / 3);
    near(
      binaryCrossEntropy(a, b).item(),
      [1, -2, 3].reduce(
        (s, x, i) => s - [0, 0, 0.5][i]! * Math.log(logistic(x)) - (1 - [0, 0, 0.5][i]!) * Math.log(1 - logistic(x)),
        0,
      ) / 3,
    );
    const logits = tensor(
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
      { dtype: "f64" },
    );
    const expected = (Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 3 + Math.log(3)) / 2;
    near(crossEntropy(logits, tensor([2, 0], { dtype: "i32" })).item(), expected);
    near(
      softCrossEntropy(
        logits,
        tensor(
          [
            [0, 0, 1],
            [1, 0, 0],
          ],
          { dtype: "f64" },
        ),
      ).item(),
      expected,
    );
    expect(binaryCrossEntropy(tensor([1000]), tensor([0])).item()).toBe(1000);
  });
});

describe("rates and gradients", () => {
  const at = (schedule: Schedule, step: number): number => schedule(tensor(step)).item();

  it("schedules", () => {
    near(
      [0, 5, 10, 99].map((s) => at(linearDecay(1, { steps: 10, end: 0.5 }), s)),
      [1, 0.75, 0.5, 0.5],
      6,
    );
    near(
      [0, 5, 10, 99].map((s) => at(cosineDecay(2, { steps: 10 }), s)),
      [2, 1, 0, 0],
      6,
    );
    near(
      [0, 10, 15].map((s) => at(exponentialDecay(1, { factor: 0.25, steps: 10 }), s)),
      [1, 0.25, 0.125],
      6,
    );
    near(
      [0, 10, 15].map((s) => at(exponentialDecay(1, { factor: 0.25, steps: 10, staircase: true }), s)),
      [1, 0.25, 0.25],
      6,
    );
    near(
      [0, 3, 4, 9].map((s) => at(warmup(4, linearDecay(1, { steps: 10 })), s)),
      [0.25, 1, 1, 0.5],
      6,
    );
  });

  it("clipping", () => {
    const g = { a: tensor([3, 0]), b: tensor(4) };
    near(globalNorm(g).item(), 5);
    const short = clipByNorm(g, 1);
    near([...list(short.a), short.b.item()], [0.6, 0, 0.8], 5);
    near(list(clipByNorm(g, 10).a), [3, 0]);
    near(list(clipByValue(g, 2).a), [2, 0]);
  });

  it("options out of range are refused", () => {
    expect(code(() => sgd({ rate: 0.1, momentum: 2 }))).toBe("bad-argument");
    expect(code(() => linearDecay(1, { steps: 0 }))).toBe("bad-argument");
  });
});

describe("fit", () => {
  const model = nn.sequential(nn.linear(1, 16), tanh, nn.linear(16, 1));
  const xs = Array.from({ length: 100 }, (_, i) => i / 50 - 1);
  const data = { x: tensor(xs.map((x) => [x])), y: tensor(xs.map((x) => [2 * x])) };
  const options = {
    loss: (p: readonly Tree[], { x, y }: { x: Value; y: Value }) => meanSquaredError(model.apply(p, x), y),
    optimizer: sgd({ rate: 0.1, momentum: 0.9 }) as never,
    data,
    epochs: 30,
    batch: 32,
  };
  const start = () => model.init(random.key(3));
  const bytes = (tree: Tree) => treeLeaves(tree).map((leaf) => [...(leaf as Tensor).elements()]);

  it("learns, says how it goes, gives the same parameters for the same seed, and leaves nothing behind", () => {
    const parameters = start();
    const before = [bytes(parameters), currentArena().live];
    const reports: FitReport[] = [];
    const first = fit({ ...options, parameters, seed: 4, onProgress: (report) => reports.push(report) });
    expect(first.stopped).toBe("epochs");
    expect(first.history).toEqual(reports);
    expect(reports.length).toBe(30);
    expect((reports[29] as FitReport).loss).toBeLessThan((reports[0] as FitReport).loss / 5);
    const second = fit({ ...options, parameters, seed: 4 });
    expect(bytes(second.parameters)).toEqual(bytes(first.parameters));
    expect(bytes(fit({ ...options, parameters, seed: 5 }).parameters)).not.toEqual(bytes(first.parameters));
    expect([bytes(parameters), currentArena().live]).toEqual([before[0], (before[1] as number) + 3 * 4]);
  });

  it("stops when patience runs out, with the best parameters, or when it is told to", () => {
    const validation = { x: tensor([[0.5], [-0.3]]), y: tensor([[5], [7]]) };
    const impatient = fit({ ...options, parameters: start(), validation, epochs: 200, patience: 3 });
    expect(impatient.stopped).toBe("patience");
    const best = Math.min(...impatient.history.map((report) => report.validation as number));
    expect(options.loss(impatient.parameters, validation).item()).toBe(best);
    expect(fit({ ...options, parameters: start(), onProgress: ({ epoch }) => epoch < 2 }).history.length).toBe(2);
  });

  it("refuses losses that are not finite and data that do not fit together, and leaves nothing behind", () => {
    const parameters = start();
    const { live } = currentArena();
    expect(code(() => fit({ ...options, parameters, optimizer: sgd({ rate: 1e30 }) as never }))).toBe("tensor-value");
    expect(code(() => fit({ ...options, parameters, data: { x: data.x, y: tensor([[1]]) } }))).toBe("tensor-shape");
    expect(code(() => fit({ ...options, parameters, epochs: 0 }))).toBe("bad-argument");
    expect(currentArena().live - live).toBe(1);
    expect(relu(tensor(-1)).item()).toBe(0);
  });
});
