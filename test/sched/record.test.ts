import { describe, expect, test } from "vitest";
import {
  Arena,
  component,
  createWorld,
  f32,
  kernel,
  plantFault,
  type Recorder,
  type Recording,
  readRecording,
  record,
  replay,
  type Simulation,
  simulate,
  system,
  WorldloomError,
} from "worldloom";
import { recordingFile } from "../../src/sched/record/format.ts";
import { startOf } from "../../src/sched/record/frame.ts";
import { again, Bytes, drive, Health, moving, Position, run, systems, types, Velocity } from "./moving.ts";

async function recorded(
  ticks: number,
  options: Parameters<typeof record>[2] = {},
): Promise<[Uint8Array<ArrayBuffer>, string[]]> {
  const simulation = await moving();
  run(simulation, 5);
  const bytes = new Bytes();
  const recorder = record(simulation, bytes, options);
  const hashes = run(simulation, ticks);
  recorder.close();
  return [bytes.all, hashes];
}

describe("a recording", () => {
  test.for([{}, { hashEvery: 1 }, { hashEvery: 0 }, { fine: true }, { flushEvery: 1 }])(
    "replays to the same hashes: %o",
    async (options) => {
      const [bytes, hashes] = await recorded(50, options);
      const seen: string[] = [];
      const ticked = ({ simulation }: { simulation: Simulation }): void => void seen.push(simulation.world.hash());
      const result = await replay(bytes, again, { verify: true, ticked });
      expect(result).toMatchObject({ tick: 55, ticks: 50, hash: hashes.at(-1), difference: undefined });
      expect(seen).toEqual(hashes);
      expect(result.verified).toBeGreaterThan(0);
    },
  );

  test("stops where it is told", async () => {
    const [bytes, hashes] = await recorded(20);
    expect(await replay(bytes, again, { to: 12 })).toMatchObject({ tick: 12, ticks: 7, hash: hashes[6] });
  });

  test("goes on from a state that the world was set to", async () => {
    const simulation = await moving();
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 1, fine: true });
    run(simulation, 3);
    const snapshot = simulation.world.snapshot();
    run(simulation, 4);
    drive(simulation, 8);
    simulation.world.restore(snapshot);
    simulation.jumped();
    const hashes = run(simulation, 5, 2);
    recorder.close();
    const result = await replay(bytes.all, again, { verify: true });
    expect(result).toMatchObject({ tick: 8, ticks: 12, hash: hashes.at(-1), difference: undefined });
  });

  test("has the same bytes whenever they are written, with ticks into which nothing comes", async () => {
    const made = async (between: (recorder: Recorder) => void): Promise<Bytes> => {
      const simulation = await moving();
      const bytes = new Bytes();
      const recorder = record(simulation, bytes, { flushEvery: 7 });
      for (let tick = 1; tick <= 40; tick++) {
        if (tick % 10 > 7) drive(simulation, tick);
        between(recorder);
        simulation.step();
      }
      between(recorder);
      recorder.close();
      expect(recorder.ticks).toBe(40);
      expect(recorder.bytes).toBe(bytes.all.length);
      return bytes;
    };
    const { all } = await made(() => {});
    expect((await made((recorder) => recorder.flush())).all).toEqual(all);
    expect((await made((recorder) => expect(recorder.bytes).toBeGreaterThan(0))).all).toEqual(all);
    expect(readRecording(all).ticks.map(({ tick }) => tick)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test("knows nothing of ticks that failed", async () => {
    let fails = false;
    const fail = system("fail", {
      run() {
        if (fails) throw new Error("on purpose");
      },
    });
    const list = [...systems, fail];
    const simulation = await moving(20, 7, list);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { fine: true, hashEvery: 1 });
    run(simulation, 3);
    drive(simulation, 4);
    fails = true;
    expect(() => simulation.step()).toThrow(/on purpose/);
    fails = false;
    simulation.step();
    const hash = simulation.world.hash();
    recorder.close();
    const result = await replay(bytes.all, () => moving(1, 1, list), { verify: true });
    expect(result).toMatchObject({ hash, ticks: 4, difference: undefined });
  });

  test("says what it was made of", async () => {
    const [bytes] = await recorded(3, { about: { scene: "x" }, hashEvery: 2 });
    const { head, ticks, end, bytesLost } = readRecording(bytes);
    expect(head).toMatchObject({ seed: 7, tick: 5, hashEvery: 2, fine: false, about: { scene: "x" } });
    expect(head.stages.flat().sort()).toEqual(["age", "move", "steer"]);
    expect(ticks.map(({ tick, check }) => [tick, check !== undefined])).toEqual([
      [6, true],
      [7, false],
      [8, true],
    ]);
    expect(end?.tick).toBe(8);
    expect(bytesLost).toBe(0);
  });

  test("has what regions hold", async () => {
    const make = async (fill: number): Promise<Simulation> => {
      const world = createWorld({ ...types, arena: new Arena({ bytesMax: 16 << 20 }) });
      const bytes = new Uint8Array(10_000).fill(fill);
      const region = world.attach("vm", { bytes });
      const think = system("think", {
        run({ tick }) {
          const at = (tick * 997) % bytes.length;
          bytes[at]! += 1 + bytes[(at + 1) % bytes.length]!;
          region.touch(at, at + 1);
        },
      });
      return simulate(world, [think]);
    };
    const simulation = await make(3);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { fine: true });
    for (let i = 0; i < 10; i++) simulation.step();
    recorder.close();
    const result = await replay(bytes.all, () => make(9), { verify: true });
    expect(result).toMatchObject({ hash: simulation.world.hash(), difference: undefined });
  });

  test("that cannot be written stops nothing, and says so at the end", async () => {
    const simulation = await moving();
    let left = 2;
    const recorder = record(
      simulation,
      {
        write: () => {
          if (--left < 0) throw new WorldloomError("file-io", "full");
        },
        close() {},
      },
      { flushEvery: 1 },
    );
    run(simulation, 5);
    expect(simulation.tick).toBe(5);
    expect(() => recorder.flush()).toThrow(/full/);
    expect(() => recorder.close()).toThrow(/full/);
    expect(recorder.ticks).toBe(2);
  });
});

describe("refused", () => {
  const code = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "nothing",
      (error) => (error as WorldloomError).code,
    );

  test("another schema, schedule, code", async () => {
    const [bytes] = await recorded(4);
    const Other = component("Other", { x: f32 });
    const world = (): Promise<Simulation> =>
      simulate(
        createWorld({ ...types, components: [...types.components, Other], arena: new Arena({ bytesMax: 16 << 20 }) }),
        systems,
      );
    expect(await code(replay(bytes, world))).toBe("schema-mismatch");
    expect(await code(replay(bytes, () => moving(1, 1, systems.slice(0, 2))))).toBe("schedule-mismatch");
    const order = systems.map((one) => (one.name === "age" ? { ...one, phase: "update", every: 2 } : one));
    expect(await code(replay(bytes, () => moving(1, 1, order)))).toBe("schedule-mismatch");
    const changed = systems.map((one) => (one.name === "move" ? { ...one, run: () => {} } : one));
    const failed = await replay(bytes, () => moving(1, 1, changed)).catch((error) => error);
    expect(failed.code).toBe("code-mismatch");
    expect(failed.operands.systems).toEqual(["move"]);
    const forced = await replay(bytes, () => moving(1, 1, changed), { force: true, verify: true });
    expect(forced.difference?.components).toContain("Position");
  });

  test("other constants of a kernel", async () => {
    const drift = (speed: number) =>
      kernel("drift", { write: [Position], constants: { speed } }, (position, k) => {
        position.x += k.speed;
      });
    const one = await moving(3, 1, [drift(1).system()]);
    const bytes = new Bytes();
    const recorder = record(one, bytes);
    one.step();
    recorder.close();
    expect(await code(replay(bytes.all, () => moving(3, 1, [drift(2).system()])))).toBe("code-mismatch");
    expect(
      (await replay(bytes.all, () => moving(3, 1, [drift(1).system()]), { verify: true })).difference,
    ).toBeUndefined();
  });

  test("worlds of another limit", async () => {
    const [bytes] = await recorded(2);
    const make = (): Promise<Simulation> =>
      simulate(createWorld({ ...types, limits: { entities: 100 }, arena: new Arena({ bytesMax: 16 << 20 }) }), systems);
    expect(await code(replay(bytes, make))).toBe("schema-mismatch");
  });

  test("bad options", async () => {
    const simulation = await moving(1);
    expect(() => record(simulation, new Bytes(), { hashEvery: -1 })).toThrow(/hashEvery/);
    expect(() => record(simulation, new Bytes(), { flushEvery: 0.5 })).toThrow(/flushEvery/);
    expect(() => record(simulation, "/nowhere/at/all")).toThrow(expect.objectContaining({ code: "file-io" }));
    expect(() => readRecording("/nowhere/at/all")).toThrow(expect.objectContaining({ code: "file-io" }));
  });
});

describe("cut and damaged", () => {
  test("every cut is read up to the last whole tick", async () => {
    const [bytes, hashes] = await recorded(6, { hashEvery: 3 });
    const whole = readRecording(bytes);
    let [refused, seen] = [0, 0];
    let ticks = 0;
    for (let length = 0; length < bytes.length; length++) {
      let cut: Recording;
      try {
        cut = readRecording(bytes.subarray(0, length));
      } catch (error) {
        expect((error as WorldloomError).code).toBe("bad-file");
        expect(ticks).toBe(0);
        refused++;
        continue;
      }
      expect(cut.end).toBeUndefined();
      expect(cut.ticks.map(({ tick }) => tick)).toEqual(whole.ticks.slice(0, cut.ticks.length).map(({ tick }) => tick));
      expect(cut.ticks.length).toBeGreaterThanOrEqual(ticks);
      if (cut.ticks.length === ticks && seen > 0) continue;
      ticks = cut.ticks.length;
      seen++;
      const result = await replay(cut, again, { verify: true });
      if (ticks > 0) expect(result).toMatchObject({ ticks, hash: hashes[ticks - 1], difference: undefined });
    }
    expect(refused).toBeGreaterThan(0);
    expect(ticks).toBe(6);
    expect(seen).toBe(7);
  });

  test("no flipped bit passes, nor a byte behind the end", async () => {
    const [bytes] = await recorded(4);
    expect(() => readRecording(Uint8Array.of(...bytes, 0))).toThrow(/something follows its end/);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << ((at * 5) % 8);
      expect(() => readRecording(flipped), `byte ${at}`).toThrow(expect.objectContaining({ code: "bad-file" }));
    }
  });

  test("a newer version is told from damage", async () => {
    const [bytes] = await recorded(1);
    bytes.set(startOf({ ...recordingFile, version: recordingFile.version + 1 }));
    expect(() => readRecording(bytes)).toThrow(expect.objectContaining({ code: "file-version" }));
  });
});

describe("a planted fault", () => {
  test.for([
    { component: Velocity, field: "y", after: "steer", bit: 20, system: "steer" },
    { component: Position, field: "x", after: undefined, bit: 3, system: "move" },
    { component: Health, field: "points", after: "age", bit: 4, system: "age" },
    { component: Health, field: "spot.x", after: undefined, bit: 12, system: "age" },
  ])(
    "in the recording is named: $component.name.$field",
    async ({ component: faulty, field, after, bit, system: name }) => {
      const simulation = await moving(200);
      const bytes = new Bytes();
      const recorder = record(simulation, bytes, { fine: true });
      const [target] = Array.from(simulation.world.query(Position).chunks(), ({ entities }) => entities[17]!);
      plantFault(simulation, {
        tick: 9,
        entity: target!,
        component: faulty,
        field,
        bit,
        ...(after !== undefined && { after }),
      });
      run(simulation, 12);
      recorder.close();
      const { difference, tick } = await replay(bytes.all, again, { verify: true });
      expect(tick).toBe(9);
      expect(difference).toMatchObject({
        from: 9,
        to: 9,
        system: name,
        first: { component: faulty.name, field, entity: target },
      });
      expect(difference?.diff?.cells.length).toBe(1);
    },
  );

  test("in the replay is named", async () => {
    const [bytes] = await recorded(12, { fine: true });
    const make = async (): Promise<Simulation> => {
      const simulation = await moving(1);
      plantFault(simulation, { tick: 11, entity: target, component: Position, field: "y", bit: 22 });
      return simulation;
    };
    const probe = await moving();
    const target = Array.from(probe.world.query(Position).chunks(), ({ entities }) => entities[3]!)[0]!;
    const { difference } = await replay(bytes, make, { verify: true });
    expect(difference).toMatchObject({
      from: 11,
      to: 11,
      system: "move",
      first: { component: "Position", field: "y", entity: target },
    });
  });

  test("is found by hashes alone, with its component and who writes it", async () => {
    const simulation = await moving(200);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 1 });
    plantFault(simulation, {
      tick: 9,
      entity: Array.from(simulation.world.query(Position).chunks(), ({ entities }) => entities[5]!)[0]!,
      component: Position,
      field: "x",
      bit: 1,
    });
    run(simulation, 12);
    recorder.close();
    const { difference } = await replay(bytes.all, again, { verify: true });
    expect(difference).toMatchObject({
      from: 9,
      to: 9,
      components: ["Position"],
      system: "move",
      systems: ["move"],
      first: undefined,
    });
  });

  test("between two hashes is found as a range", async () => {
    const simulation = await moving(50);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { hashEvery: 5 });
    plantFault(simulation, {
      tick: 7,
      entity: Array.from(simulation.world.query(Position).chunks(), ({ entities }) => entities[5]!)[0]!,
      component: Velocity,
      field: "x",
      bit: 20,
    });
    run(simulation, 12);
    recorder.close();
    const { difference } = await replay(bytes.all, again, { verify: true });
    expect(difference).toMatchObject({ from: 6, to: 10 });
    expect(difference?.components).toContain("Velocity");
  });

  test("a change around the simulation is no system's", async () => {
    const simulation = await moving(50);
    const bytes = new Bytes();
    const recorder = record(simulation, bytes, { fine: true });
    run(simulation, 2);
    const target = Array.from(simulation.world.query(Position).chunks(), ({ entities }) => entities[5]!)[0]!;
    simulation.world.set(target, Velocity, { x: 5 });
    run(simulation, 2);
    recorder.close();
    const { difference } = await replay(bytes.all, again, { verify: true });
    expect(difference).toMatchObject({
      from: 3,
      between: true,
      system: undefined,
      first: { component: "Velocity", field: "x", entity: target, recorded: 5 },
    });
  });

  test("wants a cell that can be", async () => {
    const simulation = await moving(1);
    const fault = { tick: 1, entity: 1, component: Position, field: "x", bit: 1 };
    expect(() => plantFault(simulation, { ...fault, field: "z" })).toThrow(/x, y/);
    expect(() => plantFault(simulation, { ...fault, bit: 32 })).toThrow(/0 to 31/);
    expect(() => plantFault(simulation, { ...fault, after: "no" })).toThrow(/no/);
  });
});
