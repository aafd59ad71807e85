import {
  Arena,
  loadFile,
  type Scene,
  type Simulation,
  type Snapshot,
  type System,
  saveFile,
  simulate,
  system,
} from "../../../src/index.ts";
import { drive, moving, systems, types } from "../../sched/moving.ts";

/** A small world with inputs of its own, to record. */
export const scene: Scene = {
  name: "moving",
  summary: "moves",
  flags: {
    count: { kind: "integer", min: 1, max: 1000, default: 40, summary: "entities" },
    fails: { kind: "integer", min: 0, max: 1000, default: 0, summary: "the tick that fails" },
    jumps: { kind: "switch", summary: "ticks 1, 2, 3, 7, again and again" },
    still: { kind: "switch", summary: "without a simulation" },
  },
  async create({ values, seed, load }) {
    const simulation =
      load === undefined
        ? await moving(Number(values["count"]), seed, systemsFailing(Number(values["fails"])))
        : await simulate(loadFile(load, { ...types, arena: new Arena({ bytesMax: 64 << 20 }) }), systems);
    const { world } = simulation;
    const jumps = values["jumps"] === true ? jumpsOf(simulation) : undefined;
    return {
      settings: {},
      seed,
      jobs: world.jobs,
      ...(values["still"] === true ? {} : { simulation }),
      step() {
        const state = jumps?.get(simulation.tick);
        if (state !== undefined) {
          world.restore(state);
          simulation.jumped();
        }
        drive(simulation, simulation.tick + 1);
        simulation.step();
      },
      systemMs: () => ({}),
      figures: () => ({}),
      tick: () => world.tick,
      entities: () => world.entityCount,
      bytes: () => world.arena.usedBytes,
      hash: () => world.hash(),
      picture: () => ({ width: 1, height: 1, rgba: Uint8Array.of(0, 0, 0, 255) }),
      save: (path) => saveFile(world, path),
      dispose: () => world.dispose(),
    };
  },
};

/** What the world is set to after which tick. */
function jumpsOf(simulation: Simulation): ReadonlyMap<number, Snapshot> {
  const { world } = simulation;
  const start = world.snapshot();
  for (let tick = 1; tick <= 6; tick++) simulation.step();
  const later = world.snapshot();
  world.restore(start);
  return new Map([
    [3, later],
    [7, start],
  ]);
}

function systemsFailing(at: number): readonly System[] {
  if (at === 0) return systems;
  const fail = system("fail", {
    after: ["age"],
    run({ tick }) {
      if (tick === at) throw new Error("it was to fail");
    },
  });
  return [...systems, fail];
}
