import { existsSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import {
  AnimArena,
  Clip,
  clipPose,
  compressClip,
  framesAndHalves,
  loadGltf,
  makeAdditive,
  poseError,
  Skeleton,
} from "../../src/anim.ts";
import { type MotionOptions, motionClip, motionKinds } from "./motions.ts";

const REAL = new URL("../../../shared/data/gltf/rigged_simple.gltf", import.meta.url);

let arena: AnimArena;
beforeEach(() => {
  arena = new AnimArena({ bytesMax: 1 << 26 });
});

/** Largest distance between two clips, at frames and between them, at joints and 0.1 m around. */
function distance(a: Clip, b: Clip, shell = 0.1): number {
  const { parents } = a.skeleton;
  return poseError(parents, clipPose(a), clipPose(b), framesAndHalves(a.frameCount, a.toSteps().includes(1)), { shell })
    .error;
}

const motions = fc.record<MotionOptions>({
  joints: fc.integer({ min: 1, max: 20 }),
  frames: fc.oneof(fc.constantFrom(1, 2, 3, 17, 64, 65, 66), fc.integer({ min: 1, max: 90 })),
  seed: fc.nat(1_000_000),
  kind: fc.constantFrom(...motionKinds),
});

describe("the error in object space", () => {
  const pose = (angle: number, x: number) => (_: number, out: Float64Array) => {
    out.set([x, 0, 0, 0, 0, Math.sin(angle / 2), Math.cos(angle / 2), 1, 1, 1]);
    out.set([1, 0, 0, 0, 0, 0, 2, 1, 1, 1], 10);
  };

  test("is how far points around a joint move, those of its children among them", () => {
    const still = pose(0, 0);
    expect(poseError([-1, 0], still, pose(0, 0.25), [0]).error).toBeCloseTo(0.25, 12);
    // A turn by 0.01 moves what is 1.1 m away by 2 sin(0.005) of that; the child's rotation need not be normalised.
    const { error, joint } = poseError([-1, 0], still, pose(0.01, 0), [0], { shell: 0.1 });
    expect(error).toBeCloseTo(2 * Math.sin(0.005) * 1.1, 12);
    expect(joint).toBe(1);
  });

  test("is found where it is largest, and a pose that is not finite is infinitely far", () => {
    const rising = (time: number, out: Float64Array) => pose(0, time === 1.5 ? 0.5 : 0)(time, out);
    expect(poseError([-1, 0], pose(0, 0), rising, framesAndHalves(3))).toEqual({ error: 0.5, joint: 0, time: 1.5 });
    expect(poseError([-1, 0], pose(0, 0), pose(0, Number.NaN), [0]).error).toBe(Infinity);
  });
});

describe("compressed clips", () => {
  test("are within the bound, as an independent look at what is played says", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(motions, fc.constantFrom(1e-3, 1e-4), (options, error) => {
        const arena = new AnimArena({ bytesMax: 1 << 26 });
        const clip = motionClip(arena, options);
        const made = compressClip(clip, { error: options.kind === "far" ? Math.max(error, 3e-4) : error });
        const bound = options.kind === "far" ? Math.max(error, 3e-4) : error;
        expect(made.error).toBeLessThanOrEqual(bound);
        expect(distance(clip, made.clip)).toBe(made.error);
        expect(made.clip).toMatchObject({ kind: "compressed", frameCount: clip.frameCount, duration: clip.duration });
        for (const asset of [made.clip, clip, clip.skeleton]) asset.dispose();
        expect(arena.live).toBe(0);
      }),
      { seed: 71, numRuns: 45 },
    );
  });

  test("are the same each time", () => {
    const clip = motionClip(arena, { joints: 12, frames: 40, seed: 5, kind: "noisy" });
    const bytes = (made: Clip) => {
      const { u32, u8 } = arena.memory;
      const [tracks, count] = [u32[made.offset / 4 + 7]!, u32[made.offset / 4 + 8]!];
      return Buffer.from(u8.slice(tracks, tracks + count)).toString("hex");
    };
    expect(bytes(compressClip(clip).clip)).toBe(bytes(compressClip(clip).clip));
  });

  test("hold steps until the frame at which they change", () => {
    const clip = motionClip(arena, { joints: 6, frames: 50, seed: 8, kind: "stepped" });
    expect(clip.toSteps().some((step) => step === 1)).toBe(true);
    const made = compressClip(clip);
    const times = Array.from({ length: 49 }, (_, frame) => frame + 0.99);
    const { parents } = clip.skeleton;
    expect(poseError(parents, clipPose(clip), clipPose(made.clip), times).error).toBeLessThanOrEqual(1.02e-4);
  });

  test("of one frame, or without anything that moves, have no tracks", () => {
    for (const [frames, kind] of [
      [1, "smooth"],
      [40, "still"],
    ] as const) {
      const made = compressClip(motionClip(arena, { joints: 5, frames, seed: 3, kind }));
      expect(made).toMatchObject({ tracks: 0, bytes: 0, bytesRaw: 0, ratio: 1 });
      expect(made.error).toBeLessThan(1e-6);
    }
  });

  test("keep events, morph weights, duration and what was known of the error", () => {
    const skeleton = Skeleton.create(arena, { joints: [{ name: "a", parent: -1 }] });
    const frames = new Float32Array(3 * 160);
    for (let frame = 0; frame < 3; frame++) frames.set([frame], frame * 160);
    for (let at = 6 * 16; at < frames.length; at += 160) frames.fill(1, at, at + 64);
    const morphs = [{ node: "face", targets: 1, weights: Float32Array.of(0, 0.5, 1), step: false }];
    const events = [{ time: 0.5, name: "step" }];
    const options = { name: "walk", rate: 2, duration: 0.9, events, morphs, error: 0.01, frames };
    const made = compressClip(Clip.fromFrames(arena, skeleton, options), { name: "small" });
    expect(made.clip).toMatchObject({ name: "small", rate: 2, duration: 0.9, events, morphs });
    expect(made.clip.error).toBe(0.01 + made.error);
    expect(() => made.clip.toFrames()).toThrow(expect.objectContaining({ code: "anim-clip" }));
  });

  test("of differences are measured over the rest pose", () => {
    const clip = motionClip(arena, { joints: 9, frames: 30, seed: 12, kind: "smooth" });
    const additive = makeAdditive(clip);
    const made = compressClip(additive);
    expect(made.clip.additive).toBe(true);
    expect(made.error).toBeLessThanOrEqual(1e-4);
    expect(made.ratio).toBeGreaterThan(2);
  });

  test("that cannot be within the bound are refused", () => {
    const clip = motionClip(arena, { joints: 8, frames: 30, seed: 2, kind: "far" });
    const live = arena.live;
    // A kilometre away, f32 are 0.00006 m apart.
    expect(() => compressClip(clip, { error: 1e-6 })).toThrow(
      expect.objectContaining({ code: "anim-compress", operands: expect.objectContaining({ error: 1e-6 }) }),
    );
    expect(arena.live).toBe(live);
    for (const options of [{ error: 0 }, { error: Number.NaN }, { shell: -1 }, { shell: Infinity }])
      expect(() => compressClip(clip, options)).toThrow(expect.objectContaining({ code: "bad-argument" }));
    const { clip: small } = compressClip(clip, { error: 0.01 });
    expect(() => compressClip(small)).toThrow(expect.objectContaining({ code: "anim-clip" }));
  });

  test("take less the more they may lose", { timeout: 30_000 }, () => {
    const clip = motionClip(arena, { joints: 14, frames: 90, seed: 21, kind: "smooth" });
    const bytes = [1e-2, 1e-3, 1e-4].map((error) => compressClip(clip, { error }).bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
  });

  test("of a figure take an eighth or less", { timeout: 60_000 }, async () => {
    const model = await loadGltf(figure({ vertices: 600 }), { arena });
    for (const clip of model.clips.filter(({ name }) => name === "walk" || name === "run")) {
      const { ratio, error } = compressClip(clip);
      expect(error).toBeLessThanOrEqual(1e-4);
      expect(ratio).toBeGreaterThan(8);
    }
  });

  test.skipIf(!existsSync(REAL))("of a real model take a sixth or less", async () => {
    const model = await loadGltf(REAL, { arena });
    const { ratio, error, tracks } = compressClip(model.clips[0]!);
    expect(tracks).toBe(1);
    expect(error).toBeLessThanOrEqual(1e-4);
    expect(ratio).toBeGreaterThan(6);
  });
});

if (!existsSync(REAL)) console.info("compression of a real model is skipped: ../shared/data/gltf is not there");
