import { WorldloomError } from "../../core/errors.ts";

/** `rows^T rows` and `rows^T targets`, row-major. */
export function normalEquations(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): { gram: Float64Array; moment: Float64Array } {
  const n = rows[0]?.length ?? 0;
  const gram = new Float64Array(n * n);
  const moment = new Float64Array(n);
  for (const [i, row] of rows.entries()) {
    for (let a = 0; a < n; a++) {
      const x = row[a] as number;
      moment[a] = (moment[a] as number) + x * (targets[i] as number);
      for (let b = 0; b <= a; b++) gram[a * n + b] = (gram[a * n + b] as number) + x * (row[b] as number);
    }
  }
  for (let a = 0; a < n; a++) for (let b = a + 1; b < n; b++) gram[a * n + b] = gram[b * n + a] as number;
  return { gram, moment };
}

/** The solution of a symmetric positive definite system, by Cholesky's factors. Throws `tensor-value` if it is not. */
export function solvePositive(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  const lower = Float64Array.from(matrix);
  for (let j = 0; j < n; j++) {
    let pivot = lower[j * n + j] as number;
    for (let k = 0; k < j; k++) pivot -= (lower[j * n + k] as number) * (lower[j * n + k] as number);
    if (!(pivot > 0))
      throw new WorldloomError(
        "tensor-value",
        "The system has no single solution; raise the penalty, or leave columns out that follow from others.",
        { column: j },
      );
    const root = Math.sqrt(pivot);
    lower[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = lower[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
      lower[i * n + j] = sum / root;
    }
  }
  const out = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    let sum = out[i] as number;
    for (let k = 0; k < i; k++) sum -= (lower[i * n + k] as number) * (out[k] as number);
    out[i] = sum / (lower[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = out[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (lower[k * n + i] as number) * (out[k] as number);
    out[i] = sum / (lower[i * n + i] as number);
  }
  return out;
}
