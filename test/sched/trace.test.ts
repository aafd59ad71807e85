import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  Arena,
  component,
  createWorld,
  f32,
  Histogram,
  SystemTimes,
  simulate,
  system,
  Trace,
  type TraceEvent,
  TraceRing,
  traceKind,
  write,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";

const Position = component("Position", { x: f32 });
const Velocity = component("Velocity", { x: f32({ default: 1 }) });

const move = system("move", {
  query: [write(Position), Velocity],
  run({ query }) {
    for (const { count, position, velocity } of query.chunks())
      for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]!;
  },
});
const spawn = system("spawn", {
  query: [Position],
  every: 2,
  run: ({ commands }) => void [commands.spawn(Position), commands.spawn(Position)],
});
const fail = system("fail", {
  after: ["spawn"],
  when: ({ tick }) => tick === 4,
  run() {
    throw new Error("on purpose");
  },
});

const world = () => {
  const made = createWorld({ components: [Position, Velocity], arena: new Arena(), checked: false });
  made.spawnMany(3000, Position, Velocity);
  return made;
};
const eventsOf = (ring: TraceRing): TraceEvent[] => {
  const found: TraceEvent[] = [];
  ring.read((event) => found.push({ ...event }));
  return found;
};

describe("a ring", () => {
  test("keeps the last events", () => {
    const ring = TraceRing.make(17);
    expect([ring.capacity, ring.full, eventsOf(ring)]).toEqual([32, false, []]);
    for (let i = 0; i < 20; i++) ring.record(traceKind.system, i, 3, i, i + 0.5, -i);
    expect(eventsOf(ring).map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(eventsOf(ring)[7]).toEqual({
      kind: traceKind.system,
      name: 7,
      thread: 3,
      startMs: 7,
      endMs: 7.5,
      value: -7,
    });
    for (let i = 20; i < 100; i++) ring.record(traceKind.system, i, 0, i, i, 0);
    expect([ring.full, eventsOf(ring).map(({ name }) => name)]).toEqual([
      true,
      Array.from({ length: 32 }, (_, i) => i + 68),
    ]);
  });

  test("is written by several threads, on one clock", async () => {
    const ring = TraceRing.make(2000);
    const before = performance.now();
    const workers = [1, 2, 3].map(
      (thread) =>
        new Worker(new URL("./trace-thread.ts", import.meta.url), { workerData: { buffer: ring.buffer, thread } }),
    );
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const after = performance.now();
    await Promise.all(workers.map((worker) => worker.terminate()));
    const events = eventsOf(ring);
    expect(events.length).toBe(1500);
    for (const thread of [1, 2, 3]) {
      const own = events.filter((event) => event.thread === thread);
      expect(own.map(({ value }) => value)).toEqual(Array.from({ length: 500 }, (_, i) => i));
      // Origins of clocks of threads are known to about a millisecond.
      for (const { startMs } of own) expect(startMs > before - 5 && startMs < after + 5).toBe(true);
    }
  });

  test.for<[string, () => unknown, RegExp]>([
    ["too few events", () => TraceRing.make(15), /events must be an integer from 16 to 2\^20, not 15/],
    ["too many events", () => TraceRing.make(2 ** 20 + 1), /events must be/],
    ["half an event", () => TraceRing.make(16.5), /events must be/],
    ["another buffer", () => TraceRing.open(new SharedArrayBuffer(4096)), /buffer must be the buffer of a trace ring/],
    ["an empty buffer", () => TraceRing.open(new SharedArrayBuffer(0)), /buffer must be/],
    ["no shared buffer", () => TraceRing.open(new ArrayBuffer(4096) as unknown as SharedArrayBuffer), /buffer must be/],
  ])("of %s is refused", ([, act, message]) => {
    const error = refusal(act);
    expect([error.code, error.message]).toEqual(["bad-argument", expect.stringMatching(message)]);
  });
});

describe("a trace", () => {
  test("has ticks, systems, commands, sync points, hashes and counters", async () => {
    const simulation = await simulate(world(), [move, spawn]);
    const trace = new Trace(simulation);
    for (let tick = 0; tick < 2; tick++) simulation.step();
    simulation.hash();
    trace.close();
    simulation.step();
    const names = Object.entries(traceKind);
    const told = eventsOf(trace.ring).map(({ kind, name, thread, value }) => [
      names.find(([, number]) => number === kind)![0],
      [traceKind.system, traceKind.commands, traceKind.counter].includes(kind as 2) ? trace.names[name] : "",
      thread,
      value,
    ]);
    const counters = (entities: number, commands: number): unknown[] => [
      ["counter", "entities", 0, entities],
      ["counter", "commands", 0, commands],
      ["counter", "blocks copied", 0, expect.any(Number)],
      ["counter", "bytes copied", 0, expect.any(Number)],
      ["counter", "blocks allocated", 0, expect.any(Number)],
      ["counter", "views made", 0, expect.any(Number)],
      ["counter", "crossings", 0, expect.any(Number)],
    ];
    expect(told).toEqual([
      ["system", "move", 0, 3000],
      ["sync", "", 0, 0],
      ["sync", "", 0, 1],
      ["tick", "", 0, 1],
      ...counters(3000, 0),
      ["system", "move", 0, 3000],
      ["sync", "", 0, 0],
      ["system", "spawn", 0, 3000],
      ["commands", "spawn", 0, 2],
      ["sync", "", 0, 1],
      ["tick", "", 0, 2],
      ...counters(3002, 2),
      ["hash", "", 0, 0],
    ]);
    const of = (counter: string): number[] =>
      eventsOf(trace.ring).flatMap(({ kind, name, value }) =>
        kind === traceKind.counter && trace.names[name] === counter ? [value] : [],
      );
    // Three chunks of a column of floats, and their entries.
    expect(of("blocks copied")[0]).toBeGreaterThanOrEqual(3);
    expect(of("bytes copied")[0]).toBeGreaterThanOrEqual(3 * 4096);
    await simulation.close();
  });

  test("changes nothing that the world does", async () => {
    const hashes = async (traced: boolean): Promise<string[]> => {
      const simulation = await simulate(world(), [move, spawn]);
      const trace = traced ? new Trace(simulation, { events: 16 }) : undefined;
      const found = Array.from({ length: 6 }, () => {
        simulation.step();
        return simulation.hash();
      });
      trace?.close();
      return found;
    };
    expect(await hashes(true)).toEqual(await hashes(false));
  });

  test("is in the format of Chrome traces", async () => {
    const simulation = await simulate(world(), [move, spawn, fail]);
    const trace = new Trace(simulation);
    const now = performance.now();
    trace.ring.record(traceKind.part, trace.numberOf("move"), 2, now, now + 0.25, 3);
    for (let tick = 0; tick < 3; tick++) simulation.step();
    expect(refusal(() => simulation.step()).code).toBe("tick-failed");
    trace.close();
    const { traceEvents } = JSON.parse(trace.toChrome('a "world"')) as { traceEvents: ChromeEvent[] };
    const meta = traceEvents.filter(({ ph }) => ph === "M").map(({ name, tid, args }) => [name, tid, args["name"]]);
    expect(meta).toEqual([
      ["process_name", 0, 'a "world"'],
      ["thread_name", 0, "main"],
      ["thread_name", 2, "thread 2"],
    ]);
    expect(traceEvents.filter(({ name }) => name === "spawn").map(({ args }) => args)).toEqual([
      { entities: 3000, commands: 2 },
      { entities: 3002, commands: 2 },
    ]);
    expect(traceEvents.find(({ tid, ph }) => tid === 2 && ph === "X")).toMatchObject({
      name: "move",
      args: { chunks: 3 },
      dur: 250,
    });
    expect(traceEvents.filter(({ cat }) => cat === "tick").map(({ name }) => name)).toEqual([
      "tick 1",
      "tick 2",
      "tick 3",
      "tick 4, dropped",
    ]);
    for (const { ph, ts, dur, pid, args } of traceEvents) {
      expect([pid, ts >= 0, typeof args]).toEqual([1, true, "object"]);
      expect(ph === "X" ? dur! >= 0 : dur === undefined).toBe(true);
    }
    expectNested(traceEvents.filter(({ ph, tid }) => ph === "X" && tid === 0));
  });

  test("of nothing is one, too", async () => {
    const trace = new Trace(await simulate(world(), []));
    trace.close();
    trace.close();
    expect(JSON.parse(trace.toChrome()).traceEvents.length).toBe(2);
  });

  test("is refused too many events", async () => {
    const simulation = await simulate(world(), []);
    expect(refusal(() => new Trace(simulation, { events: 2 ** 21 })).code).toBe("bad-argument");
  });
});

describe("listeners", () => {
  test("are told together, until they are not", async () => {
    const simulation = await simulate(world(), [move, spawn]);
    const [first, second, given] = [new SystemTimes(), new SystemTimes(), new SystemTimes()];
    const end = simulation.watch(first);
    simulation.watch(second);
    simulation.step({ listener: given });
    simulation.step();
    end();
    end();
    for (let tick = 0; tick < 2; tick++) simulation.step();
    simulation.hash();
    const counts = ({ systems }: SystemTimes): unknown =>
      Object.fromEntries([...systems].map(([name, { count }]) => [name, count]));
    expect([first, second, given].map(counts)).toEqual([
      { move: 2, spawn: 1, commands: 1 },
      { move: 4, spawn: 2, commands: 2, hash: 1 },
      { move: 1 },
    ]);
  });
});

describe("a histogram", () => {
  test("is empty at first", () => {
    const histogram = new Histogram();
    const { count, totalMs, meanMs, minMs, maxMs } = histogram;
    expect([count, totalMs, meanMs, minMs, maxMs, histogram.percentile(50)]).toEqual([0, 0, 0, 0, 0, 0]);
    for (const percent of [-1, 101, Number.NaN])
      expect(() => histogram.percentile(percent)).toThrow(expect.objectContaining({ code: "bad-argument" }));
  });

  test("gives percentiles that are off by a 64th at most", () => {
    const duration = fc.oneof(
      fc.double({ min: 2 ** -14, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 2 ** 19, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 100 }),
        (list, percent) => {
          const histogram = new Histogram();
          for (const ms of list) histogram.record(ms);
          const sorted = [...list].sort((a, b) => a - b);
          const exact = sorted[Math.ceil((percent / 100) * list.length) - 1]!;
          expect(Math.abs(histogram.percentile(percent) - exact)).toBeLessThanOrEqual(exact / 64 + 1e-12);
          expect([histogram.count, histogram.minMs, histogram.maxMs]).toEqual([list.length, sorted[0], sorted.at(-1)]);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  test("takes whatever comes", () => {
    const histogram = new Histogram();
    for (const ms of [Number.NaN, -1, 0, 1e-9, 1e9]) histogram.record(ms);
    expect([
      histogram.count,
      histogram.minMs,
      histogram.maxMs,
      histogram.percentile(100),
      histogram.percentile(20),
    ]).toEqual([5, 0, 1e9, 1e9, 0]);
  });
});

interface ChromeEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Record<string, unknown>;
}

/** Of two events of a thread one contains the other, or they do not touch: else they cannot be drawn. */
function expectNested(events: readonly ChromeEvent[]): void {
  const open: number[] = [];
  for (const { ts, dur = 0, name } of events) {
    while (open.length > 0 && open.at(-1)! <= ts) open.pop();
    const end = Math.round((ts + dur) * 1000) / 1000;
    if (open.length > 0) expect([name, end <= open.at(-1)!]).toEqual([name, true]);
    open.push(end);
  }
}
