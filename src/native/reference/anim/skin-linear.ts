import { MATRIX_FLOATS } from "../../anim/format.ts";
import type { Memory } from "../../memory.ts";
import { vector } from "./skin-store.ts";

const { fround } = Math;

/** The blended matrix of the vertex at hand: 3 rows of 4. */
const blended = new Float32Array(MATRIX_FLOATS);

/** The matrices of a palette, padded with zeros to a power of two. */
export function columns(memory: Memory, palette: number, joints: number): Float32Array {
  const padded = new Float32Array(paddedTo(joints) * MATRIX_FLOATS);
  padded.set(memory.f32.subarray(palette / 4, palette / 4 + joints * MATRIX_FLOATS));
  return padded;
}

/** The power of two at or above `joints`. */
export function paddedTo(joints: number): number {
  return joints === 1 ? 1 : 2 << (31 - Math.clz32(joints - 1));
}

/** `blended[i] = ((w0 * M0[i] + w1 * M1[i]) + w2 * M2[i]) ...` */
export function blendMatrices(
  palette: Float32Array,
  joints: Uint16Array,
  weights: Float32Array,
  at: number,
  influences: number,
): void {
  const mask = palette.length / MATRIX_FLOATS - 1;
  for (let k = 0; k < influences; k++) {
    const matrix = (joints[at + k]! & mask) * MATRIX_FLOATS;
    const weight = weights[at + k]!;
    for (let i = 0; i < MATRIX_FLOATS; i++) {
      const product = fround(weight * palette[matrix + i]!);
      blended[i] = k === 0 ? product : blended[i]! + product;
    }
  }
}

/** `vector[r] = ((B[r][0] * x + B[r][1] * y) + B[r][2] * z) + B[r][3]` */
export function transformPoint(values: Float32Array, at: number): void {
  transform(values, at);
  for (let r = 0; r < 3; r++) vector[r]! += blended[r * 4 + 3]!;
}

/** The same without the last sum. */
export function transform(values: Float32Array, at: number): void {
  for (let r = 0; r < 3; r++) {
    const x = fround(blended[r * 4]! * values[at]!);
    const y = fround(blended[r * 4 + 1]! * values[at + 1]!);
    vector[r] = fround(x + y) + fround(blended[r * 4 + 2]! * values[at + 2]!);
  }
}
