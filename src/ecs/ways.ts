import { type RowMove, rowMove, WAY } from "../native/row-move.ts";
import { ROW_EPOCH, ROW_STORE } from "./arena.ts";
import { ENTRY_ADDED, ENTRY_WORDS } from "./column.ts";
import type { Entities, Entity } from "./entities.ts";
import { RECORD } from "./record.ts";
import { ROOT, type Store } from "./store.ts";
import type { Edge } from "./structure.ts";
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
 * The edges between tables of plain words, in the arena, where the function that moves rows can see them. They are neither
 * state nor needed: where one is missing, or there was no memory for it, rows are moved elsewhere.
 */
export class Ways {
  readonly store: Store;
  readonly entities: Entities;
  /** By component id: where its edges are listed, by table. In bytes. */
  readonly gains: (number | undefined)[] = [];
  readonly losses: (number | undefined)[] = [];
  #move: RowMove = refuse;
  #blocks: number[] = [];

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.entities = entities;
  }

  /** Moves the row of an entity along its edge in `ways`; false if that is to be done elsewhere, and nothing happened. */
  change(entity: Entity, ways: number | undefined): boolean {
    if (ways === undefined || typeof entity !== "number" || (entity | 0) !== entity) return false;
    const { store } = this;
    return this.#move(ways, entity, store.root << 6, store.epoch, store.id) === 1;
  }

  /** Lists an edge that starts at `from`. */
  list(from: Table, edge: Edge): void {
    try {
      if (this.#move === refuse) this.#move = this.#routine();
      const way = this.#write(from, edge);
      const { memory } = this.store.arena;
      memory.i32[(this.#listFor(edge) >>> 2) + 1 + from.id] = way;
    } catch (error) {
      if ((error as { code?: string }).code !== "arena-full") throw error;
    }
  }

  /** Gives its memory back. */
  release(): void {
    this.gains.length = 0;
    this.losses.length = 0;
    this.#move = refuse;
    for (const block of this.#blocks) this.store.arena.release(block);
    this.#blocks = [];
  }

  #routine(): RowMove {
    const { arena, shift } = this.store;
    const { indexBits, slots } = this.entities;
    return rowMove(arena.memory, { ...PLACES, shift, indexBits, slots: slots.record });
  }

  #write(from: Table, { target, shared, fresh, initial }: Edge): number {
    const column = (c: number): number => (RECORD.words + c) << 2;
    const own = new Set<number>();
    const list: number[] = [];
    for (let s = 0; s < shared.length; s += 3) {
      own.add(shared[s]!);
      list.push(column(shared[s]!), column(shared[s + 1]!), shared[s + 2]!);
    }
    for (let c = 1; c < from.width; c++) if (!own.has(c)) list.push(column(c), 0, from.lanes![c]!);
    list.push(...initial);
    const at = this.#allocate(WAY.list + list.length * 4);
    const head = [
      from.record << 2,
      target.record << 2,
      target.id,
      own.size,
      fresh === 0 ? 0 : column(fresh),
      initial.length,
      from.width - 1,
    ];
    this.store.arena.memory.i32.set([...head, ...list], at >>> 2);
    return at;
  }

  /** The list in which an edge belongs, with room for every table. */
  #listFor({ id, gains }: Edge): number {
    const { arena, tables } = this.store;
    const lists = gains ? this.gains : this.losses;
    const old = lists[id] ?? 0;
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
    lists[id] = list;
    return list;
  }

  #allocate(bytes: number): number {
    const block = this.store.arena.allocate(bytes);
    this.#blocks.push(block);
    return block << 6;
  }
}

function refuse(): number {
  return -1;
}
