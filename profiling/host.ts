/**
 * Runs a scene tick by tick and lets the event loop turn between ticks: `node profiling/host.ts run SCENE [flags]`. Writes
 * the milliseconds a tick of each system to the file `WORLDLOOM_PROFILE_TIMES`.
 */
import { writeFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { WorldloomError } from "../src/core/errors.ts";
import { hostScene } from "./host-scene.ts";

try {
  await host(process.argv.slice(3));
} catch (error) {
  if (!(error instanceof WorldloomError)) throw error;
  console.error(`${error.message} (${error.code})`);
  process.exitCode = error.code === "usage" ? 2 : 1;
}

async function host([path = "", ...words]: readonly string[]): Promise<void> {
  const { scene, ticks, seed, values } = await hostScene(path, words);
  const run = await scene.create({ values, seed, load: undefined });
  for (let tick = 0; tick < ticks; tick++) {
    await run.step();
    await setImmediate();
  }
  const times = Object.fromEntries(Object.entries(run.systemMs()).map(([name, ms]) => [name, ms / ticks]));
  writeFileSync(process.env["WORLDLOOM_PROFILE_TIMES"] ?? "times.json", JSON.stringify(times));
  await run.dispose();
}
