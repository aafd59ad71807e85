import { AXES_ONE } from "../../native/anim/compressed-format.ts";
import { multiply, normalise, quaternion } from "../rotation.ts";

/** How a rotation track turns what its keys hold: q = left * p * right, both in whole {@link AXES_ONE}ths. */
export interface TrackAxes {
  readonly left: Int16Array;
  readonly right: Int16Array;
}

/** Least w of p for which it is computed from the others: below, their rounding counts too much. */
const LAST_MIN = 0.35;
/** Where the mean of all rotations is nearer to each of them than that, it is good enough. */
const LAST_WISHED = 0.75;
const CENTRE_STEPS = 64;

/** The axes of keys that hold a rotation as it is. */
export const plainAxes: TrackAxes = {
  left: Int16Array.of(0, 0, 0, AXES_ONE),
  right: Int16Array.of(0, 0, 0, AXES_ONE),
};

/**
 * Axes for rotations (unit, 4 f64 each, neighbours in the same hemisphere) in which p stays near the identity and its x, y and z
 * go along what the rotations differ by most: what bends around one axis moves in one of them alone. `undefined` if
 * they turn so far that p has to be stored with all four components.
 */
export function axesOf(rotations: Float64Array): TrackAxes | undefined {
  const centre = quaternion(0, 0, 0, 0);
  for (let i = 0; i < rotations.length; i++) centre[i % 4]! += rotations[i]!;
  normalise(centre, centre);
  let furthest = furthestFrom(centre, rotations);
  if (furthest.dot < LAST_WISHED) {
    // Towards whatever is furthest by less and less: in the end all are about as far.
    for (let i = 2; i < CENTRE_STEPS; i++) {
      for (let c = 0; c < 4; c++) centre[c]! += (rotations[furthest.at + c]! - centre[c]!) / i;
      normalise(centre, centre);
      furthest = furthestFrom(centre, rotations);
    }
  }
  if (furthest.dot < LAST_MIN) return undefined;
  const back = quaternion(-centre[0]!, -centre[1]!, -centre[2]!, centre[3]!);
  const turn = quaternion();
  const spread = new Float64Array(9);
  for (let at = 0; at < rotations.length; at += 4) {
    multiply(turn, back, rotations, 0, at);
    for (let i = 0; i < 9; i++) spread[i]! += turn[Math.floor(i / 3)]! * turn[i % 3]!;
  }
  const axes = rotationOf(eigenvectors(spread));
  const left = whole(multiply(quaternion(), centre, axes));
  const right = whole(quaternion(-axes[0]!, -axes[1]!, -axes[2]!, axes[3]!));
  return { left, right };
}

/** The rotation least like `centre`: where it begins, and the cosine between them, which is the w of the turn. */
function furthestFrom(centre: Float64Array, rotations: Float64Array): { at: number; dot: number } {
  const furthest = { at: 0, dot: Infinity };
  for (let at = 0; at < rotations.length; at += 4) {
    let dot = 0;
    for (let c = 0; c < 4; c++) dot += centre[c]! * rotations[at + c]!;
    if (dot < furthest.dot) {
      furthest.dot = dot;
      furthest.at = at;
    }
  }
  return furthest;
}

function whole(q: Float64Array): Int16Array {
  return Int16Array.from(q, (value) => Math.round(value * AXES_ONE));
}

/** Columns of a symmetric 3x3 matrix's eigenvectors, right-handed: rotations by Jacobi's method set one pair after the other to 0. */
function eigenvectors(matrix: Float64Array): Float64Array {
  const a = matrix.slice();
  const v = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  for (let sweep = 0; sweep < 12; sweep++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const off = a[p * 3 + q]!;
      if (!(Math.abs(off) > 1e-300)) continue;
      const half = (a[q * 4]! - a[p * 4]!) / (2 * off);
      const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.sqrt(half * half + 1));
      const cosine = 1 / Math.sqrt(tangent * tangent + 1);
      const sine = tangent * cosine;
      for (let i = 0; i < 3; i++) turnPair(a, i * 3 + p, i * 3 + q, cosine, sine);
      for (let i = 0; i < 3; i++) turnPair(a, p * 3 + i, q * 3 + i, cosine, sine);
      for (let i = 0; i < 3; i++) turnPair(v, i * 3 + p, i * 3 + q, cosine, sine);
    }
  }
  return v;
}

function turnPair(values: Float64Array, a: number, b: number, cosine: number, sine: number): void {
  const x = values[a]!;
  const y = values[b]!;
  values[a] = cosine * x - sine * y;
  values[b] = sine * x + cosine * y;
}

/** The unit quaternion of a rotation matrix (rows of 3): the largest component first, so that nothing small is divided by. */
function rotationOf(m: Float64Array): Float64Array {
  const squares = [
    1 + m[0]! - m[4]! - m[8]!,
    1 - m[0]! + m[4]! - m[8]!,
    1 - m[0]! - m[4]! + m[8]!,
    1 + m[0]! + m[4]! + m[8]!,
  ];
  const products = [
    [0, m[1]! + m[3]!, m[2]! + m[6]!, m[7]! - m[5]!],
    [m[1]! + m[3]!, 0, m[5]! + m[7]!, m[2]! - m[6]!],
    [m[2]! + m[6]!, m[5]! + m[7]!, 0, m[3]! - m[1]!],
    [m[7]! - m[5]!, m[2]! - m[6]!, m[3]! - m[1]!, 0],
  ];
  const largest = squares.indexOf(Math.max(...squares));
  const q = Float64Array.from(products[largest]!);
  q[largest] = squares[largest]!;
  return normalise(q, q);
}
