import { badArgument } from "../../core/argument.ts";
import { originMs } from "../../core/clock.ts";

/** What an event of a trace is about, and what its value counts. */
export const traceKind = {
  /** A tick; its number. */
  tick: 0,
  /** A tick that was dropped; its number. */
  dropped: 1,
  /** The body of a system; the entities of its query. */
  system: 2,
  /** The part of a system that one thread ran; its chunks. */
  part: 3,
  /** Commands of a system being applied; how many. */
  commands: 4,
  /** All commands of a stage being applied; the number of the stage, from 0. */
  sync: 5,
  /** A hash of the world; 0. */
  hash: 6,
  /** A counter, after a tick; its value. */
  counter: 7,
} as const;

/** An event as it is read back. */
export interface TraceEvent {
  /** One of {@link traceKind}. */
  kind: number;
  /** The number of its name. */
  name: number;
  /** 0 for the main thread, 1 and so on for others. */
  thread: number;
  /** On the clock of the thread that made the ring. */
  startMs: number;
  endMs: number;
  value: number;
}

const MAGIC = 0x776c7472;
const HEADER_BYTES = 64;
const EVENT_BYTES = 32;
/** Words of the header. The origin is a float of 64 bits. */
const [CAPACITY, CURSOR, FILLED, ORIGIN] = [1, 2, 3, 2];
const EVENTS_MAX = 2 ** 20;

/**
 * The last events of all threads, in shared memory of fixed size: older ones are overwritten. Any thread records, without
 * locks and without allocating; reading is for when nobody records. An event has 32 bytes.
 */
export class TraceRing {
  readonly buffer: SharedArrayBuffer;
  /** Events that it holds at most. */
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  /** What makes times of this thread those of the thread that made the ring. */
  readonly #shiftMs: number;

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer);
    this.capacity = this.#words[CAPACITY]!;
    this.#shiftMs = originMs() - this.#floats[ORIGIN]!;
  }

  /** A ring for this many events, rounded up to a power of two: 16 to 2^20. Throws `bad-argument`. */
  static make(events: number): TraceRing {
    if (!Number.isInteger(events) || events < 16 || events > EVENTS_MAX)
      throw badArgument("events", events, "an integer from 16 to 2^20");
    let capacity = 16;
    while (capacity < events) capacity *= 2;
    const buffer = new SharedArrayBuffer(HEADER_BYTES + capacity * EVENT_BYTES);
    const words = new Int32Array(buffer);
    words[0] = MAGIC;
    words[CAPACITY] = capacity;
    new Float64Array(buffer)[ORIGIN] = originMs();
    return new TraceRing(buffer);
  }

  /** The ring in a buffer that came from another thread. Throws `bad-argument`. */
  static open(buffer: SharedArrayBuffer): TraceRing {
    if (
      !(buffer instanceof SharedArrayBuffer) ||
      buffer.byteLength < HEADER_BYTES ||
      new Int32Array(buffer)[0] !== MAGIC
    )
      throw badArgument("buffer", buffer, "the buffer of a trace ring");
    return new TraceRing(buffer);
  }

  /** Whether older events have been overwritten, or are about to be. */
  get full(): boolean {
    return this.#words[FILLED] === 1;
  }

  /** Notes an event of this thread; `startMs` and `endMs` are of its clock. */
  record(kind: number, name: number, thread: number, startMs: number, endMs: number, value: number): void {
    const index = Atomics.add(this.#words, CURSOR, 1) & (this.capacity - 1);
    if (index === this.capacity - 1) this.#words[FILLED] = 1;
    const at = HEADER_BYTES / 8 + index * (EVENT_BYTES / 8);
    this.#words[at * 2] = kind | (thread << 8);
    this.#words[at * 2 + 1] = name;
    this.#floats[at + 1] = startMs + this.#shiftMs;
    this.#floats[at + 2] = endMs + this.#shiftMs;
    this.#floats[at + 3] = value;
  }

  /** Visits the events, oldest first as they were recorded. The object is the same each time. */
  read(visit: (event: Readonly<TraceEvent>) => void): void {
    const event: TraceEvent = { kind: 0, name: 0, thread: 0, startMs: 0, endMs: 0, value: 0 };
    const cursor = this.#words[CURSOR]! & (this.capacity - 1);
    const count = this.full ? this.capacity : cursor;
    for (let i = 0; i < count; i++) {
      const index = (cursor - count + i) & (this.capacity - 1);
      const at = HEADER_BYTES / 8 + index * (EVENT_BYTES / 8);
      event.kind = this.#words[at * 2]! & 255;
      event.thread = this.#words[at * 2]! >>> 8;
      event.name = this.#words[at * 2 + 1]!;
      event.startMs = this.#floats[at + 1]!;
      event.endMs = this.#floats[at + 2]!;
      event.value = this.#floats[at + 3]!;
      visit(event);
    }
  }
}
