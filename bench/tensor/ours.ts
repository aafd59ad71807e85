import {
  add,
  compile,
  type DType,
  donate,
  gelu,
  like,
  matmul,
  matrixTranspose,
  mean,
  multiply,
  relu,
  reshape,
  softmax,
  square,
  subtract,
  Tensor,
  type Value,
  valueAndGrad,
} from "../../src/tensor.ts";
import { type Runner, timed } from "./runner.ts";
import { type Floats, inputsOf, layersOf, shapesOf, type Task } from "./task.ts";

/** Operation by operation, or as a plan. */
export type Mode = "eager" | "plan";

/** Worldloom. Weights of a forward pass are constants of its plan; weights that are trained are donated to it. */
export function ourRunner(task: Task, mode: Mode): Runner {
  if (task.kind === "train") return trained(task);
  const { run, inputs } = functionOf(task);
  return mode === "eager" ? eager(run, inputs) : planned(run, inputs);
}

type Pure = (...inputs: Value[]) => Value;

function eager(run: Pure, inputs: readonly Tensor[]): Runner {
  let last = run(...inputs) as Tensor;
  const [a, b] = inputs as [Tensor, Tensor];
  return {
    time: timed(() => {
      last.dispose();
      last = run(a, b) as Tensor;
    }),
    result: () => last.elements() as Floats,
  };
}

function planned(run: Pure, inputs: readonly Tensor[]): Runner {
  const plan = compile(run, ...inputs.map(like));
  let last: Tensor | undefined;
  return {
    reset: () => void last?.elements().fill(0),
    time: timed(() => {
      last = plan.run(...inputs) as Tensor;
    }),
    result: () => last!.elements() as Floats,
    close: () => plan.dispose(),
  };
}

/** The function, and what it is called with; what it captures is a constant. */
function functionOf(task: Exclude<Task, { kind: "train" }>): { run: Pure; inputs: Tensor[] } {
  const arrays = inputsOf(task);
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposed } = task;
      const lead = batch === 1 ? [] : [batch];
      const a = tensorOf(arrays[0]!, [...lead, ...(transposed === "a" ? [k, m] : [m, k])]);
      const b = tensorOf(arrays[1]!, [...lead, ...(transposed === "b" ? [n, k] : [k, n])]);
      const turned = (x: Value, it: boolean) => (it ? matrixTranspose(x) : x);
      const run: Pure = (x, y) => matmul(turned(x!, transposed === "a"), turned(y!, transposed === "b"));
      return { run, inputs: [a, b] };
    }
    case "forward": {
      const weights = weightsOf(task.widths, arrays.slice(1));
      return { run: (x) => forward(x!, weights), inputs: [tensorOf(arrays[0]!, [task.batch, task.widths[0]!])] };
    }
    case "gelu":
      return { run: (x) => gelu(x!), inputs: [tensorOf(arrays[0]!, [task.count])] };
    case "softmax":
      return { run: (x) => softmax(x!), inputs: [tensorOf(arrays[0]!, [task.rows, task.columns])] };
    case "add":
      return { run: (a, b) => add(a!, b!), inputs: arrays.map((array) => tensorOf(array, [task.count])) };
    case "chain": {
      const shapes = shapesOf(task);
      const run: Pure = (a, b) => {
        let sum = a!;
        for (let i = 0; i < task.links; i++) sum = add(reshape(sum, shapes[i % 2]!), reshape(b!, shapes[i % 2]!));
        return sum;
      };
      return { run, inputs: arrays.map((array) => tensorOf(array, [task.count])) };
    }
  }
}

function trained(task: Extract<Task, { kind: "train" }>): Runner {
  const [x, y, ...arrays] = inputsOf(task);
  const xs = tensorOf(x!, [task.batch, task.widths[0]!]);
  const ys = tensorOf(y!, [task.batch, task.widths.at(-1)!]);
  const weights = weightsOf(task.widths, arrays);
  const loss = (all: Value[], input: Value, wanted: Value) => mean(square(subtract(forward(input, all), wanted)));
  const step = (all: Value[], input: Value, wanted: Value): Value[] => {
    const [, gradients] = valueAndGrad(loss)(all, input, wanted);
    return all.map((weight, i) => subtract(weight, multiply(gradients[i]!, task.rate)));
  };
  const plan = compile(step, donate(like(weights)), like(xs), like(ys));
  return {
    reset() {
      for (const [i, weight] of weights.entries()) (weight.elements() as Float32Array).set(arrays[i]!);
    },
    time: timed(() => {
      plan.run(weights, xs, ys);
    }),
    result: () => Float32Array.from(weights.flatMap((weight) => Array.from(weight.elements()))),
    close: () => plan.dispose(),
  };
}

/** Layers with relu between them; weights and biases in turn. */
export function forward(x: Value, weights: readonly Value[]): Value {
  let h = x;
  for (let i = 0; i < weights.length; i += 2) {
    h = add(matmul(h, weights[i]!), weights[i + 1]!);
    if (i + 2 < weights.length) h = relu(h);
  }
  return h;
}

export function weightsOf(widths: readonly number[], arrays: readonly Floats[]): Tensor[] {
  return layersOf(widths).flatMap(({ inputs, outputs }, i) => [
    tensorOf(arrays[i * 2]!, [inputs, outputs]),
    tensorOf(arrays[i * 2 + 1]!, [outputs]),
  ]);
}

function tensorOf(values: Floats, dims: readonly number[]): Tensor {
  const dtype: DType = values instanceof Float64Array ? "f64" : "f32";
  const tensor = Tensor.empty(dtype, dims);
  (tensor.elements() as Float64Array).set(values);
  return tensor;
}
