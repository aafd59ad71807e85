import type { SkinRequest } from "../../../src/anim/skinning/skinner.ts";
import { type Figure, unit } from "./figures.ts";

type Vector = readonly [number, number, number];
type Quaternion = readonly [x: number, y: number, z: number, w: number];

export interface Skinned {
  readonly positions: Float64Array;
  readonly normals: Float64Array;
  readonly tangents: Float64Array;
}

/** What a request gives, in f64 and in the order of the figure, vertex by vertex as textbooks have it. */
export function skinned(figure: Figure, palette: Float32Array, request: Partial<SkinRequest>): Skinned {
  const vertices = figure.positions.length / 3;
  const out = {
    positions: new Float64Array(vertices * 3),
    normals: new Float64Array(vertices * 3),
    tangents: new Float64Array(vertices * 4),
  };
  const weights = Float32Array.from(request.morphWeights ?? []);
  const morph = (values: ArrayLike<number>, stride: number, v: number, part: "positions" | "normals" | "tangents") =>
    [0, 1, 2].map((c) =>
      figure.morphTargets.reduce(
        (sum, target, t) => {
          const deltas = (target as Record<string, ArrayLike<number> | undefined>)[part];
          return sum + (weights[t] ?? 0) * (deltas?.[v * 3 + c] ?? 0);
        },
        values[v * stride + c]!,
      ),
    ) as unknown as Vector;
  const ended = (v: Vector): Vector => (request.normalise && Math.hypot(...v) > 0 ? unit(v) : v);
  for (let v = 0; v < vertices; v++) {
    const move = request.method === "dual-quaternion" ? rigid(figure, palette, v) : affine(figure, palette, v);
    out.positions.set(move(morph(figure.positions, 3, v, "positions"), 1), v * 3);
    out.normals.set(ended(move(morph(figure.normals, 3, v, "normals"), 0)), v * 3);
    if (figure.tangents === undefined) continue;
    out.tangents.set(ended(move(morph(figure.tangents, 4, v, "tangents"), 0)), v * 4);
    out.tangents[v * 4 + 3] = figure.tangents[v * 4 + 3]!;
  }
  return out;
}

function influencesOf({ joints, weights, influences }: Figure, v: number) {
  return Array.from({ length: influences }, (_, i) => ({
    joint: joints[v * influences + i]!,
    weight: weights[v * influences + i]!,
  })).filter(({ weight }) => weight !== 0);
}

function affine(figure: Figure, palette: Float32Array, v: number) {
  const blended = new Float64Array(12);
  for (const { joint, weight } of influencesOf(figure, v)) {
    for (let i = 0; i < 12; i++) blended[i]! += weight * palette[joint * 12 + i]!;
  }
  return (p: Vector, one: number): Vector =>
    [0, 4, 8].map(
      (r) => blended[r]! * p[0] + blended[r + 1]! * p[1] + blended[r + 2]! * p[2] + blended[r + 3]! * one,
    ) as never;
}

/** Signs are those against the influence with the largest weight. */
function rigid(figure: Figure, palette: Float32Array, v: number) {
  const influences = influencesOf(figure, v).sort((a, b) => b.weight - a.weight);
  const real = new Float64Array(4);
  const dual = new Float64Array(4);
  const origin = influences[0] && quaternion(palette, influences[0].joint);
  for (const { joint, weight } of influences) {
    const q = quaternion(palette, joint);
    const t: Quaternion = [palette[joint * 12 + 3]!, palette[joint * 12 + 7]!, palette[joint * 12 + 11]!, 0];
    const sign = q.reduce((sum, value, i) => sum + value * origin![i]!, 0) < 0 ? -weight : weight;
    const moved = product(t, q);
    for (let i = 0; i < 4; i++) {
      real[i]! += sign * q[i]!;
      dual[i]! += (sign * moved[i]!) / 2;
    }
  }
  const length = Math.hypot(...real);
  const r = (length > 0 ? [...real].map((value) => value / length) : [0, 0, 0, 1]) as unknown as Quaternion;
  const d = (length > 0 ? [...dual].map((value) => value / length) : [0, 0, 0, 0]) as unknown as Quaternion;
  const back: Quaternion = [-r[0], -r[1], -r[2], r[3]];
  return (p: Vector, one: number): Vector => {
    const turned = product(product(r, [p[0], p[1], p[2], 0]), back);
    const moved = product(d, back);
    return [0, 1, 2].map((i) => turned[i]! + 2 * one * moved[i]!) as never;
  };
}

function product([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion): Quaternion {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by + ay * bw + az * bx - ax * bz,
    aw * bz + az * bw + ax * by - ay * bx,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

/** The eigenvector way would do as well: of the four candidates the one with the largest first component. */
function quaternion(palette: Float32Array, joint: number): Quaternion {
  const m = (r: number, c: number) => palette[joint * 12 + r * 4 + c]!;
  const candidates: Quaternion[] = [
    [1 + m(0, 0) - m(1, 1) - m(2, 2), m(1, 0) + m(0, 1), m(2, 0) + m(0, 2), m(2, 1) - m(1, 2)],
    [m(1, 0) + m(0, 1), 1 - m(0, 0) + m(1, 1) - m(2, 2), m(2, 1) + m(1, 2), m(0, 2) - m(2, 0)],
    [m(2, 0) + m(0, 2), m(2, 1) + m(1, 2), 1 - m(0, 0) - m(1, 1) + m(2, 2), m(1, 0) - m(0, 1)],
    [m(2, 1) - m(1, 2), m(0, 2) - m(2, 0), m(1, 0) - m(0, 1), 1 + m(0, 0) + m(1, 1) + m(2, 2)],
  ];
  return unit(candidates.reduce((best, q, i) => (q[i]! > best[candidates.indexOf(best)]! ? q : best)));
}
