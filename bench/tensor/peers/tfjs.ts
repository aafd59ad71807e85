import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { type Runner, timed } from "../runner.ts";
import { type Floats, inputsOf, layersOf, shapesOf, type Task } from "../task.ts";

/** TensorFlow.js, one thread. Undefined where it lacks the task: it has no f64. */
export async function tfjsRunner(task: Task, backend: "wasm" | "cpu" | "tensorflow"): Promise<Runner | undefined> {
  if (task.kind === "matmul" && task.dtype === "f64") return undefined;
  setWasmPaths(`${dirname(fileURLToPath(import.meta.resolve("@tensorflow/tfjs-backend-wasm")))}/`);
  setThreadsCount(1);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no backend ${backend} here`);
  if (task.kind === "train") return trained(task);
  const run = functionOf(task);
  let last: tf.Tensor | undefined;
  return {
    time: timed(() => {
      last?.dispose();
      last = tf.tidy(run);
    }),
    result: () => last!.dataSync<"float32">(),
  };
}

function functionOf(task: Exclude<Task, { kind: "train" }>): () => tf.Tensor {
  const arrays = inputsOf(task);
  const tensor = (at: number, shape: number[]) => tf.tensor(arrays[at] as Float32Array, shape);
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposed } = task;
      const lead = batch === 1 ? [] : [batch];
      const a = tensor(0, [...lead, ...(transposed === "a" ? [k, m] : [m, k])]);
      const b = tensor(1, [...lead, ...(transposed === "b" ? [n, k] : [k, n])]);
      return () => tf.matMul(a, b, transposed === "a", transposed === "b");
    }
    case "forward": {
      const x = tensor(0, [task.batch, task.widths[0]!]) as tf.Tensor2D;
      const weights = variablesOf(task.widths, arrays.slice(1));
      return () => forward(x, weights);
    }
    case "gelu": {
      const x = tensor(0, [task.count]);
      return () => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
    }
    case "softmax": {
      const x = tensor(0, [task.rows, task.columns]);
      return () => tf.softmax(x);
    }
    case "add": {
      const [a, b] = [tensor(0, [task.count]), tensor(1, [task.count])];
      return () => tf.add(a, b);
    }
    case "chain": {
      const [a, b] = [tensor(0, [task.count]), tensor(1, [task.count])];
      const shapes = shapesOf(task);
      const others = shapes.map((shape) => tf.reshape(b, shape));
      return () => {
        let sum = a;
        for (let i = 0; i < task.links; i++) sum = tf.add(tf.reshape(sum, shapes[i % 2]!), others[i % 2]!);
        return sum;
      };
    }
  }
}

function trained(task: Extract<Task, { kind: "train" }>): Runner {
  const [x, y, ...arrays] = inputsOf(task);
  const xs = tf.tensor2d(x as Float32Array, [task.batch, task.widths[0]!]);
  const ys = tf.tensor2d(y as Float32Array, [task.batch, task.widths.at(-1)!]);
  const weights = variablesOf(task.widths, arrays);
  const starts = weights.map((weight) => weight.clone());
  const optimizer = tf.train.sgd(task.rate);
  const loss = (): tf.Scalar => tf.mean(tf.squaredDifference(forward(xs, weights), ys));
  return {
    reset() {
      for (const [i, weight] of weights.entries()) weight.assign(starts[i]!);
    },
    time: timed(() => {
      optimizer.minimize(loss, false, weights);
    }),
    result: () => Float32Array.from(weights.flatMap((weight) => Array.from(weight.dataSync<"float32">()))),
  };
}

function variablesOf(widths: readonly number[], arrays: readonly Floats[]): tf.Variable[] {
  return layersOf(widths).flatMap(({ inputs, outputs }, i) => [
    tf.variable(tf.tensor2d(arrays[i * 2] as Float32Array, [inputs, outputs])),
    tf.variable(tf.tensor1d(arrays[i * 2 + 1] as Float32Array)),
  ]);
}

/** Fused layers, which TensorFlow.js has for this. */
function forward(x: tf.Tensor2D, weights: readonly tf.Variable[]): tf.Tensor2D {
  let h = x;
  for (let i = 0; i < weights.length; i += 2) {
    const activation = i + 2 < weights.length ? "relu" : "linear";
    h = tf.fused.matMul({
      a: h,
      b: weights[i] as tf.Tensor,
      bias: weights[i + 1] as tf.Tensor,
      activation,
    }) as tf.Tensor2D;
  }
  return h;
}
