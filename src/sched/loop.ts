import { badArgument, expectFunction, expectOptions, type Known } from "../core/argument.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { Stream, type StreamOptions } from "./stream.ts";

export interface LoopOptions {
  /** Milliseconds from one tick to the next: 0.01 to 2^31 - 1. Default 1000 / 30. */
  readonly tickMs?: number;
  /** Most ticks in one turn of the event loop, 1 to 1,000; what is due beyond is dropped and counted. Default 5. */
  readonly catchUpMax?: number;
  /** How fast the world's time passes: 0.1 to 100. Default 1. */
  readonly speed?: number;
  /** Default: {@link systemClock}. */
  readonly clock?: Clock;
  /**
   * Told of what a tick of the running loop threw; the loop is paused then, and the world as before that tick. Without it, the
   * readers of {@link Loop.follow} get the error; without these, it is thrown to the event loop.
   */
  readonly onError?: (error: unknown) => void;
}

const KNOWN: Known<LoopOptions> = { tickMs: true, catchUpMax: true, speed: true, clock: true, onError: true };

/** What a loop moves: a simulation, or anything else that can do a tick at once. */
export interface Ticking {
  readonly tick: number;
  step(): unknown;
}

/** A tick that ended well. */
export interface LoopTick {
  /** Its number. */
  readonly tick: number;
  /** How long it took, by the clock of the loop. */
  readonly stepMs: number;
  /** How late the turn began in which it was made. */
  readonly behindMs: number;
}

export type LoopState = "stopped" | "paused" | "running";

/** Parts of a tick that may be missing when it is made: sums of fractions never hit the whole. */
const EARLY = 1e-6;
/** The most time that a clock can claim to have passed at once: about 35 years. */
const PASSED_MS_MAX = 2 ** 40;
/** Waits may end this much late; what falls into it is made in one turn, whatever `catchUpMax` says. */
const RESOLUTION_MS = 2;
const SPEED_MIN = 0.1;
const SPEED_MAX = 100;

/** Ticks in a fixed time step. Make one with {@link loop}. */
export class Loop {
  readonly tickMs: number;
  readonly catchUpMax: number;
  /** Ticks made. */
  ticks = 0;
  /** Ticks dropped because more than `catchUpMax` were due. */
  overruns = 0;
  /** How late the last turn began that made ticks, in ms of the clock: what a tick waited after it was due. */
  behindMs = 0;
  readonly #simulation: Ticking;
  readonly #clock: Clock;
  readonly #onError: LoopOptions["onError"];
  readonly #listeners = new Set<(tick: LoopTick) => void>();
  readonly #streams = new Set<Stream<LoopTick>>();
  #state: LoopState = "stopped";
  #speed: number;
  /** World time that has passed and was not made into ticks yet. */
  #owedMs = 0;
  /** The clock up to which time was taken. */
  #lastMs = Number.NaN;
  #cancel: (() => void) | undefined;
  #busy = false;
  #stopping: (() => void)[] = [];

  /** Throws `bad-argument`. */
  constructor(simulation: Ticking, options: LoopOptions) {
    expectOptions(options, "options", KNOWN);
    const { tickMs = 1000 / 30, catchUpMax = 5, speed = 1, clock = systemClock, onError } = options;
    if (typeof simulation?.step !== "function") throw badArgument("simulation", simulation, "a simulation");
    if (typeof tickMs !== "number" || !(tickMs >= 0.01 && tickMs < 2 ** 31))
      throw badArgument("tickMs", tickMs, "a number from 0.01 to 2147483647");
    if (!Number.isInteger(catchUpMax) || catchUpMax < 1 || catchUpMax > 1000)
      throw badArgument("catchUpMax", catchUpMax, "an integer from 1 to 1000");
    if (typeof clock?.nowMs !== "function" || typeof clock.wait !== "function")
      throw badArgument("clock", clock, "an object with the functions nowMs and wait");
    if (onError !== undefined && typeof onError !== "function") throw badArgument("onError", onError, "a function");
    this.#simulation = simulation;
    this.tickMs = tickMs;
    this.catchUpMax = catchUpMax;
    this.#speed = checkSpeed(speed);
    this.#clock = clock;
    this.#onError = onError;
  }

  get state(): LoopState {
    return this.#state;
  }

  /** How fast the world's time passes: 0.1 to 100. Setting it throws `bad-argument`. */
  get speed(): number {
    return this.#speed;
  }
  set speed(speed: number) {
    checkSpeed(speed);
    if (this.#state === "running") this.#takeTime();
    this.#speed = speed;
    this.#wait();
  }

  /** The part of the next tick that has passed, 0 to 1: for whoever shows states between two ticks. */
  get alpha(): number {
    const passed = this.#state === "running" ? this.#passedMs(this.#clock.nowMs()) * this.#speed : 0;
    return Math.min(Math.max((this.#owedMs + passed) / this.tickMs, 0), 1);
  }

  /** Begins, or goes on. Does nothing while running. */
  start(): void {
    if (this.#state === "running") return;
    this.#state = "running";
    this.#lastMs = Number.NaN;
    this.#takeTime();
    this.#wait();
  }

  /** World time stands still until {@link resume}. Does nothing unless running. */
  pause(): void {
    if (this.#state !== "running") return;
    this.#takeTime();
    this.#halt("paused");
  }

  /** Goes on after {@link pause}, without what would have been due meanwhile. Does nothing unless paused. */
  resume(): void {
    if (this.#state === "paused") this.start();
  }

  /** Makes one tick now. Throws `loop-running` unless paused or stopped, and what the tick throws. */
  step(): void {
    if (this.#state === "running" || this.#busy)
      throw new WorldloomError("loop-running", "The loop makes ticks by itself; pause it before you step.");
    this.#makeTicks(1);
  }

  /** Ends; resolves when no tick is being made and no timer is left. The streams of now end. It can be started again. */
  async stop(): Promise<void> {
    this.#halt("stopped");
    this.#owedMs = 0;
    const streams = [...this.#streams];
    if (this.#busy) await new Promise<void>((resolve) => this.#stopping.push(resolve));
    for (const stream of streams) stream.end();
  }

  /**
   * Calls `listener` after each tick, also those of {@link step}. Returns what ends that. What it throws pauses the loop, as if the
   * tick had thrown it, but that tick has been made, and all others are told of it. Throws `bad-argument`.
   */
  onTick(listener: (tick: LoopTick) => void): () => void {
    expectFunction(listener, "listener");
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The ticks from now on, until the loop is stopped. Throws `bad-argument`. */
  follow(options: StreamOptions = {}): Stream<LoopTick> {
    const stream = new Stream<LoopTick>(options, (ended) => this.#streams.delete(ended));
    this.#streams.add(stream);
    return stream;
  }

  readonly #turn = (): void => {
    this.#cancel = undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      this.#makeTicks(this.#due());
    } catch (error) {
      failure = { error };
      this.#halt("paused");
    }
    if (failure !== undefined) this.#report(failure.error);
  };

  /** How many ticks are to be made now; those beyond what a turn may make are dropped. */
  #due(): number {
    this.#takeTime();
    const { tickMs } = this;
    const due = Math.floor(this.#owedMs / tickMs + EARLY);
    const most = Math.max(this.catchUpMax, Math.ceil((RESOLUTION_MS * this.#speed) / tickMs));
    if (due <= most) return due;
    this.overruns += due - most;
    this.#owedMs -= (due - most) * tickMs;
    return most;
  }

  /** Makes ticks while the state stays what it is. */
  #makeTicks(count: number): void {
    const { tickMs } = this;
    const state = this.#state;
    const paid = state === "running" ? tickMs : 0;
    if (paid > 0 && count > 0) this.behindMs = Math.max(0, (this.#owedMs - tickMs) / this.#speed);
    this.#busy = true;
    try {
      for (let n = 0; n < count && this.#state === state; n++) {
        this.#owedMs -= paid;
        const startMs = this.#clock.nowMs();
        this.#simulation.step();
        this.ticks++;
        this.#tell(Math.max(0, this.#clock.nowMs() - startMs) || 0);
      }
    } finally {
      this.#busy = false;
      for (const resolve of this.#stopping) resolve();
      this.#stopping = [];
      this.#wait();
    }
  }

  #tell(stepMs: number): void {
    if (this.#listeners.size + this.#streams.size === 0) return;
    const tick: LoopTick = { tick: this.#simulation.tick, stepMs, behindMs: this.behindMs };
    let failure: { readonly error: unknown } | undefined;
    for (const listener of this.#listeners) {
      try {
        listener(tick);
      } catch (error) {
        failure ??= { error };
      }
    }
    for (const stream of this.#streams) stream.push(tick);
    if (failure !== undefined) throw failure.error;
  }

  #report(error: unknown): void {
    const followed = this.#streams.size > 0;
    for (const stream of this.#streams) stream.fail(error);
    if (this.#onError !== undefined) this.#onError(error);
    else if (!followed) throw error;
  }

  /** Has the next turn when the next tick is due. */
  #wait(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#state !== "running" || this.#busy) return;
    this.#cancel = this.#clock.wait((this.tickMs - this.#owedMs) / this.#speed, this.#turn);
  }

  #halt(state: "paused" | "stopped"): void {
    this.#state = state;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Owes what has passed on the clock since time was last taken. */
  #takeTime(): void {
    const now = this.#clock.nowMs();
    this.#owedMs += this.#passedMs(now) * this.#speed;
    if (Number.isFinite(now)) this.#lastMs = now;
  }

  /** Clocks that went back, or give no number, say that no time has passed. */
  #passedMs(now: number): number {
    const passed = now - this.#lastMs;
    return passed > 0 && Number.isFinite(now) ? Math.min(passed, PASSED_MS_MAX) : 0;
  }
}

/** A loop that moves a simulation in a fixed time step, once it is started. Throws `bad-argument`. */
export function loop(simulation: Ticking, options: LoopOptions = {}): Loop {
  return new Loop(simulation, options);
}

function checkSpeed(speed: number): number {
  if (typeof speed === "number" && speed >= SPEED_MIN && speed <= SPEED_MAX) return speed;
  throw badArgument("speed", speed, `a number from ${SPEED_MIN} to ${SPEED_MAX}`);
}
