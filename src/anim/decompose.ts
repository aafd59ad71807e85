/** A matrix taken apart: see {@link decompose}. */
export interface Decomposed {
  readonly translation: Float64Array;
  /** A unit quaternion x y z w. */
  readonly rotation: Float64Array;
  readonly scale: Float64Array;
}

/** Room for the result of {@link decompose}. */
export function decomposed(): Decomposed {
  return { translation: new Float64Array(3), rotation: Float64Array.of(0, 0, 0, 1), scale: new Float64Array(3) };
}

/**
 * The translation, rotation and scale of an affine matrix, 3 rows of 4 at `at`. Where it shears, the rotation is that of its columns as if they
 * were upright; a mirror is a scale below 0 in x; columns of length 0 count as those of the identity.
 */
export function decompose(matrix: ArrayLike<number>, at: number, out: Decomposed): Decomposed {
  const { translation, scale } = out;
  for (let row = 0; row < 3; row++) translation[row] = matrix[at + row * 4 + 3]!;
  for (let column = 0; column < 3; column++) {
    const [x, y, z] = [matrix[at + column]!, matrix[at + 4 + column]!, matrix[at + 8 + column]!];
    const length = Math.sqrt(x * x + y * y + z * z);
    scale[column] = length;
    axes[column] = length > 0 ? x / length : column === 0 ? 1 : 0;
    axes[3 + column] = length > 0 ? y / length : column === 1 ? 1 : 0;
    axes[6 + column] = length > 0 ? z / length : column === 2 ? 1 : 0;
  }
  if (determinant() < 0) {
    scale[0] = -scale[0]!;
    for (let row = 0; row < 9; row += 3) axes[row] = -axes[row]!;
  }
  rotationOf(out.rotation);
  return out;
}

/** 3 rows of 3. */
const axes = new Float64Array(9);

function determinant(): number {
  const [a, b, c, d, e, f, g, h, i] = axes as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/** The quaternion of `axes`, from the largest of its four elements, which is found first (Shepperd 1978). */
function rotationOf(out: Float64Array): void {
  const [a, b, c, d, e, f, g, h, i] = axes as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const squares = [1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i];
  let largest = 3;
  for (let k = 0; k < 3; k++) if (squares[k]! > squares[largest]!) largest = k;
  const twice = Math.sqrt(squares[largest]!);
  const others = 1 / (2 * twice);
  const parts =
    largest === 0
      ? [0, b + d, c + g, h - f]
      : largest === 1
        ? [b + d, 0, f + h, c - g]
        : largest === 2
          ? [c + g, f + h, 0, d - b]
          : [h - f, c - g, d - b, 0];
  for (let k = 0; k < 4; k++) out[k] = k === largest ? twice / 2 : parts[k]! * others;
}
