import { elementBytes, elementCode } from "../element.ts";
import { jobFault } from "../fault.ts";
import type { Memory } from "../memory.ts";
import { STEER_PARAMS_BYTES, STEER_SIDE_MAX, STEER_SPAN_WORDS, steerArrived, steerParams } from "../steer.ts";
import { claims, integer } from "./claims.ts";

const { fround, floor } = Math;

/** Unit vectors of the direction codes E, SE, S, SW, W, NW, N, NE; y grows southward. */
const DIAGONAL = fround(Math.SQRT1_2);
const unitX = [1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL, 0, DIAGONAL];
const unitY = [0, DIAGONAL, 1, DIAGONAL, 0, -DIAGONAL, -1, -DIAGONAL];
const AT_GOAL = 8;

export function steer(memory: Memory, spans: number, spanCount: number, params: number): void {
  claims.begin(memory).list("spans", spans, spanCount, STEER_SPAN_WORDS);
  integer("params", params);
  claims.read("params", -1, params, STEER_PARAMS_BYTES / 4, 4);
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
  check("width", width >= 1 && width <= STEER_SIDE_MAX);
  check("height", height >= 1 && height <= STEER_SIDE_MAX);
  check("speed", speed >= 0 && speed < Infinity);
  check("pushMax", pushMax >= 0 && pushMax < Infinity);
  check("dt", dt >= 0 && dt < Infinity);
  check("strength", Number.isFinite(strength));
  check("dt", !(fround(fround(speed + pushMax) * dt) > 1));
  claimAll(memory, spans, spanCount, p);

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

function claimAll(memory: Memory, spans: number, spanCount: number, p: number): void {
  const { u32 } = memory;
  const cells = u32[p + steerParams.width]! * u32[p + steerParams.height]!;
  const fields = u32[p + steerParams.fields]!;
  const fieldCount = u32[p + steerParams.fieldCount]!;
  const rowsMax = u32[p + steerParams.rows]!;
  claims.read("grid", -1, u32[p + steerParams.grid]!, cells, 1);
  claims.read("fields", -1, fields, fieldCount, 4);
  claims.keep();
  let first = fieldCount === 0 ? 0 : 0xffffffff;
  let end = 0;
  for (let i = 0; i < fieldCount; i++) {
    const field = u32[(fields >>> 2) + i]!;
    claims.rewind();
    claims.read("field", i, field, cells, 1);
    first = Math.min(first, field);
    end = Math.max(end, field + cells);
  }
  claims.rewind();
  claims.read("field", -1, first, end - first, 1);
  claims.read("pushX", -1, u32[p + steerParams.pushX]!, rowsMax, 4);
  claims.read("pushY", -1, u32[p + steerParams.pushY]!, rowsMax, 4);
  claims.write("arrived", -1, u32[p + steerParams.arrived]!, rowsMax, 1);
  claims.keep();
  for (let i = 0, at = spans >>> 2; i < spanCount; i++, at += STEER_SPAN_WORDS) {
    const goalCode = u32[at + 5]!;
    const rows = u32[at + 6]!;
    claims.rewind();
    if (u32[at + 7]! + rows > rowsMax) throw jobFault("range", "first", i);
    claims.read("x", i, u32[at]!, rows, 4);
    claims.read("y", i, u32[at + 1]!, rows, 4);
    claims.write("vx", i, u32[at + 2]!, rows, 4);
    claims.write("vy", i, u32[at + 3]!, rows, 4);
    if (goalCode !== elementCode.u8 && goalCode !== elementCode.u16 && goalCode !== elementCode.u32)
      throw jobFault("value", "goalCode", i);
    claims.read("goal", i, u32[at + 4]!, rows, elementBytes[goalCode]!);
  }
}

function check(operand: string, holds: boolean): void {
  if (!holds) throw jobFault("value", operand, -1);
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
