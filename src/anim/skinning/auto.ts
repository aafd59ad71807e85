import { WorldloomError } from "../../core/errors.ts";
import type { AnimArena } from "../arena.ts";
import type { SkinnedMesh } from "../skinned-mesh.ts";
import { type BackendReport, reasonOf } from "./calibration.ts";
import { resolveRequests } from "./request.ts";
import type {
  CpuSkinner,
  SkinArrays,
  Skinner,
  SkinnerBackend,
  SkinRequest,
  SkinResult,
  SkinTicket,
} from "./skinner.ts";
import { TicketBook } from "./tickets.ts";

/** What `auto` found and chose. */
export interface SkinnerReport {
  /** What the calibration chose. */
  readonly chosen: SkinnerBackend;
  readonly backends: readonly BackendReport[];
  /** Backends that failed since, oldest first, with the reason and what went on in their place. */
  readonly failures: readonly {
    readonly backend: SkinnerBackend;
    readonly reason: string;
    readonly next: SkinnerBackend;
  }[];
}

export interface AutoOptions {
  readonly report: SkinnerReport;
  readonly line: string;
  /** The chosen one first, then those that stand in for it. */
  readonly skinners: readonly Skinner[];
  readonly arena: AnimArena;
  readonly log?: (line: string) => void;
}

/** Errors that say something about the request, which no other backend would mend. */
const REQUEST_ERRORS = new Set(["skin-input", "skin-ticket", "anim-memory"]);
const MATRIX_FLOATS = 12;

interface Slot {
  readonly skinner: Skinner;
  readonly ticket: SkinTicket;
  readonly meshes: readonly SkinnedMesh[];
  readonly requests: readonly SkinRequest[];
  /** The palettes, where the backend may fail after they have changed. */
  readonly copy: Float32Array | undefined;
  results: Promise<readonly SkinResult[]> | undefined;
}

/**
 * The backend that was fastest at the start, and, once it fails, the next one for all that follows and for what it
 * left undone: the caller gets every frame. Results may come from any backend, so none may reach the state of a world.
 */
export class AutoSkinner implements Skinner {
  readonly deterministic = false;
  readonly line: string;
  readonly #report: SkinnerReport;
  readonly #failures: SkinnerReport["failures"][number][] = [];
  readonly #skinners: readonly Skinner[];
  readonly #arena: AnimArena;
  readonly #log: ((line: string) => void) | undefined;
  readonly #meshes = new Map<number, SkinnedMesh>();
  /** For the mesh with each id, its id in each of the skinners so far in use. */
  readonly #ids = new Map<number, Map<Skinner, number>>();
  readonly #book = new TicketBook<Slot>((slot) => this.#free(slot));
  readonly #spare: Float32Array[] = [];
  #at = 0;
  #meshCount = 0;

  constructor({ report, line, skinners, arena, log }: AutoOptions) {
    this.#report = report;
    this.line = line;
    this.#skinners = skinners;
    this.#arena = arena;
    this.#log = log;
  }

  get backend(): SkinnerBackend {
    return this.#current.backend;
  }

  get report(): SkinnerReport {
    return { ...this.#report, failures: [...this.#failures] };
  }

  addMesh(mesh: SkinnedMesh): number {
    this.#book.check();
    const id = this.#meshCount + 1;
    this.#meshes.set(id, mesh);
    this.#ids.set(id, new Map());
    try {
      this.#withCurrent((skinner) => this.#idIn(skinner, id));
    } catch (cause) {
      this.#meshes.delete(id);
      this.#ids.delete(id);
      throw cause;
    }
    return ++this.#meshCount;
  }

  removeMesh(mesh: number): void {
    this.#book.check();
    for (const [skinner, id] of this.#ids.get(mesh) ?? []) this.#quietly(() => skinner.removeMesh(id));
    this.#ids.delete(mesh);
    this.#meshes.delete(mesh);
  }

  submit(requests: readonly SkinRequest[]): SkinTicket {
    this.#book.check();
    resolveRequests(requests, this.#arena, (mesh) => this.#meshes.get(mesh));
    const slot = this.#withCurrent((skinner): Slot => {
      const { copy, requests: own } =
        skinner.backend === "webgpu" ? this.#copied(requests) : { copy: undefined, requests };
      const mapped = own.map((request) => ({ ...request, mesh: this.#idIn(skinner, request.mesh) }));
      try {
        const ticket = skinner.submit(mapped);
        const meshes = requests.map(({ mesh }) => this.#meshes.get(mesh)!);
        return { skinner, ticket, meshes, requests: own, copy, results: undefined };
      } catch (cause) {
        if (copy !== undefined) this.#spare.push(copy);
        throw cause;
      }
    });
    try {
      this.#book.begin();
    } catch (cause) {
      this.#free(slot);
      throw cause;
    }
    return this.#book.open(slot, requests.length);
  }

  async collect(ticket: SkinTicket): Promise<readonly SkinResult[]> {
    const slot = this.#book.slot(ticket);
    slot.results ??= this.#finish(slot);
    const results = await slot.results;
    this.#book.slot(ticket); // Released meanwhile?
    this.#book.collected(ticket);
    return results;
  }

  release(ticket: SkinTicket): void {
    this.#book.release(ticket);
  }

  dispose(): void {
    this.#book.dispose();
    for (const skinner of this.#skinners) this.#quietly(() => skinner.dispose());
    this.#meshes.clear();
    this.#ids.clear();
  }

  get #current(): Skinner {
    return this.#skinners[this.#at]!;
  }

  /** Runs `use` with the backend in use, and with the next one for as long as they fail. */
  #withCurrent<T>(use: (skinner: Skinner) => T): T {
    for (;;) {
      const skinner = this.#current;
      try {
        return use(skinner);
      } catch (cause) {
        this.#fellOut(skinner, cause);
      }
    }
  }

  async #finish({ skinner, ticket, meshes, requests }: Slot): Promise<readonly SkinResult[]> {
    try {
      return await skinner.collect(ticket);
    } catch (cause) {
      this.#fellOut(skinner, cause);
    }
    return this.#withCurrent((next) => this.#again(next, meshes, requests));
  }

  /** Runs requests a second time, on a backend of the processor. The results are copies: its own are not kept so long. */
  #again(next: Skinner, meshes: readonly SkinnedMesh[], requests: readonly SkinRequest[]): readonly SkinResult[] {
    if (!("skin" in next))
      throw new WorldloomError("skinner-failed", `${next.backend} cannot stand in for a backend that failed.`);
    const added = new Map<SkinnedMesh, number>();
    try {
      const mapped = requests.map((request, index) => {
        const mesh = meshes[index]!;
        if (this.#meshes.get(request.mesh) === mesh) return { ...request, mesh: this.#idIn(next, request.mesh) };
        const id = added.get(mesh) ?? next.addMesh(mesh);
        added.set(mesh, id);
        return { ...request, mesh: id };
      });
      return (next as CpuSkinner).skin(mapped).map(copyOf);
    } finally {
      for (const id of added.values()) next.removeMesh(id);
    }
  }

  /** Takes note of a failure and goes on to the next backend. Throws what no other backend would mend. */
  #fellOut(skinner: Skinner, cause: unknown): void {
    if (cause instanceof WorldloomError && REQUEST_ERRORS.has(cause.code)) throw cause;
    const next = this.#skinners[this.#skinners.indexOf(skinner) + 1];
    if (next === undefined) throw cause;
    if (this.#current !== skinner) return;
    this.#at++;
    const reason = reasonOf(cause);
    this.#failures.push({ backend: skinner.backend, reason, next: next.backend });
    this.#log?.(`skinning goes on with ${next.backend}: ${skinner.backend} failed (${reason})`);
  }

  #idIn(skinner: Skinner, mesh: number): number {
    const ids = this.#ids.get(mesh)!;
    let id = ids.get(skinner);
    if (id === undefined) {
      id = skinner.addMesh(this.#meshes.get(mesh)!);
      ids.set(skinner, id);
    }
    return id;
  }

  /** Requests that were found right, with palettes and weights that do not change any more. */
  #copied(requests: readonly SkinRequest[]): { copy: Float32Array; requests: SkinRequest[] } {
    const sizes = requests.map(({ mesh }) => this.#meshes.get(mesh)!.joints * MATRIX_FLOATS);
    const length = sizes.reduce((sum, size) => sum + size, 0);
    const spare = this.#spare.pop();
    const copy = spare !== undefined && spare.length >= length ? spare : new Float32Array(length + (length >> 2));
    let top = 0;
    const own = requests.map(({ palette, joints: _, morphWeights, ...rest }, index): SkinRequest => {
      const into = copy.subarray(top, top + sizes[index]!);
      const [source, from] = typeof palette === "number" ? [this.#arena.memory.f32, palette / 4] : [palette, 0];
      into.set(source.subarray(from, from + into.length));
      top += into.length;
      return { ...rest, palette: into, ...(morphWeights && { morphWeights: Float32Array.from(morphWeights) }) };
    });
    return { copy, requests: own };
  }

  #free({ skinner, ticket, copy }: Slot): void {
    this.#quietly(() => skinner.release(ticket));
    if (copy !== undefined) this.#spare.push(copy);
  }

  /** For backends that may have failed: nothing more is asked of them. */
  #quietly(act: () => void): void {
    try {
      act();
    } catch {
      // It failed before, and that was told.
    }
  }
}

function copyOf(result: SkinArrays): SkinArrays {
  const { positions, normals, tangents } = result;
  return {
    ...result,
    positions: positions.slice(),
    ...(normals && { normals: normals.slice() }),
    ...(tangents && { tangents: tangents.slice() }),
  };
}
