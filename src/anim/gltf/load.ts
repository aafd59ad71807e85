import { expectInstance, expectOptions, type Known } from "../../core/argument.ts";
import { peerMissing } from "../../core/peer.ts";
import { AnimArena } from "../arena.ts";
import { Model } from "../model.ts";
import type { ResampleOptions } from "../resample.ts";
import { type Accessor, Accessors } from "./accessor.ts";
import { loadClips } from "./animations.ts";
import { Budget } from "./budget.ts";
import { openContainer } from "./container.ts";
import { expectReadable } from "./extensions.ts";
import { FILE_BYTES_MAX, readSource, readUri } from "./files.ts";
import { gltfError, type Json } from "./json.ts";
import { loadMeshes, meshNames } from "./meshes.ts";
import { loadRigs } from "./rigs.ts";
import { readStructure } from "./structure.ts";

const BYTES_MAX: number = 2 ** 32;

export interface GltfOptions extends ResampleOptions {
  readonly arena: AnimArena;
  /** Name of the model; that of the file unless given. */
  readonly name?: string;
  /** Where the buffers of a model that is given as bytes may be; the folder of the file unless given. */
  readonly folder?: string;
  /**
   * Most bytes that accessors and meshes may unpack to; 4 GiB unless given, and in any case no more than 64 times the size of
   * the buffers and 16 MiB.
   */
  readonly bytesMax?: number;
}

const KNOWN: Known<GltfOptions> = {
  ...{ arena: true, name: true, folder: true, bytesMax: true },
  ...{ error: true, shell: true, rate: true, framesMax: true },
};

/** Elements of an accessor, one after another; normalised integers as the numbers that they stand for. */
export type Elements = Float32Array | Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array;
export type ReadElements = (accessor: number) => Elements;

/**
 * Reads a `.gltf` or `.glb` file (a path, a `file:` URL, or its bytes) through the optional package `@gltf-transform/core`:
 * skeletons, skins, meshes and animations, the latter resampled to frames. Buffers are inside the file, in its folder or
 * below. Throws `gltf-input` with the element that is wrong, `file-io`, `peer-missing`, `anim-memory` when the arena is full,
 * and `bad-argument`.
 */
export async function loadGltf(
  source: string | { readonly href: string } | Uint8Array,
  options: GltfOptions,
): Promise<Model> {
  expectOptions(options, "options", KNOWN);
  expectInstance(options.arena, AnimArena, "options.arena", "an AnimArena");
  const { bytes, folder, name } = await readSource(source, options.folder);
  const { json, binary } = openContainer(bytes);
  expectReadable(json);
  const buffers = await readBuffers(json, binary, folder);
  const bytesOfBuffers = buffers.reduce((sum, { length }) => sum + length, 0);
  const budget = new Budget(bytesOfBuffers, options.bytesMax ?? BYTES_MAX);
  const accessors = new Accessors(json, buffers, budget);
  const structure = readStructure(json, accessors);
  const read = await decode(accessors, buffers);
  const { arena } = options;
  const made: { dispose(): void }[] = [];
  try {
    const rigs = loadRigs(arena, structure, read, made);
    const names = meshNames(structure);
    const meshes = loadMeshes(structure, names, rigs, read, budget);
    const clips = loadClips(structure, names, rigs, read, options, made);
    return new Model({
      name: options.name ?? name,
      skeletons: rigs.skeletons,
      skins: rigs.skins,
      meshes,
      clips,
      nodes: rigs.nodes,
      warnings: structure.warnings,
    });
  } catch (cause) {
    for (const asset of made) asset.dispose();
    throw cause;
  }
}

async function readBuffers(
  json: Json,
  binary: Uint8Array | undefined,
  folder: string | undefined,
): Promise<Uint8Array[]> {
  const buffers: Uint8Array[] = [];
  let total = 0;
  for (const buffer of json.list("buffers")) {
    const length = buffer.integer("byteLength", { min: 1 });
    total += length;
    if (total > FILE_BYTES_MAX) throw buffer.refuse(`makes the buffers larger than ${FILE_BYTES_MAX} bytes`);
    const uri = buffer.text("uri");
    const inside = uri === "" && buffers.length === 0 ? binary : undefined;
    if (uri === "" && inside === undefined) {
      // What is in it is for an extension; accessors that are used may not be.
      buffers.push(new Uint8Array());
      continue;
    }
    const bytes = inside ?? (await readUri(uri, folder, `${buffer.path}.uri`));
    if (bytes.length < length)
      throw buffer.refuse(`has ${bytes.length} bytes; ${length} are announced`, { bytes: bytes.length, length });
    buffers.push(bytes.subarray(0, length));
  }
  return buffers;
}

/** What is used of the package: it unpacks accessors, interleaved and sparse ones, too. */
interface Transform {
  readonly NodeIO: new () => { readJSON(json: object): Promise<TransformDocument> };
}
interface TransformDocument {
  getRoot(): { listAccessors(): readonly { getArray(): Elements | null }[] };
}

async function decode({ views, used }: Accessors, buffers: readonly Uint8Array[]): Promise<ReadElements> {
  const name = "@gltf-transform/core";
  let transform: Transform;
  try {
    transform = await import(name);
  } catch (cause) {
    throw peerMissing("glTF files are read", [name], cause);
  }
  const list = [...used.values()];
  const json = {
    asset: { version: "2.0" },
    buffers: buffers.map(({ length }, i) => ({ uri: `buffer${i}`, byteLength: length })),
    bufferViews: views.map(({ buffer, offset, bytes, stride }) => ({
      buffer,
      byteOffset: offset,
      byteLength: bytes,
      ...(stride > 0 && { byteStride: stride }),
    })),
    accessors: list.map(accessorJson),
  };
  const resources = Object.fromEntries(buffers.map((buffer, i) => [`buffer${i}`, buffer]));
  let unpacked: readonly { getArray(): Elements | null }[];
  try {
    unpacked = (await new transform.NodeIO().readJSON({ json, resources })).getRoot().listAccessors();
  } catch (cause) {
    throw gltfError("The file", `cannot be unpacked: ${(cause as Error).message}`, {}, cause);
  }
  const places = new Map([...used.keys()].map((number, i) => [number, i]));
  return (number) => {
    const place = places.get(number)!;
    const { normalized, count, components, path } = list[place]!;
    const array = unpacked[place]?.getArray();
    if (array?.length !== count * components) throw gltfError(path, "cannot be unpacked");
    return normalized ? denormalised(array) : array;
  };
}

function accessorJson({ view, offset, componentType, type, count, normalized, sparse }: Accessor): object {
  return {
    ...(view >= 0 && { bufferView: view, byteOffset: offset }),
    componentType,
    type,
    count,
    normalized,
    ...(sparse && {
      sparse: {
        count: sparse.count,
        indices: {
          bufferView: sparse.indices.view,
          byteOffset: sparse.indices.offset,
          componentType: sparse.indices.componentType,
        },
        values: { bufferView: sparse.values.view, byteOffset: sparse.values.offset },
      },
    }),
  };
}

/** The numbers that normalised integers stand for, by the formulas of the glTF specification. */
function denormalised(array: Elements): Float32Array {
  const max =
    array instanceof Int8Array ? 127 : array instanceof Uint8Array ? 255 : array instanceof Int16Array ? 32767 : 65535;
  return Float32Array.from(array, (value) => Math.max(value / max, -1));
}
