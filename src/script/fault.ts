import type { Budget } from "./budget.ts";
import type { Entity } from "./host.ts";

/** Why a call was stopped: an error of the script's own, a trap, or the budget that it used up. */
export type FaultKind = "error" | "trap" | "work" | Exclude<keyof Budget, "memoryBytes" | "watchdogMs"> | "memory";

/** A call that was stopped. The world is as before that call. */
export interface ScriptFault {
  readonly kind: FaultKind;
  readonly engine: string;
  readonly script: string;
  /** 0 where no entity is concerned. */
  readonly entity: Entity;
  readonly message: string;
  /** Where in the source, from 1; 0 where that is not known. */
  readonly line: number;
  /** The calls that led there, innermost first, where the engine knows them. */
  readonly trace: readonly string[];
}

/** Thrown through an engine to end a call for a budget: scripts cannot catch it. */
export class ScriptStop extends Error {
  readonly kind: FaultKind;
  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
