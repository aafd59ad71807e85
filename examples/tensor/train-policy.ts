import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile, like, random, saveParameters, scope, type Value } from "../../src/tensor.ts";
import { chart, type Series } from "./chart.ts";
import { actorCritic } from "./chase/actor-critic.ts";
import { evolve } from "./chase/evolution.ts";
import { heuristic, network, type Parameters, type Policy, play, worldsOf } from "./chase/task.ts";
import { flagsOf, folderOf, integerOf, program } from "./program.ts";

const HELP = `usage: node examples/tensor/train-policy.ts [--generations N] [--iterations N] [--seed N] [--out FOLDER]

Trains a small network to fly drones to a moving goal around obstacles: by evolution strategies and by policy gradients.
Both, and what one would write by hand, are then scored in the same 1,024 worlds that none of them has seen.

  --generations N  of evolution, 1 to 100,000 (default 500)
  --iterations N   of policy gradients, 1 to 100,000 (default 600)
  --seed N         of everything (default 1); the same seed gives the same bytes
  --out FOLDER     where train.svg and the parameters go, *.safetensors (default tensor-report)`;

/** Worlds that policies are scored in, by a key that training does not use. */
const CHECK_WORLDS = 1024;
const CHECK_SEED = 2 ** 40;

export interface Trained {
  readonly name: string;
  readonly score: number;
  /** Of the parameters, in the format safetensors. */
  readonly bytes: Uint8Array;
  /** Score in the worlds of the check at points of the way from 0 to 1. */
  readonly curve: { readonly at: number[]; readonly score: number[] };
}

/** A way to train parameters in place; yields the score of each step while training. */
type Trainer = (parameters: Parameters, steps: number, seed: number) => Generator<number>;

export interface Training {
  readonly name: string;
  readonly trainer: Trainer;
  readonly steps: number;
  readonly seed: number;
  readonly print?: (line: string) => void;
}

/** The mean points per step of what one would write by hand. */
export function heuristicScore(): number {
  using key = random.key(CHECK_SEED);
  using plan = compile((worldKey) => scoreOf(heuristic, worldKey), like(key));
  return plan.run(key).item();
}

export function train({ name, trainer, steps, seed, print = () => {} }: Training): Trained {
  let bytes = new Uint8Array();
  const curve: Trained["curve"] = { at: [], score: [] };
  scope(() => {
    const parameters = network.init(random.key(seed));
    const key = random.key(CHECK_SEED);
    using check = compile(
      (own, worldKey) => scoreOf((seen) => network.apply(own, seen), worldKey),
      like(parameters),
      like(key),
    );
    const note = (step: number): number => {
      const score = check.run(parameters, key).item();
      curve.at.push(step / steps);
      curve.score.push(score);
      return score;
    };
    note(0);
    let step = 0;
    for (const mean of trainer(parameters, steps, seed)) {
      if (++step % Math.ceil(steps / 30) !== 0 && step < steps) continue;
      print(`${name} ${step} of ${steps}: ${mean.toFixed(3)} in training, ${note(step).toFixed(3)} in new worlds`);
    }
    bytes = saveParameters(parameters) as Uint8Array<ArrayBuffer>;
  });
  return { name, score: curve.score.at(-1)!, bytes, curve };
}

function scoreOf(policy: Policy, worldKey: Value): Value {
  return play(policy, worldsOf(worldKey, CHECK_WORLDS)).mean();
}

/** Returns what was trained. */
export function main(words: readonly string[], print: (line: string) => void = console.log): readonly Trained[] {
  const values = flagsOf(words, ["generations", "iterations", "seed", "out"]);
  if (values["help"]) {
    print(HELP);
    return [];
  }
  const generations = integerOf(values, "generations", 500, 1, 100_000);
  const iterations = integerOf(values, "iterations", 600, 1, 100_000);
  const seed = integerOf(values, "seed", 1, 0, 2 ** 32 - 1);
  const out = folderOf(values, "tensor-report");

  const byHand = heuristicScore();
  print(`by hand: ${byHand.toFixed(3)}`);
  const trainings: readonly Training[] = [
    { name: "policy gradients", trainer: actorCritic, steps: iterations, seed, print },
    { name: "evolution", trainer: evolve, steps: generations, seed, print },
  ];
  const trained = trainings.map((training) => {
    const start = performance.now();
    const result = train(training);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    writeFileSync(join(out, `${training.name.replace(" ", "-")}.safetensors`), result.bytes);
    print(`${training.name}: ${result.score.toFixed(3)}, by hand ${byHand.toFixed(3)}; ${seconds} s`);
    return result;
  });
  writeFileSync(join(out, "train.svg"), curves(trained, byHand));
  print(`${join(out, "train.svg")} written`);
  return trained;
}

function curves(trained: readonly Trained[], byHand: number): string {
  const series: Series[] = trained.map(({ name, curve }) => ({ name, x: curve.at, y: curve.score }));
  return chart([...series, { name: "by hand", x: [0, 1], y: [byHand, byHand] }], {
    title: "Points per step in 1,024 new worlds",
    xLabel: "share of the training",
    yLabel: "points",
  });
}

program(import.meta.url, main);
