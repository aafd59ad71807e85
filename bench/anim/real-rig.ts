import { existsSync } from "node:fs";
import { AnimArena } from "../../src/anim/arena.ts";
import { loadGltf } from "../../src/anim/gltf/load.ts";
import { posed, type Rig } from "./rig.ts";

/** A real model, where it is at hand. */
export const REAL: URL = new URL("../../../shared/data/gltf/rigged_simple.gltf", import.meta.url);

export function realMissing(): string | undefined {
  return existsSync(REAL) ? undefined : "../shared/data/gltf is not there";
}

/** The first mesh of a model that joints move, in a made-up pose. Its vertices have at most 4 joints. */
export async function rigOf(file: URL): Promise<Rig> {
  const model = await loadGltf(file, { arena: new AnimArena() });
  const mesh = model.meshes.find(({ skin }) => skin !== undefined);
  if (mesh?.skin === undefined || mesh.influences > 4) throw new Error(`${file} has no mesh to skin here`);
  const vertices = mesh.positions.length / 3;
  const numbers = new Uint16Array(vertices * 4);
  const weights = new Float32Array(vertices * 4);
  for (let i = 0; i < mesh.joints.length; i++) {
    const slot = Math.floor(i / mesh.influences) * 4 + (i % mesh.influences);
    numbers[slot] = mesh.joints[i]!;
    weights[slot] = mesh.weights[i]!;
  }
  const { positions, normals, skin } = mesh;
  return { vertices, joints: skin.count, positions, normals, numbers, weights, palette: posed(skin.count) };
}
