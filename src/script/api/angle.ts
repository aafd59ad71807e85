/**
 * Sine and cosine in f64 of operations that give the same bits everywhere. Angles in radians, up to 2^20 in size; errors
 * below 1e-15.
 */

/** Pi / 2 in two parts: the first has 33 bits, so its products with integers up to 2^20 are exact. */
const QUARTER_HIGH = 1.5707963267341256;
const QUARTER_LOW = 6.077100506506192e-11;
export const ANGLE_MAX = 1_048_576;

export function sine(angle: number): number {
  const quarter = Math.round(angle / (Math.PI / 2));
  return ofQuarter(angle - quarter * QUARTER_HIGH - quarter * QUARTER_LOW, quarter);
}

export function cosine(angle: number): number {
  const quarter = Math.round(angle / (Math.PI / 2));
  return ofQuarter(angle - quarter * QUARTER_HIGH - quarter * QUARTER_LOW, quarter + 1);
}

/** Sine of `rest` and so many quarters of a turn. */
function ofQuarter(rest: number, quarter: number): number {
  const value = (quarter & 1) === 0 ? sineSeries(rest) : cosineSeries(rest);
  return (quarter & 2) === 0 ? value : -value;
}

/** Taylor series to x^17: |x| is at most pi / 4. */
function sineSeries(x: number): number {
  const y = x * x;
  let sum = 1;
  for (let n = 16; n > 1; n -= 2) sum = 1 - (y * sum) / (n * (n + 1));
  return x * sum;
}

/** Taylor series to x^18. */
function cosineSeries(x: number): number {
  const y = x * x;
  let sum = 1;
  for (let n = 18; n > 0; n -= 2) sum = 1 - (y * sum) / (n * (n - 1));
  return sum;
}
