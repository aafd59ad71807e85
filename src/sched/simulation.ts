import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../core/argument.ts";
import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { type Applied, applyCommands } from "../ecs/apply.ts";
import { checkListener, checkTick, NO_OPTIONS, type StepOptions } from "../ecs/call-options.ts";
import type { Commands } from "../ecs/commands.ts";
import type { RowInit, Schema } from "../ecs/component.ts";
import type { Context } from "../ecs/context.ts";
import type { InputType } from "../ecs/event.ts";
import type { System } from "../ecs/system.ts";
import { runTick, type TickListener, type TickOptions } from "../ecs/tick.ts";
import { World } from "../ecs/world.ts";
import { kernelOf } from "../kernel/kernel.ts";
import { Ending } from "./ending.ts";
import type { Executor } from "./executor.ts";
import { serial } from "./executors/serial.ts";
import { Schedule, schedule } from "./schedule.ts";
import { Listeners } from "./trace/listeners.ts";

export interface SimulationOptions {
  /** Default: {@link serial}. The simulation closes it. */
  readonly executor?: Executor;
  /** Prepare the kernels of the systems, some 10 ms each, so that the first tick is as fast as the others. Default: no. */
  readonly prepare?: boolean;
}

const KNOWN: Known<SimulationOptions> = { executor: true, prepare: true };

/** Told of everything that comes into a simulation from outside, and of its ticks: what a recording is made of. */
export interface Journal {
  /** An input was queued for the next tick. */
  input?(type: InputType, values: RowInit<Schema> | undefined): void;
  /** Commands were applied between ticks. */
  commands?(buffers: readonly Commands[]): void;
  /** A tick is about to begin. */
  begins?(simulation: Simulation): void;
  /** A stage of the tick ended, commands included; stages are counted from 0. */
  staged?(simulation: Simulation, stage: number): void;
  /** A tick ended well. */
  ticked?(simulation: Simulation): void;
  /** All journals were told that the tick ended: what it causes may come in now. */
  told?(simulation: Simulation): void;
  /** A tick that had been ran again and ended well; this is still inside it. What this returns is called if it counts: see {@link Simulation.again}. */
  repeated?(simulation: Simulation): (() => void) | undefined;
  /** The last tick that this journal does not take back: see {@link Simulation.confirmed}. */
  confirmed?(simulation: Simulation): number;
  /** The world continued from another state: `restore`, or a rollback. */
  jumped?(simulation: Simulation): void;
  /** The simulation is closed, which waits for this: no tick follows. */
  closed?(simulation: Simulation): void | Promise<void>;
}

export interface KeepOptions {
  /** Tell it before the journals that there are. Default: after them. */
  readonly first?: boolean;
}

const KEEP: Known<KeepOptions> = { first: true };

const TOLD: Known<Journal> = {
  input: true,
  commands: true,
  begins: true,
  staged: true,
  ticked: true,
  told: true,
  repeated: true,
  confirmed: true,
  jumped: true,
  closed: true,
};

function checkJournal(journal: Journal): void {
  if (typeof journal !== "object" || journal === null)
    throw badArgument("journal", journal, "an object with functions that are told of ticks");
  for (const name of Object.keys(TOLD) as (keyof Journal)[]) {
    const told: unknown = journal[name];
    if (told !== undefined && typeof told !== "function") throw badArgument(`${name} of journal`, told, "a function");
  }
}

/**
 * A world that moves by a schedule. Everything that comes from outside goes through {@link input} and {@link apply}, so that
 * it can be recorded and replayed. {@link simulate} makes one that is ready.
 */
export class Simulation {
  readonly world: World;
  readonly schedule: Schedule;
  readonly executor: Executor;
  readonly #stages: readonly (readonly Context[])[];
  #journals = new Set<Journal>();
  readonly #listeners = new Listeners();
  readonly #bodies: NonNullable<TickOptions["bodies"]>;
  readonly #staged = (stage: number): void => {
    for (const journal of this.#journals) journal.staged?.(this, stage);
  };
  #repeating = false;
  /** A tick is over, and its journals are not told of it yet. */
  #untold = false;
  /** Where the last tick ended, or a jump: what goes on from elsewhere jumped without a word. */
  #at: number;
  readonly #ending = new Ending();

  constructor(world: World, plan: Schedule, executor: Executor) {
    this.world = world;
    this.schedule = plan;
    this.executor = executor;
    this.#at = world.tick;
    this.#stages = plan.stages.map((stage) => stage.map((system) => world.contextOf(system)));
    this.#bodies = (stage, options) => executor.bodies(stage, options);
  }

  get tick(): number {
    return this.world.tick;
  }

  /** Gets threads and modules ready; a schedule without modules on {@link serial} runs without. Throws `module-failed`. */
  async prepare(): Promise<void> {
    await this.executor.prepare(this.world, this.schedule);
  }

  /**
   * One tick. If it fails, the world is as before. Throws `tick-failed`, `simulation-closed`, `bad-argument`, `structure-locked` inside
   * a tick.
   */
  step(options: StepOptions = NO_OPTIONS): void {
    this.#checkOpen();
    checkTick(options, true);
    this.tellTick();
    this.world.core.checkOpen("step");
    if (this.world.tick !== this.#at) this.jumped();
    for (const journal of this.#journals) journal.begins?.(this);
    this.world.core.checkOpen("step");
    try {
      this.#tick(options);
    } finally {
      // Also where a listener throws when all is done.
      if (this.#untold) this.#tellAll();
    }
  }

  /** Tells observers of the tick, then journals. */
  #tellAll(): void {
    try {
      this.world.core.observers.deliver();
    } finally {
      this.tellTick();
    }
  }

  /**
   * Tells journals that the tick is over, once: before what observers of it do from outside, which comes after it. For what
   * goes by what journals have kept.
   */
  tellTick(): void {
    if (!this.#untold) return;
    this.#untold = false;
    try {
      this.#tell("ticked", this);
    } finally {
      this.#tell("told", this);
    }
  }

  /**
   * The last tick that nobody takes back: that of the world or, with a rollback, the earliest that it keeps. What ticks up to
   * this one have done can leave the world.
   */
  get confirmed(): number {
    this.tellTick();
    let confirmed = this.world.tick;
    for (const journal of this.#journals) confirmed = Math.min(confirmed, journal.confirmed?.(this) ?? confirmed);
    return confirmed;
  }

  /** Whether the tick that runs has been before. */
  get repeating(): boolean {
    return this.#repeating;
  }

  /**
   * One tick that has been before: no observer is told, and journals only of its stages and its end. For a rollback, which
   * tells journals that the world jumped. Returns what makes the tick count, to be called when all that run again have. Throws
   * as {@link step}.
   */
  again(options: StepOptions = NO_OPTIONS): () => void {
    this.#checkOpen();
    checkTick(options, true);
    this.world.core.checkOpen("step");
    const { observers } = this.world.core;
    const { noted } = observers;
    this.#repeating = true;
    try {
      this.#tick(options);
    } finally {
      this.#repeating = false;
      observers.drop(noted);
    }
    const told = this.#tellRepeated();
    return () => {
      for (const counts of told) counts?.();
    };
  }

  /**
   * Queues an input for the next tick. Throws `structure-locked` inside a tick, `simulation-closed`, `component-unknown` and what
   * wrong values throw.
   */
  input<S extends Schema>(type: InputType<string, S>, values?: RowInit<S>): void {
    this.#checkOpen();
    this.tellTick();
    this.world.input(type, values);
    this.#tell("input", type as unknown as InputType, values as RowInit<Schema>);
  }

  /**
   * Applies commands between ticks, all or nothing. Journals are told before observers, who may do more. Throws `structure-locked`
   * inside a tick, `simulation-closed`, and what they throw.
   */
  apply(buffers: Commands | readonly Commands[]): Applied {
    this.#checkOpen();
    this.tellTick();
    const { core } = this.world;
    core.checkOpen("apply");
    const list = Array.isArray(buffers) ? (buffers as readonly Commands[]) : [buffers as Commands];
    const applied = applyCommands(core, list, false);
    try {
      this.#tell("commands", list);
    } finally {
      core.observers.deliver();
    }
    return applied;
  }

  /** Tells a journal of what follows, before the others or after them. Returns what ends that. Throws `bad-argument`, `simulation-closed`. */
  keep(journal: Journal, options: KeepOptions = {}): () => void {
    checkJournal(journal);
    expectOptions(options, "options", KEEP);
    expectFlags(options, ["first"]);
    this.#checkOpen();
    const { first = false } = options;
    this.tellTick();
    // A set of its own: those who are being told are not told again.
    if (first) this.#journals = new Set([journal, ...this.#journals]);
    else this.#journals.add(journal);
    return () => {
      try {
        this.tellTick();
      } finally {
        this.#journals.delete(journal);
      }
    };
  }

  /** Tells a listener what ticks do and how long it takes, from now on. Returns what ends that. Throws `bad-argument`. */
  watch(listener: TickListener): () => void {
    checkListener(listener);
    const listeners = this.#listeners;
    // Lists are replaced, never changed: those who are being told keep the list with which that began.
    listeners.list = [...listeners.list, listener];
    return () => {
      const at = listeners.list.indexOf(listener);
      if (at >= 0) listeners.list = listeners.list.toSpliced(at, 1);
    };
  }

  /** The hash of the world, which listeners are told of. */
  hash(): string {
    const start = nowMs();
    const hash = this.world.hash();
    this.#listeners.hashed(start, nowMs());
    return hash;
  }

  /**
   * To be told after the world was restored from outside, between ticks. A tick that journals were not told of is no more. A step
   * that finds the world at another tick than the last one left it at tells them by itself. Throws `structure-locked` inside a tick, `world-disposed`.
   */
  jumped(): void {
    this.world.core.checkOutside("jumped", "the one that runs is not over");
    this.#untold = false;
    this.#at = this.world.tick;
    this.#tell("jumped", this);
  }

  /**
   * Ends recordings and durable runs of this simulation, then the threads of the executor. The world stays. Further calls do
   * nothing. Throws what goes wrong when they end.
   */
  close(): Promise<void> {
    const told = (async () => this.tellTick())();
    told.catch(() => {});
    return this.#ending.begin(() => this.#close(told));
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For what goes on from the state as it is. Throws `simulation-closed`, `world-disposed`, `structure-locked`. */
  checkBetween(what: string): void {
    this.#checkOpen();
    this.world.core.checkOpen(what);
    this.world.core.checkOutside(what, "it goes on from the state after a tick");
  }

  #tick(options: StepOptions): void {
    const { world, executor } = this;
    const listeners = this.#listeners;
    const watched = listeners.list.length > 0;
    const unwatch = watched && options.listener !== undefined ? this.watch(options.listener) : undefined;
    const listener = watched ? listeners : options.listener;
    const tick = world.tick + 1;
    const start = listener === undefined ? 0 : nowMs();
    let failed = true;
    executor.beginTick();
    try {
      runTick(world.core, this.#stages, { ...options, bodies: this.#bodies, staged: this.#staged, listener });
      failed = false;
      this.#untold = !this.#repeating;
      if (this.#untold) this.#at = tick;
    } finally {
      executor.endTick(failed);
      try {
        listener?.ended?.(tick, start, nowMs(), failed);
      } finally {
        unwatch?.();
      }
    }
  }

  /** Others may follow at once, so that nothing can come in between. */
  #tellRepeated(): ((() => void) | undefined)[] {
    const { core } = this.world;
    core.ticking = true;
    try {
      return [...this.#journals].map((journal) => journal.repeated?.(this));
    } finally {
      core.ticking = false;
    }
  }

  /** Tells every journal of what has happened, then throws what the first one threw that failed. */
  #tell<K extends "input" | "commands" | "ticked" | "told" | "jumped">(
    what: K,
    ...told: Parameters<NonNullable<Journal[K]>>
  ): void {
    let failure: { readonly error: unknown } | undefined;
    for (const journal of this.#journals) {
      try {
        (journal[what] as ((...told: unknown[]) => void) | undefined)?.apply(journal, told);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  async #close(told: Promise<void>): Promise<void> {
    // From inside a tick: when it is over.
    if (this.world.core.ticking) await undefined;
    const ended = [...this.#journals].map(async (journal) => journal.closed?.(this));
    const failed = (await Promise.allSettled([told, ...ended])).find((end) => end.status === "rejected");
    await this.executor.close();
    if (failed !== undefined) throw failed.reason;
  }

  #checkOpen(): void {
    if (this.#ending.begun)
      throw new WorldloomError("simulation-closed", "This simulation has been closed; make another.");
  }
}

/**
 * Makes a world move by a schedule; a list of systems is taken in the order in which it is. Throws what `schedule` throws,
 * `component-unknown`, `module-failed`, `world-disposed`, and what kernels throw that are prepared.
 */
export async function simulate(
  world: World,
  systems: Schedule | readonly System[],
  options: SimulationOptions = {},
): Promise<Simulation> {
  expectInstance(world, World, "world", "a world");
  world.core.checkOpen();
  const plan =
    systems instanceof Schedule ? systems : schedule({ systems: systems as readonly System[], ambiguity: "declared" });
  expectOptions(options, "options", KNOWN);
  const { executor = serial(), prepare = false } = options;
  if (typeof prepare !== "boolean") throw badArgument("prepare", prepare, "true or false");
  for (const name of ["prepare", "beginTick", "endTick", "bodies", "close"] as const)
    if (typeof executor?.[name] !== "function") throw badArgument("executor", executor, "serial() or parallel()");
  const simulation = new Simulation(world, plan, executor);
  try {
    if (prepare) for (const kernel of new Set(plan.systems.map(kernelOf))) kernel?.prepare(world);
    await simulation.prepare();
  } catch (error) {
    await simulation.close();
    throw error;
  }
  return simulation;
}
