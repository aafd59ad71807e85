import { describe, expect, test } from "vitest";
import { Clip, extractRootMotion, makeAdditive, retarget, Skeleton } from "../../src/anim.ts";
import { arenaOf, figure, models, noise, put, randomClip, restFrames, sampled, turn } from "./rigs.ts";

const arena = arenaOf();
const skeleton = figure(arena);
const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((most, x) => Math.max(most, x), 0);

/** Where joints are in a frame. */
function places(clip: Clip, frame: number): number[][] {
  return models(clip.skeleton.parents, sampled(clip, frame, 0)).map((m) => [m[3]!, m[7]!, m[11]!]);
}

/** Directions of the bones of `bones` (joint, child) in a frame. */
function directions(clip: Clip, frame: number, bones: readonly (readonly [string, string])[]): number[][] {
  const at = places(clip, frame);
  return bones.map(([joint, child]) => {
    const [a, b] = [at[clip.skeleton.jointOf(joint)]!, at[clip.skeleton.jointOf(child)]!];
    const side = b.map((x, c) => x - a[c]!);
    return side.map((x) => x / Math.hypot(...side));
  });
}

/** Turns joints only, but for the hips, which move: what people record. */
function acted(of: Skeleton, seed: number, frameCount = 5): Clip {
  const next = noise(seed);
  const frames = restFrames(of, frameCount);
  for (let joint = 0; joint < of.count; joint++) {
    const degrees = 40 * next();
    for (let frame = 0; frame < frameCount; frame++) {
      const rest = [3, 4, 5, 6].map((row) => of.rest[row * of.stride + joint]!);
      const moved = product(turn(degrees * (frame + 1) * 0.4, 0.6, 0, 0.8), rest);
      put(of, frames, frame, joint, [undefined, undefined, undefined, ...moved]);
    }
  }
  const hips = of.jointOf("hips");
  for (let frame = 0; frame < frameCount; frame++)
    put(of, frames, frame, hips, [0.1 * frame, 1 - 0.05 * frame, 0.2 * frame]);
  return Clip.fromFrames(arena, of, { name: "acted", rate: 30, frames });
}

const BONES = [
  ["hips", "spine"],
  ["spine", "arm"],
  ["arm", "elbow"],
  ["elbow", "hand"],
  ["thigh", "shin"],
  ["shin", "foot"],
] as const;

describe("retargeting", () => {
  test.each([true, false])("to the same skeleton gives the same clip (align: %s)", (align) => {
    const twin = figure(arena);
    for (const clip of [acted(skeleton, 1), randomClip(skeleton, 2, { alike: true })]) {
      const { clip: moved, missing, unused, scale } = retarget(clip, twin, { align });
      expect([missing, unused, moved.name, moved.skeleton]).toEqual([[], [], clip.name, twin]);
      expect(scale).toBe(1);
      for (let frame = 0; frame < clip.frameCount; frame++) {
        expect(far(sampled(moved, frame, 0).flat(), sampled(clip, frame, 0).flat())).toBeLessThan(2e-6);
      }
    }
  });

  test("bones point the same way whatever pose the target was bound in", () => {
    const clip = acted(skeleton, 3);
    const bound = figure(arena, {
      arm: turn(-50, 0, 0, 1),
      elbow: turn(20, 0, 1, 0),
      thigh: turn(15, 1, 0, 0),
      spine: turn(-10, 1, 0, 0),
      hips: turn(30, 0, 1, 0),
    });
    const { clip: moved } = retarget(clip, bound);
    for (let frame = 0; frame < clip.frameCount; frame++)
      expect(far(directions(moved, frame, BONES).flat(), directions(clip, frame, BONES).flat())).toBeLessThan(5e-6);
  });

  test("without alignment the skeletons go on differing as they do at rest", () => {
    const clip = Clip.fromFrames(arena, skeleton, { name: "rest", rate: 1, frames: restFrames(skeleton, 1) });
    const bound = figure(arena, { arm: turn(-50, 0, 0, 1) });
    const { clip: moved } = retarget(clip, bound, { align: false });
    expect(
      far(
        sampled(moved, 0, 0).flat(),
        sampled(Clip.fromFrames(arena, bound, { name: "r", rate: 1, frames: restFrames(bound, 1) }), 0, 0).flat(),
      ),
    ).toBeLessThan(1e-6);
  });

  test("joint axes that differ do not matter", () => {
    // The same places, but each joint's own axes are turned: local rests differ everywhere.
    const turned = Skeleton.create(arena, {
      joints: [
        { name: "root", parent: -1, rotation: turn(90, 0, 0, 1) },
        { name: "hips", parent: 0, translation: [1, 0, 0], rotation: turn(90, 0, 0, 1) },
        { name: "spine", parent: 1, translation: [0, -1, 0], rotation: turn(180, 0, 0, 1) },
        { name: "arm", parent: 2, translation: [0.5, 0, 0], rotation: turn(90, 1, 0, 0) },
        { name: "elbow", parent: 3, translation: [0.4, 0, 0] },
        { name: "hand", parent: 4, translation: [0.3, 0, 0] },
        { name: "thigh", parent: 1, translation: [-0.1, 0.1, 0] },
        { name: "shin", parent: 6, translation: [0, 0.45, 0] },
        { name: "foot", parent: 7, translation: [0, 0.45, 0] },
      ],
    });
    const clip = acted(skeleton, 4);
    const { clip: moved } = retarget(clip, turned);
    for (let frame = 0; frame < clip.frameCount; frame++)
      expect(far(places(moved, frame).flat(), places(clip, frame).flat())).toBeLessThan(5e-6);
  });

  test("a skeleton half as large moves half as far", () => {
    const small = Skeleton.create(arena, {
      joints: skeleton.names.map((name, joint) => ({
        name,
        parent: skeleton.parents[joint]!,
        translation: [0, 1, 2].map((row) => skeleton.rest[row * skeleton.stride + joint]! / 2),
      })),
    });
    const clip = acted(skeleton, 5);
    const { clip: moved, scale } = retarget(clip, small);
    expect(scale).toBeCloseTo(0.5, 6);
    for (let frame = 0; frame < clip.frameCount; frame++)
      expect(
        far(
          places(moved, frame).flat(),
          places(clip, frame)
            .flat()
            .map((x) => x / 2),
        ),
      ).toBeLessThan(3e-6);
    expect(retarget(clip, small, { scale: 2 }).scale).toBe(2);
    expect(retarget(clip, small, { hips: "spine" }).scale).toBeCloseTo(0.5, 6);
  });

  test("an armature that is turned and in centimetres is model space all the same", () => {
    const armature = Skeleton.create(arena, {
      joints: [
        { name: "Armature", parent: -1, rotation: turn(-90, 1, 0, 0), scale: [0.01, 0.01, 0.01] },
        { name: "rig:Root", parent: 0 },
        { name: "rig:Hips", parent: 1, translation: [0, 0, 100] },
        { name: "rig:Spine", parent: 2, translation: [0, 0, 100] },
      ],
    });
    const clip = acted(skeleton, 6);
    const { clip: moved, missing, unused, scale } = retarget(clip, armature);
    expect(missing).toEqual(["Armature"]);
    expect(unused).toEqual(["arm", "elbow", "hand", "thigh", "shin", "foot"]);
    expect(scale).toBeCloseTo(1, 6);
    for (let frame = 0; frame < clip.frameCount; frame++) {
      expect(far(places(moved, frame).slice(1).flat(), places(clip, frame).slice(0, 3).flat())).toBeLessThan(1e-5);
      expect(
        far(
          directions(moved, frame, [["rig:Hips", "rig:Spine"]]).flat(),
          directions(clip, frame, [["hips", "spine"]]).flat(),
        ),
      ).toBeLessThan(1e-5);
    }
  });

  test("a map names partners, the others rest", () => {
    const odd = Skeleton.create(arena, {
      joints: [
        { name: "base", parent: -1, translation: [0, 1, 0] },
        { name: "wing", parent: 0, translation: [0.5, 0, 0] },
        { name: "tip", parent: 1, translation: [0.5, 0, 0] },
        { name: "tail", parent: 0, translation: [-1, 0, 0], rotation: turn(25, 0, 1, 0) },
      ],
    });
    const clip = acted(skeleton, 7);
    const { clip: moved, missing } = retarget(clip, odd, { map: { base: "spine", wing: "arm", tip: "elbow" } });
    expect(missing).toEqual(["tail"]);
    expect(sampled(moved, 2, 0)[3]).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((row) => odd.rest[row * odd.stride + 3]!),
    );
    for (let frame = 0; frame < clip.frameCount; frame++)
      expect(
        far(directions(moved, frame, [["wing", "tip"]]).flat(), directions(clip, frame, [["arm", "elbow"]]).flat()),
      ).toBeLessThan(5e-6);
    const bad = { map: { base: "nobody" } };
    expect(() => retarget(clip, odd)).toThrow(expect.objectContaining({ code: "anim-joint" }));
    expect(() => retarget(clip, odd, bad)).toThrow(expect.objectContaining({ code: "anim-joint" }));
    expect(() => retarget(clip, odd, { map: { nobody: "arm" } })).toThrow(
      expect.objectContaining({ code: "anim-joint" }),
    );
    expect(() => retarget(makeAdditive(clip), skeleton)).toThrow(expect.objectContaining({ code: "anim-clip" }));
  });

  test("steps and events come along, and so does root motion", () => {
    const frames = restFrames(skeleton, 3);
    put(skeleton, frames, 2, 1, [0, 1, 3]);
    const steps = new Uint8Array(3 * skeleton.count);
    steps[1] = 1;
    steps[skeleton.count + 4] = 1;
    const clip = Clip.fromFrames(arena, skeleton, {
      name: "s",
      rate: 2,
      frames,
      steps,
      events: [{ time: 1, name: "e" }],
    });
    const { clip: moved } = retarget(clip, figure(arena));
    expect([...moved.toSteps()].slice(0, 2)).toEqual([0, 1]);
    expect(moved.events).toEqual(clip.events);
    const { motion } = extractRootMotion(moved, { joint: "hips" });
    expect(motion.at(new Float64Array(7), 1)[2]).toBeCloseTo(3, 5);
  });
});

function product(
  [ax = 0, ay = 0, az = 0, aw = 1]: readonly number[],
  [bx = 0, by = 0, bz = 0, bw = 1]: readonly number[],
): number[] {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}
