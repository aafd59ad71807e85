import type { Memory } from "../native/memory.ts";
import { type Arena, CONTENT_ROWS, HASH_ROWS, OWNER, ROW_EPOCH, ROW_STORE } from "./arena.ts";
import {
  baseOf,
  type Column,
  ENTRY_ADDED,
  ENTRY_BLOCK,
  ENTRY_CHANGED,
  ENTRY_WORDS,
  listCopies,
  longer,
  NEVER,
  noteWritten,
  ownedUpTo,
  settle,
} from "./column.ts";
import { type Layout, layoutOf } from "./component.ts";
import { noteDifferences, noteUnknown, RECORD, type TableKind } from "./record.ts";
import type { Store } from "./store.ts";
import type { Edge } from "./structure.ts";
import type { TableSchema } from "./table-schema.ts";

/**
 * Rows of one set of components, in chunks of `2 ** shift` rows; a lone first chunk starts smaller and doubles.
 * Archetypes are tables, and so is everything else that a world stores. Only the last chunk is partly filled.
 */
export class Table {
  readonly store: Store;
  readonly arena: Arena;
  readonly memory: Memory;
  readonly schema: TableSchema;
  readonly kind: TableKind;
  /** Position among the store's tables. */
  readonly id: number;
  /** Component ids, ascending; tags have no column. Of a region: the id of its name, and its bytes. */
  readonly components: readonly number[];
  readonly columns: Column[];
  /** Column of each component id, -1 for a tag, undefined where the table lacks it. */
  readonly columnOf: readonly (number | undefined)[];
  /** Word of the table's record, relative to the root. */
  record: number;
  chunkCount: number;
  firstCapacity: number;
  readonly shift: number;
  /** Epoch of the store at which every column's block of a chunk was made writable. May be too short. */
  rowOwned: Int32Array = NEVER;
  /** Number of columns. */
  readonly width: number;
  /** First word of the block of each (chunk, column), at `chunk * width + column`. A cache of the entries. */
  readonly bases: number[] = [];
  /** First word of the entries of each column. A cache of the root. */
  readonly entries: Int32Array;
  /** Words a row of each column, if every column is made of plain words; else undefined. */
  readonly lanes: Int32Array | undefined;
  /** Where rows go that gain or lose a component, by its id. */
  readonly adds: (Edge | undefined)[] = [];
  readonly removes: (Edge | undefined)[] = [];
  /** Word of the root at which the count of rows is. */
  rowsAt = 0;
  /** Word of the root at which the numbers of the column blocks are. */
  columnsAt = 0;

  constructor(store: Store, id: number, schema: TableSchema, record: number, columns: Column[]) {
    this.store = store;
    this.arena = store.arena;
    this.memory = store.arena.memory;
    this.id = id;
    this.schema = schema;
    this.kind = schema.kind;
    this.record = record;
    this.components = schema.components;
    this.columnOf = schema.columnOf;
    this.columns = columns;
    this.width = columns.length;
    this.entries = Int32Array.from(columns, baseOf);
    this.lanes = schema.lanes;
    const { i32 } = store.arena.memory;
    const at = (store.root << 4) + record;
    this.relocate();
    this.chunkCount = i32[at + RECORD.chunks]!;
    this.firstCapacity = i32[at + RECORD.firstCapacity]!;
    this.shift = i32[at + RECORD.shift]!;
  }

  get rows(): number {
    return this.memory.i32[this.rowsAt]!;
  }

  set rows(rows: number) {
    this.memory.i32[this.rowsAt] = rows;
  }

  /** To be told when the root block was replaced. */
  relocate(): void {
    this.rowsAt = (this.store.root << 4) + this.record + RECORD.rows;
    this.columnsAt = (this.store.root << 4) + this.record + RECORD.words;
  }

  /** Rows that chunk `k` can hold. */
  capacityOf(k: number): number {
    return k === 0 ? this.firstCapacity : 1 << this.shift;
  }

  /** Rows that chunk `k` holds. */
  rowsOf(k: number): number {
    const rest = this.rows - (k << this.shift);
    return rest >= 1 << this.shift ? 1 << this.shift : rest > 0 ? rest : 0;
  }

  /** Chunks that hold rows. */
  get usedChunks(): number {
    return (this.rows + (1 << this.shift) - 1) >> this.shift;
  }

  layout(column: Column, k: number): Layout {
    return layoutOf(column.component, this.capacityOf(k));
  }

  blockOf(column: Column, k: number): number {
    return this.arena.memory.i32[column.base + k * ENTRY_WORDS]!;
  }

  /** Makes room for `rows` rows. What it adds is not visible. Throws `arena-full`. */
  reserve(rows: number): void {
    while (rows > this.#room()) {
      if (this.chunkCount === 1 && this.firstCapacity < 1 << this.shift) this.#growFirst(rows);
      else this.#addChunks(rows);
    }
  }

  #room(): number {
    return this.chunkCount === 0 ? 0 : this.firstCapacity + ((this.chunkCount - 1) << this.shift);
  }

  /**
   * Makes the block of (column, chunk) writable in place and marks it as written in this tick. Without `copies` its contents
   * may be lost, for who writes all of them. Throws `arena-full`.
   */
  own(column: Column, k: number, copies = true): void {
    this.detach(column, k, copies);
    const { i32 } = this.memory;
    const block = i32[column.base + k * ENTRY_WORDS]!;
    i32[(block << 4) + HASH_ROWS] = 0;
    i32[(block << 4) + CONTENT_ROWS] = 0;
    noteWritten(column, k, i32, this.chunkCount, this.store);
  }

  /** Makes sure that nobody else holds the block of (column, chunk). Shows nowhere. Throws `arena-full`. */
  detach(column: Column, k: number, copies = true): void {
    const { arena } = this;
    if (column.ownedEntries !== this.store.epoch) this.#ownEntries(column);
    const entry = column.base + k * ENTRY_WORDS;
    const block = arena.memory.i32[entry]!;
    if (arena.exclusive(block)) return;
    const bytes = arena.payloadBytes(block);
    const copy = arena.allocate(bytes);
    if (copies) arena.copy(copy, block, bytes);
    arena.release(block);
    this.#point(column, k, copy);
  }

  /** Detaches every column's block of a chunk, so that {@link ownRow} cannot fail. Throws `arena-full`. */
  detachRow(k: number): void {
    if (this.rowOwned[k] === this.store.epoch) return;
    for (let c = 0; c < this.columns.length; c++) this.detach(this.columns[c]!, k);
  }

  /** Owns every column's block of a chunk. */
  ownRow(k: number): void {
    const { epoch } = this.store;
    if (this.rowOwned[k] === epoch) return;
    for (let c = 0; c < this.columns.length; c++)
      if (this.columns[c]!.owned[k] !== epoch) this.own(this.columns[c]!, k);
    if (this.rowOwned.length <= k) this.rowOwned = longer(this.rowOwned, this.chunkCount);
    this.rowOwned[k] = epoch;
    const { i32 } = this.memory;
    const first = this.bases[k * this.width]!;
    i32[first + ROW_STORE] = this.store.id;
    i32[first + ROW_EPOCH] = epoch;
  }

  /**
   * Owns every used chunk of a column, with one copy for all that others hold. Where others hold the entries too, those
   * of a block that nobody else holds get the copy if they are roots that are only kept: what a world has in use stays
   * where it is, and its views stay right. Throws `arena-full`.
   */
  ownAll(column: Column): void {
    this.#takeAll(column, true);
  }

  /** What of {@link ownAll} can throw. Shows nowhere. Throws `arena-full`. */
  detachColumn(column: Column): void {
    this.#takeAll(column, false);
  }

  /** Detaches every used chunk of every column likewise, where most of them will be written. Shows nowhere. */
  detachAll(): void {
    for (let c = 0; c < this.columns.length; c++) this.#takeAll(this.columns[c]!, false);
  }

  #takeAll(column: Column, marks: boolean): void {
    const { arena, memory, usedChunks, bases, width } = this;
    const { epoch, tick } = this.store;
    if (column.ownedEntries === epoch && ownedUpTo(column.owned, usedChunks, epoch)) return;
    const shared = column.ownedEntries !== epoch && !arena.exclusive(column.block);
    const others = shared && memory.i32[column.base + OWNER] === this.store.id ? column.base : 0;
    const list = arena.scratch(usedChunks * 12);
    // If there is more than one chunk, all are of one size.
    const { bytes } = this.layout(column, 0);
    const copies = listCopies(arena, column, { usedChunks, epoch, shared, bytes }, list >>> 2);
    if (shared) this.#copyEntries(column, usedChunks, copies, list >>> 2);
    column.ownedEntries = epoch;
    if (column.owned.length < usedChunks) column.owned = longer(column.owned, usedChunks);
    if (settle(memory.i32, column, { usedChunks, epoch, tick, shared, others, marks, word: list >>> 2 }, bases, width))
      this.store.moves++;
    arena.copyMany(list, copies, bytes);
  }

  /** Gives the column entries of its own, for which `copies` blocks are listed at `word`: taken back if it fails. */
  #copyEntries(column: Column, used: number, copies: number, word: number): void {
    const { arena, memory } = this;
    let entries: number;
    try {
      entries = arena.allocateZeroed(arena.payloadBytes(column.block));
    } catch (error) {
      for (let record = word; record < word + copies * 3; record += 3) arena.release(memory.i32[record]! >>> 6);
      throw error;
    }
    arena.copy(entries, column.block, this.chunkCount * ENTRY_WORDS * 4);
    for (let k = used; k < this.chunkCount; k++) arena.retain(memory.i32[(entries << 4) + k * ENTRY_WORDS]!);
    arena.release(column.block);
    this.#pointEntries(column, entries);
  }

  #pointEntries(column: Column, entries: number): void {
    column.block = entries;
    column.base = entries << 4;
    this.entries[column.index] = column.base;
    this.memory.i32[column.base + OWNER] = this.store.id;
    this.memory.i32[(this.store.root << 4) + column.slot] = entries;
  }

  /** Says that rows of (column, chunk) gained the component at `tick` or later. The column must be owned. */
  markAdded(column: Column, k: number, tick: number): void {
    const at = column.base + k * ENTRY_WORDS + ENTRY_ADDED;
    if (this.memory.i32[at]! < tick) this.memory.i32[at] = tick;
  }

  /** To be told before a chunk without rows takes one in: what its entries say of rows that it had is over. */
  forgetAdded(k: number): void {
    for (const column of this.columns) this.arena.memory.i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = 0;
  }

  /** Gives back chunks that are empty, but for one; not where that would first need memory. */
  trim(): void {
    while (this.chunkCount > 1 && this.rows <= (this.chunkCount - 2) << this.shift) {
      if (!this.columns.every((column) => this.arena.exclusive(column.block))) return;
      const k = this.chunkCount - 1;
      for (const column of this.columns) {
        this.arena.release(this.blockOf(column, k));
        column.owned[k] = 0;
      }
      this.rowOwned[k] = 0;
      this.#setChunks(k, this.firstCapacity);
    }
  }

  /**
   * Continues from another root, in which the table's record is at `record`. Both roots must still be held; of one that did not
   * have the table the number is 0.
   */
  reload(record: number, oldRoot: number): void {
    this.store.moves++;
    const words = this.arena.memory.i32;
    const at = (this.store.root << 4) + record;
    const { replica } = this.arena;
    // Nobody holds the old root of a replica: what is there now may be anything.
    if (replica || oldRoot === 0) noteUnknown(this);
    else noteDifferences(this, at, (oldRoot << 4) + this.record);
    this.record = record;
    this.relocate();
    this.chunkCount = words[at + RECORD.chunks]!;
    this.firstCapacity = words[at + RECORD.firstCapacity]!;
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      column.slot = record + RECORD.words + c;
      column.block = words[(this.store.root << 4) + column.slot]!;
      column.base = column.block << 4;
      if (!replica && words[column.base + OWNER] !== this.store.id) words[column.base + OWNER] = 0;
      this.entries[c] = column.base;
      column.ownedEntries = 0;
    }
    const { bases, entries, width } = this;
    for (let k = 0, at = 0; k < this.chunkCount; k++) {
      for (let c = 0; c < width; c++) bases[at++] = words[entries[c]! + k * ENTRY_WORDS]! << 4;
    }
  }

  #setChunks(chunks: number, firstCapacity: number): void {
    const words = this.arena.memory.i32;
    const at = (this.store.root << 4) + this.record;
    this.chunkCount = words[at + RECORD.chunks] = chunks;
    this.firstCapacity = words[at + RECORD.firstCapacity] = firstCapacity;
    this.store.structure++;
  }

  /** Makes the block of entries this store's own: with it, every block of rows that it points at is held once more. */
  #ownEntries(column: Column): void {
    const { arena, store } = this;
    if (!arena.exclusive(column.block)) this.#replaceEntries(column, arena.payloadBytes(column.block));
    column.ownedEntries = store.epoch;
  }

  #replaceEntries(column: Column, bytes: number): void {
    const { arena } = this;
    const copy = arena.allocateZeroed(bytes);
    arena.copy(copy, column.block, this.chunkCount * ENTRY_WORDS * 4);
    if (arena.exclusive(column.block)) arena.release(column.block);
    else {
      for (let k = 0; k < this.chunkCount; k++) arena.retain(arena.memory.i32[(copy << 4) + k * ENTRY_WORDS]!);
      arena.release(column.block);
    }
    this.#pointEntries(column, copy);
  }

  /** The blocks of one column come one after the other: so they are read faster than if the columns took turns. */
  #addChunks(rows: number): void {
    const first = this.chunkCount;
    const full = 1 << this.shift;
    let capacity = full;
    if (first === 0) {
      capacity = Math.min(full, this.store.firstRows(this.kind));
      while (capacity < full && capacity < rows) capacity *= 2;
    }
    const count = capacity < full ? 1 : Math.ceil(rows / full) - first;
    const blocks = this.#allocateBlocks(capacity, count);
    for (let at = this.bases.length; at < (first + count) * this.width; at++) this.bases.push(0);
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      const words = this.arena.memory.i32;
      for (let k = first; k < first + count; k++) {
        const entry = column.base + k * ENTRY_WORDS;
        this.#point(column, k, blocks[c * count + k - first]!);
        words[entry + ENTRY_CHANGED] = 0;
        words[entry + ENTRY_ADDED] = 0;
        if (k < column.owned.length) column.owned[k] = 0;
      }
    }
    for (let k = first; k < Math.min(first + count, this.rowOwned.length); k++) this.rowOwned[k] = 0;
    this.#setChunks(first + count, first === 0 ? capacity : this.firstCapacity);
  }

  #growFirst(rows: number): void {
    let capacity = this.firstCapacity * 2;
    while (capacity < 1 << this.shift && capacity < rows) capacity *= 2;
    const blocks = this.#allocateBlocks(capacity, 1);
    const { memory } = this.arena;
    const used = this.rowsOf(0);
    for (let c = 0; c < this.columns.length; c++) {
      const column = this.columns[c]!;
      const from = layoutOf(column.component, this.firstCapacity);
      const to = layoutOf(column.component, capacity);
      const old = memory.i32[column.base]!;
      column.component.columns.forEach((spec, i) => {
        memory.copy(blocks[c]! * 64 + to.offsets[i]!, old * 64 + from.offsets[i]!, used * spec.bytes * spec.lanes);
      });
      this.arena.release(old);
      this.#point(column, 0, blocks[c]!);
      column.owned[0] = 0;
    }
    this.rowOwned[0] = 0;
    this.#setChunks(1, capacity);
  }

  /** Says which block holds the rows of (column, chunk). The entries must be this store's own. */
  #point(column: Column, k: number, block: number): void {
    this.arena.memory.i32[column.base + k * ENTRY_WORDS + ENTRY_BLOCK] = block;
    this.bases[k * this.width + column.index] = block << 4;
    this.store.moves++;
  }

  /** `count` blocks a column, all or none, with room for as many more entries in each column. */
  #allocateBlocks(capacity: number, count: number): number[] {
    const blocks: number[] = [];
    try {
      for (const column of this.columns) {
        const needed = (this.chunkCount + count) * ENTRY_WORDS * 4;
        const room = this.arena.payloadBytes(column.block);
        if (column.ownedEntries !== this.store.epoch) this.#ownEntries(column);
        if (room < needed) this.#replaceEntries(column, Math.max(room * 2, needed));
        const { bytes } = layoutOf(column.component, capacity);
        for (let i = 0; i < count; i++) blocks.push(this.arena.allocate(bytes));
      }
    } catch (error) {
      for (const block of blocks) this.arena.release(block);
      throw error;
    }
    return blocks;
  }
}
