import type { Memory } from "./memory.ts";

/** The parameters of the job `steer`, 16 words at a byte offset divisible by 4. */
export const steerParams = {
  /** Cells in x and y, 1 to {@link STEER_SIDE_MAX} each. Positions are in cells: cell (0, 0) reaches from 0 to 1. */
  width: 0,
  height: 1,
  /** Offset of u8 per cell, row by row: 1 is free, anything else is blocked. */
  grid: 2,
  /**
   * Offset of a table of u32: the offset of each flow field (u8 per cell, as `flowField` writes it). Nothing that
   * the job writes lies between two fields: best keep them in one block.
   */
  fields: 3,
  fieldCount: 4,
  /** Offsets of f32 per running row, as `separate` writes them. */
  pushX: 5,
  pushY: 6,
  /** Offset of u8 per running row, written: see {@link steerArrived}. */
  arrived: 7,
  /** Running rows that pushX, pushY and arrived have. */
  rows: 8,
  /** f32, cells per second along the flow field. */
  speed: 9,
  /** f32: velocity in cells per second per unit of push. */
  strength: 10,
  /** f32: limit of the velocity by push in x and in y, cells per second. */
  pushMax: 11,
  /** f32, seconds. `(speed + pushMax) * dt` is at most 1 cell. */
  dt: 12,
} as const;

export const STEER_PARAMS_BYTES = 64;
/** Longest side of a grid, in cells. */
export const STEER_SIDE_MAX = 65_535;

/** Words of one span: offsets of x, y, vx, vy (f32) and goal, the goal's element code (u8, u16 or u32), rows, first running row. */
export const STEER_SPAN_WORDS = 8;

/** What `steer` writes per row. */
export const steerArrived = {
  moving: 0,
  /** The agent stands in a goal cell of its field. */
  goal: 1,
  /** Its field has no way from here, there is no such field, or it stands outside the grid or in a blocked cell. */
  lost: 2,
} as const;

export interface SteerOptions {
  readonly width: number;
  readonly height: number;
  readonly grid: number;
  readonly fields: number;
  readonly fieldCount: number;
  readonly pushX: number;
  readonly pushY: number;
  readonly arrived: number;
  readonly rows: number;
  readonly speed: number;
  readonly strength: number;
  readonly pushMax: number;
  readonly dt: number;
}

/** Writes the parameters of `steer` at byte offset `params`. */
export function steerInit(memory: Memory, params: number, options: SteerOptions): void {
  const word = params >>> 2;
  memory.fill(params, 0, STEER_PARAMS_BYTES);
  for (const name of [
    "width",
    "height",
    "grid",
    "fields",
    "fieldCount",
    "pushX",
    "pushY",
    "arrived",
    "rows",
  ] as const) {
    memory.u32[word + steerParams[name]] = options[name];
  }
  for (const name of ["speed", "strength", "pushMax", "dt"] as const) {
    memory.f32[word + steerParams[name]] = options[name];
  }
}
