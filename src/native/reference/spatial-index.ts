import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import {
  SPATIAL_CELLS_MAX,
  SPATIAL_HEADER_BYTES,
  SPATIAL_LENGTH_MAX,
  SPATIAL_LENGTH_MIN,
  SPATIAL_ROWS_MAX,
  SPATIAL_SCRATCH_BYTES,
  SPATIAL_SIDE_MAX,
  spatialHeader,
} from "../spatial.ts";
import { claims, float } from "./claims.ts";

/** What the header of an index says, with arrays as word indices into the views of the memory. */
export interface SpatialIndex {
  minX: number;
  minY: number;
  cell: number;
  /** Cells per unit of length, rounded to f32. */
  scale: number;
  width: number;
  height: number;
  /** Number of the cell that holds rows with a NaN: the one after the last. */
  cells: number;
  capacity: number;
  count: number;
  cellStart: number;
  x: number;
  y: number;
  entity: number;
  slot: number;
  scratch: number;
}

const { fround, floor } = Math;

/** Claims a built index to read. The result is valid until the next call. */
export function openIndex(memory: Memory, index: number): SpatialIndex {
  claims.read("index", -1, index, SPATIAL_HEADER_BYTES / 4, 4);
  const count = memory.u32[(index >>> 2) + spatialHeader.count]!;
  const built = readHeader(memory, index, count);
  claims.read("cellStart", -1, 4 * built.cellStart + cut(memory, index, "cellStart"), built.cells + 2, 4);
  for (const name of ["x", "y", "entity", "slot"] as const) {
    claims.read(name, -1, 4 * built[name] + cut(memory, index, name), count, 4);
  }
  return built;
}

/** Claims a built index to move its rows. The result is valid until the next call. */
export function openIndexToOrder(memory: Memory, index: number): SpatialIndex {
  claims.read("index", -1, index, SPATIAL_HEADER_BYTES / 4, 4);
  const count = memory.u32[(index >>> 2) + spatialHeader.count]!;
  const built = readHeader(memory, index, count);
  claims.read("cellStart", -1, 4 * built.cellStart + cut(memory, index, "cellStart"), built.cells + 2, 4);
  for (const name of ["x", "y", "entity", "slot"] as const) {
    claims.write(name, -1, 4 * built[name] + cut(memory, index, name), count, 4);
  }
  claimScratch(memory, index, built);
  return built;
}

/** Claims an index to build. */
export function openIndexToBuild(memory: Memory, index: number): SpatialIndex {
  claims.write("index", -1, index, SPATIAL_HEADER_BYTES / 4, 4);
  const built = readHeader(memory, index, 0);
  const rows = built.capacity;
  claims.write("cellStart", -1, 4 * built.cellStart + cut(memory, index, "cellStart"), built.cells + 2, 4);
  for (const name of ["x", "y", "entity", "slot"] as const) {
    claims.write(name, -1, 4 * built[name] + cut(memory, index, name), rows, 4);
  }
  claimScratch(memory, index, built);
  return built;
}

export function claimScratch(memory: Memory, index: number, built: SpatialIndex): void {
  const scratch = 4 * built.scratch + cut(memory, index, "scratch");
  claims.write("scratch", -1, scratch, (SPATIAL_SCRATCH_BYTES / 4) * built.capacity, 4);
}

/** A radius of a query: at least 0, may be infinite. */
export function length(operand: string, value: number): number {
  const rounded = float(operand, value);
  if (!(rounded >= 0)) throw jobFault("value", operand, -1);
  return rounded;
}

/** Bytes by which an array's offset is off its alignment. */
function cut(memory: Memory, index: number, name: keyof typeof spatialHeader): number {
  return memory.u32[(index >>> 2) + spatialHeader[name]]! & 3;
}

function readHeader(memory: Memory, index: number, count: number): SpatialIndex {
  const { f32, u32 } = memory;
  const word = index >>> 2;
  read.minX = f32[word + spatialHeader.minX]!;
  read.minY = f32[word + spatialHeader.minY]!;
  read.cell = f32[word + spatialHeader.cell]!;
  read.scale = fround(1 / read.cell);
  read.width = u32[word + spatialHeader.width]!;
  read.height = u32[word + spatialHeader.height]!;
  read.cells = read.width * read.height;
  read.capacity = u32[word + spatialHeader.capacity]!;
  read.count = count;
  read.cellStart = u32[word + spatialHeader.cellStart]! >>> 2;
  read.x = u32[word + spatialHeader.x]! >>> 2;
  read.y = u32[word + spatialHeader.y]! >>> 2;
  read.entity = u32[word + spatialHeader.entity]! >>> 2;
  read.slot = u32[word + spatialHeader.slot]! >>> 2;
  read.scratch = u32[word + spatialHeader.scratch]! >>> 2;
  const { minX, minY, cell, width, height, cells, capacity } = read;
  const lengths =
    Number.isFinite(minX) && Number.isFinite(minY) && cell >= SPATIAL_LENGTH_MIN && cell <= SPATIAL_LENGTH_MAX;
  const sides = width >= 1 && width <= SPATIAL_SIDE_MAX && height >= 1 && height <= SPATIAL_SIDE_MAX;
  if (!lengths || !sides || cells > SPATIAL_CELLS_MAX) throw jobFault("value", "grid", -1);
  if (capacity > SPATIAL_ROWS_MAX) throw jobFault("value", "capacity", -1);
  if (count > capacity) throw jobFault("value", "count", -1);
  return read;
}

/** Column or row of the cell at coordinate `v`, clamped to the grid; NaN gives 0. */
export function cellAt(v: number, min: number, scale: number, cells: number): number {
  const place = fround(fround(v - min) * scale);
  return place >= 0 ? (place < cells ? floor(place) : cells - 1) : 0;
}

/** As {@link cellAt}, but NaN gives the last cell. */
export function cellUpTo(v: number, min: number, scale: number, cells: number): number {
  const place = fround(fround(v - min) * scale);
  return place < cells ? (place >= 0 ? floor(place) : 0) : cells - 1;
}

/**
 * Half the side of the square that holds every point whose squared distance, in f32, is not above `radius` squared.
 * The margin covers the rounding of distances and their squares, and squares that underflow; squares that
 * overflow reach everywhere.
 */
export function reachOf(radius: number): number {
  return radius < 2 ** 63 ? fround(fround(radius * fround(1.000001)) + 2 ** -60) : Infinity;
}

/** Squared distance, each operation rounded to f32. */
export function distance2(x: number, y: number, toX: number, toY: number): number {
  const dx = fround(x - toX);
  const dy = fround(y - toY);
  return fround(fround(dx * dx) + fround(dy * dy));
}

/** Sorts `i32[start..end]` ascending. */
export function sortEntities(i32: Int32Array<ArrayBufferLike>, start: number, end: number): void {
  if (end - start > 64) {
    i32.subarray(start, end).sort();
    return;
  }
  for (let i = start + 1; i < end; i++) {
    const value = i32[i]!;
    let k = i;
    for (; k > start && i32[k - 1]! > value; k--) i32[k] = i32[k - 1]!;
    i32[k] = value;
  }
}

const read: SpatialIndex = {
  minX: 0,
  minY: 0,
  cell: 0,
  scale: 0,
  width: 0,
  height: 0,
  cells: 0,
  capacity: 0,
  count: 0,
  cellStart: 0,
  x: 0,
  y: 0,
  entity: 0,
  slot: 0,
  scratch: 0,
};
