import type { Mesh } from "../mesh.ts";
import { gltfError } from "./json.ts";
import type { ReadElements } from "./load.ts";
import type { GltfPrimitive } from "./structure.ts";

/** Joints that a vertex may hang on. */
const INFLUENCES_MAX = 8;
/** How far the sum of weights may be from 1 before it is worth a warning: two steps of 8 bits. */
const SUM_TOLERANCE = 0.008;

export type Influences = Pick<Mesh, "influences" | "joints" | "weights">;

/**
 * What binds vertices to joints: the largest weights first, at most 8, with a sum of 1; a vertex whose weights are all 0 hangs on
 * the first joint.
 * @param jointCount of the skin; 0 without one: then there are no influences
 */
export function influencesOf(
  starts: readonly { readonly primitive: GltfPrimitive; readonly first: number; readonly count: number }[],
  jointCount: number,
  read: ReadElements,
  warnings: string[],
): Influences {
  if (jointCount === 0) return { influences: 0, joints: new Uint16Array(), weights: new Float32Array() };
  const vertexCount = starts.reduce((sum, { count }) => sum + count, 0);
  const joints = new Uint16Array(vertexCount * INFLUENCES_MAX);
  const weights = new Float32Array(vertexCount * INFLUENCES_MAX);
  let most = 1;
  for (const { primitive, first, count } of starts) {
    const jointSets = primitive.joints.map(read);
    const weightSets = primitive.weights.map(read);
    const odd = { zero: 0, sum: 0, many: 0 };
    const vertexJoints = new Int32Array(jointSets.length * 4);
    const vertexWeights = new Float64Array(jointSets.length * 4);
    for (let vertex = 0; vertex < count; vertex++) {
      let used = 0;
      for (let i = 0; i < vertexJoints.length; i++) {
        const joint = jointSets[i >> 2]![vertex * 4 + (i & 3)]!;
        const weight = weightSets[i >> 2]![vertex * 4 + (i & 3)]!;
        if (!(weight >= 0 && weight < Infinity))
          throw gltfError(placeOf(primitive, vertex), `has the weight ${weight}`, { vertex, weight });
        if (weight === 0) continue;
        if (joint >= jointCount)
          throw gltfError(placeOf(primitive, vertex), `hangs on joint ${joint}, but its skin has ${jointCount}`, {
            vertex,
            joint,
            jointCount,
          });
        used = insert(vertexJoints, vertexWeights, used, joint, weight);
      }
      if (used > INFLUENCES_MAX) odd.many++;
      used = Math.min(used, INFLUENCES_MAX);
      let sum = 0;
      for (let i = 0; i < used; i++) sum += vertexWeights[i]!;
      const at = (first + vertex) * INFLUENCES_MAX;
      if (sum === 0) {
        odd.zero++;
        weights[at] = 1;
        continue;
      }
      if (Math.abs(sum - 1) > SUM_TOLERANCE) odd.sum++;
      for (let i = 0; i < used; i++) {
        joints[at + i] = vertexJoints[i]!;
        weights[at + i] = vertexWeights[i]! / sum;
      }
      most = Math.max(most, used);
    }
    const { path } = primitive;
    if (odd.zero > 0) warnings.push(`${path} has ${odd.zero} vertices without weights; they hang on the first joint.`);
    if (odd.sum > 0)
      warnings.push(`${path} has ${odd.sum} vertices whose weights have a sum other than 1; it is made 1.`);
    if (odd.many > 0)
      warnings.push(`${path} has ${odd.many} vertices on more than 8 joints; the 8 largest weights are kept.`);
  }
  return {
    influences: most,
    joints: narrowed(joints, new Uint16Array(vertexCount * most), most),
    weights: narrowed(weights, new Float32Array(vertexCount * most), most),
  };
}

function placeOf({ path }: GltfPrimitive, vertex: number): string {
  return `${path}, vertex ${vertex},`;
}

/** Puts an influence behind those of larger weights, or adds it to that of the same joint; the number of influences then. */
function insert(joints: Int32Array, weights: Float64Array, used: number, joint: number, weight: number): number {
  let total = weight;
  let count = used;
  let same = 0;
  while (same < used && joints[same] !== joint) same++;
  if (same < used) {
    total += weights[same]!;
    joints.copyWithin(same, same + 1, used);
    weights.copyWithin(same, same + 1, used);
    count--;
  }
  let at = count;
  for (; at > 0 && weights[at - 1]! < total; at--) {
    weights[at] = weights[at - 1]!;
    joints[at] = joints[at - 1]!;
  }
  weights[at] = total;
  joints[at] = joint;
  return count + 1;
}

function narrowed<T extends Uint16Array | Float32Array>(from: T, to: T, width: number): T {
  for (let i = 0; i < to.length; i++) to[i] = from[Math.floor(i / width) * INFLUENCES_MAX + (i % width)]!;
  return to;
}
