import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  component,
  createWorld,
  durable,
  f32,
  fileLog,
  input,
  Rollback,
  record,
  replay,
  type Simulation,
  simulate,
  str,
  system,
  write,
} from "worldloom";

const Balance = component("Balance", { of: f32 });
const Payment = input("Payment", { sum: f32, from: str });

async function bank(): Promise<Simulation> {
  const world = createWorld({ components: [Balance], inputs: [Payment], seed: 7 });
  world.spawn(Balance);
  const book = system("book", {
    query: [write(Balance)],
    run: ({ query, world }) => {
      for (const { sum } of world.inputs(Payment)) {
        if (sum < 0) throw new Error("a payment below 0");
        for (const { balance } of query.chunks()) balance.of[0] = balance.of[0]! + sum;
      }
    },
  });
  return simulate(world, [book]);
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "worldloom-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Pays, with an input that makes the second tick fail until it is dropped. */
function pay(simulation: Simulation): void {
  using rollback = new Rollback(simulation, { keep: 2 });
  simulation.input(Payment, { sum: 3, from: "Ada" });
  simulation.step();
  const before = simulation.world.hash();
  simulation.input(Payment, { sum: -1, from: "Eve" });
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(() => simulation.step()).toThrow(expect.objectContaining({ code: "tick-failed" }));
    expect(simulation.world.inputs(Payment)).toHaveLength(1);
  }
  rollback.rollback(simulation.tick);
  expect([simulation.world.hash(), simulation.world.inputs(Payment)]).toEqual([before, []]);
  simulation.input(Payment, { sum: 4, from: "Bob" });
  simulation.step();
  const [account] = simulation.world.query(Balance).entities();
  expect(simulation.world.get(account!, Balance)).toEqual({ of: 7 });
}

test("what makes a tick fail can be dropped, and a recording never had it", async () => {
  const simulation = await bank();
  const path = join(folder(), "bank.recording");
  const recorder = record(simulation, path);
  pay(simulation);
  recorder.close();
  expect(await replay(path, bank, { verify: true })).toMatchObject({
    ticks: 2,
    difference: undefined,
    hash: simulation.world.hash(),
  });
});

test("what makes a tick fail can be dropped, and a durable run goes on without it", async () => {
  const path = folder();
  const simulation = await bank();
  const run = await durable(simulation, { log: fileLog(path) });
  pay(simulation);
  const hash = simulation.world.hash();
  await run.close();
  const again = await bank();
  const resumed = await durable(again, { log: fileLog(path) });
  expect([again.tick, again.world.hash()]).toEqual([2, hash]);
  await resumed.close();
});
