import { type Clock, systemClock } from "../../core/clock.ts";
import { assert } from "../../core/errors.ts";
import type { Machine } from "./machine.ts";
import type { Probe } from "./probe.ts";
import { cloneMachine, type Template } from "./template.ts";

export interface PoolOptions {
  /** Machines that are kept ready, at least and at most. Default 1 and 16. */
  readonly least?: number;
  readonly most?: number;
  /** Whose waits refill the pool. */
  readonly clock?: Clock;
}

export interface PoolMetrics {
  /** Takes that found a machine ready, and those that had to make one. */
  readonly hits: number;
  readonly misses: number;
  /** Machines that were taken and not given back, those that are ready, and how many are wanted to be. */
  readonly live: number;
  readonly ready: number;
  readonly wanted: number;
}

/**
 * Machines made from one template, ready to be taken. What was used is written over with the template's image, so a
 * machine's past decides nothing. Wants twice as many after each miss, and one less after many takes in which some were left.
 */
export class Pool {
  readonly template: Template;
  /** What looks at machines that domains take from now on. */
  probe: Probe | undefined;
  readonly #least: number;
  readonly #most: number;
  readonly #clock: Clock;
  readonly #ready: Machine[] = [];
  #wanted: number;
  #hits = 0;
  #misses = 0;
  #live = 0;
  /** Takes since the pool was last empty after one. */
  #easy = 0;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(template: Template, { least = 1, most = 16, clock = systemClock }: PoolOptions = {}) {
    this.template = template;
    this.#least = Math.min(least, most);
    this.#most = most;
    this.#clock = clock;
    this.#wanted = this.#least;
  }

  get metrics(): PoolMetrics {
    const { length: ready } = this.#ready;
    return { hits: this.#hits, misses: this.#misses, live: this.#live, ready, wanted: this.#wanted };
  }

  /** Makes as many ready as are wanted, now. */
  warm(): void {
    while (!this.#closed && this.#ready.length < this.#wanted) this.#ready.push(cloneMachine(this.template));
  }

  /** With `probe`, one of those that are looked at, which are made when they are taken. */
  take(probe?: Probe): Machine {
    assert(!this.#closed, "A pool that was closed gives no machines.");
    this.#live++;
    if (probe !== undefined) return cloneMachine(this.template, probe);
    const ready = this.#ready.pop();
    if (ready === undefined) {
      this.#misses++;
      this.#easy = 0;
      this.#wanted = Math.min(this.#most, Math.max(1, this.#wanted * 2));
    } else {
      this.#hits++;
      if (this.#ready.length === 0) this.#easy = 0;
      else if (++this.#easy === EASY_TAKES) {
        this.#easy = 0;
        this.#wanted = Math.max(this.#least, this.#wanted - 1);
      }
    }
    this.#refillLater();
    return ready ?? cloneMachine(this.template);
  }

  /** Takes a machine back. One whose memory grew is left to the garbage collector, as memories do not shrink. */
  give(machine: Machine): void {
    this.#live--;
    const { image } = this.template;
    if (machine.probe !== undefined) return;
    if (this.#closed || this.#ready.length >= this.#wanted || machine.bytes.length !== image.length) return;
    machine.bytes.set(image);
    machine.look = () => {};
    this.#ready.push(machine);
  }

  /** Lets go of what is ready; machines that were taken stay usable. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#ready.length = 0;
  }

  /** One at a time, so that nobody waits for all of them. */
  #refillLater(): void {
    if (this.#cancel !== undefined || this.#closed || this.#ready.length >= this.#wanted) return;
    this.#cancel = this.#clock.wait(0, () => {
      this.#cancel = undefined;
      if (this.#ready.length < this.#wanted) this.#ready.push(cloneMachine(this.template));
      this.#refillLater();
    });
  }
}

const EASY_TAKES = 32;
