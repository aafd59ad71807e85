import { ENTRY_WORDS } from "./column.ts";

/** What the rows of a table are. */
export const tableKinds = [
  "archetype",
  "slots",
  "free",
  "strings",
  "characters",
  "resource",
  "event",
  "links",
  "region",
] as const;
export type TableKind = (typeof tableKinds)[number];

/** Words of a table's record in the root block; the numbers of its column blocks and its component ids follow. */
export const RECORD = {
  kind: 0,
  rows: 1,
  chunks: 2,
  firstCapacity: 3,
  shift: 4,
  columns: 5,
  components: 6,
  words: 7,
} as const;

/** Whether the records at words `a` and `b` name the same rows in the same blocks, `chunks` a column. */
export function sameRows(words: Int32Array, a: number, b: number, columns: number, chunks: number): boolean {
  if (words[a + RECORD.rows] !== words[b + RECORD.rows]) return false;
  for (let c = 0; c < columns; c++) {
    const p = words[a + RECORD.words + c]! << 4;
    const q = words[b + RECORD.words + c]! << 4;
    if (p === q) continue;
    for (let k = 0; k < chunks; k++) if (words[p + k * ENTRY_WORDS] !== words[q + k * ENTRY_WORDS]) return false;
  }
  return true;
}
