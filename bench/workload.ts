import type { Side } from "./pairs.ts";

/** What a row has to reach. */
export interface Target {
  /** As a person reads it: ">= 0.9x". */
  readonly text: string;
  readonly met: (row: Measured) => boolean;
}

/** One implementation of ours beside one of somebody else, ready to run. */
export interface Pair {
  readonly ours: Side;
  readonly peer: Side;
  /** Items that a run works on. */
  readonly work: number;
  /** Runs between two resets and checks. Default 1. */
  readonly group?: number;
}

export interface Workload {
  readonly name: string;
  /** What one item is: times are given in nanoseconds for each. */
  readonly item: string;
  /** Where it is not nanoseconds that are measured. */
  readonly unit?: string;
  /** Bytes of one item, where a rate in GB/s says more. */
  readonly itemBytes?: number;
  readonly peers: readonly string[];
  /** Environment of the process that measures it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Holds for the row with the best peer; only the `judged` peers count as such where they are named. */
  readonly target?: Target;
  readonly judged?: readonly string[];
  /** Targets against single peers. */
  readonly targets?: Readonly<Record<string, Target>>;
  /** Why this machine cannot measure a peer. Makes ready what it needs. */
  skip?(peer: string): string | undefined;
  /** What is measured in interleaved pairs. */
  pair?(peer: string): Promise<Pair>;
  /** What is measured otherwise: figures in `unit`. Throws where the work was not done. */
  measure?(peer: string, quick: boolean): Promise<Pick<Measured, "ours" | "peer" | "ratio">>;
}

/** A row that was measured. Times are medians in nanoseconds an item. */
export interface Measured {
  readonly workload: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: string;
  /** Median over the pairs of (peer time / our time). */
  readonly ratio: number;
  /** Work counted and checksums compared, on both sides. */
  readonly checked: true;
}

/** Our speed must be at least `factor` times the peer's. */
export function atLeast(factor: number): Target {
  return { text: `>= ${factor}x`, met: ({ ratio }) => ratio >= factor };
}
