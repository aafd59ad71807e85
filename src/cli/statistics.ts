/** Figures of a sample; all 0 for an empty one. */
export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly total: number;
}

export function summarise(values: ArrayLike<number>): Summary {
  const sorted = Float64Array.from(values).sort();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  return {
    count: sorted.length,
    mean: sorted.length === 0 ? 0 : total / sorted.length,
    min: sorted[0] ?? 0,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) ?? 0,
    total,
  };
}

export interface Histogram {
  /** Lower end of the first bin. */
  readonly from: number;
  /** Width of a bin, above 0. */
  readonly step: number;
  readonly counts: readonly number[];
  /** Values at or above the end of the last bin; they are in no bin. */
  readonly above: number;
}

/** Counts in about `bins` bins of a round width, from just below `start` to just above `end`; lower values count in the first. */
export function histogram(values: ArrayLike<number>, bins: number, start: number, end: number): Histogram {
  const step = roundStep((end > start ? end - start : 1) / bins);
  const from = Math.floor(start / step) * step;
  const counts = new Array<number>(Math.max(1, Math.ceil((end - from) / step))).fill(0);
  let above = 0;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.max(0, Math.floor((values[i]! - from) / step));
    if (bin < counts.length) counts[bin]!++;
    else above++;
  }
  return { from, step, counts, above };
}

/** The least of 1, 2, 5 times a power of ten that is at least `size`; 1 for sizes that are not above 0 or not finite. */
export function roundStep(size: number): number {
  if (!(size > 0 && size < Number.MAX_VALUE)) return 1;
  let unit = 1;
  while (unit < size) unit *= 10;
  while (unit / 10 >= size) unit /= 10;
  if (unit / 5 >= size) return unit / 5;
  return unit / 2 >= size ? unit / 2 : unit;
}

/**
 * The smallest value that at least `percent` of 100 values do not exceed (nearest rank, no interpolation), so that
 * it is one of them. `sorted` ascends. 0 if it is empty.
 */
function percentile(sorted: ArrayLike<number>, percent: number): number {
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.max(0, rank - 1)] ?? 0;
}
