import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { SPATIAL_SPAN_WORDS, spatialHeader } from "../spatial.ts";
import { claims, integer } from "./claims.ts";
import { cellAt, openIndexToBuild } from "./spatial-index.ts";

export function spatialBuild(memory: Memory, spans: number, spanCount: number, index: number): void {
  claims.begin(memory).list("spans", spans, spanCount, SPATIAL_SPAN_WORDS);
  integer("index", index);
  const built = openIndexToBuild(memory, index);
  const { minX, minY, scale, width, height, cells, capacity, cellStart, x, y, entity, slot, scratch } = built;
  claims.keep();
  const { f32, i32, u32 } = memory;
  for (let s = 0, at = spans >>> 2, rows = 0; s < spanCount; s++, at += SPATIAL_SPAN_WORDS) {
    claims.rewind();
    claims.read("x", s, u32[at]!, u32[at + 3]!, 4);
    claims.read("y", s, u32[at + 1]!, u32[at + 3]!, 4);
    claims.read("entity", s, u32[at + 2]!, u32[at + 3]!, 4);
    rows += u32[at + 3]!;
    if (rows > capacity) throw jobFault("capacity", "rows", s);
  }

  const rowX = scratch;
  const rowY = rowX + capacity;
  const rowEntity = rowY + capacity;
  const rowCell = rowEntity + capacity;
  const order = rowCell + capacity;
  const spare = order + capacity;

  let count = 0;
  for (let s = 0; s < spanCount; s++) {
    const span = (spans >>> 2) + s * SPATIAL_SPAN_WORDS;
    const xs = u32[span]! >>> 2;
    const ys = u32[span + 1]! >>> 2;
    const entities = u32[span + 2]! >>> 2;
    const rows = u32[span + 3]!;
    for (let i = 0; i < rows; i++, count++) {
      const px = f32[xs + i]!;
      const py = f32[ys + i]!;
      const nan = Number.isNaN(px) || Number.isNaN(py);
      f32[rowX + count] = px;
      f32[rowY + count] = py;
      i32[rowEntity + count] = i32[entities + i]!;
      u32[rowCell + count] = nan ? cells : cellAt(py, minY, scale, height) * width + cellAt(px, minX, scale, width);
    }
  }
  u32[(index >>> 2) + spatialHeader.count] = count;

  const byEntity = sortByEntity(memory, rowEntity, count, order, spare);

  // Counting sort by cell; it keeps the order by entity.
  u32.fill(0, cellStart, cellStart + cells + 2);
  for (let i = 0; i < count; i++) {
    const c = cellStart + u32[rowCell + i]!;
    u32[c] = u32[c]! + 1;
  }
  let end = 0;
  for (let c = cellStart; c < cellStart + cells + 2; c++) {
    end += u32[c]!;
    u32[c] = end;
  }
  for (let i = count - 1; i >= 0; i--) {
    const row = u32[byEntity + i]!;
    const c = cellStart + u32[rowCell + row]!;
    const place = u32[c]! - 1;
    u32[c] = place;
    u32[slot + place] = row;
  }
  for (let i = 0; i < count; i++) {
    const row = u32[slot + i]!;
    f32[x + i] = f32[rowX + row]!;
    f32[y + i] = f32[rowY + row]!;
    i32[entity + i] = i32[rowEntity + row]!;
  }
}

/**
 * Stable radix sort: numbers of `count` rows by their entities. Returns `order` or `spare`, whichever holds the
 * result. All places are word indices.
 */
export function sortByEntity(memory: Memory, entities: number, count: number, order: number, spare: number): number {
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
