import { WorldloomError } from "../../core/errors.ts";
import { checkList, wrong } from "../argument.ts";

/** Samples: a row of numbers for each, all of one length. */
export type Rows = readonly (readonly number[])[];

/** A way to learn a number from rows of numbers. */
export interface Regressor {
  readonly name: string;
  /** Learns from samples with known results. Throws `tensor-shape`, `tensor-value`. */
  fit(rows: Rows, targets: readonly number[]): Regression;
}

/** What was learned. */
export interface Regression {
  /** A number for each row. Throws `tensor-shape` for rows of another length. */
  predict(rows: Rows): Float64Array;
  /** How much each column matters, from 0 on, summing up to 1 (all 0 where nothing was learned). */
  readonly importance: Float64Array;
}

/** Throws unless there is a target for each row, rows have one length, at least 1, and all numbers are finite. */
export function checkSamples(operation: string, rows: Rows, targets: readonly number[]): number {
  checkRows(operation, rows);
  if (!ArrayBuffer.isView(targets)) checkList(operation, "targets", targets);
  const columns = rows[0]?.length ?? 0;
  if (rows.length === 0 || columns === 0 || rows.some((row) => row.length !== columns))
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: rows need one length, at least 1, and there must be some.`,
      { rows: rows.length, columns },
    );
  if (targets.length !== rows.length)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${rows.length} rows have ${targets.length} targets; give one for each.`,
      { rows: rows.length, targets: targets.length },
    );
  const row = rows.findIndex((one) => !one.every(Number.isFinite));
  const target = targets.findIndex((one) => !Number.isFinite(one));
  if (row >= 0 || target >= 0)
    throw new WorldloomError(
      "tensor-value",
      `${operation}: sample ${row >= 0 ? row : target} holds a number that is not finite; leave it out.`,
      { sample: row >= 0 ? row : target },
    );
  return columns;
}

/** Throws unless rows are as long as those that were learned from. */
export function checkColumns(operation: string, rows: Rows, columns: number): void {
  checkRows(operation, rows);
  const at = rows.findIndex((row) => row.length !== columns);
  if (at >= 0)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: row ${at} has ${rows[at]?.length} numbers, it was fitted with ${columns}.`,
      { row: at, columns },
    );
  const odd = rows.findIndex((row) => !row.every((one) => typeof one === "number"));
  if (odd >= 0) throw wrong(operation, `row ${odd}`, rows[odd], "a list of numbers only");
}

function checkRows(operation: string, rows: Rows): void {
  checkList(operation, "rows", rows);
  for (let i = 0; i < rows.length; i++) if (!ArrayBuffer.isView(rows[i])) checkList(operation, `row ${i}`, rows[i]);
}

/** The same parts of a whole. */
export function shares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total === 0 ? weights : weights.map((weight) => weight / total);
}
