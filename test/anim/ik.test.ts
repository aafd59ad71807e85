import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type LookAt, ModelPoses, Pose, PoseBatch, type Skeleton, type TwoBone } from "../../src/anim.ts";
import { jobSets } from "../native/both.ts";
import { arenaOf, figure, randomClip, turn } from "./rigs.ts";

const UPPER = 3;
const MIDDLE = 4;
const END = 5;
type Point = readonly [number, number, number];

const distance = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
const minus = (a: ArrayLike<number>, b: ArrayLike<number>): Point => [a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!];
const unit = (v: ArrayLike<number>): Point => [0, 1, 2].map((c) => v[c]! / Math.hypot(v[0]!, v[1]!, v[2]!)) as never;

/** A place for the end at which the limb bends at a right angle. */
function atRightAngle(place: (joint: number) => Point, upper: number, middle: number, end: number): Point {
  const reach = Math.hypot(distance(place(upper), place(middle)), distance(place(middle), place(end)));
  return [0, 1, 2].map((c) => place(upper)[c]! + [2 / 3, -1 / 3, 2 / 3][c]! * reach) as never;
}

const axis = fc.double({ min: -1, max: 1, noNaN: true });
const point = fc.tuple(axis, axis, axis);

describe.each(jobSets)("inverse kinematics (%s)", (_, jobs) => {
  const arena = arenaOf({ jobs });
  const skeleton = figure(arena);
  const clip = randomClip(skeleton, 21, { alike: true });
  const batch = new PoseBatch(arena);
  const model = new ModelPoses(skeleton);
  const local = new Pose(skeleton);

  /** The model matrices with what `say` adds to the clip at a time. */
  function solved(seconds: number, say: (batch: PoseBatch) => void) {
    batch.begin().character(skeleton, { local, model }).layer().clip(clip, seconds);
    say(batch);
    batch.run();
    const matrices = Float32Array.from(model.view(0));
    return {
      matrices,
      place: (joint: number): Point => [3, 7, 11].map((i) => matrices[joint * 12 + i]!) as never,
      axis: (joint: number, c: number): Point => [c, c + 4, c + 8].map((i) => matrices[joint * 12 + i]!) as never,
    };
  }
  const limb = (seconds: number, more: Partial<TwoBone> & { target: Point }) =>
    solved(seconds, (one) => one.twoBone({ upper: UPPER, middle: MIDDLE, end: END, ...more }));
  const look = (seconds: number, more: Partial<LookAt> & { target: Point }) =>
    solved(seconds, (one) => one.lookAt({ joint: 2, ...more }));
  const lengths = (seconds: number) => {
    const { place } = limb(seconds, { target: [0, 0, 0], weight: 0 });
    const [a, b] = [distance(place(UPPER), place(MIDDLE)), distance(place(MIDDLE), place(END))];
    return { a, b, root: place(UPPER) };
  };

  test("the end of a limb is at its target, or as near as it gets; bones keep their lengths", () => {
    fc.assert(
      fc.property(point, point, fc.double({ min: 0, max: 1, noNaN: true }), (offset, pole, seconds) => {
        const { a, b, root } = lengths(seconds);
        const target = offset.map((x, c) => root[c]! + x) as unknown as Point;
        const { place } = limb(seconds, { target, pole });
        const reach = Math.min(a + b, Math.max(Math.abs(a - b), distance(root, target)));
        expect(distance(place(UPPER), root)).toBeLessThan(1e-6);
        expect(Math.abs(distance(place(UPPER), place(MIDDLE)) - a)).toBeLessThan(2e-6);
        expect(Math.abs(distance(place(MIDDLE), place(END)) - b)).toBeLessThan(2e-6);
        expect(Math.abs(distance(root, place(END)) - reach)).toBeLessThan(1e-4);
        if (distance(root, target) < 1e-3) return;
        expect(dot(unit(minus(place(END), root)), unit(minus(target, root)))).toBeGreaterThan(1 - 1e-5);
      }),
      { seed: 7301, numRuns: 200 },
    );
  });

  test("the middle joint is on the side of the pole", () => {
    fc.assert(
      fc.property(point, point, (offset, pole) => {
        const { a, b, root } = lengths(0.5);
        const aim = unit(offset);
        const across = minus(
          pole,
          aim.map((x) => x * dot(pole, aim)),
        );
        if (Math.hypot(...offset) < 0.1 || Math.hypot(...across) < 0.1) return;
        const reach = 0.9 * (a + b);
        const { place } = limb(0.5, { target: root.map((x, c) => x + aim[c]! * reach) as never, pole });
        const bend = minus(place(MIDDLE), root);
        const side = minus(
          bend,
          aim.map((x) => x * dot(bend, aim)),
        );
        expect(dot(unit(side), unit(across))).toBeGreaterThan(1 - 1e-4);
      }),
      { seed: 7302, numRuns: 200 },
    );
  });

  test("a straight limb bends to the pole, or somewhere without one", () => {
    const rest = (more: Partial<TwoBone>) => {
      batch.begin().character(skeleton, { model });
      batch.twoBone({ upper: UPPER, middle: MIDDLE, end: END, target: [1, 2, 0], ...more }).run();
      return [...model.view(0)];
    };
    const middle = (m: number[]) => [3, 7, 11].map((i) => m[MIDDLE * 12 + i]!);
    // Bones of 0.4 and 0.3 from (0.5, 2, 0), 0.5 apart: a right angle, 0.32 along and 0.24 across.
    const [x = 0, y = 0, z = 0] = middle(rest({ pole: [0, 0, 3] }));
    expect([x, y, z].map((value) => value.toFixed(5))).toEqual(["0.82000", "2.00000", "0.24000"]);
    const [u = 0, v = 0, w = 0] = middle(rest({}));
    expect([u.toFixed(5), Math.hypot(v - 2, w).toFixed(5)]).toEqual(["0.82000", "0.24000"]);
    expect(middle(rest({ pole: [5, 0, 0] }))).toEqual(middle(rest({})));
  });

  test("without a pole the limb stays in its plane, turned the shortest way", () => {
    const { root, a, b } = lengths(0.5);
    const before = limb(0.5, { target: [0, 0, 0], weight: 0 });
    const target = before.place(END).map((x, c) => root[c]! + (x - root[c]!) * 0.8) as unknown as Point;
    const { place } = limb(0.5, { target });
    const normal = (of: typeof before) => {
      const [p, q] = [minus(of.place(MIDDLE), of.place(UPPER)), minus(of.place(END), of.place(MIDDLE))];
      return unit([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]);
    };
    expect(a + b).toBeGreaterThan(distance(root, target));
    expect(distance(place(END), target)).toBeLessThan(1e-5);
    expect(dot(normal({ place } as never), normal(before))).toBeGreaterThan(1 - 1e-4);
  });

  test("targets out of reach straighten the limb; soft ones come near without a jump", () => {
    const { a, b, root } = lengths(0.25);
    const along = (reach: number, soften: number) =>
      limb(0.25, { target: [root[0] + reach, root[1], root[2]], soften, pole: [0, -1, 0] });
    expect(distance(along(9, 1).place(END), root)).toBeCloseTo(a + b, 5);
    let before = 0;
    for (let reach = 0.2; reach < 3; reach += 0.02) {
      const here = distance(along(reach, 0.8).place(END), root);
      if (reach < 0.8 * (a + b)) expect(here).toBeCloseTo(Math.max(reach, Math.abs(a - b)), 4);
      expect(here >= before - 1e-5 && here < a + b && here - before < 0.25).toBe(true);
      before = here;
    }
    expect(before).toBeGreaterThan(0.95 * (a + b));
  });

  test("targets at the joint, far away and in line are defined", () => {
    const { root } = lengths(0);
    for (const target of [root, [1e19, 0, 0], [-1e30, 1e30, 0], [root[0] - 0.35, root[1], root[2]]] as Point[]) {
      for (const pole of [undefined, [0, 0, 0], [1e-30, 0, 0], [3e38, 3e38, 0]]) {
        const { matrices } = limb(0, { target, pole });
        expect([...matrices].every(Number.isFinite)).toBe(true);
      }
    }
  });

  test("weight 0 changes no bit, weights between go part of the way", () => {
    const target: Point = [0.9, 1.7, 0.3];
    const plain = solved(0.5, () => {});
    expect(limb(0.5, { target, weight: 0 }).matrices).toEqual(plain.matrices);
    expect(look(0.5, { target, weight: 0 }).matrices).toEqual(plain.matrices);
    const full = distance(plain.place(END), limb(0.5, { target }).place(END));
    const half = distance(plain.place(END), limb(0.5, { target, weight: 0.5 }).place(END));
    expect(half).toBeGreaterThan(0.2 * full);
    expect(half).toBeLessThan(0.8 * full);
  });

  test("a look turns the forward axis to the target", () => {
    fc.assert(
      fc.property(point, fc.double({ min: 0, max: 1, noNaN: true }), (offset, seconds) => {
        if (Math.hypot(...offset) < 1e-3) return;
        const origin = solved(seconds, () => {}).place(2);
        const target = offset.map((x, c) => x + origin[c]!) as unknown as Point;
        const { axis: axisOf } = look(seconds, { target });
        expect(dot(unit(axisOf(2, 2)), unit(offset))).toBeGreaterThan(1 - 1e-5);
      }),
      { seed: 7303, numRuns: 200 },
    );
  });

  test("a look turns no further than its angle, on the way to the target", () => {
    const cosine = Math.cos(Math.PI / 6);
    fc.assert(
      fc.property(point, (offset) => {
        if (Math.hypot(...offset) < 1e-2) return;
        const plain = solved(0.25, () => {});
        const before = unit(plain.axis(2, 2));
        const target = offset.map((x, c) => x + plain.place(2)[c]!) as unknown as Point;
        const after = unit(look(0.25, { target, cosineMost: cosine }).axis(2, 2));
        const aim = unit(offset);
        expect(dot(before, after)).toBeGreaterThan(cosine - 1e-5);
        if (dot(before, aim) > cosine) expect(dot(after, aim)).toBeGreaterThan(1 - 1e-5);
        else expect(Math.acos(dot(after, aim))).toBeCloseTo(Math.acos(dot(before, aim)) - Math.PI / 6, 2);
      }),
      { seed: 7304, numRuns: 100 },
    );
  });

  test("with a pole the up axis is upright about the line of sight", () => {
    const target: Point = [3, 1, 5];
    const origin = solved(0.5, () => {}).place(2);
    const aim = unit(minus(target, origin));
    const { axis: axisOf } = look(0.5, { target, pole: [0, 1, 0] });
    const up = minus(
      [0, 1, 0],
      aim.map((x) => x * aim[1]),
    );
    expect(dot(unit(axisOf(2, 1)), unit(up))).toBeGreaterThan(1 - 1e-5);
    const other = look(0.5, { target, forward: [1, 0, 0], up: [0, 0, 1], pole: [0, 1, 0] });
    expect(dot(unit(other.axis(2, 0)), aim)).toBeGreaterThan(1 - 1e-5);
    expect(dot(unit(other.axis(2, 2)), unit(up))).toBeGreaterThan(1 - 1e-5);
  });

  test("records are solved in order, each on the pose of the one before", () => {
    const first = solved(0.5, (one) => one.lookAt({ joint: 2, target: [4, 4, 4] }));
    const target = atRightAngle(first.place, UPPER, MIDDLE, END);
    const both = solved(0.5, (one) =>
      one.lookAt({ joint: 2, target: [4, 4, 4] }).twoBone({ upper: UPPER, middle: MIDDLE, end: END, target }),
    );
    expect(distance(both.place(END), target)).toBeLessThan(1e-5);
    expect(dot(unit(both.axis(2, 2)), unit(minus([4, 4, 4], both.place(2))))).toBeGreaterThan(1 - 1e-5);
  });

  test("joints of a limb may have others between them", () => {
    const target = atRightAngle(solved(0.5, () => {}).place, 2, UPPER, END);
    const { place } = solved(0.5, (one) => one.twoBone({ upper: 2, middle: UPPER, end: END, target }));
    expect(distance(place(END), target)).toBeLessThan(1e-5);
    const [x = 0, y = 0, z = 0, w = 0] = turn(30, 0, 0, 1);
    expect(local.setRotation(2, x, y, z, w).get(2)[6]).toBeCloseTo(w, 6);
  });

  test.each<[string, (batch: PoseBatch) => void, string]>([
    ["a weight above 1", (one) => one.lookAt({ joint: 1, target: [0, 0, 0], weight: 1.1 }), "ikWeight"],
    ["a weight that is none", (one) => one.lookAt({ joint: 1, target: [0, 0, 0], weight: Number.NaN }), "ikWeight"],
    ["a target that is none", (one) => one.lookAt({ joint: 1, target: [0, Number.NaN, 0] }), "ikTarget"],
    ["a pole that is infinite", (one) => one.lookAt({ joint: 1, target: [0, 0, 0], pole: [1e39, 0, 0] }), "ikPole"],
    ["a cosine above 1", (one) => one.lookAt({ joint: 1, target: [0, 0, 0], cosineMost: 1.5 }), "ikCosine"],
    [
      "a forward axis that is none",
      (one) => one.lookAt({ joint: 1, target: [0, 0, 0], forward: [NaN, 0, 0] }),
      "ikForward",
    ],
    ["an up axis that is none", (one) => one.lookAt({ joint: 1, target: [0, 0, 0], up: [0, Infinity, 0] }), "ikUp"],
    [
      "soften below 0",
      (one) => one.twoBone({ upper: 3, middle: 4, end: 5, target: [0, 0, 0], soften: -1 }),
      "ikSoften",
    ],
    [
      "a middle that is not below",
      (one) => one.twoBone({ upper: 3, middle: 6, end: 7, target: [0, 0, 0] }),
      "ikMiddle",
    ],
    [
      "a middle that is the upper",
      (one) => one.twoBone({ upper: 3, middle: 3, end: 5, target: [0, 0, 0] }),
      "ikMiddle",
    ],
    ["an end that is not below", (one) => one.twoBone({ upper: 3, middle: 4, end: 8, target: [0, 0, 0] }), "ikEnd"],
  ])("%s is refused before anything is written", (_, say, operand) => {
    const pose = (of: Skeleton) => new Pose(of).identity();
    using out = pose(skeleton);
    batch.begin().character(skeleton, { local: out });
    say(batch);
    expect(() => batch.run()).toThrow(
      expect.objectContaining({ code: "job-input", operands: expect.objectContaining({ operand }) }),
    );
    expect([...out.get("arm")]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test.each<[string, (batch: PoseBatch) => void]>([
    ["a joint that is not there", (one) => one.lookAt({ joint: 9, target: [0, 0, 0] })],
    ["an end that is not there", (one) => one.twoBone({ upper: 3, middle: 4, end: 99, target: [0, 0, 0] })],
    ["a name that is not there", (one) => one.twoBone({ upper: "tail", middle: 4, end: 5, target: [0, 0, 0] })],
  ])("%s is refused at once", (_, say) => {
    batch.begin().character(skeleton, {});
    expect(() => say(batch)).toThrow(expect.objectContaining({ code: "anim-joint" }));
  });
});
