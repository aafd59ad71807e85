import * as anim from "../../src/anim.ts";
import { limbModel } from "./stage.ts";

/** What the wrong calls are made with: assets in two arenas, and some that are gone. */

export const arena = new anim.AnimArena({ bytesMax: 2 ** 24 });
export const other = new anim.AnimArena({ bytesMax: 2 ** 24 });
export const build = (to: anim.AnimArena) => {
  const model = limbModel(to, [
    { name: "idle", frames: 5 },
    { name: "walk", frames: 5, pose: (frame, set) => set(0, 2, frame / 9) },
  ]);
  const skeleton = model.skeletons[0]!;
  const skin = anim.Skin.create(to, { skeleton, joints: [0, 1, 2, 3] });
  const mesh = anim.SkinnedMesh.create(to, meshOptions());
  return { model, skeleton, skin, mesh, clip: model.clip("walk"), pose: new anim.Pose(skeleton) };
};
export const good = build(arena);
export const foreign = build(other);
export const gone = build(arena);
for (const one of [gone.model, gone.skin, gone.mesh, gone.pose]) one.dispose();

export function meshOptions(): anim.SkinnedMeshOptions {
  return {
    positions: [0, 0, 0, 0, 1, 0, 1, 0, 0],
    joints: [0, 1, 2],
    weights: [1, 1, 1],
    influences: 1,
    indices: [0, 1, 2],
  };
}

export const WRONG: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  Infinity,
  -1,
  0.5,
  1e300,
  5e-324,
  4_294_967_296,
  true,
  "",
  "nonsense",
  7n,
  Symbol("wrong"),
  () => 1,
  [],
  [null],
  [Symbol("wrong"), 7n],
  new BigInt64Array(3),
  [Number.NaN, Infinity, 1e300],
  {},
  Object.create(null),
  new Float32Array(2),
  arena,
  other,
  good.skeleton,
  foreign.skeleton,
  gone.skeleton,
  foreign.clip,
  gone.clip,
  foreign.skin,
  gone.skin,
  foreign.mesh,
  gone.mesh,
  foreign.pose,
  gone.pose,
];

export const { skeleton, skin, clip, pose, mesh, model } = good;
export const frames = () => clip.toFrames();
export const curve = { times: [0, 1], values: [0, 0, 0, 1, 0, 0], size: 3, interpolation: "LINEAR", rotation: false };
export const poses = new anim.ModelPoses(skeleton, 2);
export const palettes = new anim.Palettes(skin, 2);
export const mask = new anim.JointMask(skeleton).subtree("arm");
export const batch = new anim.PoseBatch(arena);
export const shapes = anim.HitShapes.ofBones(skeleton);
export const targets = new anim.HitTargets(shapes, poses);
export const world = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
export const skinner = await anim.createSkinner({ backend: "reference", arena });
export const meshId = skinner.addMesh(mesh);
export const palette = Float32Array.from([...world, ...world, ...world, ...world]);
export const Walker = anim.animator({ name: "Walker", layers: [{ name: "body", states: { walk: { clip: "walk" } } }] });
export const assets = new anim.AnimAssets();

/** A batch in the middle of a character with a layer. */
export const begun = () => batch.begin().character(skeleton, { model: poses }).layer();
export const run = (_said: unknown) => batch.run();
export const made = (dispose: { dispose(): void }) => dispose.dispose();
