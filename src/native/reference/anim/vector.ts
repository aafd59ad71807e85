/**
 * Vectors and unit quaternions (x y z w) of f32, every operation rounded by itself, sums from the left.
 * A `Float32Array` rounds what is stored into it. `vector.rs` has the same.
 */
const { fround, sqrt } = Math;

/** Squares of lengths below it are those of no direction, and so are those above {@link SQUARE_MAX}. */
const SQUARE_MIN = fround(1e-30);
const SQUARE_MAX = fround(1e38);
/** Squared length of the part of a unit vector, or of a sum of two, from which on its direction is taken. */
const PART_MIN = fround(1e-8);

export type Vector = Float32Array;

export function set(out: Vector, x: number, y: number, z: number): void {
  out[0] = x;
  out[1] = y;
  out[2] = z;
}

export function subtract(out: Vector, a: Vector, b: Vector): void {
  for (let i = 0; i < 3; i++) out[i] = a[i]! - b[i]!;
}

export function dot(a: Vector, b: Vector): number {
  return fround(fround(fround(a[0]! * b[0]!) + fround(a[1]! * b[1]!)) + fround(a[2]! * b[2]!));
}

/** `out` is neither of the operands. */
export function cross(out: Vector, a: Vector, b: Vector): void {
  out[0] = fround(a[1]! * b[2]!) - fround(a[2]! * b[1]!);
  out[1] = fround(a[2]! * b[0]!) - fround(a[0]! * b[2]!);
  out[2] = fround(a[0]! * b[1]!) - fround(a[1]! * b[0]!);
}

/** a * s + b * t */
export function combine(out: Vector, a: Vector, s: number, b: Vector, t: number): void {
  for (let i = 0; i < 3; i++) out[i] = fround(a[i]! * s) + fround(b[i]! * t);
}

/** Makes `v` one long. Without a direction it stays, and the answer is false. */
export function direct(v: Vector): boolean {
  return directAbove(v, SQUARE_MIN);
}

/** Makes `v`, a part of a unit vector, one long; false where too little of it is left to have a direction. */
export function directPart(v: Vector): boolean {
  return directAbove(v, PART_MIN);
}

function directAbove(v: Vector, least: number): boolean {
  const square = dot(v, v);
  if (!(square >= least && square <= SQUARE_MAX)) return false;
  const scale = fround(1 / fround(sqrt(square)));
  for (let i = 0; i < 3; i++) v[i] = v[i]! * scale;
  return true;
}

/** The direction of `v` across the unit vector `axis`; false where there is none. */
export function across(out: Vector, v: Vector, axis: Vector): boolean {
  const along = dot(v, axis);
  for (let i = 0; i < 3; i++) out[i] = v[i]! - fround(axis[i]! * along);
  return directPart(out);
}

const unit = new Float32Array(3);

/** A unit vector across the unit vector `axis`: its cross product with the coordinate axis that it is least along. */
export function anyAcross(out: Vector, axis: Vector): void {
  const x = Math.abs(axis[0]!);
  const y = Math.abs(axis[1]!);
  const z = Math.abs(axis[2]!);
  if (x <= y && x <= z) set(unit, 1, 0, 0);
  else if (y <= z) set(unit, 0, 1, 0);
  else set(unit, 0, 0, 1);
  cross(out, unit, axis);
  direct(out);
}

const twice = new Float32Array(3);
const turned = new Float32Array(3);

/** v turned by q: t = 2 (q x v), v + w t + q x t. `out` may be `v`. */
export function rotate(out: Vector, q: Vector, v: Vector): void {
  cross(twice, q, v);
  for (let i = 0; i < 3; i++) twice[i] = twice[i]! + twice[i]!;
  cross(turned, q, twice);
  for (let i = 0; i < 3; i++) out[i] = fround(v[i]! + fround(q[3]! * twice[i]!)) + turned[i]!;
}

const product = new Float32Array(4);

/** The Hamilton product a * b: first b, then a. `out` may be one of them. */
export function multiply(out: Vector, a: Vector, b: Vector): void {
  const ax = a[0]!;
  const ay = a[1]!;
  const az = a[2]!;
  const aw = a[3]!;
  const bx = b[0]!;
  const by = b[1]!;
  const bz = b[2]!;
  const bw = b[3]!;
  product[0] = fround(fround(fround(aw * bx) + fround(ax * bw)) + fround(ay * bz)) - fround(az * by);
  product[1] = fround(fround(fround(aw * by) - fround(ax * bz)) + fround(ay * bw)) + fround(az * bx);
  product[2] = fround(fround(fround(aw * bz) + fround(ax * by)) - fround(ay * bx)) + fround(az * bw);
  product[3] = fround(fround(fround(aw * bw) - fround(ax * bx)) - fround(ay * by)) - fround(az * bz);
  out.set(product);
}

/** Makes `q` one long; one that is too short becomes the identity. */
export function normalise(q: Vector): void {
  const square = fround(
    fround(fround(fround(q[0]! * q[0]!) + fround(q[1]! * q[1]!)) + fround(q[2]! * q[2]!)) + fround(q[3]! * q[3]!),
  );
  if (square >= SQUARE_MIN) {
    const scale = fround(1 / fround(sqrt(square)));
    for (let i = 0; i < 4; i++) q[i] = q[i]! * scale;
  } else {
    set(q, 0, 0, 0);
    q[3] = 1;
  }
}

const half = new Float32Array(3);

/**
 * The shortest turn from the unit vector `from` to the unit vector `to`; half a turn about `axis`, which is across
 * `from`, where they are opposite. With the half vector h of both it is (from x h, from . h).
 */
export function fromTo(out: Vector, from: Vector, to: Vector, axis: Vector): void {
  for (let i = 0; i < 3; i++) half[i] = from[i]! + to[i]!;
  if (directPart(half)) {
    cross(out, from, half);
    out[3] = dot(from, half);
  } else {
    set(out, axis[0]!, axis[1]!, axis[2]!);
    out[3] = 0;
  }
}

/** The part `weight` of the turn q: identity + (+-q - identity) * weight, normalised; with the sign that makes w >= 0. */
export function part(q: Vector, weight: number): void {
  if (weight === 1) return;
  const sign = q[3]! < 0 ? -1 : 1;
  for (let i = 0; i < 3; i++) q[i] = fround(sign * q[i]!) * weight;
  q[3] = 1 + fround(fround(fround(sign * q[3]!) - 1) * weight);
  normalise(q);
}
