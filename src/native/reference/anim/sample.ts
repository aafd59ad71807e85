import { GROUP_ROWS, LANES, NONE } from "../../anim/format.ts";
import type { Memory } from "../../memory.ts";

const { fround } = Math;

/**
 * The pose of a clip between `frame` and the one after it, which the last frame is itself: with `alpha` (0 to 1) each
 * component is `a + (b - a) * alpha`, alpha being 0 in lanes that do not interpolate; where no joint of a vector moves it
 * is the constant. Rotations are not normalised. `out` has room for 10 rows of the clip's stride.
 */
export function sampleFrames(memory: Memory, clip: number, frame: number, alpha: number, out: Float32Array): void {
  const { u32, f32 } = memory;
  const at = clip / 4;
  const stride = u32[at + 3]!;
  const frames = u32[at + 4]!;
  const constant = u32[at + 5]! / 4;
  const table = u32[at + 7]! / 4;
  const frameFloats = u32[at + 8]! / 4;
  const first = u32[at + 9]! / 4 + frame * frameFloats;
  const second = frame + 1 < frames ? first + frameFloats : first;
  const vectors = stride / LANES;
  for (const [group, [row, rows]] of GROUP_ROWS.entries()) {
    for (let v = 0; v < vectors; v++) {
      const word = table + (group * vectors + v) * 2;
      const block = u32[word]!;
      const steps = u32[word + 1]!;
      for (let component = 0; component < rows; component++) {
        for (let lane = 0; lane < LANES; lane++) {
          const to = (row + component) * stride + v * LANES + lane;
          if (block === NONE) {
            out[to] = f32[constant + to]!;
            continue;
          }
          const from = block + component * LANES + lane;
          const a = f32[first + from]!;
          const b = f32[second + from]!;
          out[to] = a + fround(fround(b - a) * ((steps >>> lane) & 1 ? 0 : alpha));
        }
      }
    }
  }
}
