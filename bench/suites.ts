import { ecsWorkloads } from "./ecs/workloads.ts";
import type { Workload } from "./workload.ts";

/** Workloads by suite. */
export const suites: Readonly<Record<string, readonly Workload[]>> = { ecs: ecsWorkloads };

export const workloads: readonly Workload[] = Object.values(suites).flat();
