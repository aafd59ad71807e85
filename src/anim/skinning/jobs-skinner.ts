import { WorldloomError } from "../../core/errors.ts";
import { MATRIX_FLOATS, NONE } from "../../native/anim/format.ts";
import { SKIN_DUAL_QUATERNION, SKIN_NORMALISE, SKINNING_WORDS } from "../../native/anim/skin-format.ts";
import type { Block } from "../../native/block-arena.ts";
import { loadJobs } from "../../native/index.ts";
import type { Jobs } from "../../native/jobs.ts";
import { referenceJobs } from "../../native/reference/index.ts";
import type { AnimArena } from "../arena.ts";
import type { SkinnedMesh } from "../skinned-mesh.ts";
import { checkArena, type ResolvedRequest, resolveRequests, skinInput } from "./request.ts";
import type { CpuSkinner, SkinArrays, SkinRequest, SkinTicket } from "./skinner.ts";
import { TicketBook } from "./tickets.ts";

/** Results begin at multiples of it. */
const ALIGNMENT = 64;

/**
 * Skinning on the processor: `native` with the addon, `reference` with the loops in TypeScript; both give the same bits.
 * Throws `skinner-unavailable` where the addon cannot be had.
 */
export function createJobsSkinner(arena: AnimArena, backend: "native" | "reference"): CpuSkinner {
  if (backend === "reference") return new JobsSkinner(arena, backend, referenceJobs);
  const jobs = arena.jobs.name === "addon" ? arena.jobs : loadJobs();
  if (jobs.name === "addon") return new JobsSkinner(arena, backend, jobs);
  throw new WorldloomError(
    "skinner-unavailable",
    "The addon cannot be loaded; build it with npm run setup, or use the backend reference.",
    { backend },
  );
}

/** What a submit left in the arena. */
interface Slot {
  readonly block: Block;
  readonly results: readonly SkinArrays[];
}

class JobsSkinner implements CpuSkinner {
  readonly backend: "native" | "reference";
  readonly deterministic = true;
  readonly line: string;
  readonly #arena: AnimArena;
  readonly #jobs: Jobs;
  readonly #meshes = new Map<number, SkinnedMesh>();
  readonly #book: TicketBook<Slot>;
  #added = 0;

  constructor(arena: AnimArena, backend: "native" | "reference", jobs: Jobs) {
    this.#arena = arena;
    this.backend = backend;
    this.#jobs = jobs;
    this.line = `skinning runs on ${backend}`;
    this.#book = new TicketBook(({ block }) => arena.release(block));
  }

  addMesh(mesh: SkinnedMesh): number {
    this.#book.check();
    checkArena(mesh, this.#arena);
    this.#meshes.set(++this.#added, mesh);
    return this.#added;
  }

  removeMesh(mesh: number): void {
    this.#meshes.delete(mesh);
  }

  submit(requests: readonly SkinRequest[]): SkinTicket {
    this.#book.check();
    const resolved = resolveRequests(requests, this.#arena, (mesh) => this.#meshes.get(mesh));
    this.#book.begin();
    return this.#book.open(this.#run(resolved), requests.length);
  }

  collect(ticket: SkinTicket): Promise<readonly SkinArrays[]> {
    try {
      return Promise.resolve(this.#collect(ticket));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  skin(requests: readonly SkinRequest[]): readonly SkinArrays[] {
    return this.#collect(this.submit(requests));
  }

  release(ticket: SkinTicket): void {
    this.#book.release(ticket);
  }

  dispose(): void {
    this.#book.dispose();
    this.#meshes.clear();
  }

  #collect(ticket: SkinTicket): readonly SkinArrays[] {
    const { results } = this.#book.slot(ticket);
    this.#book.collected(ticket);
    return results;
  }

  /** Everything of a submit lies in one block: records, what came as arrays, results. */
  #run(requests: readonly ResolvedRequest[]): Slot {
    let bytes = align(requests.length * SKINNING_WORDS * 4);
    const take = (size: number) => {
      const at = bytes;
      bytes = align(bytes + size);
      return at;
    };
    const places = requests.map(({ mesh, palette, joints, weights, normals, tangents }) => ({
      palette: typeof palette === "number" ? NONE : take(joints * MATRIX_FLOATS * 4),
      weights: weights === undefined ? NONE : take(weights.byteLength),
      positions: take(mesh.vertices * 12),
      normals: normals ? take(mesh.vertices * 12) : NONE,
      tangents: tangents ? take(mesh.vertices * 16) : NONE,
    }));
    const block = this.#arena.allocate(Math.max(bytes, ALIGNMENT));
    const { memory } = this.#arena;
    const { f32, u32 } = memory;
    const at = (place: number) => (place === NONE ? NONE : block.offset + place);
    const results = requests.map((request, i): SkinArrays => {
      const { mesh, palette, joints, weights, dual, normalise } = request;
      const place = places[i]!;
      if (typeof palette !== "number") f32.set(palette.subarray(0, joints * MATRIX_FLOATS), at(place.palette) / 4);
      if (weights !== undefined) f32.set(weights, at(place.weights) / 4);
      const record = [
        mesh.offset,
        typeof palette === "number" ? palette : at(place.palette),
        joints,
        at(place.positions),
        at(place.normals),
        at(place.tangents),
        (dual ? SKIN_DUAL_QUATERNION : 0) | (normalise ? SKIN_NORMALISE : 0),
        at(place.weights),
      ];
      u32.set(record, block.offset / 4 + i * SKINNING_WORDS);
      const view = (to: number, count: number) => f32.subarray(at(to) / 4, at(to) / 4 + count);
      return {
        kind: "arrays",
        backend: this.backend,
        deterministic: true,
        positions: view(place.positions, mesh.vertices * 3),
        ...(place.normals !== NONE && { normals: view(place.normals, mesh.vertices * 3) }),
        ...(place.tangents !== NONE && { tangents: view(place.tangents, mesh.vertices * 4) }),
      };
    });
    try {
      this.#jobs.animSkin(memory, block.offset, requests.length);
    } catch (error) {
      this.#arena.release(block);
      throw asRequest(error);
    }
    return { block, results };
  }
}

/** What a job refused, as an error about the request. */
function asRequest(error: unknown): unknown {
  if (!(error instanceof WorldloomError) || error.code !== "job-input") return error;
  const { span, operand } = error.operands;
  if (typeof span !== "number") return error;
  const what =
    operand === "palette"
      ? "its palette has matrices that scale, shear or mirror; use linear, or a pose without scale."
      : `${operand} is not what the mesh or the palette needs; was the memory of the mesh changed?`;
  return skinInput(span, what, { operand });
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
