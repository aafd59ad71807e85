import type { Jobs } from "../../native/jobs.ts";

/** Counts calls of jobs, each one crossing of the boundary. Worlds share the object with the jobs, so it is changed in place. */
export class Crossings {
  count = 0;
  readonly #jobs: Jobs;

  constructor(jobs: Jobs) {
    this.#jobs = jobs;
    let counted = all.get(jobs);
    if (counted === undefined) all.set(jobs, (counted = wrap(jobs)));
    counted.counters.add(this);
  }

  /** Ends counting. Further calls do nothing. */
  close(): void {
    const counted = all.get(this.#jobs);
    if (counted?.counters.delete(this) !== true || counted.counters.size > 0) return;
    Object.assign(this.#jobs, counted.originals);
    all.delete(this.#jobs);
  }
}

/** Jobs whose calls are counted: once, for however many. */
interface Counted {
  readonly counters: Set<Crossings>;
  readonly originals: Readonly<Record<string, unknown>>;
}

const all = new WeakMap<Jobs, Counted>();

function wrap(jobs: Jobs): Counted {
  const counters = new Set<Crossings>();
  const originals = Object.fromEntries(Object.entries(jobs).filter(([, job]) => typeof job === "function"));
  for (const [name, job] of Object.entries(originals)) {
    (jobs as unknown as Record<string, unknown>)[name] = (...operands: unknown[]) => {
      for (const counter of counters) counter.count++;
      return (job as (...operands: unknown[]) => unknown).apply(jobs, operands);
    };
  }
  return { counters, originals };
}
