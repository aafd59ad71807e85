import { type Batch, PARTS } from "./batch.ts";

/**
 * Triangles may reach this many pixels beyond the picture, which is at most {@link SCENE_SIDE_MAX} pixels wide and high; what
 * reaches further is cut. It bounds the numbers in {@link fillTriangles}.
 */
export const GUARD = 2048;
export const SCENE_SIDE_MAX = 4096;

/** What a vertex gets for its place if it is too near, too far outside or no number. */
export const OUTSIDE = 0x7fffffff;

/** An affine matrix, three rows of four; joints and meshes have them. */
export type Affine = ArrayLike<number>;

/** `view * model`, four rows of four; without a model the view. */
export function withModel(view: Float64Array, model: Affine | undefined): Float64Array {
  if (model === undefined) return view;
  const product = new Float64Array(16);
  for (let row = 0; row < 16; row += 4) {
    const [x, y, z] = [view[row]!, view[row + 1]!, view[row + 2]!];
    for (let column = 0; column < 4; column++) {
      product[row + column] = x * model[column]! + y * model[4 + column]! + z * model[8 + column]!;
    }
    product[row + 3]! += view[row + 3]!;
  }
  return product;
}

/** Fills a batch with vertices from positions (x, y, z each); returns how many of them are {@link OUTSIDE}. */
export function project(batch: Batch, m: Float64Array, positions: Float32Array, width: number, height: number): number {
  const { xs, ys, zs } = batch;
  const [m0, m1, m2, m3, m4, m5, m6, m7] = m as unknown as Row8;
  const [m8, m9, m10, m11, m12, m13, m14, m15] = m.subarray(8) as unknown as Row8;
  const count = positions.length / 3;
  const right = (width + GUARD) * PARTS;
  const bottom = (height + GUARD) * PARTS;
  const least = -GUARD * PARTS;
  let outside = 0;
  for (let vertex = 0, at = 0; vertex < count; vertex++, at += 3) {
    const x = positions[at]!;
    const y = positions[at + 1]!;
    const z = positions[at + 2]!;
    const w = m12 * x + m13 * y + m14 * z + m15;
    const depth = m8 * x + m9 * y + m10 * z + m11;
    const scale = 1 / w;
    const px = Math.floor((m0 * x + m1 * y + m2 * z + m3) * scale * PARTS + 0.5);
    const py = Math.floor((m4 * x + m5 * y + m6 * z + m7) * scale * PARTS + 0.5);
    if (depth <= w && px >= least && px <= right && py >= least && py <= bottom) {
      xs[vertex] = px;
      ys[vertex] = py;
      zs[vertex] = depth * scale;
    } else {
      xs[vertex] = OUTSIDE;
      outside++;
    }
  }
  batch.vertices = count;
  return outside;
}

type Row8 = readonly [number, number, number, number, number, number, number, number];
