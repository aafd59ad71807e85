import { decompose, decomposed } from "../decompose.ts";
import type { Json } from "./json.ts";

export interface GltfNode {
  readonly path: string;
  readonly name: string;
  readonly children: readonly number[];
  readonly parent: number;
  readonly mesh: number;
  readonly skin: number;
  readonly translation: readonly number[];
  readonly rotation: readonly number[];
  readonly scale: readonly number[];
  readonly weights: readonly number[] | undefined;
}

/** Reads the nodes; each has one parent at most, and none is above itself. */
export function readNodes(list: readonly Json[], meshes: number, skins: number, warnings: string[]): GltfNode[] {
  const parents = new Int32Array(list.length).fill(-1);
  const children = list.map((node, i) =>
    node.list("children").map((child) => {
      const number = child.index("nodes", list.length);
      if (parents[number] !== -1) throw child.refuse(`names nodes[${number}], which has a parent already`);
      parents[number] = i;
      return number;
    }),
  );
  expectNoCircle(list, parents);
  return list.map((node, i) => ({
    path: node.path,
    name: node.text("name"),
    children: children[i]!,
    parent: parents[i]!,
    mesh: node.reference("mesh", "meshes", meshes),
    skin: node.reference("skin", "skins", skins),
    ...localTransform(node, warnings),
    weights: node.numbers("weights"),
  }));
}

function expectNoCircle(list: readonly Json[], parents: Int32Array): void {
  const seen = new Int32Array(parents.length).fill(-1);
  for (let i = 0; i < parents.length; i++) {
    for (let at = i; at >= 0 && seen[at] !== -2; at = parents[at]!) {
      if (seen[at] === i) throw list[at]!.get("children").refuse("leads back to the node itself");
      seen[at] = i;
    }
    for (let at = i; at >= 0 && seen[at] === i; at = parents[at]!) seen[at] = -2;
  }
}

function localTransform(node: Json, warnings: string[]): Pick<GltfNode, "translation" | "rotation" | "scale"> {
  const matrix = node.numbers("matrix", 16);
  if (matrix !== undefined) return takenApart(matrix, node.path, warnings);
  const rotation = node.numbers("rotation", 4) ?? [0, 0, 0, 1];
  if (!(rotation.reduce((sum, q) => sum + q * q, 0) > 1e-12)) throw node.get("rotation").refuse("has length zero");
  return {
    translation: node.numbers("translation", 3) ?? [0, 0, 0],
    rotation,
    scale: node.numbers("scale", 3) ?? [1, 1, 1],
  };
}

/** Of a matrix, column after column. What is skewed cannot be said so: the rotation is then that of two of its axes. */
function takenApart(columns: readonly number[], path: string, warnings: string[]) {
  const rows = Array.from({ length: 12 }, (_, i) => columns[(i % 4) * 4 + Math.floor(i / 4)]!);
  const { translation, rotation, scale, skew } = decompose(rows, 0, decomposed());
  if (skew > 1e-4) warnings.push(`${path}.matrix is skewed; its nearest translation, rotation and scale are used.`);
  return { translation: [...translation], rotation: [...rotation], scale: [...scale] };
}
