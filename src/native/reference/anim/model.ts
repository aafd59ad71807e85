import { CANONICAL_NAN_F32 } from "../../element.ts";

const { fround } = Math;

/**
 * The matrix of joint `joint` of a pose, in model space, at `out[at]` on: its local matrix, times the one at `out[parent]`
 * unless `parent` is below 0. The formulas are those of `propagate`.
 */
export function modelMatrix(
  pose: Float32Array,
  stride: number,
  joint: number,
  out: Float32Array,
  parent: number,
): void {
  const at = joint * 12;
  localMatrix(pose, stride, joint);
  if (parent < 0) out.set(local, at);
  else multiply(out, parent * 12, local, 0, out, at);
}

const local = new Float32Array(12);

/** The matrix of the local transform of a joint, in `local`. */
function localMatrix(pose: Float32Array, stride: number, joint: number): void {
  const value = (row: number) => pose[row * stride + joint]!;
  const [x, y, z, w, sx, sy, sz] = [value(3), value(4), value(5), value(6), value(7), value(8), value(9)];
  const [x2, y2, z2] = [fround(x + x), fround(y + y), fround(z + z)];
  const [xx, yy, zz] = [fround(x * x2), fround(y * y2), fround(z * z2)];
  const [xy, xz, yz] = [fround(x * y2), fround(x * z2), fround(y * z2)];
  const [wx, wy, wz] = [fround(w * x2), fround(w * y2), fround(w * z2)];
  local[0] = fround(1 - fround(yy + zz)) * sx;
  local[1] = fround(xy - wz) * sy;
  local[2] = fround(xz + wy) * sz;
  local[3] = value(0);
  local[4] = fround(xy + wz) * sx;
  local[5] = fround(1 - fround(xx + zz)) * sy;
  local[6] = fround(yz - wx) * sz;
  local[7] = value(1);
  local[8] = fround(xz - wy) * sx;
  local[9] = fround(yz + wx) * sy;
  local[10] = fround(1 - fround(xx + yy)) * sz;
  local[11] = value(2);
}

/** The matrix at `a[aAt]` times the one at `b[bAt]`, at `out[outAt]`, which is neither of them. */
export function multiply(
  a: Float32Array,
  aAt: number,
  b: Float32Array,
  bAt: number,
  out: Float32Array,
  outAt: number,
): void {
  for (let row = 0; row < 12; row += 4) {
    for (let column = 0; column < 4; column++) {
      const sum = fround(fround(a[aAt + row]! * b[bAt + column]!) + fround(a[aAt + row + 1]! * b[bAt + 4 + column]!));
      const rotated = fround(sum + fround(a[aAt + row + 2]! * b[bAt + 8 + column]!));
      out[outAt + row + column] = column === 3 ? rotated + a[aAt + row + 3]! : rotated;
    }
  }
}

/** Copies `count` values to byte offset `offset`, each NaN as the canonical one. */
export function store(values: Float32Array, count: number, f32: Float32Array, u32: Uint32Array, offset: number): void {
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    if (value !== value) u32[offset / 4 + i] = CANONICAL_NAN_F32;
    else f32[offset / 4 + i] = value;
  }
}
