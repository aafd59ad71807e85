import { describe, expect, test, vi } from "vitest";
import { component, createWorld, input, Rollback, simulate, system, u8, type World, WorldloomError } from "worldloom";
import { moving, run } from "./moving.ts";

describe("a rollback without room", () => {
  const full = new WorldloomError("arena-full", "No room.");
  /** The next snapshots cannot be taken. */
  const fill = (world: World, times: number): void => {
    const spy = vi.spyOn(world, "snapshot");
    for (let i = 0; i < times; i++) {
      spy.mockImplementationOnce(() => {
        throw full;
      });
    }
  };

  test("for the first state is none", async () => {
    const simulation = await moving();
    fill(simulation.world, 1);
    expect(() => new Rollback(simulation, { keep: 4 })).toThrow(full);
    run(simulation, 2);
    expect([simulation.tick, simulation.confirmed]).toEqual([2, 2]);
  });

  test("for a tick begins anew with it", async () => {
    const simulation = await moving();
    const rollback = new Rollback(simulation, { keep: 4 });
    run(simulation, 3);
    fill(simulation.world, 1);
    expect(() => run(simulation, 1)).toThrow(full);
    expect([rollback.earliest, rollback.latest, simulation.confirmed, simulation.tick]).toEqual([4, 4, 4, 4]);
    const [hash] = run(simulation, 1);
    rollback.rollback(4);
    expect(rollback.resimulate()).toBe(1);
    expect(simulation.world.hash()).toBe(hash);
  });

  test("for any state is over", async () => {
    const simulation = await moving();
    const rollback = new Rollback(simulation, { keep: 4 });
    run(simulation, 3);
    fill(simulation.world, 2);
    expect(() => run(simulation, 1)).toThrow(full);
    expect(() => rollback.earliest).toThrow(expect.objectContaining({ code: "world-disposed" }));
    run(simulation, 1);
    expect([simulation.tick, simulation.confirmed]).toEqual([5, 5]);
  });

  test("for what waits for the next tick leaves all as it was", async () => {
    const Thing = component("Thing", { at: u8 });
    const More = input("More", { count: u8 });
    const grow = system("grow", {
      run({ world, commands }) {
        for (const { count } of world.inputs(More)) commands.spawnMany(count, Thing);
      },
    });
    const world = createWorld({ components: [Thing], inputs: [More], limits: { entities: 64 } });
    const simulation = await simulate(world, [grow]);
    const rollback = new Rollback(simulation, { keep: 4 });
    world.spawnMany(40, Thing);
    simulation.jumped();
    for (let i = 0; i < 4; i++) simulation.step();
    const commands = world.commands();
    commands.spawnMany(10, Thing);
    simulation.apply(commands);
    const before = world.hash();
    rollback.lateInput(3, More, { count: 20 });
    expect(() => rollback.resimulate()).toThrow(WorldloomError);
    expect([world.hash(), simulation.tick, world.query(Thing).count]).toEqual([before, 4, 50]);
    simulation.step();
    rollback.rollback(4);
    expect(world.query(Thing).count).toBe(40);
    expect(() => rollback.resimulate()).toThrow(WorldloomError);
    expect([simulation.tick, world.query(Thing).count]).toEqual([5, 50]);
  });
});
