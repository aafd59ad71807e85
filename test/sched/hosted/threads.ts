import { spawnSync } from "node:child_process";
import { type HostedWorld, type HostOptions, openWorld, type WorldloomError } from "../../../src/index.ts";

export const MODULE = new URL("./world.ts", import.meta.url);

export function open(options: Partial<HostOptions> = {}): Promise<HostedWorld> {
  return openWorld({ module: MODULE, ...options });
}

/** Workers of this process. */
export function threadsLeft(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
}

/** Runs code in a process of its own, that has `node:worker_threads` and all public names, and ends by itself. */
export function runAlone(code: string): { readonly status: number | null; readonly lines: readonly string[] } {
  const names = "openWorld, loop, WorldloomError";
  const head = `import { ${names} } from ${JSON.stringify(new URL("../../../src/index.ts", import.meta.url).href)};
    const module = ${JSON.stringify(MODULE.href)};
    const left = () => process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|Wrap|Immediate/.test(name)).join();
    const codeOf = (promise) => promise.then(() => "fine", ({ code }) => code);\n`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", head + code], {
    encoding: "utf8",
    timeout: 240_000,
  });
  return { status, lines: (stdout + stderr).trimEnd().split("\n") };
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<WorldloomError> {
  try {
    await promise;
  } catch (error) {
    return error as WorldloomError;
  }
  throw new Error("nothing was thrown");
}
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await errorOf(promise)).code;
}
