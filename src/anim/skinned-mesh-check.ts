import { expectList, expectNumbers, expectOptions, expectText, type Known, said } from "../core/argument.ts";
import { WorldloomError } from "../core/errors.ts";
import { PALETTE_MAX, TARGETS_MAX } from "../native/anim/skin-format.ts";
import type { Mesh, MorphTarget } from "./mesh.ts";
import type { MorphDeltas, SkinnedMeshOptions } from "./skinned-mesh.ts";

/** Influences that may be given for a vertex, most of them without weight. */
const GIVEN_MAX = 64;

/** What is needed of a mesh, and what else a mesh of a model has. */
const KNOWN: Known<SkinnedMeshOptions & Mesh> = {
  ...{ name: true, positions: true, normals: true, tangents: true, joints: true, weights: true, influences: true },
  ...{ indices: true, morphTargets: true },
  ...{ node: true, skin: true, morphWeights: true, parts: true, matrix: true, skeleton: true, joint: true },
};
const TARGET: Known<MorphDeltas & MorphTarget> = { name: true, positions: true, normals: true, tangents: true };

/** Throws `skin-input` for what is no mesh, and `bad-argument`. */
export function checkMesh(options: SkinnedMeshOptions): void {
  expectOptions(options, "options", KNOWN);
  for (const name of ["positions", "joints", "weights"] as const) expectNumbers(options[name], `options.${name}`);
  const { positions, normals, tangents, joints, weights, influences = 4, indices, morphTargets = [] } = options;
  for (const [part, list] of Object.entries({ normals, tangents, indices }))
    if (list !== undefined) expectNumbers(list, `options.${part}`);
  if (options.name !== undefined) expectText(options.name, "options.name");
  expectList(morphTargets, "options.morphTargets");
  for (const target of morphTargets) expectOptions(target, "each of options.morphTargets", TARGET);
  const vertices = positions.length / 3;
  if (!Number.isInteger(vertices) || vertices === 0)
    throw refusedMesh(options, `has ${positions.length} numbers for positions; each vertex has 3`);
  if (!Number.isInteger(influences) || influences < 1 || influences > GIVEN_MAX)
    throw refusedMesh(options, `has ${said(influences)} joints a vertex; give 1 to ${GIVEN_MAX}`);
  if (morphTargets.length > TARGETS_MAX)
    throw refusedMesh(options, `has ${morphTargets.length} morph targets; ${TARGETS_MAX} are possible`);
  checkValues(options, "positions", positions, 3);
  if (normals !== undefined) checkValues(options, "normals", normals, 3);
  if (tangents !== undefined) checkValues(options, "tangents", tangents, 4);
  checkValues(options, "joints", joints, influences, (joint) => isIndex(joint, PALETTE_MAX));
  checkValues(options, "weights", weights, influences, (weight) => isFinite32(weight) && weight >= 0);
  for (const [t, target] of morphTargets.entries()) {
    for (const name of ["positions", "normals", "tangents"] as const) {
      if (target[name] === undefined) continue;
      if (options[name] === undefined) throw refusedMesh(options, `has no ${name} that target ${t} could move`);
      expectNumbers(target[name], `${name} of target ${t}`);
      checkValues(options, `${name} of target ${t}`, target[name], 3);
    }
  }
  for (let i = 0; indices !== undefined && i < indices.length; i++)
    if (!isIndex(indices[i]!, vertices))
      throw refusedMesh(options, `has no vertex ${indices[i]}, which is index ${i}`, { index: i });
}

export function refusedMesh({ name = "mesh" }: SkinnedMeshOptions, why: string, operands: object = {}): WorldloomError {
  return new WorldloomError("skin-input", `The skinned mesh "${name}" ${why}.`, { mesh: name, ...operands });
}

function checkValues(
  options: SkinnedMeshOptions,
  what: string,
  values: ArrayLike<number>,
  size: number,
  holds: (value: number) => boolean = isFinite32,
): void {
  const vertices = options.positions.length / 3;
  if (values.length !== vertices * size)
    throw refusedMesh(
      options,
      `has ${values.length} numbers for ${what}; ${vertices} vertices need ${vertices * size}`,
    );
  for (let i = 0; i < values.length; i++) {
    const vertex = Math.floor(i / size);
    if (!holds(values[i]!)) throw refusedMesh(options, `has ${values[i]} in ${what} of vertex ${vertex}`, { vertex });
  }
}

function isFinite32(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

function isIndex(value: number, count: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < count;
}
