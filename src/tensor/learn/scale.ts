import type { Rows } from "./regressor.ts";

/** Mean and standard deviation of each column; the deviation of a constant one counts as 1. */
export interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export function scaleOf(rows: Rows, columns: number): Scale {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (const row of rows) sum += row[j] as number;
    const middle = sum / rows.length;
    let squares = 0;
    for (const row of rows) squares += ((row[j] as number) - middle) * ((row[j] as number) - middle);
    mean[j] = middle;
    deviation[j] = Math.sqrt(squares / rows.length) || 1;
  }
  return { mean, deviation };
}

/** Rows with mean 0 and deviation 1 in each column. */
export function scaled(rows: Rows, { mean, deviation }: Scale): number[][] {
  return rows.map((row) => row.map((value, j) => (value - (mean[j] as number)) / (deviation[j] as number)));
}
