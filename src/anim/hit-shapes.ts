import {
  expectInstance,
  expectList,
  expectNumber,
  expectNumberOptions,
  expectNumbers,
  expectOptions,
  type Known,
} from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { POSE_ROWS } from "../native/anim/format.ts";
import { fitCapsule, verticesOfJoints } from "./hit-fit.ts";
import { localsOf } from "./local-frames.ts";
import { jointNumber } from "./pose.ts";
import { Skeleton } from "./skeleton.ts";
import type { Skin } from "./skin.ts";

/** All points within `radius` of a segment; in the space of a joint. */
export interface Capsule {
  readonly joint: number | string;
  readonly from: ArrayLike<number>;
  readonly to: ArrayLike<number>;
  readonly radius: number;
}

/** Vertices bound to joints: a mesh. */
export interface BoundVertices {
  readonly skin: Skin | undefined;
  /** 3 for each vertex. */
  readonly positions: ArrayLike<number>;
  /** `influences` joint numbers of the skin for each vertex. */
  readonly joints: ArrayLike<number>;
  /** A weight for each of them. */
  readonly weights: ArrayLike<number>;
  readonly influences: number;
}

export interface BoneOptions {
  /** Radius of a bone as a part of its length; 0.2 unless given. */
  readonly thickness?: number;
  /** Metres: bones are no thinner; 0.01 unless given. */
  readonly radiusMin?: number;
}

const KNOWN: Known<BoneOptions> = { thickness: true, radiusMin: true };

/** What can be hit of a skeleton: capsules that move with its joints. */
export class HitShapes {
  readonly skeleton: Skeleton;
  /** Joint of each capsule. */
  readonly joints: Int32Array;
  /** 7 for each: from x y z, to x y z, radius. */
  readonly capsules: Float64Array;
  /** No point of a capsule is further from its joint, in the joint's own units. */
  readonly reach: number;

  constructor(skeleton: Skeleton, capsules: readonly Capsule[]) {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    expectList(capsules, "capsules");
    for (const capsule of capsules) {
      expectOptions(capsule, "each of the capsules");
      expectNumbers(capsule.from, "from of a capsule");
      expectNumbers(capsule.to, "to of a capsule");
      expectNumber(capsule.radius, "radius of a capsule");
    }
    this.skeleton = skeleton;
    this.joints = Int32Array.from(capsules, ({ joint }) => jointNumber(skeleton, joint));
    this.capsules = new Float64Array(capsules.length * 7);
    let reach = 0;
    capsules.forEach(({ from, to, radius }, i) => {
      this.capsules.set([from[0]!, from[1]!, from[2]!, to[0]!, to[1]!, to[2]!, radius], i * 7);
      reach = Math.max(reach, length(from) + radius, length(to) + radius);
    });
    this.reach = reach;
    if (radiiOf(this.capsules).every((r) => r >= 0) && this.capsules.every(Number.isFinite)) return;
    throw new WorldloomError("bad-argument", "A capsule is not finite, or has a radius below 0.", {
      skeleton: skeleton.name,
    });
  }

  /** A capsule for each bone: from each joint to each of its children, as the skeleton rests. Throws `bad-argument`. */
  static ofBones(skeleton: Skeleton, options: BoneOptions = {}): HitShapes {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    expectOptions(options, "options", KNOWN);
    expectNumberOptions(options, ["thickness", "radiusMin"]);
    const { thickness = 0.2, radiusMin = 0.01 } = options;
    const rest = localsOf(skeleton.rest, skeleton);
    const capsules: Capsule[] = [];
    skeleton.parents.forEach((parent, joint) => {
      if (parent < 0) return;
      const to = rest.subarray(joint * POSE_ROWS, joint * POSE_ROWS + 3);
      const size = length(to);
      if (size > 0)
        capsules.push({ joint: parent, from: [0, 0, 0], to, radius: Math.max(radiusMin, thickness * size) });
    });
    return new HitShapes(skeleton, capsules);
  }

  /**
   * A capsule for each joint that vertices are bound to, around those that are bound to it more than to any other, as they were
   * when they were bound: `HitShapes.ofVertices(skeleton, model.meshes)`. Meshes that are not bound to the skeleton take no part;
   * throws `bad-argument` if none is.
   */
  static ofVertices(skeleton: Skeleton, meshes: readonly BoundVertices[]): HitShapes {
    expectInstance(skeleton, Skeleton, "skeleton", "a Skeleton");
    expectList(meshes, "meshes");
    const points = verticesOfJoints(skeleton, meshes);
    const rest = localsOf(skeleton.rest, skeleton);
    const capsules: Capsule[] = [];
    points.forEach((own, joint) => {
      if (own.length === 0) return;
      const child = skeleton.parents.indexOf(joint);
      const axis = child < 0 ? undefined : rest.subarray(child * POSE_ROWS, child * POSE_ROWS + 3);
      capsules.push({ joint, ...fitCapsule(own, axis) });
    });
    if (capsules.length > 0) return new HitShapes(skeleton, capsules);
    throw new WorldloomError(
      "bad-argument",
      `No mesh is bound to the skeleton "${skeleton.name}"; give those whose skins are, or use HitShapes.ofBones().`,
      { skeleton: skeleton.name },
    );
  }

  get count(): number {
    return this.joints.length;
  }
}

function radiiOf(capsules: Float64Array): Float64Array {
  return capsules.filter((_, i) => i % 7 === 6);
}

function length(v: ArrayLike<number>): number {
  return Math.sqrt(v[0]! * v[0]! + v[1]! * v[1]! + v[2]! * v[2]!);
}
