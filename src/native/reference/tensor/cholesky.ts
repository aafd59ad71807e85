import { fusedOf, readMatrix } from "./matrix.ts";
import type { Instruction, Reader } from "./reader.ts";
import { store } from "./view.ts";
import { Walk } from "./walk.ts";

/**
 * The lower factor, column by column: for column j and each row i from j on, `sum` is the element of the input, then for
 * k = 0, 1, ... j - 1 `sum = fma(-l[i][k], l[j][k], sum)`; `l[j][j] = sqrt(sum)`, NaN unless the sum is above 0, and below
 * it `l[i][j] = sum / l[j][j]`. The part above the diagonal is 0. Of the input only the other part is read.
 */
export function readCholesky(reader: Reader): Instruction {
  const input = readMatrix(reader, reader.float());
  const output = reader.output(input.dtype);
  reader.same(input.tokens, output.tokens);
  const fma = fusedOf(input.dtype);

  return {
    operands: [input, output],
    run() {
      const n = input.extents.at(-1)!;
      const [inRow, inColumn] = input.strides.slice(-2) as [number, number];
      const [row, column] = output.strides.slice(-2) as [number, number];
      const extents = input.extents.slice(0, -2);
      const walk = new Walk(extents, [input.at, output.at], [input.strides, output.strides]);
      for (; walk.inside; walk.next()) {
        const [from, to] = walk.at as [number, number];
        const l = (i: number, j: number): number => output.values[to + i * row + j * column]!;
        for (let j = 0; j < n; j++) {
          for (let i = j; i < n; i++) {
            let sum = input.values[from + i * inRow + j * inColumn]!;
            for (let k = 0; k < j; k++) sum = fma(-l(i, k), l(j, k), sum);
            const value = i > j ? sum / l(j, j) : sum > 0 ? Math.sqrt(sum) : NaN;
            store(output, to + i * row + j * column, value);
          }
        }
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) store(output, to + i * row + j * column, 0);
      }
    },
  };
}
