import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Commands } from "../ecs/commands.ts";
import type { RowInit, Schema } from "../ecs/component.ts";
import type { InputType } from "../ecs/event.ts";
import type { Snapshot } from "../ecs/snapshot.ts";
import { applyAgain, type Group, Incoming, putInput } from "./record/incoming.ts";
import { type Journal, Simulation } from "./simulation.ts";

export interface RollbackOptions {
  /** How many ticks the simulation can go back: 1 to 10,000. Each keeps what it wrote. */
  readonly keep: number;
  /** After each tick go back as far as possible, run again and compare hashes. Slow; for tests. Default: no. */
  readonly syncTest?: boolean;
}

const KNOWN: Known<RollbackOptions> = { keep: true, syncTest: true };

/** A tick that can be returned to. */
interface Kept {
  readonly tick: number;
  /** The state after the tick. */
  snapshot: Snapshot;
  /** The hash after it, if it will be compared. */
  hash: string;
  /** What came in before it; what came late and counts follows. */
  groups: readonly Group[];
  /** What came late and does not count yet. */
  late: Group[];
}

const KEEP_MAX = 10_000;

/**
 * Keeps the states of the last ticks and what came in before each, so that a simulation can go back and run again, with
 * inputs that came late. Ticks that run again tell no observer; journals are told of them, and that the world jumped.
 * A tick for whose state there is no room makes its step throw `arena-full` and is the first again; if there is none for that
 * either, the rollback is disposed. Dispose it at the end.
 */
export class Rollback implements Journal {
  readonly #simulation: Simulation;
  readonly #keep: number;
  readonly #syncTest: boolean;
  readonly #incoming: Incoming;
  readonly #end: () => void = () => {};
  /** In ascending order of ticks; what came in before the first does not count. */
  #ticks: Kept[] = [];
  /** What came in after the last tick, while the world is at an earlier one. */
  #waiting: readonly Group[] | undefined;
  #busy = false;
  #disposed = false;

  /** Throws `bad-argument`, `arena-full`, `simulation-closed`, `world-disposed`, `structure-locked` inside a tick. */
  constructor(simulation: Simulation, options: RollbackOptions) {
    expectInstance(simulation, Simulation, "simulation", "a simulation");
    expectOptions(options, "options", KNOWN);
    expectFlags(options, ["syncTest"]);
    const { keep, syncTest = false } = options;
    if (!Number.isInteger(keep) || keep < 1 || keep > KEEP_MAX)
      throw badArgument("keep", keep, `an integer from 1 to ${KEEP_MAX}`);
    this.#simulation = simulation;
    this.#keep = keep;
    this.#syncTest = syncTest;
    this.#incoming = new Incoming(simulation);
    simulation.checkBetween("a rollback");
    this.#start();
    // First: what it does before a tick is a jump for the others.
    try {
      this.#end = simulation.keep(this, { first: true });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The earliest tick that {@link rollback} can return to. */
  get earliest(): number {
    this.#checkOpen();
    return this.#ticks[0]!.tick;
  }
  /** The last tick that ran, from which {@link resimulate} makes the present again. */
  get latest(): number {
    this.#checkOpen();
    return this.#ticks.at(-1)!.tick;
  }

  /**
   * Adds an input to a tick that has been, behind those that it had. It counts from the next {@link resimulate} on; the step
   * after which the tick would be too long ago does that first. Throws `bad-argument` for a tick that is too long ago, or to come,
   * `world-disposed`.
   */
  lateInput<S extends Schema>(tick: number, type: InputType<string, S>, values?: RowInit<S>): void {
    this.#checkOpen();
    this.#simulation.world.core.checkOpen();
    const kept = this.#ticks.find((other) => other.tick === tick);
    if (kept === undefined || tick === this.earliest)
      throw badArgument("tick", tick, `a tick from ${this.earliest + 1} to ${this.latest}`);
    const buffer = new Commands(this.#simulation.world.core, 0);
    putInput(buffer, type as unknown as InputType, values as RowInit<Schema>);
    kept.late.push([buffer]);
  }

  /**
   * Sets the world to its state after a tick. {@link resimulate} returns to the present; a step begins another future, and
   * what came in after the tick is forgotten. Throws `bad-argument`, `arena-full`, `world-disposed`.
   */
  rollback(tick: number): void {
    this.#checkOpen();
    const kept = this.#ticks.find((other) => other.tick === tick);
    if (kept === undefined) throw badArgument("tick", tick, `a tick from ${this.earliest} to ${this.latest}`);
    this.#return(kept);
    this.#tellJump();
  }

  /**
   * Runs all ticks again from the earliest that got a late input, or from where the world was rolled back to. Returns how
   * many. If one fails, the world is at the present as it was before, and what came in since it was rolled back is forgotten.
   * Throws `tick-failed`, `arena-full`, `world-disposed`.
   */
  resimulate(): number {
    this.#checkOpen();
    const { world } = this.#simulation;
    // Before anything is taken.
    world.core.checkOpen("restore");
    const late = this.#ticks.find((kept) => kept.late.length > 0);
    if (this.#waiting === undefined && late === undefined) return 0;
    const from = Math.min((late?.tick ?? Number.POSITIVE_INFINITY) - 1, world.tick);
    const kept = this.#ticks.find(({ tick }) => tick === from)!;
    // What was queued while the world was at an earlier tick comes before what that tick had.
    const added = this.#waiting === undefined ? [] : this.#incoming.take();
    const next = this.#ticks.find(({ tick }) => tick === world.tick + 1);
    const had = next?.groups ?? [];
    if (next !== undefined) next.groups = [...added, ...had];
    this.#return(kept);
    const again = this.#ticks.slice(this.#ticks.indexOf(kept) + 1);
    const waiting = this.#waiting ?? [];
    try {
      this.#runAgain(again, next === undefined ? [...added, ...waiting] : waiting);
    } catch (error) {
      if (next !== undefined) next.groups = had;
      world.restore(this.#ticks.at(-1)!.snapshot);
      this.#comeIn(waiting);
      this.#present();
      throw error;
    }
    this.#present();
    return again.length;
  }

  input(type: InputType, values: RowInit<Schema> | undefined): void {
    this.#incoming.input(type, values);
  }
  commands(buffers: readonly Commands[]): void {
    this.#incoming.commands(buffers);
  }
  /**
   * Late inputs of the first tick that is kept count now: after this tick they could not. If a tick fails, the late ones of that
   * tick never do, or those of the first where it had none.
   */
  begins({ world }: Simulation): void {
    const [first, second] = this.#ticks;
    if (second === undefined || second.late.length === 0) return;
    const again = this.#ticks.slice(1).filter(({ tick }) => tick <= world.tick);
    if (again.length < this.#keep) return;
    const queued = this.#incoming.take();
    world.restore(first!.snapshot);
    try {
      this.#runAgain(again, queued);
    } catch (error) {
      const failed = again.find(({ tick, late }) => tick === world.tick + 1 && late.length > 0);
      (failed ?? second).late = [];
      world.restore(again.at(-1)!.snapshot);
      this.#comeIn(queued);
      throw error;
    } finally {
      this.#tellJump();
    }
  }
  ticked({ tick, world }: Simulation): void {
    if (this.#waiting !== undefined) {
      // Another future began.
      this.#drop(this.#ticks.filter((kept) => kept.tick >= tick));
      this.#waiting = undefined;
    }
    try {
      const hash = this.#syncTest ? world.hash() : "";
      this.#ticks.push({ tick, snapshot: world.snapshot(), hash, groups: this.#incoming.take(), late: [] });
    } catch (error) {
      // There is no room. What cannot be returned to is not kept: this tick is the first again.
      this.#drop([...this.#ticks]);
      this.#start();
      throw error;
    }
    if (this.#ticks.length > this.#keep + 1) this.#drop(this.#ticks.slice(0, 1));
    if (this.#syncTest && this.#ticks.length > this.#keep) this.#compare();
  }
  confirmed(): number {
    return this.#ticks[0]!.tick;
  }
  jumped(): void {
    if (this.#busy) return;
    this.#drop([...this.#ticks]);
    this.#start();
  }

  /**
   * Gives back what was kept. The simulation goes on. Further calls do nothing; all others throw `world-disposed`. Throws
   * `structure-locked` inside a tick, and what a journal throws that is told of the tick before.
   */
  dispose(): void {
    if (this.#disposed) return;
    const { core } = this.#simulation.world;
    if (!core.disposed) core.checkOutside("dispose", "it may be one that runs again");
    this.#disposed = true;
    try {
      this.#end();
    } finally {
      this.#drop([...this.#ticks]);
    }
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** In an observer of a tick that tick is not kept yet. */
  #checkOpen(): void {
    if (!this.#disposed) return this.#simulation.tellTick();
    throw new WorldloomError("world-disposed", "This rollback has been disposed; make another one for the simulation.");
  }

  /** With the present as the only tick. If there is no room for that, this is over. Throws `arena-full`. */
  #start(): void {
    const { world } = this.#simulation;
    this.#incoming.take();
    this.#waiting = undefined;
    try {
      this.#ticks = [{ tick: world.tick, snapshot: world.snapshot(), hash: "", groups: [], late: [] }];
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  #drop(ticks: readonly Kept[]): void {
    for (const { snapshot } of ticks) snapshot.dispose();
    this.#ticks = this.#ticks.filter((kept) => !ticks.includes(kept));
  }

  /** To the state after a tick that is kept; what waits for the next tick of the present is set aside. */
  #return({ snapshot }: Kept): void {
    this.#simulation.world.restore(snapshot);
    this.#waiting ??= this.#incoming.take();
    this.#incoming.take();
  }

  /** The world is at the last tick, and what waited for the next is there again. */
  #present(): void {
    this.#waiting = undefined;
    this.#tellJump();
  }

  /** What came in before the world was restored comes in again. */
  #comeIn(groups: readonly Group[]): void {
    this.#apply(groups);
    for (const group of groups) this.#incoming.commands(group);
  }

  /**
   * Runs ticks again, from the state before the first of them, with what came late; then what waits for the next comes in. If
   * any of that fails, the ticks are as they were.
   */
  #runAgain(ticks: readonly Kept[], waiting: readonly Group[]): void {
    const fresh: Snapshot[] = [];
    const counts: (() => void)[] = [];
    try {
      for (const { groups, late } of ticks) {
        this.#apply([...groups, ...late]);
        counts.push(this.#simulation.again());
        fresh.push(this.#simulation.world.snapshot());
      }
      this.#comeIn(waiting);
    } catch (error) {
      for (const snapshot of fresh) snapshot.dispose();
      throw error;
    }
    ticks.forEach((each, i) => {
      each.snapshot.dispose();
      each.snapshot = fresh[i]!;
      each.groups = [...each.groups, ...each.late];
      each.late = [];
      if (this.#syncTest) each.hash = "";
    });
    for (const count of counts) count();
  }

  #apply(groups: readonly Group[]): void {
    for (const group of groups) applyAgain(this.#simulation.world.core, group);
  }

  #tellJump(): void {
    this.#busy = true;
    try {
      this.#simulation.jumped();
    } finally {
      this.#busy = false;
    }
  }

  /** Runs all kept ticks again. Throws `nondeterminism`. */
  #compare(): void {
    const { world } = this.#simulation;
    const [first, ...rest] = this.#ticks;
    world.restore(first!.snapshot);
    try {
      for (const { tick, groups, hash } of rest) {
        this.#apply(groups);
        this.#simulation.again();
        if (hash === "" || world.hash() === hash) continue;
        throw new WorldloomError(
          "nondeterminism",
          `Tick ${tick} gave another result when it ran again ${this.latest - tick + 1} ticks later; something in it depends on what is outside the world, or was changed without simulation.input and apply.`,
          { tick, hashes: [hash, world.hash()] },
        );
      }
    } finally {
      world.restore(this.#ticks.at(-1)!.snapshot);
    }
  }
}
