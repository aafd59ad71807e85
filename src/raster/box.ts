import { expectOptions } from "../core/argument.ts";
import { expectPoint, type Point } from "./camera.ts";
import { drawLines, LINE, type LineOptions } from "./lines.ts";
import type { Stage } from "./stage.ts";

/** Two corners a edge; bit n of a corner says which end of axis n it is at. */
const EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 0, 2, 1, 3, 4, 6, 5, 7, 0, 4, 1, 5, 2, 6, 3, 7];

/** Draws the twelve edges of a box between two corners. */
export function drawBox(stage: Stage, min: Point, max: Point, options: LineOptions): void {
  expectPoint(min, "min");
  expectPoint(max, "max");
  expectOptions(options, "options", LINE);
  const positions = Array.from({ length: 24 }, (_, i) => {
    const axis = i % 3;
    return Number(Math.floor(i / 3) & (1 << axis) ? max[axis] : min[axis]);
  });
  drawLines(stage, { ...options, positions, indices: EDGES });
}
