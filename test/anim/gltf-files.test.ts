import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { modelMatrices } from "../../src/anim/error.ts";
import { framePose } from "../../src/anim/frame-pose.ts";
import { AnimArena, type Clip, loadGltf, type Mesh } from "../../src/anim.ts";
import { skinnedPositions } from "./gltf-oracle.ts";

const folder = fileURLToPath(new URL("../../../shared/data/gltf/", import.meta.url));
const files: readonly [name: string, bytes: () => Uint8Array][] = [
  ["a figure", () => figure({ joints: 67, vertices: 2500 })],
  ["rigged_simple.gltf", () => readFileSync(`${folder}rigged_simple.gltf`)],
  ["SimpleSkin.gltf", () => readFileSync(`${folder}SimpleSkin.gltf`)],
];

/** Positions of the skinned vertices from what was loaded, in f64. */
function positionsOf(mesh: Mesh, clip: Clip, time: number): number[][] {
  const { skeleton } = clip;
  const { count, parents, stride } = skeleton;
  const local = new Float64Array(count * 10);
  framePose(clip.toFrames(), stride, count, clip.toSteps())(time * clip.rate, local);
  const matrices = new Float64Array(count * 12);
  modelMatrices(parents, local, matrices);
  const { joints, inverseBind } = mesh.skin!;
  const { influences: k } = mesh;
  return Array.from({ length: mesh.positions.length / 3 }, (_, v) => {
    const out = [0, 0, 0];
    for (let i = 0; i < k; i++) {
      const number = mesh.joints[v * k + i]!;
      const point = affine(inverseBind.subarray(number * 12), mesh.positions.subarray(v * 3, v * 3 + 3));
      const moved = affine(matrices.subarray(joints[number]! * 12), point);
      for (let c = 0; c < 3; c++) out[c]! += mesh.weights[v * k + i]! * moved[c]!;
    }
    return out;
  });
}

function affine(m: ArrayLike<number>, [x, y, z]: ArrayLike<number> & Iterable<number>): number[] {
  const [px = 0, py = 0, pz = 0] = [x, y, z];
  return [0, 4, 8].map((row) => m[row]! * px + m[row + 1]! * py + m[row + 2]! * pz + m[row + 3]!);
}

describe.for(files)("%s", ([name, bytes]) => {
  const present = !name.endsWith(".gltf") || existsSync(folder + name);
  if (!present) console.log(`skipped: ${folder}${name} is not here`);

  test.skipIf(!present)("is skinned as the obvious evaluation of the file does it", async () => {
    const arena = new AnimArena();
    const file = bytes();
    const model = await loadGltf(file, { arena });
    expect(model.warnings).toEqual([]);
    const mesh = model.meshes[0]!;
    for (const [animation, clip] of model.clips.entries()) {
      expect(clip.error).toBeLessThanOrEqual(1e-4);
      for (const part of [0, 0.137, 0.5, 0.731, 1]) {
        const time = part * clip.duration;
        const expected = skinnedPositions(file, mesh.node, animation, time);
        const got = positionsOf(mesh, clip, time);
        expect(got.length).toBe(expected.length);
        const size = Math.max(...expected.flat().map(Math.abs));
        let worst = 0;
        got.forEach((position, v) => {
          position.forEach((value, c) => {
            worst = Math.max(worst, Math.abs(value - expected[v]![c]!));
          });
        });
        expect(worst).toBeLessThanOrEqual(3e-4 * Math.max(1, size));
      }
    }
    model.dispose();
    expect(arena.live).toBe(0);
  });
});
