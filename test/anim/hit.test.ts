import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitCapsule } from "../../src/anim/hit-fit.ts";
import {
  affineOf,
  emptyHit,
  HitShapes,
  HitTargets,
  ModelPoses,
  multiplyAffine,
  PoseBatch,
  Skin,
  socketMatrix,
  transformDirection,
  transformPoint,
} from "../../src/anim.ts";
import { arenaOf, figure, models, noise, randomClip, turn } from "./rigs.ts";

const arena = arenaOf();
const skeleton = figure(arena);
const batch = new PoseBatch(arena);
const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];

const far = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((most, x) => Math.max(most, x), 0);

/** Distance of a point from a segment. */
function distance(p: ArrayLike<number>, a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ab = [0, 1, 2].map((c) => b[c]! - a[c]!);
  const ap = [0, 1, 2].map((c) => p[c]! - a[c]!);
  const length2 = ab.reduce((sum, x) => sum + x * x, 0);
  const t = length2 > 0 ? Math.min(1, Math.max(0, ab.reduce((sum, x, c) => sum + x * ap[c]!, 0) / length2)) : 0;
  return Math.hypot(...ap.map((x, c) => x - ab[c]! * t));
}

describe("sockets", () => {
  const model = models(skeleton.parents, [[1, 2, 3, ...turn(90, 0, 1, 0)], [0, 0, 2], ...Array(7).fill([])]).flat();

  test("are world times model times offset", () => {
    const world = new Float64Array(12);
    affineOf(world, [10, 0, 0], turn(90, 0, 0, 1), [2, 2, 2]);
    const offset = new Float64Array(12);
    affineOf(offset, [0, 0, 1]);
    const out = new Float32Array(12);
    socketMatrix(out, model, 1);
    expect(far([out[3]!, out[7]!, out[11]!], [3, 2, 3])).toBeLessThan(1e-6);
    socketMatrix(out, model, 1, { offset });
    expect(far([out[3]!, out[7]!, out[11]!], [4, 2, 3])).toBeLessThan(1e-6);
    socketMatrix(out, model, 1, { offset, world });
    expect(far([out[3]!, out[7]!, out[11]!], [6, 8, 6])).toBeLessThan(1e-6);
    const point = [0, 0, 0];
    transformPoint(point, out, [0, 0, 1]);
    expect(far(point, [6, 10, 6])).toBeLessThan(1e-6);
    transformDirection(point, out, [0, 0, 1]);
    expect(far(point, [0, 2, 0])).toBeLessThan(1e-6);
  });

  test("matrices multiply in place", () => {
    const next = noise(5);
    const a = Array.from({ length: 12 }, next);
    const b = Array.from({ length: 12 }, next);
    const expected = new Float64Array(12);
    multiplyAffine(expected, a, b);
    const both = [...a, ...b];
    multiplyAffine(both, both, both, 12, 0, 12);
    expect(both).toEqual([...a, ...expected]);
  });
});

describe("hits", () => {
  test("a capsule of a bone is hit where it is in the world", () => {
    const shapes = new HitShapes(skeleton, [{ joint: "hand", from: [0, 0, 0], to: [0.2, 0, 0], radius: 0.1 }]);
    using poses = new ModelPoses(skeleton, 2);
    batch.begin().character(skeleton, { model: poses, index: 1 }).run();
    const targets = new HitTargets(shapes, poses);
    const world = new Float64Array(12);
    affineOf(world, [5, 0, 0], turn(90, 0, 1, 0), [2, 2, 2]);
    targets.place(1, world);
    // The hand at (1.2, 2, 0) is at (5, 4, -2.4) in the world, and twice as thick.
    const hit = targets.raycast({ origin: [0, 4, -2.5], direction: [3, 0, 0] });
    expect(hit).toMatchObject({ character: 1, joint: 5 });
    expect(hit!.distance).toBeCloseTo(5 - 0.2, 5);
    expect(far(hit!.point, [4.8, 4, -2.5])).toBeLessThan(1e-5);
    expect(far(hit!.normal, [-1, 0, 0])).toBeLessThan(1e-5);
    expect(targets.raycast({ origin: [0, 4, -2.5], direction: [1, 0, 0], distance: 4.7 })).toBeUndefined();
    expect(targets.raycast({ origin: [0, 4, -2.5], direction: [-1, 0, 0] })).toBeUndefined();
    const inside = targets.raycast({ origin: [5, 4, -2.5], direction: [0, 1, 0] });
    expect([inside!.distance, ...inside!.normal]).toEqual([0, -0, -1, -0]);
    targets.remove(1);
    expect(targets.raycast({ origin: [0, 4, -2.5], direction: [1, 0, 0] })).toBeUndefined();
  });

  test("rays find what a march along them finds", () => {
    const shapes = HitShapes.ofBones(skeleton, { thickness: 0.15 });
    using clip = randomClip(skeleton, 31, { alike: true });
    const count = 12;
    using poses = new ModelPoses(skeleton, count);
    const targets = new HitTargets(shapes, poses);
    const next = noise(9);
    const worlds: Float64Array[] = [];
    batch.begin();
    for (let i = 0; i < count; i++) {
      batch
        .character(skeleton, { model: poses, index: i })
        .layer()
        .clip(clip, i * 0.09);
      const world = new Float64Array(12);
      affineOf(world, [next() * 4, 0, next() * 4], turn(next() * 180, 0, 1, 0), [1.2, 1.2, 1.2]);
      worlds.push(world);
    }
    batch.run();
    worlds.forEach((world, i) => {
      targets.place(i, world);
    });
    const capsules = worlds.flatMap((world, character) =>
      Array.from(shapes.joints, (joint, i) => {
        const m = new Float64Array(12);
        multiplyAffine(m, world, poses.view(character), 0, 0, joint * 12);
        const [a, b] = [0, 3].map((at) => {
          const point = new Float64Array(3);
          transformPoint(point, m, shapes.capsules.subarray(i * 7 + at, i * 7 + at + 3));
          return point;
        });
        return {
          a: a!,
          b: b!,
          radius: shapes.capsules[i * 7 + 6]! * Math.hypot(m[0]!, m[4]!, m[8]!),
          character,
          joint,
        };
      }),
    );
    const coordinate = fc.double({ min: -6, max: 6, noNaN: true });
    const point = fc.tuple(coordinate, fc.double({ min: 0, max: 3, noNaN: true }), coordinate);
    let hits = 0;
    fc.assert(
      fc.property(point, point, (origin, to) => {
        const direction = to.map((x, c) => x - origin[c]!);
        const size = Math.hypot(...direction);
        if (size < 1e-3) return;
        const hit = targets.raycast({ origin, direction, distance: size });
        // Steps as long as the way to the nearest surface never pass one.
        let along = 0;
        let nearest = Infinity;
        for (let step = 0; step < 500 && along <= size; step++) {
          const here = origin.map((x, c) => x + (direction[c]! / size) * along);
          nearest = Math.min(...capsules.map(({ a, b, radius }) => distance(here, a, b) - radius));
          if (nearest < 1e-9) break;
          along += nearest;
        }
        if (hit === undefined) {
          expect(nearest).toBeGreaterThan(1e-9);
          return;
        }
        hits++;
        const struck = capsules.filter((one) => one.character === hit.character && one.joint === hit.joint);
        const gap = Math.min(...struck.map(({ a, b, radius }) => Math.abs(distance(hit.point, a, b) - radius)));
        if (hit.distance > 0) {
          expect(gap).toBeLessThan(1e-6);
          expect(hit.distance).toBeCloseTo(along, 3);
          expect(Math.hypot(...hit.normal)).toBeCloseTo(1, 6);
          expect(hit.normal.reduce((sum, x, c) => sum + x * direction[c]!, 0)).toBeLessThan(1e-6);
        } else expect(along).toBe(0);
      }),
      { seed: 7501, numRuns: 300 },
    );
    expect(hits).toBeGreaterThan(20);
  });

  test("most characters cost a ray a sphere and no more; hits may be used again", () => {
    const shapes = HitShapes.ofBones(skeleton);
    using poses = new ModelPoses(skeleton, 100);
    const targets = new HitTargets(shapes, poses);
    batch.begin();
    for (let i = 0; i < 100; i++) batch.character(skeleton, { model: poses, index: i });
    batch.run();
    for (let i = 0; i < 100; i++)
      targets.place(i, [1, 0, 0, (i % 10) * 10, 0, 1, 0, 0, 0, 0, 1, Math.floor(i / 10) * 10]);
    const hit = emptyHit();
    expect(targets.raycast({ origin: [-5, 1.5, 0], direction: [1, 0, 0] }, hit)).toBe(hit);
    expect([hit.character, hit.joint]).toEqual([0, 1]);
    expect(targets.tested).toBeLessThan(3);
    expect(targets.raycast({ origin: [95, 1.5, 90], direction: [-1, 0, 0] }, hit)?.character).toBe(99);
    for (const length of [5e-324, 1e-200, 1e200, Number.MAX_VALUE])
      expect(targets.raycast({ origin: [95, 1.5, 90], direction: [-length, 0, 0] })).toEqual(hit);
    for (const length of [0, Infinity, Number.NaN])
      expect(() => targets.raycast({ origin: [0, 0, 0], direction: [length, 0, 0] })).toThrow(
        expect.objectContaining({ code: "bad-argument" }),
      );
  });

  test("capsules around vertices hold all of them", () => {
    const next = noise(77);
    const bind = models(skeleton.parents, skeletonRest());
    const inverseBind = bind.flatMap((m) => [1, 0, 0, -m[3]!, 0, 1, 0, -m[7]!, 0, 0, 1, -m[11]!]);
    const skin = Skin.create(arena, { skeleton, joints: skeleton.names.map((_, i) => i), inverseBind });
    const positions: number[] = [];
    const joints: number[] = [];
    const weights: number[] = [];
    for (let i = 0; i < 400; i++) {
      const joint = 3 + (i % 3);
      positions.push(bind[joint]![3]! + next() * 0.2 + 0.2, bind[joint]![7]! + next() * 0.05, next() * 0.05);
      joints.push(joint === 3 ? 4 : 3, joint);
      weights.push(0.25, 0.75);
    }
    const unbound = { skin: undefined, positions: [9, 9, 9], joints: [], weights: [], influences: 0 };
    const shapes = HitShapes.ofVertices(skeleton, [unbound, { skin, positions, joints, weights, influences: 2 }]);
    expect([...shapes.joints]).toEqual([3, 4, 5]);
    for (let i = 0; i < 400; i++) {
      const joint = joints[i * 2 + 1]!;
      const at = shapes.joints.indexOf(joint) * 7;
      const local = [0, 1, 2].map((c) => positions[i * 3 + c]! - bind[joint]![3 + 4 * c]!);
      const capsule = shapes.capsules.subarray(at, at + 7);
      expect(distance(local, capsule.subarray(0, 3), capsule.subarray(3, 6))).toBeLessThanOrEqual(capsule[6]! + 1e-6);
    }
    expect(shapes.capsules[6]).toBeLessThan(0.12);
    const other = figure(arena);
    expect(() => HitShapes.ofVertices(other, [{ skin, positions, joints, weights, influences: 2 }])).toThrow(
      expect.objectContaining({ code: "bad-argument" }),
    );
  });

  test("one point, and points at the joint, have capsules, too", () => {
    expect(fitCapsule([1, 2, 3])).toMatchObject({ radius: expect.closeTo(0, 9) });
    const { from, to, radius } = fitCapsule([1, 0, 0, -1, 0, 0], [0, 1, 0]);
    expect(distance([1, 0, 0], from, to)).toBeLessThanOrEqual(radius + 1e-12);
  });

  test("capsules that are none are refused", () => {
    const capsule = { joint: 0, from: [0, 0, 0], to: [0, 1, 0], radius: 1 };
    const refused = expect.objectContaining({ code: "bad-argument" });
    expect(() => new HitShapes(skeleton, [{ ...capsule, radius: -1 }])).toThrow(refused);
    expect(() => new HitShapes(skeleton, [{ ...capsule, to: [0, Number.NaN, 0] }])).toThrow(refused);
    using poses = new ModelPoses(figure(arena));
    expect(() => new HitTargets(new HitShapes(skeleton, [capsule]), poses)).toThrow(refused);
    const targets = new HitTargets(new HitShapes(skeleton, []), new ModelPoses(skeleton));
    targets.place(0, IDENTITY);
    expect(targets.raycast({ origin: [0, 0, 0], direction: [1, 0, 0] })).toBeUndefined();
    expect(() => targets.place(7, IDENTITY)).toThrow(refused);
  });
});

function skeletonRest(): number[][] {
  return Array.from({ length: skeleton.count }, (_, joint) =>
    Array.from({ length: 10 }, (_, row) => skeleton.rest[row * skeleton.stride + joint]!),
  );
}
