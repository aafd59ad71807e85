/**
 * Runs a scene tick by tick and lets the event loop turn between ticks: `node profiling/host.ts run SCENE [flags]`. Writes
 * the milliseconds a tick of each system to the file `WORLDLOOM_PROFILE_TIMES`.
 */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parseFlags } from "../src/cli/flags.ts";
import type { Scene } from "../src/index.ts";

const [, path = "", ...words] = process.argv.slice(2);
const file = statSync(path).isDirectory() ? join(path, "scene.ts") : path;
const { scene } = (await import(pathToFileURL(file).href)) as { scene: Scene };
const own = {
  ticks: { kind: "integer", min: 1, max: 10_000_000, default: 3000, summary: "" },
  seed: { kind: "integer", min: 0, max: 4_294_967_295, default: 1, summary: "" },
} as const;
const values = parseFlags({ ...scene.flags, ...own }, words) as Record<string, number>;
const ticks = values["ticks"]!;
const run = await scene.create({ values, seed: values["seed"]!, load: undefined });
for (let tick = 0; tick < ticks; tick++) {
  await run.step();
  await setImmediate();
}
const times = Object.fromEntries(Object.entries(run.systemMs()).map(([name, ms]) => [name, ms / ticks]));
writeFileSync(process.env["WORLDLOOM_PROFILE_TIMES"] ?? "times.json", JSON.stringify(times));
await run.dispose();
