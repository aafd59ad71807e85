import { LENGTH2_MIN, MATRIX_FLOATS } from "../../anim/format.ts";
import { RIGID_ERROR } from "../../anim/skin-format.ts";
import type { Memory } from "../../memory.ts";
import { paddedTo } from "./skin-linear.ts";
import { vector } from "./skin-store.ts";

const { abs, fround, sqrt } = Math;
const FLOATS = 8;
const HALF = 0.5;
const TOO_SHORT = fround(LENGTH2_MIN);

/** The blended motion of the vertex at hand: the real part x y z w, then the dual part. */
const motion = new Float32Array(FLOATS);
/** The term at hand, and that of the first influence. */
const term = new Float32Array(FLOATS);
const origin = new Float32Array(FLOATS);
/** Twice the cross product with the turned direction, and the direction between them. */
const first = new Float32Array(3);
const second = new Float32Array(3);

/**
 * Whether the matrix at f32 `at` turns and moves but does nothing else: in f64, products of its columns are within
 * `RIGID_ERROR` of 1 and 0, and its determinant is not negative. What is NaN counts as such.
 */
export function isRigid(f32: Float32Array, at: number): boolean {
  const m = (row: number, column: number) => f32[at + row * 4 + column]!;
  for (let a = 0; a < 3; a++) {
    for (let b = a; b < 3; b++) {
      const product = m(0, a) * m(0, b) + m(1, a) * m(1, b) + m(2, a) * m(2, b);
      if (abs(product - (a === b ? 1 : 0)) > RIGID_ERROR) return false;
    }
  }
  const x = m(1, 0) * m(2, 1) - m(2, 0) * m(1, 1);
  const y = m(2, 0) * m(0, 1) - m(0, 0) * m(2, 1);
  const z = m(0, 0) * m(1, 1) - m(1, 0) * m(0, 1);
  return !(x * m(0, 2) + y * m(1, 2) + z * m(2, 2) < 0);
}

/** The matrices of a palette as dual quaternions, padded with zeros to a power of two. */
export function dualQuaternions(memory: Memory, palette: number, joints: number): Float32Array {
  const padded = new Float32Array(paddedTo(joints) * FLOATS);
  for (let joint = 0; joint < joints; joint++)
    dualQuaternion(memory.f32, palette / 4 + joint * MATRIX_FLOATS, padded, joint * FLOATS);
  return padded;
}

/**
 * The rotation by Mike Day's "Converting a Rotation Matrix to a Quaternion" (Insomniac Games), which divides by what is
 * never small; sums from the left. The dual part is half the product of the translation and the rotation.
 */
export function dualQuaternion(f32: Float32Array, at: number, out: Float32Array, to: number): void {
  const [m00, m01, m02, tx, m10, m11, m12, ty, m20, m21, m22, tz] = f32.subarray(
    at,
    at + MATRIX_FLOATS,
  ) as unknown as number[] as [
    ...[number, number, number, number, number, number, number, number, number, number, number, number],
  ];
  const sum = (a: number, b: number, c: number) => fround(fround(fround(1 + a) + b) + c);
  let q: readonly [number, number, number, number];
  let t: number;
  if (m22 < 0) {
    if (m00 > m11) {
      t = sum(m00, -m11, -m22);
      q = [t, fround(m10 + m01), fround(m02 + m20), fround(m21 - m12)];
    } else {
      t = sum(-m00, m11, -m22);
      q = [fround(m10 + m01), t, fround(m21 + m12), fround(m02 - m20)];
    }
  } else if (m00 < -m11) {
    t = sum(-m00, -m11, m22);
    q = [fround(m02 + m20), fround(m21 + m12), t, fround(m10 - m01)];
  } else {
    t = sum(m00, m11, m22);
    q = [fround(m21 - m12), fround(m02 - m20), fround(m10 - m01), t];
  }
  const scale = fround(HALF / fround(sqrt(t)));
  const [x, y, z, w] = [fround(q[0] * scale), fround(q[1] * scale), fround(q[2] * scale), fround(q[3] * scale)];
  out[to] = x;
  out[to + 1] = y;
  out[to + 2] = z;
  out[to + 3] = w;
  out[to + 4] = HALF * fround(fround(fround(tx * w) + fround(ty * z)) - fround(tz * y));
  out[to + 5] = HALF * fround(fround(fround(ty * w) + fround(tz * x)) - fround(tx * z));
  out[to + 6] = HALF * fround(fround(fround(tz * w) + fround(tx * y)) - fround(ty * x));
  out[to + 7] = -HALF * fround(fround(fround(tx * x) + fround(ty * y)) + fround(tz * z));
}

/**
 * Kavan, Collins, Zara, O'Sullivan, "Geometric Skinning with Approximate Dual Quaternion Blending" (2008), with signs
 * against the first influence: terms `t_i = w_i * q_i`, of which those with `dot(t_0, t_i) < 0` are negated, are added,
 * and the sum is divided by the length of its real part. Where that has none, because all weights are 0, the motion is none.
 */
export function blendMotions(
  palette: Float32Array,
  joints: Uint16Array,
  weights: Float32Array,
  at: number,
  influences: number,
): void {
  const mask = palette.length / FLOATS - 1;
  for (let k = 0; k < influences; k++) {
    const joint = (joints[at + k]! & mask) * FLOATS;
    for (let i = 0; i < FLOATS; i++) term[i] = weights[at + k]! * palette[joint + i]!;
    if (k === 0) {
      motion.set(term);
      origin.set(term);
      continue;
    }
    const sign = dot(origin, term) < 0 ? -1 : 1;
    for (let i = 0; i < FLOATS; i++) motion[i]! += sign * term[i]!;
  }
  const length2 = dot(motion, motion);
  if (length2 < TOO_SHORT) {
    motion.fill(0);
    motion[3] = 1;
    return;
  }
  const scale = fround(1 / fround(sqrt(length2)));
  for (let i = 0; i < FLOATS; i++) motion[i]! *= scale;
}

/** Of the real parts: `((x * x' + y * y') + z * z') + w * w'` */
function dot(a: Float32Array, b: Float32Array): number {
  const xy = fround(fround(a[0]! * b[0]!) + fround(a[1]! * b[1]!));
  const xyz = fround(xy + fround(a[2]! * b[2]!));
  return fround(xyz + fround(a[3]! * b[3]!));
}

/** With the real part (r, a): `u = r x v + a v;  c = r x u;  vector = v + (c + c)` */
export function turn(values: Float32Array, at: number): void {
  const a = motion[3]!;
  cross(motion, values, at, first);
  for (let i = 0; i < 3; i++) first[i]! += fround(a * values[at + i]!);
  cross(motion, first, 0, second);
  for (let i = 0; i < 3; i++) vector[i] = values[at + i]! + fround(second[i]! + second[i]!);
}

/** The same, and with the dual part (e, b): `d = (a e - b r) + r x e;  vector = vector + (d + d)` */
export function turnAndMove(values: Float32Array, at: number): void {
  turn(values, at);
  cross(motion, motion, 4, first);
  for (let i = 0; i < 3; i++) {
    const scaled = fround(fround(motion[3]! * motion[4 + i]!) - fround(motion[7]! * motion[i]!));
    const half = fround(scaled + first[i]!);
    vector[i]! += fround(half + half);
  }
}

/** The cross product of a motion's axis with three values: each component a difference of two products. */
function cross(axis: Float32Array, values: Float32Array, at: number, out: Float32Array): void {
  const [x, y, z] = [values[at]!, values[at + 1]!, values[at + 2]!];
  out[0] = fround(axis[1]! * z) - fround(axis[2]! * y);
  out[1] = fround(axis[2]! * x) - fround(axis[0]! * z);
  out[2] = fround(axis[0]! * y) - fround(axis[1]! * x);
}
