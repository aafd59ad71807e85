import { expectNumbers, expectOptions, type Known } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { clipTriangles } from "./clip.ts";
import { type Colour, rampOf } from "./colour.ts";
import { fillTriangles } from "./fill.ts";
import { lightFaces, lightVertices } from "./light.ts";
import { type Affine, project, withModel } from "./project.ts";
import type { Stage } from "./stage.ts";

/** Triangles, drawn from both sides. */
export interface Triangles {
  /** x, y, z of each vertex. */
  readonly positions: Float32Array;
  /** The same of its normal, of any length: smooth light. Without them each triangle has one light. */
  readonly normals?: Float32Array | undefined;
  /** Three vertices a triangle, to the left around its front; without them vertices are taken in their order. */
  readonly indices?: Uint32Array | Uint16Array | Uint8Array | undefined;
  /** Of all triangles, light grey by default. */
  readonly colour?: Colour | undefined;
  /** Red, green and blue of each vertex, 0 to 255, instead of one colour. */
  readonly colours?: Uint8Array | undefined;
  /** From the mesh to the world. */
  readonly matrix?: Affine | undefined;
  /** Whether it has light and shade; true by default. */
  readonly lit?: boolean | undefined;
}

/** What is drawn of a mesh, and what else a mesh of a model has. */
const KNOWN: Known<Triangles> = {
  ...{ positions: true, normals: true, indices: true, colour: true, colours: true, matrix: true, lit: true },
  ...{ name: true, node: true, skin: true, tangents: true, influences: true, joints: true, weights: true },
  ...{ morphTargets: true, morphWeights: true, parts: true, skeleton: true, joint: true },
};

const GREY = 0xc8ccd2;

/** Draws triangles. Throws `bad-argument`, before anything is drawn, where lengths or indices do not fit. */
export function drawMesh(stage: Stage, mesh: Triangles): void {
  expectOptions(mesh, "mesh", KNOWN);
  const { positions, normals, indices, colours, matrix, lit = true } = mesh;
  const { target, batch, view, light } = stage;
  const vertices = checkMesh(mesh);
  const triangles = (indices?.length ?? vertices) / 3;
  batch.reset(vertices, triangles);
  const m = withModel(view, matrix);
  const outside = project(batch, m, positions, target.width, target.height);
  takeIndices(stage, indices, triangles, vertices);
  if (lit && normals !== undefined) lightVertices(batch, normals, matrix, light);
  if (lit && normals === undefined) lightFaces(batch, positions, matrix, light);
  if (colours !== undefined) batch.tints.set(colours);
  if (outside > 0) clipTriangles(batch, m, positions, target.width, target.height);
  const lighting = !lit ? "none" : normals === undefined ? "flat" : "smooth";
  fillTriangles(target, batch, lighting, colours === undefined ? rampOf(mesh.colour ?? GREY) : undefined);
}

function checkMesh({ positions, normals, indices, colours, matrix }: Triangles): number {
  for (const [name, part] of Object.entries({ positions, normals, colours, indices }))
    if (part !== undefined || name === "positions") expectNumbers(part, name);
  const vertices = positions.length / 3;
  const parts = { positions, normals, colours };
  for (const [name, part] of Object.entries(parts)) {
    if (part === undefined || (part.length === positions.length && part.length % 3 === 0)) continue;
    const message = `A mesh has three ${name} a vertex, as many as positions; here are ${part.length} and ${positions.length}.`;
    throw new WorldloomError("bad-argument", message, { name, length: part.length });
  }
  const length = indices?.length ?? vertices;
  if (length % 3 !== 0) {
    const message = `Triangles have three corners; ${length} ${indices === undefined ? "vertices" : "indices"} are no multiple of 3.`;
    throw new WorldloomError("bad-argument", message, { length });
  }
  if (matrix !== undefined) checkAffine(matrix);
  return vertices;
}

/** Throws `bad-argument` unless a matrix has three rows of four. */
export function checkAffine(matrix: Affine): void {
  expectNumbers(matrix, "matrix");
  if (matrix.length === 12) return;
  const message = `A matrix has 12 numbers, three rows of four, not ${matrix.length}.`;
  throw new WorldloomError("bad-argument", message, { length: matrix.length });
}

function takeIndices({ batch }: Stage, indices: Triangles["indices"], triangles: number, vertices: number): void {
  const { corners } = batch;
  if (indices === undefined) for (let i = 0; i < vertices; i++) corners[i] = i;
  else corners.set(indices);
  let most = 0;
  for (let i = 0; i < 3 * triangles; i++) if (corners[i]! > most) most = corners[i]!;
  if (triangles > 0 && most >= vertices) {
    const message = `Index ${most} is no vertex: the mesh has ${vertices}.`;
    throw new WorldloomError("bad-argument", message, { index: most, vertices });
  }
  batch.triangles = triangles;
}
