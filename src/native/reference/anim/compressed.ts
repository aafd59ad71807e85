import { AXES_ONE } from "../../anim/compressed-format.ts";
import { GROUP_ROWS, LANES, POSE_ROWS } from "../../anim/format.ts";
import type { Memory } from "../../memory.ts";
import { keyAtOrAfter, SegmentLayout, storage, sum, type TrackVector } from "./compressed-layout.ts";
import { multiply } from "./vector.ts";

const { fround, sqrt } = Math;

/** Of the product of two quaternions of a track. */
const AXES_UNIT = 1 / (AXES_ONE * AXES_ONE);

/** Components of two keys, what lies between them, and the two quaternions of a track. */
const first = new Float32Array(4);
const second = new Float32Array(4);
const between = new Float32Array(4);
const left = new Float32Array(4);
const right = new Float32Array(4);

/**
 * The pose of a compressed clip between `frame` and the one after it, which the last frame is itself: the constant pose,
 * and over it what moves. With frames f after the key before, keys d frames apart (a power of two), each component is
 *
 *     a + (b - a) * ((f + alpha) * (1 / d))
 *
 * of the values a and b of the two keys, or a where the track holds its keys. `compressed-format.ts` says what values
 * keys have; a component w that is not stored is the root of s = 1 - ((x x + y y) + z z), 0 unless s > 0. Rotations are
 * turned by their two quaternions after that: first p * C, then A * that, in whole numbers as they are stored, then times the
 * square of their unit. They are not normalised. Every operation
 * is rounded to f32.
 */
export function sampleCompressed(memory: Memory, clip: number, frame: number, alpha: number, out: Float32Array): void {
  const layout = new SegmentLayout(memory, clip, frame);
  const constant = memory.u32[clip / 4 + 5]! / 4;
  out.set(memory.f32.subarray(constant, constant + POSE_ROWS * layout.stride));
  for (const vector of layout.vectors()) {
    if (vector === undefined) return;
    let i = 0;
    for (let lane = 0; lane < LANES; lane++) {
      if (((vector.moving >>> lane) & 1) === 0) continue;
      sampleTrack(memory, layout, vector, i++, ((vector.steps >>> lane) & 1) === 1, alpha);
      const { stride } = layout;
      const [row, rows] = GROUP_ROWS[vector.group]!;
      for (let c = 0; c < rows; c++) out[(row + c) * stride + vector.lane + lane] = between[c]!;
    }
  }
}

/** Leaves the value of track `i` of a vector in `between`. */
function sampleTrack(
  memory: Memory,
  layout: SegmentLayout,
  vector: TrackVector,
  i: number,
  holds: boolean,
  alpha: number,
): void {
  const { group, count, components, header } = vector;
  const { spacing, lead } = storage(memory.u32[header / 4 + 1 + i]!);
  const frame = layout.frame + lead;
  const key = frame >>> spacing;
  readKey(memory, layout, vector, i, key, first);
  readKey(memory, layout, vector, i, Math.min(key + 1, keyAtOrAfter(layout.last + lead, spacing)), second);
  const after = fround(frame - (key << spacing) + (layout.hasNext ? alpha : 0));
  const share = holds ? 0 : fround(after * (1 / (1 << spacing)));
  if (group === 1 && components === 3) {
    first[3] = lastComponent(first);
    second[3] = lastComponent(second);
  }
  for (let c = 0; c < 4; c++) between[c] = first[c]! + fround(fround(second[c]! - first[c]!) * share);
  if (group !== 1) return;
  const frames = header / 2 + 2 + (3 + components) * count;
  for (let c = 0; c < 4; c++) {
    left[c] = memory.i16[frames + c * count + i]!;
    right[c] = memory.i16[frames + (4 + c) * count + i]!;
  }
  multiply(between, between, right);
  multiply(between, left, between);
  for (let c = 0; c < 4; c++) between[c]! *= AXES_UNIT;
}

/** The components of a key that are stored. */
function readKey(
  { u8, u16, i16, u32, f32 }: Memory,
  { tracks }: SegmentLayout,
  { group, count, components, constants, header, bits: begin }: TrackVector,
  i: number,
  key: number,
  out: Float32Array,
): void {
  const { bits, shift } = storage(u32[header / 4 + 1 + i]!);
  let bit = (tracks + begin) * 8 + u16[header / 2 + 2 + 2 * count + i]! + key * sum(bits);
  const bases = header / 2 + 2 + 3 * count + i;
  const step = f32[constants / 4 + (group === 1 ? 0 : 3 * count) + i]!;
  for (let c = 0; c < components; c++) {
    const n = (i16[bases + c * count]! << shift) + readBits(u8, bit, bits[c]!);
    const value = fround(n * step);
    out[c] = group === 1 ? value : f32[constants / 4 + c * count + i]! + value;
    bit += bits[c]!;
  }
}

/** `count` bits, at most 24, from bit `at` on, the lowest first. */
function readBits(u8: Uint8Array, at: number, count: number): number {
  const byte = Math.floor(at / 8);
  let word = 0;
  for (let i = 0; i < 4; i++) word |= u8[byte + i]! << (8 * i);
  return (word >>> (at % 8)) & ((1 << count) - 1);
}

function lastComponent(v: Float32Array): number {
  const square = fround(fround(fround(v[0]! * v[0]!) + fround(v[1]! * v[1]!)) + fround(v[2]! * v[2]!));
  const rest = fround(1 - square);
  return rest > 0 ? fround(sqrt(rest)) : 0;
}
