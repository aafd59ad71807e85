import { expect, test } from "vitest";
import { Arena, type Executor, parallel, type Simulation, serial, simulate, system } from "worldloom";
import { refusal } from "../ecs/refusal.ts";
import { tireQuery, Weather } from "./bodies.ts";
import { bodiesUrl, crowdSystems, crowdWorld } from "./crowd.ts";

const url = bodiesUrl;
const trouble = system("trouble", {
  query: tireQuery,
  gets: [Weather],
  after: ["mourn"],
  module: { url, export: "trouble" },
});

/** A crowd with a system on the main thread that throws, beside one whose parts are on others. */
async function crowd(executor: Executor, order: readonly ("bad" | "trouble")[]): Promise<Simulation> {
  const world = crowdWorld({ entities: 640 });
  const bad = system("bad", {
    after: ["mourn"],
    run({ world, commands }) {
      commands.spawn();
      if (world.tick === 4) throw new RangeError("on purpose");
    },
  });
  const made = { bad, trouble };
  const systems = [
    ...crowdSystems().filter(({ name }) => name !== "blow"),
    ...order.map((name) => made[name] as never),
  ];
  const simulation = await simulate(world, systems, { executor });
  world.setResource(Weather, { wind: 0 });
  for (let tick = 0; tick < 3; tick++) simulation.step();
  return simulation;
}

test.each([
  [["trouble", "bad"] as const, 0],
  [["bad", "trouble"] as const, 0],
  [["trouble", "bad"] as const, 100],
  [["bad", "trouble"] as const, 100],
])("a body that throws beside others on threads: %j, wind %d", async (order, wind) => {
  const found: unknown[] = [];
  for (const executor of [serial(), parallel({ threads: 2, eager: true })]) {
    await using simulation = await crowd(executor, order);
    const { world } = simulation;
    world.setResource(Weather, { wind });
    const before = world.hash();
    const { code, operands, cause } = refusal(() => simulation.step());
    found.push([code, operands["system"], (cause as Error).message, before]);
    expect(world.hash()).toBe(before);
    world.dispose();
  }
  expect(found[1]).toEqual(found[0]);
  expect(found[0]).toEqual([
    "tick-failed",
    expect.stringMatching(/^(bad|trouble)$/),
    expect.anything(),
    expect.anything(),
  ]);
});

test.each([1023, 2 ** 30 + 1, 2048.5, Number.NaN, "2048"])("%s bytes for commands are refused", (commandBytes) => {
  expect(refusal(() => parallel({ commandBytes: commandBytes as number }))).toMatchObject({
    code: "bad-argument",
    message: expect.stringMatching(/^commandBytes must be an integer from 1,024 to 2\^30, not /),
  });
});

test("an executor is of one simulation", async () => {
  const executor = parallel({ threads: 1 });
  const [one, other] = [crowdWorld({ entities: 10 }), crowdWorld({ entities: 10 })];
  await using simulation = await simulate(one, crowdSystems(), { executor });
  const before = other.hash();
  await expect(simulate(other, crowdSystems(), { executor })).rejects.toMatchObject({
    code: "bad-argument",
    message: expect.stringMatching(/a new one for each simulation/),
  });
  expect(other.hash()).toBe(before);
  simulation.step();
});

test("threads need memory that is shared", async () => {
  const world = crowdWorld({ entities: 10, arena: new Arena({ shared: false }) });
  const before = world.hash();
  await expect(simulate(world, crowdSystems(), { executor: parallel({ threads: 2 }) })).rejects.toMatchObject({
    code: "arena-unsupported",
    message: expect.stringMatching(/use serial\(\), or an arena with shared: true/),
  });
  expect(world.hash()).toBe(before);
  await using simulation = await simulate(world, crowdSystems(), { executor: parallel({ threads: 1 }) });
  simulation.step();
});
