import type { Bodies, Body } from "./physics-bodies.ts";
import { type Touch, touchOf } from "./physics-shape.ts";

/** Two colliders that touch, as places in the list of all bodies: `a` is the lower one. */
export interface Meeting extends Touch {
  readonly a: number;
  readonly b: number;
  readonly trigger: boolean;
}

/** All that touch, ordered by (a, b): found by sweeping along x. */
export function meetings({ all }: Bodies): Meeting[] {
  const order = all.map((_, i) => i).sort((i, j) => low(all[i]!) - low(all[j]!) || i - j);
  const found: Meeting[] = [];
  const open: number[] = [];
  for (const i of order) {
    const body = all[i]!;
    let kept = 0;
    for (let o = 0; o < open.length; o++) {
      const j = open[o]!;
      const other = all[j]!;
      if (other.x + other.rx <= low(body)) continue;
      open[kept++] = j;
      if (!mayMeet(body, other)) continue;
      const [a, b] = i < j ? [i, j] : [j, i];
      const touch = touchOf(all[a]!, all[b]!);
      if (touch !== undefined) found.push({ ...touch, a, b, trigger: body.trigger || other.trigger });
    }
    open.length = kept;
    open.push(i);
  }
  return found.sort((one, other) => one.a - other.a || one.b - other.b);
}

function low({ x, rx }: Body): number {
  return x - rx;
}

/** By their layers; what cannot move touches triggers alone. */
function mayMeet(a: Body, b: Body): boolean {
  if ((a.layer & b.mask) === 0 || (b.layer & a.mask) === 0) return false;
  if (a.inverse === 0 && b.inverse === 0 && !a.trigger && !b.trigger) return false;
  return Math.abs(a.y - b.y) < a.ry + b.ry && Math.abs(a.z - b.z) < a.rz + b.rz;
}
