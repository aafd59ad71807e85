import { deserialize, serialize } from "node:v8";
import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Commands } from "../../ecs/commands.ts";
import type { RowInit, Schema } from "../../ecs/component.ts";
import type { InputType } from "../../ecs/event.ts";
import { restoreSave } from "../../ecs/save-load.ts";
import { Ending } from "../ending.ts";
import { ByteReader, ByteWriter } from "../record/bytes.ts";
import { codeFingerprints, scheduleFingerprint } from "../record/fingerprint.ts";
import { hashText16, hashWords } from "../record/format.ts";
import { badRecording } from "../record/frame.ts";
import { applyAgain, applyGroups, Incoming, readGroups, writeGroups } from "../record/incoming.ts";
import { type Journal, Simulation } from "../simulation.ts";
import type { DurableLog, Stored } from "./log.ts";
import { type Effect, Outbox, type OutboxOptions } from "./outbox.ts";

export interface DurableOptions {
  readonly log: DurableLog;
  /** Ticks from one snapshot to the next: what must run again at most when the run goes on. Default 1,024. */
  readonly every?: number;
  /** Ticks from one state hash to the next, which going on compares; 0 for none. Default 64. */
  readonly hashEvery?: number;
  /** Where effects go. */
  readonly outbox?: OutboxOptions;
  /** Run kept ticks again although the schedule or the code of systems is another one. */
  readonly force?: boolean;
}

const KNOWN: Known<DurableOptions> = { log: true, every: true, hashEvery: true, outbox: true, force: true };

/** What records are. */
const record = { tick: 1, acknowledged: 2 } as const;

/** Logs of runs that are open. */
const inUse = new WeakSet<DurableLog>();

/** What is kept about the systems that made the records. */
interface Made {
  readonly schedule: number;
  readonly code: Readonly<Record<string, number>>;
}

/**
 * Keeps a simulation in a log, so that a killed process goes on where it was: the state now and then, and what came in
 * before each tick. If the log has something, the world is set to it first, and the ticks since its snapshot run again,
 * of which nobody is told. What cannot go on closes the log and leaves the world as it was. Throws `bad-argument`, `bad-file`,
 * `schema-mismatch`, `schedule-mismatch`, `code-mismatch`, `nondeterminism`, `tick-failed`, `simulation-closed`, and what the log throws.
 */
export async function durable(simulation: Simulation, options: DurableOptions): Promise<Durable> {
  expectInstance(simulation, Simulation, "simulation", "a simulation");
  expectOptions(options, "options", KNOWN);
  expectFlags(options, ["force"]);
  const { log, every = 1024, hashEvery = 64 } = options;
  for (const name of ["load", "append", "snapshot", "close"] as const)
    if (typeof log?.[name] !== "function") throw badArgument("log", log, `a log with ${name}, such as fileLog(folder)`);
  if (!Number.isInteger(every) || every < 1) throw badArgument("every", every, "an integer from 1");
  if (!Number.isInteger(hashEvery) || hashEvery < 0) throw badArgument("hashEvery", hashEvery, "an integer from 0");
  const outbox = options.outbox === undefined ? undefined : new Outbox(options.outbox);
  const run = new Durable(simulation, log, { every, hashEvery }, outbox);
  await run.start(options.force ?? false);
  return run;
}

/** A simulation that is kept in a log, until it or this is closed. */
export class Durable implements Journal {
  /** Ticks that ran again to get to where the last process was. */
  ticksAgain = 0;
  /** Whether the log had something to go on from. */
  resumed = false;
  readonly #simulation: Simulation;
  readonly #log: DurableLog;
  readonly #rhythm: { readonly every: number; readonly hashEvery: number };
  readonly #outbox: Outbox | undefined;
  readonly #incoming: Incoming;
  readonly #out = new ByteWriter();
  readonly #groups = new ByteWriter();
  #end = (): void => {};
  #sinceSnapshot = 0;
  /** What the log was told last, and whether it has said that it is kept. */
  #kept: Promise<void> | undefined;
  #failure: unknown;
  readonly #ending = new Ending();

  constructor(
    simulation: Simulation,
    log: DurableLog,
    rhythm: { readonly every: number; readonly hashEvery: number },
    outbox: Outbox | undefined,
  ) {
    this.#simulation = simulation;
    this.#log = log;
    this.#rhythm = rhythm;
    this.#outbox = outbox;
    this.#incoming = new Incoming(simulation);
  }

  /** Effects that are not acknowledged. */
  get waiting(): readonly Effect[] {
    return this.#outbox?.waiting ?? [];
  }

  /** Goes on from the log, or begins it. Called by {@link durable}. */
  async start(force: boolean): Promise<void> {
    const others = inUse.has(this.#log);
    inUse.add(this.#log);
    let loaded = false;
    try {
      const stored = await this.#log.load();
      loaded = true;
      if (stored === undefined) {
        this.#snapshot();
        this.#keep();
      } else this.#resume(checkStored(stored), force);
      this.#release(Number.POSITIVE_INFINITY);
      await this.#kept;
      this.#throwFailure();
    } catch (error) {
      // A log that is refused because another run has it stays open for that.
      if (loaded || !others) await Promise.allSettled([this.#ending.begin(() => this.#stop())]);
      throw error;
    }
  }

  async #stop(): Promise<void> {
    try {
      this.#end();
    } finally {
      await this.#closeLog();
    }
  }

  async #closeLog(): Promise<void> {
    inUse.delete(this.#log);
    await this.#log.close();
  }

  input(type: InputType, values: RowInit<Schema> | undefined): void {
    this.#incoming.input(type, values);
  }
  commands(buffers: readonly Commands[]): void {
    this.#incoming.commands(buffers);
  }
  /** A run that cannot be kept does not go on. */
  begins(): void {
    this.#throwFailure();
  }
  ticked({ tick, world }: Simulation): void {
    const { every, hashEvery } = this.#rhythm;
    const groups = this.#groups.clear();
    writeGroups(groups, this.#incoming.take());
    const out = this.#out.clear().u32(record.tick).u32(tick);
    const hashed = hashEvery > 0 && tick % hashEvery === 0;
    const [low, high] = hashed ? hashWords(world.hash()) : [0, 0];
    out
      .u32(hashed ? 1 : 0)
      .u32(low)
      .u32(high)
      .bytes(groups.written);
    this.#tell(() => this.#log.append(out.written.slice()));
    // There are later ones where the world went back, and now has another future.
    this.#outbox?.cut(tick);
    this.#outbox?.add(this.#outbox.made(world));
    if (++this.#sinceSnapshot >= every) this.#snapshot();
  }
  /** Receivers of effects may do with the simulation what can be done after a tick. */
  told({ confirmed }: Simulation): void {
    this.#release(confirmed);
  }
  repeated({ tick, world }: Simulation): (() => void) | undefined {
    const made = this.#outbox?.made(world);
    return made && (() => this.#outbox?.replace(tick, made));
  }
  jumped(): void {
    this.#incoming.take();
    this.#snapshot();
  }

  closed(): Promise<void> {
    return this.close();
  }

  /** Waits until all ticks are kept and effects were tried. Throws what the log threw, or else the receiver of effects. */
  async settled(): Promise<void> {
    await this.#kept;
    this.#throwFailure();
    await this.#outbox?.deliver((effect) => this.#acknowledge(effect));
    await this.#kept;
    this.#throwFailure();
    if (this.#outbox?.failure !== undefined) throw this.#outbox.failure;
  }

  /**
   * Keeps the state as it is now, so that nothing must run again, and closes the log. The simulation goes on without it.
   * Further calls wait for the same. Throws what the log threw, `world-disposed`, and what a journal throws that is told of the
   * tick before.
   */
  close(): Promise<void> {
    return this.#ending.begin(() => this.#close());
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      this.#end();
    } catch (error) {
      failure = { error };
    }
    try {
      const { world } = this.#simulation;
      if (!world.core.disposed) {
        this.#outbox?.cut(world.tick + 1);
        this.#release(Number.POSITIVE_INFINITY);
      }
      await this.#kept;
      await this.#outbox?.deliver((effect) => this.#acknowledge(effect));
      if (this.#failure === undefined) this.#snapshot();
      await this.#kept;
    } finally {
      await this.#closeLog();
    }
    this.#throwFailure();
    if (failure !== undefined) throw failure.error;
  }

  /** At once: what is done with the simulation while the log is slow is kept, too. */
  #keep(): void {
    this.#end = this.#simulation.keep(this);
  }

  #snapshot(): void {
    const { world, schedule } = this.#simulation;
    const made: Made = {
      schedule: scheduleFingerprint(schedule, world.core.schema),
      code: codeFingerprints(schedule.systems),
    };
    // While the world is at an earlier tick, what later ones made is not of this state.
    const waiting = new Uint8Array(serialize(this.#outbox?.waitingAt(world.tick) ?? []));
    const out = this.#out.clear().text(JSON.stringify(made)).u32(waiting.length).bytes(waiting).bytes(world.save());
    this.#sinceSnapshot = 0;
    this.#tell(() => this.#log.snapshot(out.written.slice()));
  }

  #resume({ snapshot, records }: Stored, force: boolean): void {
    const { world } = this.#simulation;
    const reader = new ByteReader(snapshot);
    const { made, waiting } = readHead(reader);
    this.#outbox?.add(waiting);
    const done = new Set<string>();
    const ticks: ByteReader[] = [];
    for (const bytes of records) {
      const one = new ByteReader(bytes);
      const kind = one.u32();
      if (kind === record.tick) ticks.push(one);
      else if (kind === record.acknowledged) done.add(one.text());
      else throw badRecording(`the log of the durable run has a record of kind ${kind}, which is unknown`);
    }
    const before = world.snapshot();
    try {
      restoreSave(world, reader.bytes(reader.left));
      try {
        // Without ticks to run again it does not matter who made the state: this is how code is replaced.
        if (ticks.length > 0 && !force) this.#checkMade(made);
        for (const tick of ticks) this.#again(tick);
        this.#simulation.jumped();
        this.#keep();
      } catch (error) {
        world.restore(before);
        this.#simulation.jumped();
        throw error;
      }
    } finally {
      before.dispose();
    }
    this.resumed = true;
    this.#sinceSnapshot = ticks.length;
    this.#outbox?.forget(done);
  }

  #again(from: ByteReader): void {
    const { world } = this.#simulation;
    const [tick, hashed, hash] = [from.u32(), from.u32(), hashText16(from.u32(), from.u32())];
    if (tick !== world.tick + 1)
      throw badRecording(`the log of the durable run has tick ${tick} after tick ${world.tick}`);
    applyGroups(readGroups(from, world.core), (group) => applyAgain(world.core, group));
    this.#simulation.again();
    this.ticksAgain++;
    this.#outbox?.add(this.#outbox.made(world));
    if (hashed === 0 || world.hash() === hash) return;
    throw new WorldloomError(
      "nondeterminism",
      `Tick ${tick} gave another result when it ran again than before the process ended; something before it depends on what is outside the world.`,
      { tick, hashes: [hash, world.hash()] },
    );
  }

  #checkMade(made: Made): void {
    const { schedule, world } = this.#simulation;
    const advice =
      "go on once with what made the log and close the run, which leaves nothing to run again; or force it";
    if (made.schedule !== scheduleFingerprint(schedule, world.core.schema))
      throw new WorldloomError("schedule-mismatch", `The log was made with another schedule; ${advice}.`);
    const code = codeFingerprints(schedule.systems);
    const systems = Object.keys(code).filter((name) => code[name] !== made.code[name]);
    if (systems.length > 0)
      throw new WorldloomError(
        "code-mismatch",
        `The log was made with other code of ${systems.join(", ")}; ${advice}.`,
        {
          systems,
        },
      );
  }

  #acknowledge({ key }: Effect): void | Promise<void> {
    const out = new ByteWriter().u32(record.acknowledged).text(key);
    this.#tell(() => this.#log.append(out.written.slice()));
    return this.#kept;
  }

  /** Effects up to a tick leave when what made them is kept; so do those that were refused before. */
  #release(confirmed: number): void {
    const outbox = this.#outbox;
    if (outbox === undefined || !outbox.any) return;
    const count = outbox.confirm(confirmed);
    const release = (): void => {
      if (this.#failure !== undefined) return;
      outbox.release(count);
      void outbox.deliver((effect) => this.#acknowledge(effect));
    };
    if (this.#kept === undefined) release();
    else void this.#kept.then(release);
  }

  /** Calls the log, and remembers its promise if it gives one. */
  #tell(call: () => void | Promise<void>): void {
    if (this.#failure !== undefined) return;
    try {
      const kept = call();
      if (kept === undefined) return;
      const all = Promise.all([this.#kept, kept]).then(
        () => {
          if (this.#kept === all) this.#kept = undefined;
        },
        (error) => this.#fail(error),
      );
      this.#kept = all;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error ?? new WorldloomError("file-io", "The log failed, and did not say why; look at its store.");
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

/** What the log gave. Throws `bad-argument`. */
function checkStored(stored: Stored): Stored {
  const bytes = [stored?.snapshot, ...(Array.isArray(stored?.records) ? stored.records : [undefined])];
  if (bytes.every((one) => one instanceof Uint8Array)) return stored;
  throw badArgument("what the log loads", stored, "undefined, or a snapshot and a list of records, as bytes");
}

/** What a snapshot has before the world. Throws `bad-file`. */
function readHead(reader: ByteReader): { readonly made: Made; readonly waiting: readonly Effect[] } {
  const [text, effects] = [reader.text(), reader.bytes(reader.u32())];
  try {
    const [made, waiting]: [Made | null, unknown] = [JSON.parse(text), deserialize(effects)];
    if (made?.code instanceof Object && Array.isArray(waiting)) return { made, waiting };
  } catch (cause) {
    throw badRecording("the snapshot is not that of a durable run", {}, cause);
  }
  throw badRecording("the snapshot is not that of a durable run");
}
