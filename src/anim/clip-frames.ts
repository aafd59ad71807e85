import type { WorldloomError } from "../core/errors.ts";
import { CLIP_FRAMES, CLIP_MAGIC, CLIP_WORDS, GROUP_ROWS, LANES, NONE, POSE_ROWS } from "../native/anim/format.ts";
import type { Block } from "../native/block-arena.ts";
import type { Memory } from "../native/memory.ts";
import type { FramesOptions } from "./clip.ts";
import type { Skeleton } from "./skeleton.ts";

const HEADER_BYTES = 64;

/** Writes the record of a clip of the kind `frames` into a block of its own: only vectors of 16 joints that move are in its frames. */
export function packFrames(
  skeleton: Skeleton,
  { frames: given, steps }: FramesOptions,
  flags: number,
  refuse: (why: string) => WorldloomError,
): Block {
  const { arena, stride, count } = skeleton;
  const poseWords = POSE_ROWS * stride;
  const frameCount = given.length / poseWords;
  if (!Number.isInteger(frameCount) || frameCount < 1)
    throw refuse(`has ${given.length} numbers, which are not whole frames of ${POSE_ROWS} rows of ${stride}`);
  if (steps !== undefined && steps.length !== 3 * count)
    throw refuse(`has ${steps.length} steps for 3 x ${count} values`);
  const frames = given.slice();
  prepare(frames, stride, count, refuse);
  const vectors = stride / LANES;
  const table = new Uint32Array(GROUP_ROWS.length * vectors * 2);
  let frameWords = 0;
  GROUP_ROWS.forEach(([row, rows], group) => {
    for (let v = 0; v < vectors; v++) {
      const at = (group * vectors + v) * 2;
      const moves = vectorMoves(frames, poseWords, row * stride + v * LANES, rows, stride);
      table[at] = moves ? frameWords : NONE;
      for (let lane = 0; lane < LANES && steps !== undefined; lane++) {
        if (v * LANES + lane < count && steps[group * count + v * LANES + lane] !== 0) table[at + 1]! |= 1 << lane;
      }
      if (moves) frameWords += rows * LANES;
    }
  });

  const tableAt = HEADER_BYTES;
  const constantAt = tableAt + Math.ceil((table.length * 4) / 64) * 64;
  const framesAt = constantAt + poseWords * 4;
  const block = arena.allocate(framesAt + frameCount * frameWords * 4);
  const { memory } = arena;
  const { offset } = block;
  const flagged = flags;
  memory.u32.fill(0, offset >>> 2, (offset + constantAt) >>> 2);
  const record = [CLIP_MAGIC, CLIP_FRAMES, count, stride, frameCount, offset + constantAt, flagged, offset + tableAt];
  memory.u32.set([...record, frameWords * 4, offset + framesAt], offset >>> 2);
  memory.u32.set(table, (offset + tableAt) >>> 2);
  memory.f32.set(frames.subarray(0, poseWords), (offset + constantAt) >>> 2);
  for (let frame = 0; frame < frameCount; frame++) {
    let to = (offset + framesAt + frame * frameWords * 4) >>> 2;
    GROUP_ROWS.forEach(([row, rows], group) => {
      for (let v = 0; v < vectors; v++) {
        if (table[(group * vectors + v) * 2] === NONE) continue;
        for (let r = 0; r < rows; r++, to += LANES) {
          const from = frame * poseWords + (row + r) * stride + v * LANES;
          memory.f32.set(frames.subarray(from, from + LANES), to);
        }
      }
    });
  }
  return block;
}

/** The frames of the clip record at `offset`: `frames x 10 x stride`. */
export function readFrames(memory: Memory, offset: number, stride: number): Float32Array {
  const { u32, f32 } = memory;
  const record = u32.subarray(offset >>> 2, (offset >>> 2) + CLIP_WORDS);
  const [, , , , frameCount = 0, constantAt = 0, , tableAt = 0, frameBytes = 0, framesAt = 0] = record;
  const vectors = stride / LANES;
  const poseWords = POSE_ROWS * stride;
  const frames = new Float32Array(frameCount * poseWords);
  for (let frame = 0; frame < frameCount; frame++) {
    const to = frame * poseWords;
    frames.set(f32.subarray(constantAt >>> 2, (constantAt >>> 2) + poseWords), to);
    GROUP_ROWS.forEach(([row, rows], group) => {
      for (let v = 0; v < vectors; v++) {
        const block = u32[(tableAt >>> 2) + (group * vectors + v) * 2]!;
        if (block === NONE) continue;
        for (let r = 0; r < rows; r++) {
          const from = ((framesAt + frame * frameBytes) >>> 2) + block + r * LANES;
          frames.set(f32.subarray(from, from + LANES), to + (row + r) * stride + v * LANES);
        }
      }
    });
  }
  return frames;
}

/** Which values of the clip record at `offset` hold from frame to frame: 3 x joints. */
export function readSteps(memory: Memory, offset: number, { stride, count }: Skeleton): Uint8Array {
  const tableAt = memory.u32[(offset >>> 2) + 7]! >>> 2;
  const vectors = stride / LANES;
  return Uint8Array.from({ length: 3 * count }, (_, i) => {
    const joint = i % count;
    const vector = Math.floor(i / count) * vectors + Math.floor(joint / LANES);
    return (memory.u32[tableAt + vector * 2 + 1]! >>> (joint % LANES)) & 1;
  });
}

/** Checks the numbers, sets the lanes past the joints to the identity, and turns quaternions to the side of the frame before. */
function prepare(frames: Float32Array, stride: number, count: number, refuse: (why: string) => WorldloomError): void {
  const poseWords = POSE_ROWS * stride;
  for (let frame = 0, at = 0; at < frames.length; frame++, at += poseWords) {
    for (let row = 0; row < POSE_ROWS; row++) {
      for (let joint = 0; joint < count; joint++) {
        if (!Number.isFinite(frames[at + row * stride + joint]!))
          throw refuse(`is not finite in frame ${frame}, joint ${joint}`);
      }
      frames.fill(row < 6 ? 0 : 1, at + row * stride + count, at + (row + 1) * stride);
    }
    for (let joint = 0; joint < count; joint++) {
      const q = at + 3 * stride + joint;
      let dot = 0;
      let size = 0;
      for (let c = 0; c < 4; c++) {
        const value = frames[q + c * stride]!;
        size += value * value;
        if (frame > 0) dot += value * frames[q + c * stride - poseWords]!;
      }
      if (!(size >= 1e-30)) throw refuse(`has a rotation of length zero in frame ${frame}, joint ${joint}`);
      if (dot < 0) for (let c = 0; c < 4; c++) frames[q + c * stride] = -frames[q + c * stride]!;
    }
  }
}

/** Whether any of 16 lanes in `rows` rows differs between frames. */
function vectorMoves(frames: Float32Array, poseWords: number, at: number, rows: number, stride: number): boolean {
  for (let frame = poseWords; frame < frames.length; frame += poseWords) {
    for (let r = 0; r < rows; r++) {
      for (let lane = 0; lane < LANES; lane++) {
        const place = at + r * stride + lane;
        if (frames[place] !== frames[frame + place]) return true;
      }
    }
  }
  return false;
}
