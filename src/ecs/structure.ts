import { copyRow, writeDefaults } from "./element.ts";
import type { Entities, Entity } from "./entities.ts";
import type { Store } from "./store.ts";
import { ENTRY_ADDED, ENTRY_WORDS } from "./column.ts";
import type { Table } from "./table.ts";

/** How rows move from one archetype to another. */
export interface Edge {
  readonly target: Table;
  /** Columns that both have: pairs (source, target). The first is that of the entities. */
  readonly shared: Int32Array;
  /** Pairs (column of the target that the source lacks, its component's id). */
  readonly fresh: Int32Array;
  /** The bits that each fresh column starts with, if it is made of plain words. */
  readonly initials: readonly Int32Array[];
  /** Whether both tables are made of plain words. */
  readonly words: boolean;
}

/** A list of component ids on the way to an archetype. */
export interface ArchetypePath {
  readonly components: readonly number[];
  /** The list with one more id, by that id. */
  readonly next: (ArchetypePath | undefined)[];
  table: Table | undefined;
}

/**
 * Structural changes of single rows. Each first makes room and owns the blocks that it will write, which may fail
 * and shows nowhere; then it writes, which cannot fail.
 */
export class Structure {
  readonly store: Store;
  readonly entities: Entities;
  #adds: (Edge | undefined)[][] = [];
  #removes: (Edge | undefined)[][] = [];
  #first: ArchetypePath | undefined;

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.entities = entities;
  }

  /** Forgets tables and edges, after the store's list of tables changed. */
  reload(): void {
    this.#adds = [];
    this.#removes = [];
    this.#first = undefined;
  }

  /** The archetype of some component ids, which must be ascending. */
  archetype(components: readonly number[]): Table {
    return this.store.find("archetype", components) ?? this.store.addTable("archetype", components);
  }

  /** The empty list of components: where the way to the archetype of what is spawned starts. The steps make no archetypes. */
  get first(): ArchetypePath {
    this.#first ??= { components: [], next: [], table: undefined };
    return this.#first;
  }

  /** The list with component `id` too, which may be in it already. */
  with(path: ArchetypePath, id: number): ArchetypePath {
    let next = path.next[id];
    if (next === undefined) {
      const known = path.components.includes(id);
      next = known ? path : { components: [...path.components, id].sort((a, b) => a - b), next: [], table: undefined };
      path.next[id] = next;
    }
    return next;
  }

  archetypeOf(path: ArchetypePath): Table {
    path.table ??= this.archetype(path.components);
    return path.table;
  }

  /** The way to the archetype that has component `id` too, which `from` lacks. */
  adding(from: Table, id: number): Edge {
    return this.#adds[from.id]?.[id] ?? this.#make(this.#adds, from, id, [...from.components, id].sort((a, b) => a - b));
  }

  /** The way to the archetype without component `id`, which `from` has. */
  removing(from: Table, id: number): Edge {
    return this.#removes[from.id]?.[id] ?? this.#make(this.#removes, from, id, from.components.filter((other) => other !== id));
  }

  #make(edges: (Edge | undefined)[][], from: Table, id: number, components: readonly number[]): Edge {
    const target = this.archetype(components);
    const shared = [0, 0];
    const fresh: number[] = [];
    const initials: Int32Array[] = [];
    for (const other of target.components) {
      const to = target.columnOf[other]!;
      if (to < 0) continue;
      const source = from.columnOf[other];
      if (source === undefined) {
        fresh.push(to, other);
        initials.push(this.store.schema.initialWords[other]!);
      } else shared.push(source, to);
    }
    const words = from.lanes !== undefined && target.lanes !== undefined;
    const edge: Edge = { target, shared: Int32Array.from(shared), fresh: Int32Array.from(fresh), initials, words };
    edges[from.id] ??= [];
    edges[from.id]![id] = edge;
    return edge;
  }

  /** Gives an entity a component with its defaults, if it lacks it. Throws `entity-stale`, `arena-full`. */
  add(entity: Entity, id: number): void {
    const table = this.store.tables[this.entities.check(entity)]!;
    if (table.columnOf[id] === undefined) this.move(entity, table, this.adding(table, id));
  }

  /** Takes a component from an entity, if it has it. Throws `entity-stale`, `arena-full`. */
  remove(entity: Entity, id: number): boolean {
    const table = this.store.tables[this.entities.check(entity)]!;
    if (table.columnOf[id] === undefined) return false;
    this.move(entity, table, this.removing(table, id));
    return true;
  }

  /** A new entity in `table`, with defaults. Throws `entity-limit`, `arena-full`. */
  spawn(table: Table): Entity {
    this.entities.reserve(1);
    const row = this.#reserveRow(table);
    const entity = this.entities.allocate();
    table.ownRow(row >> table.shift);
    this.#fillRow(table, row, entity);
    return entity;
  }

  /** Places an entity that was allocated or revived. Throws `arena-full`. */
  settle(entity: Entity, table: Table): void {
    const row = this.#reserveRow(table);
    this.entities.ownSlot(entity);
    table.ownRow(row >> table.shift);
    this.#fillRow(table, row, entity);
  }

  /** Removes the row of an entity that exists, and frees its index. Throws `arena-full`. */
  despawn(entity: Entity, table: Table): void {
    const row = this.entities.row(entity);
    this.entities.ownRelease(entity);
    this.#detachHole(table, row);
    this.entities.release(entity);
    this.#closeHole(table, row);
  }

  /** Moves the row of an entity along `edge`, which starts at its table. Returns the new row. Throws `arena-full`. */
  move(entity: Entity, from: Table, edge: Edge): number {
    const { target } = edge;
    const { epoch, shift } = this.store;
    const { slots, indexMask } = this.entities;
    const { i32 } = from.memory;
    const mask = (1 << shift) - 1;
    const index = entity & indexMask;
    const s = index >> shift;
    const row = i32[slots.bases[s]! + (s === 0 ? slots.firstCapacity : mask + 1) + (index & mask)]!;
    if (slots.rowOwned[s] !== epoch) slots.ownRow(s);
    const last = from.rows - 1;
    if (row !== last) {
      if (from.rowOwned[row >> shift] !== epoch) from.detachRow(row >> shift);
      const moved = from.memory.i32[from.bases[(last >> shift) * from.width]! + (last & mask)]! & indexMask;
      if (slots.rowOwned[moved >> shift] !== epoch) slots.ownRow(moved >> shift);
    }
    const to = target.rows;
    const l = to >> shift;
    if (l >= target.chunkCount || (l === 0 && to >= target.firstCapacity)) target.reserve(to + 1);
    if (target.rowOwned[l] !== epoch) {
      target.detachRow(l);
      target.ownRow(l);
    }
    if ((to & mask) === 0) target.forgetAdded(l);
    if (edge.words) {
      this.#moveWords(entity, from, row, edge, to);
      return to;
    }
    this.#moveAny(from, row, edge, to);
    target.rows = to + 1;
    this.entities.place(entity, target.id, to);
    this.#closeHole(from, row);
    return to;
  }

  /**
   * The same for columns of plain words, with everything owned: copies what both have, starts what is new, and fills the
   * hole with the last row. One long function: split up, it takes twice the time.
   */
  #moveWords(entity: Entity, from: Table, row: number, edge: Edge, to: number): void {
    const { target, shared, fresh } = edge;
    const { store, entities } = this;
    const { shift, tick } = store;
    const { i32, u16 } = from.memory;
    const mask = (1 << shift) - 1;
    const k = row >> shift;
    const l = to >> shift;
    const fromStride = k === 0 ? from.firstCapacity : mask + 1;
    const toStride = l === 0 ? target.firstCapacity : mask + 1;
    const sources = k * from.width;
    const targets = l * target.width;
    const fromBases = from.bases;
    const toBases = target.bases;
    const toLanes = target.lanes!;
    const i = row & mask;
    const j = to & mask;
    i32[toBases[targets]! + j] = entity;
    for (let s = 2; s < shared.length; s += 2) {
      const column = shared[s + 1]!;
      let a = fromBases[sources + shared[s]!]! + i;
      let b = toBases[targets + column]! + j;
      for (let lane = toLanes[column]!; lane > 0; lane--) {
        i32[b] = i32[a]!;
        a += fromStride;
        b += toStride;
      }
      const added = i32[from.entries[shared[s]!]! + k * ENTRY_WORDS + ENTRY_ADDED]!;
      const at = target.entries[column]! + l * ENTRY_WORDS + ENTRY_ADDED;
      if (i32[at]! < added) i32[at] = added;
    }
    for (let f = 0; f < fresh.length; f += 2) {
      const column = fresh[f]!;
      const initial = edge.initials[f >> 1]!;
      let b = toBases[targets + column]! + j;
      for (let lane = 0; lane < initial.length; lane++) {
        i32[b] = initial[lane]!;
        b += toStride;
      }
      i32[target.entries[column]! + l * ENTRY_WORDS + ENTRY_ADDED] = tick;
    }
    target.rows = to + 1;
    const { slots, indexMask } = entities;
    const slotBases = slots.bases;
    const slotCapacity = slots.firstCapacity;
    const index = entity & indexMask;
    const slot = slotBases[index >> shift]!;
    const capacity = index >> shift === 0 ? slotCapacity : mask + 1;
    u16[slot * 2 + capacity + (index & mask)] = target.id;
    i32[slot + capacity + (index & mask)] = to;

    const last = from.rows - 1;
    if (row !== last) {
      if (from.rowOwned[k] !== store.epoch) from.ownRow(k);
      const m = last >> shift;
      const lastStride = m === 0 ? from.firstCapacity : mask + 1;
      const lasts = m * from.width;
      const lanes = from.lanes!;
      const n = last & mask;
      const moved = i32[fromBases[lasts]! + n]!;
      i32[fromBases[sources]! + i] = moved;
      for (let c = 1; c < lanes.length; c++) {
        let a = fromBases[lasts + c]! + n;
        let b = fromBases[sources + c]! + i;
        for (let lane = lanes[c]!; lane > 0; lane--) {
          i32[b] = i32[a]!;
          a += lastStride;
          b += fromStride;
        }
      }
      if (k !== m) for (let c = 1; c < lanes.length; c++) this.#carryAdded(from, c, m, from, c, k);
      const movedIndex = moved & indexMask;
      const movedCapacity = movedIndex >> shift === 0 ? slotCapacity : mask + 1;
      i32[slotBases[movedIndex >> shift]! + movedCapacity + (movedIndex & mask)] = row;
    }
    from.rows = last;
    if (last <= (from.chunkCount - 2) << shift) from.trim();
  }

  #moveAny(from: Table, row: number, { target, shared, fresh }: Edge, to: number): void {
    const { store } = this;
    const { memory } = store.arena;
    const k = row >> from.shift;
    const l = to >> target.shift;
    const i = row & ((1 << from.shift) - 1);
    const j = to & ((1 << target.shift) - 1);
    for (let s = 0; s < shared.length; s += 2) {
      const source = from.columns[shared[s]!]!;
      const column = target.columns[shared[s + 1]!]!;
      copyRow(memory, from.layout(source, k), from.blockOf(source, k), i, target.layout(column, l), target.blockOf(column, l), j);
      this.#carryAdded(from, shared[s]!, k, target, shared[s + 1]!, l);
    }
    for (let f = 0; f < fresh.length; f += 2) {
      const column = target.columns[fresh[f]!]!;
      target.markAdded(column, l, store.tick);
      writeDefaults(memory, target.layout(column, l), target.blockOf(column, l), j, 1, store.schema.initials[fresh[f + 1]!]!);
    }
  }

  /** A chunk that takes a row in gained the component as late as the chunk that the row comes from. */
  #carryAdded(from: Table, source: number, k: number, target: Table, column: number, l: number): void {
    const { i32 } = this.store.arena.memory;
    const added = i32[from.columns[source]!.base + k * ENTRY_WORDS + ENTRY_ADDED]!;
    const at = target.columns[column]!.base + l * ENTRY_WORDS + ENTRY_ADDED;
    if (i32[at]! < added) i32[at] = added;
  }

  /** Room for one more row at the end, whose blocks nobody else holds. */
  #reserveRow(table: Table): number {
    const row = table.rows;
    const k = row >> table.shift;
    if (k >= table.chunkCount || (k === 0 && row >= table.firstCapacity)) table.reserve(row + 1);
    if (table.rowOwned[k] !== this.store.epoch) table.detachRow(k);
    return row;
  }

  #fillRow(table: Table, row: number, entity: Entity): void {
    const { store } = this;
    const { memory, memory: { i32 } } = store.arena;
    const k = row >> table.shift;
    const i = row & ((1 << table.shift) - 1);
    const { columns, components, bases, width } = table;
    i32[bases[k * width]! + i] = entity;
    i32[columns[0]!.base + k * ENTRY_WORDS + ENTRY_ADDED] = store.tick;
    for (let n = 0; n < components.length; n++) {
      const id = components[n]!;
      const c = table.columnOf[id]!;
      if (c < 0) continue;
      const column = columns[c]!;
      i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = store.tick;
      if (column.component.words) {
        const initial = store.schema.initialWords[id]!;
        const stride = table.capacityOf(k);
        let at = bases[k * width + c]! + i;
        for (let lane = 0; lane < initial.length; lane++) {
          i32[at] = initial[lane]!;
          at += stride;
        }
      } else writeDefaults(memory, table.layout(column, k), bases[k * width + c]! >> 4, i, 1, store.schema.initials[id]!);
    }
    table.rows = row + 1;
    this.entities.place(entity, table.id, row);
  }

  /** Makes sure that {@link #closeHole} cannot fail. */
  #detachHole(table: Table, row: number): void {
    const last = table.rows - 1;
    if (row === last) return;
    if (table.rowOwned[row >> table.shift] !== this.store.epoch) table.detachRow(row >> table.shift);
    const block = table.bases[(last >> table.shift) * table.width]!;
    this.entities.ownSlot(this.store.arena.memory.i32[block + (last & ((1 << table.shift) - 1))]!);
  }

  /** Moves the last row to `row` and drops the last. */
  #closeHole(table: Table, row: number): void {
    const last = table.rows - 1;
    if (row !== last) {
      const k = row >> table.shift;
      const l = last >> table.shift;
      if (table.rowOwned[k] !== this.store.epoch) table.ownRow(k);
      const i = row & ((1 << table.shift) - 1);
      const j = last & ((1 << table.shift) - 1);
      if (table.lanes !== undefined) this.#fillHoleWords(table, table.lanes, k, i, l, j);
      else this.#fillHoleAny(table, k, i, l, j);
      if (k !== l) for (let c = 1; c < table.width; c++) this.#carryAdded(table, c, l, table, c, k);
      this.entities.place(this.store.arena.memory.i32[table.bases[k * table.width]! + i]!, table.id, row);
    }
    table.rows = last;
    if (last <= (table.chunkCount - 2) << table.shift) table.trim();
  }

  #fillHoleWords(table: Table, lanes: Int32Array, k: number, i: number, l: number, j: number): void {
    const { i32 } = this.store.arena.memory;
    const { bases, width, firstCapacity } = table;
    const fromStride = l === 0 ? firstCapacity : 1 << table.shift;
    const toStride = k === 0 ? firstCapacity : 1 << table.shift;
    for (let c = 0; c < width; c++) {
      let a = bases[l * width + c]! + j;
      let b = bases[k * width + c]! + i;
      for (let lane = lanes[c]!; lane > 0; lane--) {
        i32[b] = i32[a]!;
        a += fromStride;
        b += toStride;
      }
    }
  }

  #fillHoleAny(table: Table, k: number, i: number, l: number, j: number): void {
    const { memory } = this.store.arena;
    for (const column of table.columns) {
      copyRow(memory, table.layout(column, l), table.blockOf(column, l), j, table.layout(column, k), table.blockOf(column, k), i);
    }
  }
}
