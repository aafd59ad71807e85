import type { Memory } from "../memory.ts";
import { sortByEntity } from "./spatial-build.ts";
import { cellAt, cellUpTo, distance2, reachOf, sortEntities, spatialIndex } from "./spatial-index.ts";

const { fround } = Math;

/**
 * All pairs of entities a < b with `d2 <= distance * distance` in f32, ordered by (a, b).
 * @param distance at least 0, may be infinite
 * @param out pairs of i32, `capacity` of them. From the first `a` whose pairs do not all fit on, filled with zeros
 * @returns the true total of pairs; above `capacity`, some are missing
 */
export function spatialPairs(memory: Memory, index: number, distance: number, out: number, capacity: number): number {
  const { f32, i32, u32 } = memory;
  const { minX, minY, scale, width, height, cells, cellStart, x, y, entity, count, scratch } = spatialIndex(
    memory,
    index,
  );
  const limit2 = fround(fround(distance) * fround(distance));
  const reach = reachOf(fround(distance));
  const list = out >>> 2;
  const order = sortByEntity(memory, entity, count, scratch, scratch + count);
  const nanStart = u32[cellStart + cells]!;
  // One list of second entities at a time is collected in scratch and sorted.
  const seconds = scratch + 2 * count;
  let total = 0;
  let whole = 0;
  for (let n = 0; n < count; n++) {
    const first = u32[order + n]!;
    if (first >= nanStart) continue;
    const a = i32[entity + first]!;
    const px = f32[x + first]!;
    const py = f32[y + first]!;
    const left = cellAt(fround(px - reach), minX, scale, width);
    const right = cellUpTo(fround(px + reach), minX, scale, width);
    const top = cellAt(fround(py - reach), minY, scale, height);
    const bottom = cellUpTo(fround(py + reach), minY, scale, height);
    let found = 0;
    for (let row = top; row <= bottom; row++) {
      const end = u32[cellStart + row * width + right + 1]!;
      for (let i = u32[cellStart + row * width + left]!; i < end; i++) {
        if (i32[entity + i]! > a && distance2(px, py, f32[x + i]!, f32[y + i]!) <= limit2) {
          i32[seconds + found++] = i32[entity + i]!;
        }
      }
    }
    total += found;
    if (total > capacity) continue;
    sortEntities(i32, seconds, seconds + found);
    for (let i = 0; i < found; i++) {
      i32[list + 2 * (whole + i)] = a;
      i32[list + 2 * (whole + i) + 1] = i32[seconds + i]!;
    }
    whole = total;
  }
  if (total > capacity) i32.fill(0, list + 2 * whole, list + 2 * capacity);
  return total;
}
