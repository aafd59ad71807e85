import type { AnimArena } from "../../src/anim/arena.ts";
import { Clip, type ClipEvent } from "../../src/anim/clip.ts";
import { Model } from "../../src/anim/model.ts";
import { Skeleton } from "../../src/anim/skeleton.ts";

/** Root, spine 1 up, arm 0.5 to the right, hand 0.3 further. */
export const LIMB = [
  { name: "root", parent: -1 },
  { name: "spine", parent: 0, translation: [0, 1, 0] },
  { name: "arm", parent: 1, translation: [0.5, 0, 0] },
  { name: "hand", parent: 2, translation: [0.3, 0, 0] },
] as const;

export interface LimbClip {
  readonly name: string;
  readonly frames: number;
  /** What differs from the rest pose in a frame. */
  readonly pose?: (frame: number, set: (joint: number, row: number, value: number) => void) => void;
  readonly rate?: number;
  readonly events?: readonly ClipEvent[];
}

/** A model of one limb with clips that are made by functions. Rows are tx ty tz qx qy qz qw sx sy sz. */
export function limbModel(arena: AnimArena, clips: readonly LimbClip[], name = "limb"): Model {
  const skeleton = Skeleton.create(arena, { name, joints: LIMB });
  const made = clips.map(({ name, frames, pose, rate = 10, events = [] }) => {
    const each = skeleton.stride * 10;
    const values = new Float32Array(frames * each);
    for (let frame = 0; frame < frames; frame++) {
      values.set(skeleton.rest, frame * each);
      pose?.(frame, (joint, row, value) => {
        values[frame * each + row * skeleton.stride + joint] = value;
      });
    }
    return Clip.fromFrames(arena, skeleton, { name, rate, frames: values, events });
  });
  return new Model({ name, skeletons: [skeleton], skins: [], meshes: [], clips: made, nodes: [], warnings: [] });
}

/** Turned about y by 90 degrees: half of it is 45. */
export const QUARTER = Math.SQRT1_2;

/** idle: nothing. turn: the spine turns by a quarter about y in a second. walk: the root goes 2 along z in a second. */
export function limb(arena: AnimArena): Model {
  return limbModel(arena, [
    { name: "idle", frames: 21 },
    {
      name: "turn",
      frames: 11,
      events: [
        { time: 0, name: "start" },
        { time: 0.5, name: "half" },
      ],
      pose: (frame, set) => {
        // Not quite even: straight from one quaternion to the other.
        const share = frame / 10;
        const [y, w] = [QUARTER * share, 1 + (QUARTER - 1) * share];
        const length = Math.sqrt(y * y + w * w);
        set(1, 4, y / length);
        set(1, 6, w / length);
      },
    },
    { name: "walk", frames: 11, pose: (frame, set) => set(0, 2, frame / 5) },
  ]);
}
