import { type HostedWorld, type HostOptions, openWorld, type WorldloomError } from "../../../src/index.ts";

export const MODULE = new URL("./world.ts", import.meta.url);

export function open(options: Partial<HostOptions> = {}): Promise<HostedWorld> {
  return openWorld({ module: MODULE, ...options });
}

/** What keeps this process alive of worlds: threads, timers. */
export function left(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /MessagePort|Worker|Timeout|Immediate/.test(name));
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
