import {
  adamW,
  add,
  argsort,
  compile,
  concat,
  donate,
  like,
  linearDecay,
  multiply,
  random,
  spec,
  subtract,
  tensordot,
  tile,
  treeLeaves,
  treeLike,
  treeMap,
  type Value,
  vmap,
} from "../../../src/tensor.ts";
import { DIRECTIONS, network, OBSERVATIONS, type Parameters, play, type Worlds, worldsOf } from "./task.ts";

/** Pairs of policies in a generation, each a step from the parameters and the opposite step. */
const PAIRS = 128;
/** Worlds that every policy of a generation plays in, so that it is not luck that tells them apart. */
const WORLDS = 8;
/** Standard deviation of the steps. */
const SIGMA = 0.15;

/**
 * Evolution strategies with antithetic steps and ranks in the place of scores (Salimans et al., 2017). A generation is one run
 * of a plan: worlds, policies, their episodes, ranks, and the step of the optimiser. Yields the mean score of each generation.
 */
export function* evolve(parameters: Parameters, generations: number, seed: number): Generator<number> {
  const optimizer = adamW({
    rate: linearDecay(0.05, { steps: generations, end: 0.002 }),
    weightDecay: 0.01,
  });
  const state = optimizer.init(parameters);
  const generation = (p: Parameters, s: typeof state, key: Value, number: Value) => {
    const [noiseKey, worldKey] = random.split(random.fold(key, number)) as [Value, Value];
    const leaves = treeLeaves(p) as Value[];
    const steps = leaves.map((leaf, i) => random.normal(random.fold(noiseKey, i), [PAIRS, ...leaf.dims]));
    const policies = leaves.map((leaf, i) => {
      const step = multiply(steps[i]!, SIGMA);
      return concat([add(leaf, step), subtract(leaf, step)]);
    });
    const repeated = (leaf: Value): Value => tile(leaf, [...leaf.dims.slice(1).map(() => 1), 2 * PAIRS]);
    const worlds = treeMap((leaf) => repeated(leaf as Value), worldsOf(worldKey, WORLDS)) as Worlds;
    const each = vmap(network.apply);
    const policy = (seen: Value): Value =>
      each(treeLike(p, policies) as Parameters, seen.reshape([2 * PAIRS, WORLDS, OBSERVATIONS])).reshape([
        -1,
        DIRECTIONS,
      ]);
    const scores = play(policy, worlds)
      .reshape([2 * PAIRS, WORLDS])
      .mean(1);
    // From -1/2 for the worst to 1/2 for the best.
    const ranks = subtract(
      argsort(argsort(scores))
        .astype("f32")
        .divide(2 * PAIRS - 1),
      0.5,
    );
    const gains = subtract(ranks.slice({ stop: PAIRS }), ranks.slice({ start: PAIRS }));
    const slopes = steps.map((step) => tensordot(gains, step, 1).divide(-2 * PAIRS * SIGMA));
    return [...optimizer.update(p, treeLike(p, slopes) as Parameters, s), scores.mean()] as const;
  };
  const key = random.key(seed);
  // Parameters and state are written over in place.
  using plan = compile(generation, donate(like(parameters)), donate(like(state)), like(key), spec("i32", []));
  for (let number = 0; number < generations; number++) yield plan.run(parameters, state, key, number)[2].item();
}
