import { badArgument, expectInstance } from "../../core/argument.ts";
/** The clips that a place is blended of. */
export interface BlendWeights {
  /** How many of the arrays are in use: 1 to 3. */
  count: number;
  /** Numbers of points. */
  readonly points: Int32Array;
  /** Each above 0, together 1 but for rounding. */
  readonly weights: Float64Array;
}

/** Room for the result of {@link blendAlong} and {@link blendOn}. */
export function blendWeights(): BlendWeights {
  return { count: 0, points: new Int32Array(3), weights: new Float64Array(3) };
}

/** Weights of the two of `at`, which ascends, around `x`; of one outside of all, or on a point. */
export function blendAlong(at: ArrayLike<number>, x: number, out: BlendWeights): void {
  let above = 0;
  while (above < at.length && at[above]! <= x) above++;
  if (above === 0 || above === at.length) return single(out, above === 0 ? 0 : above - 1);
  const below = above - 1;
  const share = (x - at[below]!) / (at[above]! - at[below]!);
  if (!(share > 0)) return single(out, below);
  pair(out, below, above, share);
}

/** Points on a plane with the triangles between them. */
export interface Triangulation {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Three points each, counter-clockwise. */
  readonly triangles: Int32Array;
  /** Two points each: the border. */
  readonly border: Int32Array;
}

/**
 * The Delaunay triangulation of points, or `undefined` if all lie on a line or two are the same. A triangle belongs to it if no other point lies in
 * the circle through its corners; of several ways for points on one circle the first is taken, and what differs from a circle or a line by rounding is one.
 * In O(n^4), for the few points of a blend space.
 */
export function triangulate(givenX: Float64Array, givenY: Float64Array): Triangulation | undefined {
  expectInstance(givenX, Float64Array, "x", "a Float64Array");
  expectInstance(givenY, Float64Array, "y", "a Float64Array");
  if (givenX.length !== givenY.length) throw badArgument("y", givenY.length, `${givenX.length} numbers, as many as x`);
  const count = givenX.length;
  const [x, y] = normalised(givenX, givenY);
  const found: number[] = [];
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      if (x[a] === x[b] && y[a] === y[b]) return undefined;
      for (let c = b + 1; c < count; c++) {
        const area = cross(x, y, a, b, c);
        if (Math.abs(area) <= ROUNDING) continue;
        const corners = area > 0 ? [a, b, c] : [a, c, b];
        if (isEmpty(x, y, corners) && !overlapsAny(x, y, corners, found)) found.push(...corners);
      }
    }
  }
  if (found.length === 0) return undefined;
  return { x: givenX, y: givenY, triangles: Int32Array.from(found), border: borderOf(found) };
}

/** Places further away are as far as that: squares of distances stay finite. */
const FAR = 1e100;

/**
 * Weights of the corners of the triangle around a place; outside of all, those of the nearest place on the border. A place that is not a number
 * is the first point of the border.
 */
export function blendOn({ x, y, triangles, border }: Triangulation, atX: number, atY: number, out: BlendWeights): void {
  const px = Math.min(FAR, Math.max(-FAR, atX));
  const py = Math.min(FAR, Math.max(-FAR, atY));
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [triangles[i]!, triangles[i + 1]!, triangles[i + 2]!];
    const area = cross(x, y, a, b, c);
    const wa = cornerArea(x, y, b, c, px, py) / area;
    const wb = cornerArea(x, y, c, a, px, py) / area;
    const wc = cornerArea(x, y, a, b, px, py) / area;
    if (!(wa >= 0 && wb >= 0 && wc >= 0)) continue;
    out.count = 0;
    add(out, a, wa);
    add(out, b, wb);
    add(out, c, wc);
    return;
  }
  let nearest = Infinity;
  single(out, border[0]!);
  for (let i = 0; i < border.length; i += 2) {
    const [a, b] = [border[i]!, border[i + 1]!];
    const [dx, dy] = [x[b]! - x[a]!, y[b]! - y[a]!];
    const along = ((px - x[a]!) * dx + (py - y[a]!) * dy) / (dx * dx + dy * dy);
    const share = along > 0 ? (along < 1 ? along : 1) : 0;
    const [ox, oy] = [px - (x[a]! + dx * share), py - (y[a]! + dy * share)];
    const distance = ox * ox + oy * oy;
    if (!(distance < nearest)) continue;
    nearest = distance;
    pair(out, a, b, share);
  }
}

/** Of areas and determinants of points that are at most 1 from the middle. */
const ROUNDING = 1e-12;

/** The points about their middle, as far as 1 from it: results do not depend on where the plane begins, and how it is measured. */
function normalised(x: Float64Array, y: Float64Array): [Float64Array, Float64Array] {
  const span = (values: Float64Array) => [Math.min(...values), Math.max(...values)] as const;
  const [[left, right], [low, high]] = [span(x), span(y)];
  const half = Math.max(right - left, high - low) / 2 || 1;
  return [x.map((value) => (value - (left + right) / 2) / half), y.map((value) => (value - (low + high) / 2) / half)];
}

function single(out: BlendWeights, point: number): void {
  out.count = 0;
  add(out, point, 1);
}

function pair(out: BlendWeights, from: number, to: number, share: number): void {
  out.count = 0;
  add(out, from, 1 - share);
  add(out, to, share);
}

function add(out: BlendWeights, point: number, weight: number): void {
  if (!(weight > 0)) return;
  out.points[out.count] = point;
  out.weights[out.count++] = weight;
}

/** Twice the area of a triangle, above 0 if it is counter-clockwise. */
function cross(x: Float64Array, y: Float64Array, a: number, b: number, c: number): number {
  return cornerArea(x, y, a, b, x[c]!, y[c]!);
}

function cornerArea(x: Float64Array, y: Float64Array, a: number, b: number, px: number, py: number): number {
  return (x[b]! - x[a]!) * (py - y[a]!) - (y[b]! - y[a]!) * (px - x[a]!);
}

function isEmpty(x: Float64Array, y: Float64Array, corners: readonly number[]): boolean {
  for (let i = 0; i < x.length; i++) if (!corners.includes(i) && inCircle(x, y, corners, i)) return false;
  return true;
}

/** Whether point p lies inside the circle through the corners of a counter-clockwise triangle. */
function inCircle(x: Float64Array, y: Float64Array, corners: readonly number[], p: number): boolean {
  const [a, b, c] = corners as [number, number, number];
  const [ax, ay] = [x[a]! - x[p]!, y[a]! - y[p]!];
  const [bx, by] = [x[b]! - x[p]!, y[b]! - y[p]!];
  const [cx, cy] = [x[c]! - x[p]!, y[c]! - y[p]!];
  const al = ax * ax + ay * ay;
  const bl = bx * bx + by * by;
  const cl = cx * cx + cy * cy;
  return ax * (by * cl - bl * cy) - ay * (bx * cl - bl * cx) + al * (bx * cy - by * cx) > ROUNDING;
}

/** Whether a triangle shares area with one of a list: points on one circle allow several that are empty. */
function overlapsAny(x: Float64Array, y: Float64Array, corners: readonly number[], list: readonly number[]): boolean {
  for (let i = 0; i < list.length; i += 3) {
    const other = list.slice(i, i + 3);
    if (!apart(x, y, corners, other) && !apart(x, y, other, corners)) return true;
  }
  return false;
}

/** Whether all corners of `other` lie on or behind one side of `corners`. */
function apart(x: Float64Array, y: Float64Array, corners: readonly number[], other: readonly number[]): boolean {
  return corners.some((a, i) => other.every((p) => cross(x, y, a, corners[(i + 1) % 3]!, p) <= ROUNDING));
}

/** The sides that belong to one triangle only. */
function borderOf(triangles: readonly number[]): Int32Array {
  const sides = new Map<string, [number, number]>();
  for (let i = 0; i < triangles.length; i++) {
    const a = triangles[i]!;
    const b = triangles[i - (i % 3) + ((i + 1) % 3)]!;
    if (!sides.delete(`${b} ${a}`)) sides.set(`${a} ${b}`, [a, b]);
  }
  return Int32Array.from([...sides.values()].flat());
}
