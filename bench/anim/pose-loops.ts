import { type Runner, timed } from "../tensor/runner.ts";
import { BLENDED, type People, WEIGHTS } from "./people.ts";

/**
 * Poses as somebody writes them in JavaScript who cares for speed: typed arrays, joint after joint, no objects, nothing done
 * for what never changes (scale, translations of all joints but the root), all in f64 until it is stored.
 */
export function loopRunner({ skeleton, plain, count, playing }: People): Runner {
  const { stride, rest, parents, count: joints } = skeleton;
  const parentOf = Int32Array.from(parents);
  const translations = new Float64Array(joints * 3);
  for (let joint = 0; joint < joints; joint++)
    for (let c = 0; c < 3; c++) translations[joint * 3 + c] = rest[c * stride + joint]!;
  const tracks = plain.map((clip) => turnsOf(clip.toFrames(), stride, joints));
  const roots = plain.map((clip) => rootOf(clip.toFrames(), stride));
  const last = plain[0]!.frameCount - 1;
  const out = new Float32Array(count * joints * 12);
  const turns = new Float64Array(joints * 4);
  const root = new Float64Array(3);

  function blend(moment: People["playing"][number], person: number): void {
    turns.fill(0);
    root.fill(0);
    for (let k = 0; k < BLENDED; k++) {
      const { clip, place } = moment[person * BLENDED + k]!;
      const weight = WEIGHTS[k]!;
      const frame = Math.floor(place);
      const alpha = place - frame;
      const frames = tracks[clip]!;
      const a = frame * joints * 4;
      const b = Math.min(frame + 1, last) * joints * 4;
      for (let i = 0; i < joints * 4; i += 4) {
        const x = frames[a + i]! + (frames[b + i]! - frames[a + i]!) * alpha;
        const y = frames[a + i + 1]! + (frames[b + i + 1]! - frames[a + i + 1]!) * alpha;
        const z = frames[a + i + 2]! + (frames[b + i + 2]! - frames[a + i + 2]!) * alpha;
        const w = frames[a + i + 3]! + (frames[b + i + 3]! - frames[a + i + 3]!) * alpha;
        const dot = turns[i]! * x + turns[i + 1]! * y + turns[i + 2]! * z + turns[i + 3]! * w;
        const share = dot < 0 ? -weight : weight;
        turns[i]! += share * x;
        turns[i + 1]! += share * y;
        turns[i + 2]! += share * z;
        turns[i + 3]! += share * w;
      }
      const places = roots[clip]!;
      for (let c = 0; c < 3; c++) {
        const from = places[frame * 3 + c]!;
        root[c]! += weight * (from + (places[Math.min(frame + 1, last) * 3 + c]! - from) * alpha);
      }
    }
  }

  function place(to: number): void {
    for (let joint = 0; joint < joints; joint++) {
      const i = joint * 4;
      let [x, y, z, w] = [turns[i]!, turns[i + 1]!, turns[i + 2]!, turns[i + 3]!];
      const scale = 1 / Math.sqrt(x * x + y * y + z * z + w * w);
      x *= scale;
      y *= scale;
      z *= scale;
      w *= scale;
      const tx = joint === 0 ? root[0]! : translations[joint * 3]!;
      const ty = joint === 0 ? root[1]! : translations[joint * 3 + 1]!;
      const tz = joint === 0 ? root[2]! : translations[joint * 3 + 2]!;
      const m00 = 1 - 2 * (y * y + z * z);
      const m01 = 2 * (x * y - w * z);
      const m02 = 2 * (x * z + w * y);
      const m10 = 2 * (x * y + w * z);
      const m11 = 1 - 2 * (x * x + z * z);
      const m12 = 2 * (y * z - w * x);
      const m20 = 2 * (x * z - w * y);
      const m21 = 2 * (y * z + w * x);
      const m22 = 1 - 2 * (x * x + y * y);
      const at = to + joint * 12;
      const parent = parentOf[joint]!;
      if (parent < 0) {
        out[at] = m00;
        out[at + 1] = m01;
        out[at + 2] = m02;
        out[at + 3] = tx;
        out[at + 4] = m10;
        out[at + 5] = m11;
        out[at + 6] = m12;
        out[at + 7] = ty;
        out[at + 8] = m20;
        out[at + 9] = m21;
        out[at + 10] = m22;
        out[at + 11] = tz;
        continue;
      }
      const from = to + parent * 12;
      for (let row = 0; row < 12; row += 4) {
        const p0 = out[from + row]!;
        const p1 = out[from + row + 1]!;
        const p2 = out[from + row + 2]!;
        out[at + row] = p0 * m00 + p1 * m10 + p2 * m20;
        out[at + row + 1] = p0 * m01 + p1 * m11 + p2 * m21;
        out[at + row + 2] = p0 * m02 + p1 * m12 + p2 * m22;
        out[at + row + 3] = p0 * tx + p1 * ty + p2 * tz + out[from + row + 3]!;
      }
    }
  }

  let run = 0;
  return {
    reset() {
      run = 0;
    },
    time: timed(() => {
      const moment = playing[run++ & 1]!;
      for (let person = 0; person < count; person++) {
        blend(moment, person);
        place(person * joints * 12);
      }
    }),
    result: () => out,
  };
}

/** Frames x joints x 4. */
function turnsOf(frames: Float32Array, stride: number, joints: number): Float32Array {
  const count = frames.length / (10 * stride);
  const turns = new Float32Array(count * joints * 4);
  for (let i = 0; i < turns.length; i++) {
    const [frame, joint, c] = [Math.floor(i / (joints * 4)), Math.floor(i / 4) % joints, i % 4];
    turns[i] = frames[(frame * 10 + 3 + c) * stride + joint]!;
  }
  return turns;
}

/** Frames x 3. */
function rootOf(frames: Float32Array, stride: number): Float32Array {
  const root = new Float32Array((frames.length / (10 * stride)) * 3);
  for (let i = 0; i < root.length; i++) root[i] = frames[(Math.floor(i / 3) * 10 + (i % 3)) * stride]!;
  return root;
}
