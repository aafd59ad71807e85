import { fileURLToPath } from "node:url";
import type { Runner } from "../runner.ts";
import type { Task } from "../task.ts";
import { childRunner } from "./child.ts";
import { pythonWith } from "./python.ts";

/** Why this machine cannot run PyTorch. */
export function torchFault(): string | undefined {
  return pythonWith("torch", "numpy") === undefined
    ? "no python3 here has torch and numpy (Debian: python3-torch; or set WORLDLOOM_PYTHON)"
    : undefined;
}

/** PyTorch in a child process, one thread. */
export function torchRunner(task: Task): Promise<Runner> {
  return childRunner(pythonWith("torch", "numpy")!, [fileURLToPath(new URL("run_torch.py", import.meta.url))], task);
}
