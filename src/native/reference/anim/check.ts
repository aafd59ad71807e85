import {
  CHARACTER_WORDS,
  CLIP_COMPRESSED,
  CLIP_FRAMES,
  CLIP_MAGIC,
  CLIP_WORDS,
  ENTRIES_MAX,
  ENTRY_WORDS,
  FLAG_ADDITIVE,
  GROUP_ROWS,
  IK_MAX,
  JOINTS_MAX,
  LANES,
  LAYER_ADDITIVE,
  LAYER_WORDS,
  LAYERS_MAX,
  MATRIX_FLOATS,
  NONE,
  PALETTE_WORDS,
  PALETTES_MAX,
  POSE_ROWS,
  SKELETON_MAGIC,
  SKELETON_WORDS,
  SKIN_MAGIC,
  SKIN_WORDS,
  SOURCE_CLIP,
  SOURCE_POSE,
} from "../../anim/format.ts";
import { IK_WORDS } from "../../anim/ik-format.ts";
import { jobFault } from "../../fault.ts";
import type { Memory } from "../../memory.ts";
import { compressedFits } from "./compressed-layout.ts";
import { ikFault } from "./ik.ts";
import { Operands } from "./operands.ts";

/** Checks all that `animPoses` reads and writes. The order decides which of several faults is reported. */
export function checkCharacters(memory: Memory, characters: number, count: number): void {
  const operands = new Operands(memory);
  operands.read("characters", -1, characters, count * CHARACTER_WORDS * 4, 4);
  for (let i = 0; i < count; i++) checkCharacter(operands, i, characters / 4 + i * CHARACTER_WORDS);
  operands.apart();
}

function checkCharacter(operands: Operands, i: number, at: number): void {
  const { u32, i32, f32 } = operands.memory;
  const [skeleton, layers, layerCount, local, model, palettes, paletteCount, ik, ikCount] = u32.subarray(at, at + 9);
  expect(u32[at + 9] === 0 && u32[at + 10] === 0 && u32[at + 11] === 0, "character", i);
  const { joints, stride, parents } = checkSkeleton(operands, i, skeleton!);
  if (layerCount! > LAYERS_MAX) throw jobFault("capacity", "layers", i);
  operands.read("layers", i, layers!, layerCount! * LAYER_WORDS * 4, 4);
  for (let k = 0; k < layerCount!; k++) checkLayer(operands, i, layers! / 4 + k * LAYER_WORDS, joints, stride);
  if (local !== NONE) operands.write("local", i, local!, POSE_ROWS * stride * 4, 64);
  if (model !== NONE) operands.write("model", i, model!, joints * MATRIX_FLOATS * 4, 16);
  if (paletteCount! > PALETTES_MAX) throw jobFault("capacity", "palettes", i);
  operands.read("palettes", i, palettes!, paletteCount! * PALETTE_WORDS * 4, 4);
  for (let k = 0; k < paletteCount!; k++) checkPalette(operands, i, palettes! / 4 + k * PALETTE_WORDS, joints);
  if (ikCount! > IK_MAX) throw jobFault("capacity", "ik", i);
  operands.read("ik", i, ik!, ikCount! * IK_WORDS * 4, 4);
  for (let k = 0; k < ikCount!; k++) {
    const fault = ikFault(u32, f32, ik! / 4 + k * IK_WORDS, i32, parents / 4, joints);
    if (fault !== undefined) throw jobFault("value", fault, i);
  }
}

interface Joints {
  readonly joints: number;
  readonly stride: number;
  /** Offset of the parents. */
  readonly parents: number;
}

function checkSkeleton(operands: Operands, i: number, skeleton: number): Joints {
  const { u32, i32 } = operands.memory;
  operands.read("skeleton", i, skeleton, SKELETON_WORDS * 4, 4);
  const at = skeleton / 4;
  const [magic, joints, stride, rest, parents] = u32.subarray(at, at + SKELETON_WORDS);
  expect(magic === SKELETON_MAGIC, "skeleton", i);
  expect(joints! >= 1 && joints! <= JOINTS_MAX, "skeleton", i);
  expect(stride === Math.ceil(joints! / LANES) * LANES, "skeleton", i);
  operands.read("rest", i, rest!, POSE_ROWS * stride! * 4, 64);
  operands.read("parents", i, parents!, stride! * 4, 4);
  for (let joint = 0; joint < joints!; joint++) {
    const parent = i32[parents! / 4 + joint]!;
    if (parent < -1 || parent >= joint) throw jobFault("order", "parents", i);
  }
  return { joints: joints!, stride: stride!, parents: parents! };
}

function checkLayer(operands: Operands, i: number, at: number, joints: number, stride: number): void {
  const { u32, f32 } = operands.memory;
  const [entries, entryCount, mode, , mask, last] = u32.subarray(at, at + LAYER_WORDS);
  expect(mode! <= LAYER_ADDITIVE, "mode", i);
  expect(f32[at + 3]! >= 0 && f32[at + 3]! <= 1, "layerWeight", i);
  expect(last === 0, "layers", i);
  if (mask !== NONE) operands.read("mask", i, mask!, stride * 4, 64);
  if (entryCount! > ENTRIES_MAX) throw jobFault("capacity", "entries", i);
  operands.read("entries", i, entries!, entryCount! * ENTRY_WORDS * 4, 4);
  for (let k = 0; k < entryCount!; k++) checkEntry(operands, i, entries! / 4 + k * ENTRY_WORDS, joints, stride);
}

function checkEntry(operands: Operands, i: number, at: number, joints: number, stride: number): void {
  const { u32, f32 } = operands.memory;
  const [source, kind, frame] = u32.subarray(at, at + 3);
  expect(kind! <= SOURCE_POSE, "entries", i);
  expect(f32[at + 4]! >= 0 && f32[at + 4]! < Infinity, "weight", i);
  expect(u32[at + 5] === 0, "entries", i);
  if (kind !== SOURCE_CLIP) return operands.read("pose", i, source!, POSE_ROWS * stride * 4, 64);
  const frames = checkClip(operands, i, source!, joints, stride);
  expect(frame! < frames, "frame", i);
  expect(f32[at + 3]! >= 0 && f32[at + 3]! <= 1, "alpha", i);
  if (u32[source! / 4 + 1] === CLIP_COMPRESSED) expect(compressedFits(operands.memory, source!, frame!), "tracks", i);
}

/** Gives its number of frames. */
function checkClip(operands: Operands, i: number, clip: number, joints: number, stride: number): number {
  const { u32 } = operands.memory;
  operands.read("clip", i, clip, CLIP_WORDS * 4, 4);
  const at = clip / 4;
  const [magic, kind, clipJoints, clipStride, frames, constant, flags] = u32.subarray(at, at + 7);
  expect(magic === CLIP_MAGIC, "clip", i);
  expect(clipJoints === joints && clipStride === stride, "clip", i);
  expect(frames! >= 1 && flags! <= FLAG_ADDITIVE, "clip", i);
  operands.read("constant", i, constant!, POSE_ROWS * stride * 4, 64);
  expect(kind === CLIP_FRAMES || kind === CLIP_COMPRESSED, "clip", i);
  if (kind === CLIP_FRAMES) checkFrames(operands, i, at, stride, frames!);
  else operands.read("tracks", i, u32[at + 7]!, u32[at + 8]!, 64);
  return frames!;
}

function checkFrames(operands: Operands, i: number, at: number, stride: number, frames: number): void {
  const { u32 } = operands.memory;
  const [table, frameBytes, first] = u32.subarray(at + 7, at + 10);
  const vectors = stride / LANES;
  operands.read("table", i, table!, GROUP_ROWS.length * vectors * 8, 4);
  expect(frameBytes! % 64 === 0, "frames", i);
  operands.read("frames", i, first!, frameBytes! * frames, 64);
  for (const [group, [, rows]] of GROUP_ROWS.entries()) {
    for (let v = 0; v < vectors; v++) {
      const word = table! / 4 + (group * vectors + v) * 2;
      const [offset, steps] = u32.subarray(word, word + 2);
      const fits = offset! % LANES === 0 && (offset! + rows * LANES) * 4 <= frameBytes!;
      expect((offset === NONE || fits) && steps! <= 0xffff, "table", i);
    }
  }
}

function checkPalette(operands: Operands, i: number, at: number, joints: number): void {
  const { u32 } = operands.memory;
  const [skin, out] = u32.subarray(at, at + 2);
  operands.read("skin", i, skin!, SKIN_WORDS * 4, 4);
  const [magic, count, numbers, inverseBinds] = u32.subarray(skin! / 4, skin! / 4 + 4);
  expect(magic === SKIN_MAGIC && count! >= 1 && count! <= JOINTS_MAX, "skin", i);
  operands.read("skinJoints", i, numbers!, count! * 4, 4);
  operands.read("inverseBinds", i, inverseBinds!, count! * MATRIX_FLOATS * 4, 16);
  for (let k = 0; k < count!; k++) expect(u32[numbers! / 4 + k]! < joints, "skinJoints", i);
  operands.write("palette", i, out!, count! * MATRIX_FLOATS * 4, 16);
}

/** Refuses operand `operand` of character `i` unless its value is one that the job takes. */
function expect(holds: boolean, operand: string, i: number): void {
  if (!holds) throw jobFault("value", operand, i);
}
