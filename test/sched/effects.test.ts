import { describe, expect, test } from "vitest";
import {
  createWorld,
  type DurableLog,
  durable,
  type Effect,
  event,
  f64,
  input,
  Rollback,
  randomBelow,
  resource,
  type Simulation,
  type Stored,
  simulate,
  system,
} from "worldloom";

const Shout = input("Shout", { power: f64 });
const Heard = event("Heard", { sum: f64 });
const Total = resource("Total", { sum: f64 });

/** What is heard depends on all that was shouted before. A power of 13 makes the tick fail while `strict` is set. */
const crowd = { strict: false };
const listen = system("listen", {
  gets: [Total],
  sets: [Total],
  emits: [Heard],
  run({ world, commands }) {
    let { sum } = world.resource(Total);
    for (const { power } of world.inputs(Shout)) {
      if (power === 13 && crowd.strict) throw new Error("too loud");
      sum += power;
      if (sum % 3 !== 0) commands.emit(Heard, { sum });
    }
    commands.setResource(Total, { sum });
  },
});

const square = (): Promise<Simulation> =>
  simulate(createWorld({ events: [Heard], inputs: [Shout], resources: [Total] }), [listen]);

/** A log in memory that a process leaves behind. With `slow`, what it is told is kept later. */
class MemoryLog implements DurableLog {
  stored: { snapshot: Uint8Array; records: Uint8Array[] } | undefined;
  readonly #slow: boolean;
  #open = true;
  constructor(stored?: MemoryLog["stored"], slow = false) {
    this.stored = stored && { ...stored, records: [...stored.records] };
    this.#slow = slow;
  }
  load(): Stored | undefined {
    return this.stored;
  }
  append(record: Uint8Array): void | Promise<void> {
    return this.#keep(() => void this.stored?.records.push(record));
  }
  snapshot(snapshot: Uint8Array): void | Promise<void> {
    return this.#keep(() => {
      this.stored = { snapshot, records: [] };
    });
  }
  close(): void {
    this.#open = false;
  }
  #keep(run: () => void): void | Promise<void> {
    if (!this.#slow) return this.#open ? run() : undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        if (this.#open) run();
        resolve();
      }),
    );
  }
}

const say = ({ key, values }: Effect): string => `${key} ${values["sum"]}`;
const shout = (simulation: Simulation, ...powers: number[]): void => {
  for (const power of powers) simulation.input(Shout, { power });
};
/** The sums that tick 1, 2, ... shouts, one each. */
const run = (simulation: Simulation, ...powers: number[]): void => {
  for (const power of powers) {
    shout(simulation, power);
    simulation.step();
  }
};

/** A simulation with a rollback, whose effects are listed. */
async function listening(keep: number) {
  const simulation = await square();
  const rollback = new Rollback(simulation, { keep });
  const heard: string[] = [];
  const log = new MemoryLog();
  const kept = await durable(simulation, {
    log,
    outbox: { events: [Heard], deliver: (effect: Effect) => void heard.push(say(effect)) },
  });
  return { simulation, rollback, heard, log, kept };
}

describe("effects with a rollback", () => {
  test("leave when their tick cannot be taken back", async () => {
    const { simulation, rollback, heard, kept } = await listening(3);
    run(simulation, 1, 1, 1, 1, 1);
    expect([simulation.tick, simulation.confirmed, rollback.earliest]).toEqual([5, 2, 2]);
    expect(heard).toEqual(["1/Heard/0 1", "2/Heard/0 2"]);
    expect(kept.waiting.map(say)).toEqual(["4/Heard/0 4", "5/Heard/0 5"]);
    rollback.dispose();
    expect(simulation.confirmed).toBe(5);
    simulation.step();
    expect(heard).toEqual(["1/Heard/0 1", "2/Heard/0 2", "4/Heard/0 4", "5/Heard/0 5"]);
  });

  test("are those of ticks as they ran last", async () => {
    const { simulation, rollback, heard, kept } = await listening(4);
    run(simulation, 1, 1, 1, 1);
    rollback.lateInput(2, Shout, { power: 2 });
    rollback.resimulate();
    expect(kept.waiting.map(say)).toEqual(["1/Heard/0 1", "2/Heard/0 2", "2/Heard/1 4", "3/Heard/0 5"]);
    rollback.rollback(2);
    expect(kept.waiting.length).toBe(4);
    run(simulation, 3);
    expect(kept.waiting.map(say)).toEqual(["1/Heard/0 1", "2/Heard/0 2", "2/Heard/1 4", "3/Heard/0 7"]);
    await kept.close();
    expect(heard).toEqual(["1/Heard/0 1", "2/Heard/0 2", "2/Heard/1 4", "3/Heard/0 7"]);
  });

  test("count late inputs that the next step runs with", async () => {
    const { simulation, rollback, heard } = await listening(2);
    run(simulation, 1, 1, 1);
    rollback.lateInput(2, Shout, { power: 3 });
    run(simulation, 1);
    expect(heard).toEqual(["1/Heard/0 1", "2/Heard/0 2", "2/Heard/1 5"]);
  });

  test("are as they were where running again fails", async () => {
    const { simulation, rollback, kept } = await listening(4);
    run(simulation, 1, 1, 2, 1);
    const waiting = kept.waiting.map(say);
    rollback.lateInput(2, Shout, { power: 2 });
    rollback.lateInput(4, Shout, { power: 13 });
    crowd.strict = true;
    expect(() => rollback.resimulate()).toThrow(expect.objectContaining({ code: "tick-failed" }));
    crowd.strict = false;
    expect(kept.waiting.map(say)).toEqual(waiting);
    rollback.resimulate();
    expect(kept.waiting.map(say)).not.toEqual(waiting);
  });

  test("that were not confirmed when the process ended leave when the run goes on", async () => {
    for (const rolledBack of [false, true]) {
      const { simulation, rollback, heard, log } = await listening(3);
      run(simulation, 1, 1, 2, 1);
      rollback.lateInput(3, Shout, { power: 4 });
      rollback.resimulate();
      expect(heard).toEqual(["1/Heard/0 1"]);
      if (rolledBack) rollback.rollback(2);
      log.close();
      const after = await square();
      const kept = await durable(after, {
        log: new MemoryLog(log.stored),
        outbox: { events: [Heard], deliver: (effect: Effect) => void heard.push(say(effect)) },
      });
      await kept.settled();
      const all = ["1/Heard/0 1", "2/Heard/0 2", "3/Heard/0 4", "3/Heard/1 8"];
      expect(heard).toEqual(rolledBack ? all.slice(0, 2) : all);
      expect(after.tick).toBe(rolledBack ? 2 : 4);
    }
  });

  test("a rollback that was there before the run goes on keeps ticks from where it goes on", async () => {
    const first = await listening(3);
    run(first.simulation, 1, 1, 2, 1);
    first.log.close();
    const after = await square();
    const rollback = new Rollback(after, { keep: 3 });
    await durable(after, { log: new MemoryLog(first.log.stored) });
    expect([rollback.earliest, rollback.latest, after.tick]).toEqual([4, 4, 4]);
    run(after, 1);
    rollback.rollback(4);
    expect(rollback.resimulate()).toBe(1);
    run(first.simulation, 1);
    expect(after.world.hash()).toBe(first.simulation.world.hash());
  });

  test("that were confirmed leave although the world is set back", async () => {
    const simulation = await square();
    const heard: string[] = [];
    const outbox = { events: [Heard], deliver: (effect: Effect) => void heard.push(say(effect)) };
    const kept = await durable(simulation, { log: new MemoryLog(undefined, true), outbox });
    run(simulation, 1);
    const snapshot = simulation.world.snapshot();
    run(simulation, 1);
    simulation.world.restore(snapshot);
    simulation.jumped();
    run(simulation, 4);
    await kept.settled();
    expect(heard).toEqual(["1/Heard/0 1", "2/Heard/0 2", "2/Heard/0 5"]);
  });

  test.each([false, true])(
    "are those of a run in which nothing was late, whenever it is killed (slow log: %s)",
    async (slow) => {
      for (let seed = 1; seed <= 25; seed++) {
        const draw = (n: number, what: number, tick: number): number => randomBelow(n, seed, what, tick, 0);
        const prompt = await square();
        const expected: string[] = [];
        const heard = new Map<string, string>();
        const outbox = {
          events: [Heard],
          deliver(effect: Effect) {
            const before = heard.get(effect.key);
            if (before !== undefined && before !== say(effect)) throw new Error(`${before} is now ${say(effect)}`);
            heard.set(effect.key, say(effect));
          },
        };
        const keep = 1 + (seed % 6);
        let log = new MemoryLog(undefined, slow);
        let late = await square();
        let rollback = new Rollback(late, { keep });
        let kept = await durable(late, { log, outbox, every: 1 + (seed % 9) });
        let held: { tick: number; power: number }[] = [];
        for (let tick = 1; tick <= 40; tick++) {
          const powers = [draw(4, 1, tick), draw(5, 2, tick)].slice(0, draw(3, 3, tick));
          shout(prompt, ...powers);
          prompt.step();
          const now = prompt.world.events(Heard).filter((each) => each.tick === tick);
          expected.push(...now.map(({ sum }, i) => `${tick}/Heard/${i} ${sum}`));
          // The last of them may come later, or be guessed wrongly at first.
          const isLate = powers.length > 0 && keep > 1 && draw(2, 4, tick) === 0;
          const isGuessed = !isLate && draw(4, 5, tick) === 0;
          if (isLate) held.push({ tick, power: powers.pop()! });
          if (isGuessed && held.length === 0) {
            shout(late, 2, 2);
            late.step();
            rollback.rollback(tick - 1);
          }
          shout(late, ...powers);
          late.step();
          const isKilled = draw(8, 6, tick) === 0;
          if (!isKilled && held.every((each) => each.tick > tick - keep + 1) && draw(3, 7, tick) > 0) continue;
          for (const { tick: when, power } of held) rollback.lateInput(when, Shout, { power });
          held = [];
          rollback.resimulate();
          if (!isKilled) continue;
          await kept.settled();
          log.close();
          const { stored } = log;
          log = new MemoryLog(stored, slow);
          late = await square();
          rollback = new Rollback(late, { keep });
          kept = await durable(late, { log, outbox, every: 1 + (seed % 9) });
        }
        for (const { tick: when, power } of held) rollback.lateInput(when, Shout, { power });
        rollback.resimulate();
        expect(late.world.hash()).toBe(prompt.world.hash());
        await late.close();
        expect([...heard.values()]).toEqual(expected);
      }
    },
  );
});
