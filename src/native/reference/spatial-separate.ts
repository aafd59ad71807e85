import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { SPATIAL_LENGTH_MAX, SPATIAL_LENGTH_MIN } from "../spatial.ts";
import { claims, float, integer } from "./claims.ts";
import { cellAt, cellUpTo, claimScratch, openIndex, reachOf } from "./spatial-index.ts";

const { fround } = Math;

/** Pushes are summed as i32 in units of 1 / 65,536, so that the order of the sum does not matter. */
const UNIT = 65_536;
/** Added to an f32 below 2^22 it rounds it to an integer, ties to even. */
const ROUND = 12_582_912;
/** Directions of agents at the same place, counterclockwise from +x, of length 3/8 in units. */
const directionX = [24576, 17378, 0, -17378, -24576, -17378, 0, 17378];
const directionY = [0, 17378, 24576, 17378, 0, -17378, -24576, -17378];

export function separate(
  memory: Memory,
  index: number,
  radius: number,
  outX: number,
  outY: number,
  outCount: number,
): void {
  claims.begin(memory);
  integer("index", index);
  const r = float("radius", radius);
  if (!(r >= SPATIAL_LENGTH_MIN && r <= SPATIAL_LENGTH_MAX)) throw jobFault("value", "radius", -1);
  integer("outX", outX);
  integer("outY", outY);
  integer("outCount", outCount);
  const built = openIndex(memory, index);
  const { minX, minY, scale, width, height, cells, cellStart, x, y, entity, slot, count } = built;
  claimScratch(memory, index, built);
  claims.write("outX", -1, outX, count, 4);
  claims.write("outY", -1, outY, count, 4);
  claims.write("outCount", -1, outCount, count, 4);

  const { f32, i32, u32 } = memory;
  const radius2 = fround(r * r);
  const near = fround(UNIT / r);
  const slope = fround(near / radius2);
  const reach = reachOf(r);
  const nanStart = u32[cellStart + cells]!;
  for (let i = 0; i < count; i++) {
    let sumX = 0;
    let sumY = 0;
    let neighbours = 0;
    const px = f32[x + i]!;
    const py = f32[y + i]!;
    const left = cellAt(fround(px - reach), minX, scale, width);
    const right = cellUpTo(fround(px + reach), minX, scale, width);
    const top = cellAt(fround(py - reach), minY, scale, height);
    const bottom = i < nanStart ? cellUpTo(fround(py + reach), minY, scale, height) : top - 1;
    for (let row = top; row <= bottom; row++) {
      const end = u32[cellStart + row * width + right + 1]!;
      for (let j = u32[cellStart + row * width + left]!; j < end; j++) {
        const dx = fround(px - f32[x + j]!);
        const dy = fround(py - f32[y + j]!);
        const d2 = fround(fround(dx * dx) + fround(dy * dy));
        if (!(d2 <= radius2) || j === i) continue;
        neighbours++;
        if (d2 === 0) {
          const own = i32[entity + i]!;
          const other = i32[entity + j]!;
          const direction = Math.imul(own ^ other, 0x9e3779b1) >>> 29;
          const sign = Math.sign(own - other);
          sumX = (sumX + sign * directionX[direction]!) | 0;
          sumY = (sumY + sign * directionY[direction]!) | 0;
        } else {
          const weight = fround(near - fround(d2 * slope));
          sumX = (sumX + fround(fround(dx * weight) + ROUND) - ROUND) | 0;
          sumY = (sumY + fround(fround(dy * weight) + ROUND) - ROUND) | 0;
        }
      }
    }
    const out = u32[slot + i]!;
    f32[(outX >>> 2) + out] = fround(sumX) / UNIT;
    f32[(outY >>> 2) + out] = fround(sumY) / UNIT;
    u32[(outCount >>> 2) + out] = neighbours;
  }
}
