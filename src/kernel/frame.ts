import { type Program, UNIFORM_BYTES } from "./program.ts";

/**
 * Where a call of a program finds what is not a chunk: byte offsets from the start of a frame in memory, which is
 * divisible by 8. The host fills it before a call, all numbers are i32 words unless said otherwise.
 */
export interface Frame {
  /** {@link UNIFORM_BYTES} for each uniform, its value at the start of them. */
  readonly uniforms: number;
  /**
   * For each append a word that counts what was appended, then for each value the byte offset of a list: of four or
   * eight bytes an element (bool: four, 0 or 1). A call appends behind what the count says; a list has room for four
   * elements more than rows, and what lies behind the count may be overwritten.
   */
  readonly appends: readonly number[];
  /** 256 bytes that compiled code has for itself. Only if there are appends. */
  readonly shuffles: number;
  /** One word: where the partial results of the next chunk go, an f64 for each fold; calls move it on. */
  readonly folds: number;
  /** One word: where the {@link entityTable} starts. Only if there are gathers or loops. */
  readonly entities: number;
  /** For each gather a word: where its {@link directory} starts. */
  readonly gathers: readonly number[];
  /** Two words: where the header of a spatial index is (see `spatialHeader`), and where the {@link records}. Only if there are loops. */
  readonly index: number;
  readonly bytes: number;
}

/**
 * Words at the start of the entity table: bits of an entity's index (the generation is above), indices in use, log2 of the
 * rows of a full chunk, tables. Then for each chunk of indices three byte offsets: of the generations (u16), of the
 * tables (u16) and of the rows (i32) of its indices.
 */
export const entityTable = { indexBits: 0, indices: 1, shift: 2, tables: 3, chunks: 4, chunkWords: 3 } as const;

/**
 * A directory: byte offset of the column within a block of a full chunk, a word of nothing, then for each table two words:
 * the byte offset of its entries (four words a chunk, the first of which is the block, in units of 64 bytes), or 0 where the table
 * lacks the component; and the byte offset of the column within the block of its first chunk.
 */
export const directory = { column: 0, tables: 2, tableWords: 2 } as const;

/**
 * How a call with neighbour loops gets from an entity of the index to its row, besides the {@link entityTable}: a word for
 * each table, the position of the record of its first chunk in the list, or -1 for a table that the call is not about.
 * Row `r` of a table is row `r & mask` of record `first + (r >>> shift)`. Stale entities are passed over.
 */
export const records = { none: -1 } as const;

/** Words at the start of a chunk's record: its rows, and the byte offset of its entities. Its pointers follow. */
export const chunkRecord = { rows: 0, entities: 1, pointers: 2 } as const;

/** How the pointers (byte offsets) of a chunk's record lead to buffers: buffer `b` starts at `pointers[b.pointer] + b.offset`. */
export interface Binding {
  readonly pointers: number;
  readonly buffers: readonly { readonly pointer: number; readonly offset: number }[];
}

export function frameOf({ uniforms, appends, gathers }: Program): Frame {
  let at = uniforms.length * UNIFORM_BYTES;
  const take = (words: number): number => {
    const start = at;
    at += words * 4;
    return start;
  };
  return {
    uniforms: 0,
    appends: appends.map(({ values }) => take(1 + values.length)),
    shuffles: take(appends.length > 0 ? 64 : 0),
    folds: take(1),
    entities: take(1),
    gathers: gathers.map(() => take(1)),
    index: take(2),
    bytes: (at + 7) & ~7,
  };
}
