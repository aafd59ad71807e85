import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../../core/argument.ts";
import { AssertionError, isCoded, WorldloomError } from "../../core/errors.ts";
import { hashWorld } from "../../ecs/hash.ts";
import { declaration } from "../../ecs/save-format.ts";
import { restoreSave } from "../../ecs/save-load.ts";
import type { Snapshot } from "../../ecs/snapshot.ts";
import { Simulation } from "../simulation.ts";
import { ByteReader } from "./bytes.ts";
import { type Difference, differenceAt, writersOf } from "./difference.ts";
import { codeFingerprints, scheduleFingerprint } from "./fingerprint.ts";
import { applyGroups, type Group, readGroups } from "./incoming.ts";
import { differingParts, partsOf } from "./parts.ts";
import { type RecordedCheck, type RecordedTick, type Recording, readRecording, stateAt } from "./recording.ts";

export interface ReplayOptions {
  /** Compare every hash of the recording, and every state where it has them, and stop at the first difference. */
  readonly verify?: boolean;
  /** Go on although the schedule or the code of systems is another one. */
  readonly force?: boolean;
}

export interface ReplayRunOptions extends ReplayOptions {
  /** The tick after which to stop. Default: the last one. */
  readonly to?: number;
  /** Called after each tick. */
  readonly ticked?: (replay: Replay) => void;
}

const KNOWN: Known<ReplayOptions> = { verify: true, force: true };
const RUN: Known<ReplayRunOptions> = { verify: true, force: true, to: true, ticked: true };

/** How a replay ended. */
export interface Replayed {
  /** The last tick that ran, and the state hash after it. */
  readonly tick: number;
  readonly hash: string;
  /** Ticks that ran. */
  readonly ticks: number;
  /** Hashes that were compared and equal. */
  readonly verified: number;
  readonly difference: Difference | undefined;
}

/**
 * Runs a recording in a simulation of the same schema, schedule and code, which `make` makes; its state counts for nothing.
 * The simulation is closed at the end, its world stays. Throws `bad-argument` and what {@link Replay} and `readRecording` throw.
 */
export async function replay(
  from: string | Uint8Array<ArrayBufferLike> | Recording,
  make: (recording: Recording) => Simulation | Promise<Simulation>,
  options: ReplayRunOptions = {},
): Promise<Replayed> {
  expectOptions(options, "options", RUN);
  const { to, ticked, ...rest } = options;
  expectFlags(options, ["verify", "force"]);
  if (to !== undefined && !(Number.isInteger(to) && to >= 0))
    throw badArgument("to", to, "the number of a tick, an integer of at least 0");
  if (ticked !== undefined && typeof ticked !== "function") throw badArgument("ticked", ticked, "a function");
  if (typeof make !== "function") throw badArgument("make", make, "a function that makes a simulation");
  const recording = typeof from === "string" || from instanceof Uint8Array ? readRecording(from) : from;
  const simulation = await make(recording);
  expectInstance(simulation, Simulation, "what make returns", "a simulation, or a promise of one");
  try {
    const run = new Replay(recording, simulation, rest);
    while ((to === undefined || simulation.tick < to) && run.next()) ticked?.(run);
    return run.result();
  } finally {
    await simulation.close();
  }
}

/** A recording that is run tick by tick. */
export class Replay {
  readonly recording: Recording;
  readonly simulation: Simulation;
  /** Where the replay parted from the recording; it goes no further. */
  difference: Difference | undefined;
  /** Hashes that were compared and equal. */
  verified = 0;
  readonly #verify: boolean;
  /** Ticks that ran. */
  #done = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  /** The last tick up to which all is known to be equal. */
  #equal: number;

  /**
   * Sets the world to the start. Throws `bad-argument`, `simulation-closed`, `world-disposed`, `structure-locked`,
   * `schema-mismatch`, `schedule-mismatch`, `code-mismatch`, `bad-file`.
   */
  constructor(recording: Recording, simulation: Simulation, options: ReplayOptions = {}) {
    expectInstance(simulation, Simulation, "simulation", "a simulation");
    expectOptions(options, "options", KNOWN);
    expectFlags(options, ["verify", "force"]);
    if (!Array.isArray(recording?.ticks) || typeof recording.start !== "function")
      throw badArgument("recording", recording, "what readRecording returns");
    this.recording = recording;
    this.simulation = simulation;
    this.#verify = options.verify ?? false;
    simulation.checkBetween("replay");
    checkFits(recording, simulation, options.force ?? false);
    restoreSave(simulation.world, recording.start());
    simulation.jumped();
    this.#equal = simulation.tick;
  }

  /** The tick that comes next; undefined at the end. */
  get upcoming(): RecordedTick | undefined {
    return this.difference === undefined ? this.recording.ticks[this.#done] : undefined;
  }

  /**
   * Runs the next tick; false if there is none, and the world is as it was at the end, or if it differed. Throws `tick-failed`,
   * `observer-failed`, `bad-file`; further calls throw the same: what came in for the tick is in the world.
   */
  next(): boolean {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return this.#next();
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #next(): boolean {
    const recorded = this.upcoming;
    const { simulation } = this;
    if (recorded === undefined) {
      if (this.difference === undefined) this.#end();
      return false;
    }
    this.#jump(recorded.jump);
    const groups = readGroups(new ByteReader(recorded.incoming), simulation.world.core);
    applyGroups(groups, (group) => this.#apply(group, recorded));
    this.#checkTick(recorded);
    if (this.#verify && recorded.points.length > 0) this.#stepFinely(recorded);
    else this.#step(recorded);
    this.#done++;
    if (this.#verify && this.difference === undefined && recorded.check !== undefined) this.#compare(recorded.check);
    if (this.difference === undefined && this.upcoming === undefined && this.recording.jump === undefined) this.#end();
    return this.difference === undefined;
  }

  /** Who is told when commands were applied may throw, too. */
  #apply(group: Group, recorded: RecordedTick): void {
    let applied = false;
    const end = this.simulation.keep({ commands: () => void (applied = true) }, { first: true });
    try {
      this.simulation.apply(group);
    } catch (error) {
      throw applied ? observerFailed(recorded, error) : error;
    } finally {
      end();
    }
  }

  #step(recorded: RecordedTick): void {
    try {
      this.simulation.step();
    } catch (error) {
      throw observerFailed(recorded, error);
    }
  }

  result(): Replayed {
    const { simulation, verified, difference } = this;
    return { tick: simulation.tick, hash: simulation.world.hash(), ticks: this.#done, verified, difference };
  }

  /** What was after the last tick. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { end, jump } = this.recording;
    this.#jump(jump);
    if (this.#verify && end?.check !== undefined && end.tick === this.simulation.tick) this.#compare(end.check);
  }

  #jump(save: RecordedTick["jump"]): void {
    if (save === undefined) return;
    restoreSave(this.simulation.world, save());
    this.simulation.jumped();
    this.#equal = this.simulation.tick;
  }

  /** The file says which tick follows. */
  #checkTick({ tick }: RecordedTick): void {
    const { simulation } = this;
    if (simulation.tick + 1 === tick) return;
    throw new WorldloomError(
      "bad-file",
      `The recording has tick ${tick} after tick ${simulation.tick}; take another copy.`,
    );
  }

  #compare(check: RecordedCheck): void {
    const { world, schedule, tick } = this.simulation;
    const hash = world.hash();
    if (hash === check.hash) {
      this.verified++;
      this.#equal = tick;
      return;
    }
    const components = differingParts(world.core.schema, check.parts, partsOf(world));
    const writers = new Set(components.flatMap((part) => writersOf(schedule.systems, part)));
    const systems = schedule.stages.flat().flatMap(({ name }) => (writers.has(name) ? [name] : []));
    this.difference = {
      from: this.#equal + 1,
      to: tick,
      hashes: { recorded: check.hash, replayed: hash },
      system: systems.length === 1 && components.length === 1 ? systems[0] : undefined,
      systems,
      between: false,
      components,
      first: undefined,
      diff: undefined,
    };
  }

  /** A tick of which the recording has the state after each stage. */
  #stepFinely(recorded: RecordedTick): void {
    const { simulation } = this;
    const { core } = simulation.world;
    let point = 0;
    let parted: { readonly point: number; readonly snapshot: Snapshot } | undefined;
    const look = (): void => {
      if (parted === undefined && hashWorld(core) !== recorded.points[point]?.hash)
        parted = { point, snapshot: simulation.world.snapshot() };
      point++;
    };
    const staged = (): void => {
      // A sync test runs ticks again.
      if (!simulation.repeating) look();
    };
    const end = simulation.keep({ begins: look, staged });
    try {
      this.#step(recorded);
      if (parted === undefined) {
        this.verified += point;
        this.#equal = simulation.tick;
        return;
      }
      const save = stateAt(this.recording, recorded, parted.point);
      const { world, schedule } = simulation;
      this.difference = differenceAt(world, schedule, save, parted.snapshot, {
        tick: recorded.tick,
        point: parted.point,
      });
    } finally {
      end();
      parted?.snapshot.dispose();
    }
  }
}

/** What has a code is of the tick, or says enough; the rest is what observers and journals throw. */
function observerFailed({ tick }: RecordedTick, cause: unknown): unknown {
  if (isCoded(cause) || cause instanceof AssertionError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new WorldloomError(
    "observer-failed",
    `An observer or a journal of the simulation that is to replay tick ${tick} threw: ${reason}; make the simulation without it, or mend it.`,
    { tick },
    cause,
  );
}

/** Throws `schema-mismatch`, `schedule-mismatch`, `code-mismatch`. */
function checkFits({ head }: Recording, { world, schedule }: Simulation, force: boolean): void {
  const { schema } = world.core;
  const declared = schema.declared.map(declaration);
  if (head.schema !== schema.fingerprint) {
    const other =
      declared.find((text) => !head.declared.includes(text)) ?? head.declared.find((text) => !declared.includes(text));
    throw new WorldloomError(
      "schema-mismatch",
      `The recording is of a world with another schema${other === undefined ? ": the order of declarations differs" : ` (${other.split(" ").slice(0, 2).join(" ")} is not declared alike in both)`}; replay it with the declarations that it was made with.`,
    );
  }
  if (force) return;
  const stages = schedule.stages.map((stage) => stage.map(({ name }) => name));
  if (head.schedule !== scheduleFingerprint(schedule, schema)) {
    throw new WorldloomError(
      "schedule-mismatch",
      `The recording was made with another schedule (${namesOf(head.stages)}) than this one (${namesOf(stages)}), or with systems that declare something else; force the replay if that is meant.`,
      { recorded: head.stages, replayed: stages },
    );
  }
  const code = codeFingerprints(schedule.systems);
  const systems = Object.keys(code).filter((name) => code[name] !== head.code[name]);
  if (systems.length === 0) return;
  throw new WorldloomError(
    "code-mismatch",
    `The recording was made with other code of ${systems.join(", ")}; replay it with that code, or force the replay.`,
    { systems },
  );
}

function namesOf(stages: readonly (readonly string[])[]): string {
  return stages.map((stage) => stage.join(", ")).join(" | ");
}
