import type { Skeleton } from "./skeleton.ts";
import type { Skin } from "./skin.ts";

/** What a morph weight of 1 adds to each vertex. */
export interface MorphTarget {
  readonly name: string;
  /** 3 for each vertex, as are the others. */
  readonly positions: Float32Array;
  readonly normals: Float32Array | undefined;
  readonly tangents: Float32Array | undefined;
}

/** Triangles of one material. */
export interface MeshPart {
  /** In indices. */
  readonly first: number;
  /** In indices, a multiple of 3. */
  readonly count: number;
  /** Linear red, green, blue and alpha, 0 to 1: the base colour of the material, without its texture. */
  readonly colour: readonly [number, number, number, number];
}

/** Triangles of a node, with what binds them to joints. Plain arrays: what skins a mesh makes its own copy. */
export interface Mesh {
  readonly name: string;
  /** Number of the node in its model. */
  readonly node: number;
  /** Undefined where nothing binds the mesh to joints. */
  readonly skin: Skin | undefined;
  /** Metres, 3 for each vertex. */
  readonly positions: Float32Array;
  /** 3 for each vertex. */
  readonly normals: Float32Array;
  /** 4 for each vertex; the fourth is the side of the bitangent, 1 or -1. */
  readonly tangents: Float32Array | undefined;
  /** 3 for each triangle. */
  readonly indices: Uint32Array;
  /** Joints for each vertex: 1 to 8, 0 without a skin. */
  readonly influences: number;
  /** `influences` for each vertex, numbers of the skin's joints, those of the largest weight first; 0 where the weight is 0. */
  readonly joints: Uint16Array;
  /** As many; the sum of each vertex is 1. */
  readonly weights: Float32Array;
  readonly morphTargets: readonly MorphTarget[];
  /** What the weights of the morph targets are where nothing moves them. */
  readonly morphWeights: Float32Array;
  readonly parts: readonly MeshPart[];
  /** 3 rows of 4 from the mesh to the model at rest; identity with a skin, whose palette says it all. */
  readonly matrix: Float32Array;
  /** The skeleton that the node moves with, and its joint; undefined and -1 where nothing moves the node. */
  readonly skeleton: Skeleton | undefined;
  readonly joint: number;
}
