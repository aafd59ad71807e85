import type { MessagePort } from "node:worker_threads";
import type { SystemModule } from "../../ecs/module.ts";
import type { TermDescription, WorldDescription } from "../../ecs/replica.ts";

/** What a lane is started with. */
export interface LaneStart {
  readonly lane: number;
  readonly board: Int32Array<SharedArrayBuffer>;
  readonly spins: boolean;
  readonly segment: Float64Array<SharedArrayBuffer>;
  readonly port: MessagePort;
  readonly world: WorldDescription;
  /** A state of the world that nobody changes until the lane is ready. */
  readonly root: number;
  readonly systems: readonly LaneSystem[];
}

/** A system whose body is in a module. */
export interface LaneSystem {
  readonly name: string;
  readonly module: SystemModule;
  readonly terms: readonly TermDescription[];
  readonly stream: number;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  readonly gets: readonly number[];
  readonly hears: readonly number[];
}

/** From a lane to the main thread. */
export type LaneMessage =
  | { readonly is: "ready" }
  | { readonly is: "broken"; readonly error: LaneError }
  | { readonly is: "left" }
  | { readonly is: "failed"; readonly system: number; readonly chunk: number; readonly error: LaneError };

/** An error as it crosses threads. */
export interface LaneError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly operands: Readonly<Record<string, unknown>> | undefined;
}

/** From the main thread to a lane: compiled code that tasks will name by `slot`. */
export interface LaneCode {
  readonly is: "code";
  readonly slot: number;
  readonly module: object;
}

/** From the main thread to a lane: the ring to note parts in while the board says that trace `tracing` is kept. */
export interface LaneTrace {
  readonly is: "trace";
  readonly tracing: number;
  readonly ring: SharedArrayBuffer;
}
