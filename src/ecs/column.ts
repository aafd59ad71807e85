import { type Arena, CONTENT_HIGH, CONTENT_ROWS, HASH_ROWS, REFERENCES } from "./arena.ts";
import type { Component } from "./component.ts";

/** Words of a column's entry for one chunk. */
export const ENTRY_WORDS = 4;
/** Number of the block that holds the chunk's rows. */
export const ENTRY_BLOCK = 0;
/** Tick of the last write. */
export const ENTRY_CHANGED = 1;
/** Tick at which rows last gained the component. */
export const ENTRY_ADDED = 2;

/** Epochs of chunks that were never owned. */
export const NEVER = new Int32Array(0);

/** Where one component of a table lives: a block of entries, one a chunk, that point at the blocks of rows. */
export class Column {
  readonly component: Component;
  /** Position among the table's columns. */
  readonly index: number;
  /** Word of the root block that holds this column's number, relative to the root. */
  slot: number;
  /** The block of entries, and its first word. */
  block: number;
  base: number;
  /** Epoch of the store at which each chunk's block was made writable: current means write in place. May be too short. */
  owned: Int32Array = NEVER;
  ownedEntries = 0;
  /** Grows when the store continues from a root in which these rows differ: caches over them are void. */
  version = 0;
  /** Rows, from the first on, that are as they were when a cache set this: they differ in none of the roots since. */
  kept = 0;

  constructor(component: Component, index: number, slot: number, block: number) {
    this.component = component;
    this.index = index;
    this.slot = slot;
    this.block = block;
    this.base = block << 4;
  }
}

export function baseOf({ base }: Column): number {
  return base;
}

/** A longer list with the same epochs at its start. */
export function longer(epochs: Int32Array, length: number): Int32Array {
  const made = new Int32Array(Math.max(length, epochs.length * 2));
  made.set(epochs);
  return made;
}

/**
 * Notes that chunk `k` of `chunks`, whose block nobody else holds, was written, in the entries at `i32`. What was cached of its
 * rows has been forgotten.
 */
export function noteWritten(
  column: Column,
  k: number,
  i32: Int32Array,
  chunks: number,
  { tick, epoch }: { readonly tick: number; readonly epoch: number },
): void {
  i32[column.base + k * ENTRY_WORDS + ENTRY_CHANGED] = tick;
  if (column.owned.length <= k) column.owned = longer(column.owned, chunks);
  column.owned[k] = epoch;
}

/** Whether the first `chunks` chunks are owned, by the epochs at which they were. */
export function ownedUpTo(owned: Int32Array, chunks: number, epoch: number): boolean {
  for (let k = 0; k < chunks; k++) if (owned[k] !== epoch) return false;
  return true;
}

/**
 * Allocates copies of the blocks, of `bytes` each, that a writer of the first `usedChunks` chunks may not write in place,
 * all or none, and lists (copy, block, bytes) of each from `word` on, as offsets. With `shared` these are all that `epoch`
 * does not own, else those that others hold. Returns how many. Throws `arena-full`.
 */
export function listCopies(
  arena: Arena,
  { base, owned }: Column,
  { usedChunks, epoch, shared, bytes }: { usedChunks: number; epoch: number; shared: boolean; bytes: number },
  word: number,
): number {
  const { i32 } = arena.memory;
  let at = word;
  for (let k = 0; k < usedChunks; k++) {
    if (owned[k] === epoch) continue;
    const block = i32[base + k * ENTRY_WORDS]!;
    if (!shared && i32[(block << 4) + REFERENCES] === 1) continue;
    i32[at + 1] = block << 6;
    i32[at + 2] = bytes;
    at += 3;
  }
  const count = (at - word) / 3;
  arena.allocateMany(count, bytes, word, 3);
  return count;
}

/**
 * Hands out the copies that {@link listCopies} listed at `word`, and with `marks` marks all chunks as owned and written. A
 * block that only the entries at `others`, if that is not 0, and those of the column point at stays with the column, and the
 * others get the copy, with the digests. Else the column gets it. Returns whether some chunk of the column has another block.
 */
export function settle(
  i32: Int32Array<ArrayBufferLike>,
  { owned, base, index }: Column,
  {
    usedChunks,
    epoch,
    tick,
    shared,
    others,
    marks,
    word,
  }: {
    usedChunks: number;
    epoch: number;
    tick: number;
    shared: boolean;
    others: number;
    marks: boolean;
    word: number;
  },
  bases: number[],
  width: number,
): boolean {
  let moved = false;
  for (let k = 0, record = word; k < usedChunks; k++) {
    if (owned[k] === epoch) continue;
    const entry = base + k * ENTRY_WORDS;
    const at = i32[entry]! << 4;
    const alone = i32[at + REFERENCES] === 1;
    if (shared ? alone && others !== 0 : alone) {
      if (shared) {
        i32[others + k * ENTRY_WORDS] = i32[record]! >>> 6;
        if (i32[at + HASH_ROWS] !== 0 || i32[at + CONTENT_ROWS] !== 0) copyDigests(i32, at, i32[record]! >>> 2);
        record += 3;
      }
      if (marks) {
        i32[at + HASH_ROWS] = 0;
        i32[at + CONTENT_ROWS] = 0;
      }
    } else {
      if (!shared) i32[at + REFERENCES]!--;
      i32[entry] = i32[record]! >>> 6;
      bases[k * width + index] = i32[entry]! << 4;
      record += 3;
      moved = true;
    }
    if (!marks) continue;
    i32[entry + ENTRY_CHANGED] = tick;
    owned[k] = epoch;
  }
  return moved;
}

function copyDigests(i32: Int32Array<ArrayBufferLike>, from: number, to: number): void {
  for (let word = HASH_ROWS; word <= CONTENT_HIGH; word++) i32[to + word] = i32[from + word]!;
}
