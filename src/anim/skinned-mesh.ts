import { expectInstance } from "../core/argument.ts";
import { NONE } from "../native/anim/format.ts";
import {
  INFLUENCES_MAX,
  MESH_GROUPS,
  MESH_JOINT_NUMBERS,
  MESH_JOINTS,
  MESH_NORMALS,
  MESH_POSITIONS,
  MESH_TANGENTS,
  MESH_TARGET_COUNT,
  MESH_TARGETS,
  MESH_VERTICES,
  MESH_WEIGHTS,
  SKINNED_MESH_MAGIC,
  SKINNED_MESH_WORDS,
  TARGET_WORDS,
} from "../native/anim/skin-format.ts";
import { AnimArena } from "./arena.ts";
import { AnimAsset } from "./asset.ts";
import { checkMesh, refusedMesh } from "./skinned-mesh-check.ts";

/** What a morph target adds to each vertex: 3 f32, of which most may be zero. */
export interface MorphDeltas {
  readonly positions?: ArrayLike<number> | undefined;
  readonly normals?: ArrayLike<number> | undefined;
  readonly tangents?: ArrayLike<number> | undefined;
}

/** A `Mesh` of a model that has a skin is one. */
export interface SkinnedMeshOptions {
  readonly name?: string;
  /** 3 a vertex. */
  readonly positions: ArrayLike<number>;
  /** 3 a vertex. */
  readonly normals?: ArrayLike<number> | undefined;
  /** 4 a vertex. */
  readonly tangents?: ArrayLike<number> | undefined;
  /** `influences` joint numbers and weights a vertex. A weight of 0 is no influence. */
  readonly joints: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
  /** Joints given for each vertex: 4 unless given. At most 8 of them may have a weight. */
  readonly influences?: number;
  /** Vertices of triangles. */
  readonly indices?: ArrayLike<number>;
  readonly morphTargets?: readonly MorphDeltas[];
}

/** Vertices of a mesh that have the same number of influences. */
export interface InfluenceGroup {
  readonly influences: number;
  readonly first: number;
  readonly count: number;
}

/** The vertices of a mesh as plain arrays, in its order. */
export interface UnpackedMesh {
  readonly positions: Float32Array;
  readonly normals?: Float32Array;
  readonly tangents?: Float32Array;
  /** Groups with vertices. */
  readonly groups: readonly InfluenceGroup[];
  /** As many of each vertex as its group says, one vertex after the other. */
  readonly joints: Uint16Array;
  readonly weights: Float32Array;
  /** 3 for each vertex of the mesh. */
  readonly targets: readonly { positions?: Float32Array; normals?: Float32Array; tangents?: Float32Array }[];
}

/** How the arrays of a mesh lie in its block. */
interface Layout {
  readonly words: Uint32Array;
  readonly targets: readonly SparseTarget[];
  readonly bytes: number;
}

interface SparseTarget {
  readonly vertices: Uint32Array;
  /** Positions, normals, tangents. */
  readonly deltas: readonly (Float32Array | undefined)[];
}

const ALIGNMENT = 64;

/**
 * A mesh made ready for skinning: its vertices in the order of how many joints move them, so that each loop has a fixed
 * number of these. All backends give vertices in this order: draw them with {@link indices}.
 */
export class SkinnedMesh extends AnimAsset {
  readonly vertices: number;
  /** The largest joint number that has a weight, and one: a palette has at least so many. */
  readonly joints: number;
  /** Number of morph targets. */
  readonly morphTargets: number;
  readonly hasNormals: boolean;
  readonly hasTangents: boolean;
  /** Vertex `i` of the mesh is vertex `order[i]` of the arrays that it was made of. */
  readonly order: Uint32Array;
  /** The indices that were given, in the order of the mesh; without any, none. */
  readonly indices: Uint32Array;

  private constructor(arena: AnimArena, options: SkinnedMeshOptions, sorted: Sorted) {
    const { name = "mesh", positions, normals, tangents, morphTargets = [], indices = [] } = options;
    const vertices = positions.length / 3;
    const sparse = morphTargets.map((target) => sparseTarget(target, sorted.place));
    const layout = layOut(sorted, sparse, normals !== undefined, tangents !== undefined);
    const block = arena.allocate(layout.bytes);
    super(arena, name, block);
    this.vertices = vertices;
    this.joints = layout.words[MESH_JOINTS]!;
    this.morphTargets = morphTargets.length;
    this.hasNormals = normals !== undefined;
    this.hasTangents = tangents !== undefined;
    this.order = sorted.order;
    this.indices = Uint32Array.from(indices, (index) => sorted.place[index]!);
    this.#fill(block.offset, layout, sorted, options);
  }

  /**
   * Throws `skin-input` for arrays that do not fit each other, for values, joints and weights that are not what they
   * should be (naming the vertex), and for indices of vertices that do not exist; and `bad-argument`.
   */
  static create(arena: AnimArena, options: SkinnedMeshOptions): SkinnedMesh {
    expectInstance(arena, AnimArena, "arena", "an AnimArena");
    checkMesh(options);
    return new SkinnedMesh(arena, options, sortVertices(options));
  }

  /** The arrays of the mesh, copied. */
  unpack(): UnpackedMesh {
    const { f32, u16, u32 } = this.arena.memory;
    const words = u32.subarray(this.offset / 4, this.offset / 4 + SKINNED_MESH_WORDS);
    const floats = (at: number, count: number) => f32.slice(at / 4, at / 4 + count);
    const groups: InfluenceGroup[] = [];
    let first = 0;
    let all = 0;
    for (let influences = 1; influences <= INFLUENCES_MAX; influences++) {
      const count = words[MESH_GROUPS + influences - 1]!;
      if (count > 0) groups.push({ influences, first, count });
      first += count;
      all += count * influences;
    }
    const joints = words[MESH_JOINT_NUMBERS]! / 2;
    return {
      positions: floats(words[MESH_POSITIONS]!, this.vertices * 3),
      ...(this.hasNormals && { normals: floats(words[MESH_NORMALS]!, this.vertices * 3) }),
      ...(this.hasTangents && { tangents: floats(words[MESH_TANGENTS]!, this.vertices * 4) }),
      groups,
      joints: u16.slice(joints, joints + all),
      weights: floats(words[MESH_WEIGHTS]!, all),
      targets: Array.from({ length: this.morphTargets }, (_, t) =>
        this.#target(words[MESH_TARGETS]! / 4 + t * TARGET_WORDS),
      ),
    };
  }

  #target(at: number): UnpackedMesh["targets"][number] {
    const { f32, u32 } = this.arena.memory;
    const [count, vertices, ...deltas] = u32.subarray(at, at + 5);
    const dense = deltas.map((offset) => {
      if (offset === NONE) return undefined;
      const values = new Float32Array(this.vertices * 3);
      for (let i = 0; i < count! * 3; i++)
        values[u32[vertices! / 4 + Math.floor(i / 3)]! * 3 + (i % 3)] = f32[offset! / 4 + i]!;
      return values;
    });
    const [positions, normals, tangents] = dense;
    return { ...(positions && { positions }), ...(normals && { normals }), ...(tangents && { tangents }) };
  }

  #fill(base: number, { words, targets }: Layout, sorted: Sorted, options: SkinnedMeshOptions): void {
    const { f32, u16, u32 } = this.arena.memory;
    const shifted = words.map((word, i) =>
      i >= MESH_POSITIONS && i <= MESH_WEIGHTS && word !== NONE ? word + base : word,
    );
    shifted[MESH_TARGETS] = words[MESH_TARGETS]! + base;
    u32.set(shifted, base / 4);
    gather(f32, shifted[MESH_POSITIONS]!, options.positions, 3, sorted.order);
    if (options.normals !== undefined) gather(f32, shifted[MESH_NORMALS]!, options.normals, 3, sorted.order);
    if (options.tangents !== undefined) gather(f32, shifted[MESH_TANGENTS]!, options.tangents, 4, sorted.order);
    u16.set(sorted.joints, shifted[MESH_JOINT_NUMBERS]! / 2);
    f32.set(sorted.weights, shifted[MESH_WEIGHTS]! / 4);
    let at = shifted[MESH_TARGETS]! / 4;
    let next = (at + targets.length * TARGET_WORDS) * 4;
    for (const { vertices, deltas } of targets) {
      u32.set([vertices.length, next, NONE, NONE, NONE, 0], at);
      u32.set(vertices, next / 4);
      next += vertices.byteLength;
      for (const [i, values] of deltas.entries()) {
        if (values === undefined) continue;
        u32[at + 2 + i] = next;
        f32.set(values, next / 4);
        next += values.byteLength;
      }
      at += TARGET_WORDS;
    }
  }
}

/** The vertices in order, and what moves them. */
interface Sorted {
  readonly order: Uint32Array;
  /** Where each vertex went. */
  readonly place: Uint32Array;
  readonly groups: Uint32Array;
  readonly joints: Uint16Array;
  readonly weights: Float32Array;
}

function sortVertices(options: SkinnedMeshOptions): Sorted {
  const { joints, weights, influences = 4 } = options;
  const vertices = options.positions.length / 3;
  const counts = new Uint8Array(vertices);
  const groups = new Uint32Array(INFLUENCES_MAX);
  for (let vertex = 0; vertex < vertices; vertex++) {
    let count = 0;
    for (let k = 0; k < influences; k++) if (Math.fround(weights[vertex * influences + k]!) !== 0) count++;
    if (count > INFLUENCES_MAX)
      throw refusedMesh(
        options,
        `has ${count} joints with weights at vertex ${vertex}; at most ${INFLUENCES_MAX} are possible`,
        {
          vertex,
        },
      );
    // A vertex that nothing moves has one joint with the weight 0.
    counts[vertex] = Math.max(count, 1);
    groups[counts[vertex]! - 1]!++;
  }
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[a]! - counts[b]! || a - b);
  const place = new Uint32Array(vertices);
  order.forEach((vertex, i) => {
    place[vertex] = i;
  });
  const all = groups.reduce((sum, count, k) => sum + count * (k + 1), 0);
  const sorted = { order, place, groups, joints: new Uint16Array(all), weights: new Float32Array(all) };
  let at = 0;
  for (const vertex of order) {
    const first = vertex * influences;
    const slots = Array.from({ length: influences }, (_, k) => first + k);
    slots.sort((a, b) => weights[b]! - weights[a]! || a - b);
    for (const slot of slots.slice(0, counts[vertex])) {
      sorted.weights[at] = weights[slot]!;
      // Where the weight is 0 the joint does not matter.
      sorted.joints[at] = sorted.weights[at] === 0 ? 0 : joints[slot]!;
      at++;
    }
  }
  return sorted;
}

/** The vertices that a target moves, in the order of the mesh. */
function sparseTarget({ positions, normals, tangents }: MorphDeltas, place: Uint32Array): SparseTarget {
  const given = [positions, normals, tangents];
  const moves = (vertex: number) =>
    given.some((deltas) => deltas !== undefined && [0, 1, 2].some((c) => Math.fround(deltas[vertex * 3 + c]!) !== 0));
  const sources = Array.from(place.keys())
    .filter(moves)
    .sort((a, b) => place[a]! - place[b]!);
  const deltas = given.map((values) =>
    values === undefined
      ? undefined
      : Float32Array.from(sources.flatMap((i) => [0, 1, 2].map((c) => values[i * 3 + c]!))),
  );
  return { vertices: Uint32Array.from(sources, (source) => place[source]!), deltas };
}

/** The record of a mesh with offsets from its start, and the bytes that all of it takes. */
function layOut(sorted: Sorted, targets: readonly SparseTarget[], normals: boolean, tangents: boolean): Layout {
  const vertices = sorted.order.length;
  const words = new Uint32Array(SKINNED_MESH_WORDS);
  let bytes = align(SKINNED_MESH_WORDS * 4);
  const take = (size: number) => {
    const at = bytes;
    bytes = align(bytes + size);
    return at;
  };
  words[0] = SKINNED_MESH_MAGIC;
  words[MESH_VERTICES] = vertices;
  words[MESH_JOINTS] = sorted.joints.reduce((most, joint) => Math.max(most, joint), 0) + 1;
  words[MESH_POSITIONS] = take(vertices * 12);
  words[MESH_NORMALS] = normals ? take(vertices * 12) : NONE;
  words[MESH_TANGENTS] = tangents ? take(vertices * 16) : NONE;
  words[MESH_JOINT_NUMBERS] = take(sorted.joints.byteLength);
  words[MESH_WEIGHTS] = take(sorted.weights.byteLength);
  words[MESH_TARGET_COUNT] = targets.length;
  const floats = targets.flatMap(({ deltas }) => deltas.map((values) => values?.byteLength ?? 0));
  const moved = targets.reduce((sum, { vertices }) => sum + vertices.byteLength, 0);
  words[MESH_TARGETS] = take(targets.length * TARGET_WORDS * 4 + moved + floats.reduce((sum, size) => sum + size, 0));
  words.set(sorted.groups, MESH_GROUPS);
  return { words, targets, bytes };
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** Writes `size` values of each vertex in `order`. */
function gather(f32: Float32Array, to: number, values: ArrayLike<number>, size: number, order: Uint32Array): void {
  let at = to / 4;
  for (const vertex of order) for (let c = 0; c < size; c++) f32[at++] = values[vertex * size + c]!;
}
