import { END } from "../native/row-despawn.ts";
import { WAY } from "../native/row-move.ts";
import { START } from "../native/row-spawn.ts";
import { type RowRoutines, rowRoutines } from "../native/rows.ts";
import { ROW_EPOCH, ROW_STORE } from "./arena.ts";
import { ENTRY_ADDED, ENTRY_WORDS } from "./column.ts";
import type { Entities, Entity } from "./entities.ts";
import { RECORD } from "./record.ts";
import { ROOT, type Store } from "./store.ts";
import type { ArchetypePath, Edge } from "./structure.ts";
import type { Table } from "./table.ts";

const PLACES = {
  rows: RECORD.rows,
  chunks: RECORD.chunks,
  firstCapacity: RECORD.firstCapacity,
  columns: RECORD.words,
  tick: ROOT.tick,
  added: ENTRY_ADDED,
  entryWords: ENTRY_WORDS,
  rowStore: ROW_STORE,
  rowEpoch: ROW_EPOCH,
};

/**
 * After how many changes of the same kind it is described to functions that do it faster. Describing takes as long as a
 * dozen changes, and many forks see only a few.
 */
export const USES = 4;

/** Most ways of making entities that are described: one for each order of components that was spawned. */
const STARTS_MAX = 1024;

const REFUSE: RowRoutines = { move: () => -1, spawn: () => -1, despawn: () => -1 };

/**
 * What changes of single rows of plain words need to know of tables, in the arena, where the functions that make them can
 * see it. It is neither state nor needed: where it is missing, or there was no memory for it, rows are changed elsewhere.
 */
export class Ways {
  readonly store: Store;
  readonly entities: Entities;
  /** By component id: where its edges are listed, by table. In bytes. */
  readonly gains: (number | undefined)[] = [];
  readonly losses: (number | undefined)[] = [];
  /** Where tables are listed of whose ends nobody is told; and the version of the observers for which that is true. */
  #ends = 0;
  #quiet = 0;
  /** How rows of a table go, by its number. */
  #endOf: (number | undefined)[] = [];
  #starts = 0;
  #despawns = 0;
  #routines = REFUSE;
  #blocks: number[] = [];

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.entities = entities;
  }

  /** Moves the row of an entity along its edge in `ways`; false if that is to be done elsewhere, and nothing happened. */
  change(entity: Entity, ways: number | undefined): boolean {
    if (ways === undefined || typeof entity !== "number" || (entity | 0) !== entity) return false;
    const { store } = this;
    return this.#routines.move(ways, entity, store.root << 6, store.epoch, store.id) === 1;
  }

  /**
   * A new entity of what is described at `start`, with the first `count` of `words` for the components that are given; -1
   * if that is to be done elsewhere, and nothing happened.
   */
  spawn(start: number, words: Int32Array, count: number): Entity {
    const { store, entities } = this;
    const { i32 } = store.arena.memory;
    const at = i32[(start + START.words) >>> 2]! >>> 2;
    for (let n = 0; n < count; n++) i32[at + n] = words[n]!;
    const made = this.#routines.spawn(start, entities.hint, store.root << 6, store.epoch, store.id);
    if (made > 0) entities.hint = (made & entities.indexMask) >> 5;
    return made;
  }

  /**
   * Removes an entity of whose end nobody is told in this version of the observers; false if that is to be done elsewhere,
   * and nothing happened.
   */
  despawn(entity: Entity, quiet: number): boolean {
    if (quiet !== this.#quiet || typeof entity !== "number" || (entity | 0) !== entity) return false;
    const { store, entities } = this;
    if (this.#routines.despawn(this.#ends, entity, store.root << 6, store.epoch, store.id) !== 1) return false;
    const word = (entity & entities.indexMask) >> 5;
    if (word < entities.hint) entities.hint = word;
    return true;
  }

  /** Lists an edge between tables of plain words that starts at `from`. */
  list(from: Table, edge: Edge): void {
    this.#describe(() => {
      const way = this.#edge(from, edge);
      const lists = edge.gains ? this.gains : this.losses;
      const list = this.#roomy(lists[edge.id] ?? 0);
      lists[edge.id] = list;
      this.store.arena.memory.i32[(list >>> 2) + 1 + from.id] = way;
    });
  }

  /** Describes the entities that `path`, whose table exists, leads to. */
  listStart(path: ArchetypePath): void {
    const table = path.table!;
    if (table.lanes === undefined || this.#starts >= STARTS_MAX) return;
    this.#starts++;
    this.#describe(() => {
      path.start = this.#start(table, path);
    });
  }

  /** Notes that nobody is told of the ends of rows of a table in version `quiet` of the observers. */
  listEnd(table: Table, quiet: number): void {
    if (table.lanes === undefined || this.#despawns++ < USES) return;
    this.#describe(() => {
      this.#endOf[table.id] ??= this.#end(table);
      const { memory } = this.store.arena;
      if (quiet !== this.#quiet && this.#ends !== 0) memory.fill(this.#ends + 4, 0, memory.i32[this.#ends >>> 2]! * 4);
      this.#quiet = quiet;
      this.#ends = this.#roomy(this.#ends);
      this.store.arena.memory.i32[(this.#ends >>> 2) + 1 + table.id] = this.#endOf[table.id]!;
    });
  }

  /** Gives its memory back. */
  release(): void {
    this.gains.length = 0;
    this.losses.length = 0;
    this.#ends = 0;
    this.#quiet = 0;
    this.#endOf = [];
    this.#starts = 0;
    this.#despawns = 0;
    this.#routines = REFUSE;
    for (const block of this.#blocks) this.store.arena.release(block);
    this.#blocks = [];
  }

  #describe(write: () => void): void {
    try {
      if (this.#routines === REFUSE) {
        const { arena, shift } = this.store;
        const { indexBits, slots, free } = this.entities;
        const places = { ...PLACES, shift, indexBits, slots: slots.record, free: free.record };
        this.#routines = rowRoutines(arena.memory, places);
      }
      write();
    } catch (error) {
      if ((error as { code?: string }).code !== "arena-full") throw error;
    }
  }

  #edge(from: Table, { target, shared, fresh, initial }: Edge): number {
    const own = new Set<number>();
    const list: number[] = [];
    for (let s = 0; s < shared.length; s += 3) {
      own.add(shared[s]!);
      list.push(column(shared[s]!), column(shared[s + 1]!), shared[s + 2]!);
    }
    for (let c = 1; c < from.width; c++) if (!own.has(c)) list.push(column(c), 0, from.lanes![c]!);
    const head = [
      from.record << 2,
      target.record << 2,
      target.id,
      own.size,
      fresh === 0 ? 0 : column(fresh),
      initial.length,
      from.width - 1,
    ];
    return this.#write(WAY.list, head, [...list, ...initial]);
  }

  /** The words of components that are given come first, so that whoever gives them need not know the table. */
  #start(table: Table, { steps }: ArchetypePath): number {
    const list: number[] = [];
    const words: number[] = [];
    for (const given of [true, false]) {
      for (const step of steps) {
        const c = table.columnOf[step.id]!;
        if (step.given !== given || c < 0) continue;
        list.push(column(c), table.lanes![c]!);
        words.push(...this.store.schema.initialWords[step.id]!);
      }
    }
    const head = [table.record << 2, table.id, this.entities.limit, list.length / 2, 0];
    const at = this.#write(START.list, head, [...list, ...words]);
    this.store.arena.memory.i32[(at + START.words) >>> 2] = at + START.list + list.length * 4;
    return at;
  }

  #end(table: Table): number {
    const list: number[] = [];
    for (let c = 1; c < table.width; c++) list.push(column(c), table.lanes![c]!);
    return this.#write(END.list, [table.record << 2, table.width - 1], list);
  }

  #write(headBytes: number, head: readonly number[], list: readonly number[]): number {
    const at = this.#allocate(headBytes + list.length * 4);
    const { i32 } = this.store.arena.memory;
    i32.set(head, at >>> 2);
    i32.set(list, (at + headBytes) >>> 2);
    return at;
  }

  /** `old`, a list by table, or one with the same in it that has room for every table. */
  #roomy(old: number): number {
    const { arena, tables } = this.store;
    const known = old === 0 ? 0 : arena.memory.i32[old >>> 2]!;
    if (known >= tables.length) return old;
    const room = Math.max(15, tables.length * 2);
    const list = this.#allocate((room + 1) * 4);
    const { memory } = arena;
    memory.fill(list, 0, (room + 1) * 4);
    memory.copy(list, old, old === 0 ? 0 : (known + 1) * 4);
    memory.i32[list >>> 2] = room;
    if (old !== 0) {
      this.#blocks.splice(this.#blocks.indexOf(old >>> 6), 1);
      arena.release(old >>> 6);
    }
    return list;
  }

  #allocate(bytes: number): number {
    const block = this.store.arena.allocate(bytes);
    this.#blocks.push(block);
    return block << 6;
  }
}

/** Where a record has the number of a column, in bytes. */
function column(c: number): number {
  return (RECORD.words + c) << 2;
}
