import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blendAlong, blendOn, blendWeights, triangulate } from "../../src/anim/graph/blend-space.ts";

function list({ count, points, weights }: ReturnType<typeof blendWeights>): [number, number][] {
  return Array.from({ length: count }, (_, i) => [points[i]!, weights[i]!]);
}

describe("a blend space along one parameter", () => {
  const out = blendWeights();
  const at = [0, 2, 3];
  it.each([
    [-1, [[0, 1]]],
    [0, [[0, 1]]],
    [
      0.5,
      [
        [0, 0.75],
        [1, 0.25],
      ],
    ],
    [2, [[1, 1]]],
    [
      2.5,
      [
        [1, 0.5],
        [2, 0.5],
      ],
    ],
    [3, [[2, 1]]],
    [9, [[2, 1]]],
  ])("at %s", (x, expected) => {
    blendAlong(at, x, out);
    expect(list(out)).toEqual(expected);
  });

  it("takes a place that is no number as the first", () => {
    blendAlong(at, Number.NaN, out);
    expect(list(out)).toEqual([[0, 1]]);
  });
});

describe("a blend space on a plane", () => {
  const out = blendWeights();
  const x = Float64Array.of(0, 1, 0, -1, 0);
  const y = Float64Array.of(0, 0, 1, 0, -1);
  const cross = triangulate(x, y)!;

  it("has a triangle for each quarter", () => {
    expect(cross.triangles.length / 3).toBe(4);
    expect(cross.border.length / 2).toBe(4);
  });

  it.each([
    [0, 0, [[0, 1]]],
    [1, 0, [[1, 1]]],
    [
      0.25,
      0.25,
      [
        [0, 0.5],
        [1, 0.25],
        [2, 0.25],
      ],
    ],
    [
      0,
      -0.5,
      [
        [0, 0.5],
        [4, 0.5],
      ],
    ],
    [
      2,
      2,
      [
        [1, 0.5],
        [2, 0.5],
      ],
    ],
    [-5, 0, [[3, 1]]],
  ])("at %s, %s", (px, py, expected) => {
    blendOn(cross, px, py, out);
    expect(list(out).sort(([a], [b]) => a - b)).toEqual(expected);
  });

  it("refuses points on a line and equal ones", () => {
    expect(triangulate(Float64Array.of(0, 1, 2), Float64Array.of(0, 1, 2))).toBeUndefined();
    expect(triangulate(Float64Array.of(0, 1, 0, 0), Float64Array.of(0, 0, 1, 0))).toBeUndefined();
  });

  it("covers its hull once and gives the place back, seed 7", () => {
    const coordinate = fc.integer({ min: -4, max: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 10, selector: String }),
        fc.array(fc.tuple(fc.double({ min: -5, max: 5, noNaN: true }), fc.double({ min: -5, max: 5, noNaN: true })), {
          minLength: 8,
          maxLength: 8,
        }),
        (points, places) => {
          const [px, py] = [0, 1].map((axis) => Float64Array.from(points, (point) => point[axis]!)) as [
            Float64Array,
            Float64Array,
          ];
          const space = triangulate(px, py);
          if (space === undefined) return;
          expect(areaOf(space.triangles, px, py)).toBeCloseTo(hullArea(points), 9);
          for (const [x, y] of places) {
            blendOn(space, x, y, out);
            const weights = list(out);
            expect(weights.reduce((sum, [, weight]) => sum + weight, 0)).toBeCloseTo(1, 9);
            if (!inHull(points, x, y)) continue;
            expect(weights.reduce((sum, [point, weight]) => sum + weight * px[point]!, 0)).toBeCloseTo(x, 6);
            expect(weights.reduce((sum, [point, weight]) => sum + weight * py[point]!, 0)).toBeCloseTo(y, 6);
          }
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
});

type Point = readonly [number, number];

function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Corners of the convex hull, counter-clockwise, by the monotone chain. */
function hull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort(([ax, ay], [bx, by]) => ax - bx || ay - by);
  const half = (list: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of list) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function hullArea(points: readonly Point[]): number {
  const corners = hull(points);
  return corners.reduce((sum, corner, i) => sum + turn([0, 0], corner, corners[(i + 1) % corners.length]!) / 2, 0);
}

function inHull(points: readonly Point[], x: number, y: number): boolean {
  const corners = hull(points);
  return corners.every((corner, i) => turn(corner, corners[(i + 1) % corners.length]!, [x, y]) > 1e-9);
}

function areaOf(triangles: Int32Array, x: Float64Array, y: Float64Array): number {
  let area = 0;
  for (let i = 0; i < triangles.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k): Point => [x[triangles[i + k]!]!, y[triangles[i + k]!]!]) as [
      Point,
      Point,
      Point,
    ];
    area += turn(a, b, c) / 2;
  }
  return area;
}

describe("points on a circle, but for rounding", () => {
  it.each([3, 5, 8, 16, 31, 32, 64])("%i of them are a fan without holes", (count) => {
    const at = (turn: number) =>
      Float64Array.from({ length: count }, (_, i) => Math.sin((i / count + turn) * 2 * Math.PI));
    const plane = triangulate(at(0.25), at(0))!;
    expect(plane.triangles.length).toBe(3 * (count - 2));
    expect(plane.border.length).toBe(2 * count);
    const out = blendWeights();
    blendOn(plane, 0.01, -0.02, out);
    const sum = (values: Float64Array) =>
      Array.from({ length: out.count }, (_, i) => out.weights[i]! * values[out.points[i]!]!).reduce((a, b) => a + b, 0);
    expect(sum(plane.x)).toBeCloseTo(0.01, 9);
    expect(sum(plane.y)).toBeCloseTo(-0.02, 9);
  });
});

describe("places that are no numbers", () => {
  const plane = triangulate(Float64Array.of(0, 1, 0), Float64Array.of(0, 0, 1))!;
  it.each([
    [Number.NaN, 0],
    [0, Number.NaN],
    [Infinity, 0.5],
    [-Infinity, Infinity],
    [1e300, 1e300],
    [-1e30, 5],
  ])("%d, %d depend on nothing that was asked before", (x, y) => {
    const results = [
      [0.2, 0.2],
      [5, 5],
    ].map(([before, too]) => {
      const out = blendWeights();
      blendOn(plane, before!, too!, out);
      blendOn(plane, x, y, out);
      return [...out.points.subarray(0, out.count), ...out.weights.subarray(0, out.count)];
    });
    expect(results[0]).toEqual(results[1]);
    expect(results[0]!.length).toBeGreaterThan(0);
    expect(results[0]!.every(Number.isFinite)).toBe(true);
  });
});
