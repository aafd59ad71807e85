/** A matrix taken apart: see {@link decompose}. */
export interface Decomposed {
  readonly translation: Float64Array;
  /** A unit quaternion x y z w. */
  readonly rotation: Float64Array;
  readonly scale: Float64Array;
  /** The largest cosine between two of its columns, without its sign: 0 for a matrix that is just these three. */
  skew: number;
}

/** Room for the result of {@link decompose}. */
export function decomposed(): Decomposed {
  const [translation, rotation, scale] = [new Float64Array(3), Float64Array.of(0, 0, 0, 1), new Float64Array(3)];
  return { translation, rotation, scale, skew: 0 };
}

/** Columns that are not longer have no direction. */
const FLAT = 1e-12;

/**
 * The translation, rotation and scale of an affine matrix, 3 rows of 4 at `at`. Where it is skewed the rotation keeps its x axis, and y in the plane at
 * right angles to z and x; a mirror is a scale below 0 in x. A matrix that is flat along an axis is not turned.
 */
export function decompose(matrix: ArrayLike<number>, at: number, out: Decomposed): Decomposed {
  const { translation, rotation, scale } = out;
  for (let row = 0; row < 3; row++) translation[row] = matrix[at + row * 4 + 3]!;
  let flat = false;
  for (let column = 0; column < 3; column++) {
    const axis = axes[column]!;
    for (let row = 0; row < 3; row++) axis[row] = matrix[at + row * 4 + column]!;
    scale[column] = length(axis);
    flat ||= !(scale[column]! > FLAT);
    for (let row = 0; row < 3; row++) axis[row] = axis[row]! / scale[column]!;
  }
  out.skew = 0;
  rotation[0] = rotation[1] = rotation[2] = 0;
  rotation[3] = 1;
  if (flat) return out;
  out.skew = Math.max(Math.abs(dot(x, y)), Math.abs(dot(y, z)), Math.abs(dot(z, x)));
  cross(side, x, y);
  if (dot(side, z) < 0) {
    scale[0] = -scale[0]!;
    for (let row = 0; row < 3; row++) x[row] = -x[row]!;
  }
  cross(side, z, x);
  const across = length(side);
  if (across > FLAT) for (let row = 0; row < 3; row++) y[row] = side[row]! / across;
  cross(z, x, y);
  rotationOf(rotation);
  return out;
}

/** The columns. */
const axes: readonly Float64Array[] = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
const [x, y, z] = axes as [Float64Array, Float64Array, Float64Array];
const side = new Float64Array(3);

function length(v: Float64Array): number {
  return Math.sqrt(dot(v, v));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}

function cross(out: Float64Array, a: Float64Array, b: Float64Array): void {
  out[0] = a[1]! * b[2]! - a[2]! * b[1]!;
  out[1] = a[2]! * b[0]! - a[0]! * b[2]!;
  out[2] = a[0]! * b[1]! - a[1]! * b[0]!;
}

/** The quaternion of the axes, from the largest of its four squares, so that nothing is divided by a small number (Shepperd 1978). */
function rotationOf(out: Float64Array): void {
  const [trace0, trace1, trace2] = [x[0]!, y[1]!, z[2]!];
  out[0] = 1 + trace0 - trace1 - trace2;
  out[1] = 1 - trace0 + trace1 - trace2;
  out[2] = 1 - trace0 - trace1 + trace2;
  out[3] = 1 + trace0 + trace1 + trace2;
  let largest = 0;
  for (let k = 1; k < 4; k++) if (out[k]! > out[largest]!) largest = k;
  const half = Math.sqrt(out[largest]!);
  const rest = 0.5 / half;
  const [xy, xz, yz] = [(x[1]! + y[0]!) * rest, (z[0]! + x[2]!) * rest, (y[2]! + z[1]!) * rest];
  const [wx, wy, wz] = [(y[2]! - z[1]!) * rest, (z[0]! - x[2]!) * rest, (x[1]! - y[0]!) * rest];
  out[0] = largest === 1 ? xy : largest === 2 ? xz : wx;
  out[1] = largest === 0 ? xy : largest === 2 ? yz : wy;
  out[2] = largest === 0 ? xz : largest === 1 ? yz : wz;
  out[3] = largest === 0 ? wx : largest === 1 ? wy : wz;
  out[largest] = half / 2;
}
