import { expect, test } from "vitest";
import {
  ChildOf,
  createWorld,
  f32,
  f64,
  kernel,
  record,
  related,
  replay,
  type Simulation,
  type System,
  simulate,
  system,
  without,
} from "../../src/index.ts";
import { Bytes, Label, moving, Position, systems } from "./moving.ts";

/** The code with which a recording of one simulation is refused by another. */
async function refusal(recorded: Promise<Simulation>, other: () => Promise<Simulation>): Promise<unknown> {
  const bytes = new Bytes();
  record(await recorded, bytes).close();
  return replay(bytes.all, other).then(
    () => "nothing",
    (error) => error.code,
  );
}

test("a query that finds other entities is another schedule", async () => {
  const fewer = systems.map((one) =>
    one.name === "move" ? { ...one, query: [...(one.query ?? []), without(Label)] } : one,
  );
  expect(await refusal(moving(3), () => moving(3, 1, fewer))).toBe("schedule-mismatch");
  expect(await refusal(moving(3), () => moving(3))).toBe("nothing");
});

test("uniforms of another type are other code", async () => {
  const drift = (type: typeof f32 | typeof f64) =>
    kernel("drift", { write: [Position], uniforms: { dt: type } }, (position, k) => {
      position.x += k.dt;
    }).system({ uniforms: { dt: 0.1 } });
  const of = (type: typeof f32 | typeof f64): Promise<Simulation> => moving(3, 1, [drift(type)]);
  expect(await refusal(of(f32), () => of(f64))).toBe("code-mismatch");
  expect(await refusal(of(f64), () => of(f64))).toBe("nothing");
});

test("a query of another target is another schedule", async () => {
  const seeing = (row: number): Promise<Simulation> => {
    const world = createWorld({ components: [Position, ChildOf], seed: 1 });
    const parents = world.spawnMany(2, Position);
    const see = system("see", { query: [Position, related(ChildOf, parents[row]!)], run() {} });
    return simulate(world, [see as unknown as System]);
  };
  expect(await refusal(seeing(0), () => seeing(1))).toBe("schedule-mismatch");
  expect(await refusal(seeing(1), () => seeing(1))).toBe("nothing");
});
