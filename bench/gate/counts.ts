/** What a world does that costs time, counted: the same on every machine, with or without the addon. */
import { loadJobs } from "../../src/index.ts";

/** Counted over one scenario. */
export interface Counts {
  /** Blocks taken from the arena. */
  readonly allocations: number;
  /** Blocks copied because somebody else held them. */
  readonly copies: number;
  /** Bytes of them that were copied. */
  readonly bytes: number;
  /** Typed-array views made. */
  readonly views: number;
  /** Calls of jobs, each one crossing of the boundary. */
  readonly crossings: number;
}

let crossings = 0;
let wrapped = false;

/** Counts every call of a job from now on. Worlds share the object with the jobs, so it is changed in place. */
function countCrossings(): void {
  if (wrapped) return;
  wrapped = true;
  const jobs = loadJobs() as unknown as Record<string, unknown>;
  for (const [name, job] of Object.entries(jobs)) {
    // `release` gives memory back when a world ends or is collected: no work.
    if (typeof job !== "function" || name === "release") continue;
    jobs[name] = (...operands: unknown[]) => {
      crossings++;
      return job(...operands);
    };
  }
}

/** What an arena counts; one of tensors makes neither copies nor views. */
export interface Counting {
  readonly allocations: number;
  readonly copies?: number;
  readonly copiedBytes?: number;
  readonly viewsMade?: number;
}

/** Runs `work` and counts what it does in an arena. */
export function counted(arena: Counting, work: () => void): Counts {
  countCrossings();
  const before = { ...figures(arena), crossings };
  work();
  const after = { ...figures(arena), crossings };
  return {
    allocations: after.allocations - before.allocations,
    copies: after.copies - before.copies,
    bytes: after.bytes - before.bytes,
    views: after.views - before.views,
    crossings: after.crossings - before.crossings,
  };
}

function figures({ allocations, copies = 0, copiedBytes = 0, viewsMade = 0 }: Counting) {
  return { allocations, copies, bytes: copiedBytes, views: viewsMade };
}
