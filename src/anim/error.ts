import {
  badArgument,
  expectNumber,
  expectNumberOptions,
  expectNumbers,
  expectOptions,
  type Known,
} from "../core/argument.ts";
/** Local transforms of all joints at a time, in frames: joint after joint, 10 numbers each: translation, rotation, scale. */
export type LocalPose = (time: number, out: Float64Array) => void;

/** How far one motion lies from another: metres in object space, and where it was found. */
export interface PoseError {
  readonly error: number;
  readonly joint: number;
  /** In frames. */
  readonly time: number;
}

export interface ErrorOptions {
  /** Metres from a joint, along each of its axes, where points stand for what is bound to it; 0.1 unless given. */
  readonly shell?: number;
}

const KNOWN: Known<ErrorOptions> = { shell: true };

export const SHELL = 0.1;
const LOCAL = 10;
const MATRIX = 12;

/**
 * The largest distance between where `a` and `b` carry the same points: the joints' origins, and for each joint three points at
 * `shell` along its axes, in model space, in f64. Rotations need not be normalised. A pose that is not finite is infinitely far.
 * Throws `bad-argument`.
 * @param parents of the joints, parents first, -1 without one
 * @param times in frames, given to both
 */
export function poseError(
  parents: ArrayLike<number>,
  a: LocalPose,
  b: LocalPose,
  times: Iterable<number>,
  options: ErrorOptions = {},
): PoseError {
  expectNumbers(parents, "parents");
  if (typeof a !== "function" || typeof b !== "function")
    throw badArgument("a pose", typeof a === "function" ? b : a, "a function of a time and where to write it");
  if (typeof times?.[Symbol.iterator] !== "function") throw badArgument("times", times, "a list of numbers");
  expectOptions(options, "options", KNOWN);
  expectNumberOptions(options, ["shell"]);
  const { shell = SHELL } = options;
  const local = new Float64Array(parents.length * LOCAL);
  const left = new Float64Array(parents.length * MATRIX);
  const right = new Float64Array(parents.length * MATRIX);
  let worst: PoseError = { error: 0, joint: 0, time: 0 };
  for (const time of times) {
    a(time, local);
    modelMatrices(parents, local, left);
    b(time, local);
    modelMatrices(parents, local, right);
    for (let joint = 0; joint < parents.length; joint++) {
      const error = displacement(left, joint * MATRIX, right, joint * MATRIX, shell);
      if (!(error <= worst.error)) worst = { error: Number.isNaN(error) ? Infinity : error, joint, time };
    }
  }
  return worst;
}

/** In frames: a time before a frame at which what holds its value has not changed yet. */
const JUST_BEFORE = 1 / 1024;

/**
 * Each frame and the middle between it and the next: where two curves that are linear between frames are furthest apart.
 * Where some of them hold their values instead, also shortly before frames.
 */
export function* framesAndHalves(frames: number, someHold = false): Generator<number> {
  expectNumber(frames, "frames");
  for (let frame = 0; frame < frames; frame++) {
    yield frame;
    if (frame + 1 === frames) return;
    yield frame + 0.5;
    if (someHold) yield frame + 1 - JUST_BEFORE;
  }
}

/** Model matrices (3 rows of 4) of local transforms; rotations are normalised first. */
export function modelMatrices(parents: ArrayLike<number>, local: Float64Array, out: Float64Array): void {
  for (let joint = 0; joint < parents.length; joint++)
    modelMatrix(local, joint * LOCAL, out, parents[joint]! < 0 ? -1 : parents[joint]! * MATRIX, joint * MATRIX);
}

/** The matrix at `to` in `out` from the local transform at `from`, and from that of the parent at `parent`, -1 without one. */
export function modelMatrix(local: Float64Array, from: number, out: Float64Array, parent: number, to: number): void {
  localMatrix(local, from);
  if (parent < 0) out.set(matrix, to);
  else multiply(out, parent, to);
}

/** Distance between what two matrices, at `i` in `a` and at `j` in `b`, make of a joint's origin and of the points around it. */
export function displacement(a: Float64Array, i: number, b: Float64Array, j: number, shell: number): number {
  const ox = a[i + 3]! - b[j + 3]!;
  const oy = a[i + 7]! - b[j + 7]!;
  const oz = a[i + 11]! - b[j + 11]!;
  let worst = ox * ox + oy * oy + oz * oz;
  for (let axis = 0; axis < 3; axis++) {
    const dx = ox + (a[i + axis]! - b[j + axis]!) * shell;
    const dy = oy + (a[i + 4 + axis]! - b[j + 4 + axis]!) * shell;
    const dz = oz + (a[i + 8 + axis]! - b[j + 8 + axis]!) * shell;
    const square = dx * dx + dy * dy + dz * dz;
    if (!(square <= worst)) worst = square;
  }
  return Math.sqrt(worst);
}

const matrix = new Float64Array(MATRIX);

function localMatrix(local: Float64Array, at: number): void {
  let x = local[at + 3]!;
  let y = local[at + 4]!;
  let z = local[at + 5]!;
  let w = local[at + 6]!;
  const scale = 1 / Math.sqrt(x * x + y * y + z * z + w * w);
  x *= scale;
  y *= scale;
  z *= scale;
  w *= scale;
  const sx = local[at + 7]!;
  const sy = local[at + 8]!;
  const sz = local[at + 9]!;
  matrix[0] = (1 - 2 * (y * y + z * z)) * sx;
  matrix[1] = 2 * (x * y - w * z) * sy;
  matrix[2] = 2 * (x * z + w * y) * sz;
  matrix[3] = local[at]!;
  matrix[4] = 2 * (x * y + w * z) * sx;
  matrix[5] = (1 - 2 * (x * x + z * z)) * sy;
  matrix[6] = 2 * (y * z - w * x) * sz;
  matrix[7] = local[at + 1]!;
  matrix[8] = 2 * (x * z - w * y) * sx;
  matrix[9] = 2 * (y * z + w * x) * sy;
  matrix[10] = (1 - 2 * (x * x + y * y)) * sz;
  matrix[11] = local[at + 2]!;
}

/** `out[to]` = `out[parent]` * `matrix`. */
function multiply(out: Float64Array, parent: number, to: number): void {
  for (let row = 0; row < MATRIX; row += 4) {
    const p0 = out[parent + row]!;
    const p1 = out[parent + row + 1]!;
    const p2 = out[parent + row + 2]!;
    for (let column = 0; column < 4; column++)
      out[to + row + column] = p0 * matrix[column]! + p1 * matrix[4 + column]! + p2 * matrix[8 + column]!;
    out[to + row + 3]! += out[parent + row + 3]!;
  }
}
