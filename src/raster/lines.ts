import { expectNumber, expectNumbers, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Batch } from "./batch.ts";
import { clipLine } from "./clip.ts";
import { type Colour, rampOf } from "./colour.ts";
import { fillTriangles } from "./fill.ts";
import { checkAffine } from "./mesh.ts";
import { type Affine, withModel } from "./project.ts";
import type { Stage } from "./stage.ts";

export interface Lines {
  /** x, y, z of each end. */
  readonly positions: ArrayLike<number>;
  /** Two ends a line; without them ends are taken in their order. */
  readonly indices?: ArrayLike<number> | undefined;
  /** White by default. */
  readonly colour?: Colour | undefined;
  /** In pixels, up to {@link THICKNESS_MAX}; 1 by default. */
  readonly thickness?: number | undefined;
  /** From the lines to the world. */
  readonly matrix?: Affine | undefined;
}

/** Dots that have one size in pixels, however far they are. */
export interface Dots {
  /** x, y, z of each. */
  readonly positions: ArrayLike<number>;
  readonly colour?: Colour | undefined;
  /** Across, in pixels, up to {@link THICKNESS_MAX}; 4 by default. */
  readonly size?: number | undefined;
  readonly matrix?: Affine | undefined;
}

/** How lines are drawn, wherever they are. */
export type LineOptions = Omit<Lines, "positions" | "indices">;

export const LINE: Known<LineOptions> = { colour: true, thickness: true, matrix: true };
const LINES: Known<Lines> = { positions: true, indices: true, ...LINE };
const DOTS: Known<Dots> = { positions: true, colour: true, size: true, matrix: true };

/** Widest line and dot, in pixels. */
export const THICKNESS_MAX = 64;

/** Lines and dots come nearer by so much of their depth: those on a surface are in front of it. */
const NEARER = 1 / 512;

const ends = new Float64Array(6);

/** Draws lines with square ends, in front of what is less near. Lines with an end that is no number are left out. */
export function drawLines(stage: Stage, lines: Lines): void {
  expectOptions(lines, "lines", LINES);
  const { positions, indices, colour = 0xffffff, thickness = 1, matrix } = lines;
  const { target, batch } = stage;
  checkMarks(positions, thickness, matrix);
  if (indices !== undefined) expectNumbers(indices, "indices");
  const count = Math.floor(positions.length / 3);
  const length = indices?.length ?? count;
  if (length % 2 !== 0) {
    throw new WorldloomError("bad-argument", `Lines have two ends; ${length} are not even.`, { length });
  }
  const m = withModel(stage.view, matrix);
  batch.reset(2 * length, length);
  for (let i = 0; i < length; i += 2) {
    const [from, to] = [indices?.[i] ?? i, indices?.[i + 1] ?? i + 1];
    for (const end of [from, to]) {
      if (Number.isInteger(end) && end >= 0 && end < count) continue;
      throw new WorldloomError("bad-argument", `${end} is no end of a line: there are ${count}.`, { end, count });
    }
    if (clipLine(ends, m, positions, from, to, target.width, target.height)) addLine(batch, stage, thickness / 2);
  }
  fillTriangles(target, batch, "none", rampOf(colour));
}

/** Draws dots, round ones, in front of what is less near. */
export function drawDots(stage: Stage, dots: Dots): void {
  expectOptions(dots, "dots", DOTS);
  const { positions, colour = 0xffffff, size = 4, matrix } = dots;
  const { target, batch } = stage;
  checkMarks(positions, size, matrix);
  const m = withModel(stage.view, matrix);
  const count = positions.length / 3;
  batch.reset(CIRCLE.length * count, (CIRCLE.length - 2) * count);
  for (let i = 0; i < count; i++) {
    if (!clipLine(ends, m, positions, i, i, target.width, target.height)) continue;
    const depth = nearer(stage, ends[2]!);
    const first = batch.vertices;
    CIRCLE.forEach(([x, y], corner) => {
      batch.vertex(ends[0]! + (x * size) / 2, ends[1]! + (y * size) / 2, depth, 0);
      if (corner >= 2) batch.triangle(first, first + corner - 1, first + corner, 0);
    });
  }
  fillTriangles(target, batch, "none", rampOf(colour));
}

/** A rectangle around the line in `ends`, as two triangles. */
function addLine(batch: Batch, stage: Stage, half: number): void {
  const [x0, y0, z0, x1, y1, z1] = ends as unknown as readonly [number, number, number, number, number, number];
  const length = Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
  const x = length > 0 ? ((x1 - x0) / length) * half : half;
  const y = length > 0 ? ((y1 - y0) / length) * half : 0;
  const [start, end] = [nearer(stage, z0), nearer(stage, z1)];
  const a = batch.vertex(x0 - x - y, y0 - y + x, start, 0);
  const b = batch.vertex(x0 - x + y, y0 - y - x, start, 0);
  const c = batch.vertex(x1 + x + y, y1 + y - x, end, 0);
  const d = batch.vertex(x1 + x - y, y1 + y + x, end, 0);
  batch.triangle(a, b, c, 0);
  batch.triangle(a, c, d, 0);
}

function nearer({ camera }: Stage, depth: number): number {
  return camera.slope === undefined ? depth + NEARER : depth * (1 + NEARER);
}

function checkMarks(positions: ArrayLike<number>, size: number, matrix: Affine | undefined): void {
  expectNumbers(positions, "positions");
  expectNumber(size, "the size of dots and lines");
  if (positions.length % 3 !== 0) {
    const message = `Positions are x, y, z each; ${positions.length} numbers are no multiple of 3.`;
    throw new WorldloomError("bad-argument", message, { length: positions.length });
  }
  if (!(size > 0 && size <= THICKNESS_MAX)) {
    const message = `Lines and dots are above 0 and up to ${THICKNESS_MAX} pixels wide, not ${size}.`;
    throw new WorldloomError("bad-argument", message, { size });
  }
  if (matrix !== undefined) checkAffine(matrix);
}

/** Corners of a regular polygon of twelve. */
const CIRCLE: readonly (readonly [number, number])[] = twelve(Math.sqrt(3) / 2);

function twelve(long: number): [number, number][] {
  const quarter = [
    [1, 0],
    [long, 0.5],
    [0.5, long],
  ] as const;
  return [
    ...quarter.map(([x, y]) => [x, y] as [number, number]),
    ...quarter.map(([x, y]) => [-y, x] as [number, number]),
    ...quarter.map(([x, y]) => [-x, -y] as [number, number]),
    ...quarter.map(([x, y]) => [y, -x] as [number, number]),
  ];
}
