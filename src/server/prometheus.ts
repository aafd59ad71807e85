import {
  badArgument,
  expectFunction,
  expectInstance,
  expectOptions,
  expectTextOptions,
  type Known,
} from "../core/argument.ts";
import { nowMs } from "../core/clock.ts";
import { WorldloomError } from "../core/errors.ts";
import { peerMissing } from "../core/peer.ts";
import type { WorldMetrics } from "../ecs/metrics.ts";
import { World } from "../ecs/world.ts";

export interface PrometheusOptions {
  /** A registry of prom-client to add to. Default: one of its own. */
  readonly registry?: PrometheusRegistry;
  /** In front of each name; tells worlds in one registry apart. Default `worldloom_`. */
  readonly prefix?: string;
  /** Loads prom-client. Default: from where it is installed. */
  readonly load?: () => Promise<unknown>;
}

const KNOWN: Known<PrometheusOptions> = { registry: true, prefix: true, load: true };

/** What is used of a registry of prom-client. */
export interface PrometheusRegistry {
  readonly contentType: string;
  metrics(): Promise<string>;
  removeSingleMetric(name: string): void;
}

/** The figures of a world as metrics of prom-client. */
export interface Prometheus {
  /** What `text` is, for the header `content-type`. */
  readonly contentType: string;
  /** All metrics of the registry as they are now. */
  text(): Promise<string>;
  /**
   * Runs a tick, and counts the time that it takes, even if it fails. Throws what it throws, and `bad-argument` if it returns a
   * promise: then what it waits for would not be counted.
   */
  time<T>(tick: () => T): T;
  /** Counts a tick of so many milliseconds, 0 or more, that was measured elsewhere. Throws `bad-argument`. */
  observe(tickMs: number): void;
  /** Takes the metrics out of the registry. */
  dispose(): void;
}

/** Figures that go up and down, by the ends of their names. */
const gauges: readonly (readonly [name: string, key: keyof WorldMetrics, help: string])[] = [
  ["tick", "tick", "Tick of the world; goes back with a restore"],
  ["entities", "entities", "Entities that exist"],
  ["components", "components", "Components and relations that are registered"],
  ["archetypes", "archetypes", "Sets of components that some entity has or had"],
  ["chunks", "chunks", "Chunks that hold rows of entities"],
  ["queries", "queries", "Queries that are kept"],
  ["strings", "strings", "Interned strings"],
  ["events", "events", "Events that can be read"],
  ["inputs", "inputs", "Inputs that wait for the next tick"],
  ["arena_used_bytes", "arenaUsedBytes", "Bytes of blocks that somebody holds"],
  ["arena_committed_bytes", "arenaCommittedBytes", "Bytes taken from the memory"],
  ["arena_limit_bytes", "arenaBytesMax", "Bytes that the arena may grow to"],
  ["arena_blocks", "blocks", "Blocks that somebody holds"],
];

/** Figures that only grow. */
const counters: typeof gauges = [
  ["arena_allocations_total", "allocations", "Blocks allocated"],
  ["arena_copies_total", "copies", "Blocks copied"],
  ["arena_copied_bytes_total", "copiedBytes", "Bytes of blocks copied"],
  ["arena_views_total", "viewsMade", "Typed-array views made"],
];

const PROM_CLIENT = "prom-client";
/** Upper bounds of the histogram in seconds; a tick at 30 Hz has 0.033. */
const BUCKETS = [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.033, 0.066, 0.133, 0.266, 0.533];

/** What is used of prom-client; only who has it installed has its types. */
interface PromClient {
  readonly Registry: new () => PrometheusRegistry;
  readonly Gauge: new (options: object) => { set(value: number): void };
  readonly Counter: new (options: object) => { inc(by: number): void };
  readonly Histogram: new (options: object) => { observe(value: number): void };
}

/**
 * Registers the figures of a world with prom-client, which is an optional package: all of them or none. Throws `peer-missing`,
 * and `bad-argument` where a name is taken or no name for prom-client, and for options that do not exist.
 */
export async function prometheus(world: World, options: PrometheusOptions = {}): Promise<Prometheus> {
  expectInstance(world, World, "world", "a world");
  expectOptions(options, "options", KNOWN);
  expectTextOptions(options, ["prefix"]);
  if (options.load !== undefined) expectFunction(options.load, "load of options");
  const client = await loadPromClient(options.load);
  const { registry = new client.Registry(), prefix = "worldloom_" } = options;
  if (typeof registry?.removeSingleMetric !== "function")
    throw badArgument("registry", registry, "a Registry of prom-client");
  const registers = [registry];
  const made: string[] = [];
  const dispose = (): void => {
    for (const name of made.splice(0)) registry.removeSingleMetric(name);
  };
  const register = <T>(name: string, make: (name: string) => T): T => {
    try {
      const metric = make(name);
      made.push(name);
      return metric;
    } catch (cause) {
      dispose();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WorldloomError(
        "bad-argument",
        `${name} cannot be registered (${reason}); give another prefix.`,
        { name },
        cause,
      );
    }
  };
  for (const [end, key, help] of gauges) {
    const collect = (): void => gauge.set(world.metrics()[key]);
    const gauge = register(prefix + end, (name) => new client.Gauge({ name, help, registers, collect }));
  }
  for (const [end, key, help] of counters) {
    let counted = 0;
    const collect = (): void => {
      const now = world.metrics()[key];
      counter.inc(now - counted);
      counted = now;
    };
    const counter = register(prefix + end, (name) => new client.Counter({ name, help, registers, collect }));
  }
  const histogram = register(
    `${prefix}tick_seconds`,
    (name) => new client.Histogram({ name, help: "Time of a tick", registers, buckets: BUCKETS }),
  );
  const observe = (tickMs: number): void => {
    if (!(tickMs >= 0 && tickMs < Number.POSITIVE_INFINITY)) throw badArgument("tickMs", tickMs, "a number from 0 on");
    histogram.observe(tickMs / 1000);
  };
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    time(tick) {
      const start = nowMs();
      let promised = false;
      try {
        const result = tick();
        promised = result instanceof Promise;
        if (promised) throw unfinished();
        return result;
      } finally {
        if (!promised) observe(nowMs() - start);
      }
    },
    observe,
    dispose,
  };
}

function unfinished(): WorldloomError {
  return new WorldloomError(
    "bad-argument",
    "time was given a function that returns a promise, whose time it cannot know; give it the call of step alone, or measure and observe.",
  );
}

async function loadPromClient(load: () => Promise<unknown> = importPromClient): Promise<PromClient> {
  try {
    const module = (await load()) as PromClient & { readonly default?: PromClient };
    return module.default ?? module;
  } catch (cause) {
    throw peerMissing("Metrics are given to Prometheus", [PROM_CLIENT], cause);
  }
}

function importPromClient(): Promise<unknown> {
  // By a variable: the compiler must not ask for types that may not be installed.
  return import(PROM_CLIENT);
}
