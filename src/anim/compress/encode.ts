import { displacement, modelMatrix } from "../error.ts";
import { multiply, normalise, quaternion } from "../rotation.ts";
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
  return new Encoder(source, options).run();
}

const unturned = { axes: plainAxes, components: 3 };

class Encoder {
  readonly #source: Source;
  readonly #options: EncodeOptions;
  readonly #segments: readonly [number, number][];
  /** The frame of each moment: frames in their order, the first of a segment twice, since its keys are not those before. */
  readonly #frames: Int32Array;
  /** Joints as the keys have them, by moment: matrices and rotations in model space, local values of the joint at hand. */
  readonly #models: Float64Array;
  readonly #turns: Float64Array;
  readonly #curves: readonly Float64Array[];
  readonly #wanted: Float64Array;
  readonly #inner: Float64Array;

  constructor(source: Source, options: EncodeOptions) {
    this.#source = source;
    this.#options = options;
    this.#segments = segmentsOf(source.frames, options.shift);
    this.#frames = Int32Array.from(
      this.#segments.flatMap(([start, last]) => Array.from({ length: last + 1 }, (_, i) => start + i)),
    );
    const moments = this.#frames.length;
    this.#models = new Float64Array(moments * source.joints * 12);
    this.#turns = new Float64Array(moments * source.joints * 4);
    this.#curves = [0, 1, 2].map(() => new Float64Array(moments * 4));
    this.#wanted = new Float64Array(moments * 4);
    this.#inner = new Float64Array(moments * 4);
  }

  run(): Encoded | undefined {
    const { joints } = this.#source;
    const tracks: EncodedTrack[] = [];
    const errors = new Float64Array(joints);
    for (let joint = 0; joint < joints; joint++) {
      for (const group of [0, 1, 2] as const) {
        const track = this.#source.tracks[joint * 3 + group]!;
        if (track.moves) {
          const encoded = this.#encode(track);
          if (encoded === undefined) return undefined;
          tracks.push(encoded);
        } else {
          const curve = this.#curves[group]!;
          for (let at = 0; at < curve.length; at += 4) curve.set(track.middle, at);
        }
      }
      errors[joint] = this.#place(joint);
    }
    return { tracks, errors, shift: this.#options.shift };
  }

  /** The keys of one track; its curve becomes what they give. */
  #encode(track: SourceTrack): EncodedTrack | undefined {
    const { joint, group, holds } = track;
    const { steps, slack, shift } = this.#options;
    const isRotation = group === 1;
    const forms = isRotation ? this.#source.forms(shift)[joint]! : [];
    const step = Math.fround(steps[joint * 3 + group]!);
    const origin = Float32Array.from(isRotation ? [0, 0, 0] : track.middle);
    const curve = this.#curves[group]!;
    this.#want(track);
    const axes: TrackAxes[] = [];
    const segments: SegmentKeys[] = [];
    let start = 0;
    for (const [, last] of this.#segments) {
      const { axes: own, components } = forms[segments.length] ?? unturned;
      const options = { components, isRotation, step, tolerance: slack * step, holds };
      const range = [start * 4, (start + last + 1) * 4] as const;
      const wanted = this.#wanted.subarray(...range);
      const inner = this.#inner.subarray(...range);
      const given = curve.subarray(...range);
      if (isRotation) turnedBack(wanted, own, components === 3, inner);
      else for (let i = 0; i < inner.length; i++) inner[i] = i % 4 < 3 ? wanted[i]! - origin[i % 4]! : 0;
      const keys = keysOf(inner, last, options, given);
      if (keys === undefined) return undefined;
      if (isRotation) turnedForth(given, own);
      else for (let i = 0; i < given.length; i++) if (i % 4 < 3) given[i]! += origin[i % 4]!;
      axes.push(own);
      segments.push(keys);
      start += last + 1;
    }
    return { joint, group, holds, step, origin, axes, segments };
  }

  /** What the values of a track should be: what brings the joint to where it was from where its parent is, if that can be said. */
  #want({ joint, group, values }: SourceTrack): void {
    const { joints, parents, isRigid, models, turns } = this.#source;
    const parent = parents[joint]!;
    const wanted = this.#wanted;
    const corrects = isRigid[joint] === 1 && parent >= 0 && group < 2;
    const back = quaternion();
    const turn = quaternion();
    const off = new Float64Array(3);
    const local = new Float64Array(3);
    for (let moment = 0; moment < this.#frames.length; moment++) {
      const frame = this.#frames[moment]!;
      const above = moment * joints + parent;
      const own = frame * joints + joint;
      if (!corrects) for (let c = 0; c < 4; c++) wanted[moment * 4 + c] = values[frame * 4 + c]!;
      else if (group === 1) {
        for (let c = 0; c < 4; c++) back[c] = c < 3 ? -this.#turns[above * 4 + c]! : this.#turns[above * 4 + c]!;
        wanted.set(multiply(turn, back, turns, 0, own * 4), moment * 4);
      } else {
        for (let c = 0; c < 3; c++) off[c] = models[own * 12 + c * 4 + 3]! - this.#models[above * 12 + c * 4 + 3]!;
        undone(local, this.#models, above * 12, off);
        wanted.set(local, moment * 4);
      }
    }
  }

  /** Puts a joint where its curves say; gives how far that is from where it was, at most. */
  #place(joint: number): number {
    const { joints, parents, models, rest, shell } = this.#source;
    const parent = parents[joint]!;
    const own = rest?.subarray(joint * 10, joint * 10 + 10);
    const local = new Float64Array(10);
    const turn = quaternion();
    let worst = 0;
    for (let moment = 0; moment < this.#frames.length; moment++) {
      for (const group of [0, 1, 2] as const) {
        const [first, count] = GROUP_NUMBERS[group];
        for (let c = 0; c < count; c++) local[first + c] = this.#curves[group]![moment * 4 + c]!;
      }
      const at = moment * joints + joint;
      const above = moment * joints + parent;
      modelMatrix(
        own === undefined ? local : addedTo(own, local),
        0,
        this.#models,
        parent < 0 ? -1 : above * 12,
        at * 12,
      );
      for (let c = 0; c < 4; c++) turn[c] = local[3 + c]!;
      normalise(turn, turn);
      if (parent >= 0) multiply(turn, this.#turns, turn, above * 4);
      this.#turns.set(turn, at * 4);
      const error = displacement(models, (this.#frames[moment]! * joints + joint) * 12, this.#models, at * 12, shell);
      if (!(error <= worst)) worst = Number.isNaN(error) ? Infinity : error;
    }
    return worst;
  }
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
