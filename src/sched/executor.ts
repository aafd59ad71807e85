import type { Context } from "../ecs/context.ts";
import type { TickOptions } from "../ecs/tick.ts";
import type { World } from "../ecs/world.ts";
import type { Schedule } from "./schedule.ts";
import type { TraceRing } from "./trace/ring.ts";

/** How the systems of a schedule are run. One executor serves one simulation. */
export interface Executor {
  /** `serial` or `parallel`. */
  readonly name: string;
  /** Threads that run systems, the main one included. */
  readonly threads: number;
  /** How many of them take part at the moment: fewer while one that failed is being replaced. */
  readonly active: number;
  /** Loads what the systems need, on every thread. Called once, before the first tick. Throws `module-failed`. */
  prepare(world: World, schedule: Schedule): Promise<void>;
  /** A tick begins, and has ended: threads may spin in between, and sleep outside. */
  beginTick(): void;
  endTick(failed: boolean): void;
  /** Runs the bodies of a stage; the commands stay in their contexts. Throws `tick-failed`. */
  bodies(stage: readonly Context[], options: Partial<TickOptions>): void;
  /** From the next tick on threads note in the ring which parts of systems they run, by the numbers of names; undefined ends that. */
  trace?(ring: TraceRing | undefined, numberOf: (system: string) => number): void;
  /** Ends all threads. Further calls do nothing. */
  close(): Promise<void>;
}
