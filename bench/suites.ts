import { compressWorkloads } from "./anim/compress.ts";
import { gpuWorkloads } from "./anim/gpu.ts";
import { poseWorkloads } from "./anim/poses.ts";
import { rasterWorkloads } from "./anim/raster.ts";
import { skinWorkloads } from "./anim/skin.ts";
import { ecsWorkloads } from "./ecs/workloads.ts";
import { integrateWorkloads } from "./jobs/integrate.ts";
import { radiusWorkloads } from "./jobs/radius.ts";
import { compileWorkloads } from "./kernels/compile.ts";
import { readyWorkloads } from "./kernels/ready.ts";
import { ruleWorkloads } from "./kernels/workloads.ts";
import { executorWorkloads } from "./sched/executors.ts";
import { hostWorkloads } from "./sched/host.ts";
import { matrixWorkloads } from "./sched/matrix.ts";
import { recordingWorkloads } from "./sched/recording.ts";
import { rollbackWorkloads } from "./sched/rollback.ts";
import { soakWorkloads } from "./sched/soak.ts";
import { contractWorkloads } from "./script/contract.ts";
import { machineWorkloads } from "./script/machines.ts";
import { reloadWorkloads } from "./script/reload.ts";
import { stopWorkloads } from "./script/stops.ts";
import { taskWorkloads } from "./script/tasks.ts";
import { updateWorkloads } from "./script/updates.ts";
import { watchdogWorkloads } from "./script/watchdog.ts";
import { tensorWorkloads } from "./tensor/workloads.ts";
import type { Workload } from "./workload.ts";
import { createWorkloads } from "./world/create.ts";
import { forkWorkloads } from "./world/fork.ts";
import { hashWorkloads } from "./world/hash.ts";
import { saveWorkloads } from "./world/save.ts";
import { snapshotWorkloads } from "./world/snapshot.ts";
import { tickWorkloads } from "./world/tick.ts";

/** Workloads by suite. */
export const suites: Readonly<Record<string, readonly Workload[]>> = {
  ecs: [
    ...ecsWorkloads,
    ...saveWorkloads,
    ...radiusWorkloads,
    ...integrateWorkloads,
    ...snapshotWorkloads,
    ...hashWorkloads,
    ...forkWorkloads,
    ...createWorkloads,
    ...tickWorkloads,
  ],
  sched: [
    ...executorWorkloads,
    ...matrixWorkloads,
    ...hostWorkloads,
    ...rollbackWorkloads,
    ...recordingWorkloads,
    ...soakWorkloads,
  ],
  script: [
    ...updateWorkloads,
    ...contractWorkloads,
    ...taskWorkloads,
    ...machineWorkloads,
    ...reloadWorkloads,
    ...stopWorkloads,
    ...watchdogWorkloads,
  ],
  tensor: tensorWorkloads,
  anim: [...poseWorkloads, ...skinWorkloads, ...gpuWorkloads, ...compressWorkloads, ...rasterWorkloads],
  kernels: [...ruleWorkloads, ...compileWorkloads, ...readyWorkloads],
};

export const workloads: readonly Workload[] = Object.values(suites).flat();
