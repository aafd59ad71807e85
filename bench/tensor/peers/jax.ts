import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import type { Runner } from "../runner.ts";
import { type Floats, inputsOf, layersOf, shapesOf, type Task } from "../task.ts";

/** jax-js in WebAssembly, compiled by its `jit`; it has no threads in Node. */
export async function jaxRunner(task: Task): Promise<Runner | undefined> {
  await init("wasm");
  defaultDevice("wasm");
  if (task.kind === "train") return trained(task);
  const { run, inputs } = functionOf(task);
  const compiled = jit(run) as unknown as (...inputs: np.Array[]) => np.Array;
  let last: np.Array | undefined;
  return {
    async time(runs) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) {
        last?.dispose();
        last = compiled(...inputs.map((input) => input.ref));
        await blockUntilReady(last);
      }
      return performance.now() - start;
    },
    result: () => last!.ref.dataSync() as Floats,
  };
}

type Pure = (...inputs: np.Array[]) => np.Array;

function functionOf(task: Exclude<Task, { kind: "train" }>): { run: Pure; inputs: np.Array[] } {
  const arrays = inputsOf(task);
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposed } = task;
      const a = arrayOf(arrays[0]!, transposed === "a" ? [batch, k, m] : [batch, m, k]);
      const b = arrayOf(arrays[1]!, transposed === "b" ? [batch, n, k] : [batch, k, n]);
      const turned = (x: np.Array, it: boolean) => (it ? np.swapaxes(x, 1, 2) : x);
      return {
        run: (x, y) => np.matmul(turned(x!, transposed === "a"), turned(y!, transposed === "b")),
        inputs: [a, b],
      };
    }
    case "forward": {
      const x = arrayOf(arrays[0]!, [task.batch, task.widths[0]!]);
      return {
        run: (input, ...weights) => forward(input!, weights),
        inputs: [x, ...weightsOf(task.widths, arrays.slice(1))],
      };
    }
    case "gelu": {
      const run: Pure = (x) => x!.ref.mul(0.5).mul(lax.erf(x!.mul(Math.SQRT1_2)).add(1));
      return { run, inputs: [arrayOf(arrays[0]!, [task.count])] };
    }
    case "softmax":
      return { run: (x) => nn.softmax(x!, 1), inputs: [arrayOf(arrays[0]!, [task.rows, task.columns])] };
    case "chain": {
      const shapes = shapesOf(task);
      const run: Pure = (a, b) => {
        let sum = a!;
        for (let i = 0; i < task.links; i++) sum = sum.reshape(shapes[i % 2]!).add(b!.ref.reshape(shapes[i % 2]!));
        b!.dispose();
        return sum;
      };
      return { run, inputs: arrays.map((array) => arrayOf(array, [task.count])) };
    }
    case "add":
      return { run: (a, b) => a!.add(b!), inputs: arrays.map((array) => arrayOf(array, [task.count])) };
  }
}

function trained(task: Extract<Task, { kind: "train" }>): Runner {
  const [x, y, ...arrays] = inputsOf(task);
  const xs = arrayOf(x!, [task.batch, task.widths[0]!]);
  const ys = arrayOf(y!, [task.batch, task.widths.at(-1)!]);
  const starts = weightsOf(task.widths, arrays);
  let weights = tree.ref(starts);
  const loss = (all: np.Array[], input: np.Array, wanted: np.Array) =>
    np.mean(np.square(forward(input, all).sub(wanted)));
  const step = jit((all: np.Array[], input: np.Array, wanted: np.Array) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(all), input, wanted);
    value.dispose();
    return all.map((weight, i) => weight.sub(gradients[i]!.mul(task.rate)));
  }) as unknown as (all: np.Array[], input: np.Array, wanted: np.Array) => np.Array[];
  return {
    reset() {
      tree.dispose(weights);
      weights = tree.ref(starts);
    },
    async time(runs) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) {
        weights = step(weights, xs.ref, ys.ref);
        await blockUntilReady(weights);
      }
      return performance.now() - start;
    },
    result: () => Float32Array.from(weights.flatMap((weight) => Array.from(weight.ref.dataSync() as Floats))),
  };
}

/** Takes ownership of its arguments, as functions of jax-js do. */
function forward(x: np.Array, weights: readonly np.Array[]): np.Array {
  let h = x;
  for (let i = 0; i < weights.length; i += 2) {
    h = np.matmul(h, weights[i]!).add(weights[i + 1]!);
    if (i + 2 < weights.length) h = nn.relu(h);
  }
  return h;
}

function weightsOf(widths: readonly number[], arrays: readonly Floats[]): np.Array[] {
  return layersOf(widths).flatMap(({ inputs, outputs }, i) => [
    arrayOf(arrays[i * 2]!, [inputs, outputs]),
    arrayOf(arrays[i * 2 + 1]!, [outputs]),
  ]);
}

function arrayOf(values: Floats, shape: number[]): np.Array {
  return np.array(values as Float32Array<ArrayBuffer>, {
    shape,
    dtype: values instanceof Float64Array ? np.float64 : np.float32,
  });
}
