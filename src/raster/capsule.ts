import { expectNumber, expectOptions } from "../core/argument.ts";
import { cos64, sin64 } from "../core/math/sine64.ts";
import { expectPoint, type Point } from "./camera.ts";
import { drawLines, LINE, type LineOptions } from "./lines.ts";
import type { Stage } from "./stage.ts";

/** Lines of a whole circle; a multiple of four. */
const STEPS = 24;

/**
 * Draws the outline of a capsule, all points within `radius` of the line between two points: a circle around either end, and two
 * outlines along it. A sphere if both are the same.
 */
export function drawCapsule(stage: Stage, from: Point, to: Point, radius: number, options: LineOptions): void {
  expectPoint(from, "from");
  expectPoint(to, "to");
  expectNumber(radius, "radius");
  expectOptions(options, "options", LINE);
  const along = [0, 1, 2].map((axis) => to[axis]! - from[axis]!) as [number, number, number];
  const length = Math.sqrt(along[0] * along[0] + along[1] * along[1] + along[2] * along[2]);
  const z = length > 0 ? along.map((value) => value / length) : [0, 1, 0];
  // At right angles to the axis: crossed with the direction that it follows least.
  const least = [0, 1, 2].reduce((a, b) => (Math.abs(z[b]!) < Math.abs(z[a]!) ? b : a));
  const x = crossed(
    [0, 1, 2].map((axis) => (axis === least ? 1 : 0)),
    z,
  );
  const size = Math.sqrt(x[0]! * x[0]! + x[1]! * x[1]! + x[2]! * x[2]!);
  x.forEach((value, axis) => {
    x[axis] = value / size;
  });
  const y = crossed(z, x);
  const positions: number[] = [];
  const line = (a: readonly number[], b: readonly number[]): void => {
    positions.push(...a, ...b);
  };
  /** The point of a circle around an end, in the plane of two directions. */
  const rim = (end: Point, u: readonly number[], v: readonly number[], step: number): number[] => {
    const angle = (step / STEPS) * 2 * Math.PI;
    const [across, up] = [radius * cos64(angle), radius * sin64(angle)];
    return [0, 1, 2].map((axis) => end[axis]! + u[axis]! * across + v[axis]! * up);
  };
  for (let step = 0; step < STEPS; step++) {
    line(rim(from, x, y, step), rim(from, x, y, step + 1));
    if (length > 0) line(rim(to, x, y, step), rim(to, x, y, step + 1));
    // The upper half of an outline is around `to`, the lower one around `from`.
    const end = step < STEPS / 2 ? to : from;
    for (const u of [x, y]) line(rim(end, u, z, step), rim(end, u, z, step + 1));
  }
  for (const u of [x, y]) {
    for (const step of [0, STEPS / 2]) line(rim(from, u, z, step), rim(to, u, z, step));
  }
  drawLines(stage, { ...options, positions });
}

function crossed(a: readonly number[], b: readonly number[]): number[] {
  return [0, 1, 2].map((axis) => {
    const [next, last] = [(axis + 1) % 3, (axis + 2) % 3] as const;
    return a[next]! * b[last]! - a[last]! * b[next]!;
  });
}
