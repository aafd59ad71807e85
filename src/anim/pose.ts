import { badArgument, expectInstance, expectText, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { AnimAsset } from "./asset.ts";
import { Skeleton } from "./skeleton.ts";

/** The local transforms of a skeleton's joints, to be blended or to be written by a batch. Begins at rest. */
export class Pose extends AnimAsset {
  readonly skeleton: Skeleton;

  constructor(skeleton: Skeleton, name = "pose") {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    expectText(name, "name");
    super(skeleton.arena, name, skeleton.arena.allocate(POSE_ROWS * skeleton.stride * 4));
    this.skeleton = skeleton;
    this.rest();
  }

  /** Every joint as the skeleton rests. */
  rest(): this {
    this.arena.memory.f32.set(this.skeleton.rest, this.offset >>> 2);
    return this;
  }

  /** Every joint unmoved: translation 0, no rotation, scale 1. As differences, this changes nothing. */
  identity(): this {
    const { stride } = this.skeleton;
    const at = this.offset >>> 2;
    this.arena.memory.f32.fill(0, at, at + 6 * stride);
    this.arena.memory.f32.fill(1, at + 6 * stride, at + POSE_ROWS * stride);
    return this;
  }

  copyFrom(other: Pose): this {
    expectInstance(other, Pose, "other", "a Pose");
    if (other.skeleton !== this.skeleton)
      throw new WorldloomError("anim-asset", `Poses of "${other.skeleton.name}" do not fit "${this.skeleton.name}".`, {
        from: other.skeleton.name,
        to: this.skeleton.name,
      });
    this.arena.memory.copy(this.offset, other.offset, POSE_ROWS * this.skeleton.stride * 4);
    return this;
  }

  setTranslation(joint: number | string, x: number, y: number, z: number): this {
    return this.#write(joint, 0, x, y, z);
  }

  /** A unit quaternion; one that is not is normalised when it is blended. */
  setRotation(joint: number | string, x: number, y: number, z: number, w: number): this {
    if (typeof w !== "number") throw badArgument("w", w, "a number");
    this.#write(joint, 3, x, y, z);
    const { stride } = this.skeleton;
    this.arena.memory.f32[(this.offset >>> 2) + 6 * stride + this.#joint(joint)] = w;
    return this;
  }

  setScale(joint: number | string, x: number, y: number, z: number): this {
    return this.#write(joint, 7, x, y, z);
  }

  /** Translation x y z, rotation x y z w, scale x y z of a joint. */
  get(joint: number | string, out: Float32Array<ArrayBuffer> = new Float32Array(POSE_ROWS)): Float32Array<ArrayBuffer> {
    expectInstance(out, Float32Array, "out", "a Float32Array");
    const at = (this.offset >>> 2) + this.#joint(joint);
    for (let row = 0; row < POSE_ROWS; row++) out[row] = this.arena.memory.f32[at + row * this.skeleton.stride]!;
    return out;
  }

  /** A copy of the 10 rows: tx of all joints, then ty, and so on, each `skeleton.stride` long. */
  toRows(): Float32Array<ArrayBuffer> {
    const at = this.offset >>> 2;
    return Float32Array.from(this.arena.memory.f32.subarray(at, at + POSE_ROWS * this.skeleton.stride));
  }

  #write(joint: number | string, row: number, x: number, y: number, z: number): this {
    if (typeof x !== "number" || typeof y !== "number" || typeof z !== "number")
      throw badArgument("x, y and z", typeof x !== "number" ? x : typeof y !== "number" ? y : z, "numbers");
    const { stride } = this.skeleton;
    const { f32 } = this.arena.memory;
    const at = (this.offset >>> 2) + row * stride + this.#joint(joint);
    f32[at] = x;
    f32[at + stride] = y;
    f32[at + 2 * stride] = z;
    return this;
  }

  #joint(joint: number | string): number {
    return jointNumber(this.skeleton, joint);
  }
}

/** The number of a joint given by its name or number. Throws `anim-joint` where the skeleton has none such. */
export function jointNumber(skeleton: Skeleton, joint: number | string): number {
  if (typeof joint === "string") return skeleton.jointOf(joint);
  if (Number.isInteger(joint) && joint >= 0 && joint < skeleton.count) return joint;
  throw new WorldloomError(
    "anim-joint",
    `Skeleton "${skeleton.name}" has no joint ${said(joint)}; it has 0 to ${skeleton.count - 1}.`,
    {
      skeleton: skeleton.name,
      joint,
    },
  );
}
