import { describe, expect, test, vi } from "vitest";
import {
  Arena,
  added,
  ChildOf,
  changed,
  component,
  createWorld,
  f32,
  kernel,
  loadBody,
  related,
  type SimulationOptions,
  type System,
  schedule,
  simulate,
  system,
  type World,
  without,
} from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";
import { Hit, moveQuery, Order, Position, Push, Score, types, Velocity } from "./system-bodies.ts";

const url = new URL("./system-bodies.ts", import.meta.url).href;
const make = (rows = 0, checked = true): World => {
  const world = createWorld({ ...types, arena: new Arena(), chunkRows: 32, seed: 7, checked });
  if (rows > 0) world.spawnMany(rows, [Position, { x: (i: number) => i }], Velocity);
  return world;
};
/** A system that notes the tick in which it runs. */
const noting = (name: string, told: string[], options: object = {}): System =>
  system(name, { ...options, run: ({ tick }) => void told.push(`${name}${tick}`) }) as System;

describe("a system runs", () => {
  test.for<[object, number[]]>([
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ every: 2 }, [2, 4, 6]],
    [{ every: 3, offset: 1 }, [1, 4]],
    [{ every: 4, offset: 3 }, [3]],
    [{ when: ({ tick }: World) => tick > 4 }, [5, 6]],
    [{ every: 2, when: ({ tick }: World) => tick > 2 }, [4, 6]],
    [{ when: () => false }, []],
  ])("with %j in the right ticks", async ([options, ticks]) => {
    const told: string[] = [];
    const simulation = await simulate(make(), [noting("s", told, options)]);
    for (let tick = 0; tick < 6; tick++) simulation.step();
    expect(told).toEqual(ticks.map((tick) => `s${tick}`));
  });

  test("by a condition that is asked at the start of its stage", async () => {
    const world = make(3);
    const counted: number[] = [];
    const when = (asked: World): boolean => counted.push(asked.query(Order).count) % 2 === 1;
    const plan = schedule({
      systems: [
        system("first", { run: ({ commands }) => void commands.spawn(Order) }),
        noting("beside", [], { when }),
        noting("later", [], { when, after: ["first"] }),
      ],
    });
    const simulation = await simulate(world, plan);
    for (let tick = 0; tick < 2; tick++) simulation.step();
    expect(counted).toEqual([0, 1, 1, 2]);
  });

  test("phase by phase, stage by stage, in the order of the list", async () => {
    const told: string[] = [];
    const systems = [
      noting("draw", told, { phase: "late" }),
      noting("b", told, { after: ["a"] }),
      noting("c", told),
      noting("a", told),
    ];
    const simulation = await simulate(make(), schedule({ systems, phases: ["early", "late"] }));
    simulation.step();
    expect(told).toEqual(["c1", "a1", "b1", "draw1"]);
  });

  test("with the commands of its due ticks alone", async () => {
    const simulation = await simulate(make(), [
      system("spawn", { every: 2, run: ({ commands }) => void commands.spawn(Position) }),
    ]);
    for (let tick = 0; tick < 5; tick++) simulation.step();
    expect(simulation.world.entityCount).toBe(2);
  });
});

describe("kernels of a schedule", () => {
  test("are prepared once each where that is asked for", async () => {
    const Place = component("Place", { x: f32 });
    const step = kernel("step", { write: [Place] }, (place) => {
      place.x += 1;
    });
    const prepared = vi.spyOn(step, "prepare");
    const run = async (options: SimulationOptions) => {
      const world = createWorld({ components: [Place], arena: new Arena() });
      world.spawnMany(50, Place);
      const twice = [step.system(), step.system({ name: "again", after: ["step"] })];
      await using simulation = await simulate(world, twice, options);
      simulation.step();
      return world.hash();
    };
    const hash = await run({});
    expect(prepared).not.toHaveBeenCalled();
    expect(await run({ prepare: true })).toBe(hash);
    expect(prepared).toHaveBeenCalledTimes(1);
    await expect(run({ prepare: 1 as never })).rejects.toThrow(/prepare must be true or false, not 1/);
  });
});

describe("systems of one stage", () => {
  test("see nothing of each other, those of the next see all", async () => {
    const world = make(2);
    const seen: unknown[] = [];
    const look = (name: string, options: object): System =>
      system(name, {
        ...options,
        query: [Position],
        run: ({ query, world: { tick }, world: within }) =>
          void seen.push([name, tick, query.count, within.events(Hit).length, within.resource(Score).x]),
      }) as System;
    const change = system("change", {
      query: [Position],
      run({ world: within, commands, query }) {
        within.emit(Hit, { at: 1 });
        within.setResource(Score, { x: within.tick });
        commands.spawn(Position);
        within.spawn(Position);
        within.despawn(query.entities()[0]!);
        seen.push(["change", within.tick, query.count, within.events(Hit).length, within.resource(Score).x]);
      },
    });
    const simulation = await simulate(world, [change, look("beside", {}), look("later", { after: ["change"] })]);
    for (let tick = 0; tick < 2; tick++) simulation.step();
    expect(seen).toEqual([
      ["change", 1, 2, 0, 0],
      ["beside", 1, 2, 0, 0],
      ["later", 1, 3, 1, 1],
      ["change", 2, 3, 1, 1],
      ["beside", 2, 3, 1, 1],
      ["later", 2, 4, 2, 2],
    ]);
  });

  test("have their commands applied in the order of the list", async () => {
    const world = make();
    const tell = (name: string, at: number): System =>
      system(name, {
        run: ({ commands }) => void [commands.emit(Hit, { at }), commands.emit(Hit, { at: at + 0.5 })],
      }) as System;
    const simulation = await simulate(world, [tell("b", 3), tell("a", 1), tell("c", 2)]);
    simulation.step();
    expect(world.events(Hit).map(({ at }) => at)).toEqual([3, 3.5, 1, 1.5, 2, 2.5]);
  });
});

describe("a body in a module", () => {
  const module = (name: string, options: object = {}): System =>
    system(name, { query: moveQuery, ...options, module: { url, export: name } }) as System;
  /** The same as {@link move} there, on the main thread. */
  const inline = system("move", {
    query: moveQuery,
    run({ query, random }) {
      for (const { count, entities, position, velocity } of query.chunks())
        for (let i = 0; i < count; i++) position.x[i]! += velocity.x[i]! + random(entities[i]!);
    },
  });

  test("gets every chunk, so that terms which pick some are refused", () => {
    for (const term of [changed(Position), added(Position), related(ChildOf, 1)])
      expect(() => system("some", { query: [term], module: { url, export: "move" } })).toThrow(
        expect.objectContaining({
          code: "bad-argument",
          message: expect.stringMatching(/query of system some.*every chunk/),
        }),
      );
    for (const query of [7, [undefined], { Position }])
      expect(() => system("some", { query: query as never, module: { url, export: "move" } })).toThrow(
        expect.objectContaining({ code: "bad-argument" }),
      );
  });

  test("does what one on the main thread does", async () => {
    const hashes = async (moving: System): Promise<string[]> => {
      const simulation = await simulate(make(100), [moving]);
      return Array.from({ length: 5 }, () => {
        simulation.step();
        return simulation.hash();
      });
    };
    expect(await hashes(module("move"))).toEqual(await hashes(inline as unknown as System));
  });

  test("runs in a step of the world once it is loaded", async () => {
    const world = make(3);
    const [loaded, unloaded] = [module("move"), { ...module("tell") }];
    expect(await loadBody(loaded.module!)).toBeTypeOf("function");
    world.step([loaded]);
    expect(world.tick).toBe(1);
    const error = refusal(() => world.step([unloaded]));
    expect([error.code, (error.cause as { code?: string }).code, world.tick]).toEqual([
      "tick-failed",
      "module-failed",
      1,
    ]);
    expect(error.message).toMatch(
      /system tell failed: Module .*system-bodies\.ts is not loaded on this thread; await simulate/,
    );
  });

  test("has the commands of its chunks applied by chunk, then in their order", async () => {
    const world = make(70);
    const simulation = await simulate(world, [
      system("before", { run: ({ commands }) => void commands.emit(Hit, { at: 1000 }) }),
      module("tell"),
      system("behind", { run: ({ commands }) => void commands.emit(Hit, { at: 2000 }) }),
    ]);
    simulation.step();
    const rows = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
    expect(world.events(Hit).map(({ at }) => at)).toEqual([
      1000,
      ...[-0, ...rows(0, 32), -1, ...rows(32, 64), -2, ...rows(64, 70)],
      2000,
    ]);
    expect([...world.query(Order).entities()].map((who) => world.get(who, Order)!.of)).toEqual([0, 1, 2]);
    // Nothing is left over for a tick in which there is less to say.
    world.despawnMany(world.query(Velocity).entities().slice(0, 60));
    simulation.step();
    expect(world.query(Order).count).toBe(4);
  });

  test.for<[number, object, string | undefined]>([
    [0, {}, "may not read Velocity here; declare it in its reads"],
    [0, { reads: [Velocity] }, undefined],
    [0, { queries: { others: [Velocity] } }, "may not read Velocity here"],
    [0, { query: [Order, without(Velocity)] }, "may not read Velocity here"],
    [0, { writes: [Velocity] }, "may not read Velocity here"],
    [0, { reads: [Velocity], writes: [Velocity] }, "in its reads, and not write it"],
    [1, {}, "may not read Score here; declare it in its gets"],
    [1, { sets: [Score] }, "may not read Score here"],
    [1, { gets: [Score] }, undefined],
    [2, {}, "may not read Hit here; declare it in its hears"],
    [2, { emits: [Hit] }, "may not read Hit here"],
    [2, { hears: [Hit] }, undefined],
    [3, {}, "may not read Order here"],
    [3, { reads: [Order] }, undefined],
    [4, { reads: [Position] }, "no entity"],
    [5, { reads: [Position] }, undefined],
  ])("reads only what is declared (%i with %j)", async ([which, options, message]) => {
    for (const checked of [true, false]) {
      const world = make(0, checked);
      world.spawn([Order, { of: which }], [Position, { x: 3 }]);
      const simulation = await simulate(world, [module("look", { query: [Order], ...options })]);
      simulation.input(Push, { by: 2 });
      const hash = world.hash();
      if (message === undefined) {
        simulation.step();
        expect(world.tick).toBe(1);
        continue;
      }
      const error = refusal(() => simulation.step());
      const { code } = error.cause as { code?: string };
      expect([error.code, code, error.operands["system"]]).toEqual([
        "tick-failed",
        which === 4 ? "entity-stale" : "undeclared-access",
        "look",
      ]);
      if (which !== 4) expect(error.message).toContain(message);
      expect([world.hash(), world.tick]).toEqual([hash, 0]);
    }
  });
});
