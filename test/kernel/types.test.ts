import { describe, expect, test } from "vitest";
import {
  array,
  bool,
  type Component,
  component,
  createWorld,
  entity,
  event,
  f32,
  f64,
  type Kernel,
  type KernelCalls,
  kernel,
  type Resource,
  resource,
  u8,
  vec2,
} from "../../src/index.ts";

const Agent = component("Agent", { x: f32, mode: u8, on: bool, target: entity, at: vec2(f32), items: array(f32, 3) });
const Stats = resource("Stats", { sum: f64, any: bool, centre: vec2(f64), who: entity, list: array(f32, 2) });

/** What only the compiler looks at. */
const compiled = (_: () => void): void => {};

describe("types", () => {
  test("of a system want the uniforms that its kernel has", () => {
    const plain = kernel("plain", { write: [Agent] }, (agent) => {
      agent.x += 1;
    });
    const timed = kernel("timed", { write: [Agent], uniforms: { dt: f32 } }, (agent, k) => {
      agent.x += k.dt;
    });
    compiled(() => [plain.system(), plain.system({ every: 2 }), (timed as Kernel).system()]);
    compiled(() => [timed.system({ uniforms: { dt: 1 } }), timed.system({ uniforms: ({ tick }) => ({ dt: tick }) })]);
    // @ts-expect-error: no uniforms
    compiled(() => timed.system());
    // @ts-expect-error: no uniforms among the options
    compiled(() => timed.system({ every: 2 }));
  });

  test("of constants are those of variables, so that what starts as one can become another", () => {
    const rule = kernel(
      "rule",
      { write: [Agent], constants: { MOST: 4, DEBUG: false, Mode: { Idle: 0, Chase: 1 } } },
      (agent, k) => {
        let least = k.MOST;
        if (agent.x < least) least = agent.x;
        let mode = k.Mode.Idle;
        if (least < 2 || k.DEBUG === true) mode = k.Mode.Chase;
        agent.x = least;
        agent.mode = mode;
      },
    );
    expect(rule.explain().bytesStored).toBe(5);
  });

  test("of lists among the constants are lists of numbers", () => {
    const cost = kernel("cost", { write: [Agent], constants: { COSTS: [10, 20, 40] } }, (agent, k) => {
      let cost = k.COSTS[0];
      for (let i = 0; i < k.COSTS.length; i++) if (i === agent.mode) cost = k.COSTS[i];
      agent.x = cost as number;
    });
    expect(cost.explain().bytesLoaded).toBe(1);
  });

  test("of k have the components of the parameters by name, as bundlers need it", () => {
    const State = component("State", { of: entity });
    const constants = { State: { Idle: 2 } };
    const follow = kernel("follow", { write: [Agent], read: [State], uses: [Stats], constants }, (agent, state, k) => {
      if (k.has(state.of, k.Agent)) agent.mode = k.State.Idle;
      k.count(k.Stats, "sum");
    });
    const world = createWorld({ components: [Agent, State], resources: [Stats] });
    const other = world.spawn(Agent);
    const one = world.spawn(Agent, [State, { of: other }]);
    follow.run(world);
    expect(world.get(one, Agent)?.mode).toBe(2);
    world.dispose();
    const some = (written: Component) =>
      kernel("some", { write: [written], uniforms: { dt: f32 }, uses: [Stats] }, (_, k) => k.sum(k.Stats, "sum", k.dt));
    compiled(() => some(Agent));
  });

  test("of reductions name numbers, also those of vectors", () => {
    const centre = kernel("centre", { read: [Agent], uses: [Stats] }, (agent, k) => {
      k.sum(Stats, "centre.x", agent.x);
      k.max(Stats, "sum", agent.x);
    });
    const world = createWorld({ components: [Agent], resources: [Stats] });
    world.spawnMany(3, [Agent, { x: (i) => i }]);
    centre.run(world);
    expect(world.resource(Stats)).toMatchObject({ sum: 2, centre: { x: 3, y: 0 } });
    world.dispose();
    const any: Resource = Stats;
    compiled(() => kernel("any", { uses: [any] }, (k) => k.count(any, "sum")));
    compiled(() =>
      kernel("wrong", { read: [Agent], uses: [Stats] }, (agent, k) => {
        // @ts-expect-error: a vector
        k.sum(Stats, "centre", agent.x);
        // @ts-expect-error: a boolean
        k.min(Stats, "any", agent.x);
        // @ts-expect-error: an entity
        k.max(Stats, "who", agent.x);
        // @ts-expect-error: an array
        k.count(Stats, "list");
      }),
    );
  });

  test("of rows that are written let numbers be assigned, vectors and arrays by their parts", () => {
    compiled(() =>
      kernel("move", { write: [Agent] }, (agent) => {
        agent.x = 1;
        agent.on = true;
        agent.target = 0;
        agent.at.x = 1;
        agent.items[0] = 1;
        // @ts-expect-error: by its axes
        agent.at = { x: 1, y: 1 };
        // @ts-expect-error: by its elements
        agent.items = [1, 2, 3];
      }),
    );
    compiled(() =>
      kernel("look", { read: [Agent] }, (agent) => {
        // @ts-expect-error: only read
        agent.x = 1;
        // @ts-expect-error: only read
        agent.at.x = 1;
      }),
    );
  });

  test("of calls of k are for what the kernel uses", () => {
    const Fallen = event("Fallen", { x: f32 });
    const Frozen = component("Frozen", {});
    compiled(() =>
      kernel("uses", { write: [Agent], uses: [Fallen, Frozen] }, (agent, k) => {
        k.emit(Fallen, { x: agent.x });
        k.emit(k.Fallen);
        k.addTag(Frozen);
        agent.x = k.at(agent.target, Agent).x + (k.has(k.entity, Frozen) ? 1 : 0);
        // @ts-expect-error: no field of it
        k.emit(Fallen, { y: 1 });
      }),
    );
    compiled(() =>
      kernel("lacks", { write: [Agent], uses: [Stats] }, (agent, k) => {
        // @ts-expect-error: not among uses
        k.emit(Fallen, { x: 1 });
        // @ts-expect-error: not among uses
        k.addTag(Frozen);
        // @ts-expect-error: not among uses
        agent.x = k.at(agent.target, Frozen) === undefined ? 0 : 1;
      }),
    );
    const calls = (k: KernelCalls) => k.emit(Fallen, { x: k.at(k.entity, Agent).x });
    compiled(() =>
      kernel("passes", { write: [Agent], uses: [Fallen] }, (_, k) => {
        calls(k);
      }),
    );
  });

  test("of runs and systems want the uniforms that there are", () => {
    const world = createWorld({ components: [Agent] });
    const still = kernel("still", { write: [Agent] }, (agent) => {
      agent.x = 1;
    });
    const move = kernel("move", { write: [Agent], uniforms: { dt: f32 } }, (agent, k) => {
      agent.x += k.dt;
    });
    still.run(world);
    still.system();
    move.run(world, { dt: 1 });
    move.system({ uniforms: { dt: 1 } });
    move.system({ uniforms: ({ tick }) => ({ dt: tick }) });
    const all: readonly Kernel[] = [still, move];
    for (const each of all) each.run(world, each.declaration.uniforms["dt"] && { dt: 1 });
    // @ts-expect-error: dt
    expect(() => move.run(world)).toThrow(/dt/);
    // @ts-expect-error: dt
    expect(() => move.run(world, {})).toThrow(/dt/);
    compiled(() => {
      // @ts-expect-error: dt
      move.system({ after: ["still"] });
    });
    world.dispose();
  });
});
