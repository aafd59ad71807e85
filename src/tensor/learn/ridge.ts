import { checkNumber, optionsOf } from "../argument.ts";
import { normalEquations, solvePositive } from "./normal-equations.ts";
import { checkColumns, checkSamples, type Regression, type Regressor, shares } from "./regressor.ts";
import { scaled, scaleOf } from "./scale.ts";

export interface LinearRegression extends Regression {
  readonly weights: Float64Array;
  readonly intercept: number;
}

export interface RidgeRegressor extends Regressor {
  fit(...samples: Parameters<Regressor["fit"]>): LinearRegression;
}

/**
 * Linear least squares with a penalty on the squared weights of the columns, each scaled to deviation 1 (Hoerl and
 * Kennard, 1970): `|y - X w|^2 + penalty n |w|^2`; the intercept is free. `penalty` is above 0; 1e-3 unless given.
 */
export function ridge(options?: { penalty?: number }): RidgeRegressor {
  const { penalty = 1e-3 } = optionsOf("ridge", options, ["penalty"]);
  checkNumber("ridge", "penalty", penalty, Number.MIN_VALUE);
  return {
    name: "ridge",
    fit: (rows, targets) => {
      const columns = checkSamples("ridge", rows, targets);
      const scale = scaleOf(rows, columns);
      const middle = targets.reduce((sum, y) => sum + y, 0) / targets.length;
      const { gram, moment } = normalEquations(
        scaled(rows, scale),
        targets.map((y) => y - middle),
      );
      for (let j = 0; j < columns; j++)
        gram[j * columns + j] = (gram[j * columns + j] as number) + penalty * rows.length;
      const solution = solvePositive(gram, moment);
      const weights = solution.map((w, j) => w / (scale.deviation[j] as number));
      const intercept = weights.reduce((sum, w, j) => sum - w * (scale.mean[j] as number), middle);
      return linearRegression("ridge", weights, intercept, shares(solution.map(Math.abs)));
    },
  };
}

/** The regression with these weights. */
export function linearRegression(
  operation: string,
  weights: Float64Array,
  intercept: number,
  importance: Float64Array,
): LinearRegression {
  return {
    weights,
    intercept,
    importance,
    predict: (rows) => {
      checkColumns(operation, rows, weights.length);
      return Float64Array.from(rows, (row) => weights.reduce((sum, w, j) => sum + w * (row[j] as number), intercept));
    },
  };
}
