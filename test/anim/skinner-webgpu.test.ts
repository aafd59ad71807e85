/// <reference types="@webgpu/types" />
import { afterEach, describe, expect, it, test } from "vitest";
import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh } from "../../src/anim/skinned-mesh.ts";
import type { SkinArrays, SkinBuffer } from "../../src/anim/skinning/skinner.ts";
import {
  COPY_DST,
  type GpuAdapter,
  type GpuAdapterInfo,
  type GpuBuffer,
  type GpuDevice,
  type GpuEntry,
  MAP_READ,
  MODE_READ,
} from "../../src/anim/skinning/webgpu/api.ts";
import { openDevice } from "../../src/anim/skinning/webgpu/device.ts";
import { createWebGpuSkinner, type WebGpuSkinner } from "../../src/anim/skinning/webgpu/skinner.ts";
import { altered, losable, openGpu } from "./skinner/backends.ts";
import { type Figure, figure, numbers, palette } from "./skinner/figures.ts";
import { skinned } from "./skinner/oracle.ts";
import { difference, ordered } from "./skinner/start.ts";

const isThere = await openGpu();
isThere?.close();
const failure = expect.objectContaining({ code: "skinner-failed" });

describe.skipIf(isThere === undefined)("a device", () => {
  const undo: (() => void)[] = [];
  afterEach(() => {
    for (const step of undo.splice(0).reverse()) step();
  });

  /** A skinner on a device of its own, changed by `alter`. */
  async function start(alter: (device: GpuDevice) => Partial<GpuDevice> = () => ({})) {
    const open = await openGpu();
    const device = altered(open!.device, alter(open!.device));
    const arena = new AnimArena();
    const skinner = await createWebGpuSkinner(arena, { device });
    undo.push(open!.close, () => skinner.dispose());
    const add = (vertices: number, joints = 8) => {
      const mesh = SkinnedMesh.create(arena, figure({ vertices, joints, influences: (v) => 1 + (v % 4), targets: 1 }));
      return skinner.addMesh(mesh);
    };
    return { arena, device, skinner, add };
  }

  async function copyBack(device: GpuDevice, { buffer, positions, normals }: SkinBuffer): Promise<Float32Array[]> {
    const ranges = [positions, normals!];
    const back = device.createBuffer({ size: 1 << 20, usage: MAP_READ | COPY_DST });
    const encoder = device.createCommandEncoder();
    for (const { offset, bytes } of ranges) encoder.copyBufferToBuffer(buffer, offset, back, offset, bytes);
    device.queue.submit([encoder.finish()]);
    await back.mapAsync(MODE_READ);
    const mapped = back.getMappedRange();
    return ranges.map(({ offset, bytes }) => new Float32Array(mapped, offset, bytes / 4).slice());
  }

  it("keeps results where they are", async () => {
    const { device, skinner, add } = await start();
    const requests = [3000, 100].map((vertices) => ({
      mesh: add(vertices),
      palette: palette(8, 1),
      morphWeights: [1],
    }));
    const kept = await skinner.collect(
      skinner.submit(requests.map((request) => ({ ...request, keep: "gpu" as const }))),
    );
    const mixed = requests.map((request, i) => ({ ...request, keep: i === 0 ? ("gpu" as const) : ("read" as const) }));
    const both = await skinner.collect(skinner.submit(mixed));
    const read = (await skinner.collect(skinner.submit(requests))) as readonly SkinArrays[];
    expect([...kept, ...both].map(({ kind }) => kind)).toEqual(["buffer", "buffer", "buffer", "arrays"]);
    for (const [i, wanted] of read.entries()) {
      expect(await copyBack(device, kept[i] as SkinBuffer)).toEqual([wanted.positions, wanted.normals]);
      expect((kept[i] as SkinBuffer).positions.offset % 256).toBe(0);
    }
    expect((both[1] as SkinArrays).positions).toEqual(read[1]!.positions);
    expect(both[0]).toMatchObject({ backend: "webgpu", deterministic: false });
  });

  it("a hundred meshes are one upload, one dispatch and no new buffers, from memory that is not shared", async () => {
    const counts = { dispatches: 0, uploads: 0, groups: 0 };
    const { arena, skinner, add } = await start((device) => ({
      queue: new Proxy(device.queue, {
        get: (queue, name) => {
          if (name !== "writeBuffer") return (Reflect.get(queue, name) as () => void).bind(queue);
          return (buffer: GpuBuffer, offset: number, bytes: ArrayBuffer, from: number, size: number) => {
            expect(bytes).toBeInstanceOf(ArrayBuffer);
            counts.uploads++;
            queue.writeBuffer(buffer, offset, bytes, from, size);
          };
        },
      }),
      createBindGroup: (descriptor) => {
        counts.groups++;
        return device.createBindGroup(descriptor);
      },
      createCommandEncoder: () => {
        const encoder = device.createCommandEncoder();
        const { beginComputePass } = encoder;
        encoder.beginComputePass = () => {
          const pass = beginComputePass.call(encoder);
          const { dispatchWorkgroups } = pass;
          pass.dispatchWorkgroups = (x, y) => {
            counts.dispatches++;
            dispatchWorkgroups.call(pass, x, y);
          };
          return pass;
        };
        return encoder;
      },
    }));
    expect(arena.memory.shared).toBe(true);
    const requests = Array.from({ length: 100 }, (_, i) => ({ mesh: add(500 + i), palette: palette(8, i) }));
    const frame = async () => {
      Object.assign(counts, { dispatches: 0, uploads: 0, groups: 0 });
      await skinner.collect(skinner.submit(requests));
      return { ...counts };
    };
    expect((await frame()).dispatches).toBeLessThanOrEqual(2);
    for (let n = 0; n < 4; n++) await frame();
    const made = skinner.buffersMade;
    for (let n = 0; n < 8; n++) expect(await frame()).toMatchObject({ uploads: 1, groups: 0 });
    expect(skinner.buffersMade).toBe(made);
  });

  it("fills the room of meshes that are gone", async () => {
    const labels: (string | undefined)[] = [];
    const { arena, skinner } = await start((device) => ({
      limits: { maxBufferSize: 1 << 16, maxStorageBufferBindingSize: 1 << 16, maxComputeWorkgroupsPerDimension: 100 },
      createBuffer: (descriptor) => {
        labels.push(descriptor.label);
        return device.createBuffer(descriptor);
      },
    }));
    const next = numbers(3);
    const shown: { id: number; mesh: SkinnedMesh; options: Figure }[] = [];
    for (let round = 0; round < 80; round++) {
      // About a page and a half is in use.
      while (shown.length > 15) {
        const [gone] = shown.splice(Math.floor((next() / 2 + 0.5) * shown.length), 1);
        skinner.removeMesh(gone!.id);
      }
      const vertices = 30 + Math.floor((next() / 2 + 0.5) * 40);
      const options = figure({ vertices, joints: 8, influences: (v) => 1 + (v % 4), seed: round });
      const mesh = SkinnedMesh.create(arena, options);
      shown.push({ id: skinner.addMesh(mesh), mesh, options });
      const bones = palette(8, round);
      const results = await skinner.collect(skinner.submit(shown.map(({ id }) => ({ mesh: id, palette: bones }))));
      for (const [i, result] of results.entries()) {
        const wanted = ordered(skinned(shown[i]!.options, bones, {}).positions, 3, shown[i]!.mesh.order);
        expect(difference((result as SkinArrays).positions, wanted)).toBeLessThanOrEqual(1e-5);
      }
    }
    expect(labels.filter((label) => label === "skinned meshes").length).toBeLessThanOrEqual(3);
  });

  it("splits what it cannot bind at once, and refuses what cannot be split", async () => {
    const limits = {
      maxBufferSize: 1 << 16,
      maxStorageBufferBindingSize: 1 << 16,
      maxComputeWorkgroupsPerDimension: 40,
    };
    const plain = await start();
    const small = await start(() => ({ limits }));
    const run = async ({ skinner, add }: { skinner: WebGpuSkinner; add(vertices: number): number }) => {
      const requests = [600, 700, 40, 650, 700].map((vertices, i) => ({
        mesh: add(vertices),
        palette: palette(8, i),
        normals: i % 2 === 0,
        keep: i === 3 ? ("gpu" as const) : ("read" as const),
      }));
      const all = Array.from({ length: 50 }, () => requests[2]!);
      return (await skinner.collect(skinner.submit([...requests, ...all]))).map((result) =>
        result.kind === "arrays" ? result.positions : 0,
      );
    };
    // Each large mesh takes most of a page, and two of them most of an output.
    expect(await run(small)).toEqual(await run(plain));
    expect(() => small.add(800)).toThrow(failure);
    const one = small.add(10, 1000);
    const wide = { mesh: one, palette: palette(1000, 1) };
    expect(() => small.skinner.submit([wide, wide])).toThrow(failure);
    expect(small.skinner.submit([wide]).requests).toBe(1);
  });

  it("that is lost ends what waits, and all that comes after", async () => {
    let lose = () => {};
    const { skinner, add } = await start((device) => {
      const hanging = losable(device);
      lose = hanging.lose;
      return { lost: hanging.device.lost, createBuffer: hanging.device.createBuffer };
    });
    const request = { mesh: add(200), palette: palette(8, 1) };
    const kept = skinner.submit([{ ...request, keep: "gpu" }]);
    expect((await skinner.collect(kept))[0]!.kind).toBe("buffer");
    const tickets = [skinner.submit([request]), skinner.submit([request])];
    const collected = tickets.map((ticket) => skinner.collect(ticket));
    lose();
    for (const one of collected) await expect(one).rejects.toThrow(failure);
    expect(() => skinner.submit([request])).toThrow(failure);
    await expect(skinner.collect(tickets[0]!)).rejects.toThrow(failure);
    for (const ticket of [kept, ...tickets]) skinner.release(ticket);
  });

  it("that was destroyed is lost", async () => {
    const { device, skinner, add } = await start();
    const request = { mesh: add(200), palette: palette(8, 1) };
    const ticket = skinner.submit([request]);
    await device.queue.onSubmittedWorkDone();
    device.destroy();
    await device.lost;
    expect(() => skinner.submit([request])).toThrow(failure);
    await expect(skinner.collect(ticket)).rejects.toThrow(failure);
  });

  it("that refuses a command fails its ticket and no other", async () => {
    let broken = false;
    const { skinner, add } = await start((device) => ({
      createBindGroup: (descriptor) => device.createBindGroup(broken ? { ...descriptor, entries: [] } : descriptor),
    }));
    const small = { mesh: add(20), palette: palette(8, 1) };
    const good = skinner.submit([small]);
    broken = true;
    const bad = skinner.submit([small]);
    await expect(skinner.collect(bad)).rejects.toThrow(failure);
    expect((await skinner.collect(good)).length).toBe(1);
  });

  it("that throws gives back what the submit had taken", async () => {
    let broken = false;
    const { skinner, add } = await start((device) => ({
      createCommandEncoder: () => {
        if (broken) throw new Error("no encoder today");
        return device.createCommandEncoder();
      },
    }));
    const request = { mesh: add(20), palette: palette(8, 1) };
    broken = true;
    expect(() => skinner.submit([request])).toThrow(failure);
    const made = skinner.buffersMade;
    broken = false;
    expect((await skinner.collect(skinner.submit([request]))).length).toBe(1);
    expect(skinner.buffersMade).toBe(made);
  });

  it("that cannot compile the shaders is none", async () => {
    const broken = start((device) => ({ createShaderModule: () => device.createShaderModule({ code: "fn ?" }) }));
    await expect(broken).rejects.toThrow(expect.objectContaining({ code: "skinner-unavailable" }));
    undo.splice(0);
  });

  it("of the caller stays the caller's", async () => {
    const open = await openGpu();
    const skinner = await createWebGpuSkinner(new AnimArena(), { device: open!.device });
    skinner.dispose();
    const buffer = open!.device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
    await buffer.mapAsync(MODE_READ);
    expect(buffer.getMappedRange().byteLength).toBe(16);
    open!.close();
  });
});

describe("without a device", () => {
  const info = { vendor: "maker", architecture: "", device: "", description: "A Card" };
  const limits = { maxBufferSize: 1, maxStorageBufferBindingSize: 1, maxComputeWorkgroupsPerDimension: 1 };
  const adapter = (more: Partial<GpuAdapterInfo>): GpuAdapter => ({
    info: { ...info, ...more },
    limits,
    requestDevice: () => Promise.reject(new Error("not today")),
  });
  const peer = (found: GpuAdapter | null) => () =>
    Promise.resolve({ create: (): GpuEntry => ({ requestAdapter: () => Promise.resolve(found) }) });

  test.each([
    ["no adapter", peer(null), "skinner-unavailable", /no graphics card/],
    [
      "a software adapter",
      peer(adapter({ isFallbackAdapter: true })),
      "skinner-unavailable",
      /A Card is software.*force/,
    ],
    ["a device that does not open", peer(adapter({})), "skinner-unavailable", /not today/],
    ["no package", () => Promise.reject(new Error("not found")), "peer-missing", /npm install webgpu/],
  ])("%s", async (_, load, code, message) => {
    await expect(openDevice({ load })).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  test.each(["llvmpipe (LLVM 19)", "SwiftShader Device", "Microsoft Basic Render Driver", "lavapipe", "WARP"])(
    "%s is software",
    async (description) => {
      const refused = expect.objectContaining({ message: expect.stringContaining("is software") });
      await expect(openDevice({ load: peer(adapter({ description })) })).rejects.toThrow(refused);
    },
  );

  test.each(["NVIDIA H100", "Intel Arc", "AMD Radeon", "Apple M3", "Warped"])("%s is none", async (description) => {
    await expect(openDevice({ load: peer(adapter({ description })) })).rejects.toThrow("not today");
  });

  test("a GPUDevice is a device", () => {
    const fits = (device: GPUDevice): GpuDevice => device;
    const casts = (buffer: GpuBuffer): GPUBuffer => buffer as GPUBuffer;
    expect([fits, casts].length).toBe(2);
  });
});
