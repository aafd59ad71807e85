import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  adam,
  cosineDecay,
  type Fitted,
  fit,
  linspace,
  loadParameters,
  meanSquaredError,
  nn,
  random,
  saveParameters,
  scope,
  type Tensor,
  type Tree,
  tanh,
  type Value,
} from "../../src/tensor.ts";
import { chart } from "./chart.ts";
import { flagsOf, folderOf, integerOf, program } from "./program.ts";

const HELP = `usage: node examples/tensor/fit-a-function.ts [--epochs N] [--seed N] [--out FOLDER]

Learns a function of one number from 400 noisy samples, with a network of two hidden layers.

  --epochs N    most passes over the samples, 1 to 10,000 (default 300)
  --seed N      of samples and parameters (default 1); the same seed gives the same bytes
  --out FOLDER  where fit.svg and fit.safetensors go (default tensor-report)`;

const SAMPLES = 400;
const CHECKED = 100;
/** Standard deviation of what is added to the samples. */
const NOISE = 0.1;

const model = nn.sequential(nn.linear(1, 32), tanh, nn.linear(32, 32), tanh, nn.linear(32, 1));
type Parameters = ReturnType<typeof model.init>;
type Samples = { readonly x: Value; readonly y: Value };

/** What is to be learned, between -2 and 2. */
function truth(x: Value): Value {
  return x.multiply(3).sin().multiply(x);
}

/** `count` places between -2 and 2, each with a noisy number: [count, 1] both. */
export function samplesOf(seed: number, stream: number, count: number): Samples {
  return scope(() => {
    const [places, noise] = random.split(random.fold(random.key(seed), stream)) as [Value, Value];
    const x = random.uniform(places, [count, 1], { low: -2, high: 2 });
    return { x, y: truth(x).add(random.normal(noise, [count, 1]).multiply(NOISE)) };
  });
}

export interface Learning {
  readonly epochs: number;
  readonly seed: number;
  readonly print?: (line: string) => void;
}

/** Learns from samples, and stops early when those that it does not learn from are met no better. */
export function learn({ epochs, seed, print = () => {} }: Learning): Fitted<Parameters> {
  const batch = 50;
  const steps = (epochs * SAMPLES) / batch;
  return fit({
    parameters: model.init(random.key(seed)),
    loss: (parameters: Parameters, { x, y }: Samples) => meanSquaredError(model.apply(parameters, x), y),
    optimizer: adam({ rate: cosineDecay(0.01, { steps }) }),
    data: samplesOf(seed, 1, SAMPLES),
    validation: samplesOf(seed, 2, CHECKED),
    epochs,
    batch,
    seed,
    patience: 60,
    onProgress: ({ epoch, loss, validation }) => {
      if (epoch === 1 || epoch % 20 === 0)
        print(`epoch ${epoch}: loss ${loss.toFixed(4)}, not learned from ${validation!.toFixed(4)}`);
    },
  });
}

/** Samples, the function, and what was learned, as SVG. */
export function picture(parameters: Parameters, seed: number): string {
  let svg = "";
  scope(() => {
    const { x, y } = samplesOf(seed, 1, SAMPLES);
    const line = linspace(-2, 2, 200).reshape([200, 1]);
    svg = chart(
      [
        { name: "samples", x: numbers(x), y: numbers(y), points: true },
        { name: "truth", x: numbers(line), y: numbers(truth(line)) },
        { name: "learned", x: numbers(line), y: numbers(model.apply(parameters, line)) },
      ],
      { title: "x sin(3 x) from noisy samples", xLabel: "x", yLabel: "y" },
    );
  });
  return svg;
}

function numbers(x: Value): ArrayLike<number> {
  return (x as Tensor).elements();
}

/** Returns the parameters as bytes. */
export function main(words: readonly string[], print: (line: string) => void = console.log): Uint8Array | undefined {
  const values = flagsOf(words, ["epochs", "seed", "out"]);
  if (values["help"]) {
    print(HELP);
    return undefined;
  }
  const epochs = integerOf(values, "epochs", 300, 1, 10_000);
  const seed = integerOf(values, "seed", 1, 0, 2 ** 32 - 1);
  const out = folderOf(values, "tensor-report");
  const { parameters, history, stopped } = learn({ epochs, seed, print });
  const best = Math.min(...history.map(({ validation }) => validation!));
  print(
    `best ${best.toFixed(4)} after ${history.length} epochs (${stopped}); the noise alone is ${(NOISE * NOISE).toFixed(4)}`,
  );

  const file = join(out, "fit.safetensors");
  writeFileSync(file, saveParameters(parameters as Tree, [["function", "x sin(3 x)"]]));
  // As a server would start: a model of the same form, its parameters from the file.
  const bytes = readFileSync(file);
  const loaded = loadParameters(bytes, model.init(random.key(0)));
  writeFileSync(join(out, "fit.svg"), picture(loaded, seed));
  print(`${file} and ${join(out, "fit.svg")} written`);
  return bytes;
}

program(import.meta.url, main);
