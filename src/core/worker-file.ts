import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { WorldloomError } from "./errors.ts";

/**
 * The file that a thread starts with, beside the module at `module`: its source where sources run, else what was built of it.
 * Throws `module-failed` if it is not there.
 */
export function workerFile(name: string, module: string | undefined): URL {
  const file = module === undefined ? undefined : new URL(`./${name}.${module.endsWith(".ts") ? "ts" : "js"}`, module);
  if (file !== undefined && existsSync(file)) return file;
  throw new WorldloomError(
    "module-failed",
    `Threads start with ${file === undefined ? `${name}.js` : fileURLToPath(file)}, which is missing: a bundler has taken the modules of worldloom apart. List worldloom among its external packages.`,
    { name, module },
  );
}
