import { expect, it } from "vitest";
import { AnimArena } from "../../../src/anim/arena.ts";
import { SkinnedMesh } from "../../../src/anim/skinned-mesh.ts";
import { type CpuSkinner, type SkinArrays, type SkinRequest, TICKETS_MAX } from "../../../src/anim/skinning/skinner.ts";
import { figure, palette } from "./figures.ts";
import { check, type Open, starter } from "./start.ts";

/** How submits, results and meshes come and go. */
export function ticketsSuite(open: Open): void {
  const start = starter(open);

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
