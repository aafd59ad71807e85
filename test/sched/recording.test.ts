import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import {
  type Journal,
  type Recorder,
  Replay,
  Rollback,
  randomBelow,
  readRecording,
  record,
  replay,
  type Simulation,
  system,
  WorldloomError,
} from "../../src/index.ts";
import { recordingFile } from "../../src/sched/record/format.ts";
import { type Frame, frameHead, framesOf, startOf } from "../../src/sched/record/frame.ts";
import { Bytes, Health, Label, moving, Push, run } from "./moving.ts";

const folder = mkdtempSync(join(tmpdir(), "recording-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a recording whose checks are right", () => {
  test.for<[string, unknown]>([
    ["code", null],
    ["about", null],
    ["about", "a scene"],
    ["declared", [null]],
    ["stages", [null]],
    ["stages", [[1]]],
    ["stages", {}],
    ["tick", 0.5],
  ])("is refused if its head has a %s of %j", async ([name, value]) => {
    const bytes = new Bytes();
    record(await moving(3), bytes).close();
    const [head, ...others] = framesOf(bytes.all, recordingFile).map(({ kind, payload }) => ({ kind, payload }));
    const said = JSON.parse(new TextDecoder().decode(head!.payload));
    const payload = new TextEncoder().encode(JSON.stringify({ ...said, [name]: value }));
    const frames = [{ kind: head!.kind, payload }, ...others];
    const file = frames.flatMap((frame, i) => [frameHead(frame.kind, frame.payload, i), frame.payload]);
    expect(() => readRecording(Buffer.concat([startOf(recordingFile), ...file]))).toThrow(/its head lacks/);
  });
});

describe("what came in, where checks are right", () => {
  /** Kinds of frames. */
  const TICK = 3;
  const NUMBERS = [0, -1, 1, 2, 3, 17, 0.5, 1e9, -1e9, 2 ** 31, 1e300, Number.NaN, Number.NEGATIVE_INFINITY];

  test("is refused with a code where no world has made it", async () => {
    const bytes = new Bytes();
    const simulation = await moving(6);
    const recorder = record(simulation, bytes);
    run(simulation, 12);
    recorder.close();
    const frames = framesOf(bytes.all, recordingFile);
    const ticks = frames.flatMap(({ kind }, i) => (kind === TICK ? [i] : []));
    let refused = 0;
    for (let seed = 0; seed < 400; seed++) {
      const draw = (n: number, what: number): number => randomBelow(n, seed, 1, what, 0);
      const changed = ticks[draw(ticks.length, 0)]!;
      const file = frames.flatMap(({ kind, payload }, i) => {
        const own = payload.slice();
        if (i === changed && own.length >= 28) {
          // Behind the number of the tick and how many groups there are.
          const at = 8 + 4 * draw((own.length - 16) >> 2, 1);
          new DataView(own.buffer).setFloat64(at, NUMBERS[draw(NUMBERS.length, 2)]!, true);
        }
        return [frameHead(kind, own, i), own];
      });
      const again = await moving(1);
      try {
        const played = new Replay(readRecording(Buffer.concat([startOf(recordingFile), ...file])), again);
        while (played.next());
      } catch (error) {
        refused++;
        expect(error, String(seed)).toBeInstanceOf(WorldloomError);
      }
      again.world.dispose();
    }
    expect(refused).toBeGreaterThan(50);
  });
});

describe("who throws while a recording is replayed is named, and the recording is sound", () => {
  const cause = new Error("boom");
  const boom = () => {
    throw cause;
  };
  const birth = system("birth", { run: ({ commands }) => void commands.spawn(Health) });
  test.for<[string, (simulation: Simulation) => unknown]>([
    ["an observer of commands that were applied", ({ world }) => world.observe("added", Label, boom)],
    ["an observer of a tick", ({ world }) => world.observe("added", Health, boom)],
    ["a journal", (simulation) => simulation.keep({ commands: boom })],
    ["a journal of ticks", (simulation) => simulation.keep({ ticked: boom })],
  ])("%s", async ([, disturb]) => {
    const simulation = await moving(3, 1, [birth]);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 1 });
    const commands = simulation.world.commands();
    commands.spawn(Label);
    simulation.apply(commands);
    simulation.step();
    recorder.close();
    const make = async () => {
      const other = await moving(1, 1, [birth]);
      disturb(other);
      return other;
    };
    await expect(replay(bytes.all, make)).rejects.toMatchObject({
      code: "observer-failed",
      message: expect.stringMatching(/replay tick 1 threw: boom/),
      cause,
    });
    expect((await replay(bytes.all, () => moving(1, 1, [birth]), { verify: true })).difference).toBe(undefined);
  });
});

test("what cannot be recorded leaves the file of an earlier recording as it is", async () => {
  const path = join(folder, "earlier");
  const simulation = await moving(5, 1, [
    system("again", {
      run: ({ tick }) => {
        if (tick === 3) record(simulation, path);
      },
    }),
  ]);
  const recorder = record(simulation, path);
  run(simulation, 2);
  recorder.close();
  const codeOf = (call: () => unknown): unknown => {
    try {
      return call();
    } catch (error) {
      const { code, cause } = error as WorldloomError;
      return cause instanceof WorldloomError ? cause.code : code;
    }
  };
  const inside = codeOf(() => simulation.step());
  await simulation.close();
  const closed = codeOf(() => record(simulation, path));
  const other = await moving(5);
  other.world.dispose();
  const disposed = codeOf(() => record(other, path));
  expect([inside, closed, disposed]).toEqual(["structure-locked", "simulation-closed", "world-disposed"]);
  expect(readRecording(path)).toMatchObject({ ticks: { length: 2 }, end: { tick: 2 } });
});

test("nothing comes in between ticks that run again", async () => {
  const simulation = await moving(5);
  const rollback = new Rollback(simulation, { keep: 4 });
  run(simulation, 3);
  const hash = simulation.hash();
  const refused: unknown[] = [];
  const tries: (() => unknown)[] = [
    () => simulation.step(),
    () => simulation.input(Push, { x: 1 }),
    () => simulation.apply(simulation.world.commands()),
    () => rollback.resimulate(),
    () => rollback.rollback(1),
  ];
  simulation.keep({
    repeated() {
      for (const call of tries.splice(0)) {
        try {
          call();
        } catch (error) {
          refused.push((error as WorldloomError).code);
        }
      }
      return undefined;
    },
  });
  rollback.rollback(1);
  expect([rollback.resimulate(), simulation.tick, simulation.hash()]).toEqual([2, 3, hash]);
  expect(refused).toEqual(new Array(5).fill("structure-locked"));
  rollback.rollback(1);
  expect([rollback.resimulate(), simulation.tick, simulation.hash()]).toEqual([2, 3, hash]);
});

test("a rollback that is refused inside a tick forgets nothing that came in before the tick", async () => {
  const simulation = await moving(5);
  const rollback = new Rollback(simulation, { keep: 4 });
  run(simulation, 3);
  rollback.rollback(1);
  simulation.input(Push, { x: 1 });
  let refused: unknown;
  const end = simulation.keep({
    staged() {
      try {
        rollback.resimulate();
      } catch (error) {
        refused = error;
      }
    },
  });
  simulation.step();
  end();
  expect(refused).toMatchObject({ code: "structure-locked" });
  const hash = simulation.hash();
  rollback.rollback(1);
  rollback.resimulate();
  expect([simulation.tick, simulation.hash()]).toEqual([2, hash]);
});

test.each<[string, (told: () => void) => Journal]>([
  ["a stage", (staged) => ({ staged })],
  ["a stage of a tick that runs again", (staged) => ({ staged: (one) => one.repeating && staged() })],
])("what goes on from a tick does not begin inside it, when %s has ended", async (_, journal) => {
  const simulation = await moving(5);
  const rollback = new Rollback(simulation, { keep: 4 });
  const bytes = new Bytes();
  record(simulation, bytes, { hashEvery: 1 });
  run(simulation, 3);
  const refused: unknown[] = [];
  const tries: (() => unknown)[] = [
    () => record(simulation, new Bytes()),
    () => new Rollback(simulation, { keep: 2 }),
    () => simulation.jumped(),
  ];
  const end = simulation.keep(
    journal(() => {
      for (const begins of tries.splice(0)) {
        try {
          begins();
        } catch (error) {
          refused.push((error as WorldloomError).code);
        }
      }
    }),
  );
  run(simulation, 1);
  rollback.rollback(2);
  rollback.resimulate();
  end();
  run(simulation, 2);
  await simulation.close();
  expect(refused).toEqual(["structure-locked", "structure-locked", "structure-locked"]);
  expect(await replay(bytes.all, () => moving(1), { verify: true })).toMatchObject({ tick: 6, difference: undefined });
});

describe("a file that two recordings are written to", () => {
  test("has the one that began last; the other says so", async () => {
    const path = join(folder, "twice");
    const [one, other] = [await moving(5), await moving(9)];
    const first = record(one, path, { flushEvery: 1 });
    run(one, 3);
    const second = record(other, path, { flushEvery: 1 });
    run(one, 3);
    run(other, 4);
    expect(() => first.close()).toThrow(/Something else writes to the recording .*file of its own/);
    second.close();
    expect(readRecording(path)).toMatchObject({ ticks: { length: 4 }, end: { tick: 4 } });
  });

  test("is not written to when it has been cut", async () => {
    const path = join(folder, "cut");
    const simulation = await moving(5);
    const recorder = record(simulation, path, { flushEvery: 1 });
    run(simulation, 3);
    truncateSync(path, 100);
    expect(() => recorder.close()).toThrow(/Something else/);
  });
});

describe("a sink that calls its recorder while it is written to", () => {
  test.for<[string, number, (recorder: Recorder) => unknown]>([
    ["flushes it", 9, (recorder) => recorder.flush()],
    ["asks how long it is", 9, (recorder) => expect(recorder.bytes).toBeGreaterThan(0)],
    ["closes it", 4, (recorder) => recorder.close()],
  ])("%s, and the recording is sound", async ([, ticks, act]) => {
    const simulation = await moving(20);
    const bytes = new Bytes();
    let recorder: Recorder | undefined;
    const write = (one: Uint8Array): void => {
      bytes.write(one);
      if (recorder !== undefined && simulation.tick >= 4) act(recorder);
    };
    recorder = record(simulation, { write, close: () => bytes.close() }, { flushEvery: 2, hashEvery: 1 });
    const hashes = run(simulation, 9);
    recorder.close();
    expect([bytes.closed, recorder.bytes]).toEqual([true, bytes.all.length]);
    expect(readRecording(bytes.all)).toMatchObject({ ticks: { length: ticks }, end: { tick: ticks } });
    expect(await replay(bytes.all, () => moving(1), { verify: true })).toMatchObject({
      hash: hashes[ticks - 1],
      difference: undefined,
    });
  });

  test("cannot end it with a sink that fails to close, but says so", async () => {
    const simulation = await moving(3);
    let recorder: Recorder | undefined;
    const sink = { write: () => void recorder?.close(), close: () => expect.fail("the disk is full") };
    recorder = record(simulation, sink, { flushEvery: 1 });
    run(simulation, 3);
    expect([simulation.tick, (recorder.failure as Error).message]).toEqual([3, "the disk is full"]);
  });

  test("moves its simulation, and the recording ends before that", async () => {
    const simulation = await moving(3, 1, [system("fill", { run: ({ commands }) => void commands.spawn(Health) })]);
    const bytes = new Bytes();
    let recorder: Recorder | undefined;
    const write = (one: Uint8Array): void => {
      bytes.write(one);
      if (recorder !== undefined && simulation.tick < 5) simulation.step();
    };
    recorder = record(simulation, { write, close: () => bytes.close() }, { flushEvery: 1 });
    simulation.step();
    expect(() => recorder!.flush()).toThrow(expect.objectContaining({ code: "structure-locked" }));
    expect(() => recorder!.close()).toThrow(/moved the simulation while it was written to/);
    expect([bytes.closed, simulation.tick]).toEqual([true, 2]);
    expect(readRecording(bytes.all)).toMatchObject({ ticks: [{ tick: 1 }], end: undefined, bytesLost: 0 });
  });
});

test("a replay that failed stays where it is, and says again why", async () => {
  const bytes = new Bytes();
  const simulation = await moving(5);
  const recorder = record(simulation, bytes, { hashEvery: 1 });
  run(simulation, 6);
  recorder.close();
  const other = await moving(1);
  let ticks = 0;
  other.keep({ ticked: () => ++ticks === 3 && expect.fail("boom") });
  const replaying = new Replay(readRecording(bytes.all), other);
  for (let tick = 1; tick <= 2; tick++) expect(replaying.next()).toBe(true);
  for (let time = 0; time < 2; time++)
    expect(() => replaying.next()).toThrow(expect.objectContaining({ code: "observer-failed" }));
  expect(other.tick).toBe(3);
});

test("a recording whose frames are in another order, or not what they say, is refused", async () => {
  const bytes = new Bytes();
  const simulation = await moving(5);
  const recorder = record(simulation, bytes, { hashEvery: 1 });
  run(simulation, 3);
  recorder.close();
  const [head, state, one, two, three, end] = framesOf(bytes.all, recordingFile) as [Frame, ...Frame[]] & Frame[];
  type Kept = Pick<Frame, "kind" | "payload">;
  const fileOf = (frames: readonly (Kept | undefined)[]): Uint8Array =>
    Buffer.concat([
      startOf(recordingFile),
      ...frames.flatMap((kept, i) => [frameHead(kept!.kind, kept!.payload, i), kept!.payload]),
    ]);
  const words = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);
  const plain = (await moving(1)).hash();
  const unread: [readonly (Kept | undefined)[], RegExp][] = [
    [[head, state, one, end, two], /something follows its end/],
    [[head, state, { kind: 77, payload: words(1) }], /a record of kind 77, which is unknown/],
    [[{ kind: head.kind, payload: words(1, 2) }, state], /its head is not JSON/],
    [[head, state, { kind: one!.kind, payload: words(1, 0, 0, 0, 0xffff_ffff) }], /bytes are missing in a record/],
  ];
  const unplayed: [readonly (Kept | undefined)[], RegExp][] = [
    [[head, state, one, three, end], /has tick 3 after tick 1/],
    [[head, { kind: state!.kind, payload: words(8, 1, 2) }, one], /a state in it cannot be unpacked/],
    [[head, { kind: state!.kind, payload: new Uint8Array([...words(8), 3, 0]) }, one], /another length than it says/],
    [
      [head, { kind: state!.kind, payload: new Uint8Array([...words(3), ...deflateRawSync("odd")]) }],
      /not made of words/,
    ],
  ];
  for (const [frames, message] of unread)
    expect(() => readRecording(fileOf(frames))).toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringMatching(message) }),
    );
  for (const [frames, message] of unplayed) {
    const other = await moving(1);
    const refused = { code: "bad-file", message: expect.stringMatching(message) };
    await expect(replay(readRecording(fileOf(frames)), () => other)).rejects.toMatchObject(refused);
    if (frames[1] !== state) expect(other.world.hash()).toBe(plain);
  }
});
