import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { figure } from "../../examples/anim/figure.ts";
import { INFLUENCE_SHARES } from "../../examples/anim/flesh.ts";
import { AnimArena, loadGltf } from "../../src/anim.ts";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("the figure", () => {
  test.for([
    [{}, 67, 5000],
    [{ joints: 20, vertices: 500 }, 20, 500],
    [{ joints: 100, vertices: 10_000, tangents: true }, 100, 10_000],
    [{ joints: 131, vertices: 4001, seed: 3 }, 131, 4001],
  ] as const)("%o has %i joints and %i vertices, bound as models are", async ([options, joints, vertices]) => {
    const arena = new AnimArena();
    const model = await loadGltf(figure(options), { arena });
    expect(model.warnings).toEqual([]);
    expect([model.skeletons.length, model.skeletons[0]!.count, model.skins[0]!.count]).toEqual([1, joints, joints]);
    const mesh = model.mesh("Figure");
    expect([mesh.positions.length / 3, mesh.influences, mesh.parts.length > 2]).toEqual([vertices, 4, true]);
    expect(mesh.tangents?.length).toBe("tangents" in options ? vertices * 4 : undefined);
    const counts = [0, 0, 0, 0];
    for (let v = 0; v < vertices; v++) {
      const used = mesh.weights.subarray(v * 4, v * 4 + 4).filter((weight) => weight > 0).length;
      counts[used - 1]! += 1 / vertices;
    }
    counts.forEach((share, i) => {
      expect(share).toBeCloseTo(INFLUENCE_SHARES[i]!, 2);
    });
    expect(model.clips.map(({ name, duration }) => [name, duration.toFixed(1)])).toEqual([
      ["idle", "6.0"],
      ["walk", "2.4"],
      ["run", "2.1"],
      ["wave", "3.0"],
      ["jump", "2.0"],
    ]);
    model.dispose();
    expect(arena.live).toBe(0);
  });

  test("is the same file each time, and another by its seed", () => {
    const options = { joints: 80, vertices: 1500 };
    expect(hash(figure(options))).toBe(hash(figure(options)));
    expect(hash(figure({ ...options, seed: 2 }))).not.toBe(hash(figure(options)));
  });

  test("ends its walks where it began them, but for the way with root motion", async () => {
    const arena = new AnimArena();
    for (const rootMotion of [false, true]) {
      using model = await loadGltf(figure({ joints: 67, vertices: 1500, rootMotion }), { arena });
      for (const name of ["idle", "walk", "run"]) {
        const clip = model.clip(name);
        const frames = clip.toFrames();
        const { stride } = clip.skeleton;
        const last = frames.length - 10 * stride;
        let worst = 0;
        for (let i = 0; i < 10 * stride; i++) {
          const rootWay = i === 2 * stride + clip.skeleton.jointOf("Root");
          if (!rootWay) worst = Math.max(worst, Math.abs(frames[i]! - frames[last + i]!));
        }
        expect(worst).toBeLessThan(1e-5);
        const way = frames[last + 2 * stride]! - frames[2 * stride]!;
        expect(way).toBeCloseTo(rootMotion && name !== "idle" ? { walk: 3.36, run: 7.56 }[name]! : 0, 4);
      }
    }
  });

  test("does not take fewer joints or vertices than make a body", () => {
    expect(() => figure({ joints: 19 })).toThrow(RangeError);
    expect(() => figure({ vertices: 100 })).toThrow(RangeError);
  });
});
