import { WorldloomError } from "../../core/errors.ts";
import { type ElementType, elementBytes, elementCode } from "../../native/element.ts";
import type { Memory } from "../../native/memory.ts";

/** A column: its element type and where row after row lies in each segment. */
export interface ColumnSegments {
  readonly element: ElementType;
  /** Bytes from a row to the next; the size of an element unless given. */
  readonly stride?: number;
  /** Byte offset of the first row of each segment, in the memory. */
  readonly offsets: ArrayLike<number>;
}

/**
 * Columns of another memory as an input of a plan: row i of a column is element [i, column]. They are read and written where
 * they lie. Segments are what a chunked column consists of: the same rows for all columns.
 */
export class Columns {
  readonly memory: Memory;
  /** Rows of each segment, in order. */
  readonly rows: ArrayLike<number>;
  readonly columns: readonly ColumnSegments[];

  constructor(memory: Memory, rows: ArrayLike<number>, columns: readonly ColumnSegments[]) {
    this.memory = memory;
    this.rows = rows;
    this.columns = columns;
  }

  /** Rows of all segments together. */
  get count(): number {
    let count = 0;
    for (let i = 0; i < this.rows.length; i++) count += this.rows[i] as number;
    return count;
  }
}

/** Words of the segment table of `columns` columns. */
export function tableWords(columns: number, segments: number): number {
  return 1 + segments + columns * (2 + segments);
}

/** Writes the segment table at word `at`, in the words of `native/tensor/format.ts`. */
export function writeTable(
  words: Uint32Array<ArrayBufferLike>,
  at: number,
  { rows, columns }: Columns,
  count: number,
  segmentsMax: number,
): void {
  if (columns.length !== count)
    throw new WorldloomError(
      "tensor-plan",
      `The input has ${count} columns, not ${columns.length}; bind as many as its columnSpec says.`,
      { columns: columns.length, count },
    );
  if (rows.length > segmentsMax)
    throw new WorldloomError(
      "tensor-plan",
      `Columns have ${rows.length} segments, at most ${segmentsMax} were reserved; raise segmentsMax of columnSpec.`,
      { segments: rows.length, segmentsMax },
    );
  let next = at;
  words[next++] = rows.length;
  for (let i = 0; i < rows.length; i++) words[next++] = rows[i] as number;
  for (const { element, stride, offsets } of columns) {
    const code = elementCode[element];
    words[next++] = code;
    words[next++] = stride ?? (elementBytes[code] as number);
    if (offsets.length !== rows.length)
      throw new WorldloomError(
        "tensor-plan",
        `A column has ${offsets.length} offsets for ${rows.length} segments; give one for each.`,
        { offsets: offsets.length, segments: rows.length },
      );
    for (let i = 0; i < offsets.length; i++) words[next++] = offsets[i] as number;
  }
}
