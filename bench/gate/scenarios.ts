import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import { Arena, component, createWorld, f32, SpatialIndex, system, type World, write } from "../../src/index.ts";
import {
  type AdamState,
  adam,
  add,
  arange,
  compile,
  currentArena,
  donate,
  full,
  like,
  matmul,
  mean,
  ones,
  relu,
  square,
  type Tensor,
  type Value,
  valueAndGrad,
} from "../../src/tensor.ts";
import { type Counting, type Counts, counted } from "./counts.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });
const Health = component("Health", { points: f32 });
const Burning = component("Burning", {});

const ENTITIES = 10_000;
const TICKS = 50;
/** Ticks before counting starts: views and lists are made in the first ones. */
const WARM_UP = 8;

/** What is counted, by name. Each gives the same counts in every process. */
export const scenarios: Readonly<Record<string, () => Counts>> = {
  "steady ticks": () => {
    const { world, tick } = crowd();
    return ticked(world, tick);
  },
  "ticks with a snapshot each": () => {
    const { world, tick } = crowd();
    let kept = world.snapshot();
    return ticked(world, () => {
      tick();
      const next = world.snapshot();
      kept.dispose();
      kept = next;
    });
  },
  "ticks with a fork, a diff and a hash each": () => {
    const { world, tick } = crowd();
    return ticked(world, () => {
      const before = world.fork();
      tick();
      world.diff(before);
      world.hash();
      before.dispose();
    });
  },
  "ticks with churn": () => {
    const { world, tick } = crowd();
    const alive: number[] = [...world.spawnMany(500, [Position, { x: 1, y: 1 }])];
    let turn = 0;
    return ticked(world, () => {
      for (let i = 0; i < 100; i++) {
        const at = (turn * 37 + i * 5) % alive.length;
        world.despawn(alive[at]!);
        alive[at] = world.spawn([Position, { x: i, y: turn }]);
        if (i % 3 === 0) world.add(alive[at]!, Burning);
      }
      world.addMany(alive.slice(0, 50), Health, { points: 1 });
      world.removeMany(alive.slice(0, 25), Health);
      turn++;
      tick();
    });
  },
  "city, 1,000 agents": () => {
    const city = new City({ map: loadMap(BUNDLED_MAP), agents: 1000, seed: 1, radius: 1, churn: 0.01 });
    return ticked(city.world, () => city.step());
  },
  "training in a plan": () => {
    const { step, weights, state, x } = network();
    const plan = compile(step, donate(like(weights)), donate(like(state)), like(x));
    return repeated(currentArena(), () => plan.run(weights, state as never, x));
  },
  "sums of a few elements, eager": () => {
    const x = arange(8);
    return repeated(currentArena(), () => add(x, x).dispose());
  },
};

/** A perceptron with two layers, in a step of Adam. */
function network() {
  const weights: Tensor[] = [full([8, 16], 0.1), full([16], 0.1), full([16, 4], 0.1), full([4], 0.1)];
  const optimizer = adam({ rate: 0.01 });
  const loss = ([a, b, c, d]: Value[], x: Value): Value =>
    mean(square(add(matmul(relu(add(matmul(x, a!), b!)), c!), d!)));
  const step = (parameters: Value[], state: AdamState, x: Value): [Value[], AdamState, Value] => {
    const [value, gradients] = valueAndGrad(loss)(parameters, x);
    return [...optimizer.update(parameters, gradients, state), value];
  };
  return { step, weights, state: optimizer.init(weights), x: ones([32, 8]) };
}

/** Entities that move, heal and have neighbours. */
function crowd() {
  const world = createWorld({ components: [Position, Velocity, Health, Burning], arena: new Arena(), seed: 1 });
  const x = Float32Array.from({ length: ENTITIES }, (_, i) => i % 100);
  const y = Float32Array.from({ length: ENTITIES }, (_, i) => Math.floor(i / 100));
  world.spawnMany(ENTITIES, [Position, { x, y }], [Velocity, { x: 1, y: 0 }], [Health, { points: 1 }]);
  const index = new SpatialIndex(world, { cell: 2, width: 64, height: 64 });
  const systems = [
    system("near", {
      query: [Position],
      run: ({ query }) => {
        index.build(query, Position);
        index.separate(1);
      },
    }),
    system("move", {
      query: [write(Position), Velocity],
      run: ({ query }) => {
        for (const { count, position, velocity } of query.chunks())
          for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]! * 0.01;
      },
    }),
    system("heal", {
      query: [write(Health)],
      run: ({ query }) => {
        for (const { count, health } of query.chunks()) for (let i = 0; i < count; i++) health.points[i]! += 1;
      },
    }),
  ];
  return { world, tick: () => world.step(systems) };
}

function ticked(world: World, tick: () => void): Counts {
  return repeated(world.arena, tick);
}

function repeated(arena: Counting, work: () => void): Counts {
  for (let i = 0; i < WARM_UP; i++) work();
  return counted(arena, () => {
    for (let i = 0; i < TICKS; i++) work();
  });
}
