import { sin64 } from "../core/math/sine64.ts";
import { atan264 } from "../native/reference/tensor/math64-arctangent.ts";

export type Interpolation = "LINEAR" | "STEP" | "CUBICSPLINE";

/** Keys in time, as glTF has them. */
export interface Curve {
  /** Seconds, rising. */
  readonly times: ArrayLike<number>;
  /** `size` for each key; with `CUBICSPLINE` three times as many: the tangent before the key, its value, the tangent behind it. */
  readonly values: ArrayLike<number>;
  readonly size: number;
  readonly interpolation: Interpolation;
  /** Quaternions x y z w: `LINEAR` turns at an even speed along the shorter way, and results have length 1. */
  readonly rotation: boolean;
}

/** The key at or before `time`; the first if there is none. */
function keyBefore(times: ArrayLike<number>, time: number): number {
  let low = 0;
  let high = times.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time) low = middle;
    else high = middle;
  }
  return low;
}

/** The value at `time`, in f64, written to `out` at `at`, `step` apart: before the first and behind the last key it is theirs. */
export function evaluate(curve: Curve, time: number, out: Float64Array | Float32Array, at: number, step = 1): void {
  const { times, values, size, interpolation, rotation } = curve;
  const key = keyBefore(times, time);
  const cubic = interpolation === "CUBICSPLINE";
  const width = cubic ? 3 * size : size;
  const from = key * width + (cubic ? size : 0);
  const span = key + 1 < times.length ? times[key + 1]! - times[key]! : 0;
  const s = span > 0 ? (time - times[key]!) / span : 0;
  if (interpolation === "STEP" || !(s > 0)) copy(values, from, size, out, at, step);
  else if (cubic) hermite(values, from, size, s, span, out, at, step);
  else if (rotation) return slerp(values, from, s, out, at, step);
  else for (let i = 0; i < size; i++) out[at + i * step] = mix(values[from + i]!, values[from + width + i]!, s);
  if (rotation) normalise(out, at, step, values, from);
}

function mix(a: number, b: number, s: number): number {
  return a + (b - a) * s;
}

function copy(
  values: ArrayLike<number>,
  from: number,
  size: number,
  out: Float64Array | Float32Array,
  at: number,
  step: number,
): void {
  for (let i = 0; i < size; i++) out[at + i * step] = values[from + i]!;
}

/** Hermite's cubic between the value at `from` and the next, as glTF 2.0 defines it (appendix C.5); values that are equal stay as they are. */
function hermite(
  values: ArrayLike<number>,
  from: number,
  size: number,
  s: number,
  span: number,
  out: Float64Array | Float32Array,
  at: number,
  step: number,
): void {
  const rise = s * s * (3 - 2 * s);
  const leave = s * (1 - s) * (1 - s);
  const arrive = s * s * (s - 1);
  for (let i = 0; i < size; i++) {
    const a = values[from + i]!;
    const b = values[from + 3 * size + i]!;
    const behind = values[from + size + i]!;
    const before = values[from + 2 * size + i]!;
    out[at + i * step] = a + (b - a) * rise + span * (leave * behind + arrive * before);
  }
}

const a = new Float64Array(4);
const b = new Float64Array(4);

/** Shoemake's slerp of the quaternions at `from` and behind it; the angle by Kahan's formula, exact for small ones, too. */
function slerp(
  values: ArrayLike<number>,
  from: number,
  s: number,
  out: Float64Array | Float32Array,
  at: number,
  step: number,
): void {
  unit(values, from, a);
  unit(values, from + 4, b);
  const side = a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]! + a[3]! * b[3]! < 0 ? -1 : 1;
  let apart = 0;
  let together = 0;
  for (let i = 0; i < 4; i++) {
    const difference = side * b[i]! - a[i]!;
    const sum = side * b[i]! + a[i]!;
    apart += difference * difference;
    together += sum * sum;
  }
  const angle = 2 * atan264(Math.sqrt(apart), Math.sqrt(together));
  const sine = sin64(angle);
  const small = angle < 1e-7;
  const wa = small ? 1 - s : sin64((1 - s) * angle) / sine;
  const wb = (small ? s : sin64(s * angle) / sine) * side;
  for (let i = 0; i < 4; i++) out[at + i * step] = apart === 0 ? a[i]! : wa * a[i]! + wb * b[i]!;
}

function unit(values: ArrayLike<number>, from: number, out: Float64Array): void {
  copy(values, from, 4, out, 0, 1);
  normalise(out, 0, 1, values, from);
}

/** Makes the quaternion at `at` one of length 1; where it has none, it is the key at `from`. */
function normalise(
  out: Float64Array | Float32Array,
  at: number,
  step: number,
  values: ArrayLike<number>,
  from: number,
): void {
  const length = (q: ArrayLike<number>, p: number, d: number) =>
    Math.sqrt(q[p]! * q[p]! + q[p + d]! * q[p + d]! + q[p + 2 * d]! * q[p + 2 * d]! + q[p + 3 * d]! * q[p + 3 * d]!);
  let size = length(out, at, step);
  if (!(size > 1e-12)) {
    copy(values, from, 4, out, at, step);
    size = length(out, at, step);
  }
  for (let i = 0; i < 4; i++) out[at + i * step]! /= size;
}
