import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { poseError } from "../../src/anim/error.ts";
import { framePose } from "../../src/anim/frame-pose.ts";
import { AnimArena, type Clip, type Curve, type CurvesOptions, clipFromCurves, Skeleton } from "../../src/anim.ts";

const arena = new AnimArena();
const skeleton = Skeleton.create(arena, {
  joints: [
    { name: "root", parent: -1 },
    { name: "arm", parent: 0, translation: [0.5, 0, 0] },
    { name: "hand", parent: 1, translation: [0.3, 0, 0] },
  ],
});

const vector = (times: number[], values: number[], interpolation: Curve["interpolation"] = "LINEAR"): Curve => ({
  times,
  values,
  size: 3,
  interpolation,
  rotation: false,
});
const rotation = (times: number[], values: number[], interpolation: Curve["interpolation"] = "LINEAR"): Curve => ({
  times,
  values,
  size: 4,
  interpolation,
  rotation: true,
});
/** About y, by half a turn and more a second. */
const quarter = [0, Math.SQRT1_2, 0, Math.SQRT1_2];

function make(tracks: CurvesOptions["tracks"], options: Partial<CurvesOptions> = {}): Clip {
  return clipFromCurves(arena, skeleton, { name: "clip", tracks, ...options });
}

/** The value of a row of a joint at a time, linear between frames. */
function valueAt(clip: Clip, row: number, joint: number, time: number): number {
  const out = new Float64Array(30);
  framePose(clip.toFrames(), 16, 3, clip.toSteps())(Math.min(time * clip.rate, clip.frameCount - 1), out);
  return out[joint * 10 + row]!;
}

describe("the rate", () => {
  test.for<[string, number[], number, number]>([
    ["of two keys of a straight way is theirs", [0, 2], 0.5, 2],
    ["of keys at 24 per second is 24", [0, 1 / 24, 5 / 24, 1], 24, 25],
    ["of keys at 1/30 s, rounded to f32, is 30", [0, 1, 2, 5, 30].map((frame) => Math.fround(frame / 30)), 30, 31],
    ["has keys between the frames of a common rate on frames", [0, 0.07, 0.7], 1 / 0.07, 11],
    ["begins at 0 though the first key is later", [0.5, 1], 2, 3],
  ])("%s", ([, times, rate, frames]) => {
    const values = times.flatMap((time) => [time, time * time, 0]);
    const clip = make([{ joint: 0, path: "translation", curve: vector(times, values) }]);
    expect([clip.rate.toFixed(3), clip.frameCount]).toEqual([rate.toFixed(3), frames]);
    expect(clip.duration).toBe(times.at(-1));
    times.forEach((time, key) => {
      expect(valueAt(clip, 1, 0, time)).toBeCloseTo(values[key * 3 + 1]!, 4);
    });
    clip.dispose();
  });

  test("is the lowest at which turns hold the bound", () => {
    const tracks = [{ joint: 0, path: "rotation" as const, curve: rotation([0, 1], [0, 0, 0, 1, ...quarter]) }];
    const rates = [0.1, 0.01, 0.001, 0.0001, 0.00001].map((error) => {
      using clip = make(tracks, { error });
      expect(clip.error).toBeLessThanOrEqual(error);
      return clip.rate;
    });
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect(new Set(rates).size).toBeGreaterThan(3);
    using coarse = make(tracks, { error: 0.0001, rate: 4 });
    expect([coarse.rate, coarse.frameCount, coarse.error > 0.0001]).toEqual([4, 5, true]);
  });

  test("is capped, and what was reached is said", () => {
    const warnings: string[] = [];
    const swing = Array.from({ length: 41 }, (_, key) => [0, 0, key & 1 ? 1 : 0, key & 1 ? 0 : 1]).flat();
    const times = Array.from({ length: 41 }, (_, key) => key / 40);
    using clip = make([{ joint: 0, path: "rotation", curve: rotation(times, swing) }], {
      error: 1e-7,
      warn: (text) => warnings.push(text),
    });
    expect(clip.rate).toBeLessThanOrEqual(1000);
    expect(clip.error).toBeGreaterThan(1e-7);
    expect(warnings).toEqual([expect.stringMatching(/1e-7 were asked for/)]);
  });

  test("cannot be so high that the clip has too many frames", () => {
    const curve = vector([0, 1000, 1000.5], [0, 0, 0, 1, 0, 0, 0, 0, 0]);
    const refused = expect.objectContaining({ code: "anim-clip", message: expect.stringMatching(/too long/) });
    expect(() => make([{ joint: 0, path: "translation", curve }], { framesMax: 20 })).toThrow(refused);
    expect(() => make([{ joint: 0, path: "translation", curve }], { framesMax: 2000, rate: 2 })).toThrow(refused);
    make([{ joint: 0, path: "translation", curve }], { framesMax: 2002, rate: 2 }).dispose();
  });
});

describe("curves", () => {
  test("that are cubic pass through their keys with their tangents", () => {
    const values = [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0];
    using clip = make([{ joint: 0, path: "translation", curve: vector([0, 1], values, "CUBICSPLINE") }]);
    for (const s of [0, 0.25, 0.5, 0.8, 1]) {
      const expected = (3 * s * s - 2 * s * s * s) * 2 + (s * s * s - 2 * s * s + s);
      expect(valueAt(clip, 0, 0, s)).toBeCloseTo(expected, 3);
    }
    expect(clip.error).toBeLessThanOrEqual(1e-4);
  });

  test("that turn go the shorter way at an even speed", () => {
    const negated = quarter.map((q) => -q);
    using clip = make([{ joint: 0, path: "rotation", curve: rotation([0, 1], [0, 0, 0, 1, ...negated]) }]);
    const [y, w] = [valueAt(clip, 4, 0, 1 / 3), valueAt(clip, 6, 0, 1 / 3)];
    expect(Math.abs(2 * Math.atan2(y, w))).toBeCloseTo(Math.PI / 6, 3);
  });

  test("that step hold from frame to frame, on their keys", () => {
    const curve = vector([0, 0.1, 0.3, 0.5].map(Math.fround), [1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0], "STEP");
    const turn = rotation([0, 0.5], [0, 0, 0, 1, ...quarter]);
    const warnings: string[] = [];
    using clip = make(
      [
        { joint: 1, path: "translation", curve },
        { joint: 1, path: "rotation", curve: turn },
      ],
      { warn: (text) => warnings.push(text) },
    );
    expect([...clip.toSteps()]).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0]);
    expect(warnings).toEqual([]);
    for (const [time, value] of [
      [0, 1],
      [0.099, 1],
      [0.1001, 2],
      [0.25, 2],
      [0.2999, 2],
      [0.301, 3],
      [0.49, 3],
      [0.5, 4],
    ] as const)
      expect([time, valueAt(clip, 0, 1, time)]).toEqual([time, value]);
    using late = make([{ joint: 1, path: "translation", curve }], { rate: 7, warn: (text) => warnings.push(text) });
    expect(late.rate).toBe(8);
    expect(warnings).toEqual([expect.stringMatching(/steps up to 0\.125 s late/)]);
  });

  test("of morph weights are sampled at the same frames", () => {
    const curve: Curve = {
      times: [0, 0.5, 1],
      values: [0, 1, 1, 0, 0, 1],
      size: 2,
      interpolation: "LINEAR",
      rotation: false,
    };
    using clip = make([], { morphs: [{ node: "face", curve }] });
    expect([clip.rate, clip.frameCount, clip.morphs[0]!.targets]).toEqual([2, 3, 2]);
    expect([...clip.morphs[0]!.weights]).toEqual([0, 1, 1, 0, 0, 1]);
    const cubic: Curve = {
      times: [0, 1],
      values: [0, 0, 4, 0, 1, 0],
      size: 1,
      interpolation: "CUBICSPLINE",
      rotation: false,
    };
    using fine = make([], { morphs: [{ node: "face", curve: cubic }] });
    expect(fine.rate).toBeGreaterThan(10);
  });

  test("of one key stand still", () => {
    using clip = make([{ joint: 2, path: "scale", curve: vector([0], [2, 3, 4]) }]);
    expect([clip.frameCount, clip.duration, valueAt(clip, 8, 2, 0)]).toEqual([1, 0, 3]);
  });

  test.for<[string, CurvesOptions["tracks"]]>([
    ["a joint that is not there", [{ joint: 3, path: "scale", curve: vector([0], [1, 1, 1]) }]],
    ["times that fall", [{ joint: 0, path: "scale", curve: vector([1, 0], [1, 1, 1, 1, 1, 1]) }]],
    ["times below 0", [{ joint: 0, path: "scale", curve: vector([-1], [1, 1, 1]) }]],
    ["endless times", [{ joint: 0, path: "scale", curve: vector([Infinity], [1, 1, 1]) }]],
    ["NaN", [{ joint: 0, path: "scale", curve: vector([0], [1, Number.NaN, 1]) }]],
    ["a rotation of length zero", [{ joint: 0, path: "rotation", curve: rotation([0], [0, 0, 0, 0]) }]],
    ["no keys", [{ joint: 0, path: "scale", curve: vector([], []) }]],
    ["too few values", [{ joint: 0, path: "scale", curve: vector([0, 1], [1, 1, 1]) }]],
    ["a vector as a rotation", [{ joint: 0, path: "rotation", curve: vector([0], [1, 1, 1]) }]],
  ])("with %s are refused", ([, tracks]) => {
    const { live } = arena;
    expect(() => make(tracks)).toThrow(expect.objectContaining({ code: "anim-clip" }));
    expect(arena.live).toBe(live);
  });
});

test("any curves are held within the bound at any time", () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  const gap = fc.integer({ min: 1, max: 6 });
  const curves = fc.record({
    gaps: fc.array(gap, { minLength: 1, maxLength: 6 }),
    values: fc.array(number, { minLength: 4 * 7 * 3, maxLength: 4 * 7 * 3 }),
    interpolation: fc.constantFrom<Curve["interpolation"]>("LINEAR", "CUBICSPLINE"),
    joint: fc.integer({ min: 0, max: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(curves, { minLength: 1, maxLength: 3 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true })),
      (list, at) => {
        const taken = new Set<number>();
        const tracks = list.flatMap(({ gaps, values, interpolation, joint }) => {
          if (taken.has(joint)) return [];
          taken.add(joint);
          const times = [0, ...gaps].map(
            (
              (sum) => (more: number) =>
                (sum += more / 10)
            )(0),
          );
          // Not too fast: a turn of a key is at most 90 degrees or so, tangents are short.
          const w = interpolation === "CUBICSPLINE" ? 12 : 4;
          const keys = values.slice(0, times.length * w).map((value, i) => {
            if (w === 12 && (i % 12 < 4 || i % 12 >= 8)) return value * 0.5;
            return i % 4 === 3 ? 2 + value : value;
          });
          return [{ joint, path: "rotation" as const, curve: rotation(times, keys, interpolation) }];
        });
        const made = make(tracks, { error: 0.001 });
        const { parents, stride } = skeleton;
        const exact = clipFromCurves(arena, skeleton, { name: "exact", tracks, rate: 1000 });
        const pose = framePose(made.toFrames(), stride, 3, made.toSteps());
        const fine = framePose(exact.toFrames(), stride, 3, exact.toSteps());
        const last = made.frameCount - 1;
        const times = at.map((part) => part * last);
        const scale = (exact.frameCount - 1) / last;
        const { error } = poseError(
          parents,
          pose,
          (time, out) => fine(Math.min(time * scale, exact.frameCount - 1), out),
          times,
        );
        made.dispose();
        exact.dispose();
        expect(error).toBeLessThanOrEqual(0.0012);
      },
    ),
    { seed: 7, numRuns: 60 },
  );
});
