import type { Curve } from "./curve.ts";

/** Keys so near to a frame count as on it, since times in files are rounded: in frames, and in seconds. */
const FRAME_TOLERANCE = 0.02;
const SECONDS_TOLERANCE = 0.001;
/** Frames per second that are tried where no rate has all keys on frames. */
const RATES = [24, 25, 30, 48, 50, 60, 100, 120, 200, 240, 480, 1000];
const RATE_MAX = 1000;
/** How many frames are put where the coarsest rate has one. */
const MULTIPLES = [
  1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 192, 256, 384, 512,
];
/** Distinct times of keys that are looked at. */
const TIMES_MAX = 200_000;

/** Seconds that a key may be from a frame to count as on it. */
export function frameTolerance(rate: number): number {
  return Math.min(FRAME_TOLERANCE / rate, SECONDS_TOLERANCE);
}

/** Whether a time in seconds is that of a frame. */
export function onFrame(time: number, rate: number): boolean {
  return Math.abs(time - Math.round(time * rate) / rate) <= frameTolerance(rate);
}

/**
 * In how many intervals to try to cut the duration, in rising order: so that all keys lie on frames where that goes, else by the common rates.
 * None if even the first makes more than `framesMax` frames.
 * @param rate the only one to try, if given
 */
export function rateCandidates(
  curves: readonly Curve[],
  duration: number,
  framesMax: number,
  rate: number | undefined,
): number[] {
  if (duration === 0) return [0];
  const most = Math.min(framesMax - 1, Math.max(1, Math.ceil(duration * RATE_MAX)));
  const intervalsAt = (frequency: number) => Math.max(1, Math.ceil(duration * frequency - FRAME_TOLERANCE));
  if (rate !== undefined) return intervalsAt(rate) < framesMax ? [intervalsAt(rate)] : [];
  const base = coarsest(timesOf(curves), duration, most);
  const tried = base > 0 ? MULTIPLES.map((multiple) => base * multiple) : RATES.map(intervalsAt);
  return [...new Set(tried)].filter((intervals) => intervals <= most);
}

/** The fewest intervals of the same length whose ends have all `times` among them; 0 if more than `most`. */
function coarsest(times: Float64Array, duration: number, most: number): number {
  for (let intervals = 1; intervals <= most; intervals++) {
    const rate = intervals / duration;
    let fits = true;
    for (let i = 0; i < times.length && fits; i++) fits = onFrame(times[i]!, rate);
    if (fits) return intervals;
  }
  return 0;
}

/** The distinct times of keys, in a fixed order that makes most wrong rates fail at once: the closest pairs first. */
function timesOf(curves: readonly Curve[]): Float64Array {
  const times = new Set<number>();
  const seen = new Set<ArrayLike<number>>();
  for (const curve of curves) {
    if (seen.has(curve.times)) continue;
    seen.add(curve.times);
    for (let i = 0; i < curve.times.length && times.size < TIMES_MAX; i++) times.add(curve.times[i]!);
  }
  const rising = Float64Array.from(times).sort();
  const gaps = Array.from(rising, (time, i) => [i === 0 ? time : time - rising[i - 1]!, time] as const);
  return Float64Array.from(gaps.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, time]) => time));
}
