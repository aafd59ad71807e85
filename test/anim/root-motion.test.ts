import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import {
  Clip,
  composeMotions,
  extractRootMotion,
  invertMotion,
  loadGltf,
  makeAdditive,
  motion,
  RootMotion,
  repeatMotion,
  Skeleton,
  type Wrap,
} from "../../src/anim.ts";
import { arenaOf, models, put, restFrames, sampled, turn } from "./rigs.ts";

const arena = arenaOf();
/** The armature is turned and scaled, as files from modelling programs are: z up, centimetres. */
const skeleton = Skeleton.create(arena, {
  joints: [
    { name: "armature", parent: -1, rotation: turn(-90, 1, 0, 0), scale: [0.01, 0.01, 0.01] },
    { name: "hips", parent: 0, translation: [0, 0, 100] },
    { name: "spine", parent: 1, translation: [0, 0, 50] },
  ],
});

/** Walks forwards and to the left, bobbing and leaning, from a start that is turned. */
function walk(frameCount = 11): Clip {
  const frames = restFrames(skeleton, frameCount);
  for (let frame = 0; frame < frameCount; frame++) {
    const part = frame / (frameCount - 1);
    const yaw = turn(30 + 60 * part, 0, 0, 1);
    const lean = turn(10 * Math.sin(part * 6), 1, 0, 0);
    const rotation = product(yaw, lean);
    put(skeleton, frames, frame, 1, [40 * part * part, -150 * part, 100 + 5 * Math.sin(part * 12), ...rotation]);
  }
  return Clip.fromFrames(arena, skeleton, { name: "walk", rate: 10, frames, events: [{ time: 0.5, name: "step" }] });
}

/** A move as a matrix of 4 rows. */
function matrixOf(m: ArrayLike<number>): number[] {
  return models([-1], [[m[0]!, m[1]!, m[2]!, m[3]!, m[4]!, m[5]!, m[6]!, 1, 1, 1]])[0]!;
}

function applied(m: readonly number[], to: readonly number[]): number[] {
  const full = [...to, 0, 0, 0, 1];
  return Array.from({ length: 12 }, (_, i) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + m[Math.floor(i / 4) * 4 + k]! * full[k * 4 + (i % 4)]!, 0),
  );
}

const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((most, x) => Math.max(most, x), 0);

describe("root motion", () => {
  const clip = walk();
  const kinds = [
    { translation: "xz", rotation: "y" },
    { translation: "xyz", rotation: "y" },
    { translation: "xz", rotation: "none" },
    { translation: "none", rotation: "y" },
    { translation: "none", rotation: "none" },
  ] as const;

  test.each(kinds)("$translation and $rotation: clip in place and movement are the clip", (options) => {
    const { clip: still, motion: root } = extractRootMotion(clip, { joint: "hips", ...options });
    for (let frame = 0; frame < clip.frameCount; frame++) {
      const move = matrixOf(root.at(motion(), frame / 10));
      const there = models(skeleton.parents, sampled(clip, frame, 0));
      const here = models(skeleton.parents, sampled(still, frame, 0));
      for (const joint of [1, 2]) expect(far(applied(move, here[joint]!), there[joint]!)).toBeLessThan(2e-6);
    }
    expect(still.events).toEqual(clip.events);
    expect([still.rate, still.frameCount, still.duration]).toEqual([clip.rate, clip.frameCount, clip.duration]);
  });

  test("what is taken out stays where it was", () => {
    const place = (one: Clip, frame: number) =>
      [3, 7, 11].map((i) => models(skeleton.parents, sampled(one, frame, 0))[1]![i]!);
    const first = place(clip, 0);
    const { clip: flat } = extractRootMotion(clip, { joint: "hips" });
    const { clip: fixed } = extractRootMotion(clip, { joint: "hips", translation: "xyz" });
    for (let frame = 0; frame < clip.frameCount; frame++) {
      const [x = 0, y = 0, z = 0] = place(flat, frame);
      expect(far([x, y, z], [first[0]!, place(clip, frame)[1]!, first[2]!])).toBeLessThan(1e-6);
      expect(far(place(fixed, frame), first)).toBeLessThan(1e-6);
    }
  });

  test("a turn about y is the hips' turn since the start", () => {
    const { motion: root } = extractRootMotion(clip, { joint: "hips" });
    const end = root.at(motion(), 1);
    expect(far(end.subarray(3), turn(60, 0, 1, 0))).toBeLessThan(0.06);
    expect([...root.at(motion(), 0)]).toEqual([...motion()]);
  });

  test("moves of pieces make up the whole, over loops and turns, forwards and back", () => {
    const { motion: root } = extractRootMotion(clip, { joint: "hips" });
    const stops = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(stops, fc.constantFrom<Wrap>("clamp", "loop", "ping-pong"), (times, wrap) => {
        const pieces = motion();
        times.slice(1).forEach((time, i) => {
          composeMotions(pieces, pieces, root.delta(motion(), times[i]!, time, wrap));
        });
        const whole = root.delta(motion(), times[0]!, times.at(-1)!, wrap);
        expect(far(pieces, whole)).toBeLessThan(1e-11);
        const back = root.delta(motion(), times.at(-1)!, times[0]!, wrap);
        expect(far(composeMotions(back, whole, back), motion())).toBeLessThan(1e-11);
      }),
      { seed: 7401, numRuns: 300 },
    );
  });

  test("each loop moves as far as the clip, from where it was", () => {
    const { motion: root } = extractRootMotion(clip, { joint: "hips" });
    const once = root.at(motion(), root.duration);
    const many = motion();
    for (let i = 0; i < 1000; i++) composeMotions(many, many, once);
    expect(far(root.delta(motion(), 0, 1000, "loop"), many)).toBeLessThan(1e-9);
    expect(far(root.delta(motion(), 1000, 0, "loop"), invertMotion(motion(), many))).toBeLessThan(1e-9);
    expect(far(repeatMotion(motion(), once, -3), root.delta(motion(), 5, 2, "loop"))).toBeLessThan(1e-11);
    expect([...repeatMotion(motion(), once, Infinity)]).toEqual([...motion()]);
  });

  test("ticks of a straight walk add up to its speed", () => {
    const motions = Float64Array.of(...motion(), 0, 0, 1.5, 0, 0, 0, 1);
    const root = new RootMotion({ rate: 1, frameCount: 2, duration: 1 }, motions);
    const place = motion();
    for (let tick = 0; tick < 600; tick++)
      composeMotions(place, place, root.delta(motion(), tick / 60, (tick + 1) / 60, "loop"));
    expect(far(place, [0, 0, 15, 0, 0, 0, 1])).toBeLessThan(1e-9);
  });

  test("a figure that walks ahead walks on the spot, and 1.4 m a second", async () => {
    const model = await loadGltf(figure({ rootMotion: true, vertices: 1000 }), { arena });
    const [walking, hips] = [model.clips.find(({ name }) => name === "walk")!, "Hips"];
    const { clip: still, motion: root } = extractRootMotion(walking, { joint: "Root" });
    expect(far(root.delta(motion(), 0.3, 10.3, "loop"), [0, 0, 14, 0, 0, 0, 1])).toBeLessThan(1e-3);
    const z = (one: Clip, frame: number) => {
      const matrices = models(one.skeleton.parents, sampled(one, frame, 0));
      return matrices[one.skeleton.jointOf(hips)]![11]!;
    };
    for (const frame of [0, 30, 60]) expect(Math.abs(z(still, frame) - z(still, 0))).toBeLessThan(0.1);
    expect(z(walking, 60) - z(walking, 0)).toBeGreaterThan(2.5);
    model.dispose();
  });

  test("differences and joints that are not there are refused", () => {
    expect(() => extractRootMotion(clip, { joint: "tail" })).toThrow(expect.objectContaining({ code: "anim-joint" }));
    expect(() => extractRootMotion(makeAdditive(clip), { joint: "hips" })).toThrow(
      expect.objectContaining({ code: "anim-clip" }),
    );
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
