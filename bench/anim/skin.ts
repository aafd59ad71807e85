import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh } from "../../src/anim/skinned-mesh.ts";
import { SKIN_DUAL_QUATERNION, SKINNING_WORDS } from "../../src/native/anim/skin-format.ts";
import { measureRunners, type Runner, timed } from "../tensor/runner.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";
import { REAL, realMissing, rigOf } from "./real-rig.ts";
import { ALL_FOUR, atRest, REALISTIC, type Rig, rig } from "./rig.ts";
import { babylonRunner, threeRunner } from "./skin-engines.ts";
import { loopRunner, type Method } from "./skin-loops.ts";

const JAVASCRIPT = "JavaScript";
/** Stops at the first slot of a vertex without weight. */
const STOPPING = "JavaScript, slots with weight";
const THREE = "three.js, positions only";
const BABYLON = "Babylon.js";
const COPY = "copy of the vertices";
const NONE = 0xffffffff;
/** How far results may be apart, as a share of the largest element. */
const TOLERANCE = 2e-6;

/** Positions and normals of each instance through the job, one call; results of the last in the order of the rig. */
function ourRunner(given: Rig, method: Method, positionsOnly: boolean, instances: number): Runner {
  const arena = new AnimArena();
  const { memory, jobs } = arena;
  if (jobs.name !== "addon") throw new Error("the addon is not built: npm run setup");
  const { vertices, joints, positions, normals, numbers, weights, palette } = given;
  const mesh = SkinnedMesh.create(arena, { positions, normals, joints: numbers, weights });
  const records = arena.allocate(instances * SKINNING_WORDS * 4).offset;
  const flags = method === "linear" ? 0 : SKIN_DUAL_QUATERNION;
  const last: number[] = [];
  for (let i = 0; i < instances; i++) {
    const matrices = arena.allocate(palette.byteLength).offset;
    memory.f32.set(palette, matrices / 4);
    last.splice(0, 2, arena.allocate(vertices * 12).offset, arena.allocate(vertices * 12).offset);
    const record = [mesh.offset, matrices, joints, ...last, NONE, flags, NONE];
    memory.u32.set(record, records / 4 + i * SKINNING_WORDS);
  }
  const out = new Float32Array(vertices * (positionsOnly ? 3 : 6));
  return {
    time: timed(() => jobs.animSkin(memory, records, instances)),
    result() {
      for (const [part, from] of last.entries()) {
        if (part === 1 && positionsOnly) break;
        for (let i = 0; i < vertices; i++) {
          const at = from / 4 + i * 3;
          out.set(memory.f32.subarray(at, at + 3), part * vertices * 3 + mesh.order[i]! * 3);
        }
      }
      return out;
    },
    close: () => mesh.dispose(),
  };
}

/** As many bytes as come out, copied by the addon: what memory allows. The rig changes nothing, so results are equal. */
function copyRunner({ positions, normals, vertices }: Rig): Runner {
  const { memory, jobs, ...arena } = newArena();
  const bytes = vertices * 24;
  const [from, to, list] = [arena.take(bytes), arena.take(bytes), arena.take(12)];
  memory.f32.set(positions, from / 4);
  memory.f32.set(normals, from / 4 + vertices * 3);
  memory.u32.set([to, from, bytes], list / 4);
  return {
    time: timed(() => jobs.copy(memory, list, 1)),
    result: () => memory.f32.slice(to / 4, to / 4 + vertices * 6),
  };
}

function newArena() {
  const arena = new AnimArena();
  return { memory: arena.memory, jobs: arena.jobs, take: (bytes: number) => arena.allocate(bytes).offset };
}

async function peerRunner(peer: string, given: Rig, method: Method): Promise<Runner> {
  if (peer === THREE) return threeRunner(given);
  if (peer === BABYLON) return babylonRunner(given);
  return peer === COPY ? copyRunner(given) : loopRunner(given, method, peer === STOPPING);
}

const within = (ns: number): Target => ({ text: `<= ${ns} ns`, met: ({ ours }) => ours <= ns });

interface Options {
  readonly name: string;
  readonly rig: () => Rig | Promise<Rig>;
  /** Poses that the mesh is in. */
  readonly instances?: number;
  readonly method?: Method;
  readonly peers?: readonly string[];
  readonly target?: Target;
  readonly targets?: Readonly<Record<string, Target>>;
  readonly skip?: () => string | undefined;
}

function workload(options: Options): Workload {
  const { name, instances = 1, method = "linear", peers = [], target, targets = {} } = options;
  return {
    name,
    item: "vertex",
    peers: [JAVASCRIPT, ...peers],
    targets,
    ...(target && { target }),
    ...(options.skip && { skip: options.skip }),
    async measure(peer, quick) {
      const made = await options.rig();
      const given = peer === COPY ? atRest(made) : made;
      const one = await peerRunner(peer, given, method);
      const theirs = { ...one, time: (runs: number) => one.time(runs * instances) };
      const ours = ourRunner(given, method, peer === THREE, instances);
      const row = await measureRunners(ours, theirs, { tolerance: TOLERANCE, checkedRuns: 1, quick });
      const ns = (us: number) => (us * 1e3) / (given.vertices * instances);
      return { ...row, ours: ns(row.ours), peer: ns(row.peer) };
    },
  };
}

const ENGINES = [THREE, BABYLON, COPY];
const ALL = [STOPPING, ...ENGINES];
const fastest = { [JAVASCRIPT]: atLeast(18) };

export const skinWorkloads: readonly Workload[] = [
  ...[10_000, 100_000].map((vertices) =>
    workload({
      name: `skinning, linear, 1 to 4 influences, ${vertices.toLocaleString("en")} vertices`,
      ...{ rig: () => rig(vertices, REALISTIC), peers: ALL, target: within(2.2), targets: fastest },
    }),
  ),
  ...[10_000, 100_000].map((vertices) =>
    workload({
      name: `skinning, linear, 4 influences, ${vertices.toLocaleString("en")} vertices`,
      ...{ rig: () => rig(vertices, ALL_FOUR), peers: ENGINES, target: within(3.2) },
    }),
  ),
  workload({
    name: "skinning, dual quaternions, 1 to 4 influences, 10,000 vertices",
    ...{ rig: () => rig(10_000, REALISTIC), method: "dual quaternion", target: within(8) },
  }),
  workload({
    name: "skinning, dual quaternions, 4 influences, 10,000 vertices",
    ...{ rig: () => rig(10_000, ALL_FOUR), method: "dual quaternion", target: within(8) },
  }),
  workload({
    name: "skinning, linear, 1 to 4 influences, 200 meshes of 500 vertices in a call",
    ...{ rig: () => rig(500, REALISTIC), instances: 200, peers: [STOPPING] },
  }),
  workload({
    name: "skinning, linear, rigged_simple.gltf, 1,000 of it in a call",
    ...{ rig: () => rigOf(REAL), instances: 1_000, peers: [STOPPING], skip: realMissing },
  }),
];
