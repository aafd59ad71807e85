import { expect, test } from "vitest";
import { type Executor, parallel, Rollback, record, replay, serial, simulate } from "../../src/index.ts";
import { Bytes } from "./moving.ts";
import { randomSchedule } from "./random-schedule.ts";

const SEEDS = 24;
const TICKS = 14;

/** The hash after each tick. */
async function hashes(seed: number, executor: Executor, keep = 0): Promise<string[]> {
  const { world, systems } = randomSchedule(seed);
  await using simulation = await simulate(world, systems, { executor });
  const rollback = keep > 0 ? new Rollback(simulation, { keep, syncTest: true }) : undefined;
  const found: string[] = [];
  for (let tick = 0; tick < TICKS; tick++) {
    simulation.step();
    found.push(world.hash());
  }
  rollback?.dispose();
  world.dispose();
  return found;
}

/** The same, by worlds that are saved and go on as others. */
async function reloaded(seed: number): Promise<string[]> {
  const found: string[] = [];
  let saved: Uint8Array | undefined;
  while (found.length < TICKS) {
    const { world, systems } = randomSchedule(seed, saved);
    await using simulation = await simulate(world, systems);
    for (let tick = 0; tick < 4 && found.length < TICKS; tick++) {
      simulation.step();
      found.push(world.hash());
    }
    saved = world.save();
    world.dispose();
  }
  return found;
}

/** Verified ticks of a recording, and how it ends. */
async function replayed(seed: number): Promise<{ verified: number; hash: string; difference: unknown }> {
  const { world, systems } = randomSchedule(seed);
  await using simulation = await simulate(world, systems);
  const bytes = new Bytes();
  const recorder = record(simulation, bytes, { hashEvery: 1 });
  for (let tick = 0; tick < TICKS; tick++) simulation.step();
  recorder.close();
  world.dispose();
  let again = world;
  const make = () => {
    const { systems, world } = randomSchedule(seed);
    again = world;
    return simulate(world, systems);
  };
  const { verified, hash, difference } = await replay(bytes.all, make, { verify: true });
  again.dispose();
  return { verified, hash, difference };
}

for (let seed = 0; seed < SEEDS; seed++) {
  test(`random systems give one state however they run, seed ${seed}`, async () => {
    const wanted = await hashes(seed, serial());
    expect(new Set(wanted).size).toBe(TICKS);
    expect(await hashes(seed, parallel({ threads: 2 }))).toEqual(wanted);
    expect(await hashes(seed, parallel({ threads: 3, eager: true, helps: seed % 2 === 0 }))).toEqual(wanted);
    expect(await hashes(seed, serial(), 5)).toEqual(wanted);
    expect(await reloaded(seed)).toEqual(wanted);
    // The state at the start is verified, too.
    expect(await replayed(seed)).toEqual({ verified: TICKS + 1, hash: wanted.at(-1), difference: undefined });
  });
}
