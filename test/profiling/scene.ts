import {
  Arena,
  component,
  createWorld,
  f64,
  parallel,
  type Scene,
  serial,
  simulate,
  system,
  write,
} from "../../src/index.ts";

const Sum = component("Sum", { value: f64 });

/** Systems that take their time, on one thread or on two. */
export const scene: Scene = {
  name: "busy",
  summary: "adds",
  flags: { lanes: { kind: "switch", summary: "run on two threads" } },
  async create({ seed, values }) {
    const world = createWorld({ components: [Sum], arena: new Arena(), seed });
    world.spawnMany(8192, Sum);
    const busy = system("busy", {
      query: [write(Sum)],
      run: ({ query }) => {
        let added = 0;
        for (let i = 0; i < 1_000_000; i++) added += i % 3;
        for (const { sum } of query.chunks()) sum.value[0]! += added;
      },
    });
    const spread = system("spread", {
      query: [write(Sum)],
      after: ["busy"],
      module: { url: new URL("body.ts", import.meta.url).href, export: "add" },
    });
    const executor = values["lanes"] === true ? parallel({ threads: 2, eager: true }) : serial();
    const simulation = await simulate(world, [busy, spread], { executor });
    return {
      settings: {},
      seed,
      jobs: world.jobs,
      step: () => simulation.step(),
      systemMs: () => ({}),
      figures: () => ({}),
      tick: () => world.tick,
      entities: () => world.entityCount,
      bytes: () => 0,
      hash: () => world.hash(),
      picture: () => ({ width: 1, height: 1, rgba: Uint8Array.of(0, 0, 0, 255) }),
      save() {},
      async dispose() {
        await simulation.close();
        world.dispose();
      },
    };
  },
};
