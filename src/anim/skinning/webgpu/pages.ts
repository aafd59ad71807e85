import type { SkinnedMesh } from "../../skinned-mesh.ts";
import { COPY_DST, type GpuBuffer, type GpuDevice, STORAGE } from "./api.ts";
import { failed } from "./device.ts";
import { GROUP_THREADS, NONE } from "./shader.ts";

/** A buffer that holds meshes one after the other. */
export interface Page {
  readonly id: number;
  readonly buffer: GpuBuffer;
  readonly words: number;
  /** Room between the meshes, in words, ascending; no two touch. */
  holes: { from: number; to: number }[];
}

/** Where a mesh lies in its page, in words; `NONE` where it lacks something. */
export interface PlacedMesh {
  readonly page: Page;
  readonly from: number;
  readonly to: number;
  readonly positions: number;
  readonly normals: number;
  readonly tangents: number;
  readonly joints: number;
  readonly weights: number;
  readonly targets: readonly (readonly [positions: number, normals: number, tangents: number])[];
  /** Where the vertices with 1 to 8 influences end. */
  readonly ends: readonly number[];
}

const PAGE_BYTES = 32 * 2 ** 20;
const INFLUENCES_MAX = 8;

/** The meshes on the device: few buffers, so that one dispatch reaches many of them. */
export class MeshPages {
  readonly #device: GpuDevice;
  #pages: Page[] = [];
  /** Pages that were ever made. */
  #count = 0;

  constructor(device: GpuDevice) {
    this.#device = device;
  }

  /** Throws `skinner-failed` for a mesh that is larger than the device can bind or count. */
  add(mesh: SkinnedMesh): PlacedMesh {
    const { limits } = this.#device;
    const { words, ...places } = pack(mesh);
    const bytesMax = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
    const verticesMax = limits.maxComputeWorkgroupsPerDimension * GROUP_THREADS;
    if (words.byteLength > bytesMax || mesh.vertices > verticesMax) {
      throw failed(
        `a mesh of ${mesh.vertices} vertices and ${words.byteLength} bytes is more than the device takes at once (${verticesMax} vertices, ${bytesMax} bytes)`,
        { vertices: mesh.vertices, bytes: words.byteLength, verticesMax, bytesMax },
      );
    }
    const { page, from } = this.#room(words.length, bytesMax);
    this.#device.queue.writeBuffer(page.buffer, from * 4, words.buffer, 0, words.byteLength);
    const moved = (at: number) => (at === NONE ? NONE : at + from);
    return {
      page,
      from,
      to: from + words.length,
      positions: moved(places.positions),
      normals: moved(places.normals),
      tangents: moved(places.tangents),
      joints: moved(places.joints),
      weights: moved(places.weights),
      targets: places.targets.map(([a, b, c]) => [moved(a), moved(b), moved(c)]),
      ends: places.ends,
    };
  }

  /** Whether the page went with it. Work that was submitted still finds the mesh. */
  remove({ page, from, to }: PlacedMesh): boolean {
    const holes = [...page.holes, { from, to }].sort((a, b) => a.from - b.from);
    page.holes = [];
    for (const hole of holes) {
      const last = page.holes.at(-1);
      if (last?.to === hole.from) last.to = hole.to;
      else page.holes.push(hole);
    }
    if (page.holes[0]!.to - page.holes[0]!.from < page.words) return false;
    this.#pages = this.#pages.filter((other) => other !== page);
    page.buffer.destroy();
    return true;
  }

  dispose(): void {
    for (const { buffer } of this.#pages) buffer.destroy();
    this.#pages = [];
  }

  /** Takes the first hole that is large enough, or one of a new page. */
  #room(words: number, bytesMax: number): { page: Page; from: number } {
    for (const page of this.#pages) {
      const at = page.holes.findIndex(({ from, to }) => to - from >= words);
      if (at < 0) continue;
      const hole = page.holes[at]!;
      const { from } = hole;
      hole.from += words;
      if (hole.from === hole.to) page.holes.splice(at, 1);
      return { page, from };
    }
    const size = Math.max(words * 4, Math.min(PAGE_BYTES, bytesMax));
    const buffer = this.#device.createBuffer({ label: "skinned meshes", size, usage: STORAGE | COPY_DST });
    const all = Math.floor(size / 4);
    const page = { id: this.#count++, buffer, words: all, holes: words < all ? [{ from: words, to: all }] : [] };
    this.#pages.push(page);
    return { page, from: 0 };
  }
}

/** A mesh as words of an unshared buffer, and what lies where in it. */
function pack(mesh: SkinnedMesh) {
  const { positions, normals, tangents, joints, weights, groups, targets } = mesh.unpack();
  const parts: (Float32Array | Uint16Array)[] = [];
  let length = 0;
  const place = (part: Float32Array | Uint16Array | undefined) => {
    if (part === undefined) return NONE;
    const at = length;
    parts.push(part);
    length += Math.ceil(part.byteLength / 4);
    return at;
  };
  const places = {
    positions: place(positions),
    normals: place(normals),
    tangents: place(tangents),
    joints: place(joints),
    weights: place(weights),
    targets: targets.map((target) => [place(target.positions), place(target.normals), place(target.tangents)] as const),
    ends: Array.from({ length: INFLUENCES_MAX }, (_, at) =>
      groups.reduce((sum, { influences, count }) => sum + (influences <= at + 1 ? count : 0), 0),
    ),
  };
  const words = new Uint32Array(length);
  const bytes = new Uint8Array(words.buffer);
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += Math.ceil(part.byteLength / 4) * 4;
  }
  return { words, ...places };
}
