import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import {
  type Clock,
  createWorld,
  describeDifference,
  durable,
  fileLog,
  Histogram,
  loop,
  ManualClock,
  parallel,
  plantFault,
  Replay,
  Rollback,
  readRecording,
  record,
  replay,
  type Simulation,
  simulate,
  system,
  systemClock,
  Trace,
} from "../../src/index.ts";
import { open } from "./hosted/threads.ts";
import { Bytes, moving, Position, Push, run } from "./moving.ts";

const simulation = await moving();
run(simulation, 3);
const idle = await moving(1, 1, []);
const bytes = new Bytes();
const recorder = record(simulation, bytes);
run(simulation, 5);
recorder.close();
const recorded = bytes.all;
const hosted = await open({ options: { entities: 3 } });
afterAll(async () => {
  await hosted.close();
  await simulation.close();
});

/** What somebody without a type checker may pass. */
const given = (value: unknown): never => value as never;
const folder = mkdtempSync(join(tmpdir(), "options-"));
const step = (options: unknown) => () => simulation.step(given(options));
const again =
  (options: unknown, make: unknown = () => moving()) =>
  () =>
    replay(recorded, given(make), given(options));
const clocked = (options: unknown) => () => loop(simulation, given(options));
const fault = (options: object) => () =>
  plantFault(simulation, { tick: 1, entity: 1, component: Position, field: "x", bit: 1, ...options });
const kept = (options: object) => () =>
  durable(simulation, given({ log: { load() {}, append() {}, snapshot() {}, close() {} }, ...options }));
const disposed = new Rollback(simulation, { keep: 2 });
disposed.dispose();

/** By what is wrong: the call, and what the message says. */
const refused: Record<string, readonly [call: () => unknown, hint: RegExp]> = {
  "step, misspelt": [step({ chekced: true }), /no chekced in options; there are checked, twice, timings, listener/],
  "step, what the executor gives": [step({ bodies: () => {} }), /no bodies in options/],
  "step, checked": [step({ checked: "no" }), /checked of options .* true or false/],
  "step, timings": [step({ timings: {} }), /timings must be a Map/],
  "watch, no listener": [() => simulation.watch(given(5)), /listener must be an object with the functions ran and/],
  "watch, nobody": [() => simulation.watch(given(null)), /listener must be an object/],
  "watch, half a listener": [() => simulation.watch(given({ ran() {} })), /listener must be an object with .* applied/],
  "watch, half told": [
    () => simulation.watch(given({ ran() {}, applied() {}, ended: 5 })),
    /ended of listener must be a f/,
  ],
  "step, half told": [
    step({ listener: { ran() {}, applied() {}, synced: 1 } }),
    /synced of listener must be a function/,
  ],
  "a tick that runs again, no options": [() => simulation.again(given(null)), /options must be an object/],
  "keep, no journal": [() => simulation.keep(given(5)), /journal must be an object with functions/],
  "keep, nobody": [() => simulation.keep(given(null)), /journal must be an object/],
  "keep, not told": [() => simulation.keep(given({ ticked: 5 })), /ticked of journal must be a function, not 5/],
  "keep, misspelt": [() => simulation.keep({}, given({ frist: true })), /no frist in options; there are first/],
  "keep, first": [() => simulation.keep({}, given({ first: 1 })), /first of options .* true or false/],
  "keep, no options": [() => simulation.keep({}, given(null)), /options must be an object/],
  "log, misspelt": [() => fileLog(folder, given({ snc: "record" })), /no snc in options; there are sync/],
  "log, no folder": [() => fileLog(given(5)), /folder must be a text/],
  "log, no options": [() => fileLog(folder, given(null)), /options must be an object/],
  "threads, helps": [() => parallel(given({ helps: "no" })), /helps of options .* true or false/],
  "threads, eager": [() => parallel(given({ eager: 1 })), /eager of options .* true or false/],
  "recording, fine": [() => record(simulation, bytes, given({ fine: "no" })), /fine of options .* true or false/],
  "recording, about nothing": [() => record(simulation, bytes, given({ about: 5 })), /about must be an object/],
  "recording, hashes": [
    () => record(simulation, bytes, { hashEvery: 1e300 }),
    /hashEvery must be an integer from 0 to/,
  ],
  "recording, no file": [
    () => record(simulation, given(5)),
    /to must be the path of a file, or an object with .* write/,
  ],
  "recording, no sink": [() => record(simulation, given({ write: 1 })), /to must be the path of a file/],
  "rollback, test": [() => new Rollback(simulation, given({ keep: 2, syncTest: "no" })), /syncTest .* true or false/],
  "threads, hang": [() => parallel(given({ hangMs: "100" })), /hangMs must be milliseconds/],
  "fault, misspelt": [fault({ affter: "move" }), /no affter in fault; there are tick/],
  "durable, force": [kept({ force: "no" }), /force of options .* true or false/],
  "outbox, misspelt": [
    kept({ outbox: { events: [], deliver() {}, delver() {} } }),
    /no delver in outbox; there are events, deliver/,
  ],
  "replay tick by tick, misspelt": [
    () => new Replay(readRecording(recorded), simulation, given({ verfy: true })),
    /no verfy in options; there are verify, force/,
  ],
  "replay tick by tick, verify": [
    () => new Replay(readRecording(recorded), simulation, given({ verify: 1 })),
    /verify of options .* true or false/,
  ],
  "replay tick by tick, of nothing": [() => new Replay(given(5), simulation), /recording must be what readRecording/],
  "replay of nothing": [() => replay(given(undefined), () => moving()), /recording must be what readRecording/],
  "no difference": [
    () => describeDifference(given(undefined)),
    /found must be the difference of a replay that has one/,
  ],
  "executor, half": [
    () => simulate(createWorld({}), [], { executor: given({ bodies() {} }) }),
    /executor must be serial\(\) or parallel/,
  ],
  "loop, ticks": [() => loop(simulation).onTick(given(5)), /listener must be a function, not 5/],
  "system, doc": [() => system("told", { doc: given(5), run() {} }), /doc of system told must be a text, not 5/],
  "loop, clock": [clocked({ clock: {} }), /clock must be an object with the functions nowMs and wait/],
  "loop, no clock": [clocked({ clock: null }), /clock must be an object with the functions nowMs and wait/],
  "loop, errors": [clocked({ onError: 5 }), /onError must be a function, not 5/],
  "trace, misspelt": [() => new Trace(simulation, given({ event: 5 })), /no event in options; there are events/],
  "trace of nothing": [() => new Trace(given(undefined)), /simulation must be a simulation/],
  "trace, process": [() => new Trace(simulation, { events: 16 }).toChrome(given(7n)), /process must be a text, not 7/],
  "histogram, percent": [() => new Histogram().percentile(given(7n)), /percent must be a number from 0 to 100, not 7/],
  "histogram, no number": [() => new Histogram().record(given(7n)), /ms must be a number, not 7/],
  "clock, no number": [() => new ManualClock(given("0")), /nowMs must be a number, not "0"/],
  "clock, set to no number": [() => new ManualClock().set(given("0")), /nowMs must be a number/],
  "clock, wait for no number": [() => new ManualClock().wait(given("5"), () => {}), /ms must be a number/],
  "clock, wait for nobody": [() => new ManualClock().wait(5, given(undefined)), /callback must be a function/],
  "clock, backwards": [() => new ManualClock().advance(-1), /ms must be a finite number of at least 0; set changes/],
  "clock, for ever": [() => new ManualClock().advance(Number.POSITIVE_INFINITY), /ms must be a finite number/],
  "clock, by no number": [() => new ManualClock().advance(given("5")), /ms must be a finite number/],
  "threads, commands": [() => parallel({ commandBytes: 1023 }), /commandBytes must be an integer from 1,024 to/],
  "fault, tick": [fault({ tick: 0.5 }), /tick must be the number of a tick, not 0.5/],
  "fault, nobody writes": [
    () => plantFault(idle, { tick: 1, entity: 1, component: Position, field: "x", bit: 1 }),
    /There is no system at all after which/,
  ],
  "durable, hashes": [kept({ hashEvery: -1 }), /hashEvery must be an integer from 0, not -1/],
  "outbox, nobody": [kept({ outbox: { events: [], deliver: 5 } }), /outbox.deliver must be a function, not 5/],
  "recording, about what is no object in JSON": [
    () => record(simulation, bytes, given({ about: new Date(0) })),
    /about must be an object that JSON can hold as one/,
  ],
  "recording, about what JSON leaves out": [
    () => record(simulation, bytes, given({ about: { toJSON() {} } })),
    /about must be an object that JSON can hold/,
  ],
  "recording, about what JSON lacks": [
    () => record(simulation, bytes, { about: { count: 7n } }),
    /about must be an object that JSON can hold/,
  ],
  "a recording of nothing": [() => readRecording(given(5)), /read from a path or from a Uint8Array/],
  "replay, before the start": [again({ to: -1 }), /to must be .* an integer of at least 0, not -1/],
  "replay, part of a tick": [again({ to: 1.5 }), /to must be .* an integer of at least 0, not 1.5/],
  "replay, verify": [again({ verify: 1 }), /verify of options .* true or false/],
  "replay, ticked": [again({ ticked: 5 }), /ticked must be a function/],
  "replay in nothing": [again({}, () => undefined), /what make returns must be a simulation/],
  "replay without a maker": [again({}, 5), /make must be a function that makes a simulation/],
  "hosted query, misspelt": [() => hosted.query({}, given({ havin: [] })), /no havin in options; there are having/],
  "hosted query, no options": [() => hosted.query({}, given(null)), /options must be an object/],
  "hosted step, misspelt": [() => hosted.step(1, given({ timeout: 5 })), /no timeout in options; there are timeoutMs/],
  "hosted hash, no options": [() => hosted.hash(given(5)), /options must be an object/],
  "hosted errors": [() => open({ onError: given(5) }), /onError must be a function/],
};

for (const [name, [call, hint]] of Object.entries(refused))
  it(`refuses options, and leaves the world as it was: ${name}`, async () => {
    const before = [simulation.tick, simulation.world.hash(), await hosted.hash(), readdirSync(folder).length];
    const error = await Promise.resolve()
      .then(call)
      .then(
        () => expect.fail("nothing was thrown"),
        (thrown: unknown) => thrown as { code: string; message: string },
      );
    expect(error).toMatchObject({ code: "bad-argument", message: expect.stringMatching(hint) });
    expect([simulation.tick, simulation.world.hash(), await hosted.hash(), readdirSync(folder).length]).toEqual(before);
  });

it.each<[string, (rollback: Rollback) => unknown]>([
  ["rollback", (rollback) => rollback.rollback(0)],
  ["lateInput", (rollback) => rollback.lateInput(1, Push, { x: 1 })],
  ["resimulate", (rollback) => rollback.resimulate()],
  ["earliest", (rollback) => rollback.earliest],
  ["latest", (rollback) => rollback.latest],
])("says of a rollback that has been disposed that it has: %s", (_, call) => {
  const refusal = { code: "world-disposed", message: expect.stringContaining("rollback has been disposed") };
  expect(() => call(disposed)).toThrow(expect.objectContaining(refusal));
  expect(() => disposed.dispose()).not.toThrow();
});

it("takes what is left out, or undefined, for the default", async () => {
  const own: Simulation = await simulate(createWorld({}), []);
  own.step(given({ checked: undefined, timings: undefined, listener: undefined }));
  own.step({ timings: new Map(), listener: { ran() {}, applied() {} } });
  expect(loop(own, given({ clock: undefined, onError: undefined })).state).toBe("stopped");
  expect(loop(own, { clock: systemClock }).state).toBe("stopped");
  expect((await replay(recorded, () => moving(), given({ to: 1e9, ticked: undefined }))).tick).toBe(8);
  expect(await hosted.step(1, given({ timeoutMs: undefined }))).toBe(1);
  await own.close();
});

it("a clock that throws pauses the loop, as a tick that does", async () => {
  const own = await simulate(createWorld({}), []);
  const [time, told] = [new ManualClock(), [] as unknown[]];
  let broken = false;
  const clock: Clock = {
    nowMs: () => (broken ? expect.fail("the clock stands") : time.nowMs()),
    wait: (ms, callback) => time.wait(ms, callback),
  };
  const going = loop(own, { clock, tickMs: 10, onError: (error) => told.push((error as Error).message) });
  going.start();
  broken = true;
  time.advance(10);
  expect([told, going.state, time.waiting]).toEqual([["the clock stands"], "paused", 0]);
  broken = false;
  going.resume();
  time.advance(10);
  expect([own.tick, going.state]).toEqual([1, "running"]);
  await going.stop();
});
