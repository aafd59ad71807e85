import { CONTENT_ROWS, HASH_ROWS } from "./arena.ts";
import { type Column, ENTRY_WORDS, noteWritten } from "./column.ts";
import type { Match } from "./query.ts";
import type { Table } from "./table.ts";

/**
 * Makes the columns of some fields of a query writable and marks them as written: all of them or, where that throws, none.
 * Throws `arena-full`.
 */
export function ownFields(matches: readonly Match[], fields: readonly number[]): void {
  detachFields(matches, fields);
  markFields(matches, fields);
}

/** What of {@link ownFields} can throw. Shows nowhere. Throws `arena-full`. */
export function detachFields(matches: readonly Match[], fields: readonly number[]): void {
  own(matches, fields, false);
}

/** The rest of {@link ownFields}. What scratch memory holds stays. */
export function markFields(matches: readonly Match[], fields: readonly number[]): void {
  own(matches, fields, true);
}

function own(matches: readonly Match[], fields: readonly number[], marks: boolean): void {
  for (let m = 0; m < matches.length; m++) {
    const { table, columns } = matches[m]!;
    for (let f = 0; f < fields.length; f++) {
      const column = columns[fields[f]!]!;
      if (column < 0) continue;
      if (marks) markColumn(table, table.columns[column]!);
      else table.detachColumn(table.columns[column]!);
    }
  }
}

/** The rest of {@link Table.ownAll} for a column that was detached: it counts as written. */
export function markColumn({ memory, usedChunks, chunkCount, store }: Table, column: Column): void {
  const { i32 } = memory;
  for (let k = 0; k < usedChunks; k++) {
    if (column.owned[k] === store.epoch) continue;
    const block = i32[column.base + k * ENTRY_WORDS]! << 4;
    i32[block + HASH_ROWS] = 0;
    i32[block + CONTENT_ROWS] = 0;
    noteWritten(column, k, i32, chunkCount, store);
  }
}
