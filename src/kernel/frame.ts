import type { Node } from "./node.ts";
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
   * eight bytes an element (bool: four, 0 or 1). A call appends behind what the count says; a list has room for eight
   * elements more than rows, and what lies behind the count may be overwritten.
   */
  readonly appends: readonly number[];
  /** 256 bytes that compiled code has for itself. Only if there are appends. */
  readonly shuffles: number;
  /** 32 bytes that compiled code has for itself. */
  readonly spare: number;
  /** {@link stretchPlaces}, then four bytes for each row of a stretch and lookup, which compiled code has for itself. */
  readonly stretch: number;
  readonly found: number;
  /** One word: where the partial results of the next chunk go, an f64 for each fold; calls move it on. */
  readonly folds: number;
  /** One word: where the {@link entityTable} starts. Only if there are gathers or loops. */
  readonly entities: number;
  /** For each gather {@link gatherPlaces}. */
  readonly gathers: readonly number[];
  /** {@link nearPlaces}. Only if there are loops. */
  readonly index: number;
  /** 32 bytes for each number that a loop carries, which compiled code has for itself. */
  readonly results: number;
  readonly bytes: number;
}

/**
 * Words at the start of the entity table: bits of an entity's index (the generation is above), indices in use, log2 of the
 * rows of a full chunk, tables; bytes from the generations (u16) of a chunk of indices to the tables (u16) and to the rows
 * (i32) of its indices; where the starts of tables are. Then for each chunk of indices, at least for one, the byte offset of
 * its generations.
 *
 * The used chunks of all tables are numbered, table by table, from 1 on; every directory has 0 for number 0. The start
 * of a table is a word: four times the number of its first chunk. Row `r` of a table is row `r & mask` of the chunk that
 * comes `r >>> shift` later.
 */
export const entityTable = {
  indexBits: 0,
  indices: 1,
  shift: 2,
  tables: 3,
  table: 4,
  row: 5,
  starts: 6,
  chunks: 7,
} as const;

/**
 * Words of a gather: where its directory starts; where its {@link locator}s are, or 0; how many there are, less one; the
 * byte offset of its column from what they say. Either all gathers of a call have locators, equally many, or none.
 *
 * The directory has a word for each chunk of all tables (see {@link entityTable}): the byte offset of the column of the
 * chunk, or 0 where the table lacks the component. A column that has no elements is anything but 0.
 */
export const gatherPlaces = { directory: 0, locators: 1, mask: 2, column: 3, words: 4 } as const;

/**
 * Words of a locator: an entity, and where its row is in the first column of its component, were rows of all columns as
 * long as those of the gather. Their number is a power of two, not less than the indices of entities in use: that of an
 * entity is at its index. Where no entity with the component is, `entity` is one that would be elsewhere.
 */
export const locator = { entity: 0, row: 1, words: 2 } as const;

/**
 * Words that a call with neighbour loops needs besides the {@link entityTable}: where the header of a spatial index is (see
 * `spatialHeader`); a directory that has for each chunk of all tables the byte offset of its record in the list, or 0
 * where the call is not about the chunk; where {@link range}s are, and how many; the positions of the index that the call
 * is about: from `first`, which is divisible by 8, to before `end`; 1 if every entity is where the ranges say, and none is
 * that they do not have, else 0.
 *
 * Then, only if the program stores anything: where {@link bucket}s are, or 0; log2 of the rows of a bucket; how many there
 * are. There may only be some where every entity is where the ranges say.
 *
 * Stale entities of the index are passed over, and those of other chunks.
 */
export const nearPlaces = {
  header: 0,
  records: 1,
  ranges: 2,
  rangeCount: 3,
  first: 4,
  end: 5,
  still: 6,
  buckets: 7,
  bucketBits: 8,
  bucketCount: 9,
  words: 10,
} as const;

/**
 * Words of a bucket: the byte offset of the first result that was put aside in it, and where the last one ends. There is
 * room for as many as it has rows: see `resultPlaces`. Rows are numbered through all records of the list, as if all had as
 * many as a full chunk.
 */
export const bucket = { start: 0, end: 1, words: 2 } as const;

/**
 * Words of a range of running rows of a spatial index: the first, how many, and the number of the record in the list
 * that had the first of them when the index was built, at row 0. Ranges do not overlap. They are where to look first:
 * an entity that is not there any more is looked for in the entity table.
 */
export const range = { slot: 0, rows: 1, record: 2, words: 3 } as const;

/** Words at the start of a chunk's record: its rows, and the byte offset of its entities. Its pointers follow. */
export const chunkRecord = { rows: 0, entities: 1, pointers: 2 } as const;

/** Most rows of a stretch: rows that are looked at together before they are computed. What they look up fits into a near cache. */
export const STRETCH = 512;
/** Most lookups of a row for which a frame has room. */
const LOOKUPS_MAX = 8;
/**
 * Words of a stretch: its first row in the chunk, and how many it has. Of the one before it: groups of four rows, and those of which
 * a row looked somebody up, where that is a matter of conditions.
 */
export const stretchPlaces = { from: 0, rows: 1, groups: 2, looked: 3, words: 4 } as const;

/** How the pointers (byte offsets) of a chunk's record lead to buffers: buffer `b` starts at `pointers[b.pointer] + b.offset`. */
export interface Binding {
  readonly pointers: number;
  readonly buffers: readonly { readonly pointer: number; readonly offset: number }[];
}

/** The lookups of a program that its frame has room for, in this order: all or none. */
export function frameLookups({ nodes }: Pick<Program, "nodes">): readonly Node[] {
  const lookups = nodes.filter(({ op }) => op === "alive" || op === "fetch");
  return lookups.length > LOOKUPS_MAX || nodes.some(({ of }) => of !== undefined) ? [] : lookups;
}

export function frameOf({ uniforms, appends, gathers, nodes }: Program): Frame {
  const loops = new Set(nodes.flatMap(({ of }) => (of === undefined ? [] : [of])));
  const lookups = frameLookups({ nodes }).length;
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
    spare: take(8),
    stretch: take(gathers.length > 0 ? stretchPlaces.words : 0),
    found: take(lookups * STRETCH),
    folds: take(1),
    entities: take(1),
    gathers: gathers.map(() => take(gatherPlaces.words)),
    index: take(nearPlaces.words),
    results: take(8 * [...loops].reduce((sum, { phis }) => sum + phis.length, 0)),
    bytes: (at + 7) & ~7,
  };
}
