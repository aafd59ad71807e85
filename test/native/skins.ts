import {
  INFLUENCES_MAX,
  MESH_GROUPS,
  SKINNED_MESH_MAGIC,
  SKINNED_MESH_WORDS,
  SKINNING_WORDS,
  TARGET_WORDS,
} from "../../src/native/anim/skin-format.ts";
import type { Memory } from "../../src/native/memory.ts";

const NONE = 0xffffffff;

export interface SceneOptions {
  /** Vertices with 1, 2, ... influences. */
  readonly groups: readonly number[];
  readonly joints: number;
  /** Meshes in poses: records. */
  readonly instances: number;
  readonly flags?: number;
  readonly normals?: boolean;
  readonly tangents?: boolean;
  /** Morph targets. */
  readonly targets?: number;
  /** The palettes are rotations and translations. */
  readonly rigid?: boolean;
  /** Bits of vertices, weights, deltas and matrices that are not rigid. */
  readonly bits: () => number;
  /** Words that have nothing to do with each other. */
  readonly next: () => number;
}

export interface Scene {
  /** Offset of the records, one for each instance. */
  readonly records: number;
  readonly mesh: number;
  /** Offsets of the palettes and of the targets. */
  readonly palettes: readonly number[];
  readonly targets: number;
  readonly vertices: number;
  readonly end: number;
}

/** Writes a mesh, palettes and records from `start` on. */
export function skinScene(memory: Memory, start: number, options: SceneOptions): Scene {
  const { groups, joints, instances, flags = 0, normals = true, tangents = true, targets = 0, bits, next } = options;
  const { u16, u32, f32 } = memory;
  let end = start;
  const take = (bytes: number) => {
    const at = end;
    // Arrays of odd lengths, one right behind the other.
    end += Math.ceil(bytes / 4) * 4;
    return at;
  };
  const fill = (count: number) => {
    const at = take(count * 4);
    for (let i = 0; i < count; i++) u32[at / 4 + i] = bits();
    return at;
  };
  const vertices = groups.reduce((sum, count) => sum + count, 0);
  const influences = groups.reduce((sum, count, k) => sum + count * (k + 1), 0);
  const records = take(instances * SKINNING_WORDS * 4);
  const mesh = take(SKINNED_MESH_WORDS * 4);
  const header = [SKINNED_MESH_MAGIC, vertices, joints, fill(vertices * 3)];
  header.push(normals ? fill(vertices * 3) : NONE, tangents ? fill(vertices * 4) : NONE);
  const numbers = take(influences * 2);
  for (let i = 0; i < influences; i++) u16[numbers / 2 + i] = next() % joints;
  header.push(numbers, fill(influences), targets, take(targets * TARGET_WORDS * 4));
  u32.set(header, mesh / 4);
  for (let k = 0; k < INFLUENCES_MAX; k++) u32[mesh / 4 + MESH_GROUPS + k] = groups[k] ?? 0;
  const table = header[9]!;
  for (let t = 0; t < targets; t++) {
    const moved = Array.from({ length: vertices }, (_, i) => i).filter(() => next() % (t + 2) === 0);
    const at = take(moved.length * 4);
    u32.set(moved, at / 4);
    const deltas = (has: boolean) => (has && next() % 4 > 0 ? fill(moved.length * 3) : NONE);
    u32.set([moved.length, at, deltas(true), deltas(normals), deltas(tangents), 0], table / 4 + t * TARGET_WORDS);
  }
  const palettes: number[] = [];
  for (let i = 0; i < instances; i++) {
    const extra = next() % 3;
    const palette = take((joints + extra) * 48);
    palettes.push(palette);
    for (let joint = 0; joint < joints + extra; joint++) {
      const at = palette / 4 + joint * 12;
      if (options.rigid) f32.set(rigid(next), at);
      else for (let c = 0; c < 12; c++) u32[at + c] = bits();
    }
    const morphs = targets > 0 && next() % 4 > 0 ? take(targets * 4) : NONE;
    if (morphs !== NONE) for (let t = 0; t < targets; t++) f32[morphs / 4 + t] = [0, 1, -0.5, 0.3, -0][next() % 5]!;
    const record = [mesh, palette, joints + extra, take(vertices * 12)];
    record.push(normals && next() % 4 > 0 ? take(vertices * 12) : NONE);
    record.push(tangents && next() % 4 > 0 ? take(vertices * 16) : NONE);
    u32.set([...record, flags, morphs], records / 4 + i * SKINNING_WORDS);
  }
  return { records, mesh, palettes, targets: table, vertices, end };
}

/** A matrix that turns about any axis and moves. */
export function rigid(next: () => number): number[] {
  const number = () => next() / 2 ** 31 - 1;
  const q = [number(), number(), number(), number()];
  const length = Math.hypot(...q);
  const [x, y, z, w] = q.map((value) => value / length) as [number, number, number, number];
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y), 3 * number()],
    ...[2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x), 3 * number()],
    ...[2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y), 3 * number()],
  ];
}
