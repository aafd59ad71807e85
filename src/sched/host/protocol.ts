import type { WorldMetrics } from "../../ecs/metrics.ts";
import type { LoopState, LoopTick } from "../loop.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { HostRows } from "./rows.ts";

/** How a hosted world is doing. */
export interface HostMetrics extends WorldMetrics {
  /** Of the loop in the worker: see {@link Loop}. */
  readonly state: LoopState;
  readonly speed: number;
  readonly ticks: number;
  readonly overruns: number;
  readonly behindMs: number;
  /** How long the last tick took, and the longest since the world was opened. */
  readonly stepMs: number;
  readonly stepMsMax: number;
  readonly jobs: string;
  readonly executor: string;
  readonly threads: number;
}

/** What can be asked of the worker: all is done in the order in which it was asked, between ticks. */
export interface Calls {
  ping(): void;
  step(count: number): number;
  start(): void;
  pause(): void;
  speed(speed: number): void;
  input(type: string, values: object | undefined): void;
  query(columns: Readonly<Record<string, true | readonly string[]>>, having: string[], without: string[]): HostRows;
  get(entity: number, component: string): object | undefined;
  resource(name: string): object;
  hash(): string;
  snapshot(): Uint8Array<ArrayBuffer>;
  restore(bytes: Uint8Array): void;
  metrics(): HostMetrics;
  /** Whether ticks shall be told, or events of a type. */
  followTicks(on: boolean): void;
  followEvents(type: string, on: boolean): void;
  close(): Promise<void>;
}

export type CallName = keyof Calls;

/** Host to worker. */
export interface Asked {
  readonly id: number;
  readonly call: CallName;
  readonly operands: readonly unknown[];
}

/** Worker to host. */
export type Told =
  | { readonly is: "ready" }
  | { readonly is: "answer"; readonly id: number; readonly value: unknown }
  | { readonly is: "refusal"; readonly id: number; readonly error: ErrorRecord }
  /** `tick` is there if ticks are followed, `events` has the types that are followed and of which there are some. */
  | { readonly is: "ticked"; readonly tick?: LoopTick; readonly events: Readonly<Record<string, readonly object[]>> }
  /** A tick of the running loop failed; the loop is paused. */
  | { readonly is: "tick-failed"; readonly error: ErrorRecord }
  /** The module could not be loaded, or makes no simulation. */
  | { readonly is: "unloadable"; readonly error: ErrorRecord }
  /** A long call goes on. */
  | { readonly is: "alive" };

/** What the worker is started with. */
export interface ServeOptions {
  readonly module: string;
  readonly export: string;
  readonly options: unknown;
  readonly tickMs?: number | undefined;
  readonly catchUpMax?: number | undefined;
  readonly speed?: number | undefined;
  /** How often a long call says that it goes on; 0 for never. */
  readonly aliveMs: number;
}
