import { ENTRY_WORDS } from "./column.ts";
import type { Table } from "./table.ts";

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

/** Notes which columns differ between the records of a table at the words `at` and `before`. */
export function noteDifferences({ columns, shift, arena }: Table, at: number, before: number): void {
  const words = arena.memory.i32;
  const rows = Math.min(words[at + RECORD.rows]!, words[before + RECORD.rows]!);
  const chunks = (rows + (1 << shift) - 1) >> shift;
  const moved = words[at + RECORD.rows] !== words[before + RECORD.rows];
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!;
    const [p, q] = [words[at + RECORD.words + c]! << 4, words[before + RECORD.words + c]! << 4];
    const same = sameChunks(words, p, q, chunks);
    if (same === chunks && !(moved && c === 0)) continue;
    column.version++;
    column.kept = Math.min(column.kept, rows, same << shift);
  }
}

/** Notes that all columns of a table may differ. */
export function noteUnknown({ columns }: Table): void {
  for (let c = 0; c < columns.length; c++) {
    columns[c]!.version++;
    columns[c]!.kept = 0;
  }
}

/** How many chunks, of `chunks` and from the first on, have the same blocks in the entries at words `p` and `q`. */
function sameChunks(words: Int32Array, p: number, q: number, chunks: number): number {
  if (p === q) return chunks;
  let k = 0;
  while (k < chunks && words[p + k * ENTRY_WORDS] === words[q + k * ENTRY_WORDS]) k++;
  return k;
}
