import type { Vec3 } from "../scope.ts";
import { cosine, sine } from "./angle.ts";

/** A rotation: unit length, w the real part. */
export interface Quat extends Vec3 {
  readonly w: number;
}

export const IDENTITY: Quat = { x: 0, y: 0, z: 0, w: 1 };

/** The same rotation with length 1; undefined for zero and what overflows. */
export function normalized({ x, y, z, w }: Quat): Quat | undefined {
  const length = Math.sqrt(x * x + y * y + z * z + w * w);
  return length > 0 && length < Infinity ? { x: x / length, y: y / length, z: z / length, w: w / length } : undefined;
}

/** First `b`, then `a`. */
export function product(a: Quat, b: Quat): Quat {
  return {
    x: a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
    y: a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
    z: a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
    w: a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
  };
}

/** `v` turned by `q`: v + 2 w (q x v) + 2 q x (q x v). */
export function rotated(q: Quat, v: Vec3): Vec3 {
  const first = cross(q, v);
  const second = cross(q, first);
  return {
    x: v.x + 2 * (q.w * first.x + second.x),
    y: v.y + 2 * (q.w * first.y + second.y),
    z: v.z + 2 * (q.w * first.z + second.z),
  };
}

/** A turn by an angle in radians about an axis of length 1, by the right hand. */
export function turn(axis: Vec3, angle: number): Quat {
  const s = sine(angle / 2);
  return { x: axis.x * s, y: axis.y * s, z: axis.z * s, w: cosine(angle / 2) };
}

/** The rotation whose forward (-z) is `forward`, of length 1, and whose up (y) is as near to `up`, of length 1, as can be. */
export function facing(forward: Vec3, up: Vec3): Quat {
  const aside = cross(forward, up);
  const parallel = aside.x * aside.x + aside.y * aside.y + aside.z * aside.z < 1e-12;
  const right = unit(parallel ? cross(forward, Math.abs(forward.x) < 0.9 ? X : Z) : aside)!;
  const above = cross(right, forward);
  return ofAxes(right, above, { x: -forward.x, y: -forward.y, z: -forward.z });
}

function cross(a: Vec3, b: Vec3): Vec3 {
  return { x: a.y * b.z - a.z * b.y, y: a.z * b.x - a.x * b.z, z: a.x * b.y - a.y * b.x };
}

/** The same direction with length 1; undefined for zero and what overflows. */
export function unit({ x, y, z }: Vec3): Vec3 | undefined {
  const length = Math.sqrt(x * x + y * y + z * z);
  return length > 1e-150 && length < Infinity ? { x: x / length, y: y / length, z: z / length } : undefined;
}

const X: Vec3 = { x: 1, y: 0, z: 0 };
const Z: Vec3 = { x: 0, y: 0, z: 1 };

/** The rotation whose matrix has these columns, from its largest component on, so that nothing cancels. */
function ofAxes(a: Vec3, b: Vec3, c: Vec3): Quat {
  const trace = a.x + b.y + c.z;
  if (trace > 0) {
    const s = Math.sqrt(trace + 1) * 2;
    return { x: (b.z - c.y) / s, y: (c.x - a.z) / s, z: (a.y - b.x) / s, w: s / 4 };
  }
  if (a.x > b.y && a.x > c.z) {
    const s = Math.sqrt(1 + a.x - b.y - c.z) * 2;
    return { x: s / 4, y: (b.x + a.y) / s, z: (c.x + a.z) / s, w: (b.z - c.y) / s };
  }
  if (b.y > c.z) {
    const s = Math.sqrt(1 + b.y - a.x - c.z) * 2;
    return { x: (b.x + a.y) / s, y: s / 4, z: (c.y + b.z) / s, w: (c.x - a.z) / s };
  }
  const s = Math.sqrt(1 + c.z - a.x - b.y) * 2;
  return { x: (c.x + a.z) / s, y: (c.y + b.z) / s, z: s / 4, w: (a.y - b.x) / s };
}
