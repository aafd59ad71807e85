import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  component,
  createWorld,
  f32,
  type LoopOptions,
  type LoopTick,
  loop,
  ManualClock,
  simulate,
  system,
  WorldloomError,
  write,
} from "../../src/index.ts";
import { runAlone } from "./hosted/threads.ts";

/** A simulation that only counts, and may fail. */
function counting(failsAt = -1): { tick: number; step(): void } {
  return {
    tick: 0,
    step() {
      if (this.tick + 1 === failsAt) throw new WorldloomError("tick-failed", "planted", { tick: failsAt });
      this.tick++;
    },
  };
}

function made(options: LoopOptions = {}, simulation = counting()) {
  const clock = new ManualClock(1000);
  return { clock, simulation, loop: loop(simulation, { tickMs: 10, clock, ...options }) };
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return (error as WorldloomError).code;
  }
  return undefined;
}

describe("time", () => {
  test.for([
    [1000 / 30, 30],
    [1000 / 60, 60],
    [1000 / 7, 7],
    [0.3, 3333],
    [33, 30],
  ])("a tick each %f ms", ([tickMs, ticks]) => {
    const one = made({ tickMs: tickMs! });
    one.loop.start();
    for (let second = 1; second <= 5; second++) {
      one.clock.advance(1000);
      expect(one.simulation.tick).toBe(second === 1 ? ticks : Math.floor((second * 1000) / tickMs! + 1e-6));
    }
    expect(one.loop).toMatchObject({ overruns: 0, ticks: one.simulation.tick, state: "running" });
  });

  test("a real world", async () => {
    const Position = component("Position", { x: f32 });
    const world = createWorld({ components: [Position] });
    const who = world.spawn(Position);
    const drift = system("drift", {
      query: [write(Position)],
      run: ({ query }) => {
        for (const { count, position } of query.chunks()) for (let i = 0; i < count; i++) position.x[i]! += 1;
      },
    });
    const simulation = await simulate(world, [drift]);
    const clock = new ManualClock();
    const going = loop(simulation, { tickMs: 20, clock });
    going.start();
    clock.advance(205);
    expect(world.get(who, Position)).toEqual({ x: 10 });
    await going.stop();
    clock.advance(1000);
    expect(world.tick).toBe(10);
    expect(clock.waiting).toBe(0);
    await simulation.close();
    world.dispose();
  });

  test("what is due is caught up with, up to the cap; the rest is dropped and counted", () => {
    const { clock, simulation, loop } = made({ catchUpMax: 3 });
    loop.start();
    // The event loop was held up: the clock moved, and no timer ran.
    clock.set(1000 + 34);
    clock.advance(10);
    expect(simulation.tick).toBe(3);
    expect(loop).toMatchObject({ overruns: 1, behindMs: 24 });
    clock.advance(6);
    expect(loop).toMatchObject({ ticks: 4, overruns: 1, behindMs: 0 });
  });

  test("speed", () => {
    const { clock, simulation, loop } = made({ speed: 2 });
    loop.start();
    clock.advance(100);
    expect(simulation.tick).toBe(20);
    clock.advance(4);
    loop.speed = 0.1;
    expect(loop.alpha).toBeCloseTo(0.8);
    clock.advance(19);
    expect(simulation.tick).toBe(20);
    clock.advance(1);
    expect(simulation.tick).toBe(21);
    loop.speed = 100;
    clock.advance(100);
    expect(simulation.tick).toBe(1021);
    expect(loop.overruns).toBe(0);
  });

  test("many ticks a millisecond, though timers are late by one", () => {
    const clock = new ManualClock();
    const late = { nowMs: () => clock.nowMs(), wait: (ms: number, call: () => void) => clock.wait(ms + 1, call) };
    const simulation = counting();
    const going = loop(simulation, { tickMs: 10, speed: 100, clock: late });
    going.start();
    clock.advance(1000);
    expect(simulation.tick).toBeGreaterThan(9980);
    expect(going.overruns).toBe(0);
  });

  test("alpha is the part of a tick that has passed", () => {
    const { clock, loop } = made();
    expect(loop.alpha).toBe(0);
    loop.start();
    for (const [ms, alpha] of [
      [2.5, 0.25],
      [5, 0.75],
      [2.5, 0],
      [4, 0.4],
    ] as const) {
      clock.advance(ms);
      expect(loop.alpha).toBeCloseTo(alpha);
    }
    loop.pause();
    clock.advance(500);
    expect(loop.alpha).toBeCloseTo(0.4);
    clock.set(Number.NaN);
    loop.resume();
    expect(loop.alpha).toBeCloseTo(0.4);
  });
});

describe("states", () => {
  test("pause, step, resume, stop, again", async () => {
    const { clock, simulation, loop } = made();
    expect(loop.state).toBe("stopped");
    loop.resume();
    loop.pause();
    expect(loop.state).toBe("stopped");
    loop.step();
    expect(simulation.tick).toBe(1);
    loop.start();
    loop.start();
    expect(clock.waiting).toBe(1);
    expect(codeOf(() => loop.step())).toBe("loop-running");
    clock.advance(15);
    loop.pause();
    expect([loop.state, clock.waiting]).toEqual(["paused", 0]);
    clock.advance(1000);
    expect(simulation.tick).toBe(2);
    loop.step();
    loop.step();
    expect(simulation.tick).toBe(4);
    loop.resume();
    clock.advance(5);
    expect(simulation.tick).toBe(5);
    await loop.stop();
    await loop.stop();
    clock.advance(1000);
    expect([loop.state, simulation.tick, clock.waiting]).toEqual(["stopped", 5, 0]);
    loop.start();
    clock.advance(9.9);
    expect(simulation.tick).toBe(5);
    clock.advance(0.1);
    expect(simulation.tick).toBe(6);
    expect(loop.ticks).toBe(6);
  });

  test("stopped, paused and stepped from within a tick", async () => {
    const { clock, simulation, loop } = made({ catchUpMax: 5 });
    const order: string[] = [];
    let stopped: Promise<void> | undefined;
    const off = loop.onTick(({ tick }) => {
      order.push(`tick ${tick}`);
      expect(codeOf(() => loop.step())).toBe("loop-running");
      if (tick === 2) loop.pause();
      if (tick === 3) stopped = loop.stop().then(() => void order.push("stopped"));
    });
    loop.start();
    clock.set(1040);
    clock.advance(10);
    expect([loop.state, simulation.tick, clock.waiting]).toEqual(["paused", 2, 0]);
    loop.resume();
    clock.advance(0);
    await stopped;
    expect(order).toEqual(["tick 1", "tick 2", "tick 3", "stopped"]);
    expect([loop.state, simulation.tick, clock.waiting]).toEqual(["stopped", 3, 0]);
    off();
    loop.step();
    expect(order.length).toBe(4);
  });

  test("started from within a step", () => {
    const { clock, simulation, loop } = made();
    const off = loop.onTick(() => loop.start());
    loop.step();
    off();
    clock.advance(20);
    expect(simulation.tick).toBe(3);
  });
});

describe("ticks that fail", () => {
  test("pause the loop and are reported", () => {
    const errors: unknown[] = [];
    const { clock, simulation, loop } = made({ onError: (error) => errors.push(error) }, counting(3));
    loop.start();
    clock.advance(100);
    expect([loop.state, simulation.tick, clock.waiting, loop.ticks]).toEqual(["paused", 2, 0, 2]);
    expect(errors).toEqual([expect.objectContaining({ code: "tick-failed", operands: { tick: 3 } })]);
    loop.resume();
    clock.advance(10);
    expect(errors.length).toBe(2);
    expect(codeOf(() => loop.step())).toBe("tick-failed");
    expect(errors.length).toBe(2);
  });

  test("are told to those who follow, or thrown", async () => {
    const { clock, loop } = made({}, counting(3));
    const ticks = loop.follow();
    loop.start();
    clock.advance(100);
    expect([(await ticks.next()).value?.tick, (await ticks.next()).value?.tick]).toEqual([1, 2]);
    await expect(ticks.next()).rejects.toMatchObject({ code: "tick-failed" });
    expect(await ticks.next()).toEqual({ done: true, value: undefined });
    loop.resume();
    expect(codeOf(() => clock.advance(10))).toBe("tick-failed");
    expect([loop.state, clock.waiting]).toEqual(["paused", 0]);
  });
});

describe("streams of ticks", () => {
  test("for await", async () => {
    const { clock, loop } = made();
    const ticks = loop.follow();
    loop.start();
    clock.advance(20);
    const seen: LoopTick[] = [];
    for await (const tick of ticks) {
      seen.push(tick);
      if (seen.length === 4) break;
      clock.advance(10);
    }
    expect(seen.map(({ tick }) => tick)).toEqual([1, 2, 3, 4]);
    expect(ticks.open).toBe(false);
    clock.advance(10);
    expect(await ticks.next()).toEqual({ done: true, value: undefined });
  });

  test("a slow reader loses the oldest, or ends", async () => {
    const { clock, loop } = made();
    const drops = loop.follow({ capacity: 2 });
    const fails = loop.follow({ capacity: 2, whenFull: "fail" });
    const waits = loop.follow().next();
    loop.start();
    clock.advance(50);
    expect((await waits).value?.tick).toBe(1);
    expect([drops.dropped, fails.open]).toEqual([3, false]);
    expect((await fails.next()).value?.tick).toBe(1);
    expect((await fails.next()).value?.tick).toBe(2);
    await expect(fails.next()).rejects.toMatchObject({ code: "stream-full", operands: { capacity: 2 } });
    expect((await drops.next()).value?.tick).toBe(4);
    await loop.stop();
    expect((await drops.next()).value?.tick).toBe(5);
    expect(await drops.next()).toEqual({ done: true, value: undefined });
  });

  test("readers that wait when it stops", async () => {
    const { loop } = made();
    const ticks = loop.follow();
    const waiting = [ticks.next(), ticks.next()];
    await loop.stop();
    expect((await Promise.all(waiting)).map(({ done }) => done)).toEqual([true, true]);
  });

  test("those of before and after a stop and a start within a tick", async () => {
    const { clock, loop } = made();
    const streams = [loop.follow()];
    loop.onTick(({ tick }) => {
      if (tick === 1) void loop.stop();
      loop.start();
      if (tick === 1) streams.push(loop.follow());
    });
    loop.start();
    clock.advance(10);
    await new Promise(setImmediate);
    clock.advance(10);
    void loop.stop();
    for (const [i, ticks] of [[1], [1, 2]].entries())
      for (const tick of [...ticks, undefined]) expect((await streams[i]!.next()).value?.tick).toBe(tick);
  });
});

describe("clocks that jump", () => {
  test.for([
    ["backwards", 1000 - 5000, 0],
    ["to NaN", Number.NaN, 0],
    ["to infinity", Number.POSITIVE_INFINITY, 0],
    ["to minus infinity", Number.NEGATIVE_INFINITY, 0],
    ["hours ahead", 1000 + 36e5, 5],
    ["to the largest number", Number.MAX_VALUE, 5],
  ] as const)("%s", ([, toMs, ticks]) => {
    const { clock, simulation, loop } = made();
    loop.start();
    clock.advance(20);
    clock.set(toMs);
    clock.advance(10);
    const { tick } = simulation;
    expect(tick).toBe(ticks === 0 && !Number.isFinite(toMs) ? 2 : ticks === 0 ? 2 : 2 + ticks);
    clock.set(7000);
    clock.advance(1);
    const base = simulation.tick;
    clock.advance(1000);
    expect(simulation.tick - base).toBeGreaterThanOrEqual(99);
    expect(simulation.tick - base).toBeLessThanOrEqual(106);
    expect(Number.isFinite(loop.overruns) && Number.isFinite(loop.behindMs)).toBe(true);
  });

  test("whatever it says: never more ticks than the cap in a turn, and it goes on afterwards", () => {
    const reading = fc.oneof(
      fc.double(),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ reading, ms: fc.integer({ min: 0, max: 30 }) })), (moves) => {
        const { clock, simulation, loop } = made({ catchUpMax: 4 });
        loop.start();
        for (const { reading, ms } of moves) {
          const before = simulation.tick;
          clock.set(reading);
          clock.advance(ms);
          expect(simulation.tick - before).toBeLessThanOrEqual(4 + Math.ceil(ms / 10) + 1);
          expect(loop.alpha).toBeGreaterThanOrEqual(0);
          expect(loop.alpha).toBeLessThanOrEqual(1);
          expect(clock.waiting).toBe(1);
        }
        clock.set(0);
        clock.advance(20);
        const before = simulation.tick;
        clock.advance(100);
        expect(simulation.tick - before).toBe(10);
      }),
      { seed: 20_261_121, numRuns: 300 },
    );
  });
});

test.for<[string, () => unknown]>([
  ["no simulation", () => loop(undefined as never)],
  ["no options", () => loop(counting(), null as never)],
  ["tickMs 0", () => loop(counting(), { tickMs: 0 })],
  ["tickMs NaN", () => loop(counting(), { tickMs: Number.NaN })],
  ["tickMs 2^31", () => loop(counting(), { tickMs: 2 ** 31 })],
  ["catchUpMax 0", () => loop(counting(), { catchUpMax: 0 })],
  ["catchUpMax 1.5", () => loop(counting(), { catchUpMax: 1.5 })],
  ["speed 0", () => loop(counting(), { speed: 0 })],
  ["a text for speed", () => loop(counting(), { speed: "2" as never })],
  ["a text for tickMs", () => loop(counting(), { tickMs: "50" as never })],
  ["speed 101", () => loop(counting(), { speed: 101 })],
  ["a set speed", () => (loop(counting()).speed = Number.NaN)],
  ["a capacity", () => loop(counting()).follow({ capacity: 0 })],
  ["what happens when full", () => loop(counting()).follow({ whenFull: "wait" as never })],
])("refuses %s", ([, run]) => {
  expect(codeOf(run)).toBe("bad-argument");
});

test("on the clock of the process nothing is left after stop, and it ends by itself", () => {
  const { status, lines } = runAlone(`
    const one = loop({ tick: 0, step() { this.tick++; } }, { tickMs: 1 });
    const ticks = one.follow();
    one.start();
    console.log(left());
    for await (const { tick } of ticks) if (tick === 5) break;
    await one.stop();
    console.log(left() + ".");
    one.start();
    one.pause();
    console.log(left() + ".");
    one.resume();
    one.speed = 2;
    console.log(left());
    one.onTick(() => one.stop());`);
  expect(lines).toEqual(["Timeout", ".", ".", "Timeout"]);
  expect(status).toBe(0);
});
