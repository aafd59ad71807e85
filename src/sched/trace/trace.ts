import { expectInstance, expectOptions, expectText, type Known } from "../../core/argument.ts";
import type { Context } from "../../ecs/context.ts";
import type { TickListener } from "../../ecs/tick.ts";
import { Simulation } from "../simulation.ts";
import { chromeTrace } from "./chrome.ts";
import { Crossings } from "./crossings.ts";
import { TraceRing, traceKind } from "./ring.ts";

export interface TraceOptions {
  /** Events that are kept, the last ones: 16 to 2^20, rounded up to a power of two. Default 2^18, 8 MiB. A tick makes about 20. */
  readonly events?: number;
}

const KNOWN: Known<TraceOptions> = { events: true };

/** Counters that each tick adds to, by the names they have in the trace. */
const COUNTERS = [
  "entities",
  "commands",
  "blocks copied",
  "bytes copied",
  "blocks allocated",
  "views made",
  "crossings",
];

/**
 * What a simulation does from now on and how long it takes, until {@link close}: ticks, systems, commands, sync points, hashes,
 * counters. A steady tick makes no objects for it. Of several at once only the last one made has the parts that other threads
 * run, until any of them is closed.
 */
export class Trace implements TickListener {
  readonly ring: TraceRing;
  /** The names that events have numbers of. */
  readonly names: string[] = [];
  readonly #simulation: Simulation;
  readonly #crossings: Crossings;
  readonly #numbers = new Map<string, number>();
  readonly #contexts = new Map<string, Context>();
  readonly #counters: readonly number[];
  readonly #before = new Float64Array(4);
  #ends: () => void;
  #commands = 0;

  /** Throws `bad-argument`. */
  constructor(simulation: Simulation, options: TraceOptions = {}) {
    expectInstance(simulation, Simulation, "simulation", "a simulation");
    expectOptions(options, "options", KNOWN);
    const { events = 2 ** 18 } = options;
    this.ring = TraceRing.make(events);
    this.#simulation = simulation;
    const { world, schedule, executor } = simulation;
    for (const system of schedule.systems) {
      this.numberOf(system.name);
      this.#contexts.set(system.name, world.contextOf(system));
    }
    this.#counters = COUNTERS.map((name) => this.numberOf(name));
    this.#crossings = new Crossings(world.core.jobs);
    this.#look();
    const unwatch = simulation.watch(this);
    executor.trace?.(this.ring, (system) => this.numberOf(system));
    this.#ends = () => {
      unwatch();
      executor.trace?.(undefined, () => 0);
      this.#crossings.close();
    };
  }

  /** The number of a name. */
  numberOf(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.names.push(name);
      this.#numbers.set(name, number);
    }
    return number;
  }

  ran(system: string, startMs: number, endMs: number): void {
    const entities = this.#contexts.get(system)?.query.count ?? 0;
    this.ring.record(traceKind.system, this.numberOf(system), 0, startMs, endMs, entities);
  }
  applied(system: string, count: number, startMs: number, endMs: number): void {
    this.#commands += count;
    this.ring.record(traceKind.commands, this.numberOf(system), 0, startMs, endMs, count);
  }
  synced(stage: number, startMs: number, endMs: number): void {
    this.ring.record(traceKind.sync, 0, 0, startMs, endMs, stage);
  }
  ended(tick: number, startMs: number, endMs: number, failed: boolean): void {
    this.ring.record(failed ? traceKind.dropped : traceKind.tick, 0, 0, startMs, endMs, tick);
    const { world } = this.#simulation;
    const { copies, copiedBytes, allocations, viewsMade } = world.arena;
    const before = this.#before;
    this.#count(0, endMs, world.entityCount);
    this.#count(1, endMs, this.#commands);
    this.#count(2, endMs, copies - before[0]!);
    this.#count(3, endMs, copiedBytes - before[1]!);
    this.#count(4, endMs, allocations - before[2]!);
    this.#count(5, endMs, viewsMade - before[3]!);
    this.#count(6, endMs, this.#crossings.count);
    this.#look();
  }
  hashed(startMs: number, endMs: number): void {
    this.ring.record(traceKind.hash, 0, 0, startMs, endMs, 0);
  }

  /** The events as JSON in the format of Chrome traces, which Perfetto and `chrome://tracing` open. Throws `bad-argument`. */
  toChrome(process = "worldloom"): string {
    expectText(process, "process");
    return chromeTrace(this.ring, this.names, process);
  }

  /** Ends recording; what was recorded stays. Further calls do nothing. */
  close(): void {
    const ends = this.#ends;
    this.#ends = () => {};
    ends();
  }

  /** Counters start from what they are now. */
  #look(): void {
    const { copies, copiedBytes, allocations, viewsMade } = this.#simulation.world.arena;
    this.#before[0] = copies;
    this.#before[1] = copiedBytes;
    this.#before[2] = allocations;
    this.#before[3] = viewsMade;
    this.#crossings.count = 0;
    this.#commands = 0;
  }

  #count(counter: number, atMs: number, value: number): void {
    this.ring.record(traceKind.counter, this.#counters[counter]!, 0, atMs, atMs, value);
  }
}
