import type { LocalPose } from "./error.ts";

/**
 * The local transforms of uncompressed frames (10 rows of `stride` f32 each, quaternions of neighbours in the same hemisphere),
 * linear between frames in f64, as an oracle: rotations are not normalised. Past the last frame it is the last.
 * @param steps 3 x `count`: values that hold from frame to frame, see `Clip.toSteps`
 */
export function framePose(frames: Float32Array, stride: number, count: number, steps: Uint8Array): LocalPose {
  const words = 10 * stride;
  const last = frames.length / words - 1;
  return (time, out) => {
    const frame = Math.min(Math.floor(time), last);
    const alpha = time - frame;
    const from = frame * words;
    const to = Math.min(frame + 1, last) * words;
    for (let row = 0; row < 10; row++) {
      const group = row < 3 ? 0 : row < 7 ? count : 2 * count;
      for (let joint = 0; joint < count; joint++) {
        const a = frames[from + row * stride + joint]!;
        const b = frames[to + row * stride + joint]!;
        out[joint * 10 + row] = steps[group + joint] === 1 ? a : a + (b - a) * alpha;
      }
    }
  };
}
