import { badArgument, expectOptions } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { ScriptFault } from "../fault.ts";
import { book, status } from "./script.ts";

/** What becomes of an instance whose call was stopped. */
export interface FaultPolicy {
  /** `restart`: made again from its state after a while. `pause`: until somebody resumes it. `quarantine`: as if its health were 0. */
  readonly action: "restart" | "pause" | "quarantine";
  /** Ticks until it is made again; doubled for each further fault. */
  readonly backoffTicks: number;
  readonly backoffTicksMax: number;
  /** Health that a fault costs, of 1. Without health left it is quarantined. */
  readonly healthLoss: number;
  /** Ticks without a fault after which an instance counts as well again. */
  readonly recoverTicks: number;
}

export const DEFAULT_POLICY: FaultPolicy = {
  action: "restart",
  backoffTicks: 30,
  backoffTicksMax: 3_600,
  healthLoss: 0.125,
  recoverTicks: 1_800,
};

/** A policy, with `defaults` for what it leaves out. Throws `bad-argument`. */
export function policyOf(given: Partial<FaultPolicy> = {}, defaults: FaultPolicy = DEFAULT_POLICY): FaultPolicy {
  expectOptions(given, "policy");
  const policy: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(DEFAULT_POLICY, name))
      throw new WorldloomError(
        "bad-argument",
        `A policy has no ${name}; it has ${Object.keys(DEFAULT_POLICY).join(", ")}.`,
        { name },
      );
    if (name === "action" && !ACTIONS.includes(value as string))
      throw badArgument("policy.action", value, ACTIONS.join(", "));
    if (name !== "action" && !((value as number) >= 0))
      throw badArgument(`policy.${name}`, value, "a number of at least 0");
    policy[name] = value;
  }
  return policy as unknown as FaultPolicy;
}
const ACTIONS: readonly string[] = ["restart", "pause", "quarantine"];

/** Notes that an instance which does not run is to be made again in `tick`, as one that never failed. */
export function noteResumed(columns: readonly ArrayLike<number>[], row: number, tick: number): void {
  const write = (column: number, value: number): void => {
    (columns[column] as number[])[row] = value;
  };
  const now = columns[book.status]![row]!;
  if (now === status.fresh || now === status.running) return;
  write(book.status, status.waiting);
  write(book.until, tick);
  write(book.failures, 0);
  write(book.health, 1);
}

/** Notes a fault of the instance in `row` in its columns. Its heap is gone: the columns are all that stays. */
export function noteFault(
  columns: readonly ArrayLike<number>[],
  row: number,
  fault: ScriptFault,
  tick: number,
  policy: FaultPolicy,
): void {
  const write = (column: number, value: number): void => {
    (columns[column] as number[])[row] = value;
  };
  write(book.instance, 0);
  // The tick ran out of instructions, not this call.
  if (fault.kind === "instructionsPerTick") return write(book.status, status.fresh);
  const well = tick - columns[book.fault]![row]! > policy.recoverTicks && columns[book.fault]![row]! > 0;
  const failures = well ? 0 : columns[book.failures]![row]!;
  const health = Math.max(0, (well ? 1 : columns[book.health]![row]!) - policy.healthLoss);
  write(book.fault, tick);
  write(book.failures, Math.min(65_535, failures + 1));
  write(book.health, health);
  if (health <= 0 || policy.action === "quarantine") return write(book.status, status.quarantined);
  if (policy.action === "pause") return write(book.status, status.paused);
  write(book.status, status.waiting);
  write(book.until, tick + Math.min(policy.backoffTicksMax, policy.backoffTicks * (1 << Math.min(failures, 20))));
}
