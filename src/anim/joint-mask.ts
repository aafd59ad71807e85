import { expectInstance, expectNumberOptions, expectOptions, expectText, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { AnimAsset } from "./asset.ts";
import { jointNumber } from "./pose.ts";
import { Skeleton } from "./skeleton.ts";

const SUBTREE: Known<{ feather?: number }> = { feather: true };

/** How much of a layer each joint gets: 0 to 1. Begins with 0 everywhere. */
export class JointMask extends AnimAsset {
  readonly skeleton: Skeleton;

  constructor(skeleton: Skeleton, name = "mask") {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    expectText(name, "name");
    super(skeleton.arena, name, skeleton.arena.allocate(skeleton.stride * 4));
    this.skeleton = skeleton;
    this.fill(0);
  }

  /** The same weight for all joints. */
  fill(weight: number): this {
    const at = this.offset >>> 2;
    this.arena.memory.f32.fill(this.#checked(weight), at, at + this.skeleton.stride);
    return this;
  }

  set(joint: number | string, weight = 1): this {
    const at = jointNumber(this.skeleton, joint);
    this.arena.memory.f32[(this.offset >>> 2) + at] = this.#checked(weight);
    return this;
  }

  /**
   * A joint and all below it. With `feather` the weight comes in over so many joints: the first gets
   * `weight / (feather + 1)`, its children twice that, and so on. Throws `bad-argument`, `anim-joint`.
   */
  subtree(root: number | string, weight = 1, options: { readonly feather?: number } = {}): this {
    expectOptions(options, "options", SUBTREE);
    expectNumberOptions(options, ["feather"]);
    const { feather = 0 } = options;
    const { parents, count } = this.skeleton;
    const first = jointNumber(this.skeleton, root);
    this.#checked(weight);
    const steps = feather >= 0 ? Math.floor(feather) + 1 : 1;
    const depth = new Int32Array(count);
    const at = this.offset >>> 2;
    for (let joint = first; joint < count; joint++) {
      const parent = parents[joint]!;
      depth[joint] = joint === first ? 1 : parent < 0 || depth[parent] === 0 ? 0 : depth[parent]! + 1;
      if (depth[joint] !== 0) this.arena.memory.f32[at + joint] = (weight * Math.min(depth[joint]!, steps)) / steps;
    }
    return this;
  }

  /** 1 minus each weight. */
  invert(): this {
    const { f32 } = this.arena.memory;
    const at = this.offset >>> 2;
    for (let joint = 0; joint < this.skeleton.count; joint++) f32[at + joint] = 1 - f32[at + joint]!;
    return this;
  }

  get(joint: number | string): number {
    return this.arena.memory.f32[(this.offset >>> 2) + jointNumber(this.skeleton, joint)]!;
  }

  #checked(weight: number): number {
    if (typeof weight === "number" && weight >= 0 && weight <= 1) return weight;
    throw new WorldloomError("bad-argument", `Mask "${this.name}" got the weight ${said(weight)}; give 0 to 1.`, {
      mask: this.name,
      weight,
    });
  }
}
