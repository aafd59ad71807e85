import { badArgument, expectFlags, expectInstance, expectOptions, type Known } from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Commands } from "../../ecs/commands.ts";
import type { RowInit, Schema } from "../../ecs/component.ts";
import type { InputType } from "../../ecs/event.ts";
import { hashWorld } from "../../ecs/hash.ts";
import { saveWorld } from "../../ecs/save.ts";
import { declaration } from "../../ecs/save-format.ts";
import { type Journal, Simulation } from "../simulation.ts";
import { ByteWriter } from "./bytes.ts";
import { codeFingerprints, scheduleFingerprint } from "./fingerprint.ts";
import { frameKind, hashWords, type RecordingHead, recordingFile } from "./format.ts";
import { frameHead, startOf } from "./frame.ts";
import { type Group, Incoming, writeGroups } from "./incoming.ts";
import { packState } from "./packed.ts";
import { partsOf } from "./parts.ts";
import { fileSink, type RecordingSink } from "./sink.ts";

export interface RecordOptions {
  /** Ticks from one state hash to the next; 0 for none but that of the end. Default 16. */
  readonly hashEvery?: number;
  /**
   * Keep the state after each stage of each tick, so that a replay can name what differs down to the entity. Slow, and
   * large files; for hunting. Default: no.
   */
  readonly fine?: boolean;
  /** Most ticks that are kept in memory before they are written: what a killed process loses. Default 30. */
  readonly flushEvery?: number;
  /** What the file shall say besides: an object of values that JSON has. */
  readonly about?: Readonly<Record<string, unknown>>;
}

const KNOWN: Known<RecordOptions> = { hashEvery: true, fine: true, flushEvery: true, about: true };

/** Bytes that are kept in memory at most. */
const BUFFER_BYTES = 1 << 16;
const NOTHING = new Uint8Array(0);

interface Point {
  readonly save: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

/**
 * Records everything that comes into a simulation from now on, with the state that it starts from, in a file, or in what
 * else takes bytes. Throws `bad-argument`, `file-io`, `simulation-closed`, `world-disposed`, `structure-locked`.
 */
export function record(simulation: Simulation, to: string | RecordingSink, options: RecordOptions = {}): Recorder {
  expectInstance(simulation, Simulation, "simulation", "a simulation");
  expectOptions(options, "options", KNOWN);
  expectFlags(options, ["fine"]);
  for (const name of ["hashEvery", "flushEvery"] as const) {
    const value = options[name];
    const least = name === "hashEvery" ? 0 : 1;
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      throw badArgument(name, value, `an integer from ${least} to 2^53 - 1`);
  }
  if (options.about !== undefined) expectOptions(options.about, "about");
  if (typeof to !== "string" && (typeof to?.write !== "function" || typeof to.close !== "function"))
    throw badArgument("to", to, "the path of a file, or an object with the functions write and close");
  const head = headOf(simulation, options);
  // What cannot be recorded leaves a file as it is that is there already.
  if (typeof to === "string") simulation.checkBetween("record");
  return new Recorder(simulation, typeof to === "string" ? fileSink(to) : to, head, options.flushEvery ?? 30);
}

/** A recording that is being made. It ends with its simulation, or when it is closed; garbage collection does not end it. */
export class Recorder implements Journal {
  /** Ticks recorded. */
  ticks = 0;
  /** What went wrong when something was written: nothing is recorded after it, and {@link close} throws it. */
  failure: unknown;
  readonly #simulation: Simulation;
  readonly #sink: RecordingSink;
  readonly #head: RecordingHead;
  readonly #flushEvery: number;
  readonly #incoming: Incoming;
  readonly #end: () => void;
  readonly #pending = new ByteWriter();
  readonly #payload = new ByteWriter();
  readonly #groups = new ByteWriter();
  readonly #points = new ByteWriter();
  #pointCount = 0;
  /** The state and hash at the last point, and at the last point of a tick that ended well. */
  #base: Point = { save: NOTHING, hash: "" };
  #kept: Point = this.#base;
  #frames = 0;
  /** Bytes of the frames so far. */
  #bytes = 0;
  /** Ticks not yet written. */
  #waiting = 0;
  /**
   * The last of them if nothing came into them and they have no hash, and the first of these. They become frames together:
   * code that runs once a tick is slow.
   */
  #idle = 0;
  #firstIdle = 0;
  #closed = false;
  /** Something is being put together or written, which what the sink calls must not change. */
  #busy = false;
  /** It was closed meanwhile, and ends then. */
  #ends = false;

  constructor(simulation: Simulation, sink: RecordingSink, head: RecordingHead, flushEvery: number) {
    this.#simulation = simulation;
    this.#sink = sink;
    this.#head = head;
    this.#flushEvery = flushEvery;
    this.#incoming = new Incoming(simulation);
    try {
      simulation.checkBetween("record");
      this.#put(startOf(recordingFile));
      this.#frame(frameKind.head, new TextEncoder().encode(JSON.stringify(head)));
      this.#state();
      this.#flush();
      this.#end = simulation.keep(this);
    } catch (error) {
      sink.close();
      throw error;
    }
  }

  /** Bytes written, or about to be. */
  get bytes(): number {
    if (!this.#busy) this.#attempt(() => this.#endIdle());
    return this.#bytes;
  }

  input(type: InputType, values: RowInit<Schema> | undefined): void {
    this.#incoming.input(type, values);
  }
  commands(buffers: readonly Commands[]): void {
    this.#incoming.commands(buffers);
  }
  begins(): void {
    this.#points.clear();
    this.#pointCount = 0;
    this.#base = this.#kept;
    this.#point();
  }
  staged({ repeating }: Simulation): void {
    if (!repeating) this.#point();
  }
  ticked({ tick }: Simulation): void {
    const { hashEvery } = this.#head;
    const hashed = hashEvery > 0 && tick % hashEvery === 0;
    this.#attempt(() => {
      if (hashed || this.#incoming.length > 0 || this.#pointCount > 0) {
        this.#endIdle();
        this.#tick(tick, this.#incoming.take(), hashed);
      } else if (this.#idle++ === 0) this.#firstIdle = tick;
      this.#kept = this.#base;
      this.ticks++;
      this.#waiting++;
      if (this.#waiting >= this.#flushEvery || this.#pending.length >= BUFFER_BYTES) this.#flush();
    });
  }
  jumped(): void {
    this.#incoming.take();
    this.#attempt(() => {
      this.#endIdle();
      this.#state();
      this.#flush();
    });
  }

  closed(): void {
    this.close();
  }

  /** Writes what is kept in memory; while the sink writes it does nothing. Throws `file-io`. */
  flush(): void {
    if (this.failure !== undefined) throw this.failure;
    if (!this.#closed && !this.#busy) this.#attempt(() => this.#flush());
    if (this.failure !== undefined) throw this.failure;
  }

  /**
   * Ends the recording, with the hash of the world as it is now; if that has been disposed, or inside a tick, after the last one,
   * as one that was cut off. If the sink calls it while it writes, when that is done. Further calls do nothing. Throws `file-io`,
   * and what a journal throws that is told of the tick before.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#end();
    } finally {
      if (this.#busy) this.#ends = true;
      else this.#finish();
    }
    if (this.failure !== undefined) throw this.failure;
  }
  [Symbol.dispose](): void {
    this.close();
  }

  #finish(): void {
    const { core } = this.#simulation.world;
    this.#attempt(() => {
      this.#endIdle();
      if (!core.disposed && !core.ticking) this.#putEnd();
      this.#flush();
    });
    this.#sink.close();
  }

  /** Writes the ticks that are idle so far. */
  #endIdle(): void {
    for (; this.#idle > 0; this.#idle--) this.#tick(this.#firstIdle++, [], false);
  }

  #tick(tick: number, incoming: readonly Group[], hashed: boolean): void {
    const groups = this.#groups.clear();
    writeGroups(groups, incoming);
    this.#payload.clear().u32(tick).u32(groups.length).bytes(groups.written);
    if (hashed) this.#putHash();
    else this.#payload.u32(0).u32(0).u32(0);
    this.#payload.u32(this.#pointCount);
    if (this.#pointCount > 0) this.#payload.bytes(this.#points.written);
    this.#frame(frameKind.tick, this.#payload.written);
  }

  #putEnd(): void {
    // Inputs that wait, and commands after the last tick, belong to a tick that never came.
    this.#payload.clear().u32(this.#simulation.world.tick).u32(0);
    if (this.#incoming.length === 0) this.#putHash();
    else this.#payload.u32(0).u32(0).u32(0);
    this.#frame(frameKind.end, this.#payload.written);
  }

  #putHash(): void {
    const { world } = this.#simulation;
    const [low, high] = hashWords(world.hash());
    const parts = partsOf(world);
    this.#payload.u32(low).u32(high).u32(parts.length);
    for (const word of parts) this.#payload.u32(word);
  }

  /** The state as it is now, where all is kept. */
  #point(): void {
    if (!this.#head.fine || this.failure !== undefined) return;
    const { core } = this.#simulation.world;
    const hash = hashWorld(core);
    this.#points.u32(hashWords(hash)[0]).u32(hashWords(hash)[1]);
    this.#pointCount++;
    if (hash === this.#base.hash) {
      this.#points.u32(0).u32(0);
      return;
    }
    const save = saveWorld(core);
    const packed = packState(save, this.#base.save);
    this.#points.u32(save.length).u32(packed.length).bytes(packed);
    this.#base = { save, hash };
  }

  /** The whole state, which the recording goes on from. */
  #state(): void {
    const { world } = this.#simulation;
    const save = world.save();
    // A writer of its own: those that stay need not be as long as the world.
    const payload = new ByteWriter().u32(save.length).bytes(packState(save, NOTHING));
    this.#frame(frameKind.state, payload.written);
    if (this.#head.fine) this.#kept = { save, hash: world.hash() };
  }

  #frame(kind: number, payload: Uint8Array): void {
    this.#put(frameHead(kind, payload, this.#frames++));
    this.#put(payload);
  }

  #put(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (bytes.length < BUFFER_BYTES) this.#pending.bytes(bytes);
    else {
      this.#flush();
      this.#sink.write(bytes);
    }
  }

  #flush(): void {
    this.#endIdle();
    this.#waiting = 0;
    if (this.#pending.length > 0) this.#sink.write(this.#pending.written);
    this.#pending.clear();
  }

  /** A recording that fails does not stop what is recorded. */
  #attempt(write: () => void): void {
    if (this.failure !== undefined) return;
    if (this.#busy) {
      this.failure = moved();
      return;
    }
    this.#busy = true;
    try {
      write();
    } catch (error) {
      this.failure ??= error;
    }
    this.#busy = false;
    if (!this.#ends) return;
    this.#ends = false;
    try {
      this.#finish();
    } catch (error) {
      this.failure ??= error;
    }
  }
}

function moved(): WorldloomError {
  return new WorldloomError(
    "structure-locked",
    "The sink of a recording moved the simulation while it was written to, so the recording ends; do it after the call.",
  );
}

/** Throws `bad-argument` unless JSON holds it as an object. */
function expectJson(about: object): void {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = JSON.stringify(about);
  } catch (error) {
    cause = error;
  }
  if (text?.startsWith("{") !== true)
    throw new WorldloomError("bad-argument", "about must be an object that JSON can hold as one.", {}, cause);
}

function headOf(
  { world, schedule }: Simulation,
  { hashEvery = 16, fine = false, about = {} }: RecordOptions,
): RecordingHead {
  const { schema } = world.core;
  expectJson(about);
  return {
    schema: schema.fingerprint,
    declared: schema.declared.map(declaration),
    schedule: scheduleFingerprint(schedule, schema),
    stages: schedule.stages.map((stage) => stage.map(({ name }) => name)),
    code: codeFingerprints(schedule.systems),
    seed: world.seed,
    tick: world.tick,
    hashEvery,
    fine,
    jobs: world.jobs,
    about,
  };
}
