/** Unit quaternions (x y z w) in f64, in arrays, for what is made before playback. `out` may be an operand. */
export type Quaternion = Float64Array;

export function quaternion(x = 0, y = 0, z = 0, w = 1): Quaternion {
  return Float64Array.of(x, y, z, w);
}

/** The Hamilton product a b: first b, then a. `a` and `b` begin at `aAt` and `bAt`. */
export function multiply(out: Quaternion, a: Quaternion, b: Quaternion, aAt = 0, bAt = 0): Quaternion {
  const ax = a[aAt]!;
  const ay = a[aAt + 1]!;
  const az = a[aAt + 2]!;
  const aw = a[aAt + 3]!;
  const bx = b[bAt]!;
  const by = b[bAt + 1]!;
  const bz = b[bAt + 2]!;
  const bw = b[bAt + 3]!;
  out[0] = aw * bx + ax * bw + ay * bz - az * by;
  out[1] = aw * by - ax * bz + ay * bw + az * bx;
  out[2] = aw * bz + ax * by - ay * bx + az * bw;
  out[3] = aw * bw - ax * bx - ay * by - az * bz;
  return out;
}

/** The turn back. */
export function conjugate(out: Quaternion, q: Quaternion): Quaternion {
  for (let i = 0; i < 3; i++) out[i] = -q[i]!;
  out[3] = q[3]!;
  return out;
}

/** One of length zero, or one that is not finite, becomes the identity. */
export function normalise(out: Quaternion, q: Quaternion): Quaternion {
  const x = q[0]!;
  const y = q[1]!;
  const z = q[2]!;
  const w = q[3]!;
  const square = x * x + y * y + z * z + w * w;
  if (!(square > 1e-300 && square < Infinity)) {
    out.fill(0);
    out[3] = 1;
    return out;
  }
  const scale = 1 / Math.sqrt(square);
  out[0] = x * scale;
  out[1] = y * scale;
  out[2] = z * scale;
  out[3] = w * scale;
  return out;
}

/** `out` = v turned by q, which begins at `qAt`; both vectors begin at 0. */
export function rotate(out: Float64Array, q: Quaternion, v: ArrayLike<number>, qAt = 0): Float64Array {
  const x = q[qAt]!;
  const y = q[qAt + 1]!;
  const z = q[qAt + 2]!;
  const w = q[qAt + 3]!;
  const vx = v[0]!;
  const vy = v[1]!;
  const vz = v[2]!;
  const tx = 2 * (y * vz - z * vy);
  const ty = 2 * (z * vx - x * vz);
  const tz = 2 * (x * vy - y * vx);
  out[0] = vx + w * tx + (y * tz - z * ty);
  out[1] = vy + w * ty + (z * tx - x * tz);
  out[2] = vz + w * tz + (x * ty - y * tx);
  return out;
}

/** Between unit quaternions on the shorter way, linear and normalised. */
export function between(out: Quaternion, a: Quaternion, b: Quaternion, alpha: number): Quaternion {
  let dot = 0;
  for (let i = 0; i < 4; i++) dot += a[i]! * b[i]!;
  const side = dot < 0 ? -alpha : alpha;
  for (let i = 0; i < 4; i++) out[i] = a[i]! * (1 - alpha) + b[i]! * side;
  return normalise(out, out);
}

/** The shortest turn from the direction `from` to `to` (3 elements each, of any length); the identity without one. */
export function fromTo(out: Quaternion, from: ArrayLike<number>, to: ArrayLike<number>): Quaternion {
  const [fx, fy, fz] = direction(from);
  const [tx, ty, tz] = direction(to);
  const cosine = fx * tx + fy * ty + fz * tz;
  if (cosine < -1 + 1e-12) {
    // Half a turn about an axis across: the coordinate axis that is least along, made perpendicular.
    const least =
      Math.abs(fx) <= Math.abs(fy) && Math.abs(fx) <= Math.abs(fz) ? 0 : Math.abs(fy) <= Math.abs(fz) ? 1 : 2;
    const axis = [0, 0, 0];
    axis[least] = 1;
    const along = [fx, fy, fz][least]!;
    out[0] = axis[0]! - fx * along;
    out[1] = axis[1]! - fy * along;
    out[2] = axis[2]! - fz * along;
    out[3] = 0;
    return normalise(out, out);
  }
  out[0] = fy * tz - fz * ty;
  out[1] = fz * tx - fx * tz;
  out[2] = fx * ty - fy * tx;
  out[3] = fx * fx + fy * fy + fz * fz === 0 ? 1 : 1 + cosine;
  return normalise(out, out);
}

function direction(v: ArrayLike<number>): [number, number, number] {
  const [x, y, z] = [v[0]!, v[1]!, v[2]!];
  const length = Math.sqrt(x * x + y * y + z * z);
  return length > 1e-30 ? [x / length, y / length, z / length] : [0, 0, 0];
}
