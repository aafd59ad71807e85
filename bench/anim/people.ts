import { body } from "../../examples/anim/body.ts";
import { AnimArena, Clip, compressClip, Skeleton } from "../../src/anim.ts";

const RATE = 30;
/** 10 seconds. */
const FRAMES = 10 * RATE + 1;
const CLIPS = 8;
/** Clips that each person plays at once, and their weights. */
export const BLENDED = 3;
export const WEIGHTS: readonly number[] = [0.5, 0.3, 0.2];

/** Persons with 67 joints, each of which plays three of eight clips of ten seconds at places of its own. */
export interface People {
  readonly count: number;
  readonly arena: AnimArena;
  readonly skeleton: Skeleton;
  /** Frames. */
  readonly plain: readonly Clip[];
  /** The same, compressed if so asked. */
  readonly clips: readonly Clip[];
  readonly rate: number;
  readonly frames: number;
  /** Number of the clip and place in it (in frames) for each blended clip of each person, at the first moment and at the second. */
  readonly playing: readonly (readonly { clip: number; place: number }[])[];
}

/** All joints turn, the root moves: nothing in a clip is constant that would make it easy. */
export function people(count: number, compressed: boolean): People {
  const arena = new AnimArena();
  const bones = body(67);
  const joints = bones.map(({ name, parent, at }) => ({
    name,
    parent,
    translation: at.map((value, axis) => value - (bones[parent]?.at[axis] ?? 0)),
  }));
  const skeleton = Skeleton.create(arena, { joints });
  const next = random(11);
  const plain = Array.from({ length: CLIPS }, (_, i) => {
    return Clip.fromFrames(arena, skeleton, { name: `clip ${i}`, rate: RATE, frames: motion(skeleton, next) });
  });
  const clips = compressed ? plain.map((clip) => compressClip(clip).clip) : plain;
  const moment = () =>
    Array.from({ length: count }, () => {
      const first = Math.floor(next() * CLIPS);
      // 3 and 8 have no divisor in common: the clips of a person differ.
      return Array.from({ length: BLENDED }, (_, k) => {
        return { clip: (first + 3 * k) % CLIPS, place: Math.fround(next() * (FRAMES - 1)) };
      });
    }).flat();
  return { count, arena, skeleton, plain, clips, rate: RATE, frames: FRAMES, playing: [moment(), moment()] };
}

/** Frames in which each joint swings about an axis of its own, in two waves. */
function motion({ stride, rest, count }: Skeleton, next: () => number): Float32Array {
  const frames = new Float32Array(FRAMES * rest.length);
  for (let frame = 0; frame < FRAMES; frame++) frames.set(rest, frame * rest.length);
  for (let joint = 0; joint < count; joint++) {
    const axis = [next() - 0.5, next() - 0.5, next() - 0.5];
    const length = Math.hypot(...axis);
    const [swing, slow, fast, phase] = [next() * 0.4, 1 + next() * 4, 4 + next() * 8, next() * 6];
    for (let frame = 0; frame < FRAMES; frame++) {
      const time = frame / RATE;
      const half = (swing * Math.sin(slow * time + phase) + 0.1 * swing * Math.sin(fast * time)) / 2;
      const at = frame * rest.length + 3 * stride + joint;
      for (let c = 0; c < 3; c++) frames[at + c * stride] = (axis[c]! / length) * Math.sin(half);
      frames[at + 3 * stride] = Math.cos(half);
    }
  }
  for (let frame = 0; frame < FRAMES; frame++) frames[frame * rest.length] = Math.sin(frame / RATE);
  return frames;
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return ((state ^ (state >>> 15)) >>> 0) / 2 ** 32;
  };
}
