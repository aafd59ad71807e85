import { dualQuaternion, isRigid } from "../../../native/reference/anim/skin-dual.ts";
import type { AnimArena } from "../../arena.ts";
import { type ResolvedRequest, skinInput } from "../request.ts";
import type { GpuLimits } from "./api.ts";
import { failed } from "./device.ts";
import type { Page, PlacedMesh } from "./pages.ts";
import { GROUP_THREADS, INSTANCE_WORDS, NONE, TARGET_ENTRY_WORDS, instanceWords as words } from "./shader.ts";

/** Requests that one dispatch does. */
export interface Batch {
  readonly dual: boolean;
  readonly page: Page;
  /** Number of the output buffer. */
  readonly part: number;
  readonly requests: number[];
  /** Workgroups for the largest of its meshes. */
  groups: number;
}

/** An output buffer to be. */
export interface Part {
  bytes: number;
  readonly read: boolean;
}

/** Where the vertices of one request go: bytes of its part, -1 where they are not wanted. */
export interface Place {
  readonly part: number;
  readonly positions: number;
  readonly normals: number;
  readonly tangents: number;
}

/** All that one submit does, before anything is made on the device. */
export interface FramePlan {
  readonly batches: readonly Batch[];
  readonly parts: readonly Part[];
  readonly places: readonly Place[];
  /** Of the frame: what is uploaded. */
  readonly bytes: number;
}

/** Bytes of the uniform of one batch: what dynamic offsets are multiples of. */
export const BATCH_BYTES = 256;
const BATCH_WORDS = BATCH_BYTES / 4;
const OUTPUT_ALIGNMENT = 256;
const MATRIX_WORDS = 12;
const DUAL_WORDS = 8;

/** Throws `skinner-failed` for more palettes than the device can bind. */
export function planFrame(
  requests: readonly ResolvedRequest[],
  meshes: readonly PlacedMesh[],
  limits: GpuLimits,
): FramePlan {
  const parts: Part[] = [];
  const bytesMax = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const places = requests.map((request) => placeOf(request, parts, bytesMax));
  const batches = batchesOf(requests, meshes, places, limits);
  let length = batches.length * BATCH_WORDS + requests.length * INSTANCE_WORDS;
  for (const { joints, dual, weights } of requests) {
    length += joints * (dual ? DUAL_WORDS : MATRIX_WORDS) + (weights?.length ?? 0) * TARGET_ENTRY_WORDS;
  }
  if (length * 4 > limits.maxStorageBufferBindingSize)
    throw failed(`palettes of ${length * 4} bytes are more than the device binds at once`, { bytes: length * 4 });
  return { batches, parts, places, bytes: length * 4 };
}

/** Writes the frame: uniforms of the batches, instances, then palettes and lists of morph targets. */
export function writeFrame(
  plan: FramePlan,
  requests: readonly ResolvedRequest[],
  meshes: readonly PlacedMesh[],
  arena: AnimArena,
  into: ArrayBuffer,
): void {
  const u32 = new Uint32Array(into);
  const f32 = new Float32Array(into);
  const memory = arena.memory.f32;
  let instance = plan.batches.length * BATCH_WORDS;
  let top = instance + requests.length * INSTANCE_WORDS;
  for (const [number, batch] of plan.batches.entries()) {
    u32[number * BATCH_WORDS] = instance / 4;
    for (const index of batch.requests) {
      const request = requests[index]!;
      writeInstance(u32, instance, request, meshes[index]!, plan.places[index]!);
      u32[instance + words.palette] = top / 4;
      top = writePalette(f32, top, request, memory);
      u32[instance + words.targets] = top / 4;
      const end = writeTargets(u32, f32, top, request, meshes[index]!);
      u32[instance + words.targetCount] = (end - top) / TARGET_ENTRY_WORDS;
      top = end;
      instance += INSTANCE_WORDS;
    }
  }
}

/** Throws `skin-input` where dual quaternions are to be made of matrices that do more than turn and move. */
export function checkRigid(requests: readonly ResolvedRequest[], arena: AnimArena): void {
  for (const [index, { dual, palette, joints }] of requests.entries()) {
    if (!dual) continue;
    const [f32, from] = typeof palette === "number" ? [arena.memory.f32, palette / 4] : [palette, 0];
    for (let joint = 0; joint < joints; joint++) {
      if (isRigid(f32 as Float32Array, from + joint * MATRIX_WORDS)) continue;
      throw skinInput(index, `matrix ${joint} of the palette scales or shears; use the linear method.`, { joint });
    }
  }
}

/** A mesh that fits into a page has vertices that fit into an output. */
function placeOf({ mesh, normals, tangents, keep }: ResolvedRequest, parts: Part[], bytesMax: number): Place {
  const three = align(mesh.vertices * 12);
  const normalsAt = three;
  const tangentsAt = normalsAt + (normals ? three : 0);
  const bytes = tangentsAt + (tangents ? align(mesh.vertices * 16) : 0);
  let part = parts.findLastIndex(({ read }) => read === (keep === "read"));
  if (part < 0 || parts[part]!.bytes + bytes > bytesMax) part = parts.push({ bytes: 0, read: keep === "read" }) - 1;
  const at = parts[part]!.bytes;
  parts[part]!.bytes += bytes;
  return { part, positions: at, normals: normals ? at + normalsAt : -1, tangents: tangents ? at + tangentsAt : -1 };
}

/** Requests of one method, page, output buffer and about one size: no mesh has half as many vertices as another. */
function batchesOf(
  requests: readonly ResolvedRequest[],
  meshes: readonly PlacedMesh[],
  places: readonly Place[],
  { maxComputeWorkgroupsPerDimension }: GpuLimits,
): Batch[] {
  const batches: Batch[] = [];
  const open = new Map<number, Batch>();
  for (const [index, { dual, mesh }] of requests.entries()) {
    const { page } = meshes[index]!;
    const { part } = places[index]!;
    const groups = Math.ceil(mesh.vertices / GROUP_THREADS);
    const key = ((page.id * 0x1_0000 + part) * 32 + Math.clz32(groups)) * 2 + (dual ? 1 : 0);
    let batch = open.get(key);
    if (batch === undefined || batch.requests.length >= maxComputeWorkgroupsPerDimension) {
      batch = { dual, page, part, requests: [], groups: 0 };
      open.set(key, batch);
      batches.push(batch);
    }
    batch.requests.push(index);
    batch.groups = Math.max(batch.groups, groups);
  }
  return batches;
}

function writeInstance(
  u32: Uint32Array,
  at: number,
  { mesh, normalise }: ResolvedRequest,
  placed: PlacedMesh,
  place: Place,
): void {
  u32[at + words.positions] = placed.positions;
  u32[at + words.normals] = placed.normals;
  u32[at + words.tangents] = placed.tangents;
  u32[at + words.joints] = placed.joints;
  u32[at + words.weights] = placed.weights;
  u32[at + words.vertices] = mesh.vertices;
  u32[at + words.normalise] = normalise ? 1 : 0;
  u32[at + words.outPositions] = place.positions / 4;
  u32[at + words.outNormals] = place.normals < 0 ? NONE : place.normals / 4;
  u32[at + words.outTangents] = place.tangents < 0 ? NONE : place.tangents / 4;
  u32.set(placed.ends, at + words.ends);
}

function writePalette(
  f32: Float32Array,
  top: number,
  { palette, joints, dual }: ResolvedRequest,
  memory: Float32Array<ArrayBufferLike>,
): number {
  const [source, from] = typeof palette === "number" ? [memory, palette / 4] : [palette, 0];
  if (!dual) {
    f32.set(source.subarray(from, from + joints * MATRIX_WORDS), top);
    return top + joints * MATRIX_WORDS;
  }
  for (let joint = 0; joint < joints; joint++) {
    dualQuaternion(source as Float32Array, from + joint * MATRIX_WORDS, f32, top + joint * DUAL_WORDS);
  }
  return top + joints * DUAL_WORDS;
}

function writeTargets(
  u32: Uint32Array,
  f32: Float32Array,
  top: number,
  { weights }: ResolvedRequest,
  { targets }: PlacedMesh,
): number {
  let at = top;
  for (const [index, weight] of (weights ?? []).entries()) {
    if (weight === 0) continue;
    u32.set(targets[index]!, at);
    f32[at + 3] = weight;
    at += TARGET_ENTRY_WORDS;
  }
  return at;
}

function align(bytes: number): number {
  return Math.ceil(bytes / OUTPUT_ALIGNMENT) * OUTPUT_ALIGNMENT;
}
