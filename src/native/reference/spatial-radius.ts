import type { Memory } from "../memory.ts";
import { cellAt, cellUpTo, distance2, reachOf, sortEntities, spatialIndex } from "./spatial-index.ts";

const { fround } = Math;

/**
 * For each query point the entities within `radius`, ascending: those with `d2 <= radius * radius`, all in f32.
 * A NaN query has none. Lists follow one another in `out`.
 * @param queryX f32 per query; `queryY` likewise
 * @param radius at least 0, may be infinite
 * @param offsets `queryCount + 1` words, written: where the list of each query starts and the last one ends, as
 *   if `out` had no limit; saturated at 2^32 - 1
 * @param out i32, `capacity` of them. From the first list that does not fit on, `out` is filled with zeros
 * @returns the true total of neighbours; above `capacity`, some lists are missing
 */
export function spatialRadius(
  memory: Memory,
  index: number,
  queryX: number,
  queryY: number,
  queryCount: number,
  radius: number,
  offsets: number,
  out: number,
  capacity: number,
): number {
  const { f32, i32, u32 } = memory;
  const { minX, minY, scale, width, height, cellStart, x, y, entity } = spatialIndex(memory, index);
  const radius2 = fround(fround(radius) * fround(radius));
  const reach = reachOf(fround(radius));
  const list = out >>> 2;
  let total = 0;
  let whole = 0;
  for (let q = 0; q < queryCount; q++) {
    const start = total;
    u32[(offsets >>> 2) + q] = Math.min(start, 0xffffffff);
    const px = f32[(queryX >>> 2) + q]!;
    const py = f32[(queryY >>> 2) + q]!;
    if (Number.isNaN(px) || Number.isNaN(py)) continue;
    const left = cellAt(fround(px - reach), minX, scale, width);
    const right = cellUpTo(fround(px + reach), minX, scale, width);
    const top = cellAt(fround(py - reach), minY, scale, height);
    const bottom = cellUpTo(fround(py + reach), minY, scale, height);
    for (let row = top; row <= bottom; row++) {
      const end = u32[cellStart + row * width + right + 1]!;
      for (let i = u32[cellStart + row * width + left]!; i < end; i++) {
        if (!(distance2(px, py, f32[x + i]!, f32[y + i]!) <= radius2)) continue;
        if (total < capacity) i32[list + total] = i32[entity + i]!;
        total++;
      }
    }
    if (total <= capacity) {
      sortEntities(i32, list + start, list + total);
      whole = total;
    }
  }
  u32[(offsets >>> 2) + queryCount] = Math.min(total, 0xffffffff);
  if (total > capacity) i32.fill(0, list + whole, list + capacity);
  return total;
}
