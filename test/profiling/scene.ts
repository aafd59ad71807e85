import { component, createWorld, f64, type Scene, system, write } from "../../src/index.ts";

const Sum = component("Sum", { value: f64 });

/** One system that takes its time. */
export const scene: Scene = {
  name: "busy",
  summary: "adds",
  flags: {},
  create({ seed }) {
    const world = createWorld({ components: [Sum], seed });
    world.spawn(Sum);
    const busy = system("busy", {
      query: [write(Sum)],
      run: ({ query }) => {
        let added = 0;
        for (let i = 0; i < 1_000_000; i++) added += i % 3;
        for (const { sum } of query.chunks()) sum.value[0]! += added;
      },
    });
    return {
      settings: {},
      seed,
      jobs: world.jobs,
      step: () => world.step([busy]),
      systemMs: () => ({}),
      figures: () => ({}),
      tick: () => world.tick,
      entities: () => world.entityCount,
      bytes: () => 0,
      hash: () => world.hash(),
      picture: () => ({ width: 1, height: 1, rgba: Uint8Array.of(0, 0, 0, 255) }),
      save() {},
      dispose: () => world.dispose(),
    };
  },
};
