import { describe, expect, test, vi } from "vitest";
import {
  component,
  createWorld,
  type DurableLog,
  durable,
  type Effect,
  event,
  f32,
  input,
  loop,
  ManualClock,
  Rollback,
  simulate,
  str,
  system,
} from "../../src/index.ts";

/*
 * Much at once: more than fits into the arguments of one call.
 */

const MANY = 200_000;
const Title = component("Title", { text: str });
const Said = input("Said", { text: str });
const Fell = event("Fell", { how: f32 });

describe("a flood of", () => {
  test("commands and inputs with texts is kept by a rollback", async () => {
    const world = createWorld({ components: [Title], inputs: [Said] });
    const simulation = await simulate(world, []);
    const rollback = new Rollback(simulation, { keep: 2 });
    const commands = world.commands();
    for (let i = 0; i < MANY; i++) commands.spawn([Title, { text: `t${i}` }]);
    simulation.apply(commands);
    for (let i = 0; i < MANY; i++) simulation.input(Said, { text: "hi" });
    simulation.step();
    const hash = world.hash();
    rollback.rollback(0);
    expect([world.entityCount, rollback.resimulate(), world.entityCount]).toEqual([0, 1, MANY]);
    expect(world.hash()).toBe(hash);
  }, 60_000);

  test("ticks that are read late are not moved each time", async () => {
    const going = loop(await simulate(createWorld({}), []), { clock: new ManualClock() });
    const ticks = going.follow({ capacity: 1000 });
    const moves = [vi.spyOn(Array.prototype, "shift"), vi.spyOn(Array.prototype, "splice")];
    const few = () => moves.map(({ mock }) => mock.calls.length < 100);
    for (let tick = 1; tick <= 3000; tick++) going.step();
    expect([ticks.dropped, ...few()]).toEqual([2000, true, true]);
    for (let tick = 2001; tick <= 3000; tick++) expect((await ticks.next()).value?.tick).toBe(tick);
    expect(few()).toEqual([true, true]);
    vi.restoreAllMocks();
    await going.stop();
  });

  test("inputs that come late is not copied for each", async () => {
    const simulation = await simulate(createWorld({ inputs: [Said] }), []);
    const rollback = new Rollback(simulation, { keep: 2 });
    simulation.step();
    const iterate = Array.prototype[Symbol.iterator];
    let walks = 0;
    Array.prototype[Symbol.iterator] = function () {
      walks++;
      return iterate.call(this);
    };
    try {
      for (let i = 0; i < 1000; i++) rollback.lateInput(1, Said, {});
    } finally {
      Array.prototype[Symbol.iterator] = iterate;
    }
    expect(walks).toBeLessThan(1000);
    expect(rollback.resimulate()).toBe(1);
    expect(simulation.tick).toBe(1);
  });

  test("effects is delivered in order, and what has left is not moved each time", async () => {
    const fall = system("fall", {
      emits: [Fell],
      run: ({ commands, tick }) => tick === 1 && commands.emitMany(Fell, MANY, { how: (i) => i }),
    });
    const simulation = await simulate(createWorld({ events: [Fell] }), [fall]);
    const log: DurableLog = { load: async () => undefined, append() {}, snapshot() {}, async close() {} };
    const seen: number[] = [];
    let refuse = true;
    const deliver = ({ sequence }: Effect): void => {
      if (refuse && sequence === 1000) throw new Error("not now");
      seen.push(sequence);
    };
    const run = await durable(simulation, { log, outbox: { events: [Fell], deliver } });
    const moves = [vi.spyOn(Array.prototype, "shift"), vi.spyOn(Array.prototype, "splice")];
    simulation.step();
    await expect(run.settled()).rejects.toThrow(/not now/);
    expect([run.waiting.length, run.waiting[0]?.sequence]).toEqual([MANY - 1000, 1000]);
    refuse = false;
    await run.settled();
    expect(moves.map(({ mock }) => mock.calls.length < 100)).toEqual([true, true]);
    vi.restoreAllMocks();
    expect([run.waiting.length, seen.length, seen.every((sequence, i) => sequence === i)]).toEqual([0, MANY, true]);
    await run.close();
  }, 60_000);
});
