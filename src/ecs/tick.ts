import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { applyCommands } from "./apply.ts";
import { runChecked } from "./checked.ts";
import type { Context } from "./context.ts";
import type { Core } from "./core.ts";
import { dropAll, expire } from "./event.ts";
import { hashWorld } from "./hash.ts";
import { releaseRoot, shareRoot } from "./store.ts";

export interface TickOptions {
  /** Check declarations, NaN and exactness of every system. Slow. Default: as the world was made. */
  readonly checked: boolean;
  /** Run the tick twice from the same state and compare hashes after each system. Slow. Default: no. */
  readonly twice: boolean;
  /** Milliseconds are added here by system; those of applying commands under `commands`. */
  readonly timings?: Map<string, number> | undefined;
}

/**
 * One tick: the tick number grows, events age, each system runs and then its commands are applied, inputs are dropped.
 * A tick that fails is dropped whole: the world is as before. Throws `tick-failed`, naming the system, with the cause.
 */
export function runTick(core: Core, contexts: readonly Context[], options: Partial<TickOptions>): void {
  const guard = core.copyRoot();
  const noted = core.observers.noted;
  let done = false;
  core.guards++;
  try {
    const first = once(core, contexts, options);
    if (options.twice) {
      core.adopt(shareRoot(core.arena, guard));
      core.observers.drop(noted);
      compare(contexts, first, once(core, contexts, options));
    }
    done = true;
  } finally {
    core.guards--;
    if (done) releaseRoot(core.arena, guard);
    else {
      core.adopt(guard);
      core.observers.drop(noted);
    }
  }
}

/** Returns the hash after each system, if they are to be compared. */
function once(core: Core, contexts: readonly Context[], options: Partial<TickOptions>): string[] {
  const hashes: string[] = [];
  core.store.tick++;
  const { declared } = core.schema;
  for (let id = 0; id < declared.length; id++) {
    if (declared[id]!.role === "event") expire(core, id, declared[id]!.lifetime, core.store.tick);
  }
  for (let s = 0; s < contexts.length; s++) {
    runSystem(core, contexts[s]!, options);
    if (options.twice) hashes.push(hashWorld(core));
  }
  for (let id = 0; id < declared.length; id++) if (declared[id]!.role === "input") dropAll(core, id);
  return hashes;
}

function runSystem(core: Core, context: Context, { checked, timings }: Partial<TickOptions>): void {
  const { commands, access, system } = context;
  const start = timings === undefined ? 0 : nowMs();
  const { iterations, busy } = core;
  core.running = context;
  core.busy++;
  commands.clear();
  try {
    if (checked ?? core.checked) runChecked(core, access, () => system.run(context));
    else system.run(context);
    core.running = undefined;
    core.busy = busy;
    if (timings !== undefined) addTime(timings, access.system, start);
    if (commands.count === 0) return;
    const applying = timings === undefined ? 0 : nowMs();
    applyCommands(core, [commands], false);
    if (timings !== undefined) addTime(timings, "commands", applying);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WorldloomError(
      "tick-failed",
      `Tick ${core.store.tick} was dropped: system ${access.system} failed: ${reason}`,
      { system: access.system, tick: core.store.tick },
      cause,
    );
  } finally {
    core.running = undefined;
    core.iterations = iterations;
    core.busy = busy;
  }
}

function addTime(timings: Map<string, number>, name: string, start: number): void {
  timings.set(name, (timings.get(name) ?? 0) + nowMs() - start);
}

function compare(contexts: readonly Context[], first: readonly string[], second: readonly string[]): void {
  const s = first.findIndex((hash, i) => hash !== second[i]);
  if (s < 0) return;
  const { system } = contexts[s]!.access;
  throw new WorldloomError(
    "nondeterminism",
    `System ${system} gave another result when the same tick ran twice; it depends on something outside the world.`,
    {
      system,
      hashes: [first[s], second[s]],
    },
  );
}
