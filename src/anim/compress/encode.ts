import { displacement, modelMatrix } from "../error.ts";
import { multiply, quaternion } from "../rotation.ts";
import { plainAxes, type TrackAxes } from "./axes.ts";
import { keysOf, type SegmentKeys } from "./keys.ts";
import { addedTo, GROUP_NUMBERS, type Source, type SourceTrack, segmentsOf, undone } from "./source.ts";

/** A track that is stored. */
export interface EncodedTrack {
  readonly joint: number;
  readonly group: number;
  readonly holds: boolean;
  /** f32: what its whole numbers stand for. */
  readonly step: number;
  /** f32: what values of translations and scales are counted from. */
  readonly origin: Float32Array;
  /** Of each segment, for rotations. */
  readonly axes: readonly TrackAxes[];
  readonly segments: readonly SegmentKeys[];
}

export interface Encoded {
  readonly tracks: readonly EncodedTrack[];
  /** Of each joint: metres in object space, over all frames. */
  readonly errors: Float64Array;
  readonly shift: number;
}

export interface EncodeOptions {
  /** Of each track, three a joint: how fine it is. */
  readonly steps: Float64Array;
  /** How many steps values between keys may lie from what they were. */
  readonly slack: number;
  /** Log2 of the frames of a segment. */
  readonly shift: number;
}

/**
 * Keys for all that moves, parents first. What a parent lost is made up for by its children: each joint goes to where it was
 * in model space from where its parent has come to be, so that errors do not add up along limbs. `undefined` where
 * numbers are too large to store.
 */
export function encode(source: Source, options: EncodeOptions): Encoded | undefined {
  const { joints, frames, parents, models, shell } = source;
  const tracks: EncodedTrack[] = [];
  const errors = new Float64Array(joints);
  const reached = new Float64Array(models.length);
  const turns = new Float64Array(source.turns.length);
  const targets = new Float64Array(frames * 4);
  const curves = [0, 1, 2].map(() => new Float64Array(frames * 4));
  const local = new Float64Array(10);
  const turn = quaternion();
  for (let joint = 0; joint < joints; joint++) {
    const parent = parents[joint]!;
    const corrects = source.isRigid[joint] === 1 && parent >= 0;
    for (const group of [0, 1, 2] as const) {
      const track = source.tracks[joint * 3 + group]!;
      const curve = curves[group]!;
      if (!track.moves) {
        for (let frame = 0; frame < frames; frame++) curve.set(track.middle, frame * 4);
        continue;
      }
      let values = track.values;
      if (corrects && group < 2) {
        values = targets;
        if (group === 0) placesFrom(source, reached, joint, parent, targets);
        else turnsFrom(source, turns, joint, parent, targets);
      }
      const encoded = encodeTrack(source, track, values, options, curve);
      if (encoded === undefined) return undefined;
      tracks.push(encoded);
    }
    for (let frame = 0; frame < frames; frame++) {
      for (const group of [0, 1, 2] as const) {
        const [first, count] = GROUP_NUMBERS[group];
        for (let c = 0; c < count; c++) local[first + c] = curves[group]![frame * 4 + c]!;
      }
      const at = frame * joints + joint;
      const above = frame * joints + parent;
      const whole =
        source.rest === undefined ? local : addedTo(source.rest.subarray(joint * 10, joint * 10 + 10), local);
      modelMatrix(whole, 0, reached, parent < 0 ? -1 : above * 12, at * 12);
      const length = Math.sqrt(
        local[3]! * local[3]! + local[4]! * local[4]! + local[5]! * local[5]! + local[6]! * local[6]!,
      );
      for (let c = 0; c < 4; c++) turn[c] = local[3 + c]! / length;
      if (parent >= 0) multiply(turn, turns, turn, above * 4);
      turns.set(turn, at * 4);
      const error = displacement(models, reached, at * 12, shell);
      if (!(error <= errors[joint]!)) errors[joint] = Number.isNaN(error) ? Infinity : error;
    }
  }
  return { tracks, errors, shift: options.shift };
}

/** Rotations that bring a joint to how it was turned, from how its parent is. */
function turnsFrom(source: Source, turns: Float64Array, joint: number, parent: number, out: Float64Array): void {
  const { frames, joints } = source;
  const back = quaternion();
  const turn = quaternion();
  for (let frame = 0; frame < frames; frame++) {
    const above = (frame * joints + parent) * 4;
    for (let c = 0; c < 4; c++) back[c] = c < 3 ? -turns[above + c]! : turns[above + c]!;
    out.set(multiply(turn, back, source.turns, 0, (frame * joints + joint) * 4), frame * 4);
  }
}

/** Translations that bring a joint to where it was, from where its parent is. */
function placesFrom(source: Source, reached: Float64Array, joint: number, parent: number, out: Float64Array): void {
  const { frames, joints, models } = source;
  const off = new Float64Array(3);
  for (let frame = 0; frame < frames; frame++) {
    const above = (frame * joints + parent) * 12;
    const own = (frame * joints + joint) * 12;
    for (let row = 0; row < 3; row++) off[row] = models[own + row * 4 + 3]! - reached[above + row * 4 + 3]!;
    undone(off, reached, above, off.slice());
    out.set(off, frame * 4);
  }
}

const unturned = { axes: plainAxes, components: 3 };

/** The keys of one track; `curve` becomes what they give. */
function encodeTrack(
  source: Source,
  track: SourceTrack,
  values: Float64Array,
  { steps, slack, shift }: EncodeOptions,
  curve: Float64Array,
): EncodedTrack | undefined {
  const { joint, group, holds } = track;
  const isRotation = group === 1;
  const forms = isRotation ? source.forms(shift)[joint]! : [];
  const step = Math.fround(steps[joint * 3 + group]!);
  const origin = Float32Array.from(isRotation ? [0, 0, 0] : track.middle);
  const inner = new Float64Array(values.length);
  const axes: TrackAxes[] = [];
  const segments: SegmentKeys[] = [];
  for (const [start, last] of segmentsOf(source.frames, shift)) {
    const { axes: own, components } = forms[segments.length] ?? unturned;
    const options = { components, isRotation, step, tolerance: slack * step, holds };
    const range = [start * 4, (start + last + 1) * 4] as const;
    if (isRotation) turnedBack(values.subarray(...range), own, components === 3, inner.subarray(...range));
    else for (let i = range[0]; i < range[1]; i++) inner[i] = i % 4 < 3 ? values[i]! - origin[i % 4]! : 0;
    const keys = keysOf(inner, start, last, options, curve);
    if (keys === undefined) return undefined;
    if (isRotation) turnedForth(curve.subarray(...range), own);
    else for (let i = range[0]; i < range[1]; i++) if (i % 4 < 3) curve[i]! += origin[i % 4]!;
    axes.push(own);
    segments.push(keys);
  }
  return { joint, group, holds, step, origin, axes, segments };
}

/** p of q = left * p * right, of length one, for all q; w positive, or as near as possible to that of the frame before. */
function turnedBack(values: Float64Array, { left, right }: TrackAxes, isPositive: boolean, out: Float64Array): void {
  const first = back(left);
  const last = back(right);
  const p = quaternion();
  for (let at = 0; at < values.length; at += 4) {
    multiply(p, first, values, 0, at);
    multiply(p, p, last);
    let side = p[3]!;
    if (!isPositive) {
      // Whole rotations stay on the side that they are on; only how a parent has come to be could turn them over.
      side = at === 0 ? 1 : 0;
      for (let c = 0; c < 4 && at > 0; c++) side += p[c]! * out[at - 4 + c]!;
    }
    for (let c = 0; c < 4; c++) out[at + c] = side < 0 ? -p[c]! : p[c]!;
  }
}

function turnedForth(curve: Float64Array, { left, right }: TrackAxes): void {
  const first = Float64Array.from(left);
  const last = Float64Array.from(right);
  const q = quaternion();
  for (let at = 0; at < curve.length; at += 4) {
    multiply(q, first, curve, 0, at);
    multiply(q, q, last);
    curve.set(q, at);
  }
}

/** The inverse, of length one. */
function back(axes: Int16Array): Float64Array {
  const [x, y, z, w] = axes;
  const length = Math.sqrt(x! * x! + y! * y! + z! * z! + w! * w!);
  return quaternion(-x! / length, -y! / length, -z! / length, w! / length);
}
