import type { Runner } from "../runner.ts";
import type { Task } from "../task.ts";
import { loopRunner } from "./loop.ts";
import { openblasFault, openblasRunner } from "./openblas.ts";
import { torchFault, torchRunner, wideTorchFault } from "./torch.ts";

/** Somebody else's implementation of the tasks. */
export interface Peer {
  /** Why this machine cannot run it. */
  fault?(): string | undefined;
  /** Undefined where it lacks the task. */
  runner(task: Task): Promise<Runner | undefined>;
}

const NODE_PACKAGE: string = "@tensorflow/tfjs-node";

/** By the names that rows have. Packages are loaded when a runner is asked for. */
export const peers = {
  OpenBLAS: { fault: openblasFault, runner: openblasRunner },
  PyTorch: { fault: torchFault, runner: (task) => torchRunner(task, false) },
  "PyTorch with AVX-512 told to OpenBLAS": { fault: wideTorchFault, runner: (task) => torchRunner(task, true) },
  "a loop in JavaScript": { runner: loopRunner },
  "ONNX Runtime": { runner: async (task) => (await import("./onnx.ts")).onnxRunner(task) },
  "jax-js": { runner: async (task) => (await import("./jax.ts")).jaxRunner(task) },
  "tfjs wasm": { runner: async (task) => (await import("./tfjs.ts")).tfjsRunner(task, "wasm") },
  "tfjs cpu": { runner: async (task) => (await import("./tfjs.ts")).tfjsRunner(task, "cpu") },
  "tfjs-node": {
    fault: nodeFault,
    async runner(task) {
      await import(NODE_PACKAGE);
      return (await import("./tfjs.ts")).tfjsRunner(task, "tensorflow");
    },
  },
} as const satisfies Readonly<Record<string, Peer>>;

export type PeerName = keyof typeof peers;

/** It is no dependency: its installation fetches a binary, which fails on some machines. */
function nodeFault(): string | undefined {
  try {
    import.meta.resolve(NODE_PACKAGE);
    return undefined;
  } catch {
    return `${NODE_PACKAGE} is not installed; it is no dependency`;
  }
}
