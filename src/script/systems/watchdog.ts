import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import { heldMs } from "../held.ts";

/** Calls between two looks at the clock. */
const CALLS = 16;

/**
 * Drops a tick whose scripts take too long by the clock. Exact budgets come first; this is for machines that are slower than
 * their budgets were made for. It aborts, so that what is nondeterministic never becomes state.
 */
export class Watchdog {
  readonly #limitMs: number;
  #startMs = 0;
  #calls = 0;
  #script = "";

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** The scripts of a tick begin. */
  start(): void {
    this.#startMs = nowMs() - heldMs();
    this.#calls = 0;
  }

  /** Before each call. Throws `script-fault`. */
  called(script: string): void {
    this.#script = script;
    if (++this.#calls % CALLS === 0) this.look();
  }

  /** Throws `script-fault` where time is up. */
  look(): void {
    const script = this.#script;
    const ms = nowMs() - heldMs() - this.#startMs;
    if (ms <= this.#limitMs) return;
    throw new WorldloomError(
      "script-fault",
      `Scripts took ${Math.round(ms)} ms of a tick, and may take ${this.#limitMs}; ${script} ran then. Lower budget.instructionsPerTick, or raise budget.watchdogMs.`,
      { script, ms, limitMs: this.#limitMs },
    );
  }
}
