import { LENGTH2_MIN } from "../../anim/format.ts";

const { fround, sqrt } = Math;

/** `pose` = `weight` * `sample` for all rows of `stride` values. */
export function begin(pose: Float32Array, sample: Float32Array, stride: number, weight: number): void {
  for (let i = 0; i < 10 * stride; i++) pose[i] = weight * sample[i]!;
}

/** `pose` += `weight` * `sample`, with the rotation turned to the side of the sum so far. */
export function accumulate(pose: Float32Array, sample: Float32Array, stride: number, weight: number): void {
  for (let joint = 0; joint < stride; joint++) {
    const signed = dot(pose, sample, stride, joint) < 0 ? -weight : weight;
    for (let row = 0; row < 10; row++) {
      const i = row * stride + joint;
      pose[i] = pose[i]! + fround((row >= 3 && row < 7 ? signed : weight) * sample[i]!);
    }
  }
}

/** Makes all rotations of a pose as long as 1. */
export function normaliseRotations(pose: Float32Array, stride: number): void {
  for (let joint = 0; joint < stride; joint++) {
    const at = 3 * stride + joint;
    normalise(pose[at]!, pose[at + stride]!, pose[at + 2 * stride]!, pose[at + 3 * stride]!);
    for (let row = 0; row < 4; row++) pose[at + row * stride] = rotation[row]!;
  }
}

/** Moves `pose` towards `layer` by `weights`, one for each joint. */
export function override(pose: Float32Array, layer: Float32Array, stride: number, weights: Float32Array): void {
  for (let joint = 0; joint < stride; joint++) {
    const w = weights[joint]!;
    if (w === 0) continue;
    for (let row = 0; row < 10; row++) {
      const i = row * stride + joint;
      if (w === 1) pose[i] = layer[i]!;
      else if (row < 3 || row >= 7) pose[i] = pose[i]! + fround(fround(layer[i]! - pose[i]!) * w);
    }
    if (w === 1) continue;
    const signed = dot(pose, layer, stride, joint) < 0 ? -w : w;
    const left = fround(1 - w);
    const at = 3 * stride + joint;
    for (let row = 0; row < 4; row++) {
      const i = at + row * stride;
      rotation[row] = fround(pose[i]! * left) + fround(layer[i]! * signed);
    }
    normalise(rotation[0]!, rotation[1]!, rotation[2]!, rotation[3]!);
    for (let row = 0; row < 4; row++) pose[at + row * stride] = rotation[row]!;
  }
}

/** Adds the differences in `layer` to `pose` by `weights`, one for each joint. */
export function add(pose: Float32Array, layer: Float32Array, stride: number, weights: Float32Array): void {
  for (let joint = 0; joint < stride; joint++) {
    const w = weights[joint]!;
    if (w === 0) continue;
    for (let row = 0; row < 3; row++) {
      const move = row * stride + joint;
      pose[move] = pose[move]! + fround(layer[move]! * w);
      const scale = (7 + row) * stride + joint;
      pose[scale] = pose[scale]! * fround(1 + fround(fround(layer[scale]! - 1) * w));
    }
    const at = 3 * stride + joint;
    const [x, y, z, dw] = [layer[at]!, layer[at + stride]!, layer[at + 2 * stride]!, layer[at + 3 * stride]!];
    const signed = dw < 0 ? -w : w;
    const turned = fround(1 + fround(fround(Math.abs(dw) - 1) * w));
    normalise(fround(x * signed), fround(y * signed), fround(z * signed), turned);
    const [bx, by, bz, bw] = [rotation[0]!, rotation[1]!, rotation[2]!, rotation[3]!];
    const [ax, ay, az, aw] = [pose[at]!, pose[at + stride]!, pose[at + 2 * stride]!, pose[at + 3 * stride]!];
    normalise(
      fround(fround(fround(fround(aw * bx) + fround(ax * bw)) + fround(ay * bz)) - fround(az * by)),
      fround(fround(fround(fround(aw * by) + fround(ay * bw)) + fround(az * bx)) - fround(ax * bz)),
      fround(fround(fround(fround(aw * bz) + fround(az * bw)) + fround(ax * by)) - fround(ay * bx)),
      fround(fround(fround(fround(aw * bw) - fround(ax * bx)) - fround(ay * by)) - fround(az * bz)),
    );
    for (let row = 0; row < 4; row++) pose[at + row * stride] = rotation[row]!;
  }
}

/** What {@link normalise} gives. */
const rotation = new Float32Array(4);

/** (x, y, z, w) * (1 / its length); no rotation where that is close to 0 or a NaN. */
function normalise(x: number, y: number, z: number, w: number): void {
  const length2 = fround(fround(fround(fround(x * x) + fround(y * y)) + fround(z * z)) + fround(w * w));
  const turns = length2 >= LENGTH2_MIN;
  const scale = turns ? fround(1 / fround(sqrt(length2))) : 0;
  rotation[0] = turns ? x * scale : 0;
  rotation[1] = turns ? y * scale : 0;
  rotation[2] = turns ? z * scale : 0;
  rotation[3] = turns ? w * scale : 1;
}

/** Of the rotations of a joint in two poses. */
function dot(a: Float32Array, b: Float32Array, stride: number, joint: number): number {
  const x = 3 * stride + joint;
  const [y, z, w] = [x + stride, x + 2 * stride, x + 3 * stride];
  const sum = fround(fround(a[x]! * b[x]!) + fround(a[y]! * b[y]!));
  return fround(fround(sum + fround(a[z]! * b[z]!)) + fround(a[w]! * b[w]!));
}
