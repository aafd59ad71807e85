import { tanh64 } from "../../native/reference/tensor/math64-hyperbolic.ts";
import { checkInteger, checkList, checkNumber, optionsOf } from "../argument.ts";
import { tensor } from "../create.ts";
import { tanh } from "../function/arithmetic.ts";
import { random } from "../function/random.ts";
import { fit } from "../nn/fit.ts";
import { linear } from "../nn/linear.ts";
import { meanSquaredError } from "../nn/loss.ts";
import { sequential } from "../nn/sequential.ts";
import { adam } from "../optim/adam.ts";
import { scope } from "../scope.ts";
import type { Tensor } from "../tensor.ts";
import type { Tree } from "../tree.ts";
import type { Value } from "../value.ts";
import { checkColumns, checkSamples, type Regressor, type Rows, shares } from "./regressor.ts";
import { scaled, scaleOf } from "./scale.ts";

export interface PerceptronOptions {
  /** Units of the hidden layers; [32, 32] unless given. */
  readonly hidden?: readonly number[];
  /** 300 unless given. */
  readonly epochs?: number;
  readonly batch?: number;
  /** Of Adam; 0.01 unless given. */
  readonly rate?: number;
  /** Of the first weights and of the order of the samples. */
  readonly seed?: number;
}

/** A multi-layer perceptron with tanh between its layers, on scaled columns and targets. What it learned is plain numbers. */
export function perceptron(options?: PerceptronOptions): Regressor {
  const given = optionsOf("perceptron", options, ["hidden", "epochs", "batch", "rate", "seed"]);
  const { hidden = [32, 32], epochs = 300, batch = 32, rate = 0.01, seed = 0 } = given;
  checkList("perceptron", "hidden", hidden);
  for (const [i, units] of hidden.entries()) checkInteger("perceptron", `hidden[${i}]`, units, 1, 1 << 20);
  checkInteger("perceptron", "epochs", epochs, 1);
  checkInteger("perceptron", "batch", batch, 1);
  checkNumber("perceptron", "rate", rate, 0);
  checkInteger("perceptron", "seed", seed, 0);
  return {
    name: "multi-layer perceptron",
    fit: (rows, targets) => {
      const columns = checkSamples("perceptron", rows, targets);
      const scale = scaleOf(rows, columns);
      const target = scaleOf(
        targets.map((y) => [y]),
        1,
      );
      const [middle, spread] = [target.mean[0] as number, target.deviation[0] as number];
      const sizes = [columns, ...hidden, 1];
      const layers = sizes
        .slice(1)
        .flatMap((size, i) => [linear(sizes[i] as number, size), ...(i === hidden.length ? [] : [tanh])]);
      const model = sequential(...layers);
      let weights: Dense[] = [];
      scope(() => {
        const data = { x: tensor(scaled(rows, scale)), y: tensor(targets.map((y) => [(y - middle) / spread])) };
        const { parameters } = fit({
          parameters: model.init(random.key(seed)),
          loss: (p: readonly Tree[], { x, y }: { x: Value; y: Value }) => meanSquaredError(model.apply(p, x), y),
          optimizer: adam({ rate }) as never,
          data,
          epochs,
          batch,
          seed,
        });
        weights = parameters.filter((layer) => layer !== null).map(denseOf);
        return undefined;
      });
      return {
        importance: shares(reachOf(weights, columns)),
        predict: (others: Rows) => {
          checkColumns("perceptron", others, columns);
          return Float64Array.from(
            scaled(others, scale),
            (row) => middle + spread * (outputOf(weights, row)[0] as number),
          );
        },
      };
    },
  };
}

interface Dense {
  readonly weight: number[][];
  readonly bias: number[];
}

function denseOf(layer: Tree): Dense {
  const { weight, bias } = layer as { readonly weight: Tensor; readonly bias: Tensor };
  const dense = { weight: weight.toArray() as number[][], bias: bias.toArray() as number[] };
  weight.dispose();
  bias.dispose();
  return dense;
}

function outputOf(layers: readonly Dense[], row: readonly number[]): readonly number[] {
  return layers.reduce<readonly number[]>((values, { weight, bias }, i) => {
    const sums = bias.map((b, j) =>
      values.reduce((sum, value, k) => sum + value * ((weight[k] as number[])[j] as number), b),
    );
    return i === layers.length - 1 ? sums : sums.map(tanh64);
  }, row);
}

/** Sums of the magnitudes of the products along all ways from a column to the result. */
function reachOf(layers: readonly Dense[], columns: number): Float64Array {
  let reach = [1];
  for (const { weight } of [...layers].reverse()) {
    reach = weight.map((row) => row.reduce((sum, w, j) => sum + Math.abs(w) * (reach[j] as number), 0));
  }
  return Float64Array.from({ length: columns }, (_, j) => reach[j] as number);
}
