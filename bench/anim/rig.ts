/** A mesh that joints move, as a file has it: 4 joints and weights a vertex, in the order of the file. */
export interface Rig {
  readonly vertices: number;
  /** Joints of the palette. */
  readonly joints: number;
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** 4 a vertex, the heaviest first; 0 where there are no more. */
  readonly numbers: Uint16Array;
  readonly weights: Float32Array;
  /** 12 f32 a joint: 3 rows of 4 of a turn and a move. */
  readonly palette: Float32Array;
}

/** Vertices in a hundred with 1, 2, 3 and 4 influences. */
export const REALISTIC: readonly number[] = [45, 30, 15, 10];
export const ALL_FOUR: readonly number[] = [0, 0, 0, 100];

const JOINTS = 100;
/** Neighbours of a joint that share its vertices. */
const REACH = 6;

/** A made-up rig: `mix` of a hundred vertices have 1 to 4 influences, in no order. */
export function rig(vertices: number, mix: readonly number[]): Rig {
  const next = numbers(9);
  const floats = (count: number, scale: number) => Float32Array.from({ length: count }, () => (next() * 2 - 1) * scale);
  const normals = floats(vertices * 3, 1);
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.hypot(normals[i]!, normals[i + 1]!, normals[i + 2]!) || 1;
    for (let c = 0; c < 3; c++) normals[i + c]! /= length;
  }
  const joints = new Uint16Array(vertices * 4);
  const weights = new Float32Array(vertices * 4);
  for (let vertex = 0; vertex < vertices; vertex++) {
    const share = next() * 100;
    let influences = 1;
    for (let sum = mix[0]!; sum <= share && influences < 4; sum += mix[influences++]!);
    const first = Math.floor((vertex / vertices) * (JOINTS - REACH));
    const falling = Array.from({ length: influences }, () => 0.05 + next()).sort((a, b) => b - a);
    const all = falling.reduce((sum, weight) => sum + weight, 0);
    for (const [k, weight] of falling.entries()) {
      joints[vertex * 4 + k] = first + ((Math.floor(next() * REACH) + k) % REACH);
      weights[vertex * 4 + k] = weight / all;
    }
  }
  const positions = floats(vertices * 3, 1);
  return { vertices, joints: JOINTS, positions, normals, numbers: joints, weights, palette: posed(JOINTS) };
}

/** A made-up palette. */
export function posed(joints: number): Float32Array {
  const next = numbers(10);
  const palette = new Float32Array(joints * 12);
  for (let joint = 0; joint < joints; joint++) palette.set(turn(next), joint * 12);
  return palette;
}

/** The same rig with matrices that change nothing. */
export function atRest(given: Rig): Rig {
  const palette = new Float32Array(given.palette.length);
  for (let i = 0; i < palette.length; i += 12) palette[i] = palette[i + 5] = palette[i + 10] = 1;
  return { ...given, palette };
}

/** A turn about an axis that has a part up, so that neighbours never face away from each other; and a move. */
function turn(next: () => number): number[] {
  const q = [next() - 0.5, next() - 0.5, next() - 0.5, 1];
  const length = Math.hypot(...q);
  const [x, y, z, w] = q.map((value) => value / length) as [number, number, number, number];
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), next()],
    ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), next()],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), next()],
  ];
}

/** Numbers in [0, 1): a Weyl sequence with a finaliser. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  };
}
