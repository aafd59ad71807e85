import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";
import { openIndexToOrder } from "./spatial-index.ts";

/** Most rows that are sorted by moving each to its place. */
const FEW = 64;

export function spatialOrder(memory: Memory, index: number): void {
  claims.begin(memory);
  integer("index", index);
  const { cells, cellStart, count, x, y, entity, slot } = openIndexToOrder(memory, index);
  const { i32, u32 } = memory;
  for (let cell = 0; cell <= cells; cell++) {
    const end = Math.min(u32[cellStart + cell + 1]!, count);
    const start = Math.min(u32[cellStart + cell]!, end);
    if (end - start > FEW) {
      sortMany(i32, start, end, entity, [x, y, slot, entity]);
      continue;
    }
    for (let i = start + 1; i < end; i++) {
      const own = i32[entity + i]!;
      if (i32[entity + i - 1]! <= own) continue;
      const [ownX, ownY, ownSlot] = [i32[x + i]!, i32[y + i]!, i32[slot + i]!];
      let k = i;
      for (; k > start && i32[entity + k - 1]! > own; k--) {
        i32[x + k] = i32[x + k - 1]!;
        i32[y + k] = i32[y + k - 1]!;
        i32[entity + k] = i32[entity + k - 1]!;
        i32[slot + k] = i32[slot + k - 1]!;
      }
      i32[x + k] = ownX;
      i32[y + k] = ownY;
      i32[entity + k] = own;
      i32[slot + k] = ownSlot;
    }
  }
}

/** Sorts rows `start` to `end - 1` of all `columns` by the one at `entity`. */
function sortMany(
  i32: Int32Array<ArrayBufferLike>,
  start: number,
  end: number,
  entity: number,
  columns: readonly number[],
): void {
  const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  rows.sort((a, b) => i32[entity + a]! - i32[entity + b]! || a - b);
  for (const column of columns) {
    const old = i32.slice(column + start, column + end);
    for (let i = start; i < end; i++) i32[column + i] = old[rows[i - start]! - start]!;
  }
}
