import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnimArena } from "../../src/anim/arena.ts";
import { Clip } from "../../src/anim/clip.ts";
import { compressClip } from "../../src/anim/compress.ts";
import { Skeleton } from "../../src/anim/skeleton.ts";
import { LAYER_ADDITIVE, LAYER_OVERRIDE, SOURCE_CLIP, SOURCE_POSE } from "../../src/native/anim/format.ts";
import type { Memory } from "../../src/native/memory.ts";
import { type Bones, bits, Scene } from "./anim-scene.ts";
import { addon, alone, expectBytes, expectSame, jobSets, pages } from "./both.ts";
import { noise } from "./parts.ts";

const half = Math.fround(Math.SQRT1_2);

/** A chain of joints: each with a translation, and a rotation and scale if they are given. */
function chain(scene: Scene, joints: readonly { t: number[]; r?: number[]; s?: number[] }[]): Bones {
  const bones = scene.skeleton(joints.length, "chain");
  setPose(scene.memory, scene.memory.u32[bones.offset / 4 + 3]!, bones.stride, joints);
  return bones;
}

function setPose(
  memory: Memory,
  pose: number,
  stride: number,
  joints: readonly { t?: number[]; r?: number[]; s?: number[] }[],
): void {
  for (const [joint, { t = [0, 0, 0], r = [0, 0, 0, 1], s = [1, 1, 1] }] of joints.entries())
    for (const [row, value] of [...t, ...r, ...s].entries()) memory.f32[pose / 4 + row * stride + joint] = value;
}

const place = (memory: Memory, model: number, joint: number) =>
  [3, 7, 11].map((field) => memory.f32[model / 4 + joint * 12 + field]!);

describe.each(jobSets)("animPoses (%s)", (_, jobs) => {
  const figure = [{ t: [0, 0, 0] }, { t: [0, 1, 0] }, { t: [0.5, 0, 0] }, { t: [0.3, 0, 0] }];

  test("turns a spine by a quarter, and the hand is where it should be", () => {
    const memory = pages(1);
    const scene = new Scene(memory, noise(1));
    const bones = chain(scene, figure);
    const pose = scene.place(40 * bones.stride, 64);
    setPose(memory, pose, bones.stride, [figure[0]!, { t: [0, 1, 0], r: [0, half, 0, half] }, ...figure.slice(2)]);
    const layers = scene.layer(scene.entry(pose, SOURCE_POSE, 0, 0, 1), LAYER_OVERRIDE, 1, 0xffffffff);
    const record = scene.character(bones, { layers });
    jobs.animPoses(memory, ...scene.characters(record));
    const [x, y, z] = place(memory, record[4]!, 3);
    expect(x).toBeCloseTo(0, 6);
    expect(y).toBeCloseTo(1, 6);
    expect(z).toBeCloseTo(-0.8, 6);
  });

  test("without layers gives the rest pose, with one half of it half way", () => {
    const memory = pages(1);
    const scene = new Scene(memory, noise(2));
    const bones = chain(scene, figure);
    const pose = scene.place(40 * bones.stride, 64);
    setPose(
      memory,
      pose,
      bones.stride,
      figure.map(({ t }) => ({ t: t.map((value) => value * 3) })),
    );
    const layers = scene.layer(scene.entry(pose, SOURCE_POSE, 0, 0, 2), LAYER_OVERRIDE, 0.5, 0xffffffff);
    const records = [scene.character(bones, {}), scene.character(bones, { layers })];
    jobs.animPoses(memory, ...scene.characters(records.flat()));
    expect(place(memory, records[0]![4]!, 2)).toEqual([0.5, 1, 0]);
    expect(place(memory, records[1]![4]!, 2)).toEqual([1, 2, 0]);
  });

  test("samples between frames, holds steps and the last frame", () => {
    const memory = pages(1);
    const scene = new Scene(memory, noise(3));
    const bones = scene.skeleton(2, "chain");
    const clip = scene.clip(bones, 2, (group) => group === 0);
    const [constant, table, frames] = [5, 7, 9].map((word) => memory.u32[clip / 4 + word]!) as [number, number, number];
    setPose(memory, constant, bones.stride, [{}, {}]);
    memory.u32[table / 4 + 1] = 2;
    memory.f32.fill(0, frames / 4, frames / 4 + 96);
    for (const [i, x] of [1, 10, 3, 20].entries()) memory.f32[frames / 4 + (i >> 1) * 48 + (i & 1)] = x;
    const at = (frame: number, alpha: number) => {
      const layers = scene.layer(scene.entry(clip, SOURCE_CLIP, frame, alpha, 1), LAYER_OVERRIDE, 1, 0xffffffff);
      const record = scene.character(bones, { layers, model: false });
      jobs.animPoses(memory, ...scene.characters(record));
      return [memory.f32[record[3]! / 4]!, memory.f32[record[3]! / 4 + 1]!];
    };
    expect(at(0, 0)).toEqual([1, 10]);
    expect(at(0, 0.25)).toEqual([1.5, 10]);
    expect(at(1, 0.75)).toEqual([3, 20]);
  });

  test("adds differences", () => {
    const memory = pages(1);
    const scene = new Scene(memory, noise(4));
    const bones = chain(scene, figure);
    const pose = scene.place(40 * bones.stride, 64);
    const change = { t: [0, 2, 0], r: [0, half, 0, half], s: [3, 1, 1] };
    setPose(memory, pose, bones.stride, [change, {}, {}, {}]);
    const layers = scene.layer(scene.entry(pose, SOURCE_POSE, 0, 0, 1), LAYER_ADDITIVE, 1, 0xffffffff);
    const record = scene.character(bones, { layers });
    jobs.animPoses(memory, ...scene.characters(record));
    const row = (k: number) => memory.f32[record[3]! / 4 + k * bones.stride]!;
    expect([row(1), row(7), row(8)]).toEqual([2, 3, 1]);
    expect(row(4)).toBeCloseTo(half, 6);
    const [x, y, z] = place(memory, record[4]!, 2);
    expect([x! + 1, y, z]).toEqual([expect.closeTo(1, 6), 3, expect.closeTo(-1.5, 6)]);
  });

  test("leaves out entries of weight 0, whatever they hold", () => {
    const memory = pages(1);
    const scene = new Scene(memory, noise(5));
    const bones = chain(scene, figure);
    const pose = scene.place(40 * bones.stride, 64);
    setPose(
      memory,
      pose,
      bones.stride,
      figure.map(({ t }) => ({ t: t.map(() => NaN) })),
    );
    const entries = scene.entry(pose, SOURCE_POSE, 0, 0, 0);
    const layers = scene.layer(entries, LAYER_OVERRIDE, 1, 0xffffffff);
    const record = scene.character(bones, { layers });
    jobs.animPoses(memory, ...scene.characters(record));
    expect(place(memory, record[4]!, 3)).toEqual([Math.fround(0.5 + Math.fround(0.3)), 1, 0]);
  });
});

/** A compressed clip of three frames, joints of which turn, move and grow. */
const compressed = compressedClip(20);

function compressedClip(count: number): Clip {
  const arena = new AnimArena();
  const joints = Array.from({ length: count }, (_, i) => ({
    name: `joint ${i}`,
    parent: i - 1,
    translation: [0, 0.1, 0],
  }));
  const skeleton = Skeleton.create(arena, { joints });
  const next = noise(17);
  const frames = new Float32Array(4 * skeleton.rest.length);
  for (let frame = 0; frame < 4; frame++) {
    const at = frame * skeleton.rest.length;
    frames.set(skeleton.rest, at);
    for (let i = 0; i < count; i++) {
      const row = (k: number) => at + k * skeleton.stride + i;
      if (i % 5 > 0) for (let k = 3; k < 6; k++) frames[row(k)] = (next() / 2 ** 32 - 0.5) * 0.2;
      if (i % 7 === 0) frames[row(1)]! += next() / 2 ** 33;
      if (i % 9 === 0) frames[row(8)]! += next() / 2 ** 34;
      const turn = [3, 4, 5].reduce((sum, k) => sum + frames[row(k)]! ** 2, 0);
      frames[row(6)] = Math.sqrt(1 - turn);
    }
  }
  return compressClip(Clip.fromFrames(arena, skeleton, { name: "waving", rate: 30, frames })).clip;
}

interface Pick {
  readonly seed: number;
  readonly joints: number;
  readonly shape: "chain" | "star" | "tree";
  readonly characters: number;
}

/** Some characters with whatever layers they may have. */
function anyScene(memory: Memory, choice: Pick): [number, number] {
  return fillScene(new Scene(memory, noise(choice.seed)), choice);
}

function fillScene(scene: Scene, { joints, shape, characters }: Omit<Pick, "seed">): [number, number] {
  const { next } = scene;
  const bones = scene.skeleton(joints, shape);
  const { stride } = bones;
  const frames = joints === compressed.skeleton.count ? 4 : 1 + (next() % 4);
  const clips = [
    scene.clip(bones, frames),
    scene.clip(bones, frames, (group) => group === 1),
    scene.clip(bones, frames),
  ];
  if (joints === compressed.skeleton.count) clips[0] = scene.compressed(bones, compressed);
  const poses = [scene.pose(stride), scene.wildPose(stride)];
  const masks = [0xffffffff, 0xffffffff, scene.mask(stride)];
  const skinJoints = 1 + (next() % 40);
  const skins = [scene.skin(bones, skinJoints)];
  const weights = [0, 1, 1, 0.25, 1e-40, 3e38];
  const layerWeights = [0, 1, 1, 0.3, 1e-42, 0.99];
  const alphas = [0, 0.5, 0.999, 1, 0.1];
  const entry = () => {
    const weight = next() % 3 === 0 ? (scene.unit() + 1) / 2 : weights[next() % weights.length]!;
    if (next() % 4 === 0) return scene.entry(poses[next() % 2]!, SOURCE_POSE, next(), 7, weight);
    const alpha = next() % 2 === 0 ? next() / 2 ** 33 : alphas[next() % 5]!;
    return scene.entry(clips[next() % 3]!, SOURCE_CLIP, next() % frames, alpha, weight);
  };
  const layer = () => {
    const entries = Array.from({ length: next() % 5 }, entry).flat();
    return scene.layer(entries, next() % 2, layerWeights[next() % 6]!, masks[next() % 3]!);
  };
  const lookAt = () => {
    const [x, y, z] = [scene.unit(), scene.unit(), scene.unit()].map((value) => bits(value * 3));
    const weight = bits([1, 0, 0.5][next() % 3]!);
    const [forward, up] = [
      [bits(0), bits(0), bits(1)],
      [bits(0), bits(1), bits(0)],
    ];
    return [1, next() % joints, weight, bits(scene.unit()), x!, y!, z!, ...up, ...forward, ...up];
  };
  const twoBone = () => {
    const end = next() % joints;
    const middle = bones.parents[end]!;
    const upper = bones.parents[middle] ?? -1;
    if (upper < 0) return [];
    const [x, y, z] = [scene.unit(), scene.unit(), scene.unit()].map((value) => bits(value * 3));
    return [0, upper, bits(0.75), bits(1), x!, y!, z!, bits(0), bits(1), bits(0.1), middle, end, 0, 0, 0, 0];
  };
  const records = Array.from({ length: characters }, () =>
    scene.character(bones, {
      layers: Array.from({ length: next() % 4 }, layer).flat(),
      local: next() % 2 === 0,
      model: next() % 4 > 0,
      palettes: Array.from({ length: next() % 3 }, () => [skins[0]!, skinJoints] as const),
      ik: next() % 3 > 0 ? [] : [lookAt(), twoBone(), lookAt()].flat(),
    }),
  );
  return scene.characters(records.flat());
}

const pick = fc.record({
  seed: fc.nat(2 ** 30),
  joints: fc.oneof(fc.constant(20), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 200 })),
  shape: fc.constantFrom("chain", "star", "tree"),
  characters: fc.integer({ min: 1, max: 4 }),
});

test.skipIf(alone)("animPoses: both job sets give the same bits", () => {
  let ran = 0;
  fc.assert(
    fc.property(pick, (choice) => {
      let call: [number, number] = [0, 0];
      const outcome = expectSame(
        16,
        (memory) => {
          call = anyScene(memory, choice as Pick);
        },
        (jobs, memory) => jobs.animPoses(memory, ...call),
      );
      if ("result" in outcome) ran++;
    }),
    { seed: 11, numRuns: 400 },
  );
  expect(ran).toBe(400);
});

const hostile = [
  0, 1, 2, 3, 17, 64, 1024, 1025, 4096, 0x10000, 0x1ffc0, 0x1fffc, 0x20000, 0x3f800000, 0x7f7fffff, 0x7f800000,
  0x7fc00000, 0x7fffffff, 0x80000000, 0xbf800000, 0xffffffc0, 0xfffffffc, 0xffffffff,
];

test.skipIf(alone)("animPoses: any word may be wrong", () => {
  const memory = pages(2);
  const scene = new Scene(memory, noise(23));
  const call = fillScene(scene, { joints: 20, shape: "tree", characters: 4 });
  const good = memory.u8.slice();
  const reasons = new Set<string>();
  let ran = 0;
  for (const word of scene.written) {
    for (const value of hostile) {
      const outcome = expectSame(
        2,
        (memory) => {
          memory.u8.set(good);
          memory.u32[word] = value;
        },
        (jobs, memory) => jobs.animPoses(memory, ...call),
      );
      if ("result" in outcome) ran++;
      else
        reasons.add(
          Object.values(outcome.refused as object)
            .slice(0, 2)
            .join(" "),
        );
    }
  }
  expect(ran).toBeGreaterThan(100);
  // Each operand, refused for each reason that it can be refused for.
  expect(reasons.size).toBe(74);
});

describe.each(jobSets)("animPoses refuses (%s)", (_, jobs) => {
  const outputs = { local: 3, model: 4 } as const;

  test.each([
    ["matrices over those of another character", "model", (records: number[]) => records[4]! + 16],
    [
      "matrices over the rest pose",
      "model",
      (_: number[], memory: Memory, bones: Bones) => memory.u32[bones.offset / 4 + 3]!,
    ],
    [
      "a pose over a clip's frames",
      "local",
      (_: number[], memory: Memory, __: Bones, clip: number) => memory.u32[clip / 4 + 9]!,
    ],
    ["a pose over its own matrices", "local", (records: number[]) => Math.floor(records[12 + 4]! / 64) * 64],
    ["matrices over the list of characters", "model", () => -1],
  ] as const)("%s", (_, field, place) => {
    const memory = pages(2);
    const scene = new Scene(memory, noise(31));
    const bones = scene.skeleton(5, "chain");
    const clip = scene.clip(bones, 2, () => true);
    const layers = scene.layer(scene.entry(clip, SOURCE_CLIP, 0, 0, 1), LAYER_OVERRIDE, 1, 0xffffffff);
    scene.place(256);
    const records = [scene.character(bones, { layers }), scene.character(bones, { layers })].flat();
    const call = scene.characters(records);
    const at = place(records, memory, bones, clip);
    memory.u32[call[0] / 4 + 12 + outputs[field]] = at < 0 ? Math.floor(call[0] / 16) * 16 : at;
    const before = memory.u8.slice();
    expect(() => jobs.animPoses(memory, ...call)).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ reason: "overlap" }) }),
    );
    expectBytes(memory.u8, before);
  });
});

test.skipIf(alone)("animPoses: any number of threads gives the same bits", () => {
  const [one, two] = [pages(160), pages(160)];
  const call = fillScene(new Scene(one, noise(41)), { joints: 20, shape: "tree", characters: 600 });
  const before = one.u8.slice();
  addon!.threads(1);
  addon!.animPoses(one, ...call);
  for (const threads of [2, 3]) {
    addon!.threads(threads);
    two.u8.set(before);
    addon!.animPoses(two, ...call);
    expectBytes(two.u8, one.u8);
  }
  addon!.threads(1);
});
