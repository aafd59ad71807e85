import { availableParallelism } from "node:os";
import { badArgument, expectOptions, type Known } from "../../core/argument.ts";
import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Context } from "../../ecs/context.ts";
import { bodyOf, loadBody } from "../../ecs/module.ts";
import { describeTerm } from "../../ecs/replica.ts";
import type { System } from "../../ecs/system.ts";
import { runBodies, runBody, type TickOptions, tickFailed } from "../../ecs/tick.ts";
import type { World } from "../../ecs/world.ts";
import type { Executor } from "../executor.ts";
import { CHUNKS } from "../lanes/board.ts";
import { countChunks, walkChunks } from "../lanes/chunk-walk.ts";
import { LaneGroup } from "../lanes/group.ts";
import type { Recorded } from "../lanes/segment.ts";
import type { LaneSystem } from "../lanes/start.ts";
import { errorFrom } from "../lanes/thread.ts";
import type { Schedule } from "../schedule.ts";
import type { TraceRing } from "../trace/ring.ts";

export interface ParallelOptions {
  /** Threads that run systems, the main one included: 1 to 64. Default: as many as there are processors. */
  readonly threads?: number;
  /** Bytes of commands that a thread can record in a stage. Default 16 MiB; they take memory when they are used. */
  readonly commandBytes?: number;
  /** A thread that does not get on for so long is taken to hang: the tick fails, and the thread is replaced. Default 10,000. */
  readonly hangMs?: number;
  /** Whether the main thread takes parts of what is spread, too. Default: yes. */
  readonly helps?: boolean;
  /** Spread even work that is too small to gain from it. For tests. */
  readonly eager?: boolean;
}

const KNOWN: Known<ParallelOptions> = { threads: true, commandBytes: true, hangMs: true, helps: true, eager: true };

/** Systems of a stage that take less together are not spread: waking a thread takes about 10 microseconds. */
const WORTH_US = 60;
/** Times at first that a system is spread in any case: other threads have to compile it, too. */
const TRIAL = 32;
/** After so many times comes a few times what is slower: it may be faster by now. */
const AGAIN = 256;
const TRIES = 4;
/** Of what a system takes on this thread, the share that others may take at most: less would come and go with the noise. */
const GAIN = 0.85;
/** Parts of a system for each thread, so that none waits long for the last one. */
const PARTS = 4;

/** Never changed. */
const NONE: Context[] = [];

/** What is known of a system with a module. */
interface Spread {
  readonly slot: number;
  readonly context: Context;
  /** Microseconds a row on this thread, and shared with others; 0 as long as they are not known. */
  here: number;
  shared: number;
  /** Whether it ran before: what the first time takes says how long the engine compiles. */
  ran: boolean;
  /** Times that it could have been spread. */
  turns: number;
}

/**
 * Systems with modules and kernels on several threads, native jobs on as many, all else on the main thread: bit for bit what
 * {@link serial} gives. In a tick threads wait for work awake, for a while; between ticks they sleep.
 */
export function parallel(options: ParallelOptions = {}): Executor {
  expectOptions(options, "options", KNOWN);
  const { threads = availableParallelism(), commandBytes = 16 << 20, hangMs = 10_000 } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 64)
    throw badArgument("threads", threads, "an integer from 1 to 64");
  if (!Number.isInteger(commandBytes) || commandBytes < 1024 || commandBytes > 2 ** 30)
    throw badArgument("commandBytes", commandBytes, "an integer from 1,024 to 2^30");
  if (!(hangMs >= 10 && hangMs <= 3_600_000)) throw badArgument("hangMs", hangMs, "milliseconds from 10 to 3,600,000");
  return new Parallel({
    threads,
    commandBytes: commandBytes & ~7,
    hangMs,
    helps: options.helps ?? true,
    eager: options.eager ?? false,
  });
}

class Parallel implements Executor {
  readonly name = "parallel";
  readonly threads: number;
  readonly #options: Required<ParallelOptions>;
  #world: World | undefined;
  #group: LaneGroup | undefined;
  readonly #spreads = new Map<Context, Spread>();
  /** Buffers of chunks that ran on the main thread in this stage. */
  readonly #own: Recorded[] = [];

  constructor(options: Required<ParallelOptions>) {
    this.threads = options.threads;
    this.#options = options;
  }

  get active(): number {
    return this.#group?.count ?? 1;
  }

  async prepare(world: World, { systems }: Schedule): Promise<void> {
    if (this.#world !== undefined) throw badArgument("executor", "one in use", "a new one for each simulation");
    if (!world.arena.memory.shared && this.threads > 1) {
      throw new WorldloomError(
        "arena-unsupported",
        "Threads need shared memory, and this world is in memory that is not shared; use serial(), or an arena with shared: true.",
      );
    }
    this.#world = world;
    const spread = systems.filter(({ module }) => module !== undefined);
    await Promise.all(spread.map(({ module }) => loadBody(module!)));
    spread.forEach((system, slot) => {
      const context = world.contextOf(system);
      this.#spreads.set(context, { slot, context, here: 0, shared: 0, ran: false, turns: 0 });
    });
    const { core } = world;
    if (this.threads === 1) return;
    this.#group = new LaneGroup(
      core,
      spread.map((system) => laneSystem(world, system)),
      this.#options,
      (at) => this.#help(at),
    );
    await this.#group.start();
    for (const system of systems) world.contextOf(system).lanes = this.#group;
    core.join = () => this.#group!.finish();
    const { arena, jobs } = core;
    arena.copier = (list, count) => jobs.copy(arena.memory, list, count);
  }

  beginTick(): void {
    // The pool is that of the process: somebody else may have had a turn.
    this.#world!.core.jobs.wake(this.threads);
    this.#group?.beginTick();
  }

  endTick(failed: boolean): void {
    this.#group?.endTick(failed);
    this.#world!.core.jobs.rest();
  }

  bodies(stage: readonly Context[], options: Partial<TickOptions>): void {
    const group = this.#group;
    const checked = options.checked ?? this.#world!.core.checked;
    if (group === undefined || group.count === 1 || checked) return runBodies(stage, options);
    const { tick } = this.#world!;
    for (let c = 0; c < stage.length; c++) stage[c]!.decide(tick);
    const spread = this.#worth(stage);
    if (spread.length > 0) this.#runStage(stage, spread, options);
    else for (let c = 0; c < stage.length; c++) if (stage[c]!.due) this.#runHere(stage[c]!, options);
  }

  trace(ring: TraceRing | undefined, numberOf: (system: string) => number): void {
    this.#group?.trace(ring, numberOf);
  }

  async close(): Promise<void> {
    const world = this.#world;
    if (world !== undefined && !world.core.disposed) {
      world.core.join = () => {};
      world.arena.copier = undefined;
      world.core.jobs.threads(1);
    }
    await this.#group?.close();
  }

  /** What of a stage is spread: what has several chunks and is faster so, if all of it together takes long enough. */
  #worth(stage: readonly Context[]): readonly Context[] {
    const { eager } = this.#options;
    let us = eager ? WORTH_US : 0;
    let spread = NONE;
    for (let c = 0; c < stage.length; c++) {
      const context = stage[c]!;
      const known = this.#spreads.get(context);
      if (known === undefined || !context.due || countChunks(context.query) < (eager ? 1 : 2)) continue;
      us += known.here * context.query.count;
      if (spread === NONE) spread = [];
      spread.push(context);
    }
    if (eager || us <= WORTH_US) return eager ? spread : NONE;
    return spread.filter((context) => isFaster(this.#spreads.get(context)!));
  }

  /** The body on this thread, timed if it could be spread. */
  #runHere(context: Context, options: Partial<TickOptions>): void {
    const known = context.system.module === undefined ? undefined : this.#spreads.get(context);
    if (known === undefined || countChunks(context.query) < 2) return runBody(context, options);
    const rows = context.query.count;
    const start = nowMs();
    runBody(context, options);
    if (known.ran) known.here = smoothed(known.here, ((nowMs() - start) * 1000) / rows);
    known.ran = true;
  }

  /** Other threads and this one share the chunks; systems without modules run here meanwhile. */
  #runStage(stage: readonly Context[], spread: readonly Context[], options: Partial<TickOptions>): void {
    const group = this.#group!;
    const { core } = this.#world!;
    const start = nowMs();
    this.#own.length = 0;
    group.begin();
    for (const context of spread) this.#publish(context);
    const failures: { at: number; chunk: number; error: unknown }[] = [];
    for (let at = 0; at < stage.length && failures.length === 0; at++) {
      const context = stage[at]!;
      if (!context.due || spread.includes(context)) continue;
      try {
        this.#runHere(context, options);
      } catch (error) {
        failures.push({ at, chunk: 0, error });
      }
    }
    group.finish();
    for (const { system, chunk, error } of group.failures()) {
      const at = stage.findIndex((context) => this.#spreads.get(context)?.slot === system);
      const name = stage[at]?.access.system ?? "with a kernel";
      failures.push({ at, chunk, error: tickFailed(core, name, errorFrom(error)) });
    }
    if (failures.length > 0) throw failures.sort((a, b) => a.at - b.at || a.chunk - b.chunk)[0]!.error;
    this.#gather(spread);
    const end = nowMs();
    // Of several at once the share of each is not known: as they take on this thread.
    const known = spread.map((context) => this.#spreads.get(context)!);
    const shares = known.map(({ here, context }) => (here === 0 ? 1 : here) * context.query.count);
    const all = shares.reduce((sum, share) => sum + share, 0);
    for (const [i, one] of known.entries()) {
      const ms = all === 0 ? 0 : ((end - start) * shares[i]!) / all;
      const { context } = one;
      if (shares[i]! > 0) one.shared = smoothed(one.shared, (ms * 1000) / context.query.count);
      options.timings?.set(context.access.system, (options.timings.get(context.access.system) ?? 0) + ms);
      options.listener?.ran(context.access.system, start, end);
    }
  }

  #publish(context: Context): void {
    const { query } = context;
    for (const { table, columns } of query.matches) {
      query.fields.forEach(({ write }, f) => {
        if (write && columns[f]! >= 0) table.ownAll(table.columns[columns[f]!]!);
      });
    }
    const group = this.#group!;
    const chunks = countChunks(query);
    const parts = Math.min(chunks, group.count * PARTS);
    const { slot } = this.#spreads.get(context)!;
    const name = group.nameOf(context.access.system);
    group.show();
    for (let part = 0; part < parts; part++) {
      const [from, to] = [Math.floor((chunks * part) / parts), Math.floor((chunks * (part + 1)) / parts)];
      group.publish(CHUNKS, name, part, parts, slot, from, to, 0);
    }
    group.call();
  }

  /** Runs a task with chunks on the main thread. */
  #help(at: number): void {
    const group = this.#group!;
    const [system, from, to] = [group.word(at + 1), group.word(at + 2), group.word(at + 3)];
    const { context } = [...this.#spreads.values()][system]!;
    const { core } = context.world;
    const { scope } = context;
    const body = bodyOf(context.system.module!);
    const { running } = core;
    core.running = context;
    core.busy++;
    try {
      walkChunks(core, context.query, body, scope, from, to, (chunk) => {
        this.#own.push({ system, chunk, commands: scope.commands });
        scope.endChunk();
      });
    } catch (error) {
      group.fail(system, scope.chunk, error);
    } finally {
      core.busy--;
      core.running = running;
    }
  }

  /** Puts the buffers of all threads into their contexts, in the order of the chunks. */
  #gather(spread: readonly Context[]): void {
    const recorded = [...this.#own, ...this.#group!.recorded()];
    for (const context of spread) {
      const { slot } = this.#spreads.get(context)!;
      const own = recorded.filter(({ system }) => system === slot).sort((a, b) => a.chunk - b.chunk);
      context.scope.gather(own.map(({ commands }) => commands));
    }
  }
}

/** Whether to spread a system that could be. */
function isFaster(known: Spread): boolean {
  if (known.here === 0) return false;
  const turn = known.turns++;
  const faster = known.shared < known.here * GAIN;
  return turn < TRIAL || (turn % AGAIN < TRIES ? !faster : faster);
}

/**
 * Falls at once, as code gets faster, and rises by a tenth at most: what takes long once had to wait for a processor.
 */
function smoothed(known: number, us: number): number {
  return known === 0 ? us : Math.min(us, known * 1.1);
}

function laneSystem(world: World, system: System): LaneSystem {
  const { access, stream } = world.contextOf(system);
  return {
    name: system.name,
    module: { url: system.module!.url, export: system.module!.export },
    terms: (system.query ?? []).map((term) => describeTerm(world.core, term)),
    stream,
    reads: [...access.reads],
    writes: [...access.writes],
    gets: [...access.gets],
    hears: [...access.hears],
  };
}
