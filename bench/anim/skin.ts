import { AnimArena } from "../../src/anim/arena.ts";
import { SkinnedMesh } from "../../src/anim/skinned-mesh.ts";
import { SKIN_DUAL_QUATERNION, SKINNING_WORDS } from "../../src/native/anim/skin-format.ts";
import { measureRunners, type Runner, timed } from "../tensor/runner.ts";
import { atLeast, type Target, type Workload } from "../workload.ts";
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

/** Positions and normals through the job, one call; results in the order of the rig. */
function ourRunner(given: Rig, method: Method, positionsOnly: boolean): Runner {
  const arena = new AnimArena();
  const { memory, jobs } = arena;
  if (jobs.name !== "addon") throw new Error("the addon is not built: npm run setup");
  const { vertices, joints, positions, normals, numbers, weights, palette } = given;
  const mesh = SkinnedMesh.create(arena, { positions, normals, joints: numbers, weights });
  const block = arena.allocate(SKINNING_WORDS * 4).offset;
  const matrices = arena.allocate(palette.byteLength).offset;
  const [toPositions, toNormals] = [arena.allocate(vertices * 12).offset, arena.allocate(vertices * 12).offset];
  const flags = method === "linear" ? 0 : SKIN_DUAL_QUATERNION;
  memory.f32.set(palette, matrices / 4);
  memory.u32.set([mesh.offset, matrices, joints, toPositions, toNormals, NONE, flags, NONE], block / 4);
  const out = new Float32Array(vertices * (positionsOnly ? 3 : 6));
  return {
    time: timed(() => jobs.animSkin(memory, block, 1)),
    result() {
      for (const [part, from] of [toPositions, toNormals].entries()) {
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
  /** Of a mesh. */
  readonly vertices: number;
  readonly mix: readonly number[];
  readonly method?: Method;
  readonly peers?: readonly string[];
  readonly target: Target;
  readonly targets?: Readonly<Record<string, Target>>;
}

function workload({ name, vertices, mix, method = "linear", peers = [], target, targets = {} }: Options): Workload {
  return {
    name,
    item: "vertex",
    peers: [JAVASCRIPT, ...peers],
    target,
    targets,
    async measure(peer, quick) {
      const made = rig(vertices, mix);
      const given = peer === COPY ? atRest(made) : made;
      const theirs = await peerRunner(peer, given, method);
      const ours = ourRunner(given, method, peer === THREE);
      const row = await measureRunners(ours, theirs, { tolerance: TOLERANCE, checkedRuns: 1, quick });
      const ns = (us: number) => (us * 1e3) / vertices;
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
      ...{ vertices, mix: REALISTIC, peers: ALL, target: within(2.2), targets: fastest },
    }),
  ),
  ...[10_000, 100_000].map((vertices) =>
    workload({
      name: `skinning, linear, 4 influences, ${vertices.toLocaleString("en")} vertices`,
      ...{ vertices, mix: ALL_FOUR, peers: ENGINES, target: within(3.2) },
    }),
  ),
  workload({
    name: "skinning, dual quaternions, 1 to 4 influences, 10,000 vertices",
    ...{ vertices: 10_000, mix: REALISTIC, method: "dual quaternion", target: within(8) },
  }),
  workload({
    name: "skinning, dual quaternions, 4 influences, 10,000 vertices",
    ...{ vertices: 10_000, mix: ALL_FOUR, method: "dual quaternion", target: within(8) },
  }),
];
