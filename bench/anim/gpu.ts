import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh } from "../../src/anim/skinned-mesh.ts";
import { createSkinner } from "../../src/anim/skinning/create.ts";
import type { SkinArrays, Skinner, SkinRequest } from "../../src/anim/skinning/skinner.ts";
import { openDevice } from "../../src/anim/skinning/webgpu/device.ts";
import { measureRunners, type Runner } from "../tensor/runner.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";
import { REALISTIC, type Rig, rig } from "./rig.ts";
import { loopRunner } from "./skin-loops.ts";

const JAVASCRIPT = "JavaScript";
const NATIVE = "native";
/** How far results may be apart, as a share of the largest element. */
const TOLERANCE = 1e-5;
/** Measures software adapters, too. */
const force = process.env.WORLDLOOM_GPU_FORCE === "1";

let fault: string | undefined;

/** Why there is no graphics card to measure, asked of a process of its own, because drivers answer later. */
function gpuFault(): string | undefined {
  if (fault === undefined) {
    const device = fileURLToPath(new URL("../../src/anim/skinning/webgpu/device.ts", import.meta.url));
    const code = `import(${JSON.stringify(device)}).then(({ openDevice }) => openDevice({ force: ${force} }))
      .then((open) => open.close(), (error) => { console.log(error.message); process.exitCode = 1; });`;
    const run = spawnSync(process.execPath, ["-e", code], { encoding: "utf8", timeout: 60_000 });
    fault = run.status === 0 ? "" : (run.stdout ?? "").trim() || "no device was found in a minute";
  }
  return fault === "" ? undefined : fault;
}

interface Work {
  readonly rig: Rig;
  readonly meshes: number;
  readonly keep: "read" | "gpu";
}

/** Requests for a mesh each, with a palette each, in the arena of a skinner. */
function requestsOf(skinner: Skinner, arena: AnimArena, { rig, meshes, keep }: Work) {
  const { positions, normals, numbers, weights, palette } = rig;
  const all = Array.from({ length: meshes }, () => {
    const mesh = SkinnedMesh.create(arena, { positions, normals, joints: numbers, weights });
    const matrices = arena.allocate(palette.byteLength).offset;
    arena.memory.f32.set(palette, matrices / 4);
    return { mesh, request: { mesh: skinner.addMesh(mesh), palette: matrices, joints: rig.joints, keep } };
  });
  return { requests: all.map(({ request }): SkinRequest => request), mesh: all[0]!.mesh };
}

/** Positions and normals of the first mesh, in the order of its rig. */
async function resultOf(skinner: Skinner, requests: readonly SkinRequest[], { order, vertices }: SkinnedMesh) {
  const ticket = skinner.submit(requests.map((request) => ({ ...request, keep: "read" as const })));
  const { positions, normals } = (await skinner.collect(ticket))[0] as SkinArrays;
  const out = new Float32Array(vertices * 6);
  for (const [part, values] of [positions, normals!].entries()) {
    order.forEach((vertex, i) => {
      out.set(values.subarray(i * 3, i * 3 + 3), (part * vertices + vertex) * 3);
    });
  }
  skinner.release(ticket);
  return out;
}

async function gpuRunner(work: Work): Promise<Runner> {
  const arena = new AnimArena();
  const { device } = await openDevice({ force });
  const skinner = await createSkinner({ backend: "webgpu", arena, device });
  const { requests, mesh } = requestsOf(skinner, arena, work);
  return {
    async time(runs) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) {
        const ticket = skinner.submit(requests);
        if (work.keep === "read") await skinner.collect(ticket);
        skinner.release(ticket);
      }
      await device.queue.onSubmittedWorkDone();
      return performance.now() - start;
    },
    result: () => resultOf(skinner, requests, mesh),
    close: () => skinner.dispose(),
  };
}

async function nativeRunner(work: Work): Promise<Runner> {
  const arena = new AnimArena();
  const skinner = await createSkinner({ backend: "native", arena });
  const { requests, mesh } = requestsOf(skinner, arena, work);
  return {
    time(runs) {
      const start = performance.now();
      for (let i = 0; i < runs; i++) skinner.release(skinner.submit(requests));
      return performance.now() - start;
    },
    result: () => resultOf(skinner, requests, mesh),
    close: () => skinner.dispose(),
  };
}

interface Options {
  readonly name: string;
  readonly meshes: number;
  readonly keep: "read" | "gpu";
  readonly peer: string;
  readonly target?: Target;
}

function workload({ name, meshes, keep, peer, target }: Options): Workload {
  const vertices = 10_000;
  return {
    name: `skinning on WebGPU, ${name}`,
    item: "vertex",
    peers: [peer],
    ...(target && { target }),
    skip: gpuFault,
    async measure(_, quick) {
      const work = { rig: rig(vertices, REALISTIC), meshes, keep };
      const theirs = peer === JAVASCRIPT ? loopRunner(work.rig, "linear") : await nativeRunner(work);
      const row = await measureRunners(await gpuRunner(work), theirs, { tolerance: TOLERANCE, checkedRuns: 1, quick });
      const ns = (us: number) => (us * 1e3) / (vertices * meshes);
      return { ...row, ours: ns(row.ours), peer: ns(row.peer) };
    },
  };
}

export const gpuWorkloads: readonly Workload[] = [
  workload({ name: "10,000 vertices, results stay", meshes: 1, keep: "gpu", peer: JAVASCRIPT, target: atLeast(5) }),
  workload({ name: "100 x 10,000 vertices, results stay", meshes: 100, keep: "gpu", peer: NATIVE, target: atLeast(5) }),
  workload({ name: "100 x 10,000 vertices, read back", meshes: 100, keep: "read", peer: NATIVE }),
];
