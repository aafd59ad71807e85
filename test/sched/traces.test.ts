import { expect, test } from "vitest";
import { createWorld, simulate, Trace, traceKind } from "../../src/index.ts";

/** The crossings of each tick. */
function crossingsOf({ ring, names }: Trace): number[] {
  const found: number[] = [];
  ring.read(({ kind, name, value }) => {
    if (kind === traceKind.counter && names[name] === "crossings") found.push(value);
  });
  return found;
}

test("several traces at once count the same crossings, in whatever order they end", async () => {
  const simulation = await simulate(createWorld({}), []);
  const { jobs } = simulation.world.core;
  const before = { ...jobs };
  const tick = (): void => {
    simulation.step();
    jobs.threads(1);
    simulation.step();
  };
  const [first, second] = [new Trace(simulation), new Trace(simulation)];
  tick();
  expect(crossingsOf(first)).toEqual(crossingsOf(second));
  first.close();
  tick();
  const [a, b, c, d] = crossingsOf(second);
  expect([c, d]).toEqual([a, b]);
  expect(b).toBeGreaterThan(0);
  second.close();
  second.close();
  expect(jobs).toEqual(before);
  await simulation.close();
});
