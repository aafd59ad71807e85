import { afterAll, describe, expect, it } from "vitest";
import * as anim from "../../src/anim.ts";
import { AssertionError, WorldloomError } from "../../src/core/errors.ts";
import { rasterCalls } from "./misuse-raster.ts";
import { limbModel } from "./stage.ts";

/*
 * Every public function with each argument, and each part of its options, replaced by what is wrong. What the compiler lets through, numbers out of
 * range, unknown names, assets that are gone or of another arena, goes well or throws an error with a code or an assertion; nothing takes
 * long, asks for more memory than there is, or leaves a block behind. What is left out are functions of a few numbers that run for each joint or vertex and check nothing.
 */
const arena = new anim.AnimArena({ bytesMax: 2 ** 24 });
const other = new anim.AnimArena({ bytesMax: 2 ** 24 });
const build = (to: anim.AnimArena) => {
  const model = limbModel(to, [
    { name: "idle", frames: 5 },
    { name: "walk", frames: 5, pose: (frame, set) => set(0, 2, frame / 9) },
  ]);
  const skeleton = model.skeletons[0]!;
  const skin = anim.Skin.create(to, { skeleton, joints: [0, 1, 2, 3] });
  const mesh = anim.SkinnedMesh.create(to, meshOptions());
  return { model, skeleton, skin, mesh, clip: model.clip("walk"), pose: new anim.Pose(skeleton) };
};
const good = build(arena);
const foreign = build(other);
const gone = build(arena);
for (const one of [gone.model, gone.skin, gone.mesh, gone.pose]) one.dispose();

function meshOptions(): anim.SkinnedMeshOptions {
  return {
    positions: [0, 0, 0, 0, 1, 0, 1, 0, 0],
    joints: [0, 1, 2],
    weights: [1, 1, 1],
    influences: 1,
    indices: [0, 1, 2],
  };
}

const WRONG: readonly unknown[] = [
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
  [Number.NaN, Infinity, 1e300],
  {},
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

type Call = readonly [name: string, call: (...given: never[]) => unknown, ...args: unknown[]];

const { skeleton, skin, clip, pose, mesh, model } = good;
const frames = () => clip.toFrames();
const curve = { times: [0, 1], values: [0, 0, 0, 1, 0, 0], size: 3, interpolation: "LINEAR", rotation: false };
const poses = new anim.ModelPoses(skeleton, 2);
const palettes = new anim.Palettes(skin, 2);
const mask = new anim.JointMask(skeleton).subtree("arm");
const batch = new anim.PoseBatch(arena);
const shapes = anim.HitShapes.ofBones(skeleton);
const targets = new anim.HitTargets(shapes, poses);
const world = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
const skinner = await anim.createSkinner({ backend: "reference", arena });
const meshId = skinner.addMesh(mesh);
const palette = Float32Array.from([...world, ...world, ...world, ...world]);
const Walker = anim.animator({ name: "Walker", layers: [{ name: "body", states: { walk: { clip: "walk" } } }] });
const assets = new anim.AnimAssets();

/** A batch in the middle of a character with a layer. */
const begun = () => batch.begin().character(skeleton, { model: poses }).layer();
const run = (_said: unknown) => batch.run();
const made = (dispose: { dispose(): void }) => dispose.dispose();

const calls: readonly Call[] = [
  ["new AnimArena", (options: anim.ArenaOptions) => new anim.AnimArena(options), { bytesMax: 2 ** 20 }],
  ["arena.allocate", (bytes: number) => arena.release(arena.allocate(bytes)), 100],
  [
    "Skeleton.create",
    (a, o) => made(anim.Skeleton.create(a, o)),
    arena,
    { name: "s", joints: [{ name: "a", parent: -1 }] },
  ],
  [
    "a joint",
    (j) => made(anim.Skeleton.create(arena, { joints: [j] })),
    { name: "a", parent: -1, translation: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] },
  ],
  ["skeleton.jointOf", (name: string) => skeleton.jointOf(name), "arm"],
  [
    "Skin.create",
    (a, o) => made(anim.Skin.create(a, o)),
    arena,
    { name: "s", skeleton, joints: [0, 1], inverseBind: [...world, ...world] },
  ],
  [
    "Clip.fromFrames",
    (a, s, o) => made(anim.Clip.fromFrames(a, s, o)),
    arena,
    skeleton,
    {
      name: "c",
      rate: 10,
      frames: frames(),
      duration: 0.4,
      events: [],
      morphs: [],
      steps: clip.toSteps(),
      additive: false,
    },
  ],
  [
    "an event",
    (e) => made(anim.Clip.fromFrames(arena, skeleton, { name: "c", rate: 10, frames: frames(), events: [e] })),
    { time: 0.1, name: "e" },
  ],
  [
    "clipFromCurves",
    (a, s, o) => made(anim.clipFromCurves(a, s, o)),
    arena,
    skeleton,
    {
      name: "c",
      tracks: [{ joint: 0, path: "translation", curve }],
      duration: 1,
      error: 0.01,
      rate: 10,
      framesMax: 100,
      shell: 0.1,
      morphs: [],
    },
  ],
  [
    "a track",
    (t) => made(anim.clipFromCurves(arena, skeleton, { name: "c", tracks: [t], framesMax: 1000 })),
    { joint: 0, path: "translation", curve },
  ],
  [
    "a curve",
    (c) =>
      made(
        anim.clipFromCurves(arena, skeleton, {
          name: "c",
          tracks: [{ joint: 0, path: "translation", curve: c }],
          framesMax: 1000,
        }),
      ),
    curve,
  ],
  ["compressClip", (c, o) => made(anim.compressClip(c, o).clip), clip, { error: 0.001, shell: 0.1, name: "n" }],
  ["makeAdditive", (c, o) => made(anim.makeAdditive(c, o)), clip, { reference: clip, frame: 0, name: "n" }],
  [
    "extractRootMotion",
    (c, o) => made(anim.extractRootMotion(c, o).clip),
    clip,
    { joint: "root", translation: "xz", rotation: "y", name: "n" },
  ],
  [
    "retarget",
    (c, s, o) => made(anim.retarget(c, s, o).clip),
    clip,
    skeleton,
    { map: { arm: "hand" }, scale: 1, hips: "root", align: true, name: "n" },
  ],
  ["morphWeights", (c, n, s, w) => anim.morphWeights(c, n, s, w), clip, "x", 0, "loop"],
  ["clipPose", (c) => anim.clipPose(c), clip],
  [
    "crossedEvents",
    (c, f, t, w) => anim.crossedEvents(c, f, t, w),
    { duration: 1, events: [{ time: 0.5, name: "e" }] },
    0,
    2,
    "loop",
  ],
  ["eventBuffer", (c, s) => anim.eventBuffer(c, s), { duration: 1, events: [{ time: 0.5, name: "e" }] }, 3],
  ["new Pose", (s, n) => made(new anim.Pose(s, n)), skeleton, "p"],
  ["pose.set", (j, x) => pose.setTranslation(j, x, 0, 0).setRotation(j, x, 0, 0, 1).setScale(j, 1, 1, x), "arm", 1],
  ["pose.copyFrom", (p) => pose.copyFrom(p), pose],
  ["new JointMask", (s, n) => made(new anim.JointMask(s, n)), skeleton, "m"],
  ["mask.subtree", (j, w, o) => mask.subtree(j, w, o), "arm", 1, { feather: 1 }],
  ["mask.set", (j, w) => mask.set(j, w).fill(0), 1, 0.5],
  ["new ModelPoses", (s, c) => made(new anim.ModelPoses(s, c)), skeleton, 3],
  ["new Palettes", (s, c) => made(new anim.Palettes(s, c)), skin, 3],
  ["new Matrices", (a, n, c) => made(new anim.Matrices(a, n, c)), arena, 4, 3],
  ["poses.view", (i) => poses.view(i), 1],
  ["new PoseBatch", (a, o) => made(new anim.PoseBatch(a, o)), arena, { characters: 3, layersEach: 1, entriesEach: 1 }],
  [
    "batch.character",
    (s, o) => batch.begin().character(s, o).layer().clip(clip, 1).run,
    skeleton,
    { local: pose, model: poses, palettes: [palettes], index: 1 },
  ],
  ["batch.layer", (m, w, j) => run(begun().layer(m, w, j)), "override", 0.5, mask],
  ["batch.clip", (c, s, w, r) => run(begun().clip(c, s, w, r)), clip, 0.5, 1, "loop"],
  ["batch.clipAt", (c, f, a, w) => run(begun().clipAt(c, f, a, w)), clip, 1, 0.5, 1],
  ["batch.pose", (p, w) => run(begun().pose(p, w)), pose, 1],
  ["batch.palette", (p, i) => run(begun().palette(p, i)), palettes, 1],
  [
    "batch.twoBone",
    (o) => run(begun().twoBone(o)),
    { upper: "spine", middle: "arm", end: "hand", target: [0, 1, 1], pole: [0, 0, 1], weight: 1, soften: 0.9 },
  ],
  [
    "batch.lookAt",
    (o) => run(begun().lookAt(o)),
    { joint: "hand", target: [0, 1, 1], forward: [0, 0, 1], up: [0, 1, 0], pole: [0, 1, 0], weight: 1, cosineMost: 0 },
  ],
  [
    "new HitShapes",
    (s, c) => new anim.HitShapes(s, c),
    skeleton,
    [{ joint: 1, from: [0, 0, 0], to: [0, 1, 0], radius: 1 }],
  ],
  ["a capsule", (c) => new anim.HitShapes(skeleton, [c]), { joint: 1, from: [0, 0, 0], to: [0, 1, 0], radius: 1 }],
  ["HitShapes.ofBones", (s, o) => anim.HitShapes.ofBones(s, o), skeleton, { thickness: 0.2, radiusMin: 0.1 }],
  [
    "HitShapes.ofVertices",
    (s, m) => anim.HitShapes.ofVertices(s, m),
    skeleton,
    [{ ...meshOptions(), skin, influences: 1 }],
  ],
  ["new HitTargets", (s, p) => new anim.HitTargets(s, p), shapes, poses],
  ["targets.place", (c, w, o) => targets.place(c, w, o), 1, world, 3],
  ["targets.remove", (c) => targets.remove(c), 1],
  ["targets.raycast", (r) => targets.raycast(r), { origin: [0, 1, -5], direction: [0, 0, 1], distance: 9 }],
  [
    "SkinnedMesh.create",
    (a, o) => made(anim.SkinnedMesh.create(a, o)),
    arena,
    {
      name: "m",
      ...meshOptions(),
      normals: [0, 1, 0, 0, 1, 0, 0, 1, 0],
      tangents: [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1],
      morphTargets: [{ positions: [1, 0, 0, 0, 0, 0, 0, 0, 0] }],
    },
  ],
  ["skinner.addMesh", (m) => skinner.removeMesh(skinner.addMesh(m)), mesh],
  ["skinner.submit", (r) => skinner.release(skinner.submit(r)), [{ mesh: meshId, palette }]],
  [
    "a request",
    (r) => skinner.release(skinner.submit([r])),
    {
      mesh: meshId,
      palette,
      joints: 4,
      method: "linear",
      normals: false,
      tangents: false,
      normalise: true,
      keep: "read",
    },
  ],
  ["skinner.release", (t) => skinner.release(t), {}],
  [
    "createSkinner",
    async (o: anim.SkinnerOptions) => made(await anim.createSkinner(o)),
    { arena, backend: "reference" },
  ],
  ["loadGltf", async (s: string, o: anim.GltfOptions) => made(await anim.loadGltf(s, o)), "nowhere.glb", { arena }],
  [
    "assets.add",
    (n, m) => {
      const set = new anim.AnimAssets();
      set.add(n, m);
    },
    "m",
    model,
  ],
  [
    "assets.replace",
    (n, m) => {
      const set = new anim.AnimAssets();
      set.add("m", model);
      set.replace(n, m);
    },
    "m",
    model,
  ],
  [
    "assets.model",
    (n) => {
      const set = new anim.AnimAssets();
      set.add("m", model);
      set.model(n);
      set.number("m");
    },
    0,
  ],
  [
    "new Model",
    (p) => new anim.Model(p),
    { name: "m", skeletons: [], skins: [], meshes: [], clips: [], nodes: [], warnings: [] },
  ],
  ["model.clip", (n, s) => model.clip(n, s), "walk", skeleton],
  ["model.mesh", (n) => model.mesh(n), "walk"],
  ["animator", (d) => anim.animator(d), { name: "W", parameters: {}, layers: [] }],
  [
    "new Animation",
    (w, o) => made(new anim.Animation(w, o)),
    Walker,
    {
      arena,
      assets,
      tickSeconds: 0.1,
      events: true,
      rootMotion: { joint: "root" },
      palettes: true,
      finish: () => undefined,
    },
  ],
  ["socketSystem", (a) => anim.socketSystem(a), new anim.Animation(Walker, { arena, assets, tickSeconds: 1 })],
  ["updateEvery", (d, o) => anim.updateEvery(d, o), 10, { near: 1, most: 8 }],
  ["triangulate", (x, y) => anim.triangulate(x, y), Float64Array.of(0, 1, 0), Float64Array.of(0, 0, 1)],
  ...rasterCalls,
];

afterAll(() => {
  skinner.dispose();
  for (const one of [batch, poses, palettes, mask, good.model, good.skin, good.mesh, good.pose]) one.dispose();
  for (const one of [foreign.model, foreign.skin, foreign.mesh, foreign.pose]) one.dispose();
  expect([arena.live, other.live]).toEqual([PENDING_ANIMATIONS, 0]);
});
/** Batches of the animation that stands for one in the table. */
const PENDING_ANIMATIONS = 5;

describe("what is wrong is refused with a code", () => {
  it.each(calls)("%s", async (...given) => {
    const [name, call, ...args] = given as unknown as Call;
    const strange: string[] = [];
    const attempt = async (what: string, list: readonly unknown[], alike: boolean) => {
      const before = [arena.live, other.live];
      try {
        await call(...(list as never[]));
      } catch (cause) {
        if (
          (alike || cause instanceof RangeError) &&
          !(cause instanceof WorldloomError || cause instanceof AssertionError)
        )
          strange.push(`${what}: ${String(cause)}`);
      }
      expect([what, arena.live, other.live]).toEqual([what, ...before]);
    };
    if (name !== "loadGltf") await attempt("as it is", args, true);
    for (const wrong of WRONG) {
      for (let i = 0; i < args.length; i++) {
        await attempt(`argument ${i} ${show(wrong)}`, args.with(i, wrong), isAlike(args[i], wrong));
        const options = args[i];
        if (typeof options !== "object" || options === null || Object.getPrototypeOf(options) !== Object.prototype)
          continue;
        for (const key of Object.keys(options))
          await attempt(
            `${key} ${show(wrong)}`,
            args.with(i, { ...options, [key]: wrong }),
            isAlike((options as Record<string, unknown>)[key], wrong),
          );
      }
    }
    expect(strange).toEqual([]);
  });
});

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show)}]`;
  return typeof value === "object" && value !== null ? value.constructor.name : String(value);
}

/** Whether the compiler would let one stand for the other. */
function isAlike(right: unknown, wrong: unknown): boolean {
  if (typeof right !== typeof wrong || right === null || wrong === null) return false;
  if (typeof right === "object") {
    const kind = right?.constructor;
    return kind !== Object && kind !== Array && kind !== Float32Array && wrong?.constructor === kind;
  }
  return true;
}
