import { MATRIX_FLOATS } from "../../native/anim/format.ts";
import type { Mesh, MeshPart, MorphTarget } from "../mesh.ts";
import { type Influences, influencesOf } from "./influences.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import { smoothNormals } from "./normals.ts";
import type { Rigs } from "./rigs.ts";
import type { GltfMesh, GltfPrimitive, GltfStructure } from "./structure.ts";

/** Vertices, and indices, of one mesh. */
const ELEMENTS_MAX: number = 2 ** 26;

type Shape = Pick<Mesh, "positions" | "normals" | "tangents" | "indices" | "morphTargets" | "parts"> & {
  readonly starts: readonly { readonly primitive: GltfPrimitive; readonly first: number; readonly count: number }[];
};

/** Names of the meshes of nodes, each once: those of the nodes, else those of the meshes themselves. */
export function meshNames({ nodes, meshes }: GltfStructure): string[] {
  const taken = new Set<string>();
  return nodes.map(({ name, mesh: number }) => {
    const mesh = meshes[number];
    if (mesh === undefined) return "";
    const wanted = name || mesh.name || `mesh${number}`;
    let unique = wanted;
    for (let n = 2; taken.has(unique); n++) unique = `${wanted}.${n}`;
    taken.add(unique);
    return unique;
  });
}

/** One mesh for each node that has one; nodes share the arrays of the same mesh. */
export function loadMeshes(
  { nodes, meshes, warnings }: GltfStructure,
  names: readonly string[],
  { skins, nodes: placed, matrices }: Rigs,
  read: ReadElements,
): Mesh[] {
  const shapes = new Map<number, Shape>();
  const bindings = new Map<string, Influences>();
  const found: Mesh[] = [];
  nodes.forEach(({ path, mesh: number, skin: skinNumber, weights }, node) => {
    const mesh = meshes[number];
    if (mesh === undefined || mesh.primitives.length === 0) return;
    let shape = shapes.get(number);
    if (shape === undefined) {
      shape = shapeOf(mesh, read);
      shapes.set(number, shape);
    }
    const key = `${number} ${skinNumber}`;
    let influences = bindings.get(key);
    if (influences === undefined) {
      const bound = skinNumber >= 0;
      const missing = shape.starts.find(({ primitive }) => primitive.joints.length === 0);
      if (bound && missing)
        throw gltfError(
          missing.primitive.path,
          `has no JOINTS_0 and WEIGHTS_0, but ${path} binds it to skins[${skinNumber}]`,
        );
      influences = influencesOf(shape.starts, bound ? skins[skinNumber]!.count : 0, read, warnings);
      bindings.set(key, influences);
    }
    const { skeleton, joint } = placed[node]!;
    const skin = skins[skinNumber];
    const targets = shape.morphTargets.length;
    if (weights !== undefined && weights.length !== targets)
      throw gltfError(`${path}.weights`, `has ${weights.length} weights for ${targets} morph targets`);
    const { starts: _, ...arrays } = shape;
    found.push({
      name: names[node]!,
      node,
      skin,
      ...arrays,
      ...influences,
      morphWeights: Float32Array.from(weights ?? mesh.weights ?? new Float32Array(targets)),
      matrix: skin
        ? identity()
        : Float32Array.from(matrices.subarray(node * MATRIX_FLOATS, (node + 1) * MATRIX_FLOATS)),
      skeleton,
      joint,
    });
  });
  return found;
}

/** All triangles of a mesh, in parts; primitives of the same vertices share them. */
function shapeOf(mesh: GltfMesh, read: ReadElements): Shape {
  const starts: { primitive: GltfPrimitive; first: number; count: number }[] = [];
  const parts: MeshPart[] = [];
  const triangles: Uint32Array[] = [];
  let vertexCount = 0;
  let indexCount = 0;
  for (const primitive of mesh.primitives) {
    const key = vertexKey(primitive);
    let start = starts.find((other) => vertexKey(other.primitive) === key);
    if (start === undefined) {
      start = { primitive, first: vertexCount, count: read(primitive.positions).length / 3 };
      starts.push(start);
      vertexCount += start.count;
    }
    const indices = trianglesOf(primitive, start.count, read);
    for (let i = 0; i < indices.length; i++) indices[i]! += start.first;
    triangles.push(indices);
    parts.push({ first: indexCount, count: indices.length, colour: primitive.colour });
    indexCount += indices.length;
    if (vertexCount > ELEMENTS_MAX || indexCount > ELEMENTS_MAX)
      throw gltfError(mesh.path, `has more than ${ELEMENTS_MAX} vertices or indices`);
  }
  const indices = new Uint32Array(indexCount);
  triangles.forEach((list, i) => {
    indices.set(list, parts[i]!.first);
  });
  const joined = (pick: (primitive: GltfPrimitive) => number, size: number, name: string) => {
    const values = new Float32Array(vertexCount * size);
    for (const { primitive, first } of starts) {
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
  for (const { primitive, first, count } of starts)
    if (primitive.normals < 0) smoothNormals(positions, indices, first, count, normals);
  const all = (pick: (primitive: GltfPrimitive) => number) => starts.every(({ primitive }) => pick(primitive) >= 0);
  const any = (pick: (primitive: GltfPrimitive) => number) => starts.some(({ primitive }) => pick(primitive) >= 0);
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
  return { starts, positions, normals, tangents, indices, morphTargets, parts };
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

function identity(): Float32Array {
  return Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0);
}
