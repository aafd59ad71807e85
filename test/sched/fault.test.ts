import { expect, test } from "vitest";
import { plantFault } from "../../src/index.ts";
import { refusal } from "../ecs/refusal.ts";
import { Label, moving, Position, run } from "./moving.ts";

test("a fault happens each time that its tick runs, until it is removed", async () => {
  const simulation = await moving();
  const { world } = simulation;
  const [entity] = world.query(Position).entities();
  const at = { tick: 3, entity: entity!, field: "y", bit: 4 };
  const fault = plantFault(simulation, { ...at, component: Position });
  run(simulation, 2);
  expect(fault.happened).toBe(0);
  using before = world.snapshot();
  const hashes = [true, true, false].map((planted, turn) => {
    if (!planted) fault.remove();
    world.restore(before);
    simulation.jumped();
    run(simulation, 1);
    expect(fault.happened).toBe(Math.min(turn + 1, 2));
    return world.hash();
  });
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[2]).not.toBe(hashes[1]);
});

test("an entity that lacks the component is left alone", async () => {
  const [simulation, twin] = [await moving(), await moving()];
  const [entity] = simulation.world.query(Position).entities();
  const fault = plantFault(simulation, { tick: 2, entity: entity!, component: Label, field: "other", bit: 4 });
  for (const one of [simulation, twin]) run(one, 3);
  expect([fault.happened, simulation.world.hash()]).toEqual([0, twin.world.hash()]);
});

test.each([
  [{ tick: 1.5 }, /^tick must be the number of a tick/],
  [{ bit: 32 }, /^bit must be an integer from 0 to 31/],
  [{ field: "z" }, /^field must be one of x, y/],
])("a fault %j is refused", async (wrong, message) => {
  const simulation = await moving(4);
  const given = { tick: 1, entity: 1, component: Position, field: "x", bit: 0, ...wrong };
  expect(refusal(() => plantFault(simulation, given))).toMatchObject({
    code: "bad-argument",
    message: expect.stringMatching(message),
  });
});
