import { describe, expect, test } from "vitest";
import {
  Arena,
  createWorld,
  type System,
  type SystemOptions,
  simulate,
  system,
  type Term,
  type World,
  write,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";
import { Hit, Order, Position, Push, Score, types, Velocity } from "./system-bodies.ts";

const url = new URL("./system-bodies.ts", import.meta.url).href;
const make = (rows = 0): World => {
  const world = createWorld({ ...types, arena: new Arena(), chunkRows: 32, seed: 7, checked: true });
  if (rows > 0) world.spawnMany(rows, Position, Velocity);
  return world;
};
const idle = (name: string, options: object = {}): System => system(name, { ...options, run() {} }) as System;

describe("a tick that fails leaves the world as it was", () => {
  const throws = (): never => {
    throw new RangeError("on purpose");
  };
  const writing = system("writing", {
    query: [write(Position)],
    run({ query, commands, world }) {
      for (const { position } of query.chunks()) position.x[0] = 99;
      commands.spawn(Position);
      world.emit(Hit);
    },
  }) as unknown as System;
  const last = { after: ["writing"] };

  test.for<[string, System, string, RegExp]>([
    ["in a body", system("bad", { ...last, run: throws }) as System, "bad", /on purpose/],
    [
      "in a loop",
      system("bad", { ...last, query: [Position], run: ({ query }) => query.eachChunk(throws) }) as unknown as System,
      "bad",
      /on purpose/,
    ],
    ["in a condition", system("bad", { ...last, when: throws, run() {} }) as System, "bad", /on purpose/],
    [
      "in a body of a module",
      system("bad", { ...last, query: [Position], module: { url, export: "fail" } }) as unknown as System,
      "bad",
      /on purpose/,
    ],
    [
      "in a condition that changes the world",
      system("bad", { ...last, when: (world: World) => world.spawn(Position) > 0, run() {} }) as System,
      "bad",
      /condition of system bad changes the world/,
    ],
    [
      "in a condition that writes",
      system("bad", {
        ...last,
        when: (world: World) => [...world.query(write(Position)).chunks()].length > 0,
        run() {},
      }) as System,
      "bad",
      /may not write Position/,
    ],
    [
      "in commands",
      system("bad", {
        ...last,
        run: ({ commands }) => {
          for (let i = 0; i < 80; i++) commands.spawn(Position);
        },
      }) as System,
      "bad",
      /entit/,
    ],
    [
      "in a step within a step",
      system("bad", { ...last, run: ({ world }) => world.step([]) }) as System,
      "bad",
      /step cannot happen inside a system/,
    ],
    [
      "in a restore",
      system("bad", { ...last, run: ({ world }) => world.restore(world.snapshot()) }) as System,
      "bad",
      /cannot happen inside a system/,
    ],
    [
      "at what it did not declare",
      system("bad", { ...last, run: ({ world }) => [...world.query(Position).chunks()] as never }) as System,
      "bad",
      /may not read Position/,
    ],
    [
      "beyond its query",
      system("bad", {
        ...last,
        query: [Position, Order],
        run: ({ world }) => [...world.query(Position).chunks()] as never,
      }) as unknown as System,
      "bad",
      /beyond its query/,
    ],
  ])("%s", async ([, bad, name, message]) => {
    const world = createWorld({
      ...types,
      arena: new Arena(),
      chunkRows: 32,
      checked: true,
      limits: { entities: 100 },
    });
    world.spawnMany(40, Position, Velocity);
    const simulation = await simulate(world, [writing, bad]);
    const told: number[] = [];
    world.observe("added", Position, (who) => told.push(who));
    simulation.input(Push, { by: 1 });
    const before = [world.hash(), world.tick, world.entityCount];
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = refusal(() => simulation.step());
      expect([error.code, error.operands["system"], error.operands["tick"]]).toEqual(["tick-failed", name, 1]);
      expect(error.message).toMatch(message);
      expect([world.hash(), world.tick, world.entityCount]).toEqual(before);
    }
    expect(told).toEqual([]);
    world.step([writing]);
    expect([world.tick, world.entityCount, told.length]).toEqual([1, 41, 1]);
  });
});

describe("a simulation", () => {
  test("that is closed does nothing any more", async () => {
    const simulation = await simulate(make(2), []);
    simulation.step();
    await simulation.close();
    await simulation.close();
    const commands = simulation.world.commands();
    for (const act of [() => simulation.step(), () => simulation.input(Push), () => simulation.apply(commands)])
      expect(refusal(act).code).toBe("simulation-closed");
    simulation.world.step([]);
    expect(simulation.tick).toBe(2);
  });

  test("closes itself at the end of its scope", async () => {
    const kept = await (async () => {
      await using simulation = await simulate(make(), []);
      return simulation;
    })();
    expect(refusal(() => kept.step()).code).toBe("simulation-closed");
  });

  test.for<[string, (world: World) => Promise<unknown>, string, RegExp]>([
    ["no world", () => simulate(7 as unknown as World, []), "bad-argument", /world must be a world/],
    ["no systems", (world) => simulate(world, 7 as never), "bad-argument", /systems must be a list/],
    ["no system", (world) => simulate(world, [7 as never]), "bad-argument", /made with system\(\)/],
    ["two of a name", (world) => simulate(world, [idle("a"), idle("a")]), "name-taken", /named a/],
    ["no options", (world) => simulate(world, [], 7 as never), "bad-argument", /options must be/],
    [
      "no executor",
      (world) => simulate(world, [], { executor: {} as never }),
      "bad-argument",
      /executor must be serial\(\) or parallel\(\)/,
    ],
    [
      "a disposed world",
      (world) => {
        world.dispose();
        return simulate(world, [idle("a")]);
      },
      "world-disposed",
      /disposed/,
    ],
    [
      "a component that the world lacks",
      () => simulate(createWorld({ components: [Velocity] }), [idle("a", { query: [Position] })]),
      "component-unknown",
      /Position/,
    ],
    [
      "a resource that the world lacks",
      () => simulate(createWorld({ components: [Velocity] }), [idle("a", { gets: [Score] })]),
      "component-unknown",
      /Score/,
    ],
    [
      "a module that is not there",
      (world) => simulate(world, [system("a", { module: { url: "file:///no/where.ts", export: "x" } }) as System]),
      "module-failed",
      /where\.ts cannot be loaded/,
    ],
    [
      "an export that is not there",
      (world) => simulate(world, [system("a", { module: { url, export: "x" } }) as System]),
      "module-failed",
      /exports no function x/,
    ],
    [
      "an export that is no function",
      (world) => simulate(world, [system("a", { module: { url, export: "number" } }) as System]),
      "module-failed",
      /exports no function number/,
    ],
  ])("of %s is refused", async ([, act, code, message]) => {
    const error = await act(make()).then(
      () => expect.fail("nothing was thrown"),
      (caught) => caught,
    );
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });

  test("closes its executor when it cannot be made ready", async () => {
    let closed = 0;
    const executor = {
      name: "broken",
      threads: 1,
      active: 1,
      prepare: () => Promise.reject(new Error("on purpose")),
      beginTick() {},
      endTick() {},
      bodies() {},
      async close() {
        closed++;
      },
    };
    await expect(simulate(make(), [], { executor })).rejects.toThrow("on purpose");
    expect(closed).toBe(1);
  });
});

describe("a declaration", () => {
  type Options = SystemOptions<readonly Term[], Record<string, readonly Term[]>>;
  const run = (): void => {};
  test.for<[string, unknown, RegExp]>([
    ["nothing", undefined, /options of system s must be an object of options/],
    ["no body", {}, /run of system s must be a function/],
    [
      "two bodies",
      { run, module: { url, export: "move" } },
      /run of system s must be a function, or left out where there is a module/,
    ],
    ["a module that is a text", { module: url }, /module of system s must be \{ url, export \}/],
    ["a module without an export", { module: { url } }, /module of system s/],
    ["a module without a place", { module: { url: "", export: "move" } }, /module of system s/],
    ["a query that is no list", { run, query: Position }, /query of system s must be a list/],
    ["a query of numbers", { run, query: [7] }, /query of system s must be a list of components and terms/],
    ["a hole in a query", { run, query: [undefined] }, /query of system s/],
    ["a resource in a query", { run, query: [Score] }, /query of system s/],
    ["queries that are a list", { run, queries: [Position] }, /queries of system s must be an object/],
    ["a query by name that is no list", { run, queries: { near: Position } }, /near of system s must be a list/],
    ["a resource that is read", { run, reads: [Score] }, /reads of system s must be a list of components/],
    ["a term that is written", { run, writes: [write(Position)] }, /writes of system s must be a list of components/],
    ["a component that is set", { run, sets: [Position] }, /sets of system s must be a list of resources/],
    ["what is got being no list", { run, gets: Score }, /gets of system s must be a list/],
    ["an input that is emitted", { run, emits: [Push] }, /emits of system s must be a list of events/],
    ["nothing that is heard", { run, hears: [null] }, /hears of system s must be a list of events/],
    ["a name that is no list", { run, before: "a" }, /before of system s must be a list/],
    ["a system instead of its name", { run, after: [{ name: "a" }] }, /after of system s must be a list of names/],
    ["a rate of 0", { run, every: 0 }, /every of system s must be an integer from 1, not 0/],
    ["half a rate", { run, every: 1.5 }, /every of system s/],
    [
      "an offset beyond the rate",
      { run, every: 3, offset: 3 },
      /offset of system s must be an integer from 0 to 2, not 3/,
    ],
    ["an offset without a rate", { run, offset: 1 }, /offset of system s must be an integer from 0 to 0/],
    ["an offset below 0", { run, every: 3, offset: -1 }, /offset of system s/],
    ["a phase that is a number", { run, phase: 7 }, /phase of system s must be a text/],
    ["a condition that is none", { run, when: true }, /when of system s must be a function/],
    ["half an exclusive one", { run, exclusive: 1 }, /exclusive of system s must be true or false/],
  ])("of %s is refused", ([, options, message]) => {
    const error = refusal(() => system("s", options as Options));
    expect([error.code, error.message]).toEqual(["bad-argument", expect.stringMatching(message)]);
  });

  test.for(["", "a b", 7, "a\nb", "1", "x".repeat(65)])("named %j is refused", (name) => {
    expect(refusal(() => system(name as string, { run })).code).toBe("bad-schema");
  });
});
