import {
  DISTANCE_DIAGONAL,
  DISTANCE_STRAIGHT,
  DISTANCE_UNREACHABLE,
  FLOW_GOAL,
  FLOW_NONE,
  flowStepX,
  flowStepY,
} from "../field.ts";
import type { Memory } from "../memory.ts";
import { claims, integer } from "./claims.ts";
import { fieldSize } from "./distance.ts";

export function flowField(
  memory: Memory,
  grid: number,
  width: number,
  height: number,
  distances: number,
  out: number,
): void {
  claims.begin(memory);
  integer("grid", grid);
  fieldSize(width, height);
  integer("distances", distances);
  integer("out", out);
  const cells = width * height;
  claims.read("grid", -1, grid, cells, 1);
  claims.read("distances", -1, distances, cells, 4);
  claims.write("out", -1, out, cells, 1);

  const { u8 } = memory;
  const distance = memory.u32.subarray(distances >>> 2, (distances >>> 2) + cells);
  for (let y = 0, cell = 0; y < height; y++) {
    for (let x = 0; x < width; x++, cell++) {
      const own = distance[cell]!;
      if (u8[grid + cell] !== 1 || own === DISTANCE_UNREACHABLE) {
        u8[out + cell] = FLOW_NONE;
        continue;
      }
      if (own === 0) {
        u8[out + cell] = FLOW_GOAL;
        continue;
      }
      let least = DISTANCE_UNREACHABLE;
      let code = FLOW_NONE;
      for (let step = 0; step < 8; step++) {
        const dx = flowStepX[step]!;
        const dy = flowStepY[step]!;
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        const next = cell + dy * width + dx;
        if (u8[grid + next] !== 1) continue;
        if (step % 2 === 1 && !(u8[grid + cell + dx] === 1 && u8[grid + cell + dy * width] === 1)) continue;
        const sum = distance[next]! + (step % 2 === 0 ? DISTANCE_STRAIGHT : DISTANCE_DIAGONAL);
        if (sum >= least) continue;
        least = sum;
        code = step;
      }
      u8[out + cell] = code;
    }
  }
}
