import {
  adam,
  add,
  arange,
  clipByNorm,
  compile,
  donate,
  exp,
  like,
  linearDecay,
  logSoftmax,
  meanSquaredError,
  multiply,
  nn,
  random,
  scan,
  spec,
  subtract,
  takeAlongAxis,
  tanh,
  type Value,
  valueAndGrad,
} from "../../../src/tensor.ts";
import {
  advance,
  type Drones,
  dronesOf,
  network,
  OBSERVATIONS,
  observe,
  type Parameters,
  STEPS,
  worldsOf,
} from "./task.ts";

/** Drones that learn at the same time. */
const DRONES = 64;
/** How much a point counts that is one step later. */
const DISCOUNT = 0.95;
/** 1: advantages are from all the points that follow, 0: from the next ones and the critic's guess. */
const LAMBDA = 0.9;
/** What an even spread over directions is worth, so that they keep being tried. */
const SPREAD = 0.005;

/** What it thinks that the points from here on will be, discounted. */
const critic = nn.sequential(nn.linear(OBSERVATIONS, 64), tanh, nn.linear(64, 1));

type Both = { readonly actor: Parameters; readonly critic: ReturnType<typeof critic.init> };

/**
 * Policy gradients with a learned baseline (advantage actor-critic, generalised advantages after Schulman et al., 2016): drones
 * try directions at random in proportion to the policy's preferences, and those that led to more than the critic expected become likelier.
 * An iteration is one run of a plan: episodes, gradients, and the step of the optimiser. Yields the mean score of each.
 */
export function* actorCritic(parameters: Parameters, iterations: number, seed: number): Generator<number> {
  const optimizer = adam({ rate: linearDecay(0.006, { steps: iterations, end: 0.0005 }) });
  const key = random.key(seed);
  const both: Both = { actor: parameters, critic: critic.init(random.fold(key, -1)) };
  const state = optimizer.init(both);

  const iteration = (both: Both, s: typeof state, from: Value, number: Value) => {
    const [worldKey, actionKey] = random.split(random.fold(from, number)) as [Value, Value];
    const worlds = worldsOf(worldKey, DRONES);
    const [last, [seen, taken, points]] = scan(
      (drones: Drones, step: Value) => {
        const observations = observe(drones, worlds);
        const direction = random.categorical(random.fold(actionKey, step), network.apply(both.actor, observations));
        const [next, gained] = advance(drones, direction, worlds);
        return [next, [observations, direction, gained] as const];
      },
      dronesOf(worlds),
      arange(STEPS),
    );
    const worth = (observations: Value): Value => critic.apply(both.critic, observations).squeeze(-1);
    const [advantages, returns] = advantagesOf(points, worth(seen), worth(observe(last, worlds)));
    const spread = advantages.std();
    const loss = (p: Both): Value => {
      const logs = logSoftmax(network.apply(p.actor, seen), -1);
      const chosen = takeAlongAxis(logs, taken.expandDims(-1), -1).squeeze(-1);
      const better = multiply(chosen, advantages.subtract(advantages.mean()).divide(spread)).mean();
      const evenness = multiply(exp(logs), logs).sum(-1).mean().negative();
      const guesses = critic.apply(p.critic, seen).squeeze(-1);
      return meanSquaredError(guesses, returns).multiply(0.5).subtract(better).subtract(evenness.multiply(SPREAD));
    };
    const [, slopes] = valueAndGrad(loss)(both);
    return [...optimizer.update(both, clipByNorm(slopes, 1), s), points.mean()] as const;
  };
  // Parameters and state are written over in place.
  using plan = compile(iteration, donate(like(both)), donate(like(state)), like(key), spec("i32", []));
  for (let number = 0; number < iterations; number++) yield plan.run(both, state, key, number)[2].item();
}

/** How much better it went than the critic had expected, and what it should have expected: [steps, n] both. */
function advantagesOf(points: Value, worth: Value, worthAfter: Value): [advantages: Value, returns: Value] {
  const [, advantages] = scan(
    ([later, next]: readonly [Value, Value], [gained, here]: readonly [Value, Value]) => {
      const surprise = subtract(add(gained, multiply(next, DISCOUNT)), here);
      const advantage = add(surprise, multiply(later, DISCOUNT * LAMBDA));
      return [[advantage, here] as const, advantage];
    },
    [multiply(worthAfter, 0), worthAfter] as const,
    [points, worth] as const,
    { reverse: true },
  );
  return [advantages, add(advantages, worth)];
}
