import type { Memory } from "../native/memory.ts";
import { readRows } from "./column.ts";
import { directory, entityTable } from "./frame.ts";
import type { Gather } from "./program.ts";

/** Where the entity is that {@link locate} found last. */
export const located = { table: 0, row: 0 };

/** Whether `entity` exists, by the entity table at byte offset `entities`. Any i32 may be asked for. */
export function locate(memory: Memory, entities: number, entity: number): boolean {
  const { u16, i32, u32 } = memory;
  const words = entities >>> 2;
  const indexBits = i32[words + entityTable.indexBits]!;
  const index = entity & ((1 << indexBits) - 1);
  if (index >= i32[words + entityTable.indices]!) return false;
  const shift = i32[words + entityTable.shift]!;
  const chunk = words + entityTable.chunks + (index >>> shift) * entityTable.chunkWords;
  const place = index & ((1 << shift) - 1);
  if (u16[(u32[chunk]! >>> 1) + place] !== entity >>> indexBits) return false;
  located.table = u16[(u32[chunk + 1]! >>> 1) + place]!;
  located.row = i32[(u32[chunk + 2]! >>> 2) + place]!;
  // An index that is free, or not placed yet, has a number of a table that no world has.
  return located.table < i32[words + entityTable.tables]!;
}

/** Whether the entity that was {@link located} has the column of the directory at byte offset `columns`. */
export function hasColumn(memory: Memory, columns: number): boolean {
  return entriesOf(memory, columns) !== 0;
}

/** Reads the element of the entity that was {@link located}, which has the column, to `out[at]`. */
export function readColumn(
  memory: Memory,
  entities: number,
  columns: number,
  { element, lanes, lane }: Gather,
  out: Float64Array,
  at: number,
): void {
  const { u32, i32 } = memory;
  const shift = i32[(entities >>> 2) + entityTable.shift]!;
  const chunk = located.row >>> shift;
  const words = columns >>> 2;
  const first = words + directory.tables + located.table * directory.tableWords + 1;
  const column = u32[chunk === 0 ? first : words + directory.column]!;
  const block = u32[(entriesOf(memory, columns) >>> 2) + chunk * 4]! * 64;
  readRows(memory, element, block + column, lanes, lane, located.row & ((1 << shift) - 1), 1, out, at);
}

function entriesOf(memory: Memory, columns: number): number {
  return memory.u32[(columns >>> 2) + directory.tables + located.table * directory.tableWords]!;
}
