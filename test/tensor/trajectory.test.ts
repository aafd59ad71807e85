import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  adam,
  adamW,
  add,
  compile,
  crossEntropy,
  donate,
  gelu,
  like,
  matmul,
  mean,
  type Optimizer,
  rmsProp,
  sgd,
  square,
  subtract,
  Tensor,
  type Tree,
  tanh,
  type Value,
  valueAndGrad,
} from "../../src/tensor.ts";

/** As `scripts/fixtures/trajectory.py` writes them. */
interface Fixtures {
  readonly steps: number;
  readonly networks: Readonly<Record<string, Network>>;
  readonly runs: Readonly<Record<string, Run>>;
}
interface Network {
  readonly widths: readonly number[];
  readonly activation: "tanh" | "gelu";
  readonly loss: "meanSquared" | "crossEntropy";
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly weights: readonly (readonly number[])[];
}
interface Run {
  readonly network: string;
  readonly optimizer: string;
  readonly options: Options;
  readonly losses: readonly number[];
  readonly weights: readonly (readonly number[])[];
}
/** As PyTorch calls them. */
interface Options {
  readonly lr: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly betas?: readonly number[];
  readonly eps?: number;
  readonly alpha?: number;
  readonly weight_decay?: number;
}

const fixtures: Fixtures = JSON.parse(readFileSync(new URL("fixtures/trajectory.json", import.meta.url), "utf8"));
const TOLERANCE = 1e-6;

describe("training in f64 goes the way of PyTorch", () => {
  test.for(Object.entries(fixtures.runs))("%s, 500 steps in a plan", ([, run]) => {
    const network = fixtures.networks[run.network]!;
    const { losses, weights } = train(network, optimizerOf(run));
    expect(farthest(losses, run.losses)).toBeLessThan(TOLERANCE);
    for (const [i, weight] of weights.entries()) expect(farthest(weight, run.weights[i]!)).toBeLessThan(TOLERANCE);
    expect(run.losses.at(-1)!).toBeLessThan(run.losses[0]! / 2);
  });
});

function train(network: Network, optimizer: Optimizer): { losses: number[]; weights: number[][] } {
  const { widths, x, y } = network;
  const layers = widths.slice(1).flatMap((outputs, i) => [[widths[i]!, outputs], [outputs]]);
  const weights = network.weights.map((values, i) => tensorOf("f64", values, layers[i]!));
  const rows = x.length / widths[0]!;
  const inputs = tensorOf("f64", x, [rows, widths[0]!]);
  const classes = network.loss === "crossEntropy";
  const wanted = classes ? tensorOf("i32", y, [rows]) : tensorOf("f64", y, [rows, widths.at(-1)!]);
  const activation = network.activation === "tanh" ? tanh : gelu;
  const loss = (parameters: Value[], input: Value, target: Value): Value => {
    const output = forward(input, parameters, activation);
    return classes ? crossEntropy(output, target) : mean(square(subtract(output, target)));
  };
  const step = (parameters: Value[], state: Tree, input: Value, target: Value): [Value[], Tree, Value] => {
    const [value, gradients] = valueAndGrad(loss)(parameters, input, target);
    return [...optimizer.update(parameters, gradients, state), value];
  };
  const state = optimizer.init(weights);
  const plan = compile(step, donate(like(weights)), donate(like(state)), like(inputs), like(wanted));
  const losses: number[] = [];
  for (let i = 0; i < fixtures.steps; i++) {
    const [, , value] = plan.run(weights, state as never, inputs, wanted);
    losses.push((value as Tensor).elements()[0]!);
  }
  return { losses, weights: weights.map((weight) => Array.from(weight.elements())) };
}

function forward(x: Value, weights: readonly Value[], activation: (x: Value) => Value): Value {
  let h = x;
  for (let i = 0; i < weights.length; i += 2) {
    h = add(matmul(h, weights[i]!), weights[i + 1]!);
    if (i + 2 < weights.length) h = activation(h);
  }
  return h;
}

function optimizerOf({ optimizer, options }: Run): Optimizer {
  const { lr, momentum = 0, nesterov = false, betas = [0.9, 0.999], eps, alpha, weight_decay } = options;
  const moments = { rate: lr, beta1: betas[0]!, beta2: betas[1]!, epsilon: eps! };
  if (optimizer === "SGD") return sgd({ rate: lr, momentum, nesterov }) as Optimizer;
  if (optimizer === "Adam") return adam(moments) as Optimizer;
  if (optimizer === "AdamW") return adamW({ ...moments, weightDecay: weight_decay! }) as Optimizer;
  return rmsProp({ rate: lr, decay: alpha!, epsilon: eps! }) as Optimizer;
}

function tensorOf(dtype: "f64" | "i32", values: readonly number[], dims: readonly number[]): Tensor {
  const tensor = Tensor.empty(dtype, dims);
  tensor.elements().set(values);
  return tensor;
}

function farthest(found: readonly number[], expected: readonly number[]): number {
  expect(found.length).toBe(expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}
