import type { Mesh, MeshPart, MorphTarget } from "../mesh.ts";
import type { Budget } from "./budget.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import { smoothNormals } from "./normals.ts";
import type { GltfMesh, GltfPrimitive } from "./structure.ts";

/** Vertices of primitives that share them. */
export interface Start {
  readonly primitive: GltfPrimitive;
  readonly first: number;
  readonly count: number;
}

/** What meshes of nodes share: all but what binds them. */
export type Shape = Pick<Mesh, "positions" | "normals" | "tangents" | "indices" | "morphTargets" | "parts"> & {
  readonly starts: readonly Start[];
};

/** Of a vertex: position, normal, tangent. */
const VERTEX_BYTES = 40;
/** Of a vertex in a morph target. */
const TARGET_BYTES = 36;

/** All triangles of a mesh, in parts; primitives of the same vertices share them. */
export function shapeOf(mesh: GltfMesh, read: ReadElements, budget: Budget): Shape {
  const starts = new Map<string, Start>();
  const parts: MeshPart[] = [];
  const triangles: Uint32Array[] = [];
  let vertexCount = 0;
  let indexCount = 0;
  for (const primitive of mesh.primitives) {
    const { indices: numbers, positions, targets } = primitive;
    const key = vertexKey(primitive);
    let start = starts.get(key);
    if (start === undefined) {
      start = { primitive, first: vertexCount, count: read(positions).length / 3 };
      budget.take(start.count * (VERTEX_BYTES + targets.length * TARGET_BYTES), primitive.path);
      starts.set(key, start);
      vertexCount += start.count;
    }
    // A strip has up to three times as many indices in its triangles, which are made and then joined.
    budget.take((numbers < 0 ? start.count : read(numbers).length) * 4 * 4, primitive.path);
    const indices = trianglesOf(primitive, start.count, read);
    for (let i = 0; i < indices.length; i++) indices[i]! += start.first;
    triangles.push(indices);
    parts.push({ first: indexCount, count: indices.length, colour: primitive.colour });
    indexCount += indices.length;
  }
  const list = [...starts.values()];
  const indices = new Uint32Array(indexCount);
  triangles.forEach((list, i) => {
    indices.set(list, parts[i]!.first);
  });
  const joined = (pick: (primitive: GltfPrimitive) => number, size: number, name: string) => {
    const values = new Float32Array(vertexCount * size);
    for (const { primitive, first } of list) {
      const accessor = pick(primitive);
      if (accessor < 0) continue;
      const from = read(accessor);
      const wrong = from.findIndex((value) => !Number.isFinite(value));
      if (wrong >= 0)
        throw gltfError(`${primitive.path}, ${name}`, `is not finite at vertex ${Math.floor(wrong / size)}`);
      values.set(from, first * size);
    }
    return values;
  };
  const positions = joined((primitive) => primitive.positions, 3, "POSITION");
  const normals = joined((primitive) => primitive.normals, 3, "NORMAL");
  const bare = list.filter(({ primitive }) => primitive.normals < 0);
  if (bare.length > 0) smoothNormals(positions, indices, bare, normals);
  const all = (pick: (primitive: GltfPrimitive) => number) => list.every(({ primitive }) => pick(primitive) >= 0);
  const any = (pick: (primitive: GltfPrimitive) => number) => list.some(({ primitive }) => pick(primitive) >= 0);
  const tangents = all(({ tangents: t }) => t) ? joined(({ tangents: t }) => t, 4, "TANGENT") : undefined;
  const morphTargets = mesh.primitives[0]!.targets.map((_, t): MorphTarget => {
    const moved = (pick: (target: GltfPrimitive["targets"][number]) => number, name: string) =>
      any(({ targets }) => pick(targets[t]!))
        ? joined(({ targets }) => pick(targets[t]!), 3, `targets[${t}].${name}`)
        : undefined;
    return {
      name: mesh.targetNames[t] ?? `${t}`,
      positions: moved((target) => target.positions, "POSITION") ?? new Float32Array(vertexCount * 3),
      normals: moved((target) => target.normals, "NORMAL"),
      tangents: tangents && moved((target) => target.tangents, "TANGENT"),
    };
  });
  return { starts: list, positions, normals, tangents, indices, morphTargets, parts };
}

function vertexKey({ positions, normals, tangents, joints, weights, targets }: GltfPrimitive): string {
  return JSON.stringify([positions, normals, tangents, joints, weights, targets]);
}

/** Three indices for each triangle, whatever the mode. */
function trianglesOf({ path, mode, indices }: GltfPrimitive, vertices: number, read: ReadElements): Uint32Array {
  const list = indices < 0 ? Uint32Array.from({ length: vertices }, (_, i) => i) : Uint32Array.from(read(indices));
  const outside = list.findIndex((index) => index >= vertices);
  if (outside >= 0)
    throw gltfError(`${path}.indices`, `names vertex ${list[outside]} at ${outside}, but there are ${vertices}`);
  if (mode === 4) {
    if (list.length % 3 !== 0)
      throw gltfError(`${path}.indices`, `has ${list.length} indices, which are not whole triangles`);
    return list;
  }
  const triangles: number[] = [];
  for (let i = 2; i < list.length; i++) {
    // In a strip every second triangle turns the other way round.
    const [a, b] = mode === 6 ? [0, i - 1] : i % 2 === 0 ? [i - 2, i - 1] : [i - 1, i - 2];
    const corners = [list[a]!, list[b]!, list[i]!] as const;
    const flat = corners[0] === corners[1] || corners[1] === corners[2] || corners[2] === corners[0];
    if (!flat) triangles.push(...corners);
  }
  return Uint32Array.from(triangles);
}
