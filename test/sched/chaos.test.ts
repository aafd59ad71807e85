import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Arena, parallel, type Simulation, serial, simulate, system, type World } from "../../src/index.ts";
import { tireQuery, Weather } from "./bodies.ts";
import { bodiesUrl, crowdSystems, crowdWorld } from "./crowd.ts";
import { refusalOf } from "./executor.suite.ts";

async function troubled(
  options: Parameters<typeof parallel>[0],
  body = "trouble",
  arena?: Arena,
): Promise<[Simulation, World, World]> {
  const trouble = system(body, {
    query: tireQuery,
    gets: [Weather],
    after: ["mourn"],
    module: { url: bodiesUrl, export: body },
  });
  const systems = [...crowdSystems().filter(({ name }) => name !== "blow"), trouble as never];
  const [world, twin] = [crowdWorld({ entities: 640, ...(arena && { arena }) }), crowdWorld({ entities: 640 })];
  const simulation = await simulate(world, systems, { executor: parallel({ eager: true, threads: 3, ...options }) });
  const reference = await simulate(twin, systems, { executor: serial() });
  for (const one of [simulation, reference]) {
    one.world.setResource(Weather, { wind: 0 });
    for (let tick = 0; tick < 3; tick++) one.step();
  }
  return [simulation, world, twin];
}

/** Waits until every thread has been replaced that failed. */
async function whole({ executor }: Simulation): Promise<void> {
  // An exit is known when the event loop had its turn, and answered when the next tick begins or ends.
  for (let turn = 0; turn < 400; turn++) {
    if (turn > 2 && executor.active === executor.threads) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("a thread was not replaced");
}

/** Goes on in both worlds and compares them. */
async function goesOn(simulation: Simulation, world: World, twin: World): Promise<void> {
  world.setResource(Weather, { wind: 0 });
  twin.setResource(Weather, { wind: 0 });
  const reference = await simulate(twin, simulation.schedule, { executor: serial() });
  for (let tick = 0; tick < 20; tick++) {
    simulation.step();
    reference.step();
    expect(world.hash()).toBe(twin.hash());
    // Threads are replaced between ticks.
    if (tick % 5 === 4) await whole(simulation);
  }
  expect(simulation.executor.threads).toBe(3);
  await simulation.close();
  world.dispose();
  twin.dispose();
}

describe("a parallel executor in trouble", () => {
  it.for([
    [101, { hangMs: 1000 }, "did not get on for 1000 ms"],
    [102, {}, "its thread ended"],
    [100, {}, "a broken rule"],
  ] as const)("drops the tick and replaces the thread (wind %i)", async ([wind, options, message]) => {
    // The main thread must not be the one that hangs or exits: it does not take part here.
    const [simulation, world, twin] = await troubled({ ...options, helps: wind === 100 });
    for (let time = 0; time < 3; time++) {
      world.setResource(Weather, { wind });
      const before = world.hash();
      const error = refusalOf(() => simulation.step());
      expect(error).toMatchObject({ code: "tick-failed", operands: { system: "trouble" } });
      expect(error.message).toContain(message);
      expect(world.hash()).toBe(before);
      world.setResource(Weather, { wind: 0 });
      await whole(simulation);
    }
    await goesOn(simulation, world, twin);
  });

  it("ends a thread that hangs where the arena has no room for another root", async () => {
    const arena = new Arena({ bytesMax: 4 << 20 });
    const [simulation, world, twin] = await troubled({ hangMs: 300, helps: false }, "trouble", arena);
    world.setResource(Weather, { wind: 101 });
    const before = world.hash();
    const states = [];
    try {
      for (;;) states.push(world.snapshot());
    } catch (error) {
      expect(error).toMatchObject({ code: "arena-full" });
    }
    // As little room as lets the tick come to the loop.
    let error = refusalOf(() => simulation.step());
    for (; error.code === "arena-full" && states.length > 0; error = refusalOf(() => simulation.step()))
      states.pop()!.dispose();
    expect(error.message).toContain("did not get on for 300 ms");
    expect(world.hash()).toBe(before);
    for (const state of states) state.dispose();
    await whole(simulation);
    await goesOn(simulation, world, twin);
  });

  it("says which figure to raise where a thread records more commands than it has room for", async () => {
    const [simulation, world] = await troubled({ commandBytes: 8192, helps: false }, "flood");
    world.setResource(Weather, { wind: 100 });
    const before = world.hash();
    const error = refusalOf(() => simulation.step());
    expect(error).toMatchObject({ code: "tick-failed", cause: { code: "lane-full", operands: { limit: 8192 } } });
    expect(error.message).toContain("commandBytes");
    expect(world.hash()).toBe(before);
    await simulation.close();
  });

  it("leaves no thread behind, closed or not", () => {
    for (const last of ["await simulation.close();", ""]) {
      const program = `
        import { parallel, simulate } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};
        import { crowdSystems, crowdWorld } from ${JSON.stringify(new URL("./crowd.ts", import.meta.url).href)};
        const simulation = await simulate(crowdWorld(), crowdSystems(), { executor: parallel({ threads: 3, eager: true }) });
        for (let tick = 0; tick < 10; tick++) simulation.step();
        ${last}
        console.log(process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).join());
      `;
      const run = spawnSync(process.execPath, ["--input-type=module-typescript", "-e", program], {
        encoding: "utf8",
        timeout: 30_000,
      });
      expect(run.status).toBe(0);
      if (last !== "") expect(run.stdout.trim()).toBe("");
    }
  });

  it.for([0, 65, 1.5, Number.NaN, "2"])("refuses %s threads", (threads) => {
    expect(refusalOf(() => parallel({ threads: threads as number }))).toMatchObject({ code: "bad-argument" });
  });
});
