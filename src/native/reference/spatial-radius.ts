import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";
import { cellAt, cellUpTo, distance2, length, openIndex, reachOf, sortEntities } from "./spatial-index.ts";

const { fround } = Math;

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
  claims.begin(memory);
  integer("index", index);
  integer("queryX", queryX);
  integer("queryY", queryY);
  integer("queryCount", queryCount);
  const r = length("radius", radius);
  integer("offsets", offsets);
  integer("out", out);
  integer("capacity", capacity);
  const { minX, minY, scale, width, height, cellStart, x, y, entity } = openIndex(memory, index);
  claims.read("queryX", -1, queryX, queryCount, 4);
  claims.read("queryY", -1, queryY, queryCount, 4);
  claims.write("offsets", -1, offsets, queryCount + 1, 4);
  claims.write("out", -1, out, capacity, 4);

  const { f32, i32, u32 } = memory;
  const radius2 = fround(r * r);
  const reach = reachOf(r);
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
