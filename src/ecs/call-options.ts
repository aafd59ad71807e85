import { badArgument, expectFlags, expectOptions, type Known } from "../core/argument.ts";
import type { TickListener, TickOptions } from "./tick.ts";

export interface ApplyOptions {
  /** Keep the commands that take everything back. Default: no. */
  readonly record?: boolean;
}

/** What stands for options that are left out: there is nothing to check then. */
export const NO_OPTIONS: Readonly<Record<never, never>> = {};

const APPLY: Known<ApplyOptions> = { record: true };

/** Whether commands are applied with a record of what takes them back. Throws `bad-argument`. */
export function recordOf(options: ApplyOptions): boolean {
  if (options === NO_OPTIONS) return false;
  expectOptions(options, "options", APPLY);
  expectFlags(options, ["record"]);
  return options.record ?? false;
}

/** What a tick of a simulation can be told: its executor runs the bodies, and its journals are told of the stages. */
export type StepOptions = Partial<Omit<TickOptions, "bodies" | "staged">>;

const STEP: Known<StepOptions> = { checked: true, twice: true, timings: true, listener: true };
const TICK: Known<TickOptions> = { ...STEP, bodies: true, staged: true };

/** Throws `bad-argument` unless a tick of a world, or of a simulation, can be told this. Called in every tick. */
export function checkTick(options: Partial<TickOptions>, simulated: boolean): void {
  if (options === NO_OPTIONS) return;
  expectOptions<Partial<TickOptions>>(options, "options", simulated ? (STEP as Known<TickOptions>) : TICK);
  expectFlags(options, FLAGS);
  const { timings, listener, staged, bodies } = options;
  if (timings !== undefined && !(timings instanceof Map)) throw badArgument("timings", timings, "a Map");
  if (listener !== undefined) checkListener(listener);
  if (staged !== undefined && typeof staged !== "function") throw badArgument("staged", staged, "a function");
  if (bodies !== undefined && typeof bodies !== "function") throw badArgument("bodies", bodies, "a function");
}

const FLAGS = ["checked", "twice"] as const;

const TOLD = ["synced", "ended", "hashed"] as const;

/** Throws `bad-argument` unless ticks can tell it what they do. */
export function checkListener(listener: TickListener): void {
  if (typeof listener?.ran !== "function" || typeof listener.applied !== "function")
    throw badArgument("listener", listener, "an object with the functions ran and applied");
  for (const name of TOLD) {
    const told: unknown = listener[name];
    if (told !== undefined && typeof told !== "function") throw badArgument(`${name} of listener`, told, "a function");
  }
}
