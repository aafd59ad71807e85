import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Runner } from "../runner.ts";
import type { Task } from "../task.ts";
import { childRunner, widest } from "./child.ts";
import { pythonWith } from "./python.ts";

const script = fileURLToPath(new URL("run_openblas.py", import.meta.url));
let known: { fault: string | undefined } | undefined;

/** Why this machine cannot run OpenBLAS. */
export function openblasFault(): string | undefined {
  known ??= { fault: findFault() };
  return known.fault;
}

/**
 * OpenBLAS called from a child process, one thread, with its best kernels. Single products only: a call from Python costs
 * about a microsecond.
 */
export async function openblasRunner(task: Task): Promise<Runner | undefined> {
  if (task.kind !== "matmul" || task.batch !== 1) return undefined;
  return childRunner(pythonWith("ctypes")!, [script], task, widest());
}

function findFault(): string | undefined {
  const python = pythonWith("ctypes");
  if (python === undefined) return "no python3 here";
  return spawnSync(python, [script, "--check"]).status === 0 ? undefined : "no libopenblas here (Debian: libopenblas0)";
}
