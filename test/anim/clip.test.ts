import { describe, expect, test } from "vitest";
import { AnimArena, Clip, Skeleton, Skin } from "../../src/anim.ts";
import { CLIP_MAGIC, NONE } from "../../src/native/anim/format.ts";

function chain(arena: AnimArena, count: number): Skeleton {
  const joints = Array.from({ length: count }, (_, i) => ({ name: `j${i}`, parent: i - 1, translation: [0, i, 0] }));
  return Skeleton.create(arena, { name: "chain", joints });
}

/** `count` frames of the rest pose. */
function still({ rest }: Skeleton, count: number): Float32Array {
  const frames = new Float32Array(rest.length * count);
  for (let frame = 0; frame < count; frame++) frames.set(rest, frame * rest.length);
  return frames;
}

describe("frames", () => {
  const arena = new AnimArena();
  const skeleton = chain(arena, 20);
  const { stride } = skeleton;

  test("come back as they were given; vectors that do not move are kept once", () => {
    const frames = still(skeleton, 5);
    for (let frame = 0; frame < 5; frame++) {
      frames[frame * 10 * stride + 17] = frame;
      frames[frame * 10 * stride + 3 * stride + 2] = Math.fround(0.1 * frame);
    }
    const steps = new Uint8Array(60);
    steps[17] = steps[20 + 2] = 1;
    const before = arena.live;
    const clip = Clip.fromFrames(arena, skeleton, { name: "a", rate: 30, frames, steps });
    expect([clip.frameCount, clip.duration, clip.kind, clip.additive]).toEqual([5, 4 / 30, "frames", false]);
    expect(clip.toFrames()).toEqual(frames);
    expect(clip.toSteps()).toEqual(steps);
    const record = [...arena.memory.u32.subarray(clip.offset >>> 2, (clip.offset >>> 2) + 10)];
    expect(record.slice(0, 5)).toEqual([CLIP_MAGIC, 0, 20, 32, 5]);
    // Translations of the second vector, rotations of the first.
    expect(record[8]).toBe((3 + 4) * 64);
    const table = [...arena.memory.u32.subarray(record[7]! >>> 2, (record[7]! >>> 2) + 12)];
    expect(table).toEqual([NONE, 0, 0, 2, 48, 4, NONE, 0, NONE, 0, NONE, 0]);
    expect(record.slice(5, 10).map((offset, i) => (i === 1 ? 0 : offset % 64))).toEqual([0, 0, 0, 0, 0]);
    clip.dispose();
    expect(arena.live).toBe(before);
    expect(() => clip.offset).toThrow(expect.objectContaining({ code: "anim-asset" }));
  });

  test("have quaternions on the side of the frame before, and the identity past the joints", () => {
    const frames = still(skeleton, 3);
    frames[10 * stride + 6 * stride] = -1;
    frames[31] = 7;
    using clip = Clip.fromFrames(arena, skeleton, { name: "a", rate: 30, frames });
    expect(clip.toFrames()).toEqual(still(skeleton, 3));
    expect(frames[31]).toBe(7);
  });

  test.for<[string, (frames: Float32Array) => object]>([
    ["NaN", (frames) => ({ frames: frames.fill(Number.NaN, 3, 4) })],
    ["zero quaternions", (frames) => ({ frames: frames.fill(0, 6 * stride, 6 * stride + 1) })],
    ["half a frame", (frames) => ({ frames: frames.subarray(5) })],
    ["no frame", () => ({ frames: new Float32Array() })],
    ["no rate", () => ({ rate: 0 })],
    ["a long duration", () => ({ duration: 9 })],
    ["too few steps", () => ({ steps: new Uint8Array(3) })],
    ["a late event", () => ({ events: [{ time: 2, name: "end" }] })],
    [
      "morph weights of other frames",
      () => ({ morphs: [{ node: "a", targets: 2, weights: new Float32Array(5), step: false }] }),
    ],
    ["a foreign arena", () => ({ arena: new AnimArena({ bytesMax: 1 << 20 }) })],
  ])("refuse %s, and leave no block behind", ([, change]) => {
    const { live } = arena;
    const { arena: into = arena, ...changed } = change(still(skeleton, 2)) as { arena?: AnimArena };
    const options = { name: "bad", rate: 30, frames: still(skeleton, 2), ...changed };
    expect(() => Clip.fromFrames(into, skeleton, options)).toThrow(expect.objectContaining({ code: "anim-clip" }));
    expect(arena.live).toBe(live);
  });
});

describe("skins", () => {
  const arena = new AnimArena();
  const skeleton = chain(arena, 3);

  test("lie in the arena as jobs read them", () => {
    const { live } = arena;
    const skin = Skin.create(arena, { skeleton, joints: [2, 0] });
    const { u32, f32 } = arena.memory;
    const [, count, joints = 0, matrices = 0] = u32.subarray(skin.offset >>> 2, (skin.offset >>> 2) + 4);
    expect([count, ...u32.subarray(joints >>> 2, (joints >>> 2) + 2)]).toEqual([2, 2, 0]);
    expect([...f32.subarray(matrices >>> 2, (matrices >>> 2) + 12)]).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
    skin.dispose();
    skin.dispose();
    expect(arena.live).toBe(live);
  });

  test.for<[string, object]>([
    ["a joint out of range", { joints: [3] }],
    ["half a joint", { joints: [0.5] }],
    ["no joints", { joints: [] }],
    ["too many joints", { joints: new Uint32Array(1025) }],
    ["too few matrices", { joints: [0, 1], inverseBind: new Float32Array(12) }],
    ["NaN", { joints: [0], inverseBind: new Float32Array(12).fill(Number.NaN) }],
  ])("refuse %s", ([, options]) => {
    expect(() => Skin.create(arena, { skeleton, joints: [0], ...options })).toThrow(
      expect.objectContaining({ code: "anim-asset" }),
    );
  });
});
