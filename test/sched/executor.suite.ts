import { expect, it } from "vitest";
import { type Executor, type Simulation, simulate, system, type World, type WorldloomError } from "../../src/index.ts";
import { Died, Energy, tireQuery, Weather } from "./bodies.ts";
import { bodiesUrl, crowdSystems, crowdWorld } from "./crowd.ts";

/** The state hash after each of `ticks` ticks of the crowd. */
export async function crowdHashes(
  executor: Executor,
  ticks: number,
  options: Parameters<typeof crowdWorld>[0] = {},
): Promise<string[]> {
  const world = crowdWorld(options);
  await using simulation = await simulate(world, crowdSystems(), { executor });
  const hashes: string[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    simulation.step();
    hashes.push(world.hash());
  }
  world.dispose();
  return hashes;
}

const known = new Map<string, string[]>();

/** What every executor must do. `make` gives a new one, and what it gives in a crowd is compared with `reference`. */
export function conforms(make: () => Executor, reference: () => Executor): void {
  const simulations: Simulation[] = [];
  const withTrouble = async (wind: number, body = "trouble"): Promise<[Simulation, World]> => {
    const world = crowdWorld({ entities: 640 });
    const trouble = system(body, {
      query: tireQuery,
      gets: [Weather],
      after: ["mourn"],
      module: { url: bodiesUrl, export: body },
    });
    const simulation = await simulate(
      world,
      [...crowdSystems().filter(({ name }) => name !== "blow"), trouble as never],
      { executor: make() },
    );
    simulations.push(simulation);
    world.setResource(Weather, { wind });
    return [simulation, world];
  };
  const end = async (): Promise<void> => {
    for (const simulation of simulations.splice(0)) {
      await simulation.close();
      simulation.world.dispose();
    }
  };

  for (const [entities, chunkRows, seed] of [
    [0, 32, 1],
    [1, 32, 2],
    [1000, 64, 3],
    [3000, 1024, 4],
    [2500, 32, 5],
  ] as const) {
    it(`gives the hashes of the definition: ${entities} entities in chunks of ${chunkRows}`, async () => {
      const key = `${entities} ${chunkRows} ${seed}`;
      if (!known.has(key)) known.set(key, await crowdHashes(reference(), 60, { entities, chunkRows, seed }));
      expect(await crowdHashes(make(), 60, { entities, chunkRows, seed })).toEqual(known.get(key));
    });
  }

  it("drops a tick in which a body throws, and names the system", async () => {
    const [simulation, world] = await withTrouble(0);
    for (let tick = 0; tick < 3; tick++) simulation.step();
    world.setResource(Weather, { wind: 100 });
    const before = world.hash();
    for (let again = 0; again < 3; again++) {
      const error = refusalOf(() => simulation.step());
      expect(error).toMatchObject({ code: "tick-failed", operands: { system: "trouble", tick: 4 } });
      expect(error.message).toContain("a broken rule");
      expect(world.hash()).toBe(before);
    }
    world.setResource(Weather, { wind: 0 });
    simulation.step();
    expect(world.tick).toBe(4);
    await end();
  });

  it("refuses to read by entity what the system writes", async () => {
    const [simulation] = await withTrouble(103);
    expect(refusalOf(() => simulation.step())).toMatchObject({
      code: "tick-failed",
      cause: { code: "undeclared-access" },
    });
    await end();
  });

  it("goes on from a snapshot to the same hash", async () => {
    const world = crowdWorld();
    const simulation = await simulate(world, crowdSystems(), { executor: make() });
    for (let tick = 0; tick < 10; tick++) simulation.step();
    using snapshot = world.snapshot();
    const go = (): string => {
      for (let tick = 0; tick < 10; tick++) simulation.step();
      return world.hash();
    };
    const first = go();
    world.restore(snapshot);
    expect(go()).toBe(first);
    expect(world.events(Died).length).toBeGreaterThan(0);
    expect(world.query(Energy).count).toBeGreaterThan(100);
    await simulation.close();
    world.dispose();
  });

  it("refuses modules that are not there, or export no function", async () => {
    for (const module of [
      { url: new URL("./no-such-module.ts", import.meta.url).href, export: "drift" },
      { url: bodiesUrl, export: "notThere" },
      { url: bodiesUrl, export: "notABody" },
    ]) {
      const world = crowdWorld({ entities: 1 });
      const lost = system("lost", { query: tireQuery, module });
      await expect(simulate(world, [lost as never], { executor: make() })).rejects.toMatchObject({
        code: "module-failed",
      });
      world.dispose();
    }
  });

  it("refuses ticks after it was closed", async () => {
    const world = crowdWorld({ entities: 10 });
    const simulation = await simulate(world, crowdSystems(), { executor: make() });
    simulation.step();
    await simulation.close();
    await simulation.close();
    expect(refusalOf(() => simulation.step()).code).toBe("simulation-closed");
    world.dispose();
  });
}

export function refusalOf(act: () => void): WorldloomError {
  try {
    act();
  } catch (error) {
    return error as WorldloomError;
  }
  throw new Error("nothing was thrown");
}
