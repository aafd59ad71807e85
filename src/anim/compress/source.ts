import { LANES, POSE_ROWS } from "../../native/anim/format.ts";
import type { Clip } from "../clip.ts";
import { modelMatrices } from "../error.ts";
import { localsOf } from "../local-frames.ts";
import { multiply, quaternion } from "../rotation.ts";
import { axesOf, plainAxes, type TrackAxes } from "./axes.ts";

/** 0 translation, 1 rotation, 2 scale. */
export type Group = 0 | 1 | 2;

/** First number of each group in a local transform, and how many there are. */
export const GROUP_NUMBERS = [
  [0, 3],
  [3, 4],
  [7, 3],
] as const;
/** Of what may be lost, the part that a track may move by and still count as constant. */
const CONSTANT_PART = 0.01;

/** How much scales may differ between directions and still count as the same. */
const ALIKE = 1e-5;

/** What one value of a joint does over the clip. */
export interface SourceTrack {
  readonly joint: number;
  readonly group: Group;
  /** 4 f64 a frame; rotations have length one and neighbours in the same hemisphere. */
  readonly values: Float64Array;
  /** The value in the middle, for a track that is left out. */
  readonly middle: Float64Array;
  readonly moves: boolean;
  readonly holds: boolean;
}

/** How the rotations of a segment are stored. */
export interface RotationForm {
  readonly axes: TrackAxes;
  /** What of p is stored: x, y, z, or all of it. */
  readonly components: 3 | 4;
}

/** A clip as compression sees it: its tracks, and where joints are in model space, in f64. */
export class Source {
  readonly clip: Clip;
  readonly parents: Int32Array;
  readonly joints: number;
  readonly frames: number;
  readonly shell: number;
  /** Three of each joint: translation, rotation, scale. */
  readonly tracks: readonly SourceTrack[] = [];
  /** Whether some values hold from frame to frame. */
  readonly someHold: boolean;
  /** What the differences of an additive clip are added to: joint after joint, 10 f64. */
  readonly rest: Float64Array | undefined;
  /** Frame after frame, joint after joint: 12 f64. */
  readonly models: Float64Array;
  /** The same without scale, as unit quaternions. */
  readonly turns: Float64Array;
  /** Joints all of whose ancestors only turn, move, and scale by the same in all directions, always, and never in steps. */
  readonly isRigid: Uint8Array;
  /** Metres from a joint to the furthest point that it carries. */
  readonly levers: Float64Array;
  /** The same, as far as no joint that turns by itself is in between. */
  readonly reaches: Float64Array;
  readonly #forms = new Map<number, readonly (readonly RotationForm[])[]>();

  constructor(clip: Clip, options: { readonly error: number; readonly shell: number; readonly exact: boolean }) {
    const { skeleton } = clip;
    const { count, parents } = skeleton;
    const locals = localsOf(clip.toFrames(), skeleton);
    const steps = clip.toSteps();
    this.clip = clip;
    this.someHold = steps.some((step) => step !== 0);
    this.parents = parents;
    this.joints = count;
    this.frames = clip.frameCount;
    this.shell = options.shell;
    this.rest = clip.additive ? localsOf(skeleton.rest, skeleton) : undefined;
    this.models = new Float64Array(this.frames * count * 12);
    this.turns = new Float64Array(this.frames * count * 4);
    const lengths = new Float64Array(count);
    const scales = new Float64Array(count);
    for (let frame = 0; frame < this.frames; frame++) {
      const local = locals.subarray(frame * count * POSE_ROWS, (frame + 1) * count * POSE_ROWS);
      normaliseAll(local);
      const whole = this.rest === undefined ? local : addedTo(this.rest, local);
      modelMatrices(parents, whole, this.models.subarray(frame * count * 12, (frame + 1) * count * 12));
      for (let joint = 0; joint < count; joint++) {
        const at = joint * POSE_ROWS;
        const [x, y, z] = whole.subarray(at, at + 3);
        lengths[joint] = Math.max(lengths[joint]!, Math.sqrt(x! * x! + y! * y! + z! * z!));
        for (let c = 7; c < 10; c++) scales[joint] = Math.max(scales[joint]!, Math.abs(whole[at + c]!));
        const turn = (frame * count + joint) * 4;
        if (parents[joint]! < 0) this.turns.set(whole.subarray(at + 3, at + 7), turn);
        else
          this.turns.set(
            multiply(quaternion(), this.turns, whole, (frame * count + parents[joint]!) * 4, at + 3),
            turn,
          );
      }
    }
    this.levers = new Float64Array(count).fill(this.shell);
    for (let joint = count - 1; joint >= 0; joint--) {
      const lever = this.levers[joint]! * Math.max(1, scales[joint]!);
      this.levers[joint] = lever;
      const parent = parents[joint]!;
      if (parent >= 0) this.levers[parent] = Math.max(this.levers[parent]!, lengths[joint]! + lever);
    }
    const lost = options.exact ? 0 : options.error * CONSTANT_PART;
    this.tracks = Array.from({ length: count * 3 }, (_, i) => {
      const joint = Math.floor(i / 3);
      const group = (i % 3) as Group;
      return trackOf(locals, count, joint, group, steps[group * count + joint] === 1, lost, this.levers[joint]!);
    });
    this.isRigid = new Uint8Array(count);
    this.reaches = new Float64Array(count).fill(this.shell);
    for (let joint = 0; joint < count; joint++) {
      const parent = parents[joint]!;
      const rigid = parent < 0 || (this.isRigid[parent] === 1 && this.#scalesAlike(parent) && !this.#holds(parent));
      this.isRigid[joint] = rigid && this.rest === undefined ? 1 : 0;
    }
    for (let joint = count - 1; joint >= 0; joint--) {
      this.reaches[joint] = this.reaches[joint]! * Math.max(1, scales[joint]!);
      const parent = parents[joint]!;
      if (parent < 0) continue;
      const corrects = this.isRigid[joint] === 1 && this.tracks[joint * 3 + 1]!.moves;
      const beyond = lengths[joint]! + (corrects ? 0 : this.reaches[joint]!);
      this.reaches[parent] = Math.max(this.reaches[parent]!, beyond);
    }
  }

  /**
   * How the rotations of each joint that turns are stored in each segment of 2^`shift` frames. All of a vector are stored
   * whole where one of them has to be.
   */
  forms(shift: number): readonly (readonly RotationForm[])[] {
    const known = this.#forms.get(shift);
    if (known !== undefined) return known;
    const segments = segmentsOf(this.frames, shift);
    const axes = Array.from({ length: this.joints }, (_, joint) => {
      const { moves, values } = this.tracks[joint * 3 + 1]!;
      if (!moves) return [];
      return segments.map(([start, last]) => axesOf(values.subarray(start * 4, (start + last + 1) * 4)));
    });
    const forms = axes.map((own, joint) => {
      const first = joint - (joint % LANES);
      const vector = axes.slice(first, first + LANES).filter(({ length }) => length > 0);
      return own.map((axes = plainAxes, i) => {
        const whole = vector.some((one) => one[i] === undefined);
        return { axes, components: whole ? (4 as const) : (3 as const) };
      });
    });
    this.#forms.set(shift, forms);
    return forms;
  }

  #holds(joint: number): boolean {
    return this.tracks.slice(joint * 3, joint * 3 + 3).some(({ holds, moves }) => holds && moves);
  }

  #scalesAlike(joint: number): boolean {
    const { moves, middle } = this.tracks[joint * 3 + 2]!;
    const [x, y, z] = middle;
    const near = (value: number) => Math.abs(value - x!) <= ALIKE * x!;
    return !moves && x! > 0 && near(y!) && near(z!);
  }
}

/** First frame of each segment, and how far behind it its last one is. */
export function segmentsOf(frames: number, shift: number): [number, number][] {
  const length = 1 << shift;
  const count = Math.max(1, Math.ceil((frames - 1) / length));
  return Array.from({ length: count }, (_, i) => [i * length, Math.min(length, frames - 1 - i * length)]);
}

/** The pose that the differences `local` make of `rest`: 10 f64 a joint. */
export function addedTo(rest: Float64Array, local: Float64Array): Float64Array {
  const out = new Float64Array(local.length);
  for (let at = 0; at < local.length; at += POSE_ROWS) {
    for (let c = 0; c < 3; c++) {
      out[at + c] = rest[at + c]! + local[at + c]!;
      out[at + 7 + c] = rest[at + 7 + c]! * local[at + 7 + c]!;
    }
    out.set(multiply(quaternion(), rest, local, at + 3, at + 3), at + 3);
  }
  return out;
}

function normaliseAll(local: Float64Array): void {
  for (let at = 3; at < local.length; at += POSE_ROWS) {
    const [x, y, z, w] = local.subarray(at, at + 4);
    const scale = 1 / Math.sqrt(x! * x! + y! * y! + z! * z! + w! * w!);
    for (let c = 0; c < 4; c++) local[at + c]! *= scale;
  }
}

function trackOf(
  locals: Float64Array,
  joints: number,
  joint: number,
  group: Group,
  holds: boolean,
  lost: number,
  lever: number,
): SourceTrack {
  const [first, count] = GROUP_NUMBERS[group];
  const frames = locals.length / (joints * POSE_ROWS);
  const values = new Float64Array(frames * 4);
  const low = new Float64Array(4).fill(Infinity);
  const high = new Float64Array(4).fill(-Infinity);
  for (let frame = 0; frame < frames; frame++) {
    for (let c = 0; c < count; c++) {
      const value = locals[(frame * joints + joint) * POSE_ROWS + first + c]!;
      values[frame * 4 + c] = value;
      low[c] = Math.min(low[c]!, value);
      high[c] = Math.max(high[c]!, value);
    }
  }
  const middle = new Float64Array(count);
  let square = 0;
  for (let c = 0; c < count; c++) {
    const half = (high[c]! - low[c]!) / 2;
    middle[c] = half === 0 ? low[c]! : low[c]! + half;
    square += half * half;
  }
  const off = Math.sqrt(square) * (group === 0 ? 1 : group === 1 ? 2 * lever : lever);
  const moves = off > lost;
  return { joint, group, values, middle, moves, holds };
}

/** `out` = the part of `model` (12 f64 at `at`, rotation and scale by the same `scale`) undone for the vector `v`. */
export function undone(out: Float64Array, models: Float64Array, at: number, v: Float64Array): void {
  let square = 0;
  for (let row = 0; row < 3; row++) square += models[at + row * 4]! * models[at + row * 4]!;
  for (let column = 0; column < 3; column++) {
    let sum = 0;
    for (let row = 0; row < 3; row++) sum += models[at + row * 4 + column]! * v[row]!;
    out[column] = sum / square;
  }
}
