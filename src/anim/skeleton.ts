import {
  expectInstance,
  expectList,
  expectNumbers,
  expectOptions,
  expectText,
  type Known,
  said,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { JOINTS_MAX, LANES, POSE_ROWS, SKELETON_MAGIC, SKELETON_WORDS } from "../native/anim/format.ts";
import { AnimArena } from "./arena.ts";
import { AnimAsset } from "./asset.ts";

export interface JointOptions {
  /** Made unique by a number behind it where another joint has it. */
  readonly name: string;
  /** Index of the parent in the same list, -1 without one. */
  readonly parent: number;
  /** Rest pose relative to the parent: metres. */
  readonly translation?: ArrayLike<number>;
  /** A quaternion x y z w; it is normalised. */
  readonly rotation?: ArrayLike<number>;
  readonly scale?: ArrayLike<number>;
}

export interface SkeletonOptions {
  readonly name?: string;
  /** In any order; 1 to 1,024. */
  readonly joints: readonly JointOptions[];
}

const KNOWN: Known<SkeletonOptions> = { name: true, joints: true };
const JOINT: Known<JointOptions> = { name: true, parent: true, translation: true, rotation: true, scale: true };

/** Joints with their parents before them, and the pose that they rest in. */
export class Skeleton extends AnimAsset {
  /** Joint names, each once. */
  readonly names: readonly string[];
  /** Parent of each joint, -1 without one; always a lower number than the joint's. */
  readonly parents: Int32Array;
  /** Joint that each of the joints given to {@link Skeleton.create} became. */
  readonly mapping: Int32Array;
  /** f32 from one row of a pose to the next: the joints, rounded up to a multiple of 16. */
  readonly stride: number;
  /** 10 rows of `stride` f32: tx ty tz qx qy qz qw sx sy sz. */
  readonly rest: Float32Array;
  readonly #joints = new Map<string, number>();

  private constructor(arena: AnimArena, name: string, mapping: Int32Array, joints: readonly JointOptions[]) {
    const count = joints.length;
    const stride = Math.ceil(count / LANES) * LANES;
    const header = 64;
    const block = arena.allocate(header + stride * 4 * (1 + POSE_ROWS));
    super(arena, name, block);
    this.mapping = mapping;
    this.stride = stride;
    this.names = uniqueNames(joints);
    this.names.forEach((joint, i) => {
      this.#joints.set(joint, i);
    });
    this.parents = Int32Array.from(joints, (joint) => joint.parent);
    this.rest = restPose(joints, stride);
    const { memory } = arena;
    const parentsAt = block.offset + header;
    const restAt = parentsAt + stride * 4;
    memory.u32.set([SKELETON_MAGIC, count, stride, restAt, parentsAt], block.offset >>> 2);
    memory.u32.fill(0, (block.offset >>> 2) + SKELETON_WORDS, parentsAt >>> 2);
    memory.i32.fill(-1, parentsAt >>> 2, restAt >>> 2);
    memory.i32.set(this.parents, parentsAt >>> 2);
    memory.f32.set(this.rest, restAt >>> 2);
  }

  /** Throws `anim-asset` for circles, parents that do not exist, more than 1,024 joints, values that are not finite; and `bad-argument`. */
  static create(arena: AnimArena, options: SkeletonOptions): Skeleton {
    expectInstance(arena, AnimArena, "arena", "an AnimArena");
    expectOptions(options, "options", KNOWN);
    const { name = "skeleton", joints } = options;
    expectText(name, "options.name");
    expectList(joints, "options.joints");
    if (joints.length === 0 || joints.length > JOINTS_MAX)
      throw refused(name, `has ${joints.length} joints; a skeleton has 1 to ${JOINTS_MAX}`, { joints: joints.length });
    joints.forEach((joint, i) => {
      checkJoint(name, joint, i, joints.length);
    });
    const order = parentsFirst(name, joints);
    const mapping = new Int32Array(joints.length);
    order.forEach((given, joint) => {
      mapping[given] = joint;
    });
    const sorted = order.map((given) => {
      const joint = joints[given]!;
      return { ...joint, parent: joint.parent < 0 ? -1 : mapping[joint.parent]! };
    });
    return new Skeleton(arena, name, mapping, sorted);
  }

  /** Number of joints. */
  get count(): number {
    return this.names.length;
  }

  /** The joint of that name. Throws `anim-joint` where there is none. */
  jointOf(name: string): number {
    const joint = this.#joints.get(name);
    if (joint !== undefined) return joint;
    const known = this.names.slice(0, 8).join(", ");
    throw new WorldloomError(
      "anim-joint",
      `Skeleton "${this.name}" has no joint "${said(name)}"; it has ${known}${this.count > 8 ? ", ..." : ""}.`,
      { skeleton: this.name, joint: name },
    );
  }

  /** The joint of that name, -1 where there is none. */
  findJoint(name: string): number {
    return this.#joints.get(name) ?? -1;
  }
}

function refused(name: string, why: string, operands: object): WorldloomError {
  return new WorldloomError("anim-asset", `Skeleton "${name}" ${why}.`, { skeleton: name, ...operands });
}

function checkJoint(skeleton: string, joint: JointOptions, i: number, count: number): void {
  expectOptions(joint, "each of options.joints", JOINT);
  expectText(joint.name, "the name of a joint");
  const { parent, translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] } = joint;
  const refuse = (why: string) => refused(skeleton, `has a joint ${i} ("${joint.name}") ${why}`, { joint: i });
  if (!Number.isInteger(parent) || parent < -1 || parent >= count)
    throw refuse(`whose parent ${said(parent)} does not exist`);
  for (const [name, list] of Object.entries({ translation, rotation, scale }))
    expectNumbers(list, `${name} of a joint`);
  const finite = (values: ArrayLike<number>, length: number) =>
    values.length === length && Array.from(values).every((value) => Number.isFinite(Math.fround(value)));
  if (!finite(translation, 3) || !finite(rotation, 4) || !finite(scale, 3))
    throw refuse("whose rest pose is not 3, 4 and 3 finite numbers");
  if (!(lengthOf(rotation) >= 1e-12)) throw refuse("whose rotation is zero");
}

function lengthOf(q: ArrayLike<number>): number {
  return Math.sqrt(q[0]! * q[0]! + q[1]! * q[1]! + q[2]! * q[2]! + q[3]! * q[3]!);
}

/** Indices of the joints, parents first, otherwise in the order given. */
function parentsFirst(name: string, joints: readonly JointOptions[]): number[] {
  const order: number[] = [];
  /** 0 not seen, 1 on the way to the root, 2 in order. */
  const state = new Uint8Array(joints.length);
  for (let i = 0; i < joints.length; i++) {
    const path: number[] = [];
    for (let at = i; at >= 0 && state[at] !== 2; at = joints[at]!.parent) {
      if (state[at] === 1)
        throw refused(name, `has a joint ${at} ("${joints[at]!.name}") that is its own ancestor`, { joint: at });
      state[at] = 1;
      path.push(at);
    }
    for (const at of path.reverse()) {
      state[at] = 2;
      order.push(at);
    }
  }
  return order;
}

function uniqueNames(joints: readonly JointOptions[]): string[] {
  const taken = new Set(joints.map(({ name }) => name));
  const seen = new Set<string>();
  return joints.map(({ name }) => {
    let unique = name;
    for (let n = 2; seen.has(unique) || (unique !== name && taken.has(unique)); n++) unique = `${name}.${n}`;
    seen.add(unique);
    return unique;
  });
}

/** The rows of a pose; lanes past the joints hold the identity. */
function restPose(joints: readonly JointOptions[], stride: number): Float32Array {
  const rest = new Float32Array(POSE_ROWS * stride);
  rest.fill(1, 6 * stride, POSE_ROWS * stride);
  joints.forEach(({ translation, rotation, scale }, joint) => {
    if (translation !== undefined) for (let c = 0; c < 3; c++) rest[c * stride + joint] = translation[c]!;
    if (scale !== undefined) for (let c = 0; c < 3; c++) rest[(7 + c) * stride + joint] = scale[c]!;
    if (rotation === undefined) return;
    const length = lengthOf(rotation);
    for (let c = 0; c < 4; c++) rest[(3 + c) * stride + joint] = rotation[c]! / length;
  });
  return rest;
}
