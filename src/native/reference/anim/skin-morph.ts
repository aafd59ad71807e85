import { NONE } from "../../anim/format.ts";
import {
  MESH_NORMALS,
  MESH_POSITIONS,
  MESH_TANGENTS,
  MESH_TARGET_COUNT,
  MESH_TARGETS,
  MESH_VERTICES,
  TARGET_WORDS,
} from "../../anim/skin-format.ts";
import type { Memory } from "../../memory.ts";

const { fround } = Math;

/** 3, 3 and 4 values of each vertex; none of what the mesh does not have. */
export interface Vertices {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  readonly tangents: Float32Array;
}

/**
 * The vertices of a mesh with its morph targets: for each target in order whose weight is not 0, `v = v + w * delta` for
 * what it moves. The last value of a tangent stays.
 */
export function morphed(memory: Memory, header: Uint32Array, weights: number): Vertices {
  const { f32, u32 } = memory;
  const count = header[MESH_VERTICES]!;
  const array = (word: number, size: number) => {
    const at = header[word]!;
    if (at === NONE) return new Float32Array();
    const values = f32.subarray(at / 4, at / 4 + count * size);
    return weights === NONE ? values : values.slice();
  };
  const arrays = [array(MESH_POSITIONS, 3), array(MESH_NORMALS, 3), array(MESH_TANGENTS, 4)] as const;
  for (let t = 0; weights !== NONE && t < header[MESH_TARGET_COUNT]!; t++) {
    const weight = f32[weights / 4 + t]!;
    if (weight === 0) continue;
    const target = header[MESH_TARGETS]! / 4 + t * TARGET_WORDS;
    for (let a = 0; a < 3; a++) {
      const deltas = u32[target + 2 + a]!;
      if (deltas === NONE) continue;
      const size = a === 2 ? 4 : 3;
      for (let i = 0; i < u32[target]!; i++) {
        const vertex = u32[u32[target + 1]! / 4 + i]!;
        for (let c = 0; c < 3; c++) arrays[a]![vertex * size + c]! += fround(weight * f32[deltas / 4 + i * 3 + c]!);
      }
    }
  }
  return { positions: arrays[0], normals: arrays[1], tangents: arrays[2] };
}
