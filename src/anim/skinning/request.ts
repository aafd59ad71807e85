import {
  badArgument,
  expectInstance,
  expectList,
  expectNumbers,
  expectOptions,
  type Known,
  said,
} from "../../core/argument.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { AnimArena } from "../arena.ts";
import { SkinnedMesh } from "../skinned-mesh.ts";
import type { SkinRequest } from "./skinner.ts";

/** A request that was found right, with all that it left open filled in. */
export interface ResolvedRequest {
  readonly mesh: SkinnedMesh;
  /** Byte offset of the palette in the arena, or the palette. */
  readonly palette: number | Float32Array;
  /** Matrices to read from it: as many as the mesh needs. */
  readonly joints: number;
  /** Missing where no target has a weight that is not zero. */
  readonly weights: Float32Array | undefined;
  readonly dual: boolean;
  readonly normals: boolean;
  readonly tangents: boolean;
  readonly normalise: boolean;
  readonly keep: "read" | "gpu";
}

const KNOWN: Known<SkinRequest> = {
  ...{ mesh: true, palette: true, joints: true, morphWeights: true, method: true },
  ...{ normals: true, tangents: true, normalise: true, keep: true },
};

const PALETTE_ALIGNMENT = 64;
const MATRIX_BYTES = 48;

/** Checks requests and fills them in. Throws `skin-input`, which names the first that is wrong, and `bad-argument`. */
export function resolveRequests(
  requests: readonly SkinRequest[],
  arena: AnimArena,
  meshOf: (mesh: number) => SkinnedMesh | undefined,
): ResolvedRequest[] {
  expectList(requests, "requests");
  return requests.map((request, index) => {
    expectOptions(request, "a request", KNOWN);
    return resolve(request, index, arena, meshOf(request.mesh));
  });
}

/** Throws `skin-input` for a mesh of another arena: any backend may have to run with it. */
export function checkArena(mesh: SkinnedMesh, arena: AnimArena): void {
  expectInstance(mesh, SkinnedMesh, "mesh", "a SkinnedMesh");
  if (mesh.arena === arena) return;
  throw new WorldloomError("skin-input", `The mesh "${mesh.name}" is in another arena; make it in the skinner's.`, {
    mesh: mesh.name,
  });
}

/** The error for the request at `index`; `what` is wrong with it, and says what to do. */
export function skinInput(index: number, what: string, operands: object = {}): WorldloomError {
  return new WorldloomError("skin-input", `Request ${index}: ${what}`, { request: index, ...operands });
}

function resolve(
  request: SkinRequest,
  index: number,
  arena: AnimArena,
  mesh: SkinnedMesh | undefined,
): ResolvedRequest {
  if (mesh === undefined)
    throw skinInput(index, `mesh ${said(request.mesh)} is not known; pass what addMesh gave.`, {
      mesh: request.mesh,
    });
  const { palette, method = "linear", keep = "read" } = request;
  checkPalette(request, index, arena, mesh.joints);
  if (method !== "linear" && method !== "dual-quaternion")
    throw skinInput(index, `the method "${said(method)}" does not exist; use linear or dual-quaternion.`, { method });
  const normals = request.normals ?? mesh.hasNormals;
  const tangents = request.tangents ?? false;
  for (const [name, wanted, has] of [
    ["normals", normals, mesh.hasNormals],
    ["tangents", tangents, mesh.hasTangents],
  ] as const) {
    if (wanted && !has) throw skinInput(index, `the mesh has no ${name}; do not ask for them.`, { [name]: true });
  }
  return {
    mesh,
    palette,
    joints: mesh.joints,
    weights: morphWeights(request, index, mesh.morphTargets),
    dual: method === "dual-quaternion",
    normals,
    tangents,
    normalise: request.normalise ?? false,
    keep,
  };
}

function checkPalette({ palette, joints }: SkinRequest, index: number, arena: AnimArena, needed: number): void {
  if (typeof palette !== "number" && !(palette instanceof Float32Array))
    throw badArgument("palette of a request", palette, "a Float32Array or the offset of a palette");
  if (joints !== undefined && typeof joints !== "number") throw badArgument("joints of a request", joints, "a number");
  let has = Math.floor(typeof palette === "number" ? (joints ?? needed) : palette.length / 12);
  if (joints !== undefined && joints < has) has = joints;
  if (!(has >= needed))
    throw skinInput(index, `the palette has ${has} matrices, the mesh needs ${needed}.`, { joints: has, needed });
  if (typeof palette !== "number") return;
  const end = palette + has * MATRIX_BYTES;
  if (!(palette > 0 && palette % PALETTE_ALIGNMENT === 0 && end <= arena.memory.byteLength))
    throw skinInput(index, `no palette lies at byte ${palette} of the arena: give the offset of one.`, { palette });
}

function morphWeights({ morphWeights }: SkinRequest, index: number, targets: number): Float32Array | undefined {
  if (morphWeights === undefined) return undefined;
  expectNumbers(morphWeights, "morphWeights of a request");
  if (morphWeights.length !== targets) {
    throw skinInput(index, `${morphWeights.length} morph weights for ${targets} targets; give one for each.`, {
      weights: morphWeights.length,
      targets,
    });
  }
  const weights = Float32Array.from(morphWeights);
  if (!weights.every(Number.isFinite)) throw skinInput(index, "a morph weight is not finite as f32.");
  return weights.some((weight) => weight !== 0) ? weights : undefined;
}
