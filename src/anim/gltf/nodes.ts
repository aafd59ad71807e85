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
  if (matrix !== undefined) return decompose(matrix, node.path, warnings);
  const rotation = node.numbers("rotation", 4) ?? [0, 0, 0, 1];
  if (!(rotation.reduce((sum, q) => sum + q * q, 0) > 1e-12)) throw node.get("rotation").refuse("has length zero");
  return {
    translation: node.numbers("translation", 3) ?? [0, 0, 0],
    rotation,
    scale: node.numbers("scale", 3) ?? [1, 1, 1],
  };
}

/** Of a matrix, column after column. What is skewed cannot be said so: the rotation is then that of two of its axes. */
function decompose(m: readonly number[], path: string, warnings: string[]) {
  const [a, b, c] = [m.slice(0, 3), m.slice(4, 7), m.slice(8, 11)] as [number[], number[], number[]];
  const size = (v: readonly number[]) => Math.sqrt(v[0]! * v[0]! + v[1]! * v[1]! + v[2]! * v[2]!);
  const scale = [size(a), size(b), size(c)];
  const x = a.map((value) => value / (scale[0] || 1));
  const y = b.map((value) => value / (scale[1] || 1));
  const z = c.map((value) => value / (scale[2] || 1));
  const cross = (p: readonly number[], q: readonly number[]) => [
    p[1]! * q[2]! - p[2]! * q[1]!,
    p[2]! * q[0]! - p[0]! * q[2]!,
    p[0]! * q[1]! - p[1]! * q[0]!,
  ];
  const dot = (p: readonly number[], q: readonly number[]) => p[0]! * q[0]! + p[1]! * q[1]! + p[2]! * q[2]!;
  const flat = scale.some((value) => !(value > 1e-12));
  if (!flat && Math.max(Math.abs(dot(x, y)), Math.abs(dot(y, z)), Math.abs(dot(z, x))) > 1e-4)
    warnings.push(`${path}.matrix is skewed; its nearest translation, rotation and scale are used.`);
  const translation = m.slice(12, 15);
  if (flat) return { translation, rotation: [0, 0, 0, 1], scale };
  const mirrored = dot(cross(x, y), z) < 0;
  if (mirrored) {
    scale[0] = -scale[0]!;
    for (let i = 0; i < 3; i++) x[i] = -x[i]!;
  }
  const side = cross(z, x);
  const length = size(side);
  const up = length > 1e-12 ? side.map((value) => value / length) : y;
  return { translation, rotation: quaternionOf(x, up, cross(x, up)), scale };
}

/** Of an orthonormal basis. */
function quaternionOf(x: readonly number[], y: readonly number[], z: readonly number[]): number[] {
  const [m00, m10, m20] = x as [number, number, number];
  const [m01, m11, m21] = y as [number, number, number];
  const [m02, m12, m22] = z as [number, number, number];
  // The largest of the four squares, so that nothing is divided by a small number.
  const squares = [1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22, 1 + m00 + m11 + m22];
  const largest = squares.indexOf(Math.max(...squares));
  const half = Math.sqrt(squares[largest]!);
  const rest = 0.5 / half;
  const q = [
    [half / 2, (m10 + m01) * rest, (m02 + m20) * rest, (m21 - m12) * rest],
    [(m10 + m01) * rest, half / 2, (m21 + m12) * rest, (m02 - m20) * rest],
    [(m02 + m20) * rest, (m21 + m12) * rest, half / 2, (m10 - m01) * rest],
    [(m21 - m12) * rest, (m02 - m20) * rest, (m10 - m01) * rest, half / 2],
  ];
  return q[largest]!;
}
