import type { Jobs } from "../src/native/jobs.ts";
import type { Memory } from "../src/native/memory.ts";

export const MIB: number = 1 << 20;

/** One row of the table of `native.ts`. */
export interface Case {
  readonly name: string;
  /** What one run processes, in `unit`s. */
  readonly work: number;
  readonly unit: string;
  readonly prepare: (memory: Memory) => void;
  readonly run: (jobs: Jobs, memory: Memory) => unknown;
}
