import type { Arena } from "./arena.ts";
import { refuseWrite } from "./checked.ts";
import type { Core } from "./core.ts";
import { expiring } from "./expiring.ts";
import { markColumn } from "./own-fields.ts";
import { type Match, type PairedRow, passes, type Query } from "./query.ts";
import type { Store } from "./store.ts";

/** The object that is handed out for one chunk; made once, and brought up to date when it is handed out again. */
export interface ChunkView {
  count: number;
  entities: Int32Array;
  [key: string]: unknown;
}

export type VisitRow = (entity: number, chunk: ChunkView, row: number) => void;

/** Walks the chunks of a query. Reused: a steady loop makes no objects. */
export class ChunkIterator implements IterableIterator<ChunkView> {
  readonly #query: Query;
  readonly #core: Core;
  readonly #arena: Arena;
  readonly #store: Store;
  readonly #finish: (iterator: ChunkIterator) => void;
  readonly #result: { done: boolean; value: ChunkView } = { done: false, value: undefined as unknown as ChunkView };
  #matches: readonly Match[] = [];
  #since = -1;
  #match = 0;
  #chunk = 0;
  /** Rows of the table from that chunk on, if it is not the first one. They do not change meanwhile. */
  #rows = 0;
  #active = false;
  #ready = false;
  /** In checked mode: makes what was handed out last useless. */
  #expire: (() => void) | undefined;

  constructor(query: Query, finish: (iterator: ChunkIterator) => void) {
    this.#query = query;
    this.#core = query.core;
    this.#arena = query.core.arena;
    this.#store = query.core.store;
    this.#finish = finish;
  }

  start(since: number): void {
    this.#since = since;
    this.#match = 0;
    this.#chunk = 0;
    this.#active = false;
    this.#ready = true;
    this.#result.done = false;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): { done: boolean; value: ChunkView } {
    if (!this.#active) {
      if (!this.#ready) return this.#result;
      this.#active = true;
      this.#matches = this.#query.matches;
      this.#core.beginIteration();
    }
    this.#expire?.();
    const matches = this.#matches;
    while (this.#match < matches.length) {
      const match = matches[this.#match]!;
      const { table, views } = match;
      const k = this.#chunk;
      const full = 1 << table.shift;
      const rows = k === 0 ? table.rows : this.#rows;
      if (rows > full) {
        this.#rows = rows - full;
        this.#chunk = k + 1;
      } else {
        this.#match++;
        this.#chunk = 0;
        if (rows === 0) continue;
      }
      if (this.#since >= 0 && !passes(match, k, this.#since)) continue;
      const store = this.#store;
      const right =
        match.fresh[k] === store.moves &&
        match.ownedEpoch === store.epoch &&
        match.viewsEpoch === this.#arena.viewsEpoch;
      const view = right ? views[k]! : this.#viewOrEnd(match, k);
      view.count = rows < full ? rows : full;
      this.#result.value = this.#core.checked ? this.#guarded(view) : view;
      return this.#result;
    }
    this.return();
    return this.#result;
  }

  /** Calls `visit` for some rows, which are given chunk by chunk; of no other chunk is anything owned. */
  visit(rows: readonly PairedRow[], visit: VisitRow): void {
    this.start(0);
    this.#active = true;
    this.#core.beginIteration();
    try {
      for (let i = 0; i < rows.length; ) {
        const { match, row } = rows[i]!;
        const { table } = match;
        const k = row >> table.shift;
        this.#expire?.();
        const view = this.#view(match, k);
        view.count = table.rowsOf(k);
        const chunk = this.#core.checked ? this.#guarded(view) : view;
        for (let next = rows[i]; next?.match === match && next.row >> table.shift === k; next = rows[++i])
          visit(next.entity, chunk, next.row & ((1 << table.shift) - 1));
      }
    } finally {
      this.return();
    }
  }

  return(): { done: boolean; value: ChunkView } {
    this.#expire?.();
    if (this.#active) {
      this.#active = false;
      this.#core.endIteration();
    }
    if (this.#ready) {
      this.#ready = false;
      this.#result.done = true;
      this.#result.value = undefined as unknown as ChunkView;
      this.#finish(this);
    }
    return this.#result;
  }

  /** Whoever loops is not told to end a loop whose next step fails: then it ends here. Throws `arena-full`. */
  #viewOrEnd(match: Match, k: number): ChunkView {
    try {
      return this.#view(match, k);
    } catch (error) {
      this.return();
      throw error;
    }
  }

  #guarded(view: ChunkView): ChunkView {
    const query = this.#query;
    const writable = (key: string): boolean => query.fields.some((field) => field.key === key && field.write);
    const { guarded, expire } = expiring(view, writable, (key) => refuseWrite(this.#core.running?.access, key));
    this.#expire = expire;
    return guarded;
  }

  /** Owns what will be written, before any view is made: memory that is not shared moves when it grows. */
  #own(match: Match, k: number): void {
    const { table, columns } = match;
    const { fields } = this.#query;
    const { store } = this.#core;
    // What can fail first: then nothing counts as written.
    for (let marks = 0; marks < 2; marks++) {
      for (let f = 0; f < fields.length; f++) {
        const c = columns[f]!;
        if (c < 0 || !fields[f]!.write) continue;
        const column = table.columns[c]!;
        if (marks === 0 && this.#since < 0) table.detachColumn(column);
        else if (marks === 0) table.detach(column, k);
        else if (this.#since < 0) markColumn(table, column);
        else if (column.owned[k] !== store.epoch) table.own(column, k);
      }
    }
    if (this.#since < 0) match.ownedEpoch = store.epoch;
  }

  #view(match: Match, k: number): ChunkView {
    const { table, columns, views } = match;
    const { fields } = this.#query;
    const { arena, store } = this.#core;
    const { length } = fields;
    if (match.ownedEpoch !== store.epoch) this.#own(match, k);
    if (match.viewsEpoch !== arena.viewsEpoch || match.firstCapacity !== table.firstCapacity) {
      match.blocks.fill(0);
      match.fresh.fill(0);
      match.viewsEpoch = arena.viewsEpoch;
      match.firstCapacity = table.firstCapacity;
      match.layouts = columns.map((c) => (c < 0 ? undefined : table.layout(table.columns[c]!, 0)));
    }
    const first = k * (length + 1);
    let view = views[k];
    if (view === undefined) {
      view = { count: 0, entities: undefined as unknown as Int32Array };
      for (const { key } of fields) view[key] = undefined;
      views[k] = view;
      if (match.blocks.length < first + length + 1) match.blocks = longer(match.blocks, first + length + 1);
      if (match.fresh.length <= k) match.fresh = longer(match.fresh, k + 1);
    }
    const { blocks } = match;
    for (let f = 0; f < length; f++) {
      const c = columns[f]!;
      if (c < 0) continue;
      const column = table.columns[c]!;
      const block = arena.memory.i32[column.base + k * 4]!;
      if (blocks[first + f] === block) continue;
      blocks[first + f] = block;
      view[fields[f]!.key] = arena.views(block, match.layouts[f]!).columns;
    }
    const block = arena.memory.i32[table.columns[0]!.base + k * 4]!;
    if (blocks[first + length] !== block) {
      blocks[first + length] = block;
      view.entities = arena.views(block, table.layout(table.columns[0]!, k)).arrays[0] as Int32Array;
    }
    match.fresh[k] = store.moves;
    return view;
  }
}

function longer(blocks: Int32Array, length: number): Int32Array {
  const made = new Int32Array(Math.max(length, blocks.length * 2));
  made.set(blocks);
  return made;
}
