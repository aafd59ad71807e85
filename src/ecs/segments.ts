import { expectInstance, expectList } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { ElementType } from "../native/element.ts";
import { elementBytes, elementTypes } from "../native/element.ts";
import type { Memory } from "../native/memory.ts";
import type { Component } from "./component.ts";
import { ownFields } from "./own-fields.ts";
import { Query } from "./query.ts";
import type { Term } from "./term.ts";

/** A column of a component: its path, and the lane of an array. */
export type ColumnPath = readonly [component: Component, path: string, lane?: number];

/** Where the rows of one column lie: plain numbers, for whoever reads them without knowing the world. */
export interface SegmentedColumn {
  readonly element: ElementType;
  /** Bytes from a row to the next. */
  readonly stride: number;
  /** Byte offset of the first row of each segment. */
  readonly offsets: number[];
}

interface Source {
  readonly field: number;
  readonly column: number;
  readonly lane: number;
  readonly write: boolean;
}

/**
 * Columns of the entities of a query as lists of segments (memory, offset, count), one for each chunk: what binds them to
 * other code without a copy. They hold until the structure of the world changes or another tick begins: call
 * {@link ColumnSegments.update} in each tick before they are used.
 */
export class ColumnSegments {
  readonly memory: Memory;
  /** Rows of each segment, in the order in which the query finds its chunks. */
  readonly rows: number[] = [];
  readonly columns: readonly SegmentedColumn[];
  readonly #query: Query<readonly Term[]>;
  readonly #sources: readonly Source[];
  readonly #written: readonly number[];

  /** Throws `bad-argument` for columns that the query does not have. */
  constructor(query: Query<readonly Term[]>, paths: readonly ColumnPath[]) {
    expectInstance(query, Query, "query", "a query of a world");
    this.#query = query;
    this.memory = query.core.arena.memory;
    expectList(paths, "paths");
    for (const path of paths) expectList(path, "paths: each");
    this.#sources = paths.map((path) => sourceOf(query, path));
    this.#written = this.#sources.filter(({ write }) => write).map(({ field }) => field);
    this.columns = paths.map(([component], i) => {
      const { column } = this.#sources[i]!;
      const { code, lanes } = component.columns[column]!;
      return { element: elementTypes[code]!, stride: elementBytes[code]! * lanes, offsets: [] };
    });
    this.update();
  }

  /** All rows. */
  get count(): number {
    let count = 0;
    for (let i = 0; i < this.rows.length; i++) count += this.rows[i]!;
    return count;
  }

  /** Finds the rows anew, and marks the columns of `write` terms as written. Throws as the query does where it may not be used. */
  update(): this {
    const { rows, columns } = this;
    this.#query.checkUse();
    const { matches } = this.#query;
    rows.length = 0;
    for (let m = 0; m < matches.length; m++) {
      const { table } = matches[m]!;
      for (let k = 0, n = table.usedChunks; k < n; k++) rows.push(table.rowsOf(k));
    }
    ownFields(matches, this.#written);
    for (let c = 0; c < columns.length; c++) {
      const { field, column, lane } = this.#sources[c]!;
      const { offsets, element } = columns[c]!;
      const skip = lane * elementBytes[elementTypes.indexOf(element)]!;
      offsets.length = 0;
      for (let m = 0; m < matches.length; m++) {
        const { table, columns: at } = matches[m]!;
        const source = table.columns[at[field]!]!;
        for (let k = 0, n = table.usedChunks; k < n; k++) {
          offsets.push(table.blockOf(source, k) * 64 + table.layout(source, k).offsets[column]! + skip);
        }
      }
    }
    return this;
  }
}

function sourceOf(query: Query<readonly Term[]>, [component, path, lane = 0]: ColumnPath): Source {
  const id = query.core.schema.idOf(component);
  const field = query.fields.findIndex((one) => one.id === id);
  const column = component.columns.findIndex((one) => one.path === path);
  if (field < 0) {
    throw new WorldloomError("bad-argument", `${component.name} must be in the query, with write if it is written.`, {
      component: component.name,
    });
  }
  const { lanes = 0 } = component.columns[column] ?? {};
  if (column < 0 || !Number.isInteger(lane) || lane < 0 || lane >= lanes) {
    const paths = component.columns.map((one) => JSON.stringify(one.path)).join(", ");
    throw new WorldloomError(
      "bad-argument",
      `${component.name} has no column ${JSON.stringify(path)}${lane > 0 ? ` with a lane ${lane}` : ""}; it has ${paths}.`,
      { component: component.name, path, lane },
    );
  }
  return { field, column, lane, write: query.fields[field]!.write };
}
