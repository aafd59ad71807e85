import type { Match } from "./query.ts";

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
      if (column >= 0) table.ownAll(table.columns[column]!, marks);
    }
  }
}
