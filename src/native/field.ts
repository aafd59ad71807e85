/**
 * Distance and flow fields on octile grids. A grid is `width * height` bytes, row by row; 1 is free, anything
 * else is blocked. A diagonal step needs both orthogonal neighbours free.
 */

/** Cost of a step to the east, south, west or north: a length in cells is `distance / DISTANCE_STRAIGHT`. */
export const DISTANCE_STRAIGHT = 470_832;
/** Cost of a diagonal step: to 2e-12 the square root of two times {@link DISTANCE_STRAIGHT}. */
export const DISTANCE_DIAGONAL = 665_857;
export const DISTANCE_UNREACHABLE = 0xffff_ffff;
/** Cells farther from their goal than this (9,120 straight steps) count as unreachable. */
export const DISTANCE_MAX: number = DISTANCE_UNREACHABLE - 1 - DISTANCE_DIAGONAL;
/** Most cells of a grid: 4,096 x 4,096. */
export const FIELD_CELLS_MAX: number = 2 ** 24;

/** Steps of the direction codes 0..7 of a flow field: E, SE, S, SW, W, NW, N, NE; y grows southward. */
export const flowStepX: readonly number[] = [1, 1, 0, -1, -1, -1, 0, 1];
export const flowStepY: readonly number[] = [0, 1, 1, 1, 0, -1, -1, -1];
/** Code of a cell at distance 0. */
export const FLOW_GOAL = 8;
/** Code of a cell that is blocked or has no way to a goal. */
export const FLOW_NONE = 255;

/** Bytes of scratch that `distanceField` needs: 16 to 17 a cell for wide grids, at most 72. */
export function distanceScratchBytes(width: number, height: number): number {
  return distanceStateBytes(width, height) + 8 * (width * height + 1);
}

/** The first part of the scratch: 8 bytes a cell, in rows of an odd number of cache lines. */
export function distanceStateBytes(width: number, height: number): number {
  const lines = Math.ceil(width / 8);
  return 64 * (lines + 1 - (lines % 2)) * height;
}
