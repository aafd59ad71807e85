import { badArgument, expectList, expectOptions, type Known } from "../../core/argument.ts";
import type { Component, Row, RowInit, Schema } from "../../ecs/component.ts";
import type { Entity } from "../../ecs/entities.ts";
import type { EventType, Happened, InputType } from "../../ecs/event.ts";
import type { Resource } from "../../ecs/resource.ts";
import type { LoopOptions, LoopTick } from "../loop.ts";
import type { Stream, StreamOptions } from "../stream.ts";
import { Followers } from "./followers.ts";
import type { HostMetrics } from "./protocol.ts";
import type { HostRows } from "./rows.ts";
import { badTime, type CallOptions, HostThread, isTime } from "./thread.ts";

export interface HostOptions extends Pick<LoopOptions, "tickMs" | "catchUpMax" | "speed"> {
  /** The module that makes the simulation: a `file:` address, best made with `new URL("./world.ts", import.meta.url)`. */
  readonly module: string | { readonly href: string };
  /** Its export: a function that gets `options` and returns a simulation, or a promise of one. Default `default`. */
  readonly export?: string;
  /** Plain values for that function. */
  readonly options?: unknown;
  /** How long a call may take unless it says otherwise, in ms; 0, the default, for no limit. */
  readonly timeoutMs?: number;
  /** How long opening may take, in ms; 0, the default, for no limit. */
  readonly openMs?: number;
  /**
   * A thread that is silent for so long though it was asked something is ended, and all calls are rejected with `host-failed`.
   * More than the longest tick, in ms; 0, the default, for never.
   */
  readonly hangMs?: number;
  /** How long a closed world may go on with what it was asked before its thread is ended, in ms; 0 for no limit. Default 5,000. */
  readonly closeMs?: number;
  /**
   * Told when a tick of the running loop fails, which pauses it, and when the thread ends. Without it, those who read ticks or
   * events get the error, and of a thread that ended those whose calls are pending; an error that nobody gets is thrown to
   * the event loop.
   */
  readonly onError?: (error: Error) => void;
}

const KNOWN: Known<HostOptions> = {
  module: true,
  export: true,
  options: true,
  timeoutMs: true,
  openMs: true,
  hangMs: true,
  closeMs: true,
  onError: true,
  tickMs: true,
  catchUpMax: true,
  speed: true,
};

export interface HostQueryOptions extends CallOptions {
  /** Further components that entities must have. */
  readonly having?: readonly (string | Component)[];
  /** Components that they must not have. */
  readonly without?: readonly (string | Component)[];
}

const QUERY: Known<HostQueryOptions> = { having: true, without: true, timeoutMs: true };
/** Followers wait for as long as the world is there. */
const FOREVER: CallOptions = { timeoutMs: 0 };

/**
 * Opens a world in a thread of its own, where a module makes its simulation; the event loop of this thread stays free.
 * Throws `bad-argument`, `module-failed`, `host-failed`, `host-timeout`; then no thread is left.
 */
export async function openWorld(options: HostOptions): Promise<HostedWorld> {
  expectOptions(options, "options", KNOWN);
  const { module, export: name = "default", options: given, tickMs, catchUpMax, speed } = options;
  const { timeoutMs = 0, openMs = 0, hangMs = 0, closeMs = 5000 } = options;
  const address = typeof module === "string" ? module : module?.href;
  if (typeof address !== "string" || !/^[a-z][a-z+.-]*:/i.test(address))
    throw badArgument("module", module, 'an address, such as new URL("./world.ts", import.meta.url)');
  if (typeof name !== "string" || name === "") throw badArgument("export", name, "the name of a function");
  for (const [key, ms] of Object.entries({ timeoutMs, openMs, hangMs, closeMs }))
    if (!isTime(ms)) throw badTime(key, ms);
  if (options.onError !== undefined && typeof options.onError !== "function")
    throw badArgument("onError", options.onError, "a function");
  const followers = new Followers(options.onError);
  const thread = new HostThread(
    { module: address, export: name, options: given, tickMs, catchUpMax, speed, aliveMs: hangMs / 4 },
    { timeoutMs, openMs, hangMs, closeMs },
    followers,
  );
  await thread.open();
  return new HostedWorld(thread, followers);
}

/**
 * A world in a thread of its own. Calls are answered in the order in which they were made, between ticks; each is rejected
 * with the error that it caused there, with `host-failed` when the thread is no more, `simulation-closed` after `close`,
 * `bad-argument` for options that do not exist.
 */
export class HostedWorld {
  readonly #thread: HostThread;
  readonly #followers: Followers;

  constructor(thread: HostThread, followers: Followers) {
    this.#thread = thread;
    this.#followers = followers;
  }

  /** Makes `count` ticks, 1 to 2^31 - 1; resolves with the tick. Throws `tick-failed`, `loop-running` after `start`. */
  step(count = 1, options: CallOptions = {}): Promise<number> {
    return this.#thread.ask("step", [count], options);
  }
  /** From now on the world makes ticks by itself. */
  start(options: CallOptions = {}): Promise<void> {
    return this.#thread.ask("start", [], options);
  }
  /** Ends that, until `start`. */
  pause(options: CallOptions = {}): Promise<void> {
    return this.#thread.ask("pause", [], options);
  }
  /** How fast the world's time passes: 0.1 to 100. Throws `bad-argument`. */
  speed(speed: number, options: CallOptions = {}): Promise<void> {
    return this.#thread.ask("speed", [speed], options);
  }

  /** Queues an input for the next tick. Throws `component-unknown` and what wrong values throw. */
  input<S extends Schema>(
    type: string | InputType<string, S>,
    values?: RowInit<S>,
    options: CallOptions = {},
  ): Promise<void> {
    return this.#thread.ask("input", [nameOf(type), values], options);
  }

  /**
   * Copies columns of all entities that have the components named: `{ Position: ["x", "y"], Health: true }`, where `true`
   * stands for all fields. Entities come in the order of queries. Throws `bad-argument`, `component-unknown`, `query-limit`.
   */
  async query(
    columns: Readonly<Record<string, true | readonly string[]>>,
    options: HostQueryOptions = {},
  ): Promise<HostRows> {
    expectOptions(options, "options", QUERY);
    const { having = [], without = [], ...call } = options;
    expectList(having, "having");
    expectList(without, "without");
    return this.#thread.ask("query", [columns, Array.from(having, nameOf), Array.from(without, nameOf)], call);
  }
  /** The values of a component; undefined where the entity lacks it. Throws `entity-stale`, `component-unknown`. */
  get<S extends Schema>(
    entity: Entity,
    component: string | Component<string, S>,
    options: CallOptions = {},
  ): Promise<Row<S> | undefined> {
    return this.#thread.ask("get", [entity, nameOf(component)], options) as Promise<Row<S> | undefined>;
  }
  /** The values of a resource. Throws `component-unknown`. */
  resource<S extends Schema>(resource: string | Resource<string, S>, options: CallOptions = {}): Promise<Row<S>> {
    return this.#thread.ask("resource", [nameOf(resource)], options) as Promise<Row<S>>;
  }
  /** The state hash, 16 hexadecimal digits. */
  hash(options: CallOptions = {}): Promise<string> {
    return this.#thread.ask("hash", [], options);
  }
  /** The figures of the world, its loop and its executor. */
  metrics(options: CallOptions = {}): Promise<HostMetrics> {
    return this.#thread.ask("metrics", [], options);
  }

  /** The world as a save file. */
  snapshot(options: CallOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#thread.ask("snapshot", [], options);
  }
  /** The world continues from a save file. Throws `bad-file`, `file-version`, `schema-mismatch`. */
  restore(bytes: Uint8Array<ArrayBufferLike>, options: CallOptions = {}): Promise<void> {
    return this.#thread.ask("restore", [bytes], options);
  }

  /** The ticks from now on, until the world is closed. Throws `bad-argument`. */
  ticks(options: StreamOptions = {}): Stream<LoopTick> {
    return this.#followers.ticks(options, (_, on) => this.#thread.ask("followTicks", [on], FOREVER));
  }
  /** The events of a type that the ticks from now on emit, until the world is closed. Throws `bad-argument`. */
  events<S extends Schema>(type: string | EventType<string, S>, options: StreamOptions = {}): Stream<Happened<S>> {
    const follow = (name: string | undefined, on: boolean) => this.#thread.ask("followEvents", [name!, on], FOREVER);
    return this.#followers.events(nameOf(type), options, follow) as unknown as Stream<Happened<S>>;
  }

  /** Answers what was asked, then ends the thread; resolves when nothing is left. Throws what goes wrong meanwhile. */
  async close(): Promise<void> {
    try {
      await this.#thread.close();
    } finally {
      this.#followers.end();
    }
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function nameOf(type: string | { readonly name: string }): string {
  return typeof type === "string" ? type : type?.name;
}
