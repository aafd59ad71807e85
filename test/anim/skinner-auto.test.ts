import { afterAll, describe, expect, it, test } from "vitest";
import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh } from "../../src/anim/skinned-mesh.ts";
import { createSkinner, type SkinnerOptions } from "../../src/anim/skinning/create.ts";
import { createJobsSkinner } from "../../src/anim/skinning/jobs-skinner.ts";
import {
  type SkinArrays,
  type Skinner,
  type SkinnerBackend,
  type SkinRequest,
  skinnerBackends,
} from "../../src/anim/skinning/skinner.ts";
import { createWebGpuSkinner } from "../../src/anim/skinning/webgpu/skinner.ts";
import { ManualClock } from "../../src/core/clock.ts";
import { WorldloomError } from "../../src/core/errors.ts";
import { altered, losable, nativeFault, openGpu } from "./skinner/backends.ts";
import { figure, palette } from "./skinner/figures.ts";
import { skinnerSuite } from "./skinner/skinner.suite.ts";
import { difference } from "./skinner/start.ts";

const gpu = await openGpu();
afterAll(() => gpu?.close());
const hasNative = nativeFault() === undefined;
const there = skinnerBackends.filter((backend) =>
  backend === "webgpu" ? gpu !== undefined : backend !== "native" || hasNative,
);

const open = (backend: SkinnerBackend, arena: AnimArena): Skinner | Promise<Skinner> =>
  backend === "webgpu" ? createWebGpuSkinner(arena, { device: gpu!.device }) : createJobsSkinner(arena, backend);

/** What a backend does instead of submitting or collecting, and how many submits until then. */
interface Break {
  readonly at: "submit" | "collect";
  readonly after: number;
}

const NEVER: Break = { at: "submit", after: Number.POSITIVE_INFINITY };

/** A backend that fails from some moment on, with the clock that its submits move. */
function breaking(skinner: Skinner, { at, after }: Break, slow?: () => void): Skinner {
  let submits = 0;
  const fail = () => new Error(`the ${skinner.backend} backend broke`);
  return new Proxy(skinner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...words: unknown[]) => {
        const isSubmit = name === "submit" || name === "skin";
        if (isSubmit) slow?.();
        if (isSubmit && ++submits > after && at === "submit") throw fail();
        if (name === "collect" && submits > after && at === "collect") return Promise.reject(fail());
        return value.apply(target, words);
      };
    },
  });
}

/** `auto` over backends of which each is faster than those behind it; `broken` ones fail after the calibration. */
async function start(broken: Partial<Record<SkinnerBackend, Break>>, among: readonly SkinnerBackend[] = there) {
  const arena = new AnimArena();
  const clock = new ManualClock();
  const lines: string[] = [];
  const absent = () => {
    throw new Error("left out");
  };
  const opens = (backend: SkinnerBackend) => async () => {
    const { at, after } = broken[backend] ?? NEVER;
    const submits = after + CALIBRATION;
    return breaking(await open(backend, arena), { at, after: submits }, () =>
      clock.advance(1 + skinnerBackends.indexOf(backend)),
    );
  };
  const skinner = await createSkinner({
    arena,
    clock,
    log: (line) => lines.push(line),
    calibration: { vertices: 100, joints: 4, runs: RUNS },
    open: Object.fromEntries(
      skinnerBackends.map((backend) => [backend, among.includes(backend) ? opens(backend) : absent]),
    ) as SkinnerOptions["open"] & object,
  });
  return { arena, skinner, lines };
}

const RUNS = 3;
/** Submits of each backend before the first of the test. */
const CALIBRATION = RUNS + 1;

/** Positions of each of some frames of a few meshes. */
async function frames(skinner: Skinner, arena: AnimArena, count: number): Promise<Float32Array[]> {
  const meshes = [60, 200].map((vertices, seed) =>
    skinner.addMesh(
      SkinnedMesh.create(arena, figure({ vertices, joints: 9, influences: (v) => 1 + (v % 4), targets: 1, seed })),
    ),
  );
  const all: Float32Array[] = [];
  const bones = palette(9, 0);
  for (let frame = 0; frame < count; frame++) {
    // The same array with other matrices in each frame, and two frames under way.
    const requests = (seed: number): SkinRequest[] => {
      bones.set(palette(9, seed));
      return meshes.map((mesh, i) => ({ mesh, palette: bones, morphWeights: [i / 2] }));
    };
    const tickets = [skinner.submit(requests(2 * frame)), skinner.submit(requests(2 * frame + 1))];
    bones.fill(0);
    for (const results of await Promise.all(tickets.map((ticket) => skinner.collect(ticket)))) {
      all.push(...results.map((result) => (result as SkinArrays).positions.slice()));
    }
    for (const ticket of tickets) skinner.release(ticket);
  }
  return all;
}

const wanted = await (async () => {
  const arena = new AnimArena();
  return frames(createJobsSkinner(arena, "reference"), arena, 6);
})();

describe.each(there)("%s", (backend) => {
  it("gives what the reference gives", async () => {
    const arena = new AnimArena();
    const skinner = await open(backend, arena);
    const got = await frames(skinner, arena, 6);
    if (skinner.deterministic) expect(got).toEqual(wanted);
    for (const [i, positions] of got.entries()) expect(difference(positions, wanted[i]!)).toBeLessThanOrEqual(1e-5);
    skinner.dispose();
  });

  const behind = there.slice(there.indexOf(backend) + 1);
  // Backends of the processor have done everything when submit returns.
  const places = backend === "webgpu" ? (["submit", "collect"] as const) : (["submit"] as const);
  const cases = places.flatMap((at) => [0, 1, 4, 7].map((after) => ({ at, after })));
  it.runIf(behind.length > 0).each(cases)("that fails in $at after $after submits loses no frame", async (broken) => {
    const { arena, skinner, lines } = await start({ [backend]: broken }, [backend, ...behind]);
    expect(skinner.report.chosen).toBe(backend);
    const got = await frames(skinner, arena, 6);
    expect(got.length).toBe(wanted.length);
    for (const [i, positions] of got.entries()) expect(difference(positions, wanted[i]!)).toBeLessThanOrEqual(1e-5);
    expect(skinner.backend).toBe(behind[0]);
    expect(skinner.report.failures).toEqual([{ backend, next: behind[0], reason: expect.stringContaining("broke") }]);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(new RegExp(`goes on with ${behind[0]}: ${backend} failed .*broke`));
    skinner.dispose();
  });
});

describe("auto", () => {
  skinnerSuite((arena) => createSkinner({ arena, force: true, calibration: { vertices: 500, runs: 1 } }));
});

describe.skipIf(gpu === undefined)("auto on a graphics card", () => {
  skinnerSuite((arena) =>
    createSkinner({
      arena,
      ...(gpu && { device: gpu.device }),
      calibration: { vertices: 50, runs: 1 },
      // Its clock stands still, so the first one counts as fast as the others.
      clock: new ManualClock(),
    }),
  );

  it("goes on with another backend for what is too large for the device", async () => {
    const limits = { maxBufferSize: 65536, maxStorageBufferBindingSize: 65536, maxComputeWorkgroupsPerDimension: 40 };
    const arena = new AnimArena();
    const skinner = await createSkinner({
      arena,
      device: altered(gpu!.device, { limits }),
      clock: new ManualClock(),
      calibration: { vertices: 50, joints: 3 },
    });
    expect(skinner.backend).toBe("webgpu");
    const mesh = SkinnedMesh.create(arena, figure({ vertices: 3000, joints: 5, influences: () => 2 }));
    const [result] = await skinner.collect(skinner.submit([{ mesh: skinner.addMesh(mesh), palette: palette(5, 1) }]));
    expect((result as SkinArrays).positions.length).toBe(9000);
    expect(skinner.report.failures[0]!.reason).toMatch(/3000 vertices/);
    skinner.dispose();
  });

  it("goes on without the device, and with results that were never collected", async () => {
    const arena = new AnimArena();
    const { device, lose } = losable(gpu!.device);
    const inner = createWebGpuSkinner(arena, { device });
    const skinner = await createSkinner({
      arena,
      clock: new ManualClock(),
      calibration: { vertices: 50, keep: "gpu" },
      open: { webgpu: () => inner },
    });
    expect(skinner.backend).toBe("webgpu");
    const mesh = SkinnedMesh.create(arena, figure({ vertices: 100, joints: 5, influences: () => 2 }));
    const id = skinner.addMesh(mesh);
    const tickets = [1, 2, 3].map((seed) => skinner.submit([{ mesh: id, palette: palette(5, seed) }]));
    const collected = skinner.collect(tickets[0]!);
    // The mesh goes while frames with it are under way.
    skinner.removeMesh(id);
    lose();
    const results = [
      await collected,
      ...(await Promise.all(tickets.slice(1).map((ticket) => skinner.collect(ticket)))),
    ];
    const reference = createJobsSkinner(arena, "reference");
    const again = reference.addMesh(mesh);
    for (const [i, [result]] of results.entries()) {
      const [same] = reference.skin([{ mesh: again, palette: palette(5, i + 1) }]);
      expect(difference((result as SkinArrays).positions, same!.positions)).toBeLessThanOrEqual(1e-5);
    }
    expect(skinner.backend).toBe(hasNative ? "native" : "reference");
    expect(skinner.report.failures).toHaveLength(1);
  });
});

test("the calibration chooses the fastest, and says why", async () => {
  const arena = new AnimArena();
  const clock = new ManualClock();
  const lines: string[] = [];
  const timed = (ms: number) => () => breaking(createJobsSkinner(arena, "reference"), NEVER, () => clock.advance(ms));
  const named = (backend: SkinnerBackend, ms: number) => () =>
    new Proxy(timed(ms)(), { get: (target, name) => (name === "backend" ? backend : Reflect.get(target, name)) });
  const skinner = await createSkinner({
    arena,
    clock,
    log: (line) => lines.push(line),
    calibration: { vertices: 64, joints: 3, meshes: 2 },
    open: {
      webgpu: () => {
        throw new WorldloomError("skinner-unavailable", "No card.");
      },
      native: named("native", 0.25),
      reference: timed(5),
    },
  });
  expect(skinner.report).toEqual({
    chosen: "native",
    backends: [
      { backend: "webgpu", status: "unavailable", reason: "No card." },
      { backend: "native", status: "measured", ms: 0.25 },
      { backend: "reference", status: "measured", ms: 5 },
    ],
    failures: [],
  });
  const line =
    "skinning runs on native, 0.25 ms for 2 x 64 vertices, read back; webgpu cannot be had: No card.; reference 5.0 ms";
  expect([skinner.line, lines]).toEqual([line, [line]]);
  skinner.dispose();
  expect(arena.live).toBe(0);
});

test("a backend that breaks while it is measured is passed over", async () => {
  const arena = new AnimArena();
  const skinner = await createSkinner({
    arena,
    calibration: { vertices: 10, joints: 2 },
    open: {
      webgpu: () => breaking(createJobsSkinner(arena, "reference"), { at: "collect", after: 2 }),
      native: () => breaking(createJobsSkinner(arena, "reference"), { at: "submit", after: 0 }),
    },
  });
  expect(skinner.report.backends.map(({ status }) => status)).toEqual(["failed", "failed", "measured"]);
  expect(skinner.backend).toBe("reference");
  skinner.dispose();
  expect(arena.live).toBe(0);
});

test("where no backend is left, the error says what each lacks", async () => {
  const arena = new AnimArena();
  const none = (what: string) => () => {
    throw new Error(what);
  };
  const nothing = createSkinner({
    arena,
    open: { webgpu: none("no a"), native: none("no b"), reference: none("no c") },
  });
  await expect(nothing).rejects.toThrow(
    expect.objectContaining({ code: "skinner-unavailable", message: expect.stringMatching(/no a.*no b.*no c/) }),
  );
  expect(arena.live).toBe(0);
  const last = await start({ reference: { at: "submit", after: 0 } }, ["reference"]);
  const id = last.skinner.addMesh(
    SkinnedMesh.create(last.arena, figure({ vertices: 4, joints: 1, influences: () => 1 })),
  );
  expect(() => last.skinner.submit([{ mesh: id, palette: palette(1, 1) }])).toThrow("reference backend broke");
});

test("a name that is none", async () => {
  const wrong = createSkinner({ arena: new AnimArena(), backend: "cuda" as "auto" });
  await expect(wrong).rejects.toThrow(expect.objectContaining({ code: "bad-argument" }));
});
