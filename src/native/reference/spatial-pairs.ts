import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";
import {
  cellAt,
  cellUpTo,
  claimScratch,
  distance2,
  length,
  openIndex,
  reachOf,
  sortEntities,
} from "./spatial-index.ts";

const { fround } = Math;

export function spatialPairs(memory: Memory, index: number, distance: number, out: number, capacity: number): number {
  claims.begin(memory);
  integer("index", index);
  const d = length("distance", distance);
  integer("out", out);
  integer("capacity", capacity);
  const built = openIndex(memory, index);
  claimScratch(memory, index, built);
  claims.write("out", -1, out, 2 * capacity, 4);

  const { f32, i32, u32 } = memory;
  const { minX, minY, scale, width, height, cells, cellStart, x, y, entity, count, scratch } = built;
  const limit2 = fround(d * d);
  const reach = reachOf(d);
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

/**
 * Stable radix sort: numbers of `count` rows by their entities. Returns `order` or `spare`, whichever holds the
 * result. All places are word indices.
 */
function sortByEntity(memory: Memory, entities: number, count: number, order: number, spare: number): number {
  const { i32, u32 } = memory;
  let sorted = true;
  for (let i = 0; i < count; i++) {
    u32[order + i] = i;
    if (i > 0 && i32[entities + i - 1]! > i32[entities + i]!) sorted = false;
  }
  if (sorted) return order;
  for (let shift = 0; shift < 32; shift += 11) {
    ends.fill(0);
    for (let i = 0; i < count; i++) {
      const digit = ((i32[entities + i]! ^ 0x80000000) >>> shift) & 2047;
      ends[digit] = ends[digit]! + 1;
    }
    let end = 0;
    for (let digit = 0; digit < 2048; digit++) {
      end += ends[digit]!;
      ends[digit] = end;
    }
    for (let i = count - 1; i >= 0; i--) {
      const row = u32[order + i]!;
      const digit = ((i32[entities + row]! ^ 0x80000000) >>> shift) & 2047;
      const place = ends[digit]! - 1;
      ends[digit] = place;
      u32[spare + place] = row;
    }
    [order, spare] = [spare, order];
  }
  return order;
}

const ends = new Uint32Array(2048);
