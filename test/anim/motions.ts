import { type AnimArena, Clip, type JointOptions, Skeleton } from "../../src/anim.ts";
import { noise } from "./rigs.ts";

/** What a made-up clip does. */
export interface MotionOptions {
  readonly joints: number;
  readonly frames: number;
  readonly seed: number;
  readonly kind: (typeof motionKinds)[number];
}

export const motionKinds = ["smooth", "noisy", "stepped", "far", "scaled", "spinning", "still"] as const;

/** A skeleton like a bush, and a clip in which its joints turn; some of them do not, or move or grow as well. */
export function motionClip(arena: AnimArena, { joints, frames, seed, kind }: MotionOptions): Clip {
  const next = noise(seed + 1);
  const bones: JointOptions[] = Array.from({ length: joints }, (_, i) => ({
    name: `joint ${i}`,
    parent: i === 0 ? -1 : Math.max(0, i - 1 - Math.floor(Math.abs(next()) * 3)),
    translation: [next() * 0.3, next() * 0.3, next() * 0.3],
    rotation: [next(), next(), next(), 1.1 + next()],
  }));
  const skeleton = Skeleton.create(arena, { joints: bones });
  const { stride } = skeleton;
  const values = new Float32Array(frames * 10 * stride);
  const steps = new Uint8Array(3 * joints);
  for (let joint = 0; joint < joints; joint++) {
    const isStill = kind === "still" || next() < -0.6;
    const wave = () => {
      const [size, speed, phase] = [next(), 1 + Math.abs(next()) * 6, next() * 3];
      return (time: number) => size * Math.sin(time * speed + phase);
    };
    const waves = Array.from({ length: 9 }, wave);
    const holds = kind === "stepped" && next() < 0;
    if (holds) steps[joints + joint] = 1;
    const spin = next() * 2;
    for (let frame = 0; frame < frames; frame++) {
      const moment = holds ? Math.floor(frame / 5) * 5 : frame;
      const time = isStill ? 0 : moment / 30;
      const rough = kind === "noisy" && !isStill ? 0.02 : 0;
      const at = frame * 10 * stride + joint;
      const set = (row: number, value: number) => {
        values[at + row * stride] = value;
      };
      const turn = [0, 1, 2].map((c) => 0.4 * waves[c]!(time) + rough * next());
      if (kind === "spinning" && joint % 4 === 1) {
        for (let c = 0; c < 4; c++) set(3 + c, [0, Math.sin(moment * spin), 0, Math.cos(moment * spin)][c]!);
      } else {
        const q = [...turn, 1].map((value, c) => value + 0.2 * skeleton.rest[(3 + c) * stride + joint]!);
        const length = Math.sqrt(q.reduce((sum, value) => sum + value * value, 0));
        for (const [c, value] of q.entries()) set(3 + c, value / length);
      }
      const moves = joint === 0 || (kind === "scaled" && joint % 3 === 0);
      for (let c = 0; c < 3; c++) {
        const far = kind === "far" && joint === 0 ? 1000 + frame * 0.05 : 0;
        set(c, skeleton.rest[c * stride + joint]! + (moves ? 0.2 * waves[3 + c]!(time) + far : 0));
        set(7 + c, kind === "scaled" ? 1 + 0.3 * waves[6 + (joint % 2) * c]!(time) : 1);
      }
    }
  }
  return Clip.fromFrames(arena, skeleton, { name: `${kind} ${seed}`, rate: 30, frames: values, steps });
}
