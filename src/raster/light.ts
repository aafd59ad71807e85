import type { Batch } from "./batch.ts";
import type { Camera } from "./camera.ts";
import type { Affine } from "./project.ts";

const IDENTITY: Affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

/** Unit vector towards the light: it comes over the left shoulder of whoever looks. */
export function lightOf({ right, up, forward }: Camera): Float64Array {
  // (-2, 3, 6) has length 7.
  return Float64Array.from([0, 1, 2], (axis) => (-2 * right[axis]! + 3 * up[axis]! - 6 * forward[axis]!) / 7);
}

/** Writes the light of each vertex from its normal (x, y, z each, of any length). */
export function lightVertices(
  batch: Batch,
  normals: Float32Array,
  model: Affine | undefined,
  light: Float64Array,
): void {
  const { lights } = batch;
  const [c0, c1, c2, c3, c4, c5, c6, c7, c8] = cofactors(model ?? IDENTITY) as unknown as Row9;
  const [lx, ly, lz] = light as unknown as Row9;
  for (let vertex = 0, at = 0; at < normals.length; vertex++, at += 3) {
    const nx = normals[at]!;
    const ny = normals[at + 1]!;
    const nz = normals[at + 2]!;
    const x = c0 * nx + c1 * ny + c2 * nz;
    const y = c3 * nx + c4 * ny + c5 * nz;
    const z = c6 * nx + c7 * ny + c8 * nz;
    const square = x * x + y * y + z * z;
    lights[vertex] = square > 0 ? (x * lx + y * ly + z * lz) / Math.sqrt(square) : 0;
  }
}

/** Writes the light of each triangle from its corners. */
export function lightFaces(
  batch: Batch,
  positions: Float32Array,
  model: Affine | undefined,
  light: Float64Array,
): void {
  const { corners, faces, triangles } = batch;
  const [c0, c1, c2, c3, c4, c5, c6, c7, c8] = cofactors(model ?? IDENTITY) as unknown as Row9;
  const [lx, ly, lz] = light as unknown as Row9;
  for (let t = 0; t < triangles; t++) {
    const a = 3 * corners[3 * t]!;
    const b = 3 * corners[3 * t + 1]!;
    const c = 3 * corners[3 * t + 2]!;
    const ax = positions[a]!;
    const ay = positions[a + 1]!;
    const az = positions[a + 2]!;
    const bx = positions[b]! - ax;
    const by = positions[b + 1]! - ay;
    const bz = positions[b + 2]! - az;
    const cx = positions[c]! - ax;
    const cy = positions[c + 1]! - ay;
    const cz = positions[c + 2]! - az;
    const nx = by * cz - bz * cy;
    const ny = bz * cx - bx * cz;
    const nz = bx * cy - by * cx;
    const x = c0 * nx + c1 * ny + c2 * nz;
    const y = c3 * nx + c4 * ny + c5 * nz;
    const z = c6 * nx + c7 * ny + c8 * nz;
    const square = x * x + y * y + z * z;
    faces[t] = square > 0 ? (x * lx + y * ly + z * lz) / Math.sqrt(square) : 0;
  }
}

/** What turns normals as a matrix turns surfaces: its cofactors, row by row. */
function cofactors(m: Affine): number[] {
  const minor = (a: number, b: number, c: number, d: number): number => m[a]! * m[b]! - m[c]! * m[d]!;
  return [
    minor(5, 10, 6, 9),
    minor(6, 8, 4, 10),
    minor(4, 9, 5, 8),
    minor(2, 9, 1, 10),
    minor(0, 10, 2, 8),
    minor(1, 8, 0, 9),
    minor(1, 6, 2, 5),
    minor(2, 4, 0, 6),
    minor(0, 5, 1, 4),
  ];
}

type Row9 = readonly [number, number, number, number, number, number, number, number, number];
