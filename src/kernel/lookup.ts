import type { Memory } from "../native/memory.ts";
import { readRows } from "./column.ts";
import { entityTable } from "./frame.ts";
import type { Gather } from "./program.ts";

/** Where the entity is that {@link locate} found last: the number of the chunk, counted over all tables, and the row in it. */
export const located = { chunk: 0, row: 0 };

/** Whether `entity` exists, by the entity table at byte offset `entities`. Any i32 may be asked for. */
export function locate(memory: Memory, entities: number, entity: number): boolean {
  const { u16, i32, u32 } = memory;
  const words = entities >>> 2;
  const indexBits = i32[words + entityTable.indexBits]!;
  const index = entity & ((1 << indexBits) - 1);
  if (index >= i32[words + entityTable.indices]!) return false;
  const shift = i32[words + entityTable.shift]!;
  const mask = (1 << shift) - 1;
  const generations = u32[words + entityTable.chunks + (index >>> shift)]!;
  const place = index & mask;
  if (u16[(generations >>> 1) + place] !== entity >>> indexBits) return false;
  const table = u16[((generations + i32[words + entityTable.table]!) >>> 1) + place]!;
  // An index that is free, or not placed yet, has a number of a table that no world has.
  if (table >= i32[words + entityTable.tables]!) return false;
  const row = i32[((generations + i32[words + entityTable.row]!) >>> 2) + place]!;
  located.chunk = (u32[(u32[words + entityTable.starts]! >>> 2) + table]! >>> 2) + (row >>> shift);
  located.row = row & mask;
  return true;
}

/** What the directory at byte offset `places` has for the chunk of the entity that was {@link located}. */
export function placeIn(memory: Memory, places: number): number {
  return memory.u32[(places >>> 2) + located.chunk]!;
}

/** Reads the element of the entity that was {@link located}, in the column at byte offset `column`, to `out[at]`. */
export function readColumn(
  memory: Memory,
  column: number,
  { element, lanes, lane }: Gather,
  out: Float64Array,
  at: number,
): void {
  readRows(memory, element, column, lanes, lane, located.row, 1, out, at);
}
