import { expectInstance, expectNumber, expectOptions, expectText, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { Clip } from "./clip.ts";
import { modelMatrices } from "./error.ts";
import { clipOfLocals, localsOf } from "./local-frames.ts";
import { composeMotions, invertMotion, type Motion, motion, repeatMotion } from "./motion.ts";
import { jointNumber } from "./pose.ts";
import { between, conjugate, multiply, normalise, type Quaternion, quaternion, rotate } from "./rotation.ts";
import type { Skeleton } from "./skeleton.ts";
import { type FramePlace, placeFrame, type Wrap, wrapTime } from "./time.ts";

export interface RootMotionOptions {
  /** Whose movement is taken out: the root, or the hips. All that is to move along is below it. */
  readonly joint: number | string;
  /** Axes of model space whose movement is taken out; "xz" unless given. */
  readonly translation?: "xz" | "xyz" | "none";
  /** Whether the turn about the y axis is taken out; "y" unless given. */
  readonly rotation?: "y" | "none";
  /** Name of the clip in place. */
  readonly name?: string;
}

export const ROOT_MOTION: Known<RootMotionOptions> = { joint: true, translation: true, rotation: true, name: true };

/** How a clip carries a character about, since its start, in the model space in which it starts. */
export class RootMotion {
  readonly rate: number;
  readonly frameCount: number;
  /** Seconds. */
  readonly duration: number;
  /** 7 for each frame: {@link Motion}. */
  readonly motions: Float64Array;
  readonly #place: FramePlace = { frame: 0, alpha: 0 };
  readonly #from = motion();
  readonly #whole = motion();
  readonly #a = quaternion();
  readonly #b = quaternion();

  constructor(clip: { rate: number; frameCount: number; duration: number }, motions: Float64Array) {
    expectOptions(clip, "clip");
    for (const name of ["rate", "frameCount", "duration"] as const) expectNumber(clip[name], `clip.${name}`);
    expectInstance(motions, Float64Array, "motions", "a Float64Array");
    this.rate = clip.rate;
    this.frameCount = clip.frameCount;
    this.duration = clip.duration;
    this.motions = motions;
  }

  /** The move from the start to `seconds` within the clip. */
  at(out: Motion, seconds: number): Motion {
    const { frame, alpha } = placeFrame(this.#place, this, seconds, "clamp");
    const from = frame * 7;
    const to = Math.min(frame + 1, this.frameCount - 1) * 7;
    const { motions } = this;
    for (let c = 0; c < 3; c++) out[c] = motions[from + c]! + (motions[to + c]! - motions[from + c]!) * alpha;
    for (let c = 0; c < 4; c++) {
      this.#a[c] = motions[from + 3 + c]!;
      this.#b[c] = motions[to + 3 + c]!;
    }
    between(this.#a, this.#a, this.#b, alpha);
    for (let c = 0; c < 4; c++) out[3 + c] = this.#a[c]!;
    return out;
  }

  /**
   * The move from `from` to `to` (seconds of playback, of any sign), in the space of the character at `from`:
   * `composeMotions(place, place, delta)` takes it along. Moves of intervals that follow one another make up that of
   * the whole, over any number of loops, backwards as well.
   */
  delta(out: Motion, from: number, to: number, wrap: Wrap): Motion {
    const start = wrapTime(from, this.duration, wrap);
    const end = wrapTime(to, this.duration, wrap);
    invertMotion(this.#from, this.at(this.#from, start));
    if (wrap === "loop" && this.duration > 0) {
      const loops = Math.round((to - end) / this.duration) - Math.round((from - start) / this.duration);
      if (loops !== 0) {
        repeatMotion(this.#whole, this.at(this.#whole, this.duration), loops);
        composeMotions(this.#from, this.#from, this.#whole);
      }
    }
    return composeMotions(out, this.#from, this.at(out, end));
  }
}

/**
 * Takes the movement of a joint out of a clip: the clip in place and the movement, which together are the clip again. The joints
 * above it may be turned and scaled alike in all directions. Throws `anim-clip` for a clip of differences,
 * `anim-joint`, `bad-argument`.
 */
export function extractRootMotion(clip: Clip, options: RootMotionOptions): { clip: Clip; motion: RootMotion } {
  expectInstance(clip, Clip, "clip", "a Clip");
  expectOptions(options, "options", ROOT_MOTION);
  const { translation = "xz", rotation = "y", name = `${clip.name}, in place` } = options;
  expectText(name, "options.name");
  if (!["xz", "xyz", "none"].includes(translation) || !["y", "none"].includes(rotation))
    throw new WorldloomError("bad-argument", `Root motion is taken out of "xz", "xyz" or "none", and "y" or "none".`, {
      ...{ translation, rotation },
    });
  const { skeleton } = clip;
  const joint = jointNumber(skeleton, options.joint);
  if (clip.additive)
    throw new WorldloomError("anim-clip", `Clip "${clip.name}" holds differences, which carry nobody about.`, {
      clip: clip.name,
    });
  const locals = localsOf(clip.toFrames(), skeleton);
  const words = skeleton.count * POSE_ROWS;
  const motions = new Float64Array(clip.frameCount * 7);
  const above = new Above(skeleton, joint);
  const first = new Float64Array(3);
  const firstTurn = quaternion();
  const position = new Float64Array(3);
  const turn = quaternion();
  const yaw = quaternion();
  const move = motion();
  for (let frame = 0; frame < clip.frameCount; frame++) {
    const local = locals.subarray(frame * words, (frame + 1) * words);
    above.read(local);
    above.model(position, turn);
    if (frame === 0) {
      first.set(position);
      conjugate(firstTurn, turn);
    }
    multiply(turn, turn, firstTurn);
    if (rotation === "y" && turn[1]! * turn[1]! + turn[3]! * turn[3]! > 1e-12) {
      yaw.set([0, turn[1]!, 0, turn[3]!]);
      normalise(yaw, yaw);
    }
    move.fill(0, 0, 3);
    move.set(yaw, 3);
    if (translation !== "none") {
      // The joint stays where it was in the first frame, in the axes taken out.
      rotate(move, yaw, first);
      for (let c = 0; c < 3; c++) move[c] = c === 1 && translation === "xz" ? 0 : position[c]! - move[c]!;
    }
    if (frame === 0) move.fill(0, 0, 3);
    motions.set(move, frame * 7);
    above.apply(local, invertMotion(move, move));
  }
  const settings = { name, steps: clip.toSteps() };
  const inPlace = clipOfLocals(skeleton, locals, clip, settings);
  return { clip: inPlace, motion: new RootMotion(clip, motions) };
}

/** A joint under its ancestors in one frame: from local to model space and back. */
class Above {
  readonly #parents: Int32Array;
  readonly #joint: number;
  readonly #parent: number;
  readonly #models: Float64Array;
  readonly #turn: Quaternion = quaternion();
  readonly #own: Quaternion = quaternion();
  readonly #point = new Float64Array(3);

  constructor(skeleton: Skeleton, joint: number) {
    this.#joint = joint;
    this.#parent = skeleton.parents[joint]!;
    this.#parents = skeleton.parents.subarray(0, joint + 1);
    this.#models = new Float64Array((joint + 1) * 12);
  }

  /** Takes the ancestors of a frame. */
  read(local: Float64Array): void {
    modelMatrices(this.#parents, local, this.#models);
    this.#turn.set([0, 0, 0, 1]);
    for (let joint = this.#parent; joint >= 0; joint = this.#parents[joint]!) {
      normalise(this.#own, local.subarray(joint * POSE_ROWS + 3, joint * POSE_ROWS + 7));
      multiply(this.#turn, this.#own, this.#turn);
    }
    normalise(this.#own, local.subarray(this.#joint * POSE_ROWS + 3, this.#joint * POSE_ROWS + 7));
  }

  /** Where the joint is and how it is turned, in model space. */
  model(position: Float64Array, turn: Quaternion): void {
    const at = this.#joint * 12;
    for (let c = 0; c < 3; c++) position[c] = this.#models[at + 4 * c + 3]!;
    multiply(turn, this.#turn, this.#own);
  }

  /** Changes the local transform of the joint so that in model space it is moved. */
  apply(local: Float64Array, move: Motion): void {
    const at = this.#joint * 12;
    rotate(
      this.#point,
      move,
      [3, 7, 11].map((c) => this.#models[at + c]!),
      3,
    );
    for (let c = 0; c < 3; c++) this.#point[c]! += move[c]!;
    this.#toParent(this.#point);
    multiply(this.#own, this.#turn, this.#own);
    multiply(this.#own, move, this.#own, 3);
    conjugate(this.#turn, this.#turn);
    normalise(this.#own, multiply(this.#own, this.#turn, this.#own));
    local.set(this.#point, this.#joint * POSE_ROWS);
    local.set(this.#own, this.#joint * POSE_ROWS + 3);
  }

  /** From model space into the space of the parent: p -> R^T (p - t) / s for the matrix s R. */
  #toParent(point: Float64Array): void {
    if (this.#parent < 0) return;
    const m = this.#models.subarray(this.#parent * 12, this.#parent * 12 + 12);
    const scale2 = m[0]! * m[0]! + m[4]! * m[4]! + m[8]! * m[8]!;
    const [x, y, z] = [point[0]! - m[3]!, point[1]! - m[7]!, point[2]! - m[11]!];
    for (let c = 0; c < 3; c++) point[c] = scale2 > 1e-30 ? (m[c]! * x + m[4 + c]! * y + m[8 + c]! * z) / scale2 : 0;
  }
}
