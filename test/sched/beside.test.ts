import { expect, test } from "vitest";
import { type DurableLog, durable, Rollback, record, replay, type Stored, simulate } from "../../src/index.ts";
import { again, Bytes, moving, Push, run, systems } from "./moving.ts";

/** A log in memory. */
class Log implements DurableLog {
  stored: { snapshot: Uint8Array; records: Uint8Array[] } | undefined;
  load(): Stored | undefined {
    return this.stored;
  }
  append(record: Uint8Array): void {
    this.stored!.records.push(record);
  }
  snapshot(snapshot: Uint8Array): void {
    this.stored = { snapshot, records: [] };
  }
  close(): void {}
}

test.for(["a tick of the world itself", "a tick of another simulation", "a restore that nobody told of"])(
  "%s beside a simulation is a jump for its journals",
  async (what) => {
    const simulation = await moving();
    const [bytes, log] = [new Bytes(), new Log()];
    const recorder = record(simulation, bytes, { hashEvery: 1 });
    await durable(simulation, { log, hashEvery: 1 });
    using rollback = new Rollback(simulation, { keep: 6 });
    using snapshot = simulation.world.snapshot();
    run(simulation, 3);
    if (what.startsWith("a restore")) simulation.world.restore(snapshot);
    else if (what.endsWith("itself")) simulation.world.step([]);
    else (await simulate(simulation.world, systems)).step();
    const from = simulation.tick;
    simulation.input(Push, { x: 3 });
    run(simulation, 3);
    const hash = simulation.hash();
    expect([rollback.earliest, rollback.latest]).toEqual([from, from + 3]);
    rollback.rollback(from);
    expect([rollback.resimulate(), simulation.hash()]).toEqual([3, hash]);
    recorder.close();
    const replayed = await replay(bytes.all, again, { verify: true });
    expect(replayed).toMatchObject({ ticks: 6, hash, difference: undefined });
    const next = await moving(1);
    await durable(next, { log, hashEvery: 1 });
    expect([next.tick, next.hash()]).toEqual([simulation.tick, hash]);
  },
);
