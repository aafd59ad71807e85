import type { Bodies, Body } from "./physics-bodies.ts";
import type { Meeting } from "./physics-pairs.ts";

/** Slower meetings do not bounce, so that what lies comes to rest. Metres a second. */
const BOUNCE_SPEED_MIN = 0.5;
/** Overlap that stays, in metres, and the share of the rest that a step takes away: so that nothing trembles. */
const SLOP = 0.005;
const SHARE = 0.8;

/**
 * Changes velocities so that what touches does not come nearer: sequential impulses in the order of the meetings. Returns
 * the sum of the impulses along the normal of each meeting.
 */
export function pushApart({ all }: Bodies, met: readonly Meeting[], iterations: number): Float64Array {
  const sums = new Float64Array(met.length);
  const goals = met.map((meeting) => {
    const [a, b] = [all[meeting.a]!, all[meeting.b]!];
    const speed = along(a, b, meeting);
    return speed < -BOUNCE_SPEED_MIN ? -Math.max(a.bounce, b.bounce) * speed : 0;
  });
  for (let round = 0; round < iterations; round++) {
    for (let m = 0; m < met.length; m++) {
      const meeting = met[m]!;
      const [a, b] = [all[meeting.a]!, all[meeting.b]!];
      const inverse = a.inverse + b.inverse;
      if (meeting.trigger || inverse === 0) continue;
      const wanted = (goals[m]! - along(a, b, meeting)) / inverse;
      const sum = Math.max(0, sums[m]! + wanted);
      push(a, b, meeting.normal, sum - sums[m]!);
      rub(a, b, meeting, sum - sums[m]!);
      sums[m] = sum;
    }
  }
  return sums;
}

/** Moves what overlaps apart, the lighter one further. */
export function part({ all }: Bodies, met: readonly Meeting[]): void {
  for (const { a: i, b: j, normal, depth, trigger } of met) {
    const [a, b] = [all[i]!, all[j]!];
    const inverse = a.inverse + b.inverse;
    if (trigger || inverse === 0 || depth <= SLOP) continue;
    const way = ((depth - SLOP) * SHARE) / inverse;
    a.x -= normal.x * way * a.inverse;
    a.y -= normal.y * way * a.inverse;
    a.z -= normal.z * way * a.inverse;
    b.x += normal.x * way * b.inverse;
    b.y += normal.y * way * b.inverse;
    b.z += normal.z * way * b.inverse;
  }
}

type Normal = Meeting["normal"];

/** How fast they move apart. */
function along(a: Body, b: Body, { normal }: { readonly normal: Normal }): number {
  return (b.vx - a.vx) * normal.x + (b.vy - a.vy) * normal.y + (b.vz - a.vz) * normal.z;
}

function push(a: Body, b: Body, { x, y, z }: Normal, impulse: number): void {
  a.vx -= x * impulse * a.inverse;
  a.vy -= y * impulse * a.inverse;
  a.vz -= z * impulse * a.inverse;
  b.vx += x * impulse * b.inverse;
  b.vy += y * impulse * b.inverse;
  b.vz += z * impulse * b.inverse;
}

/** Friction against sliding, at most its share of the pressure. */
function rub(a: Body, b: Body, { normal }: Meeting, pressure: number): void {
  const most = Math.max(0, pressure) * a.friction * b.friction;
  if (most === 0) return;
  const speed = along(a, b, { normal });
  const [x, y, z] = [b.vx - a.vx - normal.x * speed, b.vy - a.vy - normal.y * speed, b.vz - a.vz - normal.z * speed];
  const sliding = Math.sqrt(x * x + y * y + z * z);
  if (sliding < 1e-9) return;
  const impulse = Math.min(most, sliding / (a.inverse + b.inverse));
  push(a, b, { x: x / sliding, y: y / sliding, z: z / sliding }, -impulse);
}
