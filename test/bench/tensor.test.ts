import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { WorkFault } from "../../bench/pairs.ts";
import { checkClose, measureRunners, type Runner } from "../../bench/tensor/runner.ts";
import { checkedRunsOf, type Floats, inputsOf, type Task, toleranceOf } from "../../bench/tensor/task.ts";

interface Peer {
  fault?(): string | undefined;
  runner(task: Task): Promise<Runner | undefined>;
}

const installed = existsSync(new URL("../../bench/node_modules", import.meta.url));
/** By a name that the compiler does not follow: the types of the packages are there only where the packages are. */
const path = new URL("../../bench/tensor/peers/index.ts", import.meta.url).href;
const peers: Readonly<Record<string, Peer>> = installed ? (await import(path)).peers : {};
if (!installed) console.warn("skipped: the packages of bench come with the first npm run bench");
const widths = [5, 7, 6, 3];

const tasks: Readonly<Record<string, Task>> = {
  "a product": { kind: "matmul", dtype: "f32", batch: 1, m: 3, k: 5, n: 4 },
  "a product with A transposed": { kind: "matmul", dtype: "f32", batch: 1, m: 3, k: 5, n: 4, transposed: "a" },
  "a product with B transposed": { kind: "matmul", dtype: "f32", batch: 1, m: 3, k: 5, n: 4, transposed: "b" },
  "products of f64": { kind: "matmul", dtype: "f64", batch: 1, m: 3, k: 5, n: 4 },
  "products in a batch": { kind: "matmul", dtype: "f32", batch: 3, m: 3, k: 5, n: 4 },
  "a perceptron": { kind: "forward", batch: 4, widths },
  "training of a perceptron": { kind: "train", batch: 4, widths, rate: 0.05 },
  gelu: { kind: "gelu", count: 100 },
  softmax: { kind: "softmax", rows: 3, columns: 10 },
  add: { kind: "add", count: 8 },
  "a chain": { kind: "chain", count: 8, links: 5 },
};

describe.runIf(installed)("peers of tensors", () => {
  for (const [name, peer] of Object.entries(peers)) {
    const reason = peer.fault?.();
    if (reason !== undefined) console.warn(`skipped ${name}: ${reason}`);
    test.skipIf(reason !== undefined).for(Object.entries(tasks))(
      `${name} computes %s, or says that it lacks it`,
      async ([, task]) => {
        const made = await peer.runner(task);
        if (made === undefined) return;
        const runs = checkedRunsOf(task);
        await made.time(3);
        await made.reset?.();
        expect(await made.time(runs)).toBeGreaterThan(0);
        checkClose(await made.result(), expected(task, runs), toleranceOf(task) * 4);
        made.close?.();
      },
    );
  }
});

describe("runners", () => {
  const fake = (ms: number, value: number): Runner => ({
    time: (runs) => ms * runs,
    result: () => Float32Array.of(1, value),
  });
  const quick = { tolerance: 1e-6, checkedRuns: 1, quick: true };

  test("are measured in turn, in microseconds", async () => {
    const found = await measureRunners(fake(2, 3), fake(5, 3), quick);
    expect(found).toEqual({ ours: 2000, peer: 5000, ratio: 2.5 });
  });

  test("must compute the same", async () => {
    await expect(measureRunners(fake(2, 3), fake(5, 3.1), quick)).rejects.toThrow(WorkFault);
  });

  test.for([
    ["other lengths", [1], [1, 2]],
    ["nothing", [], []],
    ["zeros", [0, 0], [0, 0]],
    ["NaN", [1, Number.NaN], [1, 2]],
    ["NaN of the peer", [1, 2], [1, Number.NaN]],
    ["infinities", [1, Infinity], [1, Infinity]],
  ] as const)("are refused for %s", ([, found, wanted]) => {
    expect(() => checkClose(Float32Array.from(found), Float32Array.from(wanted), 1)).toThrow(WorkFault);
  });
});

/** Obvious loops in f64. */
function expected(task: Task, runs: number): Floats {
  const [first, second, ...rest] = inputsOf(task).map((array) => Float64Array.from(array));
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposed } = task;
      return Float64Array.from({ length: batch * m * n }, (_, at) => {
        const [of, i, j] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
        let sum = 0;
        for (let p = 0; p < k; p++) {
          const a = first![of * m * k + (transposed === "a" ? p * m + i : i * k + p)]!;
          sum += a * second![of * k * n + (transposed === "b" ? j * k + p : p * n + j)]!;
        }
        return sum;
      });
    }
    case "forward":
      return forward(first!, [second!, ...rest], task.batch).at(-1)!;
    case "train": {
      for (let run = 0; run < runs; run++) descend(first!, second!, rest, task.batch, task.rate);
      return Float64Array.from(rest.flatMap((array) => Array.from(array)));
    }
    case "gelu":
      return first!.map((x) => (x * (1 + erf(x / Math.SQRT2))) / 2);
    case "softmax": {
      const powers = first!.map(Math.exp);
      return powers.map((power, at) => {
        const row = Math.floor(at / task.columns) * task.columns;
        return power / powers.subarray(row, row + task.columns).reduce((sum, one) => sum + one, 0);
      });
    }
    case "add":
      return first!.map((a, i) => a + second![i]!);
    case "chain": {
      let values = first!;
      for (let link = 0; link < task.links; link++) values = values.map((a, i) => a + second![i]!);
      return values;
    }
  }
}

/** The output of each layer, x first. */
function forward(x: Float64Array, weights: readonly Float64Array[], batch: number): Float64Array[] {
  const outputs = [x];
  for (let layer = 0; layer < weights.length; layer += 2) {
    const [input, weight, bias] = [outputs.at(-1)!, weights[layer]!, weights[layer + 1]!];
    const [inputs, width] = [input.length / batch, bias.length];
    const output = Float64Array.from({ length: batch * width }, (_, at) => {
      let sum = bias[at % width]!;
      for (let p = 0; p < inputs; p++)
        sum += input[Math.floor(at / width) * inputs + p]! * weight[p * width + (at % width)]!;
      return layer + 2 < weights.length ? Math.max(0, sum) : sum;
    });
    outputs.push(output);
  }
  return outputs;
}

function descend(x: Float64Array, y: Float64Array, weights: Float64Array[], batch: number, rate: number): void {
  const outputs = forward(x, weights, batch);
  let gradient = outputs.at(-1)!.map((value, i) => (2 * (value - y[i]!)) / y.length);
  for (let layer = weights.length - 2; layer >= 0; layer -= 2) {
    const [input, weight, bias] = [outputs[layer / 2]!, weights[layer]!, weights[layer + 1]!];
    const [inputs, width] = [input.length / batch, bias.length];
    const back = new Float64Array(input.length);
    const [byWeight, byBias] = [new Float64Array(weight.length), new Float64Array(width)];
    for (let at = 0; at < gradient.length; at++) {
      const [row, column] = [Math.floor(at / width), at % width];
      byBias[column]! += gradient[at]!;
      for (let p = 0; p < inputs; p++) {
        byWeight[p * width + column]! += input[row * inputs + p]! * gradient[at]!;
        back[row * inputs + p]! += weight[p * width + column]! * gradient[at]!;
      }
    }
    for (let i = 0; i < weight.length; i++) weight[i]! -= rate * byWeight[i]!;
    for (let i = 0; i < width; i++) bias[i]! -= rate * byBias[i]!;
    gradient = back.map((value, i) => (layer > 0 && input[i]! <= 0 ? 0 : value));
  }
}

/** By its series where that converges fast, by a continued fraction elsewhere. */
function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 3) {
    let fraction = x;
    for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
    return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
