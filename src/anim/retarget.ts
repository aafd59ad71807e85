import { expectInstance, expectOptions, expectText, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { Clip } from "./clip.ts";
import { clipOfLocals, localsOf } from "./local-frames.ts";
import { modelRotations, type Rig, rigOf } from "./retarget-rig.ts";
import { conjugate, fromTo, multiply, normalise, type Quaternion, quaternion, rotate } from "./rotation.ts";
import { Skeleton } from "./skeleton.ts";

export interface RetargetOptions {
  /** Joint of the clip's skeleton by joint of the target's. Joints that are not in it are found by their names. */
  readonly map?: Readonly<Record<string, string>>;
  /** Size of the target's movements; "hips", unless given, compares how high the hips of both are above their lowest joint. */
  readonly scale?: number | "hips";
  /** The target's hips; unless given, the first joint from which several limbs go. */
  readonly hips?: string;
  /** Whether bones are to point where those of the source do (unless given) or keep how the two skeletons differ at rest. */
  readonly align?: boolean;
  readonly name?: string;
}

const KNOWN: Known<RetargetOptions> = { map: true, scale: true, hips: true, align: true, name: true };

export interface Retargeted {
  readonly clip: Clip;
  /** Joints of the target without a partner: they rest. */
  readonly missing: readonly string[];
  /** Joints of the source without a partner. */
  readonly unused: readonly string[];
  /** Size of the target's movements. */
  readonly scale: number;
}

/**
 * The clip for another skeleton, joint by joint of the same name: upper and lower case, what is before a colon, and what
 * is no letter or digit do not matter. What each joint turns by in model space, away from how it rests, its partner turns
 * by, too, after it has been turned to point at rest where the source does; how it moves is scaled. Throws `anim-joint`
 * where no joint has a partner or `map` names joints that do not exist, `anim-clip` for a clip of differences, and `bad-argument`.
 */
export function retarget(clip: Clip, target: Skeleton, options: RetargetOptions = {}): Retargeted {
  expectInstance(clip, Clip, "clip", "a Clip");
  expectInstance(target, Skeleton, "target", "a Skeleton");
  expectOptions(options, "options", KNOWN);
  const { align = true, name = clip.name, map = {} } = options;
  expectText(name, "options.name");
  expectOptions(map, "options.map");
  const source = clip.skeleton;
  if (clip.additive)
    throw new WorldloomError(
      "anim-clip",
      `Clip "${clip.name}" holds differences; retarget the clip that they are made of.`,
      {
        clip: clip.name,
      },
    );
  const partners = partnersOf(source, target, map);
  const from = rigOf(source);
  const to = rigOf(target);
  const turns = align ? alignments(from, to, partners) : to.rotations.map(() => quaternion());
  const scale = typeof options.scale === "number" ? options.scale : hipsScale(from, to, partners, options.hips);
  const locals = localsOf(clip.toFrames(), source);
  const moved = new Float64Array(clip.frameCount * target.count * POSE_ROWS);
  const pass = new Transfer(from, to, partners, turns, scale);
  for (let frame = 0; frame < clip.frameCount; frame++) {
    const words = source.count * POSE_ROWS;
    const out = target.count * POSE_ROWS;
    pass.frame(locals.subarray(frame * words, (frame + 1) * words), moved.subarray(frame * out, (frame + 1) * out));
  }
  const steps = clip.toSteps();
  const partnerSteps = Uint8Array.from({ length: 3 * target.count }, (_, i) => {
    const partner = partners[i % target.count]!;
    return partner < 0 ? 0 : steps[Math.floor(i / target.count) * source.count + partner]!;
  });
  return {
    clip: clipOfLocals(target, moved, clip, { name, steps: partnerSteps }),
    missing: target.names.filter((_, joint) => partners[joint]! < 0),
    unused: source.names.filter((_, joint) => !partners.includes(joint)),
    scale,
  };
}

/** Partner of each joint of the target, -1 without one. */
function partnersOf(source: Skeleton, target: Skeleton, map: Readonly<Record<string, string>>): Int32Array {
  for (const joint of Object.keys(map)) target.jointOf(joint);
  const plain = new Map<string, number>();
  source.names.forEach((name, joint) => {
    if (!plain.has(plainName(name))) plain.set(plainName(name), joint);
  });
  const partners = Int32Array.from(target.names, (name) => {
    const mapped = Object.hasOwn(map, name) ? map[name] : undefined;
    if (mapped !== undefined) return source.jointOf(mapped);
    const same = source.findJoint(name);
    return same >= 0 ? same : (plain.get(plainName(name)) ?? -1);
  });
  if (partners.some((partner) => partner >= 0)) return partners;
  throw new WorldloomError(
    "anim-joint",
    `No joint of "${target.name}" (${target.names[0]}, ...) has the name of one of "${source.name}" (${source.names[0]}, ...); pass map.`,
    { source: source.name, target: target.name },
  );
}

function plainName(name: string): string {
  return name
    .slice(name.lastIndexOf(":") + 1)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

/** For each joint of the target the turn, in model space, by which it points at rest where the source does. */
function alignments(from: Rig, to: Rig, partners: Int32Array): Quaternion[] {
  const { parents } = to.skeleton;
  const limbs = limbsOf(parents, partners);
  const turns: Quaternion[] = [];
  const direction = ({ positions }: Rig, joint: number, child: number) =>
    positions[child]!.map((x, c) => x - positions[joint]![c]!);
  for (let joint = 0; joint < partners.length; joint++) {
    const parent = parents[joint]!;
    const turn = quaternion();
    if (parent >= 0) turn.set(turns[parent]!);
    turns.push(turn);
    const [first, ...others] = limbs[joint]!.map((child) => ({
      here: direction(to, joint, child),
      there: direction(from, partners[joint]!, partners[child]!),
    }));
    if (first === undefined) continue;
    const more = quaternion();
    rotate(first.here, turn, first.here);
    multiply(turn, fromTo(more, first.here, first.there), turn);
    // About the first limb it is the one farthest from it that decides.
    const sides = others.map(({ here, there }) => ({
      here: across(rotate(here, turn, here), first.there),
      there: across(there, first.there),
    }));
    const side = sides.reduce<(typeof sides)[0] | undefined>(
      (best, one) => (best === undefined || size(one.there) > size(best.there) ? one : best),
      undefined,
    );
    if (side === undefined || size(side.there) < 0.1 * size(first.there) || size(side.here) < 1e-9) continue;
    multiply(turn, fromTo(more, side.here, side.there), turn);
  }
  return turns;
}

/** For each joint with a partner the next joints below it with one. */
function limbsOf(parents: Int32Array, partners: Int32Array): number[][] {
  const limbs: number[][] = Array.from(partners, () => []);
  parents.forEach((parent, joint) => {
    if (partners[joint]! < 0) return;
    let above = parent;
    while (above >= 0 && partners[above]! < 0) above = parents[above]!;
    if (above >= 0) limbs[above]!.push(joint);
  });
  return limbs;
}

function hipsScale(from: Rig, to: Rig, partners: Int32Array, name: string | undefined): number {
  const limbs = limbsOf(to.skeleton.parents, partners);
  const forked = limbs.findIndex((children) => children.length > 1);
  const first = partners.findIndex((partner) => partner >= 0);
  const hips = name === undefined ? (forked >= 0 ? forked : first) : to.skeleton.jointOf(name);
  const height = ({ positions }: Rig, joint: number) =>
    joint < 0 ? 0 : positions[joint]![1]! - positions.reduce((low, position) => Math.min(low, position[1]!), Infinity);
  const before = height(from, partners[hips]!);
  const after = height(to, hips);
  return before > 1e-6 && after > 1e-6 ? after / before : 1;
}

/** Takes frames of one skeleton over to another. */
class Transfer {
  readonly #from: Rig;
  readonly #to: Rig;
  readonly #partners: Int32Array;
  readonly #scale: number;
  /** For each joint of the target: what its partner's rotation is followed by to be its own. */
  readonly #offsets: readonly Quaternion[];
  readonly #source: readonly Quaternion[];
  readonly #target: readonly Quaternion[];
  readonly #shift = new Float64Array(3);
  readonly #turn = quaternion();

  constructor(from: Rig, to: Rig, partners: Int32Array, turns: readonly Quaternion[], scale: number) {
    this.#from = from;
    this.#to = to;
    this.#partners = partners;
    this.#scale = scale;
    this.#source = from.rotations.map(() => quaternion());
    this.#target = to.rotations.map(() => quaternion());
    this.#offsets = to.rotations.map((rest, joint) => {
      const offset = multiply(quaternion(), turns[joint]!, rest);
      const partner = partners[joint]!;
      return partner < 0 ? offset : multiply(offset, conjugate(quaternion(), from.rotations[partner]!), offset);
    });
  }

  frame(local: Float64Array, out: Float64Array): void {
    const { parents } = this.#to.skeleton;
    modelRotations(this.#source, this.#from.skeleton.parents, local);
    out.set(this.#to.local);
    for (let joint = 0; joint < parents.length; joint++) {
      const parent = parents[joint]!;
      const partner = this.#partners[joint]!;
      const rotation = this.#target[joint]!;
      const at = joint * POSE_ROWS;
      if (partner < 0) {
        rotation.set(out.subarray(at + 3, at + 7));
        if (parent >= 0) multiply(rotation, this.#target[parent]!, rotation);
        continue;
      }
      multiply(rotation, this.#source[partner]!, this.#offsets[joint]!);
      this.#turn.set(rotation);
      if (parent >= 0) multiply(this.#turn, conjugate(this.#turn, this.#target[parent]!), rotation);
      out.set(normalise(this.#turn, this.#turn), at + 3);
      this.#move(local, out, joint, partner);
    }
  }

  /** The translation and scale of a joint: by how much its partner's are not those at rest. */
  #move(local: Float64Array, out: Float64Array, joint: number, partner: number): void {
    const from = this.#from;
    const to = this.#to;
    const at = joint * POSE_ROWS;
    const own = partner * POSE_ROWS;
    const shift = this.#shift;
    for (let c = 0; c < 3; c++) shift[c] = (local[own + c]! - from.local[own + c]!) * this.#scale;
    const above = from.skeleton.parents[partner]!;
    const parent = to.skeleton.parents[joint]!;
    if (above >= 0) rotate(shift, this.#source[above]!, shift);
    if (parent >= 0) rotate(shift, conjugate(this.#turn, this.#target[parent]!), shift);
    const stretch = (above < 0 ? 1 : from.stretch[above]!) / (parent < 0 ? 1 : to.stretch[parent]! || 1);
    for (let c = 0; c < 3; c++) out[at + c]! += shift[c]! * stretch;
    for (let c = 7; c < 10; c++) {
      const rest = from.local[own + c]!;
      if (rest !== 0) out[at + c]! *= local[own + c]! / rest;
    }
  }
}

/** The part of v across the axis. */
function across(v: Float64Array, axis: Float64Array): Float64Array {
  const along = (v[0]! * axis[0]! + v[1]! * axis[1]! + v[2]! * axis[2]!) / (size(axis) * size(axis) || 1);
  return v.map((x, c) => x - axis[c]! * along);
}

function size(v: Float64Array): number {
  return Math.sqrt(v[0]! * v[0]! + v[1]! * v[1]! + v[2]! * v[2]!);
}
