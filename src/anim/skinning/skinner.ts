import type { SkinnedMesh } from "../skinned-mesh.ts";
import type { GpuBuffer } from "./webgpu/api.ts";

/** In the order in which one stands in for another. */
export const skinnerBackends = ["webgpu", "native", "reference"] as const;

export type SkinnerBackend = (typeof skinnerBackends)[number];

/** `linear`: a weighted sum of matrices. `dual-quaternion`: of rigid motions, which keeps the volume of twisted limbs. */
export type SkinMethod = "linear" | "dual-quaternion";

/** One mesh in one pose. */
export interface SkinRequest {
  /** What `addMesh` gave. */
  readonly mesh: number;
  /**
   * Affine matrices, 12 f32 for each joint (3 rows of 4): a byte offset in the arena's memory, a multiple of 64, as poses
   * leave them, or an array. Read in `submit`; it may change right after.
   */
  readonly palette: number | Float32Array;
  /** Matrices of the palette, at least `joints` of the mesh. An array need not tell. */
  readonly joints?: number;
  /** One for each morph target of the mesh, finite; all zero unless given. Read in `submit`. */
  readonly morphWeights?: ArrayLike<number>;
  /** Linear unless given. */
  readonly method?: SkinMethod;
  /** Whether normals are wanted: unless given, where the mesh has them. */
  readonly normals?: boolean;
  /** Whether tangents are wanted: unless given, no. */
  readonly tangents?: boolean;
  /** Whether normals and tangents get length 1: unless given, they keep the length that blending gives them. */
  readonly normalise?: boolean;
  /**
   * `read`: typed arrays. `gpu`: a buffer of the device where the backend is one, else typed arrays all the same: look at
   * `kind`. Unless given `read`.
   */
  readonly keep?: "read" | "gpu";
}

/** Vertices in the order of the {@link SkinnedMesh}. The arrays belong to the skinner: see {@link Skinner.collect}. */
export interface SkinArrays {
  readonly kind: "arrays";
  readonly backend: SkinnerBackend;
  /** Whether the bits are the same on every machine: only such results may reach the state of a world. */
  readonly deterministic: boolean;
  /** x y z of each vertex. */
  readonly positions: Float32Array;
  readonly normals?: Float32Array;
  /** x y z w of each vertex; w is that of the mesh. */
  readonly tangents?: Float32Array;
}

/** The same in a buffer of the device, which is the skinner's: see {@link Skinner.collect}. Never state of a world. */
export interface SkinBuffer {
  readonly kind: "buffer";
  readonly backend: "webgpu";
  readonly deterministic: false;
  /** Usage STORAGE, VERTEX and COPY_SRC. Other requests of the same submit have their results in it, too. */
  readonly buffer: GpuBuffer;
  readonly positions: ByteRange;
  readonly normals?: ByteRange;
  readonly tangents?: ByteRange;
}

export interface ByteRange {
  /** A multiple of 256. */
  readonly offset: number;
  readonly bytes: number;
}

export type SkinResult = SkinArrays | SkinBuffer;

/** Stands for one submit. */
export interface SkinTicket {
  /** Counts from 1 in each skinner. */
  readonly id: number;
  readonly requests: number;
}

/** Submits that may be neither collected nor released at a time. */
export const TICKETS_MAX = 16;

/**
 * Meshes, poses in, vertices out. Work has two phases, because a graphics card needs time: `submit` takes what it needs
 * and starts, `collect` waits. Backends that run on the processor have done everything when `submit` returns.
 *
 * Errors: `skin-input` names a request that cannot be run (nothing was run then); `skin-ticket` says that results are
 * gone or that there are too many tickets; `skinner-failed` that the backend broke, or that a mesh or a submit is too large
 * for its device.
 */
export interface Skinner {
  /** The backend that the next submit runs on. */
  readonly backend: SkinnerBackend;
  /** Whether each result has the same bits on every machine. */
  readonly deterministic: boolean;
  /** What was chosen, and why, in one line. */
  readonly line: string;
  /** Makes a mesh known. It must not be disposed before it was removed and all that was submitted with it is collected. */
  addMesh(mesh: SkinnedMesh): number;
  removeMesh(mesh: number): void;
  submit(requests: readonly SkinRequest[]): SkinTicket;
  /**
   * The results of a submit, in the order of its requests. Tickets are collected in any order, each as often as you like.
   * What it gives stays as it is until the ticket is released, or until the second submit after the first collect.
   * Arrays read after that hold other results or nothing; buffers are written again, or destroyed.
   */
  collect(ticket: SkinTicket): Promise<readonly SkinResult[]>;
  /** Gives the memory of a ticket back, collected or not. */
  release(ticket: SkinTicket): void;
  /** Gives everything back; the skinner cannot be used after it. Meshes and a device that were given stay. */
  dispose(): void;
}

/** A backend of the processor: `native` or `reference`. */
export interface CpuSkinner extends Skinner {
  readonly backend: "native" | "reference";
  readonly deterministic: true;
  /** `submit` and `collect` at once. The arrays live as those of `collect` do. */
  skin(requests: readonly SkinRequest[]): readonly SkinArrays[];
}
