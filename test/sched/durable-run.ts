import { appendFileSync } from "node:fs";
import { type DurableLog, durable, fileLog } from "../../src/index.ts";
import { Died, drive, moving } from "./moving.ts";

/** Runs a durable simulation to a tick and prints its hash; ends itself with SIGKILL at call `killAt` of the log, if given. */
const [folder, effects, ticks, every, killAt, before] = process.argv.slice(2) as [string, string, ...string[]];

let calls = 0;
const dies = (run: () => void): void => {
  const ends = ++calls === Number(killAt);
  if (ends && before === "before") process.kill(process.pid, "SIGKILL");
  run();
  if (ends) process.kill(process.pid, "SIGKILL");
};
const files = fileLog(folder);
const log: DurableLog = {
  load: () => files.load(),
  append: (record) => dies(() => files.append(record)),
  snapshot: (bytes) => dies(() => files.snapshot(bytes)),
  close: () => files.close(),
};
const simulation = await moving();
const run = await durable(simulation, {
  log,
  every: Number(every),
  hashEvery: 5,
  outbox: {
    events: [Died],
    deliver: ({ key, values }) => appendFileSync(effects, `${key} ${JSON.stringify(values)}\n`),
  },
});
while (simulation.tick < Number(ticks)) {
  drive(simulation, simulation.tick + 1);
  simulation.step();
  // Others have their turn now and then, as in a server.
  if (simulation.tick % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await run.settled();
process.stdout.write(simulation.world.hash());
