import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh, type SkinnedMeshOptions } from "../../src/anim/skinned-mesh.ts";

const arena = new AnimArena();

/** Vertices whose position says their number, each with so many joints. */
function options(counts: readonly number[], influences = 8): SkinnedMeshOptions {
  const vertices = counts.length;
  const weights = counts.flatMap((count) => Array.from({ length: influences }, (_, k) => (k < count ? 1 / count : 0)));
  return {
    positions: Float32Array.from({ length: vertices * 3 }, (_, i) => Math.floor(i / 3)),
    normals: Float32Array.from({ length: vertices * 3 }, (_, i) => i),
    tangents: Float32Array.from({ length: vertices * 4 }, (_, i) => -i),
    joints: weights.map((_, i) => i % 50),
    weights,
    influences,
  };
}

describe("a skinned mesh", () => {
  test("has its vertices in the order of their influences, and otherwise as they were", () => {
    const counts = fc.array(fc.nat(8), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(counts, (counts) => {
        const given = options(counts);
        using mesh = SkinnedMesh.create(arena, given);
        const order = [...mesh.order];
        const influences = order.map((vertex) => Math.max(counts[vertex]!, 1));
        expect([...order].sort((a, b) => a - b)).toEqual(counts.map((_, i) => i));
        for (let i = 1; i < order.length; i++)
          expect(influences[i]! * 100 + order[i]!).toBeGreaterThan(influences[i - 1]! * 100 + order[i - 1]!);
        const { positions, normals, tangents, groups, joints, weights } = mesh.unpack();
        let at = 0;
        let vertex = 0;
        for (const { influences: group, first, count } of groups) {
          expect(first).toBe(vertex);
          for (let i = 0; i < count; i++, vertex++) {
            const from = order[vertex]!;
            expect(influences[vertex]).toBe(group);
            expect(positions[vertex * 3]).toBe(from);
            expect(normals![vertex * 3 + 1]).toBe(from * 3 + 1);
            expect(tangents![vertex * 4 + 3]).toBe(-(from * 4 + 3));
            for (let k = 0; k < group; k++, at++) {
              expect(weights[at]).toBe(Math.fround(given.weights[from * 8 + k]!));
              expect(joints[at]).toBe(weights[at] === 0 ? 0 : given.joints[from * 8 + k]);
            }
          }
        }
        expect(vertex).toBe(counts.length);
        expect(at).toBe(joints.length);
        expect(mesh.joints).toBe(Math.max(...joints) + 1);
      }),
      { seed: 3, numRuns: 60 },
    );
    expect(arena.live).toBe(0);
  });

  test("puts the heaviest joint first, and drops those without weight", () => {
    using mesh = SkinnedMesh.create(arena, {
      positions: [0, 0, 0],
      joints: [4, 5, 6, 7],
      weights: [0.25, 0, 0.5, 0.25],
    });
    expect([...mesh.unpack().joints]).toEqual([6, 4, 7]);
    expect([...mesh.unpack().weights]).toEqual([0.5, 0.25, 0.25]);
    expect(mesh.joints).toBe(8);
  });

  test("gives indices and morph targets in its order", () => {
    const deltas = Float32Array.from({ length: 9 }, (_, i) => (i < 3 || i > 5 ? i + 1 : 0));
    using mesh = SkinnedMesh.create(arena, {
      ...options([2, 1, 3]),
      indices: [0, 1, 2, 2, 1, 0],
      morphTargets: [{ positions: deltas }, { normals: new Float32Array(9), tangents: deltas }],
    });
    expect([...mesh.order]).toEqual([1, 0, 2]);
    expect([...mesh.indices]).toEqual([1, 0, 2, 2, 0, 1]);
    const [first, second] = mesh.unpack().targets;
    expect([...first!.positions!]).toEqual([0, 0, 0, 1, 2, 3, 7, 8, 9]);
    expect(first!.normals).toBeUndefined();
    expect([...second!.normals!]).toEqual(Array(9).fill(0));
    expect([...second!.tangents!]).toEqual([0, 0, 0, 1, 2, 3, 7, 8, 9]);
  });

  const two = options([1, 1]);
  const wrong: [string, Partial<SkinnedMeshOptions>, object][] = [
    ["no vertices", { positions: [] }, {}],
    ["a part of a vertex", { positions: [1, 2, 3, 4] }, {}],
    ["normals of another mesh", { normals: [1, 2, 3] }, {}],
    ["a position that is not finite", { positions: [0, 0, 0, 0, 1e39, 0] }, { vertex: 1 }],
    ["a weight that is not a number", { weights: [...Array(8).fill(0), NaN, ...Array(7).fill(0)] }, { vertex: 1 }],
    ["a weight below zero", { weights: [...Array(15).fill(0), -1] }, { vertex: 1 }],
    ["a joint that no palette has", { joints: [...Array(15).fill(0), 1024] }, { vertex: 1 }],
    ["half a joint", { joints: [...Array(15).fill(0), 0.5] }, { vertex: 1 }],
    ["too many influences", { influences: 9, joints: Array(18).fill(0), weights: Array(18).fill(1) }, { vertex: 0 }],
    ["no influences", { influences: 0, joints: [], weights: [] }, {}],
    ["a vertex that does not exist", { indices: [0, 1, 2] }, { index: 2 }],
    ["a target of another mesh", { morphTargets: [{ positions: [1, 2, 3] }] }, {}],
    [
      "a target of normals that there are none of",
      { normals: undefined, morphTargets: [{ normals: Array(6).fill(0) }] },
      {},
    ],
  ];
  test.each(wrong)("refuses %s", (_, more, operands) => {
    const act = () => SkinnedMesh.create(arena, { ...two, ...more, name: "cloth" });
    expect(act).toThrow(
      expect.objectContaining({
        code: "skin-input",
        operands: expect.objectContaining({ mesh: "cloth", ...operands }),
      }),
    );
    expect(arena.live).toBe(0);
  });

  test("cannot be used after it was disposed", () => {
    const mesh = SkinnedMesh.create(arena, two);
    mesh.dispose();
    mesh.dispose();
    expect(() => mesh.unpack()).toThrow(expect.objectContaining({ code: "anim-asset" }));
    expect(arena.live).toBe(0);
  });
});
