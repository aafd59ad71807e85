import type { ColumnSpec, Component, Schema } from "../../ecs/component.ts";
import type { Core } from "../../ecs/core.ts";
import type { Table } from "../../ecs/table.ts";
import type { AnyArray, BlockViews } from "../../ecs/views.ts";
import type { World } from "../../ecs/world.ts";
import type { AccessLayout, EntityRow } from "../engine.ts";

/** A component whose columns scripts see: all of them, or those that are picked. */
export interface RowAccess {
  readonly component: Component;
  readonly write: boolean;
  /** Which columns, by their place in the component; undefined for all. */
  readonly picked?: readonly number[] | undefined;
}

/** The rows of one chunk, as typed arrays over the world's memory: valid until the structure changes. */
export interface ChunkRows {
  readonly count: number;
  readonly entities: Int32Array;
  /** Columns by access. */
  readonly columns: readonly (readonly AnyArray[])[];
}

/** Where one entity's columns lie. */
export interface Place extends EntityRow {
  /** Columns of all accesses but the first. */
  readonly rest: EntityRow["columns"];
}

/**
 * The rows of all entities that have some components, chunk by chunk in the order of a query, without the guards that
 * checked mode puts around columns: engines take addresses. What is written is owned and marked as the queries do it.
 */
export class Rows {
  readonly accesses: readonly RowAccess[];
  readonly #core: Core;
  readonly #world: World;
  readonly #components: readonly Component[];
  readonly #ids: readonly number[];
  readonly #picked: WeakMap<BlockViews, readonly AnyArray[]>[];
  /** The columns of the chunk that was asked for last: good while nothing moves, nor gets another holder. */
  readonly #last = {
    table: undefined as Table | undefined,
    chunk: -1,
    epoch: -1,
    moves: -1,
    views: -1,
    columns: NO_COLUMNS,
    rest: NO_COLUMNS,
  };
  readonly #views: { count: number; entities: Int32Array; columns: (readonly AnyArray[])[] }[] = [];

  constructor(world: World, accesses: readonly RowAccess[]) {
    this.#world = world;
    this.#core = world.core;
    this.accesses = accesses;
    this.#components = [...new Set(accesses.map(({ component }) => component))];
    this.#ids = accesses.map(({ component }) => world.core.schema.idOf(component));
    this.#picked = accesses.map(() => new WeakMap());
  }

  /** The chunks, made anew at each call; the objects are used again by the next one. */
  chunks(): readonly ChunkRows[] {
    const { store } = this.#core;
    const views = this.#views;
    let filled = 0;
    for (const { table } of this.#world.query(...this.#components).matches) {
      if (table.rows === 0) continue;
      this.#own(table);
      for (let k = 0; k < table.usedChunks; k++) {
        views[filled] ??= { count: 0, entities: NONE, columns: this.accesses.map(() => []) };
        const view = views[filled++]!;
        view.count = table.rowsOf(k);
        view.entities = store.arena.views(table.blockOf(table.columns[0]!, k), table.layout(table.columns[0]!, k))
          .arrays[0] as Int32Array;
        this.#fill(view.columns, table, k);
      }
    }
    views.length = filled;
    return views;
  }

  /** Where an entity's columns lie; undefined where it lacks some of the components, or is gone. */
  rowOf(entity: number): Place | undefined {
    const { entities, store } = this.#core;
    const number = entities.tableNumber(entity);
    if (number < 0) return undefined;
    const table = store.tables[number]!;
    const at = entities.row(entity);
    const chunk = at >> table.shift;
    const last = this.#last;
    if (!this.#isLast(table, chunk)) {
      if (this.#ids.some((id) => table.columnOf[id] === undefined)) return undefined;
      this.#own(table);
      const columns: (readonly AnyArray[])[] = [];
      this.#fill(columns, table, chunk);
      const { epoch, moves } = store;
      const rest = columns.slice(1);
      Object.assign(last, { table, chunk, epoch, moves, views: store.arena.viewsEpoch, columns, rest });
    }
    const { columns, rest } = last;
    return { entity, row: at & ((1 << table.shift) - 1), columns, rest };
  }

  #isLast(table: Table, chunk: number): boolean {
    const { store } = this.#core;
    const { epoch, moves, views } = this.#last;
    if (this.#last.table !== table || this.#last.chunk !== chunk) return false;
    return epoch === store.epoch && moves === store.moves && views === store.arena.viewsEpoch;
  }

  #own(table: Table): void {
    for (let a = 0; a < this.accesses.length; a++) {
      const c = table.columnOf[this.#ids[a]!]!;
      if (c < 0) continue;
      // What is only read here may still be written by name: then its block must not move any more.
      if (this.accesses[a]!.write) table.ownAll(table.columns[c]!);
      else for (let k = 0; k < table.usedChunks; k++) table.detach(table.columns[c]!, k);
    }
  }

  #fill(columns: (readonly AnyArray[])[], table: Table, k: number): void {
    const { arena } = this.#core;
    for (let a = 0; a < this.accesses.length; a++) {
      const c = table.columnOf[this.#ids[a]!]!;
      if (c < 0) {
        columns[a] = [];
        continue;
      }
      const column = table.columns[c]!;
      const views = arena.views(table.blockOf(column, k), table.layout(column, k));
      const { picked } = this.accesses[a]!;
      if (picked === undefined) {
        columns[a] = views.arrays;
        continue;
      }
      let chosen = this.#picked[a]!.get(views);
      if (chosen === undefined) {
        chosen = picked.map((at) => views.arrays[at]!);
        this.#picked[a]!.set(views, chosen);
      }
      columns[a] = chosen;
    }
  }
}

const NONE = new Int32Array(0);
const NO_COLUMNS: EntityRow["columns"] = [];

/** How engines are told about a component, under a name. */
export function layoutOf(component: Component<string, Schema>, write: boolean): AccessLayout {
  return { name: component.name, write, fields: component.columns.map((column) => fieldOf(column, column.path)) };
}

export function fieldOf({ kind, lanes, nan }: ColumnSpec, name: string): AccessLayout["fields"][number] {
  return { name, kind, lanes, nan };
}
