import {
  badArgument,
  expectInstance,
  expectList,
  expectNumberOptions,
  expectNumbers,
  expectOptions,
  expectText,
  type Known,
  said,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { AnimArena } from "./arena.ts";
import { Clip, type ClipEvent, type MorphTrack } from "./clip.ts";
import { type Curve, evaluate } from "./curve.ts";
import { type LocalPose, poseError } from "./error.ts";
import { framePose } from "./frame-pose.ts";
import { frameTolerance, onFrame, rateCandidates } from "./rate.ts";
import { Skeleton } from "./skeleton.ts";

/** One of the values of a joint over time. */
export interface CurveTrack {
  readonly joint: number;
  readonly path: "translation" | "rotation" | "scale";
  readonly curve: Curve;
}

/** The morph weights of a mesh over time: `curve.size` targets. */
export interface MorphCurve {
  /** Name of the mesh, as in its model. */
  readonly node: string;
  readonly curve: Curve;
}

export interface ResampleOptions {
  /** Metres in object space that frames may lie from the curves; 0.0001 unless given. */
  readonly error?: number;
  /** Metres from each joint to the points that are compared; 0.1 unless given. */
  readonly shell?: number;
  /** Frames per second, whatever the error; a little more where the last frame would not be at the end. */
  readonly rate?: number;
  /** Most frames of a clip; 100,000 unless given. */
  readonly framesMax?: number;
}

export interface CurvesOptions extends ResampleOptions {
  readonly name: string;
  readonly tracks: readonly CurveTrack[];
  readonly morphs?: readonly MorphCurve[];
  /** Seconds; the time of the last key unless given. */
  readonly duration?: number;
  readonly events?: readonly ClipEvent[];
  /** Takes what is worth knowing: an error that could not be held, steps that come late. */
  warn?(text: string): void;
}

const KNOWN: Known<CurvesOptions> = {
  ...{ name: true, tracks: true, morphs: true, duration: true, events: true, warn: true },
  ...{ error: true, shell: true, rate: true, framesMax: true },
};

const ERROR = 0.0001;
const FRAMES_MAX = 100_000;
/** Of a morph weight. */
const MORPH_ERROR = 0.001;
/** Numbers in the frames of a clip. */
const NUMBERS_MAX: number = 2 ** 27;
const PATHS = { translation: [0, 3], rotation: [3, 4], scale: [7, 3] } as const;

/**
 * A clip whose frames are linear between curves' values: at the lowest rate at which poses stay within `error` of the curves, at all
 * keys and at quarters of frames. Frames lie on the keys where a rate up to 1,000 does so. `clip.error` is what was measured.
 * A step that is not on a frame takes place at the next. Throws `anim-clip` for clips that are too long and malformed curves,
 * and `bad-argument`.
 */
export function clipFromCurves(arena: AnimArena, skeleton: Skeleton, options: CurvesOptions): Clip {
  expectInstance(arena, AnimArena, "arena", "an AnimArena");
  expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
  checkOptions(options);
  const { name, tracks, morphs = [], events = [], error: bound = ERROR, framesMax = FRAMES_MAX, warn } = options;
  const curves = [...tracks, ...morphs].map(({ curve }) => curve);
  for (const track of tracks) checkTrack(name, skeleton, track);
  for (const { node, curve } of morphs) checkCurve(name, `the morph weights of "${said(node)}"`, curve);
  const duration = options.duration ?? Math.max(0, ...curves.map(({ times }) => times[times.length - 1]!));
  if (!(duration >= 0 && duration < Infinity)) throw refused(name, `lasts ${duration} s`);
  const framesFit = Math.min(framesMax, Math.floor(NUMBERS_MAX / (POSE_ROWS * skeleton.stride)));
  const candidates = rateCandidates(curves, duration, framesFit, options.rate);
  if (candidates.length === 0)
    throw refused(name, `lasts ${duration} s, too long for ${framesFit} frames; give a lower rate or raise framesMax`);
  let made: Resampled | undefined;
  for (const intervals of candidates) {
    made = resample(skeleton, tracks, morphs, duration, intervals);
    const last = intervals === candidates.at(-1);
    made.error = measure(skeleton, tracks, duration, made, options.shell, last ? Infinity : bound);
    if (made.error <= bound && morphsFit(morphs, made, duration)) break;
  }
  const { frames, steps, rate, error, morphTracks } = made!;
  if (error > bound)
    warn?.(`Clip "${name}" is up to ${error} m from its curves at ${rate} frames per second; ${bound} were asked for.`);
  const late = curves.some(
    (curve) => curve.interpolation === "STEP" && !Array.from(curve.times).every((time) => onFrame(time, rate)),
  );
  if (late) warn?.(`Clip "${name}" has steps up to ${1 / rate} s late: they are not on its frames.`);
  return Clip.fromFrames(arena, skeleton, { name, rate, duration, frames, steps, error, events, morphs: morphTracks });
}

interface Resampled {
  readonly frames: Float32Array;
  readonly steps: Uint8Array;
  readonly rate: number;
  error: number;
  readonly morphTracks: MorphTrack[];
}

function resample(
  { stride, count, rest }: Skeleton,
  tracks: readonly CurveTrack[],
  morphs: readonly MorphCurve[],
  duration: number,
  intervals: number,
): Resampled {
  const words = POSE_ROWS * stride;
  const frames = new Float32Array(words * (intervals + 1));
  const steps = new Uint8Array(3 * count);
  const rate = intervals > 0 ? intervals / duration : 1;
  const timeOf = (frame: number) => (frame === intervals ? duration : frame / rate);
  for (const { joint, path, curve } of tracks)
    if (curve.interpolation === "STEP") steps[groupOf(path) * count + joint] = 1;
  for (let frame = 0; frame <= intervals; frame++) {
    const at = frame * words;
    frames.set(rest, at);
    for (const { joint, path, curve } of tracks) {
      const [row] = PATHS[path];
      const shift = curve.interpolation === "STEP" ? frameTolerance(rate) : 0;
      evaluate(curve, timeOf(frame) + shift, frames, at + row * stride + joint, stride);
      if (path === "rotation" && frame > 0) turn(frames, at + row * stride + joint, stride, words);
    }
  }
  const morphTracks = morphs.map(({ node, curve }): MorphTrack => {
    const step = curve.interpolation === "STEP";
    const weights = new Float32Array(curve.size * (intervals + 1));
    for (let frame = 0; frame <= intervals; frame++)
      evaluate(curve, timeOf(frame) + (step ? frameTolerance(rate) : 0), weights, frame * curve.size);
    return { node, targets: curve.size, weights, step };
  });
  return { frames, steps, rate, error: 0, morphTracks };
}

/** Turns a quaternion to the side of the frame before. */
function turn(frames: Float32Array, at: number, stride: number, words: number): void {
  let dot = 0;
  for (let c = 0; c < 4; c++) dot += frames[at + c * stride]! * frames[at + c * stride - words]!;
  if (dot < 0) for (let c = 0; c < 4; c++) frames[at + c * stride]! *= -1;
}

/** The largest distance of the frames from the curves, as far as it is looked for: not beyond `enough`. */
function measure(
  skeleton: Skeleton,
  tracks: readonly CurveTrack[],
  duration: number,
  { frames, steps, rate }: Resampled,
  shell: number | undefined,
  enough: number,
): number {
  const { parents, stride, count } = skeleton;
  const intervals = frames.length / (POSE_ROWS * stride) - 1;
  const source = curvePose(skeleton, tracks, rate, intervals, duration);
  const target = framePose(frames, stride, count, steps);
  const keys = new Set<number>();
  const seen = new Set<ArrayLike<number>>();
  for (const { curve } of tracks) {
    if (seen.has(curve.times)) continue;
    seen.add(curve.times);
    for (let i = 0; i < curve.times.length; i++) keys.add(Math.min(curve.times[i]! * rate, intervals));
  }
  const times = [...keys];
  for (let quarter = 0; quarter <= 4 * intervals; quarter++) times.push(quarter / 4);
  let worst = 0;
  const options = shell === undefined ? {} : { shell };
  for (let at = 0; at < times.length && worst <= enough; at += 256)
    worst = Math.max(worst, poseError(parents, source, target, times.slice(at, at + 256), options).error);
  return worst;
}

/** The pose of the curves at a time in frames. Steps take place where the frames have them. */
function curvePose(
  { rest, stride, count }: Skeleton,
  tracks: readonly CurveTrack[],
  rate: number,
  intervals: number,
  duration: number,
): LocalPose {
  const still = new Float64Array(count * POSE_ROWS);
  for (let i = 0; i < still.length; i++) still[i] = rest[(i % POSE_ROWS) * stride + Math.floor(i / POSE_ROWS)]!;
  return (time, out) => {
    out.set(still);
    const seconds = time >= intervals ? duration : time / rate;
    const stepped = Math.floor(time) / rate + frameTolerance(rate);
    for (const { joint, path, curve } of tracks)
      evaluate(curve, curve.interpolation === "STEP" ? stepped : seconds, out, joint * POSE_ROWS + PATHS[path][0]);
  };
}

function morphsFit(morphs: readonly MorphCurve[], { morphTracks, rate }: Resampled, duration: number): boolean {
  return morphs.every(({ curve }, m) => {
    const { weights, step } = morphTracks[m]!;
    if (step) return true;
    const { size } = curve;
    const intervals = weights.length / size - 1;
    const exact = new Float64Array(size);
    for (let quarter = 0; quarter < 4 * intervals; quarter++) {
      const frame = quarter >> 2;
      evaluate(curve, Math.min(quarter / 4 / rate, duration), exact, 0);
      for (let i = 0; i < size; i++) {
        const a = weights[frame * size + i]!;
        const b = weights[(frame + 1) * size + i]!;
        if (!(Math.abs(a + ((b - a) * (quarter & 3)) / 4 - exact[i]!) <= MORPH_ERROR)) return false;
      }
    }
    return true;
  });
}

function groupOf(path: CurveTrack["path"]): number {
  return path === "translation" ? 0 : path === "rotation" ? 1 : 2;
}

function refused(clip: string, why: string): WorldloomError {
  return new WorldloomError("anim-clip", `Clip "${clip}" ${why}.`, { clip });
}

function checkOptions(options: CurvesOptions): void {
  expectOptions(options, "options", KNOWN);
  expectText(options.name, "options.name");
  expectNumberOptions(options, ["duration", "error", "shell", "rate", "framesMax"]);
  const { tracks, morphs = [], warn } = options;
  if (warn !== undefined && typeof warn !== "function") throw badArgument("options.warn", warn, "a function");
  for (const [part, list] of Object.entries({ tracks, morphs })) {
    expectList(list, `options.${part}`);
    for (const track of list) {
      expectOptions(track, `each of options.${part}`);
      const { curve } = track;
      expectOptions(curve, "the curve of a track");
      expectNumbers(curve.times, "times of a curve");
      expectNumbers(curve.values, "values of a curve");
      if (!Number.isInteger(curve.size) || curve.size < 1)
        throw badArgument("size of a curve", curve.size, "a whole number of at least 1");
      if (!INTERPOLATIONS.includes(curve.interpolation))
        throw badArgument("interpolation of a curve", curve.interpolation, `one of ${INTERPOLATIONS.join(", ")}`);
    }
  }
}

const INTERPOLATIONS: readonly string[] = ["LINEAR", "STEP", "CUBICSPLINE"];

function checkTrack(clip: string, skeleton: Skeleton, { joint, path, curve }: CurveTrack): void {
  if (!Number.isInteger(joint) || joint < 0 || joint >= skeleton.count)
    throw refused(clip, `moves joint ${said(joint)}, but "${skeleton.name}" has ${skeleton.count}`);
  if (typeof path !== "string" || !Object.hasOwn(PATHS, path))
    throw refused(clip, `moves the ${said(path)} of a joint; there are translation, rotation and scale`);
  const what = `the ${path} of "${skeleton.names[joint]}"`;
  if (curve.size !== PATHS[path][1] || curve.rotation !== (path === "rotation"))
    throw refused(clip, `has ${curve.size} values for ${what}`);
  checkCurve(clip, what, curve);
}

function checkCurve(clip: string, what: string, { times, values, size, interpolation, rotation }: Curve): void {
  const width = interpolation === "CUBICSPLINE" ? 3 * size : size;
  if (times.length === 0 || values.length !== times.length * width)
    throw refused(clip, `has ${values.length} values for ${times.length} keys of ${what}`);
  for (let key = 0; key < times.length; key++) {
    if (!(times[key]! >= (times[key - 1] ?? 0) && times[key]! < Infinity))
      throw refused(clip, `has the time ${times[key]} at key ${key} of ${what}; times rise from 0`);
    let length = 0;
    for (let i = 0; i < width; i++) {
      const value = values[key * width + i]!;
      if (!Number.isFinite(value)) throw refused(clip, `is not finite at key ${key} of ${what}`);
      if (width === size || (i >= size && i < 2 * size)) length += value * value;
    }
    if (rotation && !(length > 1e-12)) throw refused(clip, `has a rotation of length zero at key ${key} of ${what}`);
  }
}
