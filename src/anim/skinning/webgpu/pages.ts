import type { SkinnedMesh } from "../../skinned-mesh.ts";
import { COPY_DST, type GpuBuffer, type GpuDevice, STORAGE } from "./api.ts";
import { failed } from "./device.ts";
import { GROUP_THREADS, NONE } from "./shader.ts";

/** A buffer that holds meshes one after the other. Its room comes back when the last of them is removed. */
export interface Page {
  readonly id: number;
  readonly buffer: GpuBuffer;
  readonly words: number;
  top: number;
  meshes: number;
}

/** Where a mesh lies in its page, in words; `NONE` where it lacks something. */
export interface PlacedMesh {
  readonly page: Page;
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
    const page = this.#pageFor(words.length, bytesMax);
    this.#device.queue.writeBuffer(page.buffer, page.top * 4, words.buffer, 0, words.byteLength);
    const moved = (at: number) => (at === NONE ? NONE : at + page.top);
    const placed: PlacedMesh = {
      page,
      positions: moved(places.positions),
      normals: moved(places.normals),
      tangents: moved(places.tangents),
      joints: moved(places.joints),
      weights: moved(places.weights),
      targets: places.targets.map(([a, b, c]) => [moved(a), moved(b), moved(c)]),
      ends: places.ends,
    };
    page.top += words.length;
    page.meshes++;
    return placed;
  }

  /** Whether the page went with it. Work that was submitted still finds the mesh. */
  remove({ page }: PlacedMesh): boolean {
    if (--page.meshes > 0) return false;
    this.#pages = this.#pages.filter((other) => other !== page);
    page.buffer.destroy();
    return true;
  }

  dispose(): void {
    for (const { buffer } of this.#pages) buffer.destroy();
    this.#pages = [];
  }

  #pageFor(words: number, bytesMax: number): Page {
    const free = this.#pages.find((page) => page.top + words <= page.words);
    if (free !== undefined) return free;
    const size = Math.max(words * 4, Math.min(PAGE_BYTES, bytesMax));
    const buffer = this.#device.createBuffer({ label: "skinned meshes", size, usage: STORAGE | COPY_DST });
    const page = { id: this.#count++, buffer, words: Math.floor(size / 4), top: 0, meshes: 0 };
    this.#pages.push(page);
    return page;
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
