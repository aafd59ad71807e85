import { badArgument, expectInstance, expectOptions, expectText, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { Clip } from "./clip.ts";
import { clipOfLocals, localsOf } from "./local-frames.ts";
import { Pose } from "./pose.ts";
import { conjugate, multiply, normalise, quaternion } from "./rotation.ts";

export interface AdditiveOptions {
  /** What the clip is compared with: a clip (its frame `frame`), a pose, or how the skeleton rests. The clip itself unless given. */
  readonly reference?: Clip | Pose | "rest";
  /** Frame of the reference clip; 0 unless given. */
  readonly frame?: number;
  readonly name?: string;
}

const KNOWN: Known<AdditiveOptions> = { reference: true, frame: true, name: true };

/**
 * The differences of a clip's frames from one pose, for additive layers: translations minus that of the reference,
 * conj(reference) rotation, scales divided. Added to the reference with weight 1 they are the clip again. Throws `anim-clip`
 * for a reference of another skeleton, or one with a scale of 0, and `bad-argument`.
 */
export function makeAdditive(clip: Clip, options: AdditiveOptions = {}): Clip {
  expectInstance(clip, Clip, "clip", "a Clip");
  expectOptions(options, "options", KNOWN);
  const { skeleton } = clip;
  const { name = `${clip.name}, additive` } = options;
  expectText(name, "options.name");
  const reference = referencePose(clip, options);
  const locals = localsOf(clip.toFrames(), skeleton);
  const conjugated = quaternion();
  const turn = quaternion();
  for (let at = 0; at < locals.length; at += POSE_ROWS) {
    const from = at % reference.length;
    for (let c = 0; c < 3; c++) locals[at + c]! -= reference[from + c]!;
    normalise(conjugated, reference.subarray(from + 3, from + 7));
    conjugate(conjugated, conjugated);
    normalise(turn, locals.subarray(at + 3, at + 7));
    locals.set(normalise(turn, multiply(turn, conjugated, turn)), at + 3);
    for (let c = 7; c < 10; c++) {
      const scale = reference[from + c]!;
      if (scale === 0) throw refused(clip, `is compared with a pose in which the scale of a joint is 0`);
      locals[at + c]! /= scale;
    }
  }
  return clipOfLocals(skeleton, locals, clip, { name, additive: true, steps: clip.toSteps() });
}

/** Joint after joint. */
function referencePose(clip: Clip, { reference = clip, frame = 0 }: AdditiveOptions): Float64Array {
  const { skeleton } = clip;
  if (clip.additive) throw refused(clip, "holds differences already");
  if (reference === "rest") return localsOf(skeleton.rest, skeleton);
  if (!(reference instanceof Clip || reference instanceof Pose))
    throw badArgument("options.reference", reference, 'a Clip, a Pose or "rest"');
  if (reference.skeleton !== skeleton) throw refused(clip, `is compared with "${reference.name}" of another skeleton`);
  if (reference instanceof Pose) return localsOf(reference.toRows(), skeleton);
  if (reference.additive) throw refused(clip, `is compared with "${reference.name}", which holds differences`);
  if (!Number.isInteger(frame) || frame < 0 || frame >= reference.frameCount)
    throw refused(clip, `is compared with frame ${said(frame)} of the ${reference.frameCount} of "${reference.name}"`);
  const words = POSE_ROWS * skeleton.stride;
  return localsOf(reference.toFrames().subarray(frame * words, (frame + 1) * words), skeleton);
}

function refused(clip: Clip, why: string): WorldloomError {
  return new WorldloomError("anim-clip", `Clip "${clip.name}" cannot be made additive: it ${why}.`, {
    clip: clip.name,
  });
}
