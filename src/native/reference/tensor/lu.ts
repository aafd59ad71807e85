import { fusedOf, readMatrix } from "./matrix.ts";
import type { Instruction, Reader } from "./reader.ts";
import { I32, move, store } from "./view.ts";
import { Walk } from "./walk.ts";

/**
 * Both factors in one matrix, the unit diagonal of the lower one left out. For each column k: of the rows from k on the one
 * whose element has the largest size, the first of several, changes places with row k (NaN is larger than nothing, and
 * nothing is larger than NaN); then for each row i below, in order, `l = u[i][k] = u[i][k] / u[k][k]`, and for each j > k
 * `u[i][j] = fma(-l, u[k][j], u[i][j])`.
 */
export function readLu(reader: Reader): Instruction {
  const input = readMatrix(reader, reader.float());
  const output = reader.output(input.dtype);
  const pivots = reader.output(I32);
  reader.same(input.tokens, output.tokens);
  reader.same(input.tokens.slice(0, -1), pivots.tokens);
  const fma = fusedOf(input.dtype);

  return {
    operands: [input, output, pivots],
    run() {
      const n = input.extents.at(-1)!;
      const [inRow, inColumn] = input.strides.slice(-2) as [number, number];
      const [row, column] = output.strides.slice(-2) as [number, number];
      const pivotStep = pivots.strides.at(-1)!;
      const views = [input, output, pivots];
      const walk = new Walk(
        input.extents.slice(0, -2),
        views.map(({ at }) => at),
        views.map(({ strides }) => strides),
      );
      for (; walk.inside; walk.next()) {
        const [from, to, pivot] = walk.at as [number, number, number];
        const u = output.values;
        const at = (i: number, j: number): number => to + i * row + j * column;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) move(output, at(i, j), input, from + i * inRow + j * inColumn);
          pivots.values[pivot + i * pivotStep] = i;
        }
        for (let k = 0; k < n; k++) {
          let largest = k;
          for (let i = k + 1; i < n; i++) if (Math.abs(u[at(i, k)]!) > Math.abs(u[at(largest, k)]!)) largest = i;
          if (largest !== k) {
            for (let j = 0; j < n; j++) {
              const value = u[at(k, j)]!;
              store(output, at(k, j), u[at(largest, j)]!);
              store(output, at(largest, j), value);
            }
            const [one, other] = [pivot + k * pivotStep, pivot + largest * pivotStep];
            [pivots.values[one], pivots.values[other]] = [pivots.values[other]!, pivots.values[one]!];
          }
          for (let i = k + 1; i < n; i++) {
            store(output, at(i, k), u[at(i, k)]! / u[at(k, k)]!);
            for (let j = k + 1; j < n; j++) store(output, at(i, j), fma(-u[at(i, k)]!, u[at(k, j)]!, u[at(i, j)]!));
          }
        }
      }
    },
  };
}
