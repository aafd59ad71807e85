import { ENTRY_WORDS } from "./column.ts";
import type { ColumnSpec, Component } from "./component.ts";
import type { Limits } from "./core.ts";
import type { TableKind } from "./record.ts";
import type { Declared, SchemaSet } from "./schema.ts";
import type { Table } from "./table.ts";

/**
 * A save file: the envelope, then the head, then the tables in the order in which the world made them. Words are u32,
 * little-endian; every part is padded with zeros to whole words.
 *
 *     envelope  8 bytes magic, version, length of the file (low, high), checksum (low, high), 0
 *     head      length in bytes, JSON: {@link Head}
 *     table     kind, rows, count of component ids, component ids; then each column:
 *     column    (changed tick, added tick) of each chunk that holds rows; then each typed column of the component:
 *               its elements, row after row, without gaps
 *
 * The envelope is the same in every version. Where an entity is and which indices are free is not in the file: it
 * follows from the rest.
 */
export const MAGIC = Uint8Array.of(0x57, 0x4c, 0x53, 0x41, 0x56, 0x45, 0x0d, 0x0a);
export const VERSION = 1;
export const ENVELOPE_BYTES = 32;
/** Offsets in the envelope. */
export const ENVELOPE = {
  version: 8,
  lengthLow: 12,
  lengthHigh: 16,
  checksumLow: 20,
  checksumHigh: 24,
  zero: 28,
} as const;
/** Words of a table before its component ids. */
export const TABLE_WORDS = 3;
/** Words of a chunk's entry: when it was changed, when rows were added. */
const TICK_WORDS = ENTRY_WORDS - 2;

/** What the file says about the world as a whole. */
export interface Head {
  readonly fingerprint: number;
  /** Everything declared, in the order of ids: see {@link declaration}. */
  readonly schema: readonly string[];
  readonly chunkRows: number;
  readonly seed: number;
  readonly tick: number;
  readonly limits: Limits;
  readonly tables: number;
}

/** What fingerprints are made of, for one declared type. Readable: the name comes second. */
export function declaration({ role, component, rules, lifetime }: Declared): string {
  return `${role} ${component.signature} ${rules} ${lifetime}`;
}

const texts = new WeakMap<SchemaSet, string>();

/** The schema as JSON; kept, because it decides how fast small worlds are saved. */
export function schemaText(schema: SchemaSet): string {
  let text = texts.get(schema);
  if (text === undefined) {
    text = JSON.stringify(schema.declared.map(declaration));
    texts.set(schema, text);
  }
  return text;
}

/** The typed columns of a component that a file holds for a table of this kind. */
export function savedColumns(kind: TableKind, component: Component): readonly ColumnSpec[] {
  if (kind === "free") return [];
  return kind === "slots" ? component.columns.slice(0, 1) : component.columns;
}

/** Bytes of a table's columns in a file, for as many rows. */
export function columnBytes(table: Table, rows: number): number {
  const chunks = Math.ceil(rows / (1 << table.shift));
  let bytes = 0;
  for (const { component } of table.columns) {
    bytes += chunks * TICK_WORDS * 4;
    for (const spec of savedColumns(table.kind, component)) bytes += padded(rows * spec.bytes * spec.lanes);
  }
  return bytes;
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
