import { type Runner, timed } from "../tensor/runner.ts";
import { BLENDED, type People, WEIGHTS } from "./people.ts";

/** three.js: bones and an AnimationMixer for each person, three actions each; then the matrices of all bones. */
export async function threeRunner({ skeleton, plain, count, playing, rate, frames }: People): Promise<Runner> {
  const { AnimationClip, AnimationMixer, Bone, QuaternionKeyframeTrack, VectorKeyframeTrack } = await import("three");
  const { stride, rest, parents, count: joints } = skeleton;
  const times = Array.from({ length: frames }, (_, frame) => frame / rate);
  const tracked = plain.map((clip) => {
    const values = clip.toFrames();
    const of = (joint: number, row: number, rows: number) =>
      times.flatMap((_, frame) =>
        Array.from({ length: rows }, (_, c) => values[(frame * 10 + row + c) * stride + joint]!),
      );
    const turns = Array.from(
      { length: joints },
      (_, joint) => new QuaternionKeyframeTrack(`bone${joint}.quaternion`, times, of(joint, 3, 4)),
    );
    return new AnimationClip(clip.name, clip.duration, [
      new VectorKeyframeTrack("bone0.position", times, of(0, 0, 3)),
      ...turns,
    ]);
  });
  const persons = Array.from({ length: count }, () => {
    const bones = Array.from({ length: joints }, (_, joint) => {
      const bone = new Bone();
      bone.name = `bone${joint}`;
      bone.position.set(rest[joint]!, rest[stride + joint]!, rest[2 * stride + joint]!);
      return bone;
    });
    bones.forEach((bone, joint) => {
      if (joint > 0) bones[parents[joint]!]!.add(bone);
    });
    const mixer = new AnimationMixer(bones[0]!);
    const actions = tracked.map((clip) => mixer.clipAction(clip));
    for (const action of actions) {
      action.play();
      action.setEffectiveWeight(0);
    }
    return { bones, mixer, actions };
  });
  let run = 0;
  const out = new Float32Array(count * joints * 12);
  return {
    reset() {
      run = 0;
    },
    time: timed(() => {
      const moment = playing[run++ & 1]!;
      for (let person = 0; person < count; person++) {
        const { bones, mixer, actions } = persons[person]!;
        for (const action of actions) action.setEffectiveWeight(0);
        for (let k = 0; k < BLENDED; k++) {
          const { clip, place } = moment[person * BLENDED + k]!;
          actions[clip]!.time = place / rate;
          actions[clip]!.setEffectiveWeight(WEIGHTS[k]!);
        }
        mixer.update(0);
        bones[0]!.updateMatrixWorld(true);
      }
    }),
    result() {
      persons.forEach(({ bones }, person) => {
        bones.forEach(({ matrixWorld: { elements } }, joint) => {
          for (let i = 0; i < 12; i++)
            out[(person * joints + joint) * 12 + i] = elements[(i % 4) * 4 + Math.floor(i / 4)]!;
        });
      });
      return out;
    },
  };
}
