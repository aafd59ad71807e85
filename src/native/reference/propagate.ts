import { CANONICAL_NAN_F32 } from "../element.ts";
import { jobFault } from "../fault.ts";
import { NO_PARENT } from "../jobs.ts";
import type { Memory } from "../memory.ts";
import { claims } from "./claims.ts";

const { fround } = Math;
const LOCAL_FIELDS = 10;
const WORLD_FIELDS = 12;

/** The affine matrix of the node at hand, 3 rows of 4. */
const matrix = new Float32Array(WORLD_FIELDS);

/**
 * With the local translation t, rotation q (a unit quaternion x y z w; it is not normalised) and scale s, where every
 * product, sum and difference is rounded to f32:
 *
 *     x2 = x + x, ...;  xx = x * x2, xy = x * y2, wx = w * x2, ...
 *     local = | (1 - (yy + zz)) sx   (xy - wz) sy         (xz + wy) sz         tx |
 *             | (xy + wz) sx         (1 - (xx + zz)) sy   (yz - wx) sz         ty |
 *             | (xz - wy) sx         (yz + wx) sy         (1 - (xx + yy)) sz   tz |
 *     world[r][c] = ((p[r][0] * local[0][c] + p[r][1] * local[1][c]) + p[r][2] * local[2][c])  (+ p[r][3] for c = 3)
 *
 * p is the world matrix of the parent; without one, world = local. A NaN is stored as the canonical one.
 */
export function propagate(memory: Memory, nodes: number, nodeCount: number): void {
  claims.begin(memory).list("nodes", nodes, nodeCount, 5);
  claims.keep();
  const { u32 } = memory;
  for (let i = 0, at = nodes >>> 2; i < nodeCount; i++, at += 5) {
    if (u32[at + 4] !== NO_PARENT && u32[at + 4]! >= i) throw jobFault("order", "parent", i);
    claims.rewind();
    claims.strided("world", i, u32[at + 2]!, u32[at + 3]!, WORLD_FIELDS, true);
    claims.strided("local", i, u32[at]!, u32[at + 1]!, LOCAL_FIELDS, false);
  }
  for (let i = 0, at = nodes >>> 2; i < nodeCount; i++, at += 5) {
    localMatrix(memory.f32, u32[at]! >>> 2, u32[at + 1]! >>> 2);
    const world = u32[at + 2]! >>> 2;
    const stride = u32[at + 3]! >>> 2;
    const parent = u32[at + 4]!;
    if (parent !== NO_PARENT) {
      const parentAt = (nodes >>> 2) + parent * 5;
      multiply(memory.f32, u32[parentAt + 2]! >>> 2, u32[parentAt + 3]! >>> 2);
    }
    for (let field = 0; field < WORLD_FIELDS; field++) {
      const value = matrix[field]!;
      if (value !== value) u32[world + field * stride] = CANONICAL_NAN_F32;
      else memory.f32[world + field * stride] = value;
    }
  }
}

function localMatrix(f32: Float32Array, at: number, stride: number): void {
  const x = f32[at + 3 * stride]!;
  const y = f32[at + 4 * stride]!;
  const z = f32[at + 5 * stride]!;
  const w = f32[at + 6 * stride]!;
  const sx = f32[at + 7 * stride]!;
  const sy = f32[at + 8 * stride]!;
  const sz = f32[at + 9 * stride]!;
  const x2 = fround(x + x);
  const y2 = fround(y + y);
  const z2 = fround(z + z);
  const xx = fround(x * x2);
  const yy = fround(y * y2);
  const zz = fround(z * z2);
  const xy = fround(x * y2);
  const xz = fround(x * z2);
  const yz = fround(y * z2);
  const wx = fround(w * x2);
  const wy = fround(w * y2);
  const wz = fround(w * z2);
  matrix[0] = fround(1 - fround(yy + zz)) * sx;
  matrix[1] = fround(xy - wz) * sy;
  matrix[2] = fround(xz + wy) * sz;
  matrix[3] = f32[at]!;
  matrix[4] = fround(xy + wz) * sx;
  matrix[5] = fround(1 - fround(xx + zz)) * sy;
  matrix[6] = fround(yz - wx) * sz;
  matrix[7] = f32[at + stride]!;
  matrix[8] = fround(xz - wy) * sx;
  matrix[9] = fround(yz + wx) * sy;
  matrix[10] = fround(1 - fround(xx + yy)) * sz;
  matrix[11] = f32[at + 2 * stride]!;
}

/** `matrix` = parent * `matrix`. */
function multiply(f32: Float32Array, parent: number, stride: number): void {
  for (let column = 0; column < 4; column++) {
    const l0 = matrix[column]!;
    const l1 = matrix[4 + column]!;
    const l2 = matrix[8 + column]!;
    for (let row = 0; row < 3; row++) {
      const p = parent + row * 4 * stride;
      const sum = fround(fround(f32[p]! * l0) + fround(f32[p + stride]! * l1));
      const rotated = fround(sum + fround(f32[p + 2 * stride]! * l2));
      matrix[row * 4 + column] = column === 3 ? rotated + f32[p + 3 * stride]! : rotated;
    }
  }
}
