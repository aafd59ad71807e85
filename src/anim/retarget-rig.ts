import { POSE_ROWS } from "../native/anim/format.ts";
import { modelMatrices } from "./error.ts";
import { localsOf } from "./local-frames.ts";
import { multiply, normalise, type Quaternion, quaternion } from "./rotation.ts";
import type { Skeleton } from "./skeleton.ts";

/** A skeleton at rest, in model space. */
export interface Rig {
  readonly skeleton: Skeleton;
  /** Joint after joint of 10. */
  readonly local: Float64Array;
  readonly rotations: readonly Quaternion[];
  readonly positions: readonly Float64Array[];
  /** How much each joint's model matrix stretches its x axis. */
  readonly stretch: Float64Array;
}

export function rigOf(skeleton: Skeleton): Rig {
  const { parents, count } = skeleton;
  const local = localsOf(skeleton.rest, skeleton);
  const models = new Float64Array(count * 12);
  modelMatrices(parents, local, models);
  const rotations = Array.from({ length: count }, () => quaternion());
  modelRotations(rotations, parents, local);
  const column = (joint: number, c: number) => [0, 4, 8].map((row) => models[joint * 12 + row + c]!);
  return {
    skeleton,
    local,
    rotations,
    positions: Array.from(rotations, (_, joint) => Float64Array.from(column(joint, 3))),
    stretch: Float64Array.from(rotations, (_, joint) => Math.sqrt(column(joint, 0).reduce((sum, x) => sum + x * x, 0))),
  };
}

/** The products of the local rotations from the root to each joint. */
export function modelRotations(out: readonly Quaternion[], parents: Int32Array, local: Float64Array): void {
  out.forEach((rotation, joint) => {
    const at = joint * POSE_ROWS + 3;
    normalise(rotation, local.subarray(at, at + 4));
    const parent = parents[joint]!;
    if (parent >= 0) multiply(rotation, out[parent]!, rotation);
  });
}
