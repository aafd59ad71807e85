import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { SPATIAL_NEAREST_MAX } from "../spatial.ts";
import { claims, integer } from "./claims.ts";
import { cellAt, cellUpTo, distance2, length, openIndex } from "./spatial-index.ts";

const { fround } = Math;

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
  claims.begin(memory);
  integer("index", index);
  integer("queryX", queryX);
  integer("queryY", queryY);
  integer("queryCount", queryCount);
  integer("k", k);
  if (k < 1 || k > SPATIAL_NEAREST_MAX) throw jobFault("value", "k", -1);
  const r = length("radius", radius);
  integer("outEntity", outEntity);
  integer("outDistance2", outDistance2);
  integer("outCount", outCount);
  const { minX, minY, cell, scale, width, height, cellStart, x, y, entity } = openIndex(memory, index);
  claims.read("queryX", -1, queryX, queryCount, 4);
  claims.read("queryY", -1, queryY, queryCount, 4);
  claims.write("outEntity", -1, outEntity, queryCount * k, 4);
  claims.write("outDistance2", -1, outDistance2, queryCount * k, 4);
  claims.write("outCount", -1, outCount, queryCount, 4);

  const { f32, i32, u32 } = memory;
  const radius2 = fround(r * r);
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
