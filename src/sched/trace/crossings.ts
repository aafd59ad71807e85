import type { Jobs } from "../../native/jobs.ts";

/** Counts calls of jobs, each one crossing of the boundary. Worlds share the object with the jobs, so it is changed in place. */
export class Crossings {
  count = 0;
  readonly #jobs: Record<string, unknown>;
  readonly #originals: readonly (readonly [name: string, job: unknown])[];

  constructor(jobs: Jobs) {
    this.#jobs = jobs as unknown as Record<string, unknown>;
    this.#originals = Object.entries(this.#jobs).filter(([, job]) => typeof job === "function");
    for (const [name, job] of this.#originals) {
      this.#jobs[name] = (...operands: unknown[]) => {
        this.count++;
        return (job as (...operands: unknown[]) => unknown).apply(jobs, operands);
      };
    }
  }

  /** Ends counting. */
  close(): void {
    for (const [name, job] of this.#originals) this.#jobs[name] = job;
  }
}
