import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  createWorld,
  durable,
  fileLog,
  openWorld,
  type Recorder,
  Replay,
  Rollback,
  readRecording,
  record,
  replay,
  simulate,
  system,
} from "../../src/index.ts";
import make from "./hosted/world.ts";
import { again, Bytes, Health, moving, Push, run, systems } from "./moving.ts";

const module = new URL("./hosted/world.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "worldloom-closed-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a simulation that is closed ends its recording and its durable run", async () => {
  const path = join(folder, "both");
  const simulation = await moving();
  const bytes = new Bytes();
  const recorder = record(simulation, bytes, { hashEvery: 0 });
  await durable(simulation, { log: fileLog(path) });
  run(simulation, 7);
  const hash = simulation.hash();
  await Promise.all([simulation.close(), simulation.close()]);
  expect([bytes.closed, existsSync(join(path, "lock"))]).toEqual([true, false]);
  recorder.close();
  expect(await replay(bytes.all, again, { verify: true })).toMatchObject({ ticks: 7, verified: 1, hash });
  const none = null as unknown as object;
  expect(() => new Replay(readRecording(bytes.all), simulation, none)).toThrow(/options must be/);
  const next = await moving(1);
  const { ticksAgain } = await durable(next, { log: fileLog(path) });
  expect([ticksAgain, next.tick, next.hash()]).toEqual([0, 7, hash]);
  await next.close();
});

test("one that is closed is not replayed in, and its world stays", async () => {
  const simulation = await moving();
  const bytes = new Bytes();
  record(simulation, bytes).close();
  const other = await again(readRecording(bytes.all));
  await other.close();
  const hash = other.world.hash();
  await expect(replay(bytes.all, () => other)).rejects.toMatchObject({ code: "simulation-closed" });
  expect(other.world.hash()).toBe(hash);
});

test("it says which could not end, and ends the others", async () => {
  const simulation = await moving();
  const full = { write() {}, close: () => expect.fail("the disk is full") };
  record(simulation, full);
  const bytes = new Bytes();
  record(simulation, bytes);
  let told = 0;
  simulation.keep({ closed: async () => void told++ });
  await expect(simulation.close()).rejects.toThrow("the disk is full");
  expect([told, bytes.closed]).toEqual([1, true]);
});

test.for(["a recording", "a durable run", "a rollback", "a simulation"])(
  "%s that is ended where a journal of the tick before throws is ended all the same, and says so",
  async (what) => {
    const birth = system("birth", { run: ({ commands }) => void commands.spawn(Health) });
    const simulation = await moving(20, 1, [birth]);
    const { world } = simulation;
    const [path, bytes] = [join(folder, what), new Bytes()];
    const recorder = record(simulation, bytes, { hashEvery: 1 });
    const kept = await durable(simulation, { log: fileLog(path) });
    const rollback = new Rollback(simulation, { keep: 3 });
    const boom = simulation.keep({ ticked: () => expect.fail("boom") });
    let ended: Promise<void> | undefined;
    const end = world.observe("added", Health, () => {
      if (what === "a recording") expect(() => recorder.close()).toThrow("boom");
      if (what === "a durable run") ended = kept.close();
      if (what === "a rollback") expect(() => rollback.dispose()).toThrow("boom");
      if (what === "a simulation") ended = simulation.close();
    });
    simulation.step();
    end();
    expect(boom).not.toThrow();
    const hash = simulation.hash();
    if (what === "a durable run" || what === "a simulation") await expect(ended).rejects.toThrow("boom");
    const all = what === "a simulation";
    expect(bytes.closed).toBe(all || what === "a recording");
    expect(existsSync(join(path, "lock"))).toBe(!all && what !== "a durable run");
    if (what === "a rollback") expect(() => rollback.latest).toThrow(/has been disposed/);
    else rollback.dispose();
    if (!all) {
      simulation.step();
      await simulation.close();
    }
    const replayed = await replay(bytes.all, () => moving(1, 1, [birth]), { verify: true });
    expect(replayed.difference).toBe(undefined);
    if (all || what === "a recording") expect(replayed.hash).toBe(hash);
  },
);

test("a recording that is closed inside a tick has the ticks before it, as one that was cut off", async () => {
  let recorder: Recorder | undefined;
  const quit = system("quit", {
    run({ tick }) {
      if (tick === 4) recorder!.close();
    },
  });
  const simulation = await moving(20, 1, [...systems, quit]);
  const bytes = new Bytes();
  recorder = record(simulation, bytes, { hashEvery: 1 });
  run(simulation, 6);
  expect(bytes.closed).toBe(true);
  const recording = readRecording(bytes.all);
  expect([recording.ticks.length, recording.end]).toEqual([3, undefined]);
});

test("a recording ends with its scope", async () => {
  const simulation = await moving();
  const bytes = new Bytes();
  {
    using recorder = record(simulation, bytes);
    run(simulation, 2);
    expect(recorder.ticks).toBe(2);
  }
  run(simulation, 2);
  expect(readRecording(bytes.all).end?.tick).toBe(2);
});

test("a rollback is not disposed of inside a tick, and takes no late input for a world that is no more", async () => {
  let [rollback, tried]: [Rollback | undefined, unknown] = [undefined, undefined];
  const quit = system("quit", {
    run({ tick }) {
      if (tick !== 3 || rollback === undefined) return;
      expect(() => rollback!.dispose()).toThrow(expect.objectContaining({ code: "structure-locked" }));
      tried = tick;
    },
  });
  const simulation = await moving(20, 1, [...systems, quit]);
  rollback = new Rollback(simulation, { keep: 4 });
  run(simulation, 4);
  const hash = simulation.hash();
  rollback.rollback(2);
  expect([rollback.resimulate(), simulation.hash(), tried]).toEqual([2, hash, 3]);
  simulation.world.dispose();
  const disposed = expect.objectContaining({ code: "world-disposed" });
  expect(() => rollback!.lateInput(3, Push, { x: 1 })).toThrow(disposed);
  expect(() => rollback!.rollback(3)).toThrow(disposed);
  rollback.dispose();
});

test("a recording of a world that has been disposed has all ticks, as one that was cut off", async () => {
  const simulation = await moving();
  const bytes = new Bytes();
  record(simulation, bytes, { hashEvery: 1 });
  run(simulation, 7);
  const hash = simulation.hash();
  simulation.world.dispose();
  await simulation.close();
  expect(bytes.closed).toBe(true);
  expect(await replay(bytes.all, again, { verify: true })).toMatchObject({ ticks: 7, verified: 7, hash });
});

test("one that is closed inside a tick ends when the tick is over", async () => {
  let end: Promise<void> | undefined;
  const quit = system("quit", {
    run({ tick }) {
      if (tick === 5) end = simulation.close();
    },
  });
  const simulation = await moving(20, 1, [...systems, quit]);
  const bytes = new Bytes();
  record(simulation, bytes);
  run(simulation, 5);
  expect(() => simulation.step()).toThrow(/has been closed/);
  await end;
  expect(readRecording(bytes.all)).toMatchObject({ ticks: { length: 5 }, end: { tick: 5 } });
});

test("a world that is disposed of as a tick begins has no tick", async () => {
  const simulation = await moving();
  simulation.keep({ begins: ({ world }) => world.dispose() });
  expect(() => simulation.step()).toThrow(expect.objectContaining({ code: "world-disposed" }));
});

test("a world that is no more makes no simulation", async () => {
  const world = createWorld({});
  world.dispose();
  await expect(simulate(world, [])).rejects.toMatchObject({ code: "world-disposed" });
});

test("a world that is no more is kept as it was, and its log is free", async () => {
  const path = join(folder, "disposed");
  const simulation = await moving();
  await durable(simulation, { log: fileLog(path) });
  run(simulation, 4);
  const hash = simulation.hash();
  simulation.world.dispose();
  await expect(simulation.close()).rejects.toMatchObject({ code: "world-disposed" });
  const next = await moving(1);
  const { ticksAgain } = await durable(next, { log: fileLog(path) });
  expect([ticksAgain, next.hash()]).toEqual([4, hash]);
  await next.close();
});

test("so does a hosted world that is closed, and another one goes on", async () => {
  const simulation = await make();
  for (const ticks of [5, 7]) {
    const world = await openWorld({ module, export: "kept", options: { folder } });
    await world.step(ticks);
    const hash = await world.hash();
    await world.close();
    for (let tick = 0; tick < ticks; tick++) simulation.step();
    expect(hash).toBe(simulation.hash());
    // The code that tests run is not the text that the worker has.
    const replayed = await replay(join(folder, "recording"), () => make(), { verify: true, force: true });
    expect(replayed).toMatchObject({ verified: 1, hash });
  }
});

test.runIf(existsSync("/proc/self/fd"))("a log is free again when the thread that had it has ended", async () => {
  const within = join(folder, "ended");
  mkdirSync(within);
  const options = { module, export: "kept", options: { folder: within } };
  const first = await openWorld(options);
  await first.step(3);
  const hash = await first.hash();
  await expect(openWorld(options)).rejects.toThrow(/is open in this process already/);
  await first.input("Command", { what: "exit" });
  await expect(first.step()).rejects.toMatchObject({ code: "host-failed" });
  await first.close();
  const second = await openWorld(options);
  expect(await second.hash()).toBe(hash);
  await second.close();
});
