import type { SkinnedMeshOptions } from "../../../src/anim/skinned-mesh.ts";
import { randomFloat } from "../../../src/core/prng.ts";

const STREAM = 77;

/** Numbers in [-1, 1) that depend on the seed alone. */
export function numbers(seed: number): () => number {
  let at = 0;
  return () => randomFloat(seed, STREAM, 0, at++) * 2 - 1;
}

export interface FigureOptions {
  readonly vertices: number;
  readonly joints: number;
  /** Of vertex `i`; 1 to 8. */
  readonly influences: (vertex: number) => number;
  readonly targets?: number;
  readonly tangents?: boolean;
  readonly seed?: number;
}

/** A mesh of points about the origin, within 2 m. */
export function figure({ vertices, joints, influences, targets = 0, tangents = true, seed = 1 }: FigureOptions) {
  const next = numbers(seed);
  const values = (count: number) => Float32Array.from({ length: count }, next);
  const directions = (stride: number) => {
    const all = values(vertices * stride);
    for (let v = 0; v < vertices; v++) {
      const [x, y, z] = all.subarray(v * stride) as unknown as [number, number, number];
      const length = Math.hypot(x, y, z) || 1;
      all.set([x / length, y / length, z / length], v * stride);
      if (stride === 4) all[v * 4 + 3] = v % 2 === 0 ? 1 : -1;
    }
    return all;
  };
  const numbersOf = new Uint16Array(vertices * 8);
  const weights = new Float32Array(vertices * 8);
  for (let v = 0; v < vertices; v++) {
    const count = influences(v);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      numbersOf[v * 8 + i] = Math.min(joints - 1, Math.floor((next() / 2 + 0.5) * joints));
      weights[v * 8 + i] = 0.2 + next() / 8;
      sum += weights[v * 8 + i]!;
    }
    for (let i = 0; i < count; i++) weights[v * 8 + i]! /= sum;
  }
  // The last joint is used, so the mesh needs a palette of all of them.
  numbersOf[0] = joints - 1;
  return {
    positions: values(vertices * 3).map((value) => value * 2),
    normals: directions(3),
    ...(tangents && { tangents: directions(4) }),
    influences: 8,
    joints: numbersOf,
    weights,
    morphTargets: Array.from({ length: targets }, (_, target) => ({
      // A target moves some of the vertices only.
      positions: values(vertices * 3).map((value, i) => (Math.floor(i / 3) % (target + 2) === 0 ? value / 4 : 0)),
      ...(target % 2 === 0 && { normals: values(vertices * 3).map((value) => value / 4) }),
      ...(target % 2 === 0 && tangents && { tangents: values(vertices * 3).map((value) => value / 4) }),
    })),
  } satisfies SkinnedMeshOptions;
}

export type Figure = ReturnType<typeof figure>;

/** Matrices that turn and move by up to 3 m; with `scale` they scale, too. */
export function palette(joints: number, seed: number, scale = false): Float32Array {
  const next = numbers(seed + 1000);
  const out = new Float32Array(joints * 12);
  for (let joint = 0; joint < joints; joint++) {
    const [x, y, z, w] = unit([next(), next(), next(), next()]);
    const size = scale ? 1 + next() / 2 : 1;
    const rows = [
      [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
      [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
      [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ];
    for (const [row, [a, b, c]] of rows.entries()) {
      out.set([a! * size, b! * size, c! * size, next() * 3], joint * 12 + row * 4);
    }
  }
  return out;
}

export function unit<T extends readonly number[]>(values: T): T {
  const length = Math.hypot(...values);
  return values.map((value) => value / length) as unknown as T;
}
