import { BUNDLED_MAP } from "../../examples/city/flags.ts";
import { loadMap } from "../../examples/city/map.ts";
import { City } from "../../examples/city/simulation.ts";
import { component, createWorld, f32, kernel, Rollback, type Simulation, simulate } from "../../src/index.ts";
import type { Side } from "../pairs.ts";
import type { Workload } from "../workload.ts";
import { numberOf } from "../world/hash.ts";

const COUNT = 10_000;
const TICKS = 8;

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32({ default: 1 }), y: f32 });

async function moving(): Promise<Simulation> {
  const world = createWorld({ components: [Position, Velocity] });
  world.spawnMany(COUNT, [Position, { x: (row: number) => row / 16 }], Velocity);
  const turn = kernel("turn", { write: [Velocity], read: [Position] }, (velocity, position) => {
    const length = Math.sqrt(position.x * position.x + position.y * position.y) + 1;
    velocity.x = Math.cos(length) - position.x / length;
    velocity.y = Math.sin(length) - position.y / length;
  });
  const move = kernel("move", { write: [Position], read: [Velocity] }, (position, velocity) => {
    position.x += velocity.x / 32;
    position.y += velocity.y / 32;
  });
  return simulate(world, [turn.system(), move.system()]);
}

async function city(): Promise<Simulation> {
  const map = loadMap(BUNDLED_MAP);
  return new City({ map, agents: COUNT, seed: 1, radius: 1, churn: 0.01 }).simulation;
}

/** Both sides run in one world, one after the other, so that they differ in nothing else. */
function sides(simulation: Simulation): { ours: Side; peer: Side; work: number } {
  const { world } = simulation;
  for (let tick = 0; tick < 24; tick++) simulation.step();
  const start = world.snapshot();
  let rollback: Rollback | undefined;
  const back = (): void => {
    rollback?.dispose();
    rollback = undefined;
    world.restore(start);
  };
  const ticks = (): number => {
    for (let tick = 0; tick < TICKS; tick++) simulation.step();
    return TICKS;
  };
  const checksum = (): number => numberOf(world.hash());
  return {
    ours: {
      reset() {
        back();
        rollback = new Rollback(simulation, { keep: TICKS });
        ticks();
      },
      run() {
        rollback!.rollback(start.tick);
        return rollback!.resimulate();
      },
      checksum,
    },
    peer: { reset: back, run: ticks, checksum },
    work: TICKS,
  };
}

function workload(what: string, make: () => Promise<Simulation>): Workload {
  return {
    name: `rollback of ${TICKS} ticks and running them again, ${what}`,
    item: "tick",
    peers: ["the ticks alone"],
    target: { text: "<= 1.3x the time", met: ({ ratio }) => ratio >= 1 / 1.3 },
    pair: async () => sides(await make()),
  };
}

export const rollbackWorkloads: readonly Workload[] = [
  workload("10,000 entities, two kernels", moving),
  workload("city of 10,000 agents", city),
];
