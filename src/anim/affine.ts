/** Affine matrices: 12 numbers, 3 rows of 4, as batches write them. Computed in f64, rounded where they are stored. */
export type Numbers = { [index: number]: number };

/** `out` = a b: first b, then a. Each begins at its offset; `out` may be an operand. */
export function multiplyAffine(
  out: Numbers,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  outAt = 0,
  aAt = 0,
  bAt = 0,
): void {
  for (let row = 0; row < 3; row++) {
    const p0 = a[aAt + row * 4]!;
    const p1 = a[aAt + row * 4 + 1]!;
    const p2 = a[aAt + row * 4 + 2]!;
    const p3 = a[aAt + row * 4 + 3]!;
    for (let c = 0; c < 4; c++) {
      const sum = p0 * b[bAt + c]! + p1 * b[bAt + 4 + c]! + p2 * b[bAt + 8 + c]!;
      product[row * 4 + c] = c === 3 ? sum + p3 : sum;
    }
  }
  for (let i = 0; i < 12; i++) out[outAt + i] = product[i]!;
}

const product = new Float64Array(12);

/** `out` (3 numbers, which may be the point) = the matrix at `at` times the point. */
export function transformPoint(out: Numbers, matrix: ArrayLike<number>, point: ArrayLike<number>, at = 0): void {
  transformDirection(out, matrix, point, at);
  for (let row = 0; row < 3; row++) out[row]! += matrix[at + row * 4 + 3]!;
}

/** The same without the translation: for differences of points. */
export function transformDirection(out: Numbers, matrix: ArrayLike<number>, v: ArrayLike<number>, at = 0): void {
  const x = v[0]!;
  const y = v[1]!;
  const z = v[2]!;
  for (let row = 0; row < 3; row++)
    out[row] = matrix[at + row * 4]! * x + matrix[at + row * 4 + 1]! * y + matrix[at + row * 4 + 2]! * z;
}

/** A translation, a unit quaternion x y z w and a scale as a matrix. */
export function affineOf(
  out: Numbers,
  translation: ArrayLike<number>,
  rotation: ArrayLike<number> = [0, 0, 0, 1],
  scale: ArrayLike<number> = [1, 1, 1],
): void {
  const [x = 0, y = 0, z = 0, w = 1] = Array.from(rotation);
  const rows = [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
  rows.forEach((row, i) => {
    row.forEach((value, c) => {
      out[i * 4 + c] = value * scale[c]!;
    });
    out[i * 4 + 3] = translation[i]!;
  });
}

export interface SocketOptions {
  /** Matrix from what is held to the joint; none unless given. */
  readonly offset?: ArrayLike<number> | undefined;
  /** Matrix from the model to the world; none unless given. */
  readonly world?: ArrayLike<number> | undefined;
}

/** Where something is that a joint holds: world, times the joint's model matrix in `models` (12 each), times offset. */
export function socketMatrix(
  out: Numbers,
  models: ArrayLike<number>,
  joint: number,
  options: SocketOptions = {},
): void {
  const { offset, world } = options;
  for (let i = 0; i < 12; i++) held[i] = models[joint * 12 + i]!;
  if (offset !== undefined) multiplyAffine(held, held, offset);
  if (world !== undefined) multiplyAffine(held, world, held);
  for (let i = 0; i < 12; i++) out[i] = held[i]!;
}

const held = new Float64Array(12);
