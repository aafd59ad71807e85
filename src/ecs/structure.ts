import type { Memory } from "../native/memory.ts";
import { ENTRY_ADDED, ENTRY_WORDS, NEVER } from "./column.ts";
import { copyRow, writeDefaults } from "./element.ts";
import type { Entities, Entity } from "./entities.ts";
import type { Store } from "./store.ts";
import type { Table } from "./table.ts";
import { USES, Ways } from "./ways.ts";

/** How rows move from one archetype to another. */
export interface Edge {
  readonly target: Table;
  /** Columns that both have: triples (source, target, words a row), without that of the entities. */
  readonly shared: Int32Array;
  /** The column that the target has and the source lacks; 0 if there is none. */
  readonly fresh: number;
  /** The component that is gained or lost. */
  readonly id: number;
  readonly gains: boolean;
  /** The bits that the words of the fresh column start with; empty unless both tables are made of plain words. */
  readonly initial: Int32Array;
  /** Whether both tables are made of plain words. */
  readonly words: boolean;
  /** Rows that moved along it. */
  uses: number;
}

/** A component on the way to an archetype, and whether all its values will be given. */
interface Step {
  readonly id: number;
  readonly given: boolean;
}

/** Components on the way to an archetype. */
export interface ArchetypePath {
  /** Their ids, ascending. */
  readonly components: readonly number[];
  /** The same in the order in which they came. */
  readonly steps: readonly Step[];
  /** The path with one more, by twice its id, and one more if its values will be given. */
  readonly next: (ArchetypePath | undefined)[];
  table: Table | undefined;
  /** Entities that were made, and the address of what {@link Ways} knows of them, or 0. */
  uses: number;
  start: number;
}

/**
 * Structural changes of single rows. Each first makes room and owns the blocks that it will write, which may fail
 * and shows nowhere; then it writes, which cannot fail.
 */
export class Structure {
  readonly store: Store;
  readonly memory: Memory;
  readonly entities: Entities;
  readonly ways: Ways;
  #first: ArchetypePath | undefined;

  constructor(store: Store, entities: Entities) {
    this.store = store;
    this.memory = store.arena.memory;
    this.entities = entities;
    this.ways = new Ways(store, entities);
  }

  /** Forgets tables and edges, after the store's list of tables changed. */
  reload(): void {
    for (const { adds, removes } of this.store.tables) {
      adds.length = 0;
      removes.length = 0;
    }
    this.#first = undefined;
    this.ways.release();
  }

  /** The archetype of some component ids, which must be ascending. */
  archetype(components: readonly number[]): Table {
    return this.store.find("archetype", components) ?? this.store.addTable("archetype", components);
  }

  /** The empty list of components: where the way to the archetype of what is spawned starts. The steps make no archetypes. */
  get first(): ArchetypePath {
    this.#first ??= pathOf([], []);
    return this.#first;
  }

  /** The path with component `id` too; the same if it is on it already. */
  with(path: ArchetypePath, id: number, given: boolean): ArchetypePath {
    const key = 2 * id + (given ? 1 : 0);
    let next = path.next[key];
    if (next === undefined) {
      const known = path.components.includes(id);
      next = known
        ? path
        : pathOf(
            [...path.components, id].sort((a, b) => a - b),
            [...path.steps, { id, given }],
          );
      path.next[key] = next;
    }
    return next;
  }

  archetypeOf(path: ArchetypePath): Table {
    path.table ??= this.archetype(path.components);
    return path.table;
  }

  /** The way to the archetype that has component `id` too, which `from` lacks. */
  adding(from: Table, id: number): Edge {
    return (from.adds[id] ??= this.#edge(
      from,
      [...from.components, id].sort((a, b) => a - b),
      id,
    ));
  }

  /** The way to the archetype without component `id`, which `from` has. */
  removing(from: Table, id: number): Edge {
    return (from.removes[id] ??= this.#edge(
      from,
      from.components.filter((other) => other !== id),
      id,
    ));
  }

  #edge(from: Table, components: readonly number[], id: number): Edge {
    const target = this.archetype(components);
    const shared: number[] = [];
    const words = from.lanes !== undefined && target.lanes !== undefined;
    for (const other of target.components) {
      const to = target.columnOf[other]!;
      const source = from.columnOf[other];
      if (to < 0 || source === undefined) continue;
      shared.push(source, to, target.lanes?.[to] ?? 0);
    }
    return {
      target,
      shared: Int32Array.from(shared),
      fresh: Math.max(0, target.columnOf[id] ?? 0),
      id,
      gains: target.columnOf[id] !== undefined,
      initial: words && target.columnOf[id] !== undefined ? this.store.schema.initialWords[id]! : new Int32Array(0),
      words,
      uses: 0,
    };
  }

  /** Gives an entity a component with its defaults; false if it has it. Throws `entity-stale`, `arena-full`. */
  add(entity: Entity, id: number): boolean {
    if (this.ways.change(entity, this.ways.gains[id])) return true;
    const table = this.store.tables[this.entities.check(entity)]!;
    if (table.columnOf[id] !== undefined) return false;
    this.move(entity, table, this.adding(table, id));
    return true;
  }

  /** Takes a component from an entity; false if it lacks it. Throws `entity-stale`, `arena-full`. */
  remove(entity: Entity, id: number): boolean {
    if (this.ways.change(entity, this.ways.losses[id])) return true;
    const table = this.store.tables[this.entities.check(entity)]!;
    if (table.columnOf[id] === undefined) return false;
    this.move(entity, table, this.removing(table, id));
    return true;
  }

  /** A new entity in the archetype that `path` leads to, with defaults. Throws `entity-limit`, `arena-full`. */
  spawn(path: ArchetypePath): Entity {
    if (path.start !== 0) {
      const made = this.ways.spawn(path.start, NEVER, 0);
      if (made > 0) return made;
    }
    const table = this.archetypeOf(path);
    if (path.uses++ === USES) this.ways.listStart(path);
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
    if (edge.words && edge.uses++ === USES) this.ways.list(from, edge);
    const to = target.rows;
    const row = this.entities.row(entity);
    const l = to >> target.shift;
    this.entities.ownSlot(entity);
    this.#detachHole(from, row);
    this.#reserveRow(target);
    target.ownRow(l);
    if ((to & ((1 << target.shift) - 1)) === 0) target.forgetAdded(l);
    this.#copyRow(from, row, edge, to);
    target.rows = to + 1;
    this.entities.place(entity, target.id, to);
    this.#closeHole(from, row);
    return to;
  }

  #copyRow(from: Table, row: number, { target, shared, fresh, id }: Edge, to: number): void {
    const { store } = this;
    const { memory } = store.arena;
    const k = row >> from.shift;
    const l = to >> target.shift;
    const i = row & ((1 << from.shift) - 1);
    const j = to & ((1 << target.shift) - 1);
    memory.i32[target.bases[l * target.width]! + j] = memory.i32[from.bases[k * from.width]! + i]!;
    for (let s = 0; s < shared.length; s += 3) {
      const source = from.columns[shared[s]!]!;
      const column = target.columns[shared[s + 1]!]!;
      copyRow(
        memory,
        from.layout(source, k),
        from.blockOf(source, k),
        i,
        target.layout(column, l),
        target.blockOf(column, l),
        j,
      );
      this.#carryAdded(from, shared[s]!, k, target, shared[s + 1]!, l);
    }
    if (fresh === 0) return;
    const column = target.columns[fresh]!;
    target.markAdded(column, l, store.tick);
    writeDefaults(memory, target.layout(column, l), target.blockOf(column, l), j, 1, store.schema.initials[id]!);
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
    const {
      memory,
      memory: { i32 },
    } = store.arena;
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
      } else
        writeDefaults(memory, table.layout(column, k), bases[k * width + c]! >> 4, i, 1, store.schema.initials[id]!);
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
      for (const column of table.columns) {
        const { memory } = this;
        copyRow(
          memory,
          table.layout(column, l),
          table.blockOf(column, l),
          j,
          table.layout(column, k),
          table.blockOf(column, k),
          i,
        );
      }
      if (k !== l) for (let c = 1; c < table.width; c++) this.#carryAdded(table, c, l, table, c, k);
      this.entities.place(this.store.arena.memory.i32[table.bases[k * table.width]! + i]!, table.id, row);
    }
    table.rows = last;
    if (last <= (table.chunkCount - 2) << table.shift) table.trim();
  }
}

function pathOf(components: readonly number[], steps: readonly Step[]): ArchetypePath {
  return { components, steps, next: [], table: undefined, uses: 0, start: 0 };
}
