import { expectInstance, expectNumber, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { Clip, type MorphTrack } from "./clip.ts";
import { type FramePlace, placeFrame, type Wrap } from "./time.ts";

/**
 * Adds `weight` times a track's morph weights to `out`, one for each target: between `frame` and the next, `alpha` of the
 * way. Clips that are blended are added up with weights whose sum is 1.
 */
export function addMorphWeights(
  out: { [index: number]: number },
  track: MorphTrack,
  { frame, alpha }: FramePlace,
  weight = 1,
): void {
  const { targets, weights, step } = track;
  const from = frame * targets;
  const to = Math.min(from + targets, weights.length - targets);
  const part = step ? 0 : alpha;
  for (let i = 0; i < targets; i++) {
    const here = weights[from + i]!;
    out[i]! += (here + (weights[to + i]! - here) * part) * weight;
  }
}

/** The morph weights that a clip gives the mesh of `node` at `seconds` of playback. Throws `anim-clip` where it has none for it. */
export function morphWeights(
  clip: Clip,
  node: string,
  seconds: number,
  wrap: Wrap = "loop",
): Float32Array<ArrayBuffer> {
  expectInstance(clip, Clip, "clip", "a Clip");
  expectNumber(seconds, "seconds");
  const track = clip.morphs.find((one) => one.node === node);
  if (track === undefined) {
    const known = clip.morphs.map((one) => `"${one.node}"`).join(", ");
    throw new WorldloomError(
      "anim-clip",
      `Clip "${clip.name}" has no morph weights for "${said(node)}"; it has ${known === "" ? "none" : `those of ${known}`}.`,
      { clip: clip.name, node },
    );
  }
  const weights = new Float32Array(track.targets);
  addMorphWeights(weights, track, placeFrame({ frame: 0, alpha: 0 }, clip, seconds, wrap));
  return weights;
}
