import {
  add,
  concat,
  cos,
  divide,
  exp,
  expandDims,
  less,
  matmul,
  maximum,
  minimum,
  multiply,
  nn,
  random,
  scan,
  sin,
  sqrt,
  square,
  subtract,
  sum,
  take,
  tanh,
  tensor,
  type Value,
  where,
  zeros,
} from "../../../src/tensor.ts";

/**
 * The task: a drone has inertia and eight directions of thrust. It is to stay near a goal that moves along a curve, and six
 * round obstacles stand about; who runs into one stops there and loses points. Each of n drones has a world of its own.
 * n is the last axis of all tensors here: operations go along it, and the two axes of space are rows.
 */

/** Steps of an episode. */
export const STEPS = 64;
export const OBSTACLES = 6;
export const OBSERVATIONS: number = 8 + 4 * OBSTACLES;
export const DIRECTIONS = 8;
/** Seconds a step. */
const DT = 0.1;
/** Units per second squared. */
const THRUST = 2;
/** What a step leaves of the velocity. */
const DRAG = 0.92;
/** Points lost by a step that ends at an obstacle. A step gains 1 less the distance to the goal. */
const CRASH = 1;

/** What differs between the worlds of n drones, and stays. */
export type Worlds = {
  /** [2, obstacles, n] */
  readonly centres: Value;
  /** [obstacles, n] */
  readonly radii: Value;
  /** Of the goal, by axis: [2, n] each. */
  readonly amplitude: Value;
  /** Radians per second. */
  readonly rate: Value;
  readonly phase: Value;
  /** Where drones begin: [2, n]. */
  readonly start: Value;
};

/** Where drones are and how fast they move, [2, n] each, and the seconds since the start, a number. */
export type Drones = { readonly place: Value; readonly velocity: Value; readonly time: Value };

/** From what drones see, [n, observations], to what they prefer, [n, directions]. */
export type Policy = (observations: Value) => Value;

/** The network that is trained: 32-64-64-8. */
export const network = nn.sequential(
  nn.linear(OBSERVATIONS, 64),
  tanh,
  nn.linear(64, 64),
  tanh,
  nn.linear(64, DIRECTIONS),
);
export type Parameters = ReturnType<typeof network.init>;

/** n worlds, by a key. */
export function worldsOf(key: Value, n: number): Worlds {
  const keys = random.split(key, 6) as [Value, Value, Value, Value, Value, Value];
  return {
    centres: random.uniform(keys[0], [2, OBSTACLES, n], { low: -1, high: 1 }),
    radii: random.uniform(keys[1], [OBSTACLES, n], { low: 0.1, high: 0.22 }),
    amplitude: random.uniform(keys[2], [2, n], { low: 0.3, high: 0.9 }),
    rate: random.uniform(keys[3], [2, n], { low: 0.4, high: 1.2 }),
    phase: random.uniform(keys[4], [2, n], { low: 0, high: 2 * Math.PI }),
    start: random.uniform(keys[5], [2, n], { low: -1, high: 1 }),
  };
}

/** At rest at the start. */
export function dronesOf({ start }: Worlds): Drones {
  return { place: start, velocity: multiply(start, 0), time: zeros([]) };
}

/**
 * What drones see: the way to the goal, its velocity, their own velocity and place; of each obstacle the direction to it and how
 * fast they come closer, both weighted by how near it is, and that: 1 at its surface, less and less further away.
 */
export function observe({ place, velocity, time }: Drones, worlds: Worlds): Value {
  const [goal, goalVelocity] = goalAt(worlds, time);
  const { unit, gap } = obstaclesFrom(place, worlds);
  const nearness = exp(multiply(gap, -6));
  const towards = multiply(unit, nearness);
  const closing = sum(multiply(towards, expandDims(velocity, 1)), 0);
  const flat = towards.reshape([2 * OBSTACLES, place.dims[1]!]);
  return concat([subtract(goal, place), goalVelocity, velocity, place, flat, closing, nearness]).T;
}

/** A step with thrust in these directions, i32 [n]: drones afterwards, and the points that they gain, [n]. */
export function advance(drones: Drones, direction: Value, worlds: Worlds): [Drones, points: Value] {
  const thrust = take(directions(), direction, 1);
  const velocity = multiply(add(drones.velocity, multiply(thrust, THRUST * DT)), DRAG);
  const free = add(drones.place, multiply(velocity, DT));
  const { unit, gap } = obstaclesFrom(free, worlds);
  // Out of each obstacle by the shortest way, and at rest.
  const depth = minimum(gap, 0);
  const place = maximum(minimum(add(free, sum(multiply(unit, depth), 1)), 1.5), -1.5);
  const crashed = less(depth.min(0), 0);
  const time = add(drones.time, DT);
  const [goal] = goalAt(worlds, time);
  const far = lengthOf(subtract(goal, place));
  const points = subtract(subtract(1, far), multiply(crashed.astype("f32"), CRASH));
  return [{ place, velocity: where(crashed, 0, velocity), time }, points];
}

/** Points per step of each of n drones with a policy that takes the direction that it prefers most: [n]. */
export function play(policy: Policy, worlds: Worlds): Value {
  const [, points] = scan(
    (drones: Drones) => advance(drones, policy(observe(drones, worlds)).argmax(-1), worlds),
    dronesOf(worlds),
    null,
    { length: STEPS },
  );
  return points.mean(0);
}

/**
 * What one would write by hand: towards the goal, the more the further it is, against one's own velocity where it is another
 * than the goal's, and away from obstacles that are near. The weights are the best of 72 that were tried.
 */
export function heuristic(observations: Value): Value {
  const seen = observations.T;
  const rows = (start: number, stop: number): Value => seen.slice({ start, stop });
  const [toGoal, goalVelocity, velocity] = [rows(0, 2), rows(2, 4), rows(4, 6)];
  const push = sum(rows(8, 8 + 2 * OBSTACLES).reshape([2, OBSTACLES, seen.dims[1]!]), 1);
  const wish = subtract(add(multiply(toGoal, 3), subtract(goalVelocity, velocity)), push);
  return matmul(wish.T, directions());
}

/** Unit vectors, an eighth of a turn apart: [2, directions]. */
function directions(): Value {
  const h = Math.SQRT1_2;
  return tensor([
    [1, h, 0, -h, -1, -h, 0, h],
    [0, h, 1, h, 0, -h, -1, -h],
  ]);
}

/** Place and velocity of the goals at a time: [2, n] each. */
function goalAt({ amplitude, rate, phase }: Worlds, time: Value): [place: Value, velocity: Value] {
  const angle = add(multiply(rate, time), phase);
  return [multiply(amplitude, sin(angle)), multiply(multiply(amplitude, rate), cos(angle))];
}

/** Unit vectors from drones to the centres of obstacles, [2, obstacles, n], and distances to their surfaces, [obstacles, n]. */
function obstaclesFrom(place: Value, { centres, radii }: Worlds): { unit: Value; gap: Value } {
  const away = subtract(centres, expandDims(place, 1));
  const length = lengthOf(away);
  return { unit: divide(away, length), gap: subtract(length, radii) };
}

/** Of vectors along axis 0, never quite 0. */
function lengthOf(vectors: Value): Value {
  return sqrt(add(sum(square(vectors), 0), 1e-9));
}
