import { component, createWorld, f32, kernel, type Scene, simulate, WorldloomError } from "../../../src/index.ts";

const Position = component("Position", { x: f32 });
const step = kernel("step", { write: [Position] }, (position) => {
  position.x += 1;
});

/** Fails when it has begun. */
export const scene: Scene = {
  name: "broken",
  summary: "a scene that cannot be made",
  flags: { coded: { kind: "switch", summary: "fail with a code" } },
  async create({ values, executor }) {
    const world = createWorld({ components: [Position] });
    world.spawnMany(10_000, Position);
    const simulation = await simulate(world, [step.system()], executor === undefined ? {} : { executor });
    simulation.step();
    if (values["coded"] === true) throw new WorldloomError("bad-argument", "Not today.");
    return lucky();
  },
};

function lucky(): never {
  throw new TypeError("no luck");
}
