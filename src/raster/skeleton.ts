import { expectNumber, expectNumbers, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import type { Colour } from "./colour.ts";
import { drawDots, drawLines } from "./lines.ts";
import { checkAffine, drawMesh } from "./mesh.ts";
import type { Affine } from "./project.ts";
import type { Stage } from "./stage.ts";

export interface Skeletal {
  /** 12 numbers a joint: its matrix in the space of the model, three rows of four. */
  readonly matrices: ArrayLike<number>;
  /** The parent of each joint, -1 for none. */
  readonly parents: ArrayLike<number>;
  /** From the model to the world. */
  readonly matrix?: Affine | undefined;
  /** Solid bones, by default, or lines. */
  readonly style?: "bones" | "lines" | undefined;
  readonly colour?: Colour | undefined;
  readonly jointColour?: Colour | undefined;
  /** Of lines and joints, in pixels; 3 by default. */
  readonly size?: number | undefined;
}

const KNOWN: Known<Skeletal> = {
  ...{ matrices: true, parents: true, matrix: true, style: true, colour: true, jointColour: true, size: true },
};

const BONE = 0xe8c860;
const JOINT = 0xf08030;

/** Where along a bone it is thickest, and how thick it is there, as a share of its length. */
const RING = 0.15;
const THICK = 0.08;
/** Bones longer than so many times the mean get no thicker: that from the ground to the hips. */
const LONG = 3;
/** Corners: the parent, four around the ring, the joint. */
const OCTAHEDRON = [0, 2, 1, 0, 3, 2, 0, 4, 3, 0, 1, 4, 5, 1, 2, 5, 2, 3, 5, 3, 4, 5, 4, 1];

/** Draws bones from each joint to its parent and a dot for each joint. */
export function drawSkeleton(stage: Stage, skeleton: Skeletal): void {
  expectOptions(skeleton, "skeleton", KNOWN);
  const { matrix, colour = BONE, jointColour = JOINT, style = "bones", size = 3 } = skeleton;
  expectNumber(size, "size");
  const { places, bones } = jointsOf(skeleton);
  if (style === "lines") drawLines(stage, { positions: places, indices: bones, colour, thickness: size, matrix });
  else {
    const positions = new Float32Array(9 * bones.length);
    const indices = new Uint32Array((bones.length / 2) * OCTAHEDRON.length);
    const thickest = THICK * LONG * meanLength(places, bones);
    for (let bone = 0; bone < bones.length / 2; bone++) {
      octahedron(positions, 18 * bone, places, 3 * bones[2 * bone]!, 3 * bones[2 * bone + 1]!, thickest);
      OCTAHEDRON.forEach((corner, i) => {
        indices[OCTAHEDRON.length * bone + i] = 6 * bone + corner;
      });
    }
    drawMesh(stage, { positions, indices, colour, matrix });
  }
  drawDots(stage, { positions: places, colour: jointColour, size: 1.6 * size, matrix });
}

/** The place of each joint, and pairs (parent, joint). */
function jointsOf({ matrices, parents, matrix }: Skeletal): { places: Float32Array; bones: Uint32Array } {
  if (matrix !== undefined) checkAffine(matrix);
  expectNumbers(matrices, "matrices");
  expectNumbers(parents, "parents");
  const count = parents.length;
  if (matrices.length !== 12 * count) {
    const message = `A skeleton of ${count} joints has ${12 * count} numbers of matrices, not ${matrices.length}.`;
    throw new WorldloomError("bad-argument", message, { joints: count, length: matrices.length });
  }
  const places = new Float32Array(3 * count);
  const bones: number[] = [];
  for (let joint = 0; joint < count; joint++) {
    for (let axis = 0; axis < 3; axis++) places[3 * joint + axis] = matrices[12 * joint + 4 * axis + 3]!;
    const parent = parents[joint]!;
    if (parent >= count) {
      throw new WorldloomError("bad-argument", `Joint ${joint} has parent ${parent}, which does not exist.`, { joint });
    }
    if (parent >= 0) bones.push(parent, joint);
  }
  return { places, bones: Uint32Array.from(bones) };
}

function meanLength(places: Float32Array, bones: Uint32Array): number {
  let sum = 0;
  for (let bone = 0; bone < bones.length; bone += 2) {
    const [from, to] = [3 * bones[bone]!, 3 * bones[bone + 1]!];
    const [x, y, z] = [0, 1, 2].map((axis) => places[to + axis]! - places[from + axis]!) as [number, number, number];
    sum += Math.sqrt(x * x + y * y + z * z);
  }
  return (2 * sum) / bones.length;
}

/** Six corners of a bone between two places. */
function octahedron(
  to: Float32Array,
  at: number,
  places: Float32Array,
  from: number,
  end: number,
  thickest: number,
): void {
  const along = [0, 1, 2].map((axis) => places[end + axis]! - places[from + axis]!) as [number, number, number];
  const [x, y, z] = along;
  const length = Math.sqrt(x * x + y * y + z * z);
  // At right angles to the bone: crossed with the axis that it follows least.
  const flat = Math.abs(y) <= Math.abs(x) || Math.abs(y) <= Math.abs(z) ? [-z, 0, x] : [0, z, -y];
  const size = Math.sqrt(flat[0]! * flat[0]! + flat[1]! * flat[1]! + flat[2]! * flat[2]!);
  const thick = Math.min(length * THICK, thickest);
  const first = flat.map((value) => (size > 0 ? (value / size) * thick : 0));
  const second = [0, 1, 2].map((axis) => {
    const [next, last] = [(axis + 1) % 3, (axis + 2) % 3] as const;
    return length > 0 ? (along[next]! * first[last]! - along[last]! * first[next]!) / length : 0;
  });
  for (let axis = 0; axis < 3; axis++) {
    const start = places[from + axis]!;
    const ring = start + along[axis]! * RING;
    to[at + axis] = start;
    to[at + 3 + axis] = ring + first[axis]!;
    to[at + 6 + axis] = ring + second[axis]!;
    to[at + 9 + axis] = ring - first[axis]!;
    to[at + 12 + axis] = ring - second[axis]!;
    to[at + 15 + axis] = places[end + axis]!;
  }
}
