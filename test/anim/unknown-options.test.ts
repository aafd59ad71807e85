import { afterAll, expect, test } from "vitest";
import * as anim from "../../src/anim.ts";
import {
  arena,
  assets,
  batch,
  clip,
  curve,
  foreign,
  frames,
  good,
  mask,
  mesh,
  meshId,
  meshOptions,
  other,
  palette,
  palettes,
  poses,
  skeleton,
  skinner,
  targets,
  Walker,
  world,
} from "./misuse-stage.ts";

afterAll(() => {
  skinner.dispose();
  for (const one of [batch, poses, palettes, mask, good.model, good.skin, good.mesh, good.pose]) one.dispose();
  for (const one of [foreign.model, foreign.skin, foreign.mesh, foreign.pose]) one.dispose();
  expect([arena.live, other.live]).toEqual([0, 0]);
});

/** Fills with ones. */
const ones = (_: number, out: Float64Array) => out.fill(1);
const animationOptions = { arena, assets, tickSeconds: 0.1 };

/** What is called, what the message says of the first word, and options that are right without it. */
const calls: readonly [what: string, said: string, call: (given: never) => unknown, options?: object][] = [
  ["AnimArena", "bytes in options; there are bytesMax, jobs.", (o) => new anim.AnimArena(o)],
  [
    "Skeleton.create",
    "bones in options; there are name, joints.",
    (o) => anim.Skeleton.create(arena, o),
    { joints: [{ name: "a", parent: -1 }] },
  ],
  [
    "a joint",
    "scaling in each of options.joints; there are name, parent, translation, rotation, scale.",
    (j) => anim.Skeleton.create(arena, { joints: [j] }),
    { name: "a", parent: -1 },
  ],
  [
    "Skin.create",
    "inverseBinds in options; there are name, skeleton, joints, inverseBind.",
    (o) => anim.Skin.create(arena, o),
    { skeleton, joints: [0] },
  ],
  [
    "Clip.fromFrames",
    "step in options; there are name, rate, duration, additive, events, morphs, error, frames, steps.",
    (o) => anim.Clip.fromFrames(arena, skeleton, o),
    { name: "c", rate: 10, frames: frames() },
  ],
  [
    "clipFromCurves",
    "shells in options; there are name, tracks, morphs, duration, events, warn, error, shell, rate, framesMax.",
    (o) => anim.clipFromCurves(arena, skeleton, o),
    { name: "c", tracks: [{ joint: 0, path: "translation", curve }] },
  ],
  ["compressClip", "bound in options; there are error, shell, name.", (o) => anim.compressClip(clip, o)],
  ["makeAdditive", "frames in options; there are reference, frame, name.", (o) => anim.makeAdditive(clip, o)],
  [
    "extractRootMotion",
    "axes in options; there are joint, translation, rotation, name.",
    (o) => anim.extractRootMotion(clip, o),
    { joint: "root" },
  ],
  [
    "retarget",
    "hip in options; there are map, scale, hips, align, name.",
    (o) => anim.retarget(clip, skeleton, o),
    { map: { arm: "hand" } },
  ],
  ["poseError", "shells in options; there are shell.", (o) => anim.poseError([-1], ones, ones, [0], o)],
  ["mask.subtree", "feathers in options; there are feather.", (o) => mask.subtree("arm", 1, o)],
  [
    "HitShapes.ofBones",
    "thick in options; there are thickness, radiusMin.",
    (o) => anim.HitShapes.ofBones(skeleton, o),
  ],
  [
    "targets.raycast",
    "distanceMax in ray; there are origin, direction, distance.",
    (ray) => targets.raycast(ray),
    { origin: [0, 1, -5], direction: [0, 0, 1] },
  ],
  [
    "PoseBatch",
    "layers in options; there are characters, layersEach, entriesEach.",
    (o) => new anim.PoseBatch(arena, o),
  ],
  [
    "SkinnedMesh.create",
    "index in options; there are name, positions, normals, tangents, joints, weights, influences, indices, morphTargets",
    (o) => anim.SkinnedMesh.create(arena, o),
    meshOptions(),
  ],
  [
    "a morph target",
    "position in each of options.morphTargets; there are name, positions, normals, tangents.",
    (target) => anim.SkinnedMesh.create(arena, { ...meshOptions(), morphTargets: [target] }),
  ],
  [
    "createSkinner",
    "backends in options; there are backend, arena, calibration, log, clock, open, device, force, load.",
    (o) => anim.createSkinner(o),
    { arena, backend: "reference" },
  ],
  [
    "calibration",
    "vertex in options.calibration; there are vertices, joints, meshes, keep, runs.",
    (calibration) => anim.createSkinner({ arena, backend: "reference", calibration }),
  ],
  [
    "backends of one's own",
    "addon in options.open; there are webgpu, native, reference.",
    (open) => anim.createSkinner({ arena, backend: "reference", open }),
  ],
  [
    "a request",
    "normal in a request; there are mesh, palette, joints, morphWeights, method, normals, tangents, normalise, keep.",
    (request) => skinner.release(skinner.submit([request])),
    { mesh: meshId, palette },
  ],
  [
    "loadGltf",
    "frameMax in options; there are arena, name, folder, bytesMax, error, shell, rate, framesMax.",
    (o) => anim.loadGltf("nowhere.glb", o),
    { arena },
  ],
  [
    "Animation",
    "palette in options; there are arena, assets, tickSeconds, events, rootMotion, palettes, finish.",
    (o) => new anim.Animation(Walker, o),
    animationOptions,
  ],
  [
    "root motion of an animation",
    "axes in options.rootMotion; there are joint, translation, rotation, name.",
    (rootMotion) => new anim.Animation(Walker, { ...animationOptions, rootMotion }),
    { joint: "root" },
  ],
];

test.each(calls)("%s names what does not exist: %s", async (_, said, call, options = {}) => {
  const [name = ""] = said.split(" ");
  const { live } = arena;
  const refusal = await (async () => call({ ...options, [name]: undefined } as never))().then(
    () => undefined,
    (error) => error,
  );
  expect([refusal?.code, refusal?.message]).toEqual(["bad-argument", expect.stringContaining(`There is no ${said}`)]);
  expect(arena.live).toBe(live);
});

test("what exists may be undefined, and a mesh of a model may be given where a mesh is needed", () => {
  const all = { node: 0, skin: good.skin, morphWeights: new Float32Array(1), parts: [], matrix: world };
  const target = { name: "smile", positions: new Float32Array(9), normals: undefined, tangents: undefined };
  const given = { ...all, ...meshOptions(), name: "m", skeleton, joint: 0, morphTargets: [target], normals: undefined };
  using made = anim.SkinnedMesh.create(arena, given);
  expect([made.vertices, made.morphTargets]).toEqual([mesh.vertices, 1]);
});
