import { expectInstance } from "../core/argument.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { sampleCompressed } from "../native/reference/anim/compressed.ts";
import { Clip } from "./clip.ts";
import { addedTo } from "./compress/source.ts";
import type { LocalPose } from "./error.ts";
import { framePose } from "./frame-pose.ts";
import { localsOf } from "./local-frames.ts";
import type { Skeleton } from "./skeleton.ts";

/** The pose of a clip of either kind at a time in frames, to be measured; additive ones over the rest pose. */
export function clipPose(clip: Clip): LocalPose {
  expectInstance(clip, Clip, "clip", "a Clip");
  const { skeleton, additive } = clip;
  const rest = additive ? localsOf(skeleton.rest, skeleton) : undefined;
  if (clip.kind === "compressed") return recordPose(skeleton, clip.offset, rest);
  return over(rest, framePose(clip.toFrames(), skeleton.stride, skeleton.count, clip.toSteps()));
}

/** The same of the compressed clip whose record lies at `offset`: as playback has it. */
export function recordPose(skeleton: Skeleton, offset: number, rest: Float64Array | undefined): LocalPose {
  const { memory } = skeleton.arena;
  const rows = new Float32Array(POSE_ROWS * skeleton.stride);
  return over(rest, (time, out) => {
    const frame = Math.floor(time);
    sampleCompressed(memory, offset, frame, time - frame, rows);
    out.set(localsOf(rows, skeleton));
  });
}

function over(rest: Float64Array | undefined, pose: LocalPose): LocalPose {
  if (rest === undefined) return pose;
  return (time, out) => {
    pose(time, out);
    out.set(addedTo(rest, out));
  };
}
