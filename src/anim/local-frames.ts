import { POSE_ROWS } from "../native/anim/format.ts";
import { Clip, type ClipSettings } from "./clip.ts";
import type { Skeleton } from "./skeleton.ts";

/** Rows of a pose, or of many, as joint after joint: 10 f64 each. The way to compute with frames before playback. */
export function localsOf(rows: Float32Array, { stride, count }: Skeleton): Float64Array {
  const frames = rows.length / (POSE_ROWS * stride);
  const locals = new Float64Array(frames * count * POSE_ROWS);
  for (let frame = 0, to = 0; frame < frames; frame++) {
    for (let joint = 0; joint < count; joint++) {
      for (let row = 0; row < POSE_ROWS; row++) locals[to++] = rows[(frame * POSE_ROWS + row) * stride + joint]!;
    }
  }
  return locals;
}

/** A clip of such frames, one for each of `like`, with its settings but for `changes`. */
export function clipOfLocals(skeleton: Skeleton, locals: Float64Array, like: Clip, changes: Changes): Clip {
  const { stride, count } = skeleton;
  const frameCount = locals.length / (POSE_ROWS * count);
  const frames = new Float32Array(frameCount * POSE_ROWS * stride);
  for (let frame = 0, from = 0; frame < frameCount; frame++) {
    for (let joint = 0; joint < count; joint++) {
      for (let row = 0; row < POSE_ROWS; row++) frames[(frame * POSE_ROWS + row) * stride + joint] = locals[from++]!;
    }
  }
  const { rate, duration, additive, events, morphs, error } = like;
  const { steps, ...settings } = changes;
  return Clip.fromFrames(skeleton.arena, skeleton, {
    ...{ rate, duration, additive, events, morphs, error },
    ...settings,
    frames,
    ...(steps === undefined ? {} : { steps }),
  });
}

type Changes = Partial<ClipSettings> & { readonly name: string; readonly steps?: Uint8Array };
