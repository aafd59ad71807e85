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

  // Counting sort by cell; it keeps the order of rows.
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
    const c = cellStart + u32[rowCell + i]!;
    const place = u32[c]! - 1;
    u32[c] = place;
    u32[slot + place] = i;
  }
  for (let i = 0; i < count; i++) {
    const row = u32[slot + i]!;
    f32[x + i] = f32[rowX + row]!;
    f32[y + i] = f32[rowY + row]!;
    i32[entity + i] = i32[rowEntity + row]!;
  }
}
