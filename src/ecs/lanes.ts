/** Calls of compiled code over parts of one list: triples of (list, count, frame), as a kernel's code takes them. */
export interface LaneCalls {
  /** The compiled `WebAssembly.Module`, whose export `run` takes the three and whose one import is the memory. */
  readonly module: object;
  readonly calls: Int32Array;
  readonly count: number;
}

/** Threads that take parts of a system's work; the caller is one of them. */
export interface Lanes {
  /** Threads, the caller included: at least 1. */
  readonly count: number;
  /** Gives them work however little it is, for tests. Default: only what is worth it. */
  readonly eager?: boolean;
  /**
   * Makes the calls on all threads, in any order, and returns when the last has ended. The caller runs `meanwhile` before it
   * takes part. Throws `lane-failed`.
   */
  runCalls(work: LaneCalls, meanwhile?: () => void): void;
}
