import { elementCode } from "../element.ts";
import type { Memory } from "../memory.ts";
import { STEER_SPAN_WORDS, steerArrived, steerParams } from "../steer.ts";

const { fround, floor } = Math;

/** Unit vectors of the direction codes E, SE, S, SW, W, NW, N, NE; y grows southward. */
const DIAGONAL = fround(Math.SQRT1_2);
const unitX = [1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL, 0, DIAGONAL];
const unitY = [0, DIAGONAL, 1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL];
const AT_GOAL = 8;

/**
 * Velocities of agents that follow flow fields and give way to pushes: `speed * direction + clamped push`, where
 * the direction is that of the agent's cell in the field that its goal names (none at the goal or where the field
 * has no way), and the push in x and in y is limited to `pushMax`. Where the step `position + velocity * dt`
 * would leave the grid, end in a blocked cell or cut a blocked corner, the velocity keeps its x part only, else
 * its y part only, else it is zero. An agent outside the grid or in a blocked cell gets none.
 * @param spans records of {@link STEER_SPAN_WORDS}; vx and vy are written
 * @param params see {@link steerParams}; `arrived` is written
 */
export function steer(memory: Memory, spans: number, spanCount: number, params: number): void {
  const { f32, u8, u16, u32 } = memory;
  const p = params >>> 2;
  const width = u32[p + steerParams.width]!;
  const height = u32[p + steerParams.height]!;
  const grid = u32[p + steerParams.grid]!;
  const fields = u32[p + steerParams.fields]! >>> 2;
  const fieldCount = u32[p + steerParams.fieldCount]!;
  const pushX = u32[p + steerParams.pushX]! >>> 2;
  const pushY = u32[p + steerParams.pushY]! >>> 2;
  const arrived = u32[p + steerParams.arrived]!;
  const speed = f32[p + steerParams.speed]!;
  const strength = f32[p + steerParams.strength]!;
  const pushMax = f32[p + steerParams.pushMax]!;
  const dt = f32[p + steerParams.dt]!;

  for (let s = 0; s < spanCount; s++) {
    const span = (spans >>> 2) + s * STEER_SPAN_WORDS;
    const xs = u32[span]! >>> 2;
    const ys = u32[span + 1]! >>> 2;
    const vxs = u32[span + 2]! >>> 2;
    const vys = u32[span + 3]! >>> 2;
    const goals = u32[span + 4]!;
    const goalCode = u32[span + 5]!;
    const rows = u32[span + 6]!;
    const first = u32[span + 7]!;
    for (let i = 0; i < rows; i++) {
      const x = f32[xs + i]!;
      const y = f32[ys + i]!;
      const goal =
        goalCode === elementCode.u8
          ? u8[goals + i]!
          : goalCode === elementCode.u16
            ? u16[(goals >>> 1) + i]!
            : u32[(goals >>> 2) + i]!;
      let vx = 0;
      let vy = 0;
      let flag: number = steerArrived.lost;
      if (x >= 0 && x < width && y >= 0 && y < height) {
        const cellX = floor(x);
        const cellY = floor(y);
        const cell = cellY * width + cellX;
        if (u8[grid + cell] === 1) {
          const code = goal < fieldCount ? u8[u32[fields + goal]! + cell]! : 255;
          if (code < 8) {
            flag = steerArrived.moving;
            vx = fround(speed * unitX[code]!);
            vy = fround(speed * unitY[code]!);
          } else if (code === AT_GOAL) {
            flag = steerArrived.goal;
          }
          vx = fround(vx + clamp(fround(strength * f32[pushX + first + i]!), pushMax));
          vy = fround(vy + clamp(fround(strength * f32[pushY + first + i]!), pushMax));
          const toX = stepTo(fround(x + fround(vx * dt)), cellX, width);
          const toY = stepTo(fround(y + fround(vy * dt)), cellY, height);
          const freeX = toX >= 0 && u8[grid + cellY * width + toX] === 1;
          const freeY = toY >= 0 && u8[grid + toY * width + cellX] === 1;
          if (freeX && freeY && u8[grid + toY * width + toX] === 1) {
            // The whole step: its end and, if it is diagonal, both corners are free.
          } else if (freeX) {
            vy = 0;
          } else if (freeY) {
            vx = 0;
          } else {
            vx = 0;
            vy = 0;
          }
        }
      }
      f32[vxs + i] = vx;
      f32[vys + i] = vy;
      u8[arrived + first + i] = flag;
    }
  }
}

/** Cell of the coordinate after a step, or -1 if that is outside the grid or not next to the cell `from`. */
function stepTo(place: number, from: number, cells: number): number {
  if (!(place >= 0 && place < cells)) return -1;
  const to = floor(place);
  return to - from <= 1 && from - to <= 1 ? to : -1;
}

function clamp(value: number, limit: number): number {
  return value > limit ? limit : value < -limit ? -limit : value;
}
