import { MATRIX_FLOATS } from "../../native/anim/format.ts";
import type { Mesh } from "../mesh.ts";
import type { Budget } from "./budget.ts";
import { type Influences, influencesOf } from "./influences.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import type { Rigs } from "./rigs.ts";
import { type Shape, shapeOf } from "./shape.ts";
import type { GltfStructure } from "./structure.ts";

/** Of a vertex: 8 joints and weights, twice while they are narrowed. */
const BINDING_BYTES = 96;

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
  budget: Budget,
): Mesh[] {
  const shapes = new Map<number, Shape>();
  const bindings = new Map<string, Influences>();
  const found: Mesh[] = [];
  nodes.forEach(({ path, mesh: number, skin: skinNumber, weights }, node) => {
    const mesh = meshes[number];
    if (mesh === undefined || mesh.primitives.length === 0) return;
    let shape = shapes.get(number);
    if (shape === undefined) {
      shape = shapeOf(mesh, read, budget);
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
      if (bound) budget.take((shape.positions.length / 3) * BINDING_BYTES, mesh.path);
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

function identity(): Float32Array {
  return Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0);
}
