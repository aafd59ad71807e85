import { fileURLToPath } from "node:url";
import type { Runner } from "../runner.ts";
import type { Task } from "../task.ts";
import { childRunner, isWide, widest } from "./child.ts";
import { pythonWith } from "./python.ts";

/** Why this machine cannot run PyTorch. */
export function torchFault(): string | undefined {
  return pythonWith("torch", "numpy") === undefined
    ? "no python3 here has torch and numpy (Debian: python3-torch; or set WORLDLOOM_PYTHON)"
    : undefined;
}

/** Why it cannot be helped to faster products of matrices. */
export function wideTorchFault(): string | undefined {
  return isWide() ? torchFault() : "no AVX-512 here";
}

/** PyTorch in a child process, one thread; `wide` with the best kernels of OpenBLAS, if it is built with that. */
export function torchRunner(task: Task, wide: boolean): Promise<Runner> {
  const script = fileURLToPath(new URL("run_torch.py", import.meta.url));
  return childRunner(pythonWith("torch", "numpy")!, [script], task, wide ? widest() : {});
}
