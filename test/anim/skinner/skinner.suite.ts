import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { AnimArena } from "../../../src/anim/arena.ts";
import { SkinnedMesh } from "../../../src/anim/skinned-mesh.ts";
import {
  type CpuSkinner,
  type SkinArrays,
  type Skinner,
  type SkinRequest,
  TICKETS_MAX,
} from "../../../src/anim/skinning/skinner.ts";
import { type Figure, figure, palette } from "./figures.ts";
import { skinned } from "./oracle.ts";

/** Relative to the size of what is skinned; and never more than this many metres. */
const RELATIVE = 1e-5;
const ABSOLUTE = 1e-3;

/** Largest difference of two lists, over the size of what they hold. */
export function difference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  let most = 0;
  let size = 1;
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(got[i]! - wanted[i]!);
    if (!(apart <= ABSOLUTE)) return Number.POSITIVE_INFINITY;
    most = Math.max(most, apart);
    size = Math.max(size, Math.abs(wanted[i]!));
  }
  return most / size;
}

/** Values of each vertex in the order of a mesh. */
export function ordered(values: ArrayLike<number>, stride: number, order: Uint32Array): Float64Array {
  const out = new Float64Array(values.length);
  order.forEach((vertex, i) => {
    for (let c = 0; c < stride; c++) out[i * stride + c] = values[vertex * stride + c]!;
  });
  return out;
}

/** What every backend of skinning must do. `open` gives a new skinner for the meshes of an arena. */
export function skinnerSuite(open: (arena: AnimArena) => Promise<Skinner>): void {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0).reverse()) step();
  });

  const start = async () => {
    const arena = new AnimArena();
    const skinner = await open(arena);
    undo.push(() => skinner.dispose());
    const add = (options: Figure) => {
      const mesh = SkinnedMesh.create(arena, options);
      return { mesh, id: skinner.addMesh(mesh) };
    };
    const run = async (requests: readonly SkinRequest[]) => {
      const results = await skinner.collect(skinner.submit(requests));
      return results.map((result) => {
        expect(result.kind).toBe("arrays");
        return result as SkinArrays;
      });
    };
    return { arena, skinner, add, run };
  };

  const check = (result: SkinArrays, options: Figure, mesh: SkinnedMesh, bones: Float32Array, request: object) => {
    const wanted = skinned(options, bones, request);
    expect(difference(result.positions, ordered(wanted.positions, 3, mesh.order))).toBeLessThanOrEqual(RELATIVE);
    for (const [part, stride] of [
      ["normals", 3],
      ["tangents", 4],
    ] as const) {
      const got = result[part];
      if (got !== undefined)
        expect(difference(got, ordered(wanted[part], stride, mesh.order))).toBeLessThanOrEqual(RELATIVE);
    }
  };

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

  it("a submit of nothing", async () => {
    const { run } = await start();
    expect(await run([])).toEqual([]);
  });

  it("reads palettes and weights in submit, from the arena or an array alike", async () => {
    const { arena, skinner, add } = await start();
    const { id } = add(figure({ vertices: 50, joints: 8, influences: () => 2, targets: 1 }));
    const bones = palette(8, 1);
    const block = arena.allocate(bones.byteLength);
    arena.memory.f32.set(bones, block.offset / 4);
    const morphWeights = [0.5];
    const tickets = [
      skinner.submit([{ mesh: id, palette: block.offset, joints: 8, morphWeights }]),
      skinner.submit([{ mesh: id, palette: bones, morphWeights }]),
    ];
    bones.fill(0);
    arena.memory.f32.fill(0, block.offset / 4, block.offset / 4 + 96);
    morphWeights[0] = 100;
    const [a, b] = (await Promise.all(tickets.map((ticket) => skinner.collect(ticket)))).map(
      ([result]) => (result as SkinArrays).positions,
    );
    expect(a).toEqual(b);
    expect(a!.some((value) => value !== 0)).toBe(true);
  });

  it("tickets at the same time, collected in any order and more than once", async () => {
    const { skinner, add } = await start();
    const options = figure({ vertices: 400, joints: 30, influences: () => 4 });
    const { mesh, id } = add(options);
    const tickets = Array.from({ length: TICKETS_MAX }, (_, n) =>
      skinner.submit([{ mesh: id, palette: palette(30, n) }]),
    );
    expect(new Set(tickets.map((ticket) => ticket.id)).size).toBe(TICKETS_MAX);
    expect(() => skinner.submit([{ mesh: id, palette: palette(30, 0) }])).toThrow(
      expect.objectContaining({ code: "skin-ticket" }),
    );
    const order = [...tickets.keys()].sort((a, b) => ((a * 5) % 16) - ((b * 5) % 16));
    const all = await Promise.all(order.map(async (n) => [n, await skinner.collect(tickets[n]!)] as const));
    for (const [n, [result]] of all) {
      check(result as SkinArrays, options, mesh, palette(30, n), {});
      expect(await skinner.collect(tickets[n]!)).toEqual([result]);
    }
  });

  it("results live until the second submit after they were collected, or until they are released", async () => {
    const { skinner, add } = await start();
    const { id } = add(figure({ vertices: 100, joints: 5, influences: () => 2 }));
    const submit = (seed: number) => skinner.submit([{ mesh: id, palette: palette(5, seed) }]);
    const gone = expect.objectContaining({ code: "skin-ticket" });

    const first = submit(1);
    const [result] = (await skinner.collect(first)) as [SkinArrays];
    const kept = result.positions.slice();
    const second = submit(2);
    await skinner.collect(second);
    expect(result.positions).toEqual(kept);
    expect((await skinner.collect(first))[0]).toEqual(result);
    submit(3);
    await expect(skinner.collect(first)).rejects.toThrow(gone);
    // What was not collected waits, however many submits come after it.
    const waiting = submit(4);
    for (let n = 5; n < 9; n++) await skinner.collect(submit(n));
    expect(((await skinner.collect(waiting)) as [SkinArrays])[0].positions).not.toEqual(kept);
    skinner.release(waiting);
    skinner.release(waiting);
    await expect(skinner.collect(waiting)).rejects.toThrow(gone);
    await expect(skinner.collect({ id: 1, requests: 1 })).rejects.toThrow(gone);
    // Released before it was collected.
    const dropped = submit(9);
    skinner.release(dropped);
    await expect(skinner.collect(dropped)).rejects.toThrow(gone);
  });

  it("refuses what cannot be run, names the request, and goes on", async () => {
    const { arena, add, run, skinner } = await start();
    const options = figure({ vertices: 20, joints: 8, influences: () => 2, targets: 2, tangents: false });
    const { mesh, id } = add(options);
    const bones = palette(8, 1);
    const good = { mesh: id, palette: bones };
    const size = arena.memory.byteLength;
    const bad: Record<string, SkinRequest> = {
      "no such mesh": { ...good, mesh: id + 1 },
      "joints past the palette": { ...good, palette: bones.subarray(0, 84) },
      "a palette that says it is shorter": { ...good, joints: 7 },
      "an offset between blocks": { ...good, palette: 100 },
      "offset 0": { ...good, palette: 0 },
      "past the end": { ...good, palette: size },
      "over the end": { ...good, palette: size - 64 },
      "a negative offset": { ...good, palette: -64 },
      "no offset": { ...good, palette: Number.NaN },
      "too many joints for the memory": { ...good, palette: 64, joints: size },
      "too few weights": { ...good, morphWeights: [1] },
      "a weight that is not finite": { ...good, morphWeights: [1, Number.NaN] },
      "no tangents": { ...good, tangents: true },
      "no such method": { ...good, method: "cubic" as "linear" },
      "scaled matrices for dual quaternions": { ...good, palette: palette(8, 1, true), method: "dual-quaternion" },
    };
    for (const [name, request] of Object.entries(bad)) {
      expect(() => skinner.submit([good, request]), name).toThrow(
        expect.objectContaining({ code: "skin-input", operands: expect.objectContaining({ request: 1 }) }),
      );
    }
    const stranger = SkinnedMesh.create(new AnimArena(), options);
    expect(() => skinner.addMesh(stranger)).toThrow(expect.objectContaining({ code: "skin-input" }));
    check((await run([good]))[0]!, options, mesh, bones, {});
    skinner.removeMesh(id);
    skinner.removeMesh(id);
    expect(() => skinner.submit([good])).toThrow(expect.objectContaining({ code: "skin-input" }));
  });

  it("meshes come and go", async () => {
    const { add, run, skinner } = await start();
    for (let round = 0; round < 20; round++) {
      const options = figure({ vertices: 100 + round, joints: 4, influences: () => 1 + (round % 4), seed: round });
      const { mesh, id } = add(options);
      const bones = palette(4, round);
      check((await run([{ mesh: id, palette: bones }]))[0]!, options, mesh, bones, {});
      skinner.removeMesh(id);
      mesh.dispose();
    }
  });

  it("says what it is, and whether its results may reach a world", async () => {
    const { add, skinner, run } = await start();
    const { id } = add(figure({ vertices: 10, joints: 2, influences: () => 1 }));
    const [result] = await run([{ mesh: id, palette: palette(2, 1) }]);
    expect(skinner.line).toContain(skinner.backend);
    expect(result!.backend).toBe(skinner.backend);
    if (skinner.deterministic) expect(result!.deterministic).toBe(true);
    if (skinner.backend === "webgpu") expect([skinner.deterministic, result!.deterministic]).toEqual([false, false]);
  });

  it("is of no use once it is disposed, and gives all memory back", async () => {
    const { arena, skinner, add } = await start();
    const { mesh, id } = add(figure({ vertices: 10, joints: 2, influences: () => 1 }));
    const request = { mesh: id, palette: palette(2, 1) };
    const tickets = [skinner.submit([request]), skinner.submit([request])];
    await skinner.collect(tickets[0]!);
    const pending = skinner.collect(tickets[1]!).catch(() => {});
    skinner.dispose();
    skinner.dispose();
    await pending;
    const gone = expect.objectContaining({ code: "skin-ticket" });
    expect(() => skinner.submit([request])).toThrow(gone);
    expect(() => skinner.addMesh(mesh)).toThrow(gone);
    await expect(skinner.collect(tickets[0]!)).rejects.toThrow(gone);
    mesh.dispose();
    expect(arena.live).toBe(0);
  });

  it("takes no memory in a steady frame", async () => {
    const { arena, skinner, add } = await start();
    const { id } = add(figure({ vertices: 500, joints: 5, influences: () => 3 }));
    const bones = palette(5, 1);
    const frame = async () => {
      const results = await skinner.collect(skinner.submit([{ mesh: id, palette: bones }]));
      expect(results.length).toBe(1);
    };
    for (let n = 0; n < 5; n++) await frame();
    const { allocations } = arena;
    for (let n = 0; n < 20; n++) await frame();
    expect(arena.allocations - allocations).toBeLessThanOrEqual(20 * 2);
    expect(arena.live).toBeLessThan(20);
  });

  it("on the processor, at once", async () => {
    const { add, skinner } = await start();
    if (!("skin" in skinner)) return;
    const options = figure({ vertices: 77, joints: 5, influences: () => 3 });
    const { mesh, id } = add(options);
    const bones = palette(5, 1);
    const [result] = (skinner as CpuSkinner).skin([{ mesh: id, palette: bones, keep: "gpu" }]);
    check(result!, options, mesh, bones, {});
  });
}
