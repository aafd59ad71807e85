import { WorldloomError } from "../../../core/errors.ts";
import type { AnimArena } from "../../arena.ts";
import type { SkinnedMesh } from "../../skinned-mesh.ts";
import { checkArena, type ResolvedRequest, resolveRequests } from "../request.ts";
import type { Skinner, SkinRequest, SkinResult, SkinTicket } from "../skinner.ts";
import { TicketBook } from "../tickets.ts";
import { COPY_DST, COPY_SRC, type GpuDevice, MAP_READ, MODE_READ, STORAGE, UNIFORM, VERTEX } from "./api.ts";
import { BufferPool, type PooledBuffer } from "./buffers.ts";
import { type DeviceOptions, failed, type OpenDevice, openDevice } from "./device.ts";
import { BATCH_BYTES, checkRigid, type FramePlan, type Place, planFrame, writeFrame } from "./frame.ts";
import { MeshPages, type PlacedMesh } from "./pages.ts";
import { makePipelines, type Pipelines } from "./pipelines.ts";

/** Skins on a graphics card. Throws `skinner-unavailable` or `peer-missing` where there is none to be had. */
export async function createWebGpuSkinner(arena: AnimArena, options: DeviceOptions = {}): Promise<WebGpuSkinner> {
  const open = await openDevice(options);
  try {
    return new WebGpuSkinner(arena, open, await makePipelines(open.device));
  } catch (cause) {
    open.close();
    throw cause;
  }
}

const errorScopes = ["out-of-memory", "internal", "validation"] as const;

/** What one submit holds on to until it is released. */
interface Slot {
  readonly frame: PooledBuffer;
  readonly parts: PartBuffers[];
  readonly places: readonly Place[];
  readonly requests: readonly ResolvedRequest[];
  /** Settles when the device has done the work and what is read has come back, or with what went wrong. */
  done: Promise<void>;
  /** Ends the wait for it. */
  fail(cause: WorldloomError): void;
  results: readonly SkinResult[] | undefined;
}

interface PartBuffers {
  readonly bytes: number;
  readonly output: PooledBuffer;
  /** Where what is read comes back. */
  readonly back: PooledBuffer | undefined;
}

/**
 * Meshes lie in pages on the device. A submit uploads one frame with all palettes, from memory that is not shared, and
 * dispatches once for each page, method and size of mesh.
 */
export class WebGpuSkinner implements Skinner {
  readonly backend = "webgpu";
  readonly deterministic = false;
  readonly line: string;
  readonly #arena: AnimArena;
  readonly #open: OpenDevice;
  readonly #device: GpuDevice;
  readonly #pipelines: Pipelines;
  readonly #pages: MeshPages;
  readonly #pool: BufferPool;
  readonly #book = new TicketBook<Slot>((slot) => this.#free(slot));
  readonly #meshes = new Map<number, { mesh: SkinnedMesh; placed: PlacedMesh }>();
  /** By page, frame and output; dropped whenever one of them is. */
  readonly #groups = new Map<string, object>();
  /** Slots whose work has not ended. */
  readonly #running = new Set<Slot>();
  #staging = new ArrayBuffer(0);
  #meshCount = 0;
  #failure: WorldloomError | undefined;
  #disposed = false;

  constructor(arena: AnimArena, open: OpenDevice, pipelines: Pipelines) {
    this.#arena = arena;
    this.#open = open;
    this.#device = open.device;
    this.#pipelines = pipelines;
    this.#pages = new MeshPages(open.device);
    this.#pool = new BufferPool(open.device, () => this.#groups.clear());
    this.line = `webgpu: ${open.text}${open.software ? ", software, was forced" : ""}`;
    void open.device.lost.then(({ reason, message }) => {
      this.#failure ??= failed(`the device was lost (${reason}: ${message || "no message"})`);
      for (const { fail } of this.#running) fail(this.#failure);
    });
  }

  /** Whether the processor does the work of the graphics card. */
  get software(): boolean {
    return this.#open.software;
  }

  /** Buffers that were ever made for frames and results: a steady frame leaves it as it is. */
  get buffersMade(): number {
    return this.#pool.made;
  }

  addMesh(mesh: SkinnedMesh): number {
    this.#check();
    checkArena(mesh, this.#arena);
    const placed = this.#pages.add(mesh);
    this.#meshes.set(++this.#meshCount, { mesh, placed });
    return this.#meshCount;
  }

  removeMesh(mesh: number): void {
    this.#check();
    const entry = this.#meshes.get(mesh);
    if (entry === undefined) return;
    this.#meshes.delete(mesh);
    if (this.#pages.remove(entry.placed)) this.#groups.clear();
  }

  submit(requests: readonly SkinRequest[]): SkinTicket {
    this.#check();
    const resolved = resolveRequests(requests, this.#arena, (mesh) => this.#meshes.get(mesh)?.mesh);
    checkRigid(resolved, this.#arena);
    const placed = requests.map(({ mesh }) => this.#meshes.get(mesh)!.placed);
    const plan = planFrame(resolved, placed, this.#device.limits);
    this.#book.begin();
    if (this.#staging.byteLength < plan.bytes)
      this.#staging = new ArrayBuffer((plan.bytes + (plan.bytes >> 1) + 3) & ~3);
    writeFrame(plan, resolved, placed, this.#arena, this.#staging);
    return this.#book.open(this.#start(plan, resolved), requests.length);
  }

  async collect(ticket: SkinTicket): Promise<readonly SkinResult[]> {
    const slot = this.#book.slot(ticket);
    await slot.done;
    this.#book.slot(ticket); // Released meanwhile?
    if (this.#failure !== undefined && slot.results === undefined) throw this.#failure;
    slot.results ??= resultsOf(slot);
    this.#book.collected(ticket);
    return slot.results;
  }

  release(ticket: SkinTicket): void {
    this.#book.release(ticket);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#book.dispose();
    this.#pool.dispose();
    this.#pages.dispose();
    this.#meshes.clear();
    this.#groups.clear();
    this.#open.close();
  }

  #check(): void {
    this.#book.check();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Takes what the work needs and hands it to the device. What the device refuses ends the wait for it. */
  #start(plan: FramePlan, requests: readonly ResolvedRequest[]): Slot {
    const device = this.#device;
    for (const scope of errorScopes) device.pushErrorScope(scope);
    let slot: Slot | undefined;
    let thrown: unknown;
    try {
      slot = this.#slot(plan, requests);
      this.#record(plan, slot);
    } catch (cause) {
      thrown = cause;
    }
    const ends: Promise<unknown>[] = errorScopes.map(async () => {
      const error = await device.popErrorScope();
      if (error !== null) throw failed(error.message);
    });
    if (slot === undefined || thrown !== undefined) {
      for (const end of ends) end.catch(() => {});
      if (slot !== undefined) this.#free(slot);
      throw asFailure(thrown);
    }
    for (const { bytes, back } of slot.parts) {
      if (back !== undefined) ends.push(back.buffer.mapAsync(MODE_READ, 0, bytes));
    }
    this.#await(slot, ends);
    return slot;
  }

  #await(slot: Slot, ends: readonly Promise<unknown>[]): void {
    this.#running.add(slot);
    slot.done = new Promise((resolve, reject) => {
      slot.fail = reject;
      Promise.all(ends).then(
        () => resolve(),
        (cause) => reject(asFailure(cause)),
      );
    });
    const ended = () => void this.#running.delete(slot);
    slot.done.then(ended, ended);
  }

  #slot(plan: FramePlan, requests: readonly ResolvedRequest[]): Slot {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    const bytesMax = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    const take = (label: string, usage: number, bytes: number) => this.#pool.take(label, usage, bytes, bytesMax);
    return {
      frame: take("skinning frame", STORAGE | UNIFORM | COPY_DST, Math.max(plan.bytes, BATCH_BYTES)),
      parts: plan.parts.map(({ bytes, read }) => ({
        bytes,
        output: take("skinned vertices", STORAGE | VERTEX | COPY_SRC, bytes),
        back: read ? take("skinned vertices, read back", MAP_READ | COPY_DST, bytes) : undefined,
      })),
      places: plan.places,
      requests,
      done: Promise.resolve(),
      fail: () => {},
      results: undefined,
    };
  }

  #record(plan: FramePlan, slot: Slot): void {
    const { queue } = this.#device;
    queue.writeBuffer(slot.frame.buffer, 0, this.#staging, 0, plan.bytes);
    const encoder = this.#device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const [number, { dual, page, part, groups, requests }] of plan.batches.entries()) {
      pass.setPipeline(dual ? this.#pipelines.dual : this.#pipelines.linear);
      pass.setBindGroup(0, this.#group(page, slot.frame, slot.parts[part]!.output), [number * BATCH_BYTES]);
      pass.dispatchWorkgroups(groups, requests.length);
    }
    pass.end();
    for (const { bytes, output, back } of slot.parts) {
      if (back !== undefined) encoder.copyBufferToBuffer(output.buffer, 0, back.buffer, 0, bytes);
    }
    queue.submit([encoder.finish()]);
  }

  #group(page: PlacedMesh["page"], frame: PooledBuffer, output: PooledBuffer): object {
    const key = `${page.id} ${frame.id} ${output.id}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = this.#device.createBindGroup({
        layout: this.#pipelines.layout,
        entries: [
          { binding: 0, resource: { buffer: page.buffer } },
          { binding: 1, resource: { buffer: frame.buffer } },
          { binding: 2, resource: { buffer: frame.buffer, offset: 0, size: 16 } },
          { binding: 3, resource: { buffer: output.buffer } },
        ],
      });
      this.#groups.set(key, group);
    }
    return group;
  }

  #free(slot: Slot): void {
    this.#pool.give(slot.frame);
    for (const { output, back } of slot.parts) {
      this.#pool.give(output);
      if (back === undefined) continue;
      back.buffer.unmap();
      this.#pool.give(back);
    }
  }
}

function resultsOf({ parts, places, requests }: Slot): SkinResult[] {
  const read = parts.map(({ back, bytes }) => back?.buffer.getMappedRange(0, bytes));
  return places.map((place, index): SkinResult => {
    const { vertices } = requests[index]!.mesh;
    const { normals, tangents } = requests[index]!;
    const mapped = read[place.part];
    if (mapped !== undefined) {
      const array = (offset: number, values: number) => new Float32Array(mapped, offset, vertices * values);
      return {
        kind: "arrays",
        backend: "webgpu",
        deterministic: false,
        positions: array(place.positions, 3),
        ...(normals && { normals: array(place.normals, 3) }),
        ...(tangents && { tangents: array(place.tangents, 4) }),
      };
    }
    const range = (offset: number, values: number) => ({ offset, bytes: vertices * values * 4 });
    return {
      kind: "buffer",
      backend: "webgpu",
      deterministic: false,
      buffer: parts[place.part]!.output.buffer,
      positions: range(place.positions, 3),
      ...(normals && { normals: range(place.normals, 3) }),
      ...(tangents && { tangents: range(place.tangents, 4) }),
    };
  });
}

function asFailure(cause: unknown): WorldloomError {
  return cause instanceof WorldloomError
    ? cause
    : failed(cause instanceof Error ? cause.message : `${cause}`, {}, cause);
}
