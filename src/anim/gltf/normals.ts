/**
 * Normals of the vertices `first` to `first + count` of triangles: the sum of those of the triangles around, each as long as its
 * area, normalised. A vertex without triangles gets +z.
 */
export function smoothNormals(
  positions: Float32Array,
  indices: Uint32Array,
  first: number,
  count: number,
  out: Float32Array,
): void {
  const sums = new Float64Array(count * 3);
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i]! * 3, indices[i + 1]! * 3, indices[i + 2]! * 3];
    if (a < first * 3 || a >= (first + count) * 3) continue;
    const [ux, uy, uz] = [0, 1, 2].map((k) => positions[b + k]! - positions[a + k]!) as [number, number, number];
    const [vx, vy, vz] = [0, 1, 2].map((k) => positions[c + k]! - positions[a + k]!) as [number, number, number];
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const corner of [a, b, c]) {
      const at = corner - first * 3;
      sums[at]! += nx;
      sums[at + 1]! += ny;
      sums[at + 2]! += nz;
    }
  }
  for (let vertex = 0; vertex < count; vertex++) {
    const at = vertex * 3;
    const [x, y, z] = [sums[at]!, sums[at + 1]!, sums[at + 2]!];
    const length = Math.sqrt(x * x + y * y + z * z);
    const to = (first + vertex) * 3;
    const flat = !(length > 1e-200 && length < Infinity);
    out[to] = flat ? 0 : x / length;
    out[to + 1] = flat ? 0 : y / length;
    out[to + 2] = flat ? 1 : z / length;
  }
}
