import { expect, test } from "vitest";
import {
  component,
  createWorld,
  durable,
  f32,
  kernel,
  loop,
  openWorld,
  parallel,
  Rollback,
  record,
  replay,
  schedule,
  simulate,
  system,
} from "../../src/index.ts";

const Position = component("Position", { x: f32 });

test("options that do not exist are refused with those that do", async () => {
  const world = createWorld({ components: [Position] });
  const push = kernel("push", { write: [Position], uniforms: { dt: f32 } }, (position, k) => {
    position.x += k.dt;
  });
  const simulation = await simulate(world, [push.system({ uniforms: { dt: 1 } })]);
  const sink = { write: () => undefined, close: () => undefined };
  const hash = world.hash();
  const calls: readonly [given: object, call: (options: never) => unknown, known: RegExp][] = [
    [{ relations: [] }, createWorld, /^There is no relations in options; there are components, resources, events/],
    [{ run() {}, befor: [] }, (options) => system("s", options), /no befor in options of system s; .*before, after/],
    [
      { writes: [Position] },
      (options) => kernel("k", options, () => undefined),
      /no writes in options; there are write, read/,
    ],
    [{ dt: 1, dy: 2 }, (uniforms) => push.run(world, uniforms), /no dy in uniforms; there are dt\./],
    [{ indices: 1 }, (options) => push.run(world, { dt: 1 }, options), /no indices in options; there are index/],
    [{ before: [], of: 1 }, (options) => push.system(options), /no of in options of a system of kernel push/],
    [{ systems: [], phase: "a" }, schedule, /no phase in options; there are systems, phases/],
    [{ thread: 2 }, parallel, /no thread in options; there are threads/],
    [{ executors: 1 }, (options) => simulate(world, [], options), /no executors in options; there are executor/],
    [{ tick: 1 }, (options) => loop(simulation, options), /no tick in options; there are tickMs/],
    [{ kept: 1 }, (options) => new Rollback(simulation, options), /no kept in options; there are keep/],
    [{ hashes: 1 }, (options) => record(simulation, sink, options), /no hashes in options; there are hashEvery/],
    [
      { until: 1 },
      (options) => replay(new Uint8Array(0), () => simulation, options),
      /no until in options; there are .*to/,
    ],
    [
      { log: { load: () => undefined }, hash: 1 },
      (options) => durable(simulation, options),
      /no hash in options; there are log/,
    ],
    [{ module: "file:///a", time: 1 }, openWorld, /no time in options; there are module/],
  ];
  for (const [given, call, known] of calls) {
    const refusal = await (async () => call(given as never))().then(
      () => undefined,
      (error) => error,
    );
    expect([refusal?.code, refusal?.message]).toEqual(["bad-argument", expect.stringMatching(known)]);
  }
  expect(world.hash()).toBe(hash);
  await simulation.close();
  world.dispose();
});
