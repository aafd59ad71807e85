import { expect, test } from "vitest";
import {
  component,
  createWorld,
  FlowGrid,
  f32,
  kernel,
  Rollback,
  type Simulation,
  SpatialIndex,
  type System,
  simulate,
  steer,
  system,
  u8,
  type World,
  type WorldloomError,
  write,
} from "../../src/index.ts";

const Position = component("Position", { x: f32, y: f32 });
const Velocity = component("Velocity", { x: f32, y: f32 });
const Goal = component("Goal", { field: u8 });

const crowd = kernel("crowd", { write: [Velocity], read: [Position] }, (velocity, _, k) => {
  let near = 0;
  k.neighbours(2, (other) => {
    near += other.dx;
  });
  velocity.x += near;
});
const move = kernel("move", { write: [Position], read: [Velocity] }, (position, velocity) => {
  position.x += velocity.x * 0.125;
});

/** A world with an index that a system builds in some ticks; `use` uses it in each. */
async function make(
  use: (index: SpatialIndex, grid: FlowGrid) => System,
  ticks: { every?: number; when?: () => boolean } = { every: 2 },
) {
  const world = createWorld({ components: [Position, Velocity, Goal] });
  world.spawnMany(90, [Position, { x: (i) => (i * 7) % 30, y: (i) => (i * 3) % 20 }], Velocity, Goal);
  const index = new SpatialIndex(world, { cell: 2, width: 20, height: 20 });
  const grid = new FlowGrid(world, { width: 40, height: 40, cells: new Uint8Array(1600).fill(1), goals: [[0]] });
  const build = system("build", {
    query: [Position],
    ...ticks,
    run: ({ query }) => index.build(query, Position),
  }) as unknown as System;
  const systems = [build, use(index, grid), move.system({ after: ["use"] })];
  return { world, index, simulation: await simulate(world, systems) };
}

const using = (run: (index: SpatialIndex) => unknown) => (index: SpatialIndex) =>
  system("use", { after: ["build"], run: () => void run(index) }) as unknown as System;

const uses: readonly [string, (index: SpatialIndex, grid: FlowGrid) => System][] = [
  ["a kernel", (index) => crowd.system({ name: "use", after: ["build"], index })],
  ["within", using((index) => index.within(1, 1, 2))],
  ["nearest", using((index) => index.nearest(1, 1, 3))],
  ["pairs", using((index) => index.pairs(1))],
  ["separate", using((index) => index.separate(1))],
  ["order", using((index) => index.order())],
  [
    "steer",
    (index, grid) =>
      system("use", {
        query: [Position, write(Velocity), Goal],
        after: ["build"],
        run({ query }) {
          const columns = { position: Position, velocity: Velocity, goal: Goal };
          steer(query, { grid, index, ...columns, speed: 1, strength: 1, pushMax: 1, dt: 1 / 30 });
        },
      }) as unknown as System,
  ],
];

function refusalOf(simulation: Simulation): WorldloomError {
  try {
    simulation.step();
  } catch (error) {
    return (error as WorldloomError).cause as WorldloomError;
  }
  throw new Error("nothing was thrown");
}

for (const [name, use] of uses) {
  test(`${name} of a system refuses an index that was not built in its tick`, async () => {
    const { world, index, simulation } = await make(use);
    const before = world.hash();
    const error = refusalOf(simulation);
    expect(error).toMatchObject({ code: "index-stale", operands: { system: "use" } });
    expect(error.message).toMatch(/uses a spatial index that was never built: .* Build it in a system before use/);
    expect(world.hash()).toBe(before);
    // Built outside of systems it is the same in all ticks, until a system builds it.
    index.build(world.query(Position), Position);
    for (let tick = 0; tick < 2; tick++) simulation.step();
    expect(refusalOf(simulation).message).toContain("built in another tick");
    expect(world.tick).toBe(2);
    await simulation.close();
    world.dispose();
  });
}

test("an index takes queries of its own world", () => {
  const [world, other] = [0, 1].map(() => createWorld({ components: [Position] })) as [World, World];
  other.spawnMany(20, [Position, { x: (i) => i }]);
  const index = new SpatialIndex(world, { cell: 1, width: 8, height: 8 });
  expect(() => index.build(other.query(Position), Position)).toThrow(
    expect.objectContaining({ code: "bad-argument", message: expect.stringContaining("the world of the index") }),
  );
  index.build(world.query(Position), Position);
  expect(index.count).toBe(0);
  for (const one of [index, world, other]) one.dispose();
});

test("an index that was built outside of systems is not for the ticks that the world went back to", async () => {
  const { world, index, simulation } = await make(
    using((index) => index.within(1, 1, 2)),
    { when: () => false },
  );
  index.build(world.query(Position), Position);
  simulation.step();
  using snapshot = world.snapshot();
  for (let tick = 0; tick < 3; tick++) simulation.step();
  world.restore(snapshot);
  simulation.step();
  index.build(world.query(Position), Position);
  simulation.step();
  world.restore(snapshot);
  const before = world.hash();
  expect(refusalOf(simulation)).toMatchObject({
    code: "index-stale",
    message: expect.stringContaining("was built after tick 2, and the world went back"),
  });
  expect(world.hash()).toBe(before);
  index.build(world.query(Position), Position);
  simulation.step();
  expect(world.tick).toBe(2);
  await simulation.close();
  world.dispose();
});

test("what a dropped tick has built is not for the same tick when it runs again", async () => {
  let fails = true;
  const use = using((index) => {
    index.within(1, 1, 2);
    if (fails) throw new Error("once");
  });
  const { world, simulation } = await make(use, { when: () => fails });
  expect(() => simulation.step()).toThrow("once");
  fails = false;
  expect(refusalOf(simulation)).toMatchObject({ code: "index-stale" });
  await simulation.close();
  world.dispose();
});

test("ticks with an index of their own run again to the same hash", async () => {
  const { world, simulation } = await make(uses[0]![1], {});
  const rollback = new Rollback(simulation, { keep: 6, syncTest: true });
  for (let tick = 0; tick < 20; tick++) simulation.step();
  expect(world.tick).toBe(20);
  rollback.dispose();
  await simulation.close();
  world.dispose();
});
