import { spawnSync } from "node:child_process";
import { Failure, root } from "./target.ts";
import type { Workplace } from "./workplace.ts";

/** A program of another project, fetched when it is needed and never by set-up. */
export interface External {
  /** The package with its version. */
  readonly package: string;
  readonly words: readonly string[];
  /** Left out, that of the process that is profiled. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs it. Throws {@link Failure} where it cannot be fetched, and where it fails. */
export async function runExternal(place: Workplace, external: External): Promise<void> {
  const { package: name, words, env = place.env() } = external;
  const { error, status, signal } = await place.run("npx", ["--yes", name, ...words], { cwd: root, env });
  if (error === undefined && status === 0) return;
  if (error === undefined && signal === null && spawnSync("npx", ["--yes", name, "--version"], { env }).status === 0)
    throw new Failure(`${name} failed with status ${status}, see above.`);
  const reason = error?.message ?? (signal === null ? "see above" : `ended by ${signal}`);
  throw new Failure(
    `${name} could not be fetched or started (${reason}). It needs npx, and the network the first time.`,
  );
}
