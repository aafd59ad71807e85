/**
 * Normals of the vertices of `ranges`: the sum of those of the triangles around each, as long as their areas, normalised.
 * A vertex without triangles gets +z.
 */
export function smoothNormals(
  positions: Float32Array,
  indices: Uint32Array,
  ranges: readonly { readonly first: number; readonly count: number }[],
  out: Float32Array,
): void {
  const sums = new Float64Array(positions.length);
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i]! * 3, indices[i + 1]! * 3, indices[i + 2]! * 3];
    const ux = positions[b]! - positions[a]!;
    const uy = positions[b + 1]! - positions[a + 1]!;
    const uz = positions[b + 2]! - positions[a + 2]!;
    const vx = positions[c]! - positions[a]!;
    const vy = positions[c + 1]! - positions[a + 1]!;
    const vz = positions[c + 2]! - positions[a + 2]!;
    for (const corner of [a, b, c]) {
      sums[corner]! += uy * vz - uz * vy;
      sums[corner + 1]! += uz * vx - ux * vz;
      sums[corner + 2]! += ux * vy - uy * vx;
    }
  }
  for (const { first, count } of ranges) {
    for (let at = first * 3; at < (first + count) * 3; at += 3) {
      const [x, y, z] = [sums[at]!, sums[at + 1]!, sums[at + 2]!];
      const length = Math.sqrt(x * x + y * y + z * z);
      const flat = !(length > 1e-200 && length < Infinity);
      out[at] = flat ? 0 : x / length;
      out[at + 1] = flat ? 0 : y / length;
      out[at + 2] = flat ? 1 : z / length;
    }
  }
}
