import { NONE } from "../../anim/format.ts";
import {
  INFLUENCES_MAX,
  MESH_GROUPS,
  MESH_JOINT_NUMBERS,
  MESH_WEIGHTS,
  SKIN_DUAL_QUATERNION,
  SKIN_NORMALISE,
  SKINNING_WORDS,
} from "../../anim/skin-format.ts";
import type { Memory } from "../../memory.ts";
import { claims } from "../claims.ts";
import { checkSkinnings } from "./skin-check.ts";
import { blendMotions, dualQuaternions, turn, turnAndMove } from "./skin-dual.ts";
import { blendMatrices, columns, transform, transformPoint } from "./skin-linear.ts";
import { morphed, type Vertices } from "./skin-morph.ts";
import { normalise, store } from "./skin-store.ts";

/** What the influences of a vertex make of it. */
interface Method {
  /** Blends `influences` joints from `at` on. */
  blend(palette: Float32Array, joints: Uint16Array, weights: Float32Array, at: number, influences: number): void;
  /** Makes `vector` of three values of a point, or of a direction, at `at`. */
  point(values: Float32Array, at: number): void;
  direction(values: Float32Array, at: number): void;
}

const linear: Method = { blend: blendMatrices, point: transformPoint, direction: transform };
const dual: Method = { blend: blendMotions, point: turnAndMove, direction: turn };

/**
 * Morph targets, then the blend of each vertex's joints, then the vertex. Joint numbers are taken modulo the power of two
 * at or above the joints of the palette; what is behind those is zeros. `skin-morph.ts`, `skin-linear.ts`, `skin-dual.ts`
 * and `skin-store.ts` have the formulas. A NaN is stored as the canonical one.
 */
export function animSkin(memory: Memory, records: number, count: number): void {
  claims.begin(memory).list("records", records, count, SKINNING_WORDS);
  checkSkinnings(memory, records, count);
  for (let i = 0; i < count; i++) skin(memory, records / 4 + i * SKINNING_WORDS);
}

function skin(memory: Memory, at: number): void {
  const [mesh, palette, joints, positions, normals, tangents, flags, morphs] = memory.u32.subarray(at, at + 8);
  const isDual = (flags! & SKIN_DUAL_QUATERNION) !== 0;
  const method = isDual ? dual : linear;
  const padded = isDual ? dualQuaternions(memory, palette!, joints!) : columns(memory, palette!, joints!);
  const header = memory.u32.subarray(mesh! / 4, mesh! / 4 + MESH_GROUPS + INFLUENCES_MAX);
  const numbers = memory.u16.subarray(header[MESH_JOINT_NUMBERS]! / 2);
  const weights = memory.f32.subarray(header[MESH_WEIGHTS]! / 4);
  const normalises = (flags! & SKIN_NORMALISE) !== 0;
  const vertices = morphed(memory, header, morphs!);
  const out: Out = { positions: positions!, normals: normals!, tangents: tangents!, normalises };
  let vertex = 0;
  let influence = 0;
  for (let influences = 1; influences <= INFLUENCES_MAX; influences++) {
    for (let i = 0; i < header[MESH_GROUPS + influences - 1]!; i++) {
      method.blend(padded, numbers, weights, influence, influences);
      put(memory, method, vertices, vertex++, out);
      influence += influences;
    }
  }
}

/** Where vertices go: byte offsets. */
interface Out {
  readonly positions: number;
  readonly normals: number;
  readonly tangents: number;
  readonly normalises: boolean;
}

function put(memory: Memory, method: Method, vertices: Vertices, vertex: number, out: Out): void {
  method.point(vertices.positions, vertex * 3);
  store(memory, out.positions / 4 + vertex * 3);
  if (out.normals !== NONE) {
    method.direction(vertices.normals, vertex * 3);
    if (out.normalises) normalise();
    store(memory, out.normals / 4 + vertex * 3);
  }
  if (out.tangents !== NONE) {
    method.direction(vertices.tangents, vertex * 4);
    if (out.normalises) normalise();
    store(memory, out.tangents / 4 + vertex * 4, vertices.tangents[vertex * 4 + 3]!);
  }
}
