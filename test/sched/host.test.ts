import { existsSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type HostedWorld, loadWorld, openWorld } from "../../src/index.ts";
import { codeOf, errorOf, MODULE, open, threadsLeft } from "./hosted/threads.ts";
import make, { All, Bounced, Frozen, Position, Push, Score, type TestOptions, Velocity } from "./hosted/world.ts";

const worlds: HostedWorld[] = [];
async function opened(options: TestOptions = {}, more: object = {}): Promise<HostedWorld> {
  const world = await open({ options, ...more });
  worlds.push(world);
  return world;
}
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => expect(threadsLeft()).toBe(0));

/** Time slices of the threads of this process with that name, as Linux says them, in nanoseconds. */
function slicesNs(name: string): number[] {
  const threads = readdirSync("/proc/self/task").map((thread) => `/proc/self/task/${thread}`);
  return threads
    .filter((thread) => readFileSync(`${thread}/comm`, "utf8").trim() === name)
    .flatMap((thread) => /se\.slice *: *(\d+)/.exec(readFileSync(`${thread}/sched`, "utf8"))?.slice(1) ?? [])
    .map(Number);
}

describe("a hosted world", () => {
  test("is the same as one in this thread", async () => {
    const options = { entities: 3000, seed: 7, all: true };
    const [hosted, here] = [await opened(options), await make(options)];
    expect(await hosted.hash()).toBe(here.world.hash());
    for (let tick = 1; tick <= 25; tick++) {
      if (tick % 4 === 0) {
        const push = { who: here.world.query(Velocity).entities()[tick]!, x: tick / 3 };
        here.input(Push, push);
        await hosted.input(tick % 8 === 0 ? Push : "Push", push);
      }
      here.step();
      expect(await hosted.step()).toBe(tick);
      expect(await hosted.hash()).toBe(here.world.hash());
    }
    expect(await hosted.metrics()).toMatchObject({
      tick: 25,
      ticks: 25,
      entities: 3002,
      state: "stopped",
      speed: 1,
      jobs: here.world.jobs,
      executor: "serial",
      threads: 1,
    });
    await here.close();
    here.world.dispose();
  });

  test("copies columns of entities", async () => {
    const world = await opened({ entities: 2500, all: true });
    await world.step(3);
    const { tick, count, entities, columns, texts } = await world.query({ Position: ["x"], Velocity: true });
    expect([tick, count, entities.length, texts]).toEqual([3, 2500, 2500, {}]);
    expect(Object.keys(columns["Velocity"]!)).toEqual(["x", "y"]);
    expect(columns["Position"]).toEqual({ x: new Float32Array(2500).fill(3) });
    expect(new Set(entities).size).toBe(2500);
    expect(entities.buffer).toBeInstanceOf(ArrayBuffer);

    const one = await world.query({ All: true }, { having: [Position, "ChildOf"], without: [Frozen] });
    const parent = (await world.query({ Frozen: true })).entities[0]!;
    expect(one.count).toBe(1);
    expect(one.columns).toEqual({
      All: {
        "at.x": Float64Array.of(1),
        "at.y": Float64Array.of(2),
        "at.z": Float64Array.of(3),
        on: Uint8Array.of(1),
        few: Int16Array.of(4, -5, 6),
        who: Int32Array.of(parent),
        small: Uint8Array.of(255),
      },
    });
    expect(one.texts).toEqual({ All: { text: ["größer"] } });
    expect((await world.query({ All: ["at", "few"], ChildOf: ["target"] })).columns).toEqual({
      All: {
        "at.x": Float64Array.of(1),
        "at.y": Float64Array.of(2),
        "at.z": Float64Array.of(3),
        few: one.columns["All"]!["few"],
      },
      ChildOf: { target: Int32Array.of(parent) },
    });
    expect((await world.query({ Name: true })).texts).toEqual({ Name: { text: ["the parent"] } });
    expect((await world.query({}, { without: ["Velocity"] })).count).toBe(2);
    expect(await world.query({ All: true }, { having: ["Frozen"] })).toMatchObject({
      count: 0,
      columns: { All: { few: new Int16Array(0) } },
    });
  });

  test("lets its host go first on their processor", async ({ skip }) => {
    const world = await opened();
    const here = await make({});
    const able = existsSync("/proc/self/sched") && here.world.core.jobs.timeSlice(3000) === 3000;
    here.world.dispose();
    const slices = able ? slicesNs("worldloom world") : [];
    skip(slices.length === 0, "nothing says how long a time slice of a thread is");
    expect(slices).toEqual([5e6]);
    expect(await world.step()).toBe(1);
  });

  test("gives components and resources", async () => {
    const world = await opened({ all: true });
    const { entities } = await world.query({ All: [] });
    const [who] = entities;
    expect(await world.get(who!, Position)).toEqual({ x: 0, y: 0.5 });
    expect(await world.get(who!, "All")).toMatchObject({ at: { x: 1, y: 2, z: 3 }, few: [4, -5, 6], text: "größer" });
    expect((await world.get(who!, All))?.small).toBe(255);
    expect(await world.get(who!, Velocity)).toBe(undefined);
    expect(await world.resource(Score)).toEqual({ points: 0, label: "none" });
    await world.step(4);
    expect((await world.resource(Score)).points).toBe(4);
    expect(await world.resource("Score")).toEqual({ points: 4, label: "none" });
  });

  test("does what it is asked in order", async () => {
    const world = await opened();
    const answers = [
      world.step(3),
      world.metrics(),
      world.step(),
      world.hash(),
      world.snapshot(),
      world.step(),
      world.hash(),
    ];
    const [three, metrics, four, hash, bytes, five, later] = await Promise.all(answers);
    expect([three, four, five]).toEqual([3, 4, 5]);
    expect(metrics).toMatchObject({ tick: 3 });
    expect(hash).not.toBe(later);
    expect(bytes).toBeInstanceOf(Uint8Array);
  });

  test("snapshot and restore", async () => {
    const [one, two] = [await opened({ entities: 500, all: true }), await opened({ entities: 1 })];
    await one.step(5);
    const bytes = await one.snapshot();
    const hash = await one.hash();
    expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
    await one.step(20);
    const future = await one.hash();
    for (const world of [one, two]) {
      await world.restore(bytes);
      expect(await world.hash()).toBe(hash);
      expect(await world.step(20)).toBe(25);
      expect(await world.hash()).toBe(future);
    }
    const here = await make();
    const { declared } = here.world.core.schema;
    const components = declared.filter(({ role }) => /component|relation/.test(role)).map(({ component }) => component);
    const types = { components, resources: [Score], events: [Bounced] };
    expect(await codeOf(Promise.resolve().then(() => loadWorld(bytes, types)))).toBe("schema-mismatch");
    await here.close();

    const torn = bytes.slice();
    torn[torn.length >> 1]! ^= 1;
    expect(await codeOf(one.restore(torn))).toBe("bad-file");
    expect(await codeOf(one.restore(bytes.subarray(1)))).toBe("bad-file");
    expect(await codeOf(one.restore("text" as never))).toBe("bad-argument");
    expect(await one.hash()).toBe(future);
    const { arenaUsedBytes } = await one.metrics();
    for (let i = 0; i < 5; i++) await one.restore(bytes);
    await one.step(20);
    expect(await one.hash()).toBe(future);
    expect((await one.metrics()).arenaUsedBytes).toBeLessThanOrEqual(arenaUsedBytes * 1.05);
  });

  test("may have threads of its own", async () => {
    const hashes: string[] = [];
    for (const threads of [1, 2, 3]) {
      const world = await opened({}, { export: "makeParallel", options: { threads } });
      expect(await world.step(20)).toBe(20);
      hashes.push(await world.hash());
      expect(await world.metrics()).toMatchObject({ executor: "parallel", threads });
      await world.close();
      expect(threadsLeft()).toBe(0);
    }
    expect(new Set(hashes).size).toBe(1);
  });

  test("runs by itself", async () => {
    const world = await opened({}, { tickMs: 2 });
    const ticks = world.ticks();
    await world.start();
    expect(await codeOf(world.step())).toBe("loop-running");
    expect((await world.metrics()).state).toBe("running");
    const seen: number[] = [];
    for await (const { tick, stepMs, behindMs } of ticks) {
      seen.push(tick);
      expect(stepMs).toBeGreaterThanOrEqual(0);
      expect(behindMs).toBeGreaterThanOrEqual(0);
      if (seen.length === 12) break;
    }
    expect(seen).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    await world.pause();
    const { tick, state } = await world.metrics();
    expect(state).toBe("paused");
    expect(await world.step()).toBe(tick + 1);
    await world.speed(50);
    expect((await world.metrics()).speed).toBe(50);
    expect(await codeOf(world.speed(0))).toBe("bad-argument");
    await world.start();
    for await (const one of world.ticks()) if (one.tick > tick + 100) break;
  });
});

describe("streams", () => {
  test("events, each once, in order", async () => {
    const world = await opened();
    await world.step(15);
    const [typed, named] = [world.events(Bounced), world.events("Bounced")];
    await world.step(30);
    const bytes = await world.snapshot();
    await world.step(10);
    await world.restore(bytes);
    await world.step(10);
    await world.close();
    for (const events of [typed, named]) {
      const seen: number[] = [];
      for await (const { tick, x } of events) {
        expect(x).toBe(tick);
        seen.push(tick);
      }
      expect(seen).toEqual([20, 30, 40, 50, 50]);
    }
  });

  test("a slow reader loses the oldest and can tell, or is refused", async () => {
    const world = await opened();
    const drops = world.ticks({ capacity: 3 });
    const fails = world.events("Bounced", { capacity: 1, whenFull: "fail" });
    await world.step(40);
    expect(drops.dropped).toBe(37);
    expect((await drops.next()).value?.tick).toBe(38);
    expect((await fails.next()).value?.tick).toBe(10);
    expect(await codeOf(fails.next())).toBe("stream-full");
    expect(await fails.next()).toEqual({ done: true, value: undefined });
  });

  test("of what does not exist", async () => {
    const world = await opened();
    expect(await codeOf(world.events("Push").next())).toBe("bad-argument");
    const error = await errorOf(world.events("Nothing").next());
    expect(error).toMatchObject({ code: "component-unknown", operands: { event: "Nothing" } });
    expect(error.message).toContain("it has Bounced");
    expect(() => world.ticks({ capacity: -1 })).toThrow(/capacity/);
  });

  test("end with the world", async () => {
    const world = await opened();
    const [ticks, events] = [world.ticks(), world.events(Bounced)];
    const waiting = Promise.all([ticks.next(), events.next()]);
    await world.close();
    expect((await waiting).map(({ done }) => done)).toEqual([true, true]);
    expect(await codeOf(world.ticks().next())).toBe("simulation-closed");
  });
});

describe("errors of calls", () => {
  let shared: HostedWorld;
  beforeAll(async () => {
    shared = await open();
  });
  afterAll(() => shared.close());

  test.for<[string, (world: HostedWorld) => Promise<unknown>, string]>([
    ["no number of ticks", (world) => world.step(0), "bad-argument"],
    ["half a tick", (world) => world.step(1.5), "bad-argument"],
    ["an input of another type", (world) => world.input("Push", { x: "far" as never }), "bad-value"],
    ["an input that does not exist", (world) => world.input("Score"), "bad-argument"],
    ["an input that cannot be sent", (world) => world.input("Push", { x: (() => 1) as never }), "bad-argument"],
    ["a component that does not exist", (world) => world.query({ Nothing: true }), "component-unknown"],
    ["a component by another name", (world) => world.query({ position: true }), "component-unknown"],
    ["no component", (world) => world.query({ Score: true }), "bad-argument"],
    ["no name", (world) => world.get(1, undefined as never), "bad-argument"],
    ["a field that does not exist", (world) => world.query({ Position: ["x", "z"] }), "bad-argument"],
    ["a field of a tag", (world) => world.query({ Frozen: ["x"] }), "bad-argument"],
    ["no list of fields", (world) => world.query({ Position: "x" as never }), "bad-argument"],
    ["no columns", (world) => world.query(undefined as never), "bad-argument"],
    ["a list of no names", (world) => world.query({}, { having: new BigInt64Array(1) as never }), "bad-argument"],
    ["no list of components", (world) => world.query({}, { having: "Position" as never }), "bad-argument"],
    ["an entity that is gone", (world) => world.get(77, "Position"), "entity-stale"],
    ["a resource that does not exist", (world) => world.resource("Position"), "bad-argument"],
    ["a limit of time", (world) => world.hash({ timeoutMs: -1 }), "bad-argument"],
    ["a text for a limit of time", (world) => world.hash({ timeoutMs: "5" as never }), "bad-argument"],
    ["a text for a speed", (world) => world.speed("2" as never), "bad-argument"],
  ])("%s", async ([, call, code]) => {
    const hash = await shared.hash();
    expect(await codeOf(call(shared))).toBe(code);
    expect(await shared.hash()).toBe(hash);
    await shared.step();
    expect(await shared.hash()).not.toBe(hash);
  });

  test("cross with message, operands, cause and stack", async () => {
    const world = await opened();
    await world.input("Command", { what: "throw coded" });
    const error = await errorOf(world.step(5));
    expect(error).toMatchObject({
      name: "WorldloomError",
      code: "tick-failed",
      message: "Tick 1 was dropped: system obey failed: told to throw",
      operands: { system: "obey", tick: 1 },
      cause: { code: "bad-value", message: "told to throw", operands: { what: "throw coded" } },
    });
    expect((error.cause as { operands: { odd: unknown } }).operands.odd).toMatch(/=>/);
    expect((error.cause as Error).stack).toContain("hosted/world.ts");
    // The tick was dropped, with it what was done with its input: it is still queued.
    expect((await world.metrics()).tick).toBe(0);
  });

  test("cross whatever they have instead of texts", async () => {
    const world = await opened();
    await world.input("Command", { what: "throw odd" });
    const error = await errorOf(world.step());
    expect(error.code).toBe("tick-failed");
    expect(error.cause).toMatchObject({ name: "Symbol(odd)", message: "() => 1" });
    expect((await world.metrics()).tick).toBe(0);
  });
});

test.for<[string, object, RegExp]>([
  ["no module", {}, /module/],
  ["a path", { module: "./world.ts" }, /address/],
  ["an empty export", { module: MODULE, export: "" }, /export/],
  ["a time", { module: MODULE, hangMs: Number.NaN }, /hangMs/],
  ["another time", { module: MODULE, closeMs: -1 }, /closeMs/],
  ["options that cannot be sent", { module: MODULE, options: () => 1 }, /options/],
])("refuses %s", async ([, options, message]) => {
  const error = await errorOf(openWorld(options as never));
  expect(error.code).toBe("bad-argument");
  expect(error.message).toMatch(message);
});
