import { WorldloomError } from "../../core/errors.ts";
import { wrong } from "../argument.ts";

type Numbers = ArrayLike<number>;

/** Mean of the absolute errors, each over its target, which must not be 0: 0.1 is off by a tenth. */
export function meanAbsolutePercentageError(predicted: Numbers, targets: Numbers): number {
  return meanOf("meanAbsolutePercentageError", predicted, targets, (p, y) => {
    if (y === 0)
      throw new WorldloomError(
        "tensor-value",
        "meanAbsolutePercentageError: a target is 0; leave such samples out.",
        {},
      );
    return Math.abs((p - y) / y);
  });
}

/** Root of the mean of the squared errors. */
export function rootMeanSquaredError(predicted: Numbers, targets: Numbers): number {
  return Math.sqrt(meanOf("rootMeanSquaredError", predicted, targets, (p, y) => (p - y) * (p - y)));
}

/** 1 less the squared errors over those of the mean: 1 is exact, 0 as good as the mean, negative worse. NaN where all targets are equal. */
export function determination(predicted: Numbers, targets: Numbers): number {
  const middle = meanOf("determination", targets, targets, (y) => y);
  const left = meanOf("determination", predicted, targets, (p, y) => (p - y) * (p - y));
  return 1 - left / meanOf("determination", targets, targets, (y) => (y - middle) * (y - middle));
}

/** Spearman's rank correlation, -1 to 1; equal numbers share the mean of their ranks. NaN where one side is all equal. */
export function rankCorrelation(a: Numbers, b: Numbers): number {
  const [x, y] = [ranks(a), ranks(b)];
  const [mx, my] = [x, y].map((list) => meanOf("rankCorrelation", list, list, (one) => one)) as [number, number];
  const product = meanOf("rankCorrelation", x, y, (p, q) => (p - mx) * (q - my));
  const spread = (list: Numbers, middle: number): number =>
    meanOf("rankCorrelation", list, list, (one) => (one - middle) * (one - middle));
  return product / Math.sqrt(spread(x, mx) * spread(y, my));
}

function ranks(values: Numbers): Float64Array {
  checkNumbers("rankCorrelation", values);
  const order = Array.from({ length: values.length }, (_, i) => i).sort(
    (i, j) => (values[i] as number) - (values[j] as number) || i - j,
  );
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] as number] === values[order[from] as number]) to++;
    for (let k = from; k < to; k++) out[order[k] as number] = (from + to - 1) / 2;
    from = to;
  }
  return out;
}

function checkNumbers(operation: string, values: Numbers): void {
  const isList = Array.isArray(values) && values.every((value) => typeof value === "number");
  if (!isList && !ArrayBuffer.isView(values)) throw wrong(operation, "each side", values, "a list of numbers");
}

function meanOf(operation: string, a: Numbers, b: Numbers, of: (a: number, b: number) => number): number {
  for (const one of [a, b]) checkNumbers(operation, one);
  if (a.length !== b.length || a.length === 0)
    throw new WorldloomError(
      "tensor-shape",
      `${operation}: ${a.length} numbers beside ${b.length}; both need the same number, at least 1.`,
      { a: a.length, b: b.length },
    );
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += of(a[i] as number, b[i] as number);
  return sum / a.length;
}
