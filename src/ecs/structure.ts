import { copyRow, writeDefaults } from "./element.ts";
import type { Entities, Entity } from "./entities.ts";
import type { Store } from "./store.ts";
import { type Column, ENTRY_ADDED, ENTRY_WORDS, type Table } from "./table.ts";

/** How rows move from one archetype to another. */
export interface Edge {
  readonly target: Table;
  /** Columns that both have: pairs (source, target). */
  readonly shared: readonly (readonly [Column, Column])[];
  /** Columns of the target that the source lacks. */
  readonly fresh: readonly { readonly column: Column; readonly initials: readonly number[] }[];
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
  #empty: Table | undefined;

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.entities = entities;
  }

  /** Forgets tables and edges, after the store's list of tables changed. */
  reload(): void {
    this.#adds = [];
    this.#removes = [];
    this.#empty = undefined;
  }

  /** The archetype without components. */
  get empty(): Table {
    this.#empty ??= this.archetype([]);
    return this.#empty;
  }

  /** The archetype of some component ids, which must be ascending. */
  archetype(components: readonly number[]): Table {
    return this.store.find("archetype", components) ?? this.store.addTable("archetype", components);
  }

  /** The way to the archetype that has component `id` too, which `from` lacks. */
  adding(from: Table, id: number): Edge {
    this.#adds[from.id] ??= [];
    const edges = this.#adds[from.id]!;
    let edge = edges[id];
    if (edge === undefined) {
      edge = this.edge(from, this.archetype([...from.components, id].sort((a, b) => a - b)));
      edges[id] = edge;
    }
    return edge;
  }

  /** The way to the archetype without component `id`, which `from` has. */
  removing(from: Table, id: number): Edge {
    this.#removes[from.id] ??= [];
    const edges = this.#removes[from.id]!;
    let edge = edges[id];
    if (edge === undefined) {
      edge = this.edge(from, this.archetype(from.components.filter((other) => other !== id)));
      edges[id] = edge;
    }
    return edge;
  }

  edge(from: Table, target: Table): Edge {
    const shared: [Column, Column][] = [[from.columns[0]!, target.columns[0]!]];
    const fresh: { column: Column; initials: readonly number[] }[] = [];
    for (const id of target.components) {
      const to = target.columnOf[id]!;
      if (to < 0) continue;
      const source = from.columnOf[id];
      const column = target.columns[to]!;
      if (source === undefined) fresh.push({ column, initials: this.store.schema.initials[id]! });
      else shared.push([from.columns[source]!, column]);
    }
    return { target, shared, fresh };
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
    const { target, shared, fresh } = edge;
    const { memory } = this.store.arena;
    const row = this.entities.row(entity);
    this.entities.ownSlot(entity);
    this.#detachHole(from, row);
    const to = this.#reserveRow(target);
    const k = row >> from.shift;
    const l = to >> target.shift;
    target.ownRow(l);
    const i = row & ((1 << from.shift) - 1);
    const j = to & ((1 << target.shift) - 1);
    for (let s = 0; s < shared.length; s++) {
      const [source, column] = shared[s]!;
      const a = memory.i32[source.base + k * ENTRY_WORDS]!;
      const b = memory.i32[column.base + l * ENTRY_WORDS]!;
      copyRow(memory, from.layout(source, k), a, i, target.layout(column, l), b, j);
      const added = memory.i32[source.base + k * ENTRY_WORDS + ENTRY_ADDED]!;
      if (memory.i32[column.base + l * ENTRY_WORDS + ENTRY_ADDED]! < added) {
        memory.i32[column.base + l * ENTRY_WORDS + ENTRY_ADDED] = added;
      }
    }
    for (let f = 0; f < fresh.length; f++) {
      const { column, initials } = fresh[f]!;
      const block = memory.i32[column.base + l * ENTRY_WORDS]!;
      memory.i32[column.base + l * ENTRY_WORDS + ENTRY_ADDED] = this.store.tick;
      writeDefaults(memory, target.layout(column, l), block, j, 1, initials);
    }
    target.rows = to + 1;
    this.entities.place(entity, target.id, to);
    this.#closeHole(from, row);
    return to;
  }

  /** Room for one more row at the end, whose blocks nobody else holds. */
  #reserveRow(table: Table): number {
    const row = table.rows;
    table.reserve(row + 1);
    table.detachRow(row >> table.shift);
    return row;
  }

  #fillRow(table: Table, row: number, entity: Entity): void {
    const { memory } = this.store.arena;
    const k = row >> table.shift;
    const i = row & ((1 << table.shift) - 1);
    const { columns, components } = table;
    const { initials } = this.store.schema;
    memory.i32[(memory.i32[columns[0]!.base + k * ENTRY_WORDS]! << 4) + i] = entity;
    memory.i32[columns[0]!.base + k * ENTRY_WORDS + ENTRY_ADDED] = this.store.tick;
    for (let n = 0; n < components.length; n++) {
      const c = table.columnOf[components[n]!]!;
      if (c < 0) continue;
      const column = columns[c]!;
      memory.i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = this.store.tick;
      const block = memory.i32[column.base + k * ENTRY_WORDS]!;
      writeDefaults(memory, table.layout(column, k), block, i, 1, initials[components[n]!]!);
    }
    table.rows = row + 1;
    this.entities.place(entity, table.id, row);
  }

  /** Makes sure that {@link #closeHole} cannot fail. */
  #detachHole(table: Table, row: number): void {
    const last = table.rows - 1;
    if (row === last) return;
    table.detachRow(row >> table.shift);
    const words = this.store.arena.memory.i32;
    const block = words[table.columns[0]!.base + (last >> table.shift) * ENTRY_WORDS]!;
    this.entities.ownSlot(words[(block << 4) + (last & ((1 << table.shift) - 1))]!);
  }

  /** Moves the last row to `row` and drops the last. */
  #closeHole(table: Table, row: number): void {
    const last = table.rows - 1;
    if (row !== last) {
      const { memory } = this.store.arena;
      const k = row >> table.shift;
      const l = last >> table.shift;
      table.ownRow(k);
      const i = row & ((1 << table.shift) - 1);
      const j = last & ((1 << table.shift) - 1);
      const { columns } = table;
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c]!;
        const a = memory.i32[column.base + k * ENTRY_WORDS]!;
        const b = memory.i32[column.base + l * ENTRY_WORDS]!;
        copyRow(memory, table.layout(column, l), b, j, table.layout(column, k), a, i);
        if (k !== l) {
          const added = memory.i32[column.base + l * ENTRY_WORDS + ENTRY_ADDED]!;
          if (memory.i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED]! < added) {
            memory.i32[column.base + k * ENTRY_WORDS + ENTRY_ADDED] = added;
          }
        }
      }
      const moved = memory.i32[(memory.i32[columns[0]!.base + k * ENTRY_WORDS]! << 4) + i]!;
      this.entities.place(moved, table.id, row);
    }
    table.rows = last;
    if (last <= (table.chunkCount - 2) << table.shift) table.trim();
  }
}
