import { type Runner, timed } from "../tensor/runner.ts";
import type { Rig } from "./rig.ts";

export type Method = "linear" | "dual quaternion";

/**
 * Plain JavaScript over typed arrays; results are positions, then normals, in the order of the rig. Matrices are blended
 * for all four slots of a vertex, or as long as there are weights; dual quaternions always the latter.
 */
export function loopRunner(rig: Rig, method: Method, stops = false): Runner {
  const out = new Float32Array(rig.vertices * 6);
  const run = method === "linear" ? linear(rig, out, stops) : dual(rig, out);
  return { time: timed(run), result: () => out };
}

function linear(rig: Rig, out: Float32Array, stops: boolean): () => void {
  const { vertices, positions, normals, numbers, weights, palette } = rig;
  return () => {
    const half = vertices * 3;
    for (let vertex = 0; vertex < vertices; vertex++) {
      let slot = vertex * 4;
      let w = weights[slot]!;
      let m = numbers[slot]! * 12;
      let m00 = w * palette[m]!;
      let m01 = w * palette[m + 1]!;
      let m02 = w * palette[m + 2]!;
      let m03 = w * palette[m + 3]!;
      let m10 = w * palette[m + 4]!;
      let m11 = w * palette[m + 5]!;
      let m12 = w * palette[m + 6]!;
      let m13 = w * palette[m + 7]!;
      let m20 = w * palette[m + 8]!;
      let m21 = w * palette[m + 9]!;
      let m22 = w * palette[m + 10]!;
      let m23 = w * palette[m + 11]!;
      for (let k = 1; k < 4; k++) {
        w = weights[++slot]!;
        if (stops && w === 0) break;
        m = numbers[slot]! * 12;
        m00 += w * palette[m]!;
        m01 += w * palette[m + 1]!;
        m02 += w * palette[m + 2]!;
        m03 += w * palette[m + 3]!;
        m10 += w * palette[m + 4]!;
        m11 += w * palette[m + 5]!;
        m12 += w * palette[m + 6]!;
        m13 += w * palette[m + 7]!;
        m20 += w * palette[m + 8]!;
        m21 += w * palette[m + 9]!;
        m22 += w * palette[m + 10]!;
        m23 += w * palette[m + 11]!;
      }
      const at = vertex * 3;
      const x = positions[at]!;
      const y = positions[at + 1]!;
      const z = positions[at + 2]!;
      out[at] = m00 * x + m01 * y + m02 * z + m03;
      out[at + 1] = m10 * x + m11 * y + m12 * z + m13;
      out[at + 2] = m20 * x + m21 * y + m22 * z + m23;
      const nx = normals[at]!;
      const ny = normals[at + 1]!;
      const nz = normals[at + 2]!;
      out[half + at] = m00 * nx + m01 * ny + m02 * nz;
      out[half + at + 1] = m10 * nx + m11 * ny + m12 * nz;
      out[half + at + 2] = m20 * nx + m21 * ny + m22 * nz;
    }
  };
}

function dual({ vertices, joints, positions, normals, numbers, weights, palette }: Rig, out: Float32Array): () => void {
  const q = new Float32Array(joints * 8);
  return () => {
    for (let joint = 0; joint < joints; joint++) toDual(palette, joint * 12, q, joint * 8);
    const half = vertices * 3;
    for (let vertex = 0; vertex < vertices; vertex++) {
      const first = numbers[vertex * 4]! * 8;
      let x = 0;
      let y = 0;
      let z = 0;
      let w = 0;
      let ex = 0;
      let ey = 0;
      let ez = 0;
      let ew = 0;
      for (let slot = vertex * 4; slot < vertex * 4 + 4; slot++) {
        let s = weights[slot]!;
        if (s === 0) break;
        const j = numbers[slot]! * 8;
        const dot =
          q[first]! * q[j]! + q[first + 1]! * q[j + 1]! + q[first + 2]! * q[j + 2]! + q[first + 3]! * q[j + 3]!;
        if (dot < 0) s = -s;
        x += s * q[j]!;
        y += s * q[j + 1]!;
        z += s * q[j + 2]!;
        w += s * q[j + 3]!;
        ex += s * q[j + 4]!;
        ey += s * q[j + 5]!;
        ez += s * q[j + 6]!;
        ew += s * q[j + 7]!;
      }
      const scale = 1 / Math.sqrt(x * x + y * y + z * z + w * w);
      x *= scale;
      y *= scale;
      z *= scale;
      w *= scale;
      ex *= scale;
      ey *= scale;
      ez *= scale;
      ew *= scale;
      const at = vertex * 3;
      for (let part = 0; part < 2; part++) {
        const from = part === 0 ? positions : normals;
        const vx = from[at]!;
        const vy = from[at + 1]!;
        const vz = from[at + 2]!;
        const ux = y * vz - z * vy + w * vx;
        const uy = z * vx - x * vz + w * vy;
        const uz = x * vy - y * vx + w * vz;
        let rx = vx + 2 * (y * uz - z * uy);
        let ry = vy + 2 * (z * ux - x * uz);
        let rz = vz + 2 * (x * uy - y * ux);
        if (part === 0) {
          rx += 2 * (w * ex - ew * x + y * ez - z * ey);
          ry += 2 * (w * ey - ew * y + z * ex - x * ez);
          rz += 2 * (w * ez - ew * z + x * ey - y * ex);
        }
        const to = part * half + at;
        out[to] = rx;
        out[to + 1] = ry;
        out[to + 2] = rz;
      }
    }
  };
}

/** A turn and a move with a turn below 180 degrees, which those of the rig are. */
function toDual(m: Float32Array, at: number, q: Float32Array, to: number): void {
  const w = Math.sqrt(1 + m[at]! + m[at + 5]! + m[at + 10]!) / 2;
  const x = (m[at + 9]! - m[at + 6]!) / (4 * w);
  const y = (m[at + 2]! - m[at + 8]!) / (4 * w);
  const z = (m[at + 4]! - m[at + 1]!) / (4 * w);
  const [tx, ty, tz] = [m[at + 3]!, m[at + 7]!, m[at + 11]!];
  q[to] = x;
  q[to + 1] = y;
  q[to + 2] = z;
  q[to + 3] = w;
  q[to + 4] = (tx * w + ty * z - tz * y) / 2;
  q[to + 5] = (ty * w + tz * x - tx * z) / 2;
  q[to + 6] = (tz * w + tx * y - ty * x) / 2;
  q[to + 7] = -(tx * x + ty * y + tz * z) / 2;
}
