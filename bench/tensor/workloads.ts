import { WorkFault } from "../pairs.ts";
import { atLeast, type Measured, type Target, type Workload } from "../workload.ts";
import { gemmWorkloads } from "./gemm.ts";
import type { Mode } from "./ours.ts";
import { type Peer, type PeerName, peers } from "./peers/index.ts";
import { measureRunners } from "./runner.ts";
import { checkedRunsOf, type Forward, type Matmul, type Task, toleranceOf } from "./task.ts";

interface Setting {
  readonly name: string;
  readonly task: Task;
  /** A plan unless given. */
  readonly mode?: Mode;
  readonly peers: readonly PeerName[];
  readonly target?: Target;
  readonly targets?: { readonly [name in PeerName]?: Target };
  /** Operations of a run, where times are those of one operation, in nanoseconds. */
  readonly operations?: number;
}

const TORCH: readonly PeerName[] = ["PyTorch", "PyTorch with AVX-512 told to OpenBLAS"];
const SCRIPTS: readonly PeerName[] = ["jax-js", "tfjs wasm", "tfjs cpu", "tfjs-node"];
const EVERYBODY: readonly PeerName[] = [...TORCH, "ONNX Runtime", ...SCRIPTS];
const WIDTHS = [32, 128, 128, 8];
const LINKS = 64;

/** At most so many nanoseconds. */
const within = (ns: number): Target => ({ text: `<= ${ns} ns`, met: ({ ours }) => ours <= ns });

function workload({ name, task, mode = "plan", operations, ...rest }: Setting): Workload {
  return {
    name,
    item: "operation",
    unit: operations === undefined ? "us" : "ns",
    ...rest,
    skip: (peer) => (peers[peer as PeerName] as Peer).fault?.(),
    async measure(peer, quick) {
      const theirs = await (peers[peer as PeerName] as Peer).runner(task);
      if (theirs === undefined) throw new WorkFault(`${peer} lacks it`);
      const { ourRunner } = await import("./ours.ts");
      const comparison = { tolerance: toleranceOf(task), checkedRuns: checkedRunsOf(task), quick };
      const found = await measureRunners(ourRunner(task, mode), theirs, comparison);
      return operations === undefined ? found : inNanoseconds(found, operations);
    },
  };
}

function inNanoseconds({ ours, peer, ratio }: Pick<Measured, "ours" | "peer" | "ratio">, operations: number) {
  return { ours: (ours * 1e3) / operations, peer: (peer * 1e3) / operations, ratio };
}

function product(name: string, size: number, options: Partial<Matmul>, names: readonly PeerName[]): Workload {
  const task: Matmul = { kind: "matmul", dtype: "f32", batch: 1, m: size, k: size, n: size, ...options };
  const least = atLeast(task.dtype === "f64" ? 0.9 : 0.95);
  return workload({ name, task, peers: names, targets: { OpenBLAS: least } });
}

/** TensorFlow.js turns matrices in plain loops: 0.2 s for each product. */
const TURNED: readonly PeerName[] = ["OpenBLAS", ...TORCH, "ONNX Runtime", "jax-js"];

const products: readonly Workload[] = [
  product("matmul, f32 256", 256, {}, ["OpenBLAS", ...EVERYBODY]),
  product("matmul, f32 512", 512, {}, ["OpenBLAS", ...TORCH, "ONNX Runtime", "jax-js", "tfjs wasm"]),
  product("matmul, f32 1024", 1024, {}, ["OpenBLAS", ...TORCH, "ONNX Runtime", "jax-js", "tfjs wasm"]),
  product("matmul, f32 512, A transposed", 512, { transposed: "a" }, TURNED),
  product("matmul, f32 512, B transposed", 512, { transposed: "b" }, TURNED),
  product("matmul, 100 of f32 64", 64, { batch: 100 }, [...TORCH, "ONNX Runtime", "jax-js", "tfjs wasm"]),
  product("matmul, f64 512", 512, { dtype: "f64" }, ["OpenBLAS", ...TORCH, "ONNX Runtime"]),
];

const forwards = ([1, 64, 1000] as const).map((batch) =>
  workload({
    name: `MLP 32-128-128-8 forward, batch ${batch}`,
    task: { kind: "forward", batch, widths: WIDTHS },
    peers: EVERYBODY,
    targets: { "ONNX Runtime": atLeast(batch === 1 ? 2 : 1) },
  }),
);

const trains = ([64, 1000] as const).map((batch) =>
  workload({
    name: `MLP 32-128-128-8 forward, backward and SGD, batch ${batch}`,
    task: { kind: "train", batch, widths: WIDTHS, rate: 0.05 },
    peers: [...TORCH, ...SCRIPTS],
    targets: { PyTorch: atLeast(batch === 64 ? 2 : 1), "tfjs wasm": atLeast(20) },
  }),
);

const policy: Forward = { kind: "forward", batch: 10_000, widths: [32, 64, 64, 8] };

const policies: Workload = {
  name: "policy 32-64-64-8 of 10,000 agents in a tick; peers without a world",
  item: "tick",
  unit: "us",
  peers: ["ONNX Runtime", "tfjs wasm"],
  target: { text: "<= 2 ms", met: ({ ours }) => ours <= 2000 },
  async measure(peer, quick) {
    const { policyRunner } = await import("./policy.ts");
    const theirs = await (peers[peer as PeerName] as Peer).runner(policy);
    return measureRunners(policyRunner(policy), theirs!, { tolerance: toleranceOf(policy), checkedRuns: 1, quick });
  },
};

function memory(name: string, task: Task): Workload {
  return {
    name: `memory taken by a run of a plan, ${name}`,
    item: "run",
    unit: "bytes/run",
    peers: ["tfjs wasm"],
    // No block of the arena is taken, or it is an error; of the heap what measuring takes.
    target: { text: "<= 8 bytes", met: ({ ours }) => ours <= 8 },
    measure: async () => (await import("./steady.ts")).measureMemory(task),
  };
}

export const tensorWorkloads: readonly Workload[] = [
  ...gemmWorkloads,
  ...products,
  ...forwards,
  ...trains,
  workload({
    name: "gelu of 1,048,576 f32",
    task: { kind: "gelu", count: 1 << 20 },
    peers: EVERYBODY,
    targets: { PyTorch: atLeast(1.2) },
  }),
  workload({
    name: "softmax of 4096 x 512",
    task: { kind: "softmax", rows: 4096, columns: 512 },
    peers: EVERYBODY,
    targets: { "ONNX Runtime": atLeast(1) },
  }),
  workload({
    name: "one sum of 8 f32, eager",
    task: { kind: "add", count: 8 },
    mode: "eager",
    operations: 1,
    peers: ["a loop in JavaScript", "PyTorch", "ONNX Runtime", ...SCRIPTS],
    target: within(30),
  }),
  workload({
    name: `one sum of 8 f32 in a plan of ${LINKS}`,
    task: { kind: "chain", count: 8, links: LINKS },
    operations: LINKS,
    peers: ["a loop in JavaScript", "PyTorch", ...SCRIPTS],
    target: within(10),
  }),
  policies,
  memory("MLP 32-128-128-8 forward, batch 64", { kind: "forward", batch: 64, widths: WIDTHS }),
  memory("MLP 32-128-128-8 training, batch 64", { kind: "train", batch: 64, widths: WIDTHS, rate: 0.05 }),
];
