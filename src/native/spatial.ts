import type { Memory } from "./memory.ts";

/**
 * The header of a spatial index, 16 words at a byte offset divisible by 4. All arrays are given by byte
 * offset and may lie anywhere; {@link spatialInit} puts them right behind the header.
 */
export const spatialHeader = {
  /** f32: the corner of cell (0, 0). */
  minX: 0,
  minY: 1,
  /** f32: side of a square cell, {@link SPATIAL_LENGTH_MIN} to {@link SPATIAL_LENGTH_MAX}. */
  cell: 2,
  /** Cells in x and y, 1 to {@link SPATIAL_SIDE_MAX} each and {@link SPATIAL_CELLS_MAX} in all. */
  width: 3,
  height: 4,
  /** Rows that the arrays have room for, at most {@link SPATIAL_ROWS_MAX}. */
  capacity: 5,
  /** u32, `width * height + 2` words: where the rows of each cell start; then those with a NaN; then `count`. */
  cellStart: 6,
  /** f32, f32, i32, u32, `capacity` words each, sorted by (cell, slot). */
  x: 7,
  y: 8,
  entity: 9,
  /** The row's running number over all spans of the build. */
  slot: 10,
  /** {@link SPATIAL_SCRATCH_BYTES} per row, used while a job runs. */
  scratch: 11,
  /** Rows in the index, written by the build. */
  count: 12,
} as const;

export const SPATIAL_HEADER_BYTES = 64;
export const SPATIAL_SIDE_MAX = 65_535;
export const SPATIAL_CELLS_MAX: number = 2 ** 26;
export const SPATIAL_ROWS_MAX: number = 2 ** 24;
export const SPATIAL_SCRATCH_BYTES = 20;
/** Sides of cells and radii of separation. */
export const SPATIAL_LENGTH_MIN: number = 2 ** -30;
export const SPATIAL_LENGTH_MAX: number = 2 ** 30;
/** Words of one span of a build: offsets of x (f32), y (f32) and entity (i32), and the count of rows. */
export const SPATIAL_SPAN_WORDS = 4;
/** Neighbours per query that `spatialNearest` can be asked for. */
export const SPATIAL_NEAREST_MAX = 1024;

export interface SpatialShape {
  readonly width: number;
  readonly height: number;
  readonly capacity: number;
}

export interface SpatialOptions extends SpatialShape {
  readonly minX?: number;
  readonly minY?: number;
  readonly cell: number;
}

/** Bytes of an index with all its arrays: about 4 a cell and 48 a row. */
export function spatialBytes(shape: SpatialShape): number {
  const { startBytes, rowBytes, scratchBytes } = arrayBytes(shape);
  return SPATIAL_HEADER_BYTES + startBytes + 4 * rowBytes + scratchBytes;
}

/**
 * Writes the header of an empty index at byte offset `index` (best divisible by 64), with its arrays behind it.
 * It owns {@link spatialBytes} bytes from there on.
 */
export function spatialInit(memory: Memory, index: number, options: SpatialOptions): void {
  const { startBytes, rowBytes } = arrayBytes(options);
  const header = index >>> 2;
  const start = index + SPATIAL_HEADER_BYTES;
  const rows = start + startBytes;
  memory.fill(index, 0, SPATIAL_HEADER_BYTES + startBytes);
  memory.f32[header + spatialHeader.minX] = options.minX ?? 0;
  memory.f32[header + spatialHeader.minY] = options.minY ?? 0;
  memory.f32[header + spatialHeader.cell] = options.cell;
  memory.u32[header + spatialHeader.width] = options.width;
  memory.u32[header + spatialHeader.height] = options.height;
  memory.u32[header + spatialHeader.capacity] = options.capacity;
  memory.u32[header + spatialHeader.cellStart] = start;
  memory.u32[header + spatialHeader.x] = rows;
  memory.u32[header + spatialHeader.y] = rows + rowBytes;
  memory.u32[header + spatialHeader.entity] = rows + 2 * rowBytes;
  memory.u32[header + spatialHeader.slot] = rows + 3 * rowBytes;
  memory.u32[header + spatialHeader.scratch] = rows + 4 * rowBytes;
}

function arrayBytes({ width, height, capacity }: SpatialShape) {
  return {
    startBytes: roundUp(4 * (width * height + 2)),
    rowBytes: roundUp(4 * capacity),
    scratchBytes: roundUp(SPATIAL_SCRATCH_BYTES * capacity),
  };
}

/**
 * Arrays that are walked side by side must not start at the same offset within a page, or their lines compete for
 * the same places of the cache: each is nine lines longer than whole pages.
 */
function roundUp(bytes: number): number {
  return Math.ceil(bytes / 4096) * 4096 + 576;
}
