import { fusedOf, readMatrix } from "./matrix.ts";
import type { Instruction, Reader } from "./reader.ts";
import { store } from "./view.ts";
import { Walk } from "./walk.ts";

/**
 * Substitution for each column of the right side: rows i from the first to the last (upper: from the last to the first),
 * `sum` the element of the right side, then for each k < i (upper: k > i) in ascending order
 * `sum = fma(-a[i][k], x[k], sum)`; `x[i] = sum / a[i][i]`, or the sum itself where the diagonal is taken as ones. The
 * other part of the matrix is not read.
 */
export function readTriangular(reader: Reader): Instruction {
  const flags = reader.below(4);
  const [upper, unit] = [(flags & 1) !== 0, (flags & 2) !== 0];
  const matrix = readMatrix(reader, reader.float());
  const right = reader.operand(matrix.dtype);
  const result = reader.output(matrix.dtype);
  reader.same(right.tokens, result.tokens);
  reader.check(right.rank === matrix.rank);
  reader.same(right.tokens.slice(0, -1), matrix.tokens.slice(0, -1));
  const fma = fusedOf(matrix.dtype);

  return {
    operands: [matrix, right, result],
    run() {
      const [n, columns] = right.extents.slice(-2) as [number, number];
      const [aRow, aColumn] = matrix.strides.slice(-2) as [number, number];
      const [rightRow, rightColumn] = right.strides.slice(-2) as [number, number];
      const [row, column] = result.strides.slice(-2) as [number, number];
      const views = [matrix, right, result];
      const walk = new Walk(
        matrix.extents.slice(0, -2),
        views.map(({ at }) => at),
        views.map(({ strides }) => strides),
      );
      for (; walk.inside; walk.next()) {
        const [a, from, to] = walk.at as [number, number, number];
        for (let c = 0; c < columns; c++) {
          for (let step = 0; step < n; step++) {
            const i = upper ? n - 1 - step : step;
            let sum = right.values[from + i * rightRow + c * rightColumn]!;
            for (let k = upper ? i + 1 : 0; k < (upper ? n : i); k++)
              sum = fma(-matrix.values[a + i * aRow + k * aColumn]!, result.values[to + k * row + c * column]!, sum);
            const value = unit ? sum : sum / matrix.values[a + i * aRow + i * aColumn]!;
            store(result, to + i * row + c * column, value);
          }
        }
      }
    },
  };
}
