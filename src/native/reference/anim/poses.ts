import {
  CHARACTER_WORDS,
  CLIP_FRAMES,
  ENTRY_WORDS,
  JOINTS_MAX,
  LAYER_ADDITIVE,
  LAYER_WORDS,
  MATRIX_FLOATS,
  NONE,
  PALETTE_WORDS,
  POSE_ROWS,
  SOURCE_POSE,
} from "../../anim/format.ts";
import { IK_WORDS } from "../../anim/ik-format.ts";
import type { Memory } from "../../memory.ts";
import { claims } from "../claims.ts";
import { accumulate, add, begin, normaliseRotations, override } from "./blend.ts";
import { checkCharacters } from "./check.ts";
import { sampleCompressed } from "./compressed.ts";
import { solveIk } from "./ik.ts";
import { modelMatrix, multiply, store } from "./model.ts";
import { sampleFrames } from "./sample.ts";

const { fround } = Math;

/** Of the character at hand: its pose, that of a layer, one sample, the weights of joints, and its matrices. */
const pose = new Float32Array(POSE_ROWS * JOINTS_MAX);
const layered = new Float32Array(POSE_ROWS * JOINTS_MAX);
const sample = new Float32Array(POSE_ROWS * JOINTS_MAX);
const weights = new Float32Array(JOINTS_MAX);
const models = new Float32Array(MATRIX_FLOATS * JOINTS_MAX);
const palette = new Float32Array(MATRIX_FLOATS * JOINTS_MAX);

/**
 * For each character: the rest pose, changed by one layer after the other; matrices in model space; palettes. Every
 * operation is rounded to f32; `blend.ts`, `sample.ts` and `model.ts` have the formulas. A NaN is stored as the canonical
 * one.
 */
export function animPoses(memory: Memory, characters: number, count: number): void {
  claims.begin(memory).list("characters", characters, count, CHARACTER_WORDS);
  checkCharacters(memory, characters, count);
  for (let i = 0; i < count; i++) evaluate(memory, characters / 4 + i * CHARACTER_WORDS);
}

function evaluate(memory: Memory, at: number): void {
  const { u32, i32, f32 } = memory;
  const [skeleton, layers, layerCount, local, model, palettes, paletteCount, ik, ikCount] = u32.subarray(at, at + 9);
  const [joints, stride, rest, parents] = u32.subarray(skeleton! / 4 + 1, skeleton! / 4 + 5);
  read(f32, rest!, stride!, pose);
  for (let k = 0; k < layerCount!; k++) applyLayer(memory, layers! / 4 + k * LAYER_WORDS, stride!);
  const toModels = (first: number) => {
    for (let joint = first; joint < joints!; joint++)
      modelMatrix(pose, stride!, joint, models, i32[parents! / 4 + joint]!);
  };
  toModels(0);
  for (let k = 0; k < ikCount!; k++) {
    const changed = solveIk(u32, f32, ik! / 4 + k * IK_WORDS, i32, parents! / 4, stride!, pose, 0, models, 0);
    if (changed >= 0) toModels(changed);
  }
  if (local !== NONE) store(pose, POSE_ROWS * stride!, f32, u32, local!);
  if (model !== NONE) store(models, MATRIX_FLOATS * joints!, f32, u32, model!);
  for (let k = 0; k < paletteCount!; k++) writePalette(memory, palettes! / 4 + k * PALETTE_WORDS);
}

/** The weighted mean of the layer's entries, those with weight 0 left out, changes the pose. */
function applyLayer(memory: Memory, at: number, stride: number): void {
  const { u32, f32 } = memory;
  const [entries, entryCount, mode, , mask] = u32.subarray(at, at + 5);
  const weight = f32[at + 3]!;
  let total = 0;
  for (let k = 0; k < entryCount!; k++) total = fround(total + f32[entries! / 4 + k * ENTRY_WORDS + 4]!);
  if (weight === 0 || total === 0) return;
  let isFirst = true;
  for (let k = 0; k < entryCount!; k++) {
    const entry = entries! / 4 + k * ENTRY_WORDS;
    const share = f32[entry + 4]!;
    if (share === 0) continue;
    const [source, kind, frame] = u32.subarray(entry, entry + 3);
    if (kind === SOURCE_POSE) read(f32, source!, stride, sample);
    else if (u32[source! / 4 + 1] === CLIP_FRAMES) sampleFrames(memory, source!, frame!, f32[entry + 3]!, sample);
    else sampleCompressed(memory, source!, frame!, f32[entry + 3]!, sample);
    if (isFirst) begin(layered, sample, stride, fround(share / total));
    else accumulate(layered, sample, stride, fround(share / total));
    isFirst = false;
  }
  normaliseRotations(layered, stride);
  for (let joint = 0; joint < stride; joint++)
    weights[joint] = mask === NONE ? weight : weight * f32[mask! / 4 + joint]!;
  if (mode === LAYER_ADDITIVE) add(pose, layered, stride, weights);
  else override(pose, layered, stride, weights);
}

function writePalette(memory: Memory, at: number): void {
  const { u32, f32 } = memory;
  const [skin, out] = u32.subarray(at, at + 2);
  const [count, joints, inverseBinds] = u32.subarray(skin! / 4 + 1, skin! / 4 + 4);
  for (let k = 0; k < count!; k++) {
    const joint = u32[joints! / 4 + k]!;
    const inverseBind = f32.subarray(
      inverseBinds! / 4 + k * MATRIX_FLOATS,
      inverseBinds! / 4 + (k + 1) * MATRIX_FLOATS,
    );
    multiply(models, joint * MATRIX_FLOATS, inverseBind, 0, palette, k * MATRIX_FLOATS);
  }
  store(palette, MATRIX_FLOATS * count!, f32, u32, out!);
}

/** A pose in memory, as it is. */
function read(f32: Float32Array, offset: number, stride: number, out: Float32Array): void {
  out.set(f32.subarray(offset / 4, offset / 4 + POSE_ROWS * stride));
}
