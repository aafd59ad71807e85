import { checkBoolean, optionsOf } from "../argument.ts";
import { normalEquations, solvePositive } from "./normal-equations.ts";
import { checkSamples, shares } from "./regressor.ts";
import { linearRegression, type RidgeRegressor } from "./ridge.ts";
import { scaleOf } from "./scale.ts";

/** Of the largest moment: gradients up to it count as zero. */
const TOLERANCE = 1e-10;

/**
 * Least squares with weights that are at least 0, for costs that only add up (Lawson and Hanson, 1974, chapter 23). There is
 * no intercept unless `intercept` is set: then it is a further weight, not negative either.
 */
export function nonNegative(options?: { intercept?: boolean }): RidgeRegressor {
  const { intercept = false } = optionsOf("nonNegative", options, ["intercept"]);
  checkBoolean("nonNegative", "intercept", intercept);
  return {
    name: "non-negative least squares",
    fit: (rows, targets) => {
      const columns = checkSamples("nonNegative", rows, targets);
      const wide = intercept ? rows.map((row) => [...row, 1]) : rows;
      const { deviation } = scaleOf(rows, columns);
      const all = solve(wide, targets);
      const weights = all.subarray(0, columns);
      return linearRegression(
        "nonNegative",
        weights,
        intercept ? (all[columns] as number) : 0,
        shares(weights.map((w, j) => w * (deviation[j] as number))),
      );
    },
  };
}

function solve(rows: readonly (readonly number[])[], targets: readonly number[]): Float64Array {
  const n = rows[0]?.length ?? 0;
  const { gram, moment } = normalEquations(rows, targets);
  const limit = TOLERANCE * moment.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const weights = new Float64Array(n);
  const free: number[] = [];
  const barred = new Set<number>();
  for (let pass = 0; pass < 3 * n + 10; pass++) {
    const next = steepest(gram, moment, weights, free, barred, limit);
    if (next < 0) break;
    free.push(next);
    if (!settle(gram, moment, weights, free)) {
      // It follows from the columns that are free already.
      free.splice(free.indexOf(next), 1);
      barred.add(next);
    } else if (!free.includes(next)) barred.add(next);
    else barred.clear();
  }
  return weights;
}

/** The column at zero along which the error falls fastest; -1 if it falls along none. */
function steepest(
  gram: Float64Array,
  moment: Float64Array,
  weights: Float64Array,
  free: readonly number[],
  barred: ReadonlySet<number>,
  limit: number,
): number {
  const n = moment.length;
  let best = -1;
  let most = limit;
  for (let j = 0; j < n; j++) {
    if (free.includes(j) || barred.has(j)) continue;
    let slope = moment[j] as number;
    for (const k of free) slope -= (gram[j * n + k] as number) * (weights[k] as number);
    if (slope > most) [best, most] = [j, slope];
  }
  return best;
}

/** Moves the free weights to their best values, those that would become negative back to zero. Whether that had a solution. */
function settle(gram: Float64Array, moment: Float64Array, weights: Float64Array, free: number[]): boolean {
  const n = moment.length;
  for (;;) {
    const size = free.length;
    const part = new Float64Array(size * size);
    for (const [a, i] of free.entries())
      for (const [b, j] of free.entries()) part[a * size + b] = gram[i * n + j] as number;
    let best: Float64Array;
    try {
      best = solvePositive(
        part,
        Float64Array.from(free, (j) => moment[j] as number),
      );
    } catch {
      return false;
    }
    if (best.every((w) => w > 0)) {
      for (const [a, j] of free.entries()) weights[j] = best[a] as number;
      return true;
    }
    let step = 1;
    for (const [a, j] of free.entries()) {
      const now = weights[j] as number;
      if ((best[a] as number) <= 0) step = Math.min(step, now === 0 ? 0 : now / (now - (best[a] as number)));
    }
    for (const [a, j] of free.entries()) {
      const moved = (weights[j] as number) + step * ((best[a] as number) - (weights[j] as number));
      weights[j] = (best[a] as number) <= 0 && moved <= 1e-12 * Math.abs(best[a] as number) ? 0 : Math.max(0, moved);
    }
    const staying = free.filter((j, a) => (weights[j] as number) > 0 || (best[a] as number) > 0);
    if (staying.length === free.length) staying.pop();
    for (const j of free) if (!staying.includes(j)) weights[j] = 0;
    free.splice(0, free.length, ...staying);
    if (free.length === 0) return true;
  }
}
