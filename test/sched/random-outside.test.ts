import { expect, test } from "vitest";
import {
  type Durable,
  durable,
  type Executor,
  parallel,
  type Recorder,
  Rollback,
  record,
  replay,
  type Simulation,
  type Snapshot,
  serial,
  simulate,
} from "../../src/index.ts";
import { Bytes } from "./moving.ts";
import { Draws, MemoryLog, outside } from "./random-outside.ts";
import { randomSchedule, Shove } from "./random-schedule.ts";

const SEEDS = 20;
const TICKS = 16;

async function make(seed: number, executor: Executor = serial()): Promise<Simulation> {
  const { world, systems } = randomSchedule(seed);
  return simulate(world, systems, { executor });
}

async function end(simulation: Simulation): Promise<void> {
  await simulation.close();
  simulation.world.dispose();
}

function comesIn(simulation: Simulation, seed: number, tick: number, asks: boolean): void {
  const { acts, shoves } = outside(seed, tick, asks);
  for (const act of acts) act(simulation);
  for (const shove of shoves) simulation.input(Shove, shove);
}

/** The hash after each tick of a run in which nothing is late. */
async function hashes(seed: number, asks: boolean): Promise<string[]> {
  const simulation = await make(seed);
  const found: string[] = [];
  for (let tick = 1; tick <= TICKS; tick++) {
    comesIn(simulation, seed, tick, asks);
    simulation.step();
    found.push(simulation.world.hash());
  }
  await end(simulation);
  return found;
}

const executorOf = (seed: number): Executor => (seed % 3 === 0 ? parallel({ threads: 2, eager: true }) : serial());

/** Replays a recording that was made with `seed`: its last tick and hash. */
async function replayed(seed: number, bytes: Bytes): Promise<{ tick: number; hash: string }> {
  const again = await make(seed);
  const { tick, hash, difference } = await replay(bytes.all, () => again, { verify: true });
  expect({ seed, difference }).toEqual({ seed, difference: undefined });
  await end(again);
  return { tick, hash };
}

for (let seed = 0; seed < SEEDS; seed++) {
  test(`what comes in is replayed, seed ${seed}`, async () => {
    const wanted = await hashes(seed, true);
    const simulation = await make(seed, parallel({ threads: 2, eager: true }));
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 1, flushEvery: 1 + (seed % 5) });
    for (const hash of wanted) {
      comesIn(simulation, seed, simulation.tick + 1, true);
      simulation.step();
      expect(simulation.world.hash()).toBe(hash);
    }
    recorder.close();
    await end(simulation);
    expect(await replayed(seed, bytes)).toEqual({ tick: TICKS, hash: wanted.at(-1) });
  });

  test(`what comes in late gives what it would have given, seed ${seed}`, async () => {
    const wanted = await hashes(seed, false);
    const draws = new Draws(seed, 1000);
    const simulation = await make(seed, executorOf(seed));
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 1 });
    const rollback = new Rollback(simulation, { keep: 6 });
    const late: { due: number; come: () => void }[] = [];
    for (let tick = 1; tick <= TICKS; tick++) {
      const { acts, shoves } = outside(seed, tick, false);
      for (const act of acts) act(simulation);
      const [isLate, due] = [tick < TICKS - 4 && draws.below(3) > 0, tick + draws.below(4)];
      for (const shove of shoves)
        if (isLate) late.push({ due, come: () => rollback.lateInput(tick, Shove, shove) });
        else simulation.input(Shove, shove);
      simulation.step();
      for (const { come } of late.filter((one) => one.due === tick)) come();
      if (draws.below(3) === 0) rollback.resimulate();
      if (draws.below(5) > 0 || rollback.earliest === rollback.latest) continue;
      rollback.rollback(rollback.earliest + draws.below(rollback.latest - rollback.earliest));
      rollback.resimulate();
    }
    rollback.resimulate();
    expect(simulation.world.hash()).toBe(wanted.at(-1));
    recorder.close();
    rollback.dispose();
    await end(simulation);
    expect(await replayed(seed, bytes)).toEqual({ tick: TICKS, hash: wanted.at(-1) });
  });

  test(`a durable run that is killed goes on to the same state, seed ${seed}`, async () => {
    const wanted = await hashes(seed, true);
    const draws = new Draws(seed, 2000);
    let log = new MemoryLog(seed % 2 === 0);
    for (let tick = 0; tick < TICKS; ) {
      const simulation = await make(seed, executorOf(seed));
      log = log.killed();
      const run = await durable(simulation, { log, every: 1 + draws.below(5), hashEvery: draws.below(3) });
      expect(simulation.world.hash()).toBe(
        simulation.tick === 0 ? simulation.world.hash() : wanted[simulation.tick - 1],
      );
      const last = Math.min(TICKS, simulation.tick + 1 + draws.below(5));
      while (simulation.tick < last) {
        comesIn(simulation, seed, simulation.tick + 1, true);
        simulation.step();
        expect(simulation.world.hash()).toBe(wanted[simulation.tick - 1]);
        if (draws.below(2) === 0) await run.settled();
      }
      tick = last;
      // What has come in before a tick that never came is lost, unless the run is closed.
      if (draws.below(2) === 0) await run.close();
      else {
        comesIn(simulation, seed, tick + 1, true);
        log = log.killed();
      }
      await end(simulation);
    }
  });

  test(`recordings and durable runs follow a world that goes back and forth, seed ${seed}`, async () => {
    const draws = new Draws(seed, 3000);
    const simulation = await make(seed, executorOf(seed));
    const { world } = simulation;
    const [bytes, log] = [new Bytes(), new MemoryLog(draws.below(2) === 0)];
    let recorder: Recorder | undefined;
    let rollback: Rollback | undefined;
    let run: Durable | undefined;
    const starts = [
      () => {
        recorder = record(simulation, bytes, { hashEvery: 1 + draws.below(3), fine: draws.below(3) === 0 });
      },
      () => {
        rollback = new Rollback(simulation, { keep: 2 + draws.below(6), syncTest: draws.below(3) === 0 });
      },
      async () => {
        run = await durable(simulation, { log, every: 1 + draws.below(6), hashEvery: draws.below(3) });
      },
    ];
    for (const begin of starts.sort(() => draws.below(2) - 0.5)) await begin();
    let kept: Snapshot | undefined;
    for (let acts = 10 + draws.below(25); acts > 0; acts--) {
      const { earliest, latest } = rollback!;
      const kind = draws.below(12);
      if (kind < 6) {
        comesIn(simulation, seed, 100 + acts, true);
        if (draws.below(8) > 0) simulation.step();
      } else if (kind === 6) rollback!.rollback(earliest + draws.below(latest - earliest + 1));
      else if (kind === 7) rollback!.resimulate();
      else if (kind === 8 && latest > earliest)
        rollback!.lateInput(earliest + 1 + draws.below(latest - earliest), Shove, { x: 1, name: "late" });
      else if (kind === 9) {
        kept?.dispose();
        kept = world.snapshot();
      } else if (kind === 10 && kept !== undefined) {
        world.restore(kept);
        simulation.jumped();
      } else if (kind === 11) await run!.settled();
    }
    kept?.dispose();
    if (draws.below(2) === 0) simulation.step();
    else rollback!.rollback(rollback!.earliest);
    const wanted = { tick: world.tick, hash: world.hash() };
    recorder!.close();
    await run!.settled();
    rollback!.dispose();
    await end(simulation);
    expect(await replayed(seed, bytes)).toEqual(wanted);
    const again = await make(seed);
    await using resumed = await durable(again, { log: log.killed() });
    expect({ tick: again.tick, hash: again.world.hash(), resumed: resumed.resumed }).toEqual({
      ...wanted,
      resumed: true,
    });
    await resumed.close();
    await end(again);
  });
}
