import {
  badArgument,
  expectList,
  expectNumbers,
  expectOptions,
  expectText,
  type Known,
  said,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { JOINTS_MAX, MATRIX_FLOATS, SKIN_MAGIC } from "../native/anim/format.ts";
import type { AnimArena } from "./arena.ts";
import { AnimAsset } from "./asset.ts";
import { Skeleton } from "./skeleton.ts";

export interface SkinOptions {
  readonly name?: string;
  readonly skeleton: Skeleton;
  /** Joint of the skeleton that each joint number of the mesh stands for; 1 to 1,024. */
  readonly joints: ArrayLike<number>;
  /** 12 f32 for each: 3 rows of 4 of the matrix from the mesh to the joint when the mesh was bound. Identity unless given. */
  readonly inverseBind?: ArrayLike<number>;
}

const KNOWN: Known<SkinOptions> = { name: true, skeleton: true, joints: true, inverseBind: true };

/** How the joint numbers of a mesh are bound to a skeleton. */
export class Skin extends AnimAsset {
  readonly skeleton: Skeleton;
  /** Joints of the skeleton, by the numbers that vertices use. */
  readonly joints: Uint32Array;
  /** 12 f32 for each joint: 3 rows of 4. */
  readonly inverseBind: Float32Array;

  private constructor(
    arena: AnimArena,
    name: string,
    skeleton: Skeleton,
    joints: Uint32Array,
    inverseBind: Float32Array,
  ) {
    const jointsAt = 64;
    const matricesAt = jointsAt + Math.ceil((joints.length * 4) / 64) * 64;
    const block = arena.allocate(matricesAt + joints.length * MATRIX_FLOATS * 4);
    super(arena, name, block);
    this.skeleton = skeleton;
    this.joints = joints;
    this.inverseBind = inverseBind;
    const { memory } = arena;
    const { offset } = block;
    memory.u32.fill(0, offset >>> 2, (offset + matricesAt) >>> 2);
    memory.u32.set([SKIN_MAGIC, joints.length, offset + jointsAt, offset + matricesAt], offset >>> 2);
    memory.u32.set(joints, (offset + jointsAt) >>> 2);
    memory.f32.set(inverseBind, (offset + matricesAt) >>> 2);
  }

  /** Throws `anim-asset` for joints that the skeleton does not have and matrices that are not finite, and `bad-argument`. */
  static create(arena: AnimArena, options: SkinOptions): Skin {
    expectOptions(options, "options", KNOWN);
    if (!(options.skeleton instanceof Skeleton)) throw badArgument("options.skeleton", options.skeleton, "a Skeleton");
    expectList(options.joints, "options.joints");
    const { name = "skin", skeleton, joints, inverseBind = identities(joints.length) } = options;
    expectText(name, "options.name");
    expectNumbers(inverseBind, "options.inverseBind");
    const refuse = (why: string) =>
      new WorldloomError("anim-asset", `Skin "${name}" ${why}.`, { skin: name, skeleton: skeleton.name });
    if (arena !== skeleton.arena) throw refuse(`is not in the arena of its skeleton "${skeleton.name}"`);
    if (joints.length === 0 || joints.length > JOINTS_MAX)
      throw refuse(`has ${joints.length} joints; a skin has 1 to ${JOINTS_MAX}`);
    for (let i = 0; i < joints.length; i++) {
      const joint = joints[i]!;
      if (!Number.isInteger(joint) || joint < 0 || joint >= skeleton.count)
        throw refuse(
          `binds its joint ${i} to ${said(joint)}, but "${skeleton.name}" has the joints 0 to ${skeleton.count - 1}`,
        );
    }
    if (inverseBind.length !== joints.length * MATRIX_FLOATS)
      throw refuse(`has ${inverseBind.length} numbers for ${joints.length} matrices of ${MATRIX_FLOATS}`);
    const matrices = Float32Array.from(inverseBind);
    const wrong = matrices.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw refuse(`has an inverse bind matrix ${Math.floor(wrong / MATRIX_FLOATS)} that is not finite`);
    return new Skin(arena, name, skeleton, Uint32Array.from(joints), matrices);
  }

  /** Matrices of a palette: one for each joint number. */
  get count(): number {
    return this.joints.length;
  }
}

function identities(count: number): Float32Array {
  const matrices = new Float32Array(count * MATRIX_FLOATS);
  for (let i = 0; i < matrices.length; i += MATRIX_FLOATS) matrices[i] = matrices[i + 5] = matrices[i + 10] = 1;
  return matrices;
}
