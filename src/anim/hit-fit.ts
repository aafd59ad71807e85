import { badArgument, expectInstance, expectNumber, expectNumbers, expectOptions } from "../core/argument.ts";
import { transformPoint } from "./affine.ts";
import type { BoundVertices } from "./hit-shapes.ts";
import type { Skeleton } from "./skeleton.ts";
import { Skin } from "./skin.ts";

/** For each joint the points (3 each, in its space) of the vertices that are bound to it more than to any other. */
export function verticesOfJoints(skeleton: Skeleton, meshes: readonly BoundVertices[]): number[][] {
  const points: number[][] = Array.from({ length: skeleton.count }, () => []);
  const point = new Float64Array(3);
  for (const mesh of meshes) {
    checkBound(mesh);
    const { skin, positions, joints, weights, influences } = mesh;
    if (skin?.skeleton !== skeleton) continue;
    for (let vertex = 0; vertex * 3 < positions.length; vertex++) {
      const first = vertex * influences;
      let most = first;
      for (let i = first + 1; i < first + influences; i++) if (weights[i]! > weights[most]!) most = i;
      const number = joints[most]!;
      if (skin.joints[number] === undefined)
        throw badArgument("joints of a mesh", number, `numbers of the ${skin.count} joints of its skin`);
      for (let c = 0; c < 3; c++) point[c] = positions[vertex * 3 + c]!;
      transformPoint(point, skin.inverseBind, point, number * 12);
      points[skin.joints[number]!]!.push(point[0]!, point[1]!, point[2]!);
    }
  }
  return points;
}

function checkBound(mesh: BoundVertices): void {
  expectOptions(mesh, "each of the meshes");
  const { skin, positions, joints, weights, influences } = mesh;
  if (skin !== undefined) expectInstance(skin, Skin, "skin of a mesh", "a Skin");
  for (const [name, list] of Object.entries({ positions, joints, weights })) expectNumbers(list, `${name} of a mesh`);
  expectNumber(influences, "influences of a mesh");
  const wanted = (positions.length / 3) * influences;
  if (joints.length !== wanted || weights.length !== wanted)
    throw badArgument("influences of a mesh", influences, "the number of joints and weights of each vertex");
}

/**
 * A capsule that holds all points (3 each), along `axis`; without one it goes from the joint to the middle of the points.
 * Its round ends lie within the extent of the points along the axis, as far as they are long enough for that.
 */
export function fitCapsule(
  points: readonly number[],
  axis?: ArrayLike<number>,
): { from: number[]; to: number[]; radius: number } {
  const count = points.length / 3;
  const middle = [0, 0, 0];
  points.forEach((x, i) => {
    middle[i % 3]! += x / count;
  });
  const along = unit(axis ?? middle);
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < points.length; i += 3) {
    const place = points[i]! * along[0]! + points[i + 1]! * along[1]! + points[i + 2]! * along[2]!;
    low = Math.min(low, place);
    high = Math.max(high, place);
  }
  const centre = middle.map((x, c) => x - along[c]! * dot(middle, along));
  const at = (place: number) => centre.map((x, c) => x + along[c]! * place);
  const across = farthest(points, at(low), at(high));
  const from = at(Math.min(low + across, (low + high) / 2));
  const to = at(Math.max(high - across, (low + high) / 2));
  return { from, to, radius: farthest(points, from, to) };
}

/** The largest distance of a point from the segment. */
function farthest(points: readonly number[], from: readonly number[], to: readonly number[]): number {
  const side = to.map((x, c) => x - from[c]!);
  const side2 = dot(side, side);
  let square = 0;
  for (let i = 0; i < points.length; i += 3) {
    const off = from.map((x, c) => points[i + c]! - x);
    const part = side2 > 0 ? Math.min(1, Math.max(0, dot(off, side) / side2)) : 0;
    const rest = off.map((x, c) => x - side[c]! * part);
    square = Math.max(square, dot(rest, rest));
  }
  return Math.sqrt(square);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}

function unit(v: ArrayLike<number>): number[] {
  const size = Math.sqrt(v[0]! * v[0]! + v[1]! * v[1]! + v[2]! * v[2]!);
  return size > 1e-12 ? [v[0]! / size, v[1]! / size, v[2]! / size] : [0, 1, 0];
}
