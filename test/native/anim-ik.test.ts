import fc from "fast-check";
import { expect, test } from "vitest";
import { AnimArena, ModelPoses, Pose, PoseBatch, Skeleton } from "../../src/anim.ts";
import { referenceJobs } from "../../src/native/reference/index.ts";
import { addon, alone } from "./both.ts";

const JOINTS = 7;

/** A rig of seven joints in a row in an arena of its own, and the bits of a pose of it. */
function rig(jobs: typeof referenceJobs) {
  const arena = new AnimArena({ jobs, bytesMax: 2 ** 20 });
  const joints = Array.from({ length: JOINTS }, (_, i) => ({ name: `${i}`, parent: i - 1 }));
  const skeleton = Skeleton.create(arena, { joints });
  const pose = new Pose(skeleton);
  const local = new Pose(skeleton);
  const model = new ModelPoses(skeleton);
  const batch = new PoseBatch(arena);
  return (values: readonly number[], say: (batch: PoseBatch) => void): Uint32Array => {
    for (let joint = 0, at = 0; joint < JOINTS; joint++, at += 10) {
      const [tx = 0, ty = 0, tz = 0, x = 0, y = 0, z = 0, w = 0, ...scale] = values.slice(at, at + 10);
      pose.setTranslation(joint, tx, ty, tz).setRotation(joint, x, y, z, w);
      pose.setScale(joint, scale[0]!, scale[1]!, scale[2]!);
    }
    batch.begin().character(skeleton, { local, model }).layer().pose(pose);
    say(batch);
    batch.run();
    return new Uint32Array(Float32Array.from([...model.view(0), ...local.toRows()]).buffer);
  };
}

/** Numbers among which lines, right angles, equal lengths and places that coincide are common. */
const plain = fc.constantFrom(0, 1, -1, 0.5, 2, 1e-4, -1e-20, 1e19, 3e38);
const number = fc.oneof(
  plain,
  fc.float({ min: -2, max: 2, noNaN: true }),
  fc.float({ noDefaultInfinity: true, noNaN: true }),
);
const vector = fc.tuple(number, number, number);
const part = fc.constantFrom(0, 1, 0.5, 0.99, 1e-30);
const rotation = fc.constantFrom(
  [0, 0, 0, 1],
  [0, 0, 0, 0],
  [1, 0, 0, 0],
  [0.5, 0.5, 0.5, 0.5],
  [0, 0.6, 0, -0.8],
  [NaN, 0, 0, 1],
);
const joint = fc
  .tuple(vector, rotation, fc.oneof(fc.constant([1, 1, 1]), vector))
  .map(([translation, turn, scale]) => [...translation, ...turn, ...scale]);
const limb = fc.record({ target: vector, pole: vector, weight: part, soften: part });
const look = fc.record({
  ...{ target: vector, pole: vector, forward: vector, up: vector, weight: part },
  cosineMost: fc.constantFrom(-1, 0, 0.5, 1, -0.999),
});

test.skipIf(alone)("inverse kinematics: both job sets give the same bits, in line, folded and out of range", () => {
  const [reference, native] = [rig(referenceJobs), rig(addon!)];
  fc.assert(
    fc.property(fc.array(joint, { minLength: JOINTS, maxLength: JOINTS }), limb, look, (joints, bend, turn) => {
      const say = (batch: PoseBatch) =>
        batch
          .twoBone({ upper: 1, middle: 2, end: 4, ...bend })
          .lookAt({ joint: 3, ...turn })
          .twoBone({ upper: 0, middle: 4, end: 6, ...bend });
      expect(native(joints.flat(), say)).toEqual(reference(joints.flat(), say));
    }),
    { seed: 7601, numRuns: 2000 },
  );
});
