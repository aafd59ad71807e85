import { JOINTS_MAX, MATRIX_FLOATS } from "../../native/anim/format.ts";
import type { AnimArena } from "../arena.ts";
import { modelMatrices } from "../error.ts";
import type { ModelNode } from "../model.ts";
import { Skeleton } from "../skeleton.ts";
import { Skin } from "../skin.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import type { GltfNode } from "./nodes.ts";
import type { GltfSkin, GltfStructure } from "./structure.ts";

/** The skeletons of a file, and where its nodes are in them. */
export interface Rigs {
  readonly skeletons: readonly Skeleton[];
  /** As in the file. */
  readonly skins: readonly Skin[];
  readonly nodes: readonly ModelNode[];
  /** 12 numbers for each node: 3 rows of 4 from the node to the model at rest. */
  readonly matrices: Float64Array;
}

/**
 * One skeleton for each root with joints or animated nodes, of these and all above them. Roots that a skin has joints of
 * share one. What is made is added to `made` at once.
 */
export function loadRigs(
  arena: AnimArena,
  { nodes, skins, animations, warnings }: GltfStructure,
  read: ReadElements,
  made: { dispose(): void }[],
): Rigs {
  const order = parentsFirst(nodes);
  const moved = new Uint8Array(nodes.length);
  for (const { joints } of skins) for (const joint of joints) moved[joint] = 1;
  // The transform of a skinned mesh's node does not matter, and its morph weights go with its skin.
  const skinned = (node: number) => nodes[node]!.mesh >= 0 && nodes[node]!.skin >= 0;
  for (const { channels } of animations) for (const { node } of channels) if (!skinned(node)) moved[node] = 1;
  for (let i = order.length - 1; i >= 0; i--) {
    const { parent } = nodes[order[i]!]!;
    if (parent >= 0 && moved[order[i]!] === 1) moved[parent] = 1;
  }
  const roots = rootsOf(nodes, order, skins);
  const skeletonOf = new Int32Array(nodes.length).fill(-1);
  const jointOf = new Int32Array(nodes.length).fill(-1);
  const members = new Map<number, number[]>();
  for (const node of order) {
    if (moved[node] === 0) continue;
    const root = roots[node]!;
    if (!members.has(root)) members.set(root, []);
    members.get(root)!.push(node);
  }
  const skeletons = [...members].map(([root, list], number) => {
    const { path, name } = nodes[root]!;
    if (list.length > JOINTS_MAX)
      throw gltfError(
        path,
        `has ${list.length} joints and animated nodes below it; a skeleton has ${JOINTS_MAX} at most`,
      );
    list.forEach((node, joint) => {
      skeletonOf[node] = number;
      jointOf[node] = joint;
    });
    const skeleton = Skeleton.create(arena, {
      name: name || `skeleton${number}`,
      joints: list.map((node) => {
        const { name: own, parent, translation, rotation, scale } = nodes[node]!;
        return { name: own || `node${node}`, parent: parent < 0 ? -1 : jointOf[parent]!, translation, rotation, scale };
      }),
    });
    made.push(skeleton);
    return skeleton;
  });
  const rigSkins = skins.map((skin, i) => {
    const number = skeletonOf[skin.joints[0]!]!;
    const options = {
      name: skin.name || `skin${i}`,
      skeleton: skeletons[number]!,
      joints: skin.joints.map((node) => jointOf[node]!),
      ...(skin.inverseBind >= 0 && { inverseBind: rowsOf(skin, read, warnings) }),
    };
    const rigSkin = Skin.create(arena, options);
    made.push(rigSkin);
    return rigSkin;
  });
  return {
    skeletons,
    skins: rigSkins,
    nodes: nodes.map(({ name, parent }, i) => ({
      name,
      parent,
      skeleton: skeletons[skeletonOf[i]!],
      joint: jointOf[i]!,
    })),
    matrices: restMatrices(nodes, order),
  };
}

function parentsFirst(nodes: readonly GltfNode[]): number[] {
  const order: number[] = [];
  nodes.forEach(({ parent }, root) => {
    if (parent >= 0) return;
    const waiting = [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      order.push(node);
      waiting.push(...[...nodes[node]!.children].reverse());
    }
  });
  return order;
}

/** The root of each node; one for all roots that skins join. */
function rootsOf(nodes: readonly GltfNode[], order: readonly number[], skins: readonly GltfSkin[]): Int32Array {
  const roots = Int32Array.from(nodes, (_, i) => i);
  for (const node of order) if (nodes[node]!.parent >= 0) roots[node] = roots[nodes[node]!.parent]!;
  const joined = Int32Array.from(nodes, (_, i) => i);
  const find = (root: number) => {
    let at = root;
    while (joined[at] !== at) at = joined[at]!;
    return at;
  };
  for (const { joints } of skins) {
    for (const joint of joints) {
      const [a, b] = [find(roots[joints[0]!]!), find(roots[joint]!)];
      joined[Math.max(a, b)] = Math.min(a, b);
    }
  }
  return roots.map((root) => find(root));
}

/** Inverse bind matrices, stored column after column, as 3 rows of 4. */
function rowsOf({ path, joints, inverseBind }: GltfSkin, read: ReadElements, warnings: string[]): Float32Array {
  const columns = read(inverseBind);
  const rows = new Float32Array(joints.length * MATRIX_FLOATS);
  let projective = false;
  joints.forEach((_, joint) => {
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 4; column++) {
        const value = columns[joint * 16 + column * 4 + row]!;
        if (!Number.isFinite(value)) throw gltfError(`${path}.inverseBindMatrices`, `is not finite in matrix ${joint}`);
        rows[joint * MATRIX_FLOATS + row * 4 + column] = value;
      }
    }
    const last = columns.subarray(joint * 16, joint * 16 + 16);
    const off = Math.max(Math.abs(last[3]!), Math.abs(last[7]!), Math.abs(last[11]!), Math.abs(last[15]! - 1));
    projective ||= !(off <= 1e-4);
  });
  if (projective) warnings.push(`${path}.inverseBindMatrices have a last row that is not 0 0 0 1; it is left out.`);
  return rows;
}

function restMatrices(nodes: readonly GltfNode[], order: readonly number[]): Float64Array {
  const places = new Int32Array(nodes.length);
  order.forEach((node, i) => {
    places[node] = i;
  });
  const local = new Float64Array(nodes.length * 10);
  const parents = new Int32Array(nodes.length);
  order.forEach((node, i) => {
    const { parent, translation, rotation, scale } = nodes[node]!;
    parents[i] = parent < 0 ? -1 : places[parent]!;
    local.set([...translation, ...rotation, ...scale], i * 10);
  });
  const sorted = new Float64Array(nodes.length * MATRIX_FLOATS);
  modelMatrices(parents, local, sorted);
  const matrices = new Float64Array(sorted.length);
  order.forEach((node, i) => {
    matrices.set(sorted.subarray(i * MATRIX_FLOATS, (i + 1) * MATRIX_FLOATS), node * MATRIX_FLOATS);
  });
  return matrices;
}
