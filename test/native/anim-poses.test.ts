import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LAYER_ADDITIVE, LAYER_OVERRIDE, SOURCE_CLIP, SOURCE_POSE } from "../../src/native/anim/format.ts";
import type { Memory } from "../../src/native/memory.ts";
import { type Bones, bits, Scene } from "./anim-scene.ts";
import { alone, expectSame, jobSets, pages } from "./both.ts";
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

interface Pick {
  readonly seed: number;
  readonly joints: number;
  readonly shape: "chain" | "star" | "tree";
  readonly characters: number;
}

/** Some characters with whatever layers they may have. */
function anyScene(memory: Memory, { seed, joints, shape, characters }: Pick): [number, number] {
  const next = noise(seed);
  const scene = new Scene(memory, next);
  const bones = scene.skeleton(joints, shape);
  const { stride } = bones;
  const frames = 1 + (next() % 4);
  const clips = [
    scene.clip(bones, frames),
    scene.clip(bones, frames, (group) => group === 1),
    scene.clip(bones, frames),
  ];
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
  joints: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 200 })),
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
