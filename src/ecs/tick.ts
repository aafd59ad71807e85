import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { applyCommands } from "./apply.ts";
import { runChecked } from "./checked.ts";
import type { Context } from "./context.ts";
import type { Core } from "./core.ts";
import { dropAll, expire } from "./event.ts";
import { hashWorld } from "./hash.ts";
import { releaseRoot, shareRoot } from "./store.ts";

/** Told what a tick does and how long it takes. Times are those of {@link nowMs}. */
export interface TickListener {
  /** The body of a system ran from `startMs` to `endMs`. */
  ran(system: string, startMs: number, endMs: number): void;
  /** The commands of a system were applied, `count` of them. */
  applied(system: string, count: number, startMs: number, endMs: number): void;
  /** All commands of a stage were applied; stages are counted from 0. */
  synced?(stage: number, startMs: number, endMs: number): void;
  /** A tick of a simulation ended, or was dropped. */
  ended?(tick: number, startMs: number, endMs: number, failed: boolean): void;
  /** A simulation hashed its world. */
  hashed?(startMs: number, endMs: number): void;
}

export interface TickOptions {
  /** Check declarations, NaN and exactness of every system. Slow. Default: as the world was made. */
  readonly checked: boolean;
  /** Run the tick twice from the same state and compare hashes after each stage. Slow. Default: no. */
  readonly twice: boolean;
  /** Milliseconds are added here by system; those of applying commands under `commands`. */
  readonly timings?: Map<string, number> | undefined;
  readonly listener?: TickListener | undefined;
  /** Called when the commands of a stage have been applied, with the number of the stage, from 0. */
  readonly staged?: ((stage: number) => void) | undefined;
  /** Runs the bodies of the systems of a stage; they leave their commands in their contexts. Default: {@link runBodies}. */
  readonly bodies?: ((stage: readonly Context[], options: Partial<TickOptions>) => void) | undefined;
}

/** Systems of which none sees what another of them does: their commands are applied when all have run. */
export type Stage = readonly Context[];

/**
 * One tick: the tick number grows, events age, each stage runs and then the commands of its systems are applied in their
 * order, inputs are dropped. A tick that fails is dropped whole: the world is as before. Throws `tick-failed`, naming the
 * system, with the cause.
 */
export function runTick(core: Core, stages: readonly Stage[], options: Partial<TickOptions>): void {
  const guard = core.copyRoot();
  const noted = core.observers.noted;
  let done = false;
  core.guards++;
  core.ticking = true;
  try {
    const first = once(core, stages, options);
    if (options.twice) {
      core.adopt(shareRoot(core.arena, guard));
      core.observers.drop(noted);
      compare(stages, first, once(core, stages, { ...options, staged: undefined }));
    }
    done = true;
  } finally {
    core.ticking = false;
    core.guards--;
    if (done) releaseRoot(core.arena, guard);
    else {
      core.adopt(guard);
      core.observers.drop(noted);
    }
  }
}

/** Returns the hash after each stage, if they are to be compared. */
function once(core: Core, stages: readonly Stage[], options: Partial<TickOptions>): string[] {
  const hashes: string[] = [];
  const { listener } = options;
  core.store.tick++;
  core.attempts++;
  const { declared } = core.schema;
  for (let id = 0; id < declared.length; id++) {
    if (declared[id]!.role === "event") expire(core, id, declared[id]!.lifetime, core.store.tick);
  }
  for (let s = 0; s < stages.length; s++) {
    const stage = stages[s]!;
    if (options.bodies === undefined) runBodies(stage, options);
    else options.bodies(stage, options);
    const start = listener === undefined ? 0 : nowMs();
    for (let c = 0; c < stage.length; c++) applyOf(core, stage[c]!, options);
    listener?.synced?.(s, start, nowMs());
    options.staged?.(s);
    if (options.twice) hashes.push(hashWorld(core));
  }
  for (let id = 0; id < declared.length; id++) if (declared[id]!.role === "input") dropAll(core, id);
  return hashes;
}

/** Runs the bodies of the systems that are due, one after the other on this thread. Throws `tick-failed`. */
export function runBodies(stage: Stage, options: Partial<TickOptions>): void {
  const { tick } = stage.length === 0 ? { tick: 0 } : stage[0]!;
  const asks = stage.length > 0 && (options.checked ?? stage[0]!.world.core.checked);
  for (let c = 0; c < stage.length; c++) stage[c]!.decide(tick, asks);
  for (let c = 0; c < stage.length; c++) if (stage[c]!.due) runBody(stage[c]!, options);
}

/** Runs the body of a system on this thread. Its commands stay in its context. Throws `tick-failed`. */
export function runBody(context: Context, { checked, timings, listener }: Partial<TickOptions>): void {
  const { core } = context.world;
  const { access, system } = context;
  const timed = timings !== undefined || listener !== undefined;
  const start = timed ? nowMs() : 0;
  const { iterations, busy } = core;
  core.running = context;
  core.busy++;
  try {
    if (checked ?? core.checked) runChecked(core, context, () => checkSync(system.run(context)));
    else checkSync(system.run(context));
  } catch (cause) {
    throw tickFailed(core, access.system, cause);
  } finally {
    core.running = undefined;
    core.iterations = iterations;
    core.busy = busy;
  }
  if (!timed) return;
  const end = nowMs();
  if (timings !== undefined) addTime(timings, access.system, end - start);
  listener?.ran(access.system, start, end);
}

/** Throws where a body is not over when it returns: nobody would wait for it. */
function checkSync(result: unknown): void {
  if (result instanceof Promise)
    throw new WorldloomError("bad-argument", "its body is async, and a tick waits for nobody; await before the tick.");
}

/** What a tick throws when a system failed. */
export function tickFailed(core: Core, system: string, cause: unknown): WorldloomError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const { tick } = core.store;
  return new WorldloomError(
    "tick-failed",
    `Tick ${tick} was dropped: system ${system} failed: ${reason}`,
    { system, tick },
    cause,
  );
}

function applyOf(core: Core, context: Context, { timings, listener }: Partial<TickOptions>): void {
  const buffers = context.due ? context.recorded() : NOTHING;
  if (buffers.length === 0) return;
  const timed = timings !== undefined || listener !== undefined;
  const start = timed ? nowMs() : 0;
  let count: number;
  try {
    const { applied, skipped } = applyCommands(core, buffers, false);
    count = applied + skipped;
  } catch (cause) {
    throw tickFailed(core, context.access.system, cause);
  }
  if (!timed) return;
  const end = nowMs();
  if (timings !== undefined) addTime(timings, "commands", end - start);
  listener?.applied(context.access.system, count, start, end);
}

const NOTHING: readonly never[] = [];

function addTime(timings: Map<string, number>, name: string, ms: number): void {
  timings.set(name, (timings.get(name) ?? 0) + ms);
}

function compare(stages: readonly Stage[], first: readonly string[], second: readonly string[]): void {
  const s = first.findIndex((hash, i) => hash !== second[i]);
  if (s < 0) return;
  const names = stages[s]!.map(({ access }) => access.system);
  throw new WorldloomError(
    "nondeterminism",
    `${names.length === 1 ? "System" : "One of"} ${names.join(", ")} gave another result when the same tick ran twice; it depends on something outside the world.`,
    {
      system: names[0],
      systems: names,
      hashes: [first[s], second[s]],
    },
  );
}
