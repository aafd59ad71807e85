import { WorldloomError } from "../../core/errors.ts";
import { randomBelow } from "../../core/prng.ts";
import { checkInteger, checkMethods, checkNumber, optionsOf } from "../argument.ts";
import { checkSamples, type Regression, type Regressor, type Rows } from "./regressor.ts";
import { determination, meanAbsolutePercentageError, rankCorrelation, rootMeanSquaredError } from "./score.ts";

export interface CrossValidationOptions {
  /** Parts; 5 unless given. Each is predicted by what the others taught. */
  readonly folds?: number;
  /** Of the order in which samples go to parts. */
  readonly seed?: number;
}

export interface CrossValidation {
  /** Of each sample, by a regression that did not see it. */
  readonly predicted: Float64Array;
  readonly rootMeanSquaredError: number;
  readonly determination: number;
  readonly rankCorrelation: number;
  /** NaN where a target is 0. */
  readonly meanAbsolutePercentageError: number;
}

/** How well a regressor predicts what it has not seen. Throws `bad-argument` unless there are 2 to all samples folds. */
export function crossValidate(
  regressor: Regressor,
  rows: Rows,
  targets: readonly number[],
  options?: CrossValidationOptions,
): CrossValidation {
  const parts = foldsOf(
    "crossValidate",
    regressor,
    rows,
    targets,
    optionsOf("crossValidate", options, ["folds", "seed"]),
  );
  const predicted = new Float64Array(rows.length);
  for (const { outside, inside } of parts) {
    const regression = regressor.fit(
      inside.map((i) => rows[i] as readonly number[]),
      inside.map((i) => targets[i] as number),
    );
    checkMethods("crossValidate", "what the regressor's fit() gives", regression, ["predict"]);
    const values = regression.predict(outside.map((i) => rows[i] as readonly number[]));
    for (const [k, i] of outside.entries()) predicted[i] = values[k] as number;
  }
  return {
    predicted,
    rootMeanSquaredError: rootMeanSquaredError(predicted, targets),
    determination: determination(predicted, targets),
    rankCorrelation: rankCorrelation(predicted, targets),
    meanAbsolutePercentageError: targets.includes(0) ? Number.NaN : meanAbsolutePercentageError(predicted, targets),
  };
}

export interface Interval {
  readonly low: number;
  readonly predicted: number;
  readonly high: number;
}

export interface IntervalRegression extends Regression {
  /** For each row a range that holds its target with probability `coverage` or more, if samples are alike. */
  intervals(rows: Rows): Interval[];
}

/**
 * A regression with prediction intervals by cross-conformal residuals (CV+ of Barber and others, 2021): for each sample what
 * a fold without it predicts for the row, less and plus the sample's own error there; low and high are quantiles of these.
 */
export function withIntervals(
  regressor: Regressor,
  rows: Rows,
  targets: readonly number[],
  given?: CrossValidationOptions & { readonly coverage?: number },
): IntervalRegression {
  const { coverage = 0.9, ...options } = optionsOf("withIntervals", given, ["coverage", "folds", "seed"]);
  checkNumber("withIntervals", "coverage", coverage);
  if (!(coverage > 0 && coverage < 1))
    throw new WorldloomError("bad-argument", `withIntervals: coverage ${coverage} must be between 0 and 1.`, {
      coverage,
    });
  const parts = foldsOf("withIntervals", regressor, rows, targets, options).map(({ outside, inside }) => {
    const regression = regressor.fit(
      inside.map((i) => rows[i] as readonly number[]),
      inside.map((i) => targets[i] as number),
    );
    checkMethods("withIntervals", "what the regressor's fit() gives", regression, ["predict"]);
    const values = regression.predict(outside.map((i) => rows[i] as readonly number[]));
    return { regression, errors: outside.map((i, k) => Math.abs((targets[i] as number) - (values[k] as number))) };
  });
  const whole = regressor.fit(rows, targets);
  const count = rows.length;
  const rank = Math.min(count - 1, Math.ceil(coverage * (count + 1)) - 1);
  return {
    importance: whole.importance,
    predict: (others) => whole.predict(others),
    intervals: (others) => {
      const predicted = whole.predict(others);
      const each = parts.map(({ regression }) => regression.predict(others));
      return others.map((_, i) => {
        const low = new Float64Array(count);
        const high = new Float64Array(count);
        let next = 0;
        for (const [f, { errors }] of parts.entries()) {
          const value = each[f]?.[i] as number;
          for (const error of errors) {
            low[next] = value - error;
            high[next++] = value + error;
          }
        }
        low.sort();
        high.sort();
        return { low: low[count - 1 - rank] as number, predicted: predicted[i] as number, high: high[rank] as number };
      });
    },
  };
}

/** Samples in random order, cut into parts whose sizes differ by one at most. */
function foldsOf(
  operation: string,
  regressor: Regressor,
  rows: Rows,
  targets: readonly number[],
  { folds = 5, seed = 0 }: CrossValidationOptions,
): { outside: number[]; inside: number[] }[] {
  checkMethods(operation, "the regressor", regressor, ["fit"]);
  checkSamples(operation, rows, targets);
  checkNumber(operation, "folds", folds);
  checkInteger(operation, "seed", seed, 0);
  const count = rows.length;
  if (!Number.isInteger(folds) || folds < 2 || folds > count)
    throw new WorldloomError("bad-argument", `${operation}: ${folds} folds of ${count} samples; use 2 to ${count}.`, {
      folds,
      samples: count,
    });
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = randomBelow(i + 1, seed, 0, 0, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return Array.from({ length: folds }, (_, f) => ({
    outside: order.filter((_, k) => k % folds === f),
    inside: order.filter((_, k) => k % folds !== f),
  }));
}
