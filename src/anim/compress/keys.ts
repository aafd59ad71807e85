import { BASE_SHIFT_MAX, COMPONENT_BITS_MAX, KEY_BITS_MAX, LEAD_SHIFT } from "../../native/anim/compressed-format.ts";

/** How the values of a track are to be stored. */
export interface KeyOptions {
  /** Numbers that a key stores. */
  readonly components: number;
  /** Whether a fourth makes them a unit quaternion. */
  readonly isRotation: boolean;
  /** What a whole number stands for: an f32. */
  readonly step: number;
  /** How far values between keys may lie from what they were. */
  readonly tolerance: number;
  /** Whether values hold until the next key. */
  readonly holds: boolean;
}

/** The keys of a track in a segment. */
export interface SegmentKeys {
  /** Numbers of a key. */
  readonly components: number;
  /** Log2 of the frames between keys. */
  readonly spacing: number;
  /** How early the first key is: frames, or sixteenths of the way to the next where that is more than 16. */
  readonly lead: number;
  /** Whole numbers, key after key. */
  readonly numbers: Float64Array;
  /** Per component: what the stored bits count from, in units of 2^baseShift, and how many bits. */
  readonly bases: Int32Array;
  readonly bits: Int32Array;
  readonly baseShift: number;
}

/** f64 of a value in curves: rotations have four. */
const WIDTH = 4;
const BASE_MAX = 32_767;

/**
 * Keys for the frames of `values` (4 f64 each; as many count as `components` says, or four for rotations) from the first to
 * the one `last` behind it, as far apart as the tolerance lets them be. `curve` becomes what they give at each
 * of these frames. `undefined` where the numbers need more bits than there are.
 */
export function keysOf(
  values: Float64Array,
  last: number,
  options: KeyOptions,
  curve: Float64Array,
): SegmentKeys | undefined {
  for (let spacing = last <= 1 ? 0 : 32 - Math.clz32(last - 1); ; spacing--) {
    const apart = 1 << spacing;
    for (let lead = 0; lead < Math.min(apart, 1 << LEAD_SHIFT); lead++) {
      const frames = lead << Math.max(0, spacing - LEAD_SHIFT);
      const numbers = new Float64Array((Math.ceil((last + frames) / apart) + 1) * options.components);
      if (spaced(values, options, last, apart, frames, numbers, curve))
        return packed(numbers, options.components, spacing, lead);
    }
  }
}

const from = new Float64Array(WIDTH);
const to = new Float64Array(WIDTH);

/** Whether keys so far apart, the first of them `lead` frames early, hold the tolerance: then `numbers` and `curve` have them. */
function spaced(
  values: Float64Array,
  options: KeyOptions,
  last: number,
  apart: number,
  lead: number,
  numbers: Float64Array,
  curve: Float64Array,
): boolean {
  const { components, isRotation, tolerance, holds } = options;
  const width = isRotation ? WIDTH : components;
  const soon = Math.min(apart - lead, last);
  for (let c = 0; c < components; c++) {
    const rise = lead === 0 || holds ? 0 : (values[soon * WIDTH + c]! - values[c]!) / soon;
    from[c] = values[c]! - rise * lead;
  }
  round(options, numbers, 0, from);
  if (lead === 0) curve.set(from);
  for (let at = -lead, k = components; at < last; at += apart, k += components) {
    const end = Math.min(at + apart, last);
    // The last key may lie behind the last frame, on the line through that one.
    const reach = holds ? 1 : apart / (end - at);
    for (let c = 0; c < components; c++) to[c] = from[c]! + (values[end * WIDTH + c]! - from[c]!) * reach;
    round(options, numbers, k, to);
    for (let frame = Math.max(0, at + 1); frame <= end; frame++) {
      const share = frame === at + apart ? 1 : holds ? 0 : (frame - at) / apart;
      const place = frame * WIDTH;
      let off = 0;
      for (let c = 0; c < width; c++) {
        const value = from[c]! + (to[c]! - from[c]!) * share;
        const difference = value - values[place + c]!;
        off += difference * difference;
        curve[place + c] = value;
      }
      if (share < 1 && off > tolerance * tolerance) return false;
    }
    from.set(to);
  }
  return true;
}

/** Makes a value what its key says: the key's whole numbers at `at` in `numbers`. */
function round(
  { components, isRotation, step }: KeyOptions,
  numbers: Float64Array,
  at: number,
  value: Float64Array,
): void {
  let rest = 1;
  for (let c = 0; c < components; c++) {
    const number = Math.round(value[c]! / step);
    numbers[at + c] = number;
    value[c] = number * step;
    rest -= value[c]! * value[c]!;
  }
  if (isRotation && components < WIDTH) value[WIDTH - 1] = rest > 0 ? Math.sqrt(rest) : 0;
}

function packed(numbers: Float64Array, components: number, spacing: number, lead: number): SegmentKeys | undefined {
  const low = new Float64Array(components).fill(Infinity);
  const high = new Float64Array(components).fill(-Infinity);
  numbers.forEach((number, i) => {
    low[i % components] = Math.min(low[i % components]!, number);
    high[i % components] = Math.max(high[i % components]!, number);
  });
  let baseShift = 0;
  while (low.some((number) => Math.abs(Math.floor(number / (1 << baseShift))) > BASE_MAX)) {
    if (++baseShift > BASE_SHIFT_MAX) return undefined;
  }
  const bases = Int32Array.from(low, (number) => Math.floor(number / (1 << baseShift)));
  const bits = Int32Array.from(high, (number, c) => {
    const most = number - bases[c]! * (1 << baseShift);
    return most < 1 << COMPONENT_BITS_MAX ? 32 - Math.clz32(most) : KEY_BITS_MAX + 1;
  });
  if (bits.subarray(0, 3).reduce((sum, of) => sum + of, 0) > KEY_BITS_MAX) return undefined;
  return { components, spacing, lead, numbers, bases, bits, baseShift };
}
