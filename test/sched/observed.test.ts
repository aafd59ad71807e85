import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  component,
  createWorld,
  durable,
  f32,
  fileLog,
  input,
  type Journal,
  type Recorder,
  Rollback,
  record,
  replay,
  type Simulation,
  type Snapshot,
  simulate,
  system,
  type World,
  type WorldloomError,
  write,
} from "../../src/index.ts";

const Position = component("Position", { x: f32, y: f32 });
const Push = input("Push", { by: f32 });

const folder = mkdtempSync(join(tmpdir(), "worldloom-observed-"));
afterAll(() => rmSync(folder, { recursive: true }));

function worldOf(): World {
  const world = createWorld({ components: [Position], inputs: [Push] });
  world.spawn(Position);
  return world;
}

/** One entity, moved by the number of the tick for each unit that it is pushed by; `y` is set in the second tick. */
function make(): Promise<Simulation> {
  const move = system("move", {
    query: [Position],
    run({ query, world, commands, tick }) {
      const [entity] = query.entities();
      const { x } = world.get(entity!, Position)!;
      const by = world.inputs(Push).reduce((sum, push) => sum + push.by, 0);
      commands.set(entity!, Position, { x: x + 1 + by * tick });
      if (tick === 2) commands.set(entity!, Position, { y: 1 });
    },
  }) as never;
  return simulate(worldOf(), [move]);
}

/** What the world came to, and what recording, durable run and rollback make of it; `begin` comes before they do. */
async function told(
  name: string,
  observer: (simulation: Simulation, rollback: Rollback) => void,
  begin: (simulation: Simulation) => void = () => {},
) {
  const [file, log] = [join(folder, `${name}.recording`), join(folder, name)];
  const simulation = await make();
  begin(simulation);
  simulation.world.observe("set", Position, () => observer(simulation, rollback));
  const rollback = new Rollback(simulation, { keep: 8 });
  const recording = record(simulation, file, { hashEvery: 1 });
  const run = await durable(simulation, { log: fileLog(log), hashEvery: 1 });
  const thrown: unknown[] = [];
  for (let tick = 1; tick <= 5; tick++) {
    for (const act of [() => simulation.input(Push, { by: tick }), () => simulation.step()]) {
      try {
        act();
      } catch (error) {
        thrown.push(error);
      }
    }
  }
  recording.close();
  await run.close();
  const hash = simulation.hash();
  const replayed = await replay(file, make, { verify: true });
  const again = await make();
  const resumed = await durable(again, { log: fileLog(log), hashEvery: 1 });
  rollback.rollback(1);
  rollback.resimulate();
  const hashes = [replayed.hash, again.hash(), simulation.hash()];
  rollback.dispose();
  await resumed.close();
  return { tick: simulation.tick, thrown, difference: replayed.difference, same: hashes.map((one) => one === hash) };
}

describe("an observer of a tick", () => {
  const all = { tick: 5, difference: undefined, same: [true, true, true] };

  test("that throws keeps nobody from being told of the tick", async () => {
    const { thrown, ...rest } = await told("throws", ({ tick }) => {
      if (tick === 2) throw new Error("not today");
    });
    expect(thrown).toEqual([new Error("not today")]);
    expect(rest).toEqual(all);
  });

  test("or journals and listeners that throw keep nobody from being told either", async () => {
    const failure = new Error("not today");
    const due = [1, 3, 4];
    const fail = (tick: number): void => {
      if (tick !== due[0]) return;
      due.shift();
      throw failure;
    };
    const { thrown, ...rest } = await told(
      "journals",
      () => {},
      (simulation) => {
        const journal: Journal = {
          input: () => void (simulation.tick === 1 && fail(1)),
          ticked: ({ tick }) => void (tick === 3 && fail(3)),
        };
        simulation.keep(journal);
        simulation.watch({ ran() {}, applied() {}, ended: (tick) => void (tick === 4 && fail(4)) });
      },
    );
    expect(thrown).toEqual([failure, failure, failure]);
    expect(rest).toEqual(all);
  });

  test("gives inputs and commands for the next one", async () => {
    const { thrown, ...rest } = await told("gives", (simulation) => {
      if (simulation.tick === 2) simulation.input(Push, { by: 7 });
      if (simulation.tick !== 3) return;
      const { world } = simulation;
      const commands = world.commands();
      commands.spawn([Position, { x: 9 }]);
      simulation.apply(commands);
    });
    expect(thrown).toEqual([]);
    expect(rest).toEqual(all);
  });

  test("makes the next one", async () => {
    const { thrown, ...rest } = await told("steps", (simulation) => {
      if (simulation.tick === 2) simulation.step();
    });
    expect(thrown).toEqual([]);
    expect(rest).toEqual({ ...all, tick: 6 });
  });

  test("has it run again with what came late", async () => {
    const { thrown, ...rest } = await told("late", ({ tick }, rollback) => {
      if (tick !== 3) return;
      for (const late of [2, 3]) rollback.lateInput(late, Push, { by: 7 });
      expect([rollback.resimulate(), rollback.latest]).toEqual([2, 3]);
    });
    expect(thrown).toEqual([]);
    expect(rest).toEqual(all);
  });

  test("goes back from it", async () => {
    let back = 0;
    const { thrown, ...rest } = await told("back", ({ tick }, rollback) => {
      if (tick === 3 && back++ === 0) rollback.rollback(2);
    });
    expect(thrown).toEqual([]);
    expect(rest).toEqual({ ...all, tick: 4 });
  });

  test("sets the world to another state", async () => {
    let back = 0;
    const { thrown, ...rest } = await told("restores", (simulation) => {
      if (simulation.tick !== 3 || back++ > 0) return;
      using snapshot = worldOf().snapshot();
      simulation.world.restore(snapshot);
      simulation.jumped();
    });
    expect(thrown).toEqual([]);
    expect(rest).toEqual({ ...all, tick: 2 });
  });

  test("begins and ends a recording", async () => {
    const simulation = await make();
    const file = join(folder, "within.recording");
    let recording: Recorder | undefined;
    simulation.world.observe("set", Position, () => {
      if (simulation.tick === 2) recording = record(simulation, file, { hashEvery: 1 });
      if (simulation.tick === 4) recording!.close();
    });
    for (let tick = 1; tick <= 4; tick++) simulation.step();
    const replayed = await replay(file, make, { verify: true });
    expect(replayed).toMatchObject({ tick: 4, ticks: 2, hash: simulation.hash(), difference: undefined, verified: 3 });
  });
});

describe("an observer of commands that come in", () => {
  const observed: readonly [name: string, observer: (simulation: Simulation, entity: number) => void][] = [
    [
      "brings in more behind them",
      (simulation, entity) => {
        const commands = simulation.world.commands();
        commands.set(entity, Position, { y: 3 });
        simulation.apply(commands);
        simulation.input(Push, { by: entity & 3 });
      },
    ],
    [
      "throws when they are kept",
      () => {
        throw new Error("not today");
      },
    ],
  ];
  for (const [name, observer] of observed)
    test(`${name}, and is not told when a durable run goes on`, async () => {
      const [file, log] = [join(folder, `${name}.recording`), join(folder, name)];
      const simulation = await make();
      const { world } = simulation;
      world.observe("added", Position, (entity) => observer(simulation, entity));
      const rollback = new Rollback(simulation, { keep: 8 });
      const recording = record(simulation, file, { hashEvery: 1 });
      const kept = fileLog(log);
      await durable(simulation, { log: kept, hashEvery: 1 });
      let thrown = 0;
      for (let tick = 1; tick <= 3; tick++) {
        const commands = world.commands();
        commands.spawn(Position);
        try {
          simulation.apply(commands);
        } catch {
          thrown++;
        }
        simulation.step();
      }
      recording.close();
      kept.close();
      const hash = simulation.hash();
      const again = await make();
      let told = 0;
      again.world.observe("added", Position, () => told++);
      await using resumed = await durable(again, { log: fileLog(log), hashEvery: 1 });
      rollback.rollback(0);
      rollback.resimulate();
      rollback.dispose();
      const { difference, hash: replayed } = await replay(file, make, { verify: true });
      expect({ difference, hashes: [replayed, again.hash(), simulation.hash()] }).toEqual({
        difference: undefined,
        hashes: [hash, hash, hash],
      });
      expect([thrown, told, resumed.ticksAgain]).toEqual([name.startsWith("throws") ? 3 : 0, 0, 3]);
    });
});

describe("listeners", () => {
  const quiet = { ran() {}, applied() {} };

  test("that end their watch, or throw, keep no other from being told", async () => {
    const simulation = await make();
    const told: string[] = [];
    const end = simulation.watch({
      ...quiet,
      ended: () => {
        end();
        told.push("first");
        throw new Error("not today");
      },
    });
    simulation.watch({ ...quiet, ended: (tick) => void told.push(`second ${tick}`) });
    expect(() => simulation.step()).toThrow("not today");
    simulation.step();
    expect(told).toEqual(["first", "second 1", "second 2"]);
  });

  test("of one step are not told of others, whoever throws", async () => {
    const simulation = await make();
    const end = simulation.watch({
      ...quiet,
      ended: () => {
        throw new Error("not today");
      },
    });
    const told: number[] = [];
    expect(() => simulation.step({ listener: { ...quiet, ended: (tick) => void told.push(tick) } })).toThrow("not");
    end();
    simulation.step();
    expect(told).toEqual([1]);
  });
});

test("a rollback that begins when journals are told of a tick keeps them from nothing, and tells none twice", async () => {
  const simulation = await make();
  const told: string[] = [];
  let rollback: Rollback | undefined;
  simulation.keep({
    ticked: ({ tick }) => {
      told.push(`first ${tick}`);
      rollback ??= new Rollback(simulation, { keep: 2 });
    },
  });
  simulation.keep({ ticked: ({ tick }) => void told.push(`second ${tick}`) });
  simulation.step();
  simulation.step();
  expect(told).toEqual(["first 1", "second 1", "first 2", "second 2"]);
  expect([rollback?.earliest, rollback?.latest]).toEqual([1, 2]);
});

describe("inside a tick", () => {
  const changes: readonly [string, (simulation: Simulation, before: Snapshot) => unknown][] = [
    ["a step", (simulation) => simulation.step()],
    ["going back", ({ world }, before) => world.restore(before)],
    ["applying commands", (simulation) => simulation.apply(simulation.world.commands())],
  ];
  test.for(changes)("%s is refused, for conditions, journals and listeners too", async ([, change]) => {
    let act = (): void => {};
    const world = worldOf();
    const when = (): boolean => {
      act();
      return true;
    };
    const simulation = await simulate(world, [system("asks", { query: [Position], when, run() {} })]);
    using before = world.snapshot();
    const codes: string[] = [];
    const attempt = (): void => {
      try {
        change(simulation, before);
        codes.push("none");
      } catch (error) {
        codes.push((error as WorldloomError).code);
      }
    };
    act = attempt;
    simulation.keep({ staged: attempt });
    simulation.watch({ applied() {}, ran: attempt, synced: attempt });
    simulation.step();
    expect([simulation.tick, new Set(codes)]).toEqual([1, new Set(["structure-locked"])]);
    expect(codes.length).toBe(4);
  });

  const locked = { code: "tick-failed", cause: expect.objectContaining({ code: "structure-locked" }) };
  const systems: readonly [string, (world: World) => unknown][] = [
    ["input", (world) => world.input(Push, { by: 1 })],
    ["dispose", (world) => world.dispose()],
  ];

  test.for(systems)("%s is refused", ([, act]) => {
    const world = worldOf();
    const hash = world.hash();
    const inside = system("inside", { query: [write(Position)], run: () => void act(world) }) as never;
    expect(() => world.step([inside])).toThrow(expect.objectContaining(locked));
    expect(world.hash()).toBe(hash);
    world.dispose();
  });

  test("bodies that are not over when they return are refused, and conditions that are neither true nor false", () => {
    const world = worldOf();
    const hash = world.hash();
    const bodies = [
      system("late", { run: (async () => {}) as never }),
      system("asks", { when: (async () => false) as never, run() {} }),
    ];
    for (const body of bodies) {
      const refused = { code: "tick-failed", cause: expect.objectContaining({ code: "bad-argument" }) };
      for (const checked of [false, true])
        expect(() => world.step([body as never], { checked })).toThrow(expect.objectContaining(refused));
    }
    expect(world.hash()).toBe(hash);
    world.dispose();
  });

  test("an input is refused where a system asks whether it runs", () => {
    const world = worldOf();
    const hash = world.hash();
    const asks = system("asks", {
      when: (one) => {
        one.input(Push, { by: 1 });
        return true;
      },
      run() {},
    }) as never;
    expect(() => world.step([asks])).toThrow(expect.objectContaining(locked));
    expect(world.hash()).toBe(hash);
    world.input(Push, { by: 1 });
    expect(world.inputs(Push).length).toBe(1);
    world.dispose();
  });
});

test("a world is not disposed of while it is iterated", () => {
  const world = worldOf();
  for (const { position } of world.query(write(Position)).chunks()) {
    expect(() => world.dispose()).toThrow(expect.objectContaining({ code: "structure-locked" }));
    position.x[0] = 4;
  }
  expect(world.get(world.query(Position).entities()[0]!, Position)).toEqual({ x: 4, y: 0 });
  world.dispose();
  world.dispose();
});
