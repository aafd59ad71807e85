import type { Batch } from "./batch.ts";
import { GUARD, OUTSIDE } from "./project.ts";

/** Numbers of a corner: X, Y, Z, W as in {@link projectionOf}, light, red, green, blue. */
const SIZE = 8;
const PLANES = 5;
/** Each plane adds at most one corner. */
const CORNERS_MAX = 3 + PLANES;

let corners = new Float64Array(CORNERS_MAX * SIZE);
let kept = new Float64Array(CORNERS_MAX * SIZE);

/**
 * Replaces the triangles of a batch that have an outside vertex by what of them is inside: nothing, or a fan of triangles with
 * new vertices. `m` and `positions` are what its vertices were made from.
 */
export function clipTriangles(
  batch: Batch,
  m: Float64Array,
  positions: Float32Array,
  width: number,
  height: number,
): void {
  const count = batch.triangles;
  const old = batch.corners.slice(0, 3 * count);
  const faces = batch.faces.slice(0, count);
  batch.triangles = 0;
  for (let t = 0; t < count; t++) {
    const [a, b, c] = [old[3 * t]!, old[3 * t + 1]!, old[3 * t + 2]!];
    if (batch.xs[a] !== OUTSIDE && batch.xs[b] !== OUTSIDE && batch.xs[c] !== OUTSIDE) {
      batch.triangle(a, b, c, faces[t]!);
      continue;
    }
    [a, b, c].forEach((vertex, corner) => {
      transform(corners, corner * SIZE, m, positions, 3 * vertex);
      corners[corner * SIZE + 4] = batch.lights[vertex]!;
      for (let channel = 0; channel < 3; channel++) {
        corners[corner * SIZE + 5 + channel] = batch.tints[3 * vertex + channel]!;
      }
    });
    fan(batch, clipped(3, width, height), faces[t]!, width, height);
  }
}

/**
 * Cuts a line between two points of the world; `ends` gets x, y in pixels and the depth of both. False if nothing of it is
 * near the picture.
 */
export function clipLine(
  ends: Float64Array,
  m: Float64Array,
  positions: ArrayLike<number>,
  from: number,
  to: number,
  width: number,
  height: number,
): boolean {
  transform(corners, 0, m, positions, 3 * from);
  transform(corners, SIZE, m, positions, 3 * to);
  let [start, end] = [0, 1];
  for (let plane = 0; plane < PLANES; plane++) {
    const first = distanceTo(plane, corners, 0, width, height);
    const last = distanceTo(plane, corners, SIZE, width, height);
    // No number compares.
    if (!(first - last < Infinity && last - first < Infinity) || (first < 0 && last < 0)) return false;
    if (first < 0) start = Math.max(start, first / (first - last));
    if (last < 0) end = Math.min(end, first / (first - last));
  }
  if (start > end) return false;
  for (const [at, share] of [
    [0, start],
    [3, end],
  ] as const) {
    const w = mixed(3, share);
    ends[at] = Math.min(Math.max(mixed(0, share) / w, -GUARD), width + GUARD);
    ends[at + 1] = Math.min(Math.max(mixed(1, share) / w, -GUARD), height + GUARD);
    ends[at + 2] = mixed(2, share) / w;
  }
  return true;
}

/** X, Y, Z, W of the position at `from`, written to `to`. */
function transform(to: Float64Array, at: number, m: Float64Array, positions: ArrayLike<number>, from: number): void {
  const [x, y, z] = [positions[from]!, positions[from + 1]!, positions[from + 2]!];
  for (let row = 0; row < 4; row++) {
    to[at + row] = m[4 * row]! * x + m[4 * row + 1]! * y + m[4 * row + 2]! * z + m[4 * row + 3]!;
  }
}

/** Number `item` of the line in the first two corners at a share of its way. */
function mixed(item: number, share: number): number {
  return corners[item]! + share * (corners[SIZE + item]! - corners[item]!);
}

/** How far inside one of the planes a corner is: near, left, right, top, bottom. */
function distanceTo(plane: number, from: Float64Array, at: number, width: number, height: number): number {
  const w = from[at + 3]!;
  if (plane === 0) return w - from[at + 2]!;
  if (plane === 1) return from[at]! + GUARD * w;
  if (plane === 2) return (width + GUARD) * w - from[at]!;
  if (plane === 3) return from[at + 1]! + GUARD * w;
  return (height + GUARD) * w - from[at + 1]!;
}

/** Cuts the polygon in `corners` by all planes (Sutherland and Hodgman); returns how many corners it has then. */
function clipped(count: number, width: number, height: number): number {
  let left = count;
  for (let plane = 0; plane < PLANES && left > 0; plane++) {
    let next = 0;
    for (let corner = 0; corner < left; corner++) {
      const at = corner * SIZE;
      const after = ((corner + 1) % left) * SIZE;
      const here = distanceTo(plane, corners, at, width, height);
      const there = distanceTo(plane, corners, after, width, height);
      if (!(Math.abs(here) < Infinity && Math.abs(there) < Infinity)) return 0;
      if (here >= 0) kept.set(corners.subarray(at, at + SIZE), SIZE * next++);
      if (here >= 0 === there >= 0) continue;
      // From inside to outside, whichever comes first: the triangle beside it gets the same corner.
      const [inside, outside] = here >= 0 ? [at, after] : [after, at];
      const share = here >= 0 ? here / (here - there) : there / (there - here);
      for (let i = 0; i < SIZE; i++) {
        kept[SIZE * next + i] = corners[inside + i]! + share * (corners[outside + i]! - corners[inside + i]!);
      }
      next++;
    }
    [corners, kept] = [kept, corners];
    left = next;
  }
  return left;
}

/** Adds the polygon in `corners` as triangles around its first corner. */
function fan(batch: Batch, count: number, face: number, width: number, height: number): void {
  let [first, last] = [0, 0];
  for (let corner = 0; corner < count; corner++) {
    const at = corner * SIZE;
    const scale = 1 / corners[at + 3]!;
    // What was cut off may have been so large that rounding leads far away.
    const x = Math.min(Math.max(corners[at]! * scale, -GUARD), width + GUARD);
    const y = Math.min(Math.max(corners[at + 1]! * scale, -GUARD), height + GUARD);
    const vertex = batch.vertex(x, y, corners[at + 2]! * scale, corners[at + 4]!);
    batch.tints.set(corners.subarray(at + 5, at + 8), 3 * vertex);
    if (corner === 0) first = vertex;
    if (corner >= 2) batch.triangle(first, last, vertex, face);
    last = vertex;
  }
}
