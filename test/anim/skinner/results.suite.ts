import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { figure, palette } from "./figures.ts";
import { skinned } from "./oracle.ts";
import { check, difference, type Open, ordered, RELATIVE, starter } from "./start.ts";

/** What is computed. */
export function resultsSuite(open: Open): void {
  const start = starter(open);

  describe.each(["linear", "dual-quaternion"] as const)("%s", (method) => {
    it.each([1, 2, 3, 4, 5, 6, 7, 8])("%i influences", async (influences) => {
      const { add, run } = await start();
      const options = figure({ vertices: 131, joints: 37, influences: () => influences, seed: influences });
      const { mesh, id } = add(options);
      const bones = palette(37, influences);
      for (const normalise of [false, true]) {
        const request = { mesh: id, palette: bones, method, tangents: true, normalise };
        const [result] = await run([request]);
        expect([result!.normals?.length, result!.tangents?.length]).toEqual([131 * 3, 131 * 4]);
        check(result!, options, mesh, bones, request);
      }
    });

    it("all counts of influences in one mesh, and only what was asked for", async () => {
      const { add, run } = await start();
      for (const vertices of [1, 2, 63, 64, 65, 1000]) {
        const options = figure({ vertices, joints: 20, influences: (v) => 1 + (v % 8), seed: vertices });
        const { mesh, id } = add(options);
        const bones = palette(20, vertices);
        const [plain, bare] = await run([
          { mesh: id, palette: bones, method },
          { mesh: id, palette: bones, method, normals: false },
        ]);
        check(plain!, options, mesh, bones, { method });
        expect([plain!.tangents, bare!.normals]).toEqual([undefined, undefined]);
        expect(bare!.positions).toEqual(plain!.positions);
      }
    });

    it("morph targets", async () => {
      const { add, run } = await start();
      const options = figure({ vertices: 200, joints: 9, influences: (v) => 1 + (v % 4), targets: 3 });
      const { mesh, id } = add(options);
      const bones = palette(9, 5);
      for (const morphWeights of [
        [0, 0, 0],
        [1, 0, 0],
        [0, 0.5, 0],
        [0.25, -1, 2],
      ]) {
        const request = { mesh: id, palette: bones, method, tangents: true, normalise: true, morphWeights };
        check((await run([request]))[0]!, options, mesh, bones, request);
      }
    });

    it("weights that are zero, or do not sum to 1", async () => {
      const { add, run } = await start();
      const options = figure({ vertices: 90, joints: 6, influences: () => 3 });
      for (let v = 0; v < 90; v++) {
        for (let i = 0; i < 3; i++) {
          if (v % 3 === 0 && i > 0) options.weights[v * 8 + i] = 0;
          if (v % 3 === 1) options.weights[v * 8 + i]! *= 1.5;
          if (v % 9 === 2) options.weights[v * 8 + i] = 0;
        }
      }
      const { mesh, id } = add(options);
      const bones = palette(6, 3);
      const request = { mesh: id, palette: bones, method, normals: true };
      const [result] = await run([request]);
      const wanted = skinned(options, bones, request);
      if (method === "dual-quaternion") {
        check(result!, options, mesh, bones, request);
        return;
      }
      expect(difference(result!.positions, ordered(wanted.positions, 3, mesh.order))).toBeLessThanOrEqual(RELATIVE);
      const still = mesh.order.findIndex((v) => v % 9 === 2);
      expect([...result!.positions.subarray(still * 3, still * 3 + 3)]).toEqual([0, 0, 0]);
    });

    it("a pose that is not a number touches its own vertices alone", async () => {
      const { skinner, add, run } = await start();
      const options = figure({ vertices: 300, joints: 12, influences: (v) => 1 + (v % 4) });
      const { mesh, id } = add(options);
      const bones = palette(12, 8);
      bones.fill(Number.NaN, 5 * 12, 6 * 12);
      const request = { mesh: id, palette: bones, method };
      const [result] = await run([request]);
      const wanted = skinned(options, bones, request);
      let touched = 0;
      mesh.order.forEach((vertex, i) => {
        const isTouched = [0, 1, 2, 3, 4, 5, 6, 7].some(
          (k) => options.joints[vertex * 8 + k] === 5 && options.weights[vertex * 8 + k] !== 0,
        );
        if (isTouched) touched++;
        for (let c = 0; c < 3; c++) {
          const got = result!.positions[i * 3 + c]!;
          // A graphics card need not know NaN.
          if (!isTouched) expect(Math.abs(got - wanted.positions[vertex * 3 + c]!)).toBeLessThanOrEqual(1e-4);
          else if (skinner.deterministic) expect(got).toBeNaN();
        }
      });
      expect(touched).toBeGreaterThan(10);
    });
  });

  it("linear blending takes matrices that scale", async () => {
    const { add, run } = await start();
    const options = figure({ vertices: 100, joints: 11, influences: (v) => 1 + (v % 5) });
    const { mesh, id } = add(options);
    const bones = palette(11, 2, true);
    check((await run([{ mesh: id, palette: bones }]))[0]!, options, mesh, bones, {});
  });

  it("many meshes of all sizes and kinds in one submit", async () => {
    const { arena, add, run } = await start();
    const kinds = [1, 7, 64, 300, 1000].map((vertices, kind) => {
      const options = figure({
        vertices,
        joints: 10 + kind,
        influences: (v) => 1 + (v % 6),
        targets: kind % 3,
        tangents: kind % 2 === 0,
        seed: kind,
      });
      return { options, ...add(options) };
    });
    const requests = Array.from({ length: 100 }, (_, index) => {
      const kind = kinds[(index * 7) % kinds.length]!;
      const bones = palette(10 + 4, index);
      const block = arena.allocate(bones.byteLength);
      arena.memory.f32.set(bones, block.offset / 4);
      const request = {
        mesh: kind.id,
        palette: index % 2 === 0 ? bones : block.offset,
        method: index % 3 === 0 ? ("dual-quaternion" as const) : ("linear" as const),
        normalise: index % 5 === 0,
        tangents: kind.mesh.hasTangents && index % 4 !== 0,
        normals: index % 7 !== 0,
        morphWeights: kind.options.morphTargets.map((_, t) => ((index + t) % 3) / 2),
      };
      return { request, kind, bones };
    });
    const results = await run(requests.map(({ request }) => request));
    expect(results.length).toBe(100);
    for (const [index, { request, kind, bones }] of requests.entries()) {
      expect([results[index]!.normals !== undefined, results[index]!.tangents !== undefined]).toEqual([
        request.normals,
        request.tangents,
      ]);
      check(results[index]!, kind.options, kind.mesh, bones, request);
    }
  });

  it("whatever is asked of it", async () => {
    const { add, run, skinner } = await start();
    const shape = fc.record({
      vertices: fc.integer({ min: 1, max: 400 }),
      joints: fc.integer({ min: 1, max: 120 }),
      most: fc.integer({ min: 1, max: 8 }),
      targets: fc.integer({ min: 0, max: 3 }),
      seed: fc.nat(1000),
      method: fc.constantFrom("linear" as const, "dual-quaternion" as const),
      normalise: fc.boolean(),
    });
    const property = fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 6 }), async (shapes) => {
      const all = shapes.map(({ most, method, normalise, ...rest }) => {
        const options = figure({ ...rest, influences: (v) => 1 + ((v * 5) % most) });
        const bones = palette(rest.joints, rest.seed);
        const morphWeights = options.morphTargets.map((_, t) => (t + 1) / 4);
        const { mesh, id } = add(options);
        return {
          options,
          mesh,
          bones,
          request: { mesh: id, palette: bones, method, normalise, tangents: true, morphWeights },
        };
      });
      const results = await run(all.map(({ request }) => request));
      for (const [i, { options, mesh, bones, request }] of all.entries()) {
        check(results[i]!, options, mesh, bones, request);
        skinner.removeMesh(request.mesh);
        mesh.dispose();
      }
    });
    await fc.assert(property, { seed: 7, numRuns: 20 });
  });
}
