/**
 * Computes the coefficients of `gelu` of f32 that `native/core/src/tensor/math/gelu32.rs` and
 * `src/native/reference/tensor/math32-gelu.ts` hold, and prints them as they stand there. What they are is said in the former.
 *
 * `node scripts/gelu-table.ts [--help]`
 */
import { pathToFileURL } from "node:url";

/** A row for each interval of sizes: a centre, then c[0] to c[6]. */
export function geluRows(): number[][] {
  return Array.from({ length: 32 }, (_, k) => {
    const [low, high] = [edge(k - 0.5), edge(k + 0.5)];
    const centre = k <= 1 ? 0 : centreOf(low, high);
    const series = seriesAt(fixed(centre), 40);
    const start = k <= 1 ? [0, 0.5] : [rounded(series[0]!), rounded(series[1]!)];
    const [from, to] = [fixed(Math.max(0, low - MARGIN)), fixed(high + MARGIN)];
    const points = chebyshev(from, to).map((x): Point => {
      const r = x - fixed(centre);
      return { at: r, value: evaluated(series.slice(2), r), weight: div(mul(r, r), mul(x, tail(x))) };
    });
    return [centre, ...start, ...levelled(points, 5)];
  });
}

/** Coefficients of the far tail, by powers of 1 / x^2 for x from 6 to 15. */
export function geluTail(): number[] {
  const points = chebyshev(div(ONE, fixed(225)), div(ONE, fixed(36))).map((z): Point => {
    const x = div(ONE, root(z));
    const value = div(mul(x, tail(x)), exponential(-mul(x, x) >> 1n));
    return { at: z, value, weight: div(ONE, value) };
  });
  return levelled(points, 5);
}

// The row for a size s is s (WIDEST + s NARROWING), rounded.
const [WIDEST, NARROWING] = [Math.fround(3.5), Math.fround(0.275)];
/** Rounding may give a size just outside an interval its row. */
const MARGIN = 1e-6;
const POINTS = 24;

/** The size whose row is k before it is rounded. */
function edge(k: number): number {
  return k <= 0 ? 0 : (-WIDEST + Math.sqrt(WIDEST * WIDEST + 4 * NARROWING * k)) / (2 * NARROWING);
}

/** Where value and slope are nearly f32: within 2^-6 and 2^-4 of half an ulp, the first found from the middle on. */
function centreOf(low: number, high: number): number {
  const middle = Math.fround((low + high) / 2);
  const series = seriesAt(fixed(middle), 6);
  const slopes = series.slice(1).map((coefficient, i) => coefficient * BigInt(i + 1));
  for (let distance = 0; distance < 4000; distance++) {
    for (const steps of [37 * distance, -37 * distance]) {
      const centre = neighbour(middle, steps);
      const r = fixed(centre) - fixed(middle);
      if (Math.max(missed(evaluated(series, r)), missed(evaluated(slopes, r)) / 4) < 2 ** -6) return centre;
    }
  }
  throw new Error(`There is no centre between ${low} and ${high}.`);
}

/** How far a number is from an f32, in shares of it of 2^-24. */
function missed(value: bigint): number {
  const nearest = rounded(value);
  const distance = value - fixed(nearest);
  return number(distance < 0n ? -distance : distance) / (Math.abs(nearest) * 2 ** -24);
}

/** The f32 so many places further on. */
function neighbour(value: number, steps: number): number {
  const words = new Uint32Array([0]);
  const floats = new Float32Array(words.buffer);
  floats[0] = value;
  words[0]! += steps;
  return floats[0]!;
}

interface Point {
  readonly at: bigint;
  readonly value: bigint;
  /** What errors there are multiplied by. */
  readonly weight: bigint;
}

/** Coefficients in f32, each rounded before the next are fitted, of which the largest weighted error is small. */
function levelled(points: readonly Point[], count: number): number[] {
  const found: number[] = [];
  while (found.length < count) {
    const rest = points.map(({ at, value }) => value - evaluated(found.map(fixed), at));
    const powers = points.map(({ at }) => power(at, found.length));
    let levels = points.map(() => ONE);
    let fitted: bigint[] = [];
    for (let round = 0; round < (found.length === 0 ? 6 : 3); round++) {
      fitted = leastSquares(points, powers, rest, levels, count - found.length);
      const errors = points.map(({ at, weight }, i) => {
        const error = mul(weight, rest[i]! - mul(powers[i]!, evaluated(fitted, at)));
        return error < 0n ? -error : error;
      });
      const largest = errors.reduce((most, error) => (error > most ? error : most));
      levels = levels.map((level, i) => mul(level, div(errors[i]!, largest) + ONE / 20n));
    }
    found.push(rounded(fitted[0]!));
  }
  return found;
}

/** The polynomial that, multiplied by `powers`, is nearest to `rest`. */
function leastSquares(
  points: readonly Point[],
  powers: readonly bigint[],
  rest: readonly bigint[],
  levels: readonly bigint[],
  count: number,
): bigint[] {
  const rows = Array.from({ length: count }, () => new Array<bigint>(count + 1).fill(0n));
  for (const [p, { at, weight }] of points.entries()) {
    const share = mul(mul(weight, weight), levels[p]!);
    const terms = Array.from({ length: count }, (_, i) => mul(powers[p]!, power(at, i)));
    for (let i = 0; i < count; i++) {
      const own = mul(share, terms[i]!);
      for (let j = 0; j < count; j++) rows[i]![j]! += mul(own, terms[j]!);
      rows[i]![count]! += mul(own, rest[p]!);
    }
  }
  return solved(rows);
}

/** Gauss's elimination, of a matrix that needs no exchange of rows, with the right side as its last column. */
function solved(rows: bigint[][]): bigint[] {
  const count = rows.length;
  for (let i = 0; i < count; i++) {
    for (let below = i + 1; below < count; below++) {
      const factor = div(rows[below]![i]!, rows[i]![i]!);
      for (let j = i; j <= count; j++) rows[below]![j]! -= mul(factor, rows[i]![j]!);
    }
  }
  const found = new Array<bigint>(count).fill(0n);
  for (let i = count - 1; i >= 0; i--) {
    let right = rows[i]![count]!;
    for (let j = i + 1; j < count; j++) right -= mul(rows[i]![j]!, found[j]!);
    found[i] = div(right, rows[i]![i]!);
  }
  return found;
}

/** Taylor's series, up to the power `count`, of s times the probability below -s. */
function seriesAt(centre: bigint, count: number): bigint[] {
  // The density's derivative is -s times the density; the probability's is minus the density.
  const density = [normal(centre)];
  for (let k = 0; k < count; k++) density.push(-(mul(centre, density[k]!) + (density[k - 1] ?? 0n)) / BigInt(k + 1));
  const below = [tail(centre), ...density.slice(0, count).map((term, k) => -term / BigInt(k + 1))];
  return below.map((term, k) => mul(centre, term) + (below[k - 1] ?? 0n));
}

/** The probability that a normal variate is below -x: a half less the density times x + x^3 / 3 + x^5 / 15 + ... */
function tail(x: bigint): bigint {
  let [sum, term] = [0n, x];
  for (let k = 3n; term > 0n; k += 2n) {
    sum += term;
    term = mul(mul(term, x), x) / k;
  }
  return ONE / 2n - mul(normal(x), sum);
}

function normal(x: bigint): bigint {
  return div(exponential(-mul(x, x) >> 1n), root(2n * pi()));
}

// Numbers are multiples of 2^-512.
const BITS = 512n;
const ONE = 1n << BITS;

function fixed(x: number): bigint {
  return BigInt(x * 2 ** 100) << (BITS - 100n);
}

function number(x: bigint): number {
  return Number(x) * 2 ** -512;
}

function rounded(x: bigint): number {
  return Math.fround(number(x));
}

function mul(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

function div(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

function power(x: bigint, exponent: number): bigint {
  let result = ONE;
  for (let i = 0; i < exponent; i++) result = mul(result, x);
  return result;
}

function evaluated(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => mul(sum, x) + coefficient, 0n);
}

/** By Newton's method. */
function root(x: bigint): bigint {
  const square = x << BITS;
  let guess = 1n << BigInt((square.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (guess + square / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/** By halves of x until it is small, and as many squares. */
function exponential(x: bigint): bigint {
  const halves = 12n;
  let [sum, term] = [0n, ONE];
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    sum += term;
    term = mul(term, x >> halves) / k;
  }
  for (let i = 0n; i < halves; i++) sum = mul(sum, sum);
  return sum;
}

let knownPi: bigint | undefined;

/** By Machin's formula: 16 arctan(1/5) - 4 arctan(1/239). */
function pi(): bigint {
  const arctan = (n: bigint) => {
    let [sum, term] = [0n, ONE / n];
    for (let k = 1n; term !== 0n; k += 2n) {
      sum += k % 4n === 1n ? term / k : -term / k;
      term /= n * n;
    }
    return sum;
  };
  return (knownPi ??= 16n * arctan(5n) - 4n * arctan(239n));
}

function cosine(x: bigint): bigint {
  let [sum, term] = [0n, ONE];
  for (let k = 1n; term !== 0n && term !== -1n; k += 2n) {
    sum += term;
    term = -mul(mul(term, x), x) / (k * (k + 1n));
  }
  return sum;
}

/** Where errors are looked at between two places. */
function chebyshev(low: bigint, high: bigint): bigint[] {
  return Array.from({ length: POINTS }, (_, i) => {
    const angle = (pi() * BigInt(2 * i + 1)) / BigInt(2 * POINTS);
    return ((low + high) >> 1n) + mul((high - low) >> 1n, cosine(angle));
  });
}

/** As few digits as tell an f32 from others. */
function shortest(value: number): number {
  let digits = 1;
  while (Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return Number(value.toPrecision(digits));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  if (process.argv.length > 2) {
    console.log("node scripts/gelu-table.ts: prints the coefficients of gelu of f32: the rows, then the far tail.");
    process.exitCode = process.argv[2] === "--help" ? 0 : 2;
  } else {
    for (const row of [...geluRows(), geluTail()]) console.log(`[${row.map(shortest).join(", ")}]`);
  }
}
