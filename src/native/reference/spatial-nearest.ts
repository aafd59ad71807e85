import type { Memory } from "../memory.ts";
import { cellAt, cellUpTo, distance2, spatialIndex } from "./spatial-index.ts";

const { fround } = Math;

/**
 * For each query point the `k` nearest entities within `radius`, ordered by (squared distance in f32, entity).
 * A NaN query has none.
 * @param k 1 to 1,024
 * @param radius at least 0; Infinity for no limit
 * @param outEntity i32, `k` per query, -1 behind the last neighbour
 * @param outDistance2 f32, `k` per query, Infinity behind the last neighbour
 * @param outCount u32 per query: neighbours found, at most `k`
 */
export function spatialNearest(
  memory: Memory,
  index: number,
  queryX: number,
  queryY: number,
  queryCount: number,
  k: number,
  radius: number,
  outEntity: number,
  outDistance2: number,
  outCount: number,
): void {
  const { f32, i32, u32 } = memory;
  const { minX, minY, cell, scale, width, height, cellStart, x, y, entity } = spatialIndex(memory, index);
  const radius2 = fround(fround(radius) * fround(radius));
  for (let q = 0; q < queryCount; q++) {
    const entities = (outEntity >>> 2) + q * k;
    const distances = (outDistance2 >>> 2) + q * k;
    const px = f32[(queryX >>> 2) + q]!;
    const py = f32[(queryY >>> 2) + q]!;
    const nan = Number.isNaN(px) || Number.isNaN(py);
    let found = 0;
    // Look into a square of cells around the point, and double it until nothing outside can be nearer.
    for (let reach = cell; !nan; reach = fround(reach + reach)) {
      const left = cellAt(fround(px - reach), minX, scale, width);
      const right = cellUpTo(fround(px + reach), minX, scale, width);
      const top = cellAt(fround(py - reach), minY, scale, height);
      const bottom = cellUpTo(fround(py + reach), minY, scale, height);
      found = 0;
      for (let row = top; row <= bottom; row++) {
        const end = u32[cellStart + row * width + right + 1]!;
        for (let i = u32[cellStart + row * width + left]!; i < end; i++) {
          const d2 = distance2(px, py, f32[x + i]!, f32[y + i]!);
          if (!(d2 <= radius2)) continue;
          const id = i32[entity + i]!;
          let place = found;
          while (place > 0 && precedes(d2, id, f32[distances + place - 1]!, i32[entities + place - 1]!)) place--;
          if (place === k) continue;
          if (found < k) found++;
          for (let j = found - 1; j > place; j--) {
            f32[distances + j] = f32[distances + j - 1]!;
            i32[entities + j] = i32[entities + j - 1]!;
          }
          f32[distances + place] = d2;
          i32[entities + place] = id;
        }
      }
      // Whatever is outside the square is at least `reach` away.
      const outside2 = fround(reach * reach);
      if (found === k && f32[distances + k - 1]! < outside2) break;
      if (outside2 > radius2) break;
      if (left === 0 && top === 0 && right === width - 1 && bottom === height - 1) break;
    }
    u32[(outCount >>> 2) + q] = found;
    i32.fill(-1, entities + found, entities + k);
    f32.fill(Infinity, distances + found, distances + k);
  }
}

function precedes(d2: number, id: number, otherD2: number, otherId: number): boolean {
  return d2 < otherD2 || (d2 === otherD2 && id < otherId);
}
