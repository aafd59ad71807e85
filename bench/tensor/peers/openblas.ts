import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Runner } from "../runner.ts";
import type { Task } from "../task.ts";
import { childRunner } from "./child.ts";
import { pythonWith } from "./python.ts";

const script = fileURLToPath(new URL("run_openblas.py", import.meta.url));
/** OpenBLAS is told to use its kernels for AVX-512; older releases do not choose them on processors that they do not know. */
const AVX512 = { OPENBLAS_CORETYPE: "SkylakeX" };

let known: { fault: string | undefined } | undefined;

/** Why this machine cannot run OpenBLAS. */
export function openblasFault(): string | undefined {
  known ??= { fault: findFault() };
  return known.fault;
}

/** Why this machine cannot run its kernels for AVX-512. */
export function wideFault(): string | undefined {
  try {
    if (/\bavx512vl\b/.test(readFileSync("/proc/cpuinfo", "utf8"))) return openblasFault();
  } catch {
    // Not Linux.
  }
  return "no AVX-512 here";
}

/** OpenBLAS called from a child process, one thread. Single products only: a call from Python costs about a microsecond. */
export async function openblasRunner(task: Task, wide: boolean): Promise<Runner | undefined> {
  if (task.kind !== "matmul" || task.batch !== 1) return undefined;
  return childRunner(pythonWith("ctypes")!, [script], task, wide ? AVX512 : {});
}

function findFault(): string | undefined {
  const python = pythonWith("ctypes");
  if (python === undefined) return "no python3 here";
  return spawnSync(python, [script, "--check"]).status === 0 ? undefined : "no libopenblas here (Debian: libopenblas0)";
}
