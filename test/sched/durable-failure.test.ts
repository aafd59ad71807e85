import { serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import {
  type DurableLog,
  durable,
  type Effect,
  Rollback,
  record,
  replay,
  type Simulation,
  type Stored,
} from "../../src/index.ts";
import { again, Bytes, Died, moving, Push, run, systems } from "./moving.ts";

/** A log in memory; with `slowMs` each of its answers takes so long. */
class Log implements DurableLog {
  stored: { snapshot: Uint8Array; records: Uint8Array[] } | undefined;
  closes = 0;
  readonly #slowMs: number;
  constructor(slowMs = 0, stored?: Log["stored"]) {
    this.#slowMs = slowMs;
    this.stored = stored && { ...stored, records: [...stored.records] };
  }
  load(): Stored | undefined | Promise<Stored | undefined> {
    return this.#answer(() => this.stored);
  }
  append(record: Uint8Array): void | Promise<void> {
    return this.#answer(() => void this.stored!.records.push(record));
  }
  snapshot(snapshot: Uint8Array): void | Promise<void> {
    return this.#answer(() => {
      this.stored = { snapshot, records: [] };
    });
  }
  close(): void | Promise<void> {
    return this.#answer(() => void this.closes++);
  }
  #answer<T>(answer: () => T): T | Promise<T> {
    if (this.#slowMs === 0) return answer();
    return new Promise((resolve) => setTimeout(() => resolve(answer()), this.#slowMs));
  }
}

const word = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];

const closed = { code: "simulation-closed" };

describe("a log that is slow", () => {
  test("keeps what the simulation does while the run begins", async () => {
    const simulation = await moving();
    const log = new Log(20);
    const begins = durable(simulation, { log });
    while (log.stored === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      run(simulation, 1);
    }
    const kept = await begins;
    run(simulation, 2);
    await kept.settled();
    const next = await moving(1);
    await durable(next, { log: new Log(0, log.stored), hashEvery: 1 });
    expect([next.tick, next.hash()]).toEqual([simulation.tick, simulation.hash()]);
  });

  test("is closed when all who close the run are told so", async () => {
    const log = new Log(20);
    const kept = await durable(await moving(), { log });
    void kept.close();
    await kept.close();
    expect(log.closes).toBe(1);
  });

  test("is closed where the simulation is closed before the run begins", async () => {
    const [simulation, log] = [await moving(), new Log(20)];
    const begins = durable(simulation, { log });
    await simulation.close();
    await expect(begins).rejects.toMatchObject(closed);
    expect(log.closes).toBe(1);
  });
});

test("nothing begins to keep a simulation that is closed", async () => {
  const [simulation, log, bytes] = [await moving(), new Log(), new Bytes()];
  await simulation.close();
  await expect(durable(simulation, { log })).rejects.toMatchObject(closed);
  expect(() => record(simulation, bytes)).toThrow(expect.objectContaining(closed));
  expect(() => new Rollback(simulation, { keep: 2 })).toThrow(expect.objectContaining(closed));
  expect([log.closes, bytes.closed]).toEqual([1, true]);
});

describe("a log", () => {
  test.each([() => Promise.reject(), () => expect.unreachable()])(
    "that fails ends the run, also without a reason",
    async (fails) => {
      const [simulation, log] = [await moving(), new Log()];
      const kept = await durable(simulation, { log });
      log.append = fails;
      simulation.step();
      await expect(kept.settled()).rejects.toBeInstanceOf(Error);
      expect(() => simulation.step()).toThrow();
      expect(simulation.tick).toBe(1);
      await expect(kept.close()).rejects.toBeInstanceOf(Error);
    },
  );

  test("that cannot be loaded is closed, unless another run has it", async () => {
    const [simulation, log] = [await moving(), new Log()];
    const hash = simulation.hash();
    log.load = () => expect.fail("no such store");
    await expect(durable(simulation, { log })).rejects.toThrow("no such store");
    log.load = () => Promise.reject(new Error("no answer"));
    await expect(durable(simulation, { log })).rejects.toThrow("no answer");
    expect([log.closes, simulation.hash()]).toEqual([2, hash]);
    log.load = () => undefined;
    const kept = await durable(simulation, { log });
    log.load = () => expect.fail("in use");
    await expect(durable(await moving(), { log })).rejects.toThrow("in use");
    expect(log.closes).toBe(2);
    await kept.close();
    expect(log.closes).toBe(3);
  });

  test("that gives what it was not given is refused, and the world as before", async () => {
    const simulation = await moving();
    const hash = simulation.hash();
    for (const stored of [null, {}, { snapshot: new Uint8Array(4) }, { snapshot: "", records: [] }]) {
      const log = Object.assign(new Log(), { load: () => stored as never });
      await expect(durable(simulation, { log })).rejects.toMatchObject({ code: "bad-argument" });
      expect([log.closes, simulation.hash()]).toEqual([1, hash]);
    }
    const log = new Log();
    await durable(await moving(), { log });
    const { snapshot } = log.stored!;
    const otherText = snapshot.with(4, 0x58);
    const otherEffects = snapshot.with(4 + 2 * new DataView(snapshot.buffer).getUint32(0, true) + 4, 0x58);
    for (const one of [new Uint8Array(8), otherText, otherEffects, snapshot.subarray(0, -1), snapshot.subarray(0, 9)]) {
      const again = new Log(0, { snapshot: one, records: [] });
      await expect(durable(simulation, { log: again })).rejects.toMatchObject({ code: "bad-file" });
      expect([again.closes, simulation.hash()]).toEqual([1, hash]);
    }
    const head = (made: string, { length } = new Uint8Array(serialize({}))): Uint8Array =>
      new Uint8Array([...word(made.length), ...Buffer.from(made, "utf16le"), ...word(length), ...serialize({})]);
    const others: [typeof log.stored, RegExp][] = [
      [{ snapshot, records: [new Uint8Array(word(7))] }, /has a record of kind 7, which is unknown/],
      [{ snapshot: head("{}"), records: [] }, /the snapshot is not that of a durable run/],
      [{ snapshot: head('{"code":{}}'), records: [] }, /the snapshot is not that of a durable run/],
    ];
    for (const [stored, message] of others) {
      const again = new Log(0, stored);
      const refused = { code: "bad-file", message: expect.stringMatching(message) };
      await expect(durable(simulation, { log: again })).rejects.toMatchObject(refused);
      expect([again.closes, simulation.hash()]).toEqual([1, hash]);
    }
  });
});

describe("a run that cannot go on leaves the world as it was", () => {
  const other = systems.map((one) => (one.name === "steer" ? { ...one, run: () => {} } : one));
  type Spoils = (simulation: Simulation, records: Uint8Array[]) => unknown;
  test.for<[string, { list?: typeof systems; force?: boolean }, Spoils]>([
    ["code-mismatch", { list: other }, () => {}],
    ["nondeterminism", { list: other, force: true }, () => {}],
    ["bad-file", {}, (_, records) => records.splice(2, 1)],
    ["simulation-closed", {}, (simulation) => simulation.close()],
  ])("%s", async ([code, { list, force = false }, spoil]) => {
    const [first, log] = [await moving(), new Log()];
    await durable(first, { log, hashEvery: 1 });
    run(first, 5);
    const simulation = await moving(3, 1, list);
    run(simulation, 2);
    simulation.input(Push, { x: 1 });
    const hash = simulation.hash();
    const next = new Log(5, log.stored);
    const going = durable(simulation, { log: next, force });
    void spoil(simulation, next.stored!.records);
    await expect(going).rejects.toMatchObject({ code });
    expect([simulation.tick, simulation.hash(), next.closes]).toEqual([2, hash, 1]);
  });
});

describe("who receives effects", () => {
  test("and refuses them without a reason is said to have failed, and gets them again", async () => {
    const [simulation, log, got] = [await moving(), new Log(), [] as string[]];
    let refuses = true;
    const deliver = ({ key }: Effect): Promise<void> => {
      if (refuses) return Promise.reject();
      got.push(key);
      return Promise.resolve();
    };
    const kept = await durable(simulation, { log, outbox: { events: [Died], deliver } });
    while (kept.waiting.length === 0) run(simulation, 1);
    await expect(kept.settled()).rejects.toThrow("the receiver of effects failed, and did not say why");
    const keys = kept.waiting.map(({ key }) => key);
    refuses = false;
    await kept.settled();
    expect([got, kept.waiting]).toEqual([keys, []]);
  });

  const acts: readonly [string, (simulation: Simulation) => void][] = [
    ["gives inputs", (simulation) => simulation.input(Push, { x: 1 })],
    ["applies commands", (simulation) => void simulation.apply(simulation.world.commands())],
    ["steps", (simulation) => simulation.step()],
    ["closes", (simulation) => void simulation.close()],
  ];
  const orders = ["durable record", "record durable", "durable record rollback", "rollback durable durable record"];

  test.for(acts.flatMap((act) => orders.map((order) => [...act, order] as const)))(
    "%s, and journals hear of it in its order (%s, %s)",
    async ([, act, order]) => {
      const simulation = await moving();
      const [bytes, logs, got] = [new Bytes(), [] as Log[], [] as Effect[][]];
      for (const what of order.split(" ")) {
        if (what === "record") record(simulation, bytes, { hashEvery: 1 });
        if (what === "rollback") new Rollback(simulation, { keep: 2 });
        if (what !== "durable") continue;
        const [log, effects] = [new Log(), [] as Effect[]];
        logs.push(log);
        got.push(effects);
        const deliver = (effect: Effect): void => {
          effects.push(effect);
          if (simulation.tick < 15) act(simulation);
        };
        await durable(simulation, { log, hashEvery: 1, outbox: { events: [Died], deliver } });
      }
      try {
        run(simulation, 20);
      } catch (error) {
        expect(error).toMatchObject(closed);
      }
      const hash = simulation.hash();
      const ends = logs.map(({ stored }) => new Log(0, stored));
      await simulation.close();
      expect(await replay(bytes.all, again, { verify: true })).toMatchObject({
        ticks: simulation.tick,
        difference: undefined,
      });
      for (const log of ends) {
        const next = await moving(1);
        await durable(next, { log, hashEvery: 1 });
        expect([next.tick, next.hash()]).toEqual([simulation.tick, hash]);
      }
      for (const effects of got) {
        const keys = effects.map(({ key }) => key);
        expect(keys.length).toBeGreaterThan(0);
        expect(keys).toEqual([...new Set(keys)]);
      }
    },
  );
});
