import { MATRIX_FLOATS, NONE } from "../../anim/format.ts";
import {
  INFLUENCES_MAX,
  MESH_GROUPS,
  MESH_JOINT_NUMBERS,
  MESH_JOINTS,
  MESH_NORMALS,
  MESH_POSITIONS,
  MESH_TANGENTS,
  MESH_TARGET_COUNT,
  MESH_TARGETS,
  MESH_VERTICES,
  MESH_WEIGHTS,
  PALETTE_MAX,
  SKIN_DUAL_QUATERNION,
  SKIN_NORMALISE,
  SKINNED_MESH_MAGIC,
  SKINNED_MESH_WORDS,
  SKINNING_WORDS,
  TARGET_WORDS,
  TARGETS_MAX,
} from "../../anim/skin-format.ts";
import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";
import { Operands } from "./operands.ts";
import { isRigid } from "./skin-dual.ts";

/** Checks all that `animSkin` reads and writes. The order decides which of several faults is reported. */
export function checkSkinnings(memory: Memory, records: number, count: number): void {
  const operands = new Operands(memory);
  operands.read("records", -1, records, count * SKINNING_WORDS * 4, 4);
  for (let i = 0; i < count; i++) checkSkinning(operands, i, records / 4 + i * SKINNING_WORDS);
  operands.apart();
}

function checkSkinning(operands: Operands, i: number, at: number): void {
  const { u32, f32 } = operands.memory;
  const [offset, palette, joints, positions, normals, tangents, flags, morphs] = u32.subarray(at, at + SKINNING_WORDS);
  expect(flags! <= (SKIN_DUAL_QUATERNION | SKIN_NORMALISE), "flags", i);
  const mesh = checkMesh(operands, i, offset!);
  const vertices = mesh[MESH_VERTICES]!;
  expect(joints! >= mesh[MESH_JOINTS]! && joints! <= PALETTE_MAX, "joints", i);
  operands.read("palette", i, palette!, joints! * MATRIX_FLOATS * 4, 4);
  for (let joint = 0; (flags! & SKIN_DUAL_QUATERNION) !== 0 && joint < joints!; joint++)
    expect(isRigid(f32, palette! / 4 + joint * MATRIX_FLOATS), "palette", i);
  operands.write("positions", i, positions!, vertices * 12, 4);
  if (normals !== NONE) {
    expect(mesh[MESH_NORMALS] !== NONE, "normals", i);
    operands.write("normals", i, normals!, vertices * 12, 4);
  }
  if (tangents !== NONE) {
    expect(mesh[MESH_TANGENTS] !== NONE, "tangents", i);
    operands.write("tangents", i, tangents!, vertices * 16, 4);
  }
  if (morphs === NONE) return;
  const targets = mesh[MESH_TARGET_COUNT]!;
  operands.read("morphs", i, morphs!, targets * 4, 4);
  operands.read("targets", i, mesh[MESH_TARGETS]!, targets * TARGET_WORDS * 4, 4);
  for (let t = 0; t < targets; t++) {
    if (f32[morphs! / 4 + t] !== 0) checkTarget(operands, i, mesh, mesh[MESH_TARGETS]! / 4 + t * TARGET_WORDS);
  }
}

function checkMesh(operands: Operands, i: number, offset: number): Uint32Array {
  operands.read("mesh", i, offset, SKINNED_MESH_WORDS * 4, 4);
  const mesh = operands.memory.u32.subarray(offset / 4, offset / 4 + SKINNED_MESH_WORDS);
  const vertices = mesh[MESH_VERTICES]!;
  let grouped = 0;
  let influences = 0;
  for (let k = 0; k < INFLUENCES_MAX; k++) {
    grouped += mesh[MESH_GROUPS + k]!;
    influences += mesh[MESH_GROUPS + k]! * (k + 1);
  }
  expect(mesh[0] === SKINNED_MESH_MAGIC && grouped === vertices, "mesh", i);
  expect(mesh[MESH_JOINTS]! >= 1 && mesh[MESH_JOINTS]! <= PALETTE_MAX, "mesh", i);
  expect(mesh[MESH_TARGET_COUNT]! <= TARGETS_MAX, "mesh", i);
  operands.read("meshPositions", i, mesh[MESH_POSITIONS]!, vertices * 12, 4);
  if (mesh[MESH_NORMALS] !== NONE) operands.read("meshNormals", i, mesh[MESH_NORMALS]!, vertices * 12, 4);
  if (mesh[MESH_TANGENTS] !== NONE) operands.read("meshTangents", i, mesh[MESH_TANGENTS]!, vertices * 16, 4);
  operands.read("meshJoints", i, mesh[MESH_JOINT_NUMBERS]!, influences * 2, 2);
  operands.read("meshWeights", i, mesh[MESH_WEIGHTS]!, influences * 4, 4);
  return mesh;
}

function checkTarget(operands: Operands, i: number, mesh: Uint32Array, at: number): void {
  const { u32 } = operands.memory;
  const [count, vertices, ...deltas] = u32.subarray(at, at + 5);
  operands.read("targetVertices", i, vertices!, count! * 4, 4);
  for (const [a, word] of [MESH_POSITIONS, MESH_NORMALS, MESH_TANGENTS].entries()) {
    if (deltas[a] === NONE) continue;
    expect(mesh[word] !== NONE, "targets", i);
    operands.read("targetDeltas", i, deltas[a]!, count! * 12, 4);
  }
  let next = 0;
  for (let k = 0; k < count!; k++) {
    const vertex = u32[vertices! / 4 + k]!;
    if (vertex < next || vertex >= mesh[MESH_VERTICES]!) throw jobFault("order", "targetVertices", i);
    next = vertex + 1;
  }
}

/** Refuses operand `operand` of record `i` unless its value is one that the job takes. */
function expect(holds: boolean, operand: string, i: number): void {
  if (!holds) throw jobFault("value", operand, i);
}
