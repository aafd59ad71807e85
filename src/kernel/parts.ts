import type { Core } from "../ecs/core.ts";
import type { LaneCalls, Lanes } from "../ecs/lanes.ts";
import { type Frame, nearPlaces } from "./frame.ts";
import { interpret } from "./interpret.ts";
import type { Unit } from "./modules.ts";
import { valueBytes } from "./program.ts";

/** Bytes that a list of an append may be written beyond its end. */
const SLACK_BYTES = 64;
/** Words of a part: the byte offset of its first record, how many, their rows, and 1 for full chunks, else 0. */
const PART_WORDS = 4;

/** Where parts have what is their own, as byte offsets. */
export interface Places {
  /** The frame of the whole call, and those of the parts. */
  readonly frame: number;
  readonly frames: number;
  /** For each append where each of its lists starts. */
  readonly lists: readonly Int32Array[];
  /** The first partial result. */
  readonly partials: number;
  /** Bytes from the buckets of one part to those of the next, if there are some. */
  readonly bucketStride: number;
}

/** The calls of one module. */
interface Work extends LaneCalls {
  calls: Int32Array;
  count: number;
  rows: number;
}

/** The parts of one call, in order: each is some chunks of one size that follow each other, and one call of compiled code. */
export class Parts {
  count = 0;
  readonly #core: Core;
  readonly #unit: Unit;
  readonly #frame: Frame;
  /** Whether the program goes through positions of an index: then all parts have the same records. */
  readonly #near: boolean;
  // A longer one would have memory of its own.
  #words = new Int32Array(4 * PART_WORDS);
  /** Of chunks that are not full, and of full ones. */
  readonly #works: (Work | undefined)[] = [];

  constructor(core: Core, unit: Unit, frame: Frame, near: boolean) {
    this.#core = core;
    this.#unit = unit;
    this.#frame = frame;
    this.#near = near;
  }

  clear(): void {
    this.count = 0;
  }

  /** `rows` are positions of the index, where there is one. */
  add(list: number, count: number, rows: number, full: boolean): void {
    const at = this.count++ * PART_WORDS;
    if (at === this.#words.length) {
      const longer = new Int32Array(at * 2);
      longer.set(this.#words);
      this.#words = longer;
    }
    const words = this.#words;
    words[at] = list;
    words[at + 1] = count;
    words[at + 2] = rows;
    words[at + 3] = Number(full);
  }

  /** Makes the calls on this thread, all with one frame. */
  run(frame: number, interpreted: boolean): void {
    const words = this.#words;
    const { memory } = this.#core.arena;
    const { shift } = this.#core.store;
    for (let i = 0, at = 0; i < this.count; i++, at += PART_WORDS) {
      const full = words[at + 3] === 1;
      if (interpreted) {
        const { program } = this.#unit.lowered;
        const bindings = this.#unit.bindings(shift);
        interpret(program, full ? bindings.full : bindings.part, memory, words[at]!, words[at + 1]!, frame);
      } else this.#unit.code(memory, shift, full)(words[at]!, words[at + 1]!, frame);
    }
  }

  /**
   * Makes the calls on all lanes, each with a frame of its own, and then puts what they appended together as one call would
   * have. Calls of one module are made on this thread where they have fewer than `rowsMin` rows.
   */
  spread(places: Places, lanes: Lanes, rowsMin: number): void {
    this.#fillFrames(places);
    this.#fillLists(places);
    const full = this.#workOf(1, places.frames);
    const part = this.#workOf(0, places.frames);
    const few = part !== undefined && (part.count === 1 || part.rows < rowsMin);
    if (full !== undefined && full.count > 1 && full.rows >= rowsMin)
      lanes.runCalls(full, few ? () => this.#runWork(part, false) : undefined);
    else {
      if (full !== undefined) this.#runWork(full, true);
      if (few) this.#runWork(part, false);
    }
    if (part !== undefined && !few) lanes.runCalls(part);
    this.#join(places);
  }

  /** Makes the calls of a module on this thread. */
  #runWork({ calls, count }: Work, full: boolean): void {
    const code = this.#unit.code(this.#core.arena.memory, this.#core.store.shift, full);
    for (let c = 0; c < count * 3; c += 3) code(calls[c]!, calls[c + 1]!, calls[c + 2]!);
  }

  /** Bytes from one frame to the next: no cache line is in two. */
  get stride(): number {
    return (this.#frame.bytes + 63) & ~63;
  }

  #fillFrames({ frame, frames, partials, bucketStride }: Places): void {
    const { memory } = this.#core.arena;
    const { i32 } = memory;
    const words = this.#words;
    const { folds, index, bytes } = this.#frame;
    const partialBytes = this.#unit.lowered.program.folds.length * 8;
    let [chunks, position] = [0, 0];
    for (let i = 0, to = frames; i < this.count; i++, to += this.stride) {
      memory.copy(to, frame, bytes);
      i32[(to + folds) >>> 2] = partials + (this.#near ? i : chunks) * partialBytes;
      chunks += words[i * PART_WORDS + 1]!;
      if (!this.#near) continue;
      const near = (to + index) >>> 2;
      i32[near + nearPlaces.first] = position;
      position += words[i * PART_WORDS + 2]!;
      i32[near + nearPlaces.end] = position;
      i32[near + nearPlaces.buckets]! += i * bucketStride;
    }
  }

  /** Cuts each list into the lists of the parts. */
  #fillLists({ frames, lists }: Places): void {
    const { i32 } = this.#core.arena.memory;
    const { appends } = this.#unit.lowered.program;
    for (let a = 0; a < appends.length; a++) {
      const { values } = appends[a]!;
      for (let v = 0; v < values.length; v++) {
        const bytes = valueBytes(values[v]!.type);
        let at = lists[a]![v]!;
        for (let i = 0, to = frames; i < this.count; i++, to += this.stride) {
          i32[((to + this.#frame.appends[a]!) >>> 2) + 1 + v] = at;
          at += listBytes(this.#words[i * PART_WORDS + 2]! * bytes, 1);
        }
      }
    }
  }

  /** The calls for chunks of one kind, if there are some. */
  #workOf(full: number, frames: number): Work | undefined {
    const words = this.#words;
    let work = this.#works[full];
    let [count, rows] = [0, 0];
    for (let i = 0, at = 0; i < this.count; i++, at += PART_WORDS) {
      if (words[at + 3] !== full) continue;
      work ??= this.#works[full] = this.#newWork(full === 1);
      if (work.calls.length === count * 3) {
        const longer = new Int32Array(count * 6);
        longer.set(work.calls);
        work.calls = longer;
      }
      work.calls[count * 3] = words[at]!;
      work.calls[count * 3 + 1] = words[at + 1]!;
      work.calls[count * 3 + 2] = frames + i * this.stride;
      count++;
      rows += words[at + 2]!;
    }
    if (work === undefined || count === 0) return undefined;
    work.count = count;
    work.rows = rows;
    return work;
  }

  #newWork(full: boolean): Work {
    const { arena, store } = this.#core;
    const module = this.#unit.module(arena.memory.shared, store.shift, full);
    return { module, calls: new Int32Array(48), count: 0, rows: 0 };
  }

  /** Moves the lists of the parts together, part after part, and counts what is in them. */
  #join({ frame, frames, lists }: Places): void {
    const { memory } = this.#core.arena;
    const { i32 } = memory;
    const { appends } = this.#unit.lowered.program;
    for (let a = 0; a < appends.length; a++) {
      const { values } = appends[a]!;
      const word = this.#frame.appends[a]!;
      let total = 0;
      for (let i = 0, from = frames + word; i < this.count; i++, from += this.stride) {
        const count = i32[from >>> 2]!;
        if (count === 0) continue;
        for (let v = 0; v < values.length; v++) {
          const bytes = valueBytes(values[v]!.type);
          const [to, start] = [lists[a]![v]! + total * bytes, i32[(from >>> 2) + 1 + v]!];
          if (to !== start) memory.copy(to, start, count * bytes);
        }
        total += count;
      }
      i32[(frame + word) >>> 2] = total;
    }
  }
}

/** Bytes of the lists of so many parts, for `bytes` of values in all. */
export function listBytes(bytes: number, parts: number): number {
  return aligned(bytes + parts * SLACK_BYTES + (parts - 1) * 15);
}

/** The next number of bytes that vectors start at. */
export function aligned(bytes: number): number {
  return (bytes + 15) & ~15;
}
