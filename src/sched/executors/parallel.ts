import { availableParallelism } from "node:os";
import { badArgument, expectFlags, expectOptions, type Known } from "../../core/argument.ts";
import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Context } from "../../ecs/context.ts";
import { bodyOf, loadBody } from "../../ecs/module.ts";
import { describeTerm } from "../../ecs/replica.ts";
import type { System } from "../../ecs/system.ts";
import { runBodies, runBody, type TickOptions, tickFailed } from "../../ecs/tick.ts";
import type { World } from "../../ecs/world.ts";
import { Cost } from "../../kernel/cost.ts";
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
  /** Bytes of commands that a thread can record in a stage: 1,024 to 2^30. Default 16 MiB; they take memory when they are used. */
  readonly commandBytes?: number;
  /** A thread that does not get on for so many ms, 10 to 3,600,000, is taken to hang: the tick fails, and it is replaced. Default 10,000. */
  readonly hangMs?: number;
  /** Whether the main thread takes parts of what is spread, too. Default: yes. */
  readonly helps?: boolean;
  /** Spread even work that is too small to gain from it. For tests. */
  readonly eager?: boolean;
}

const KNOWN: Known<ParallelOptions> = { threads: true, commandBytes: true, hangMs: true, helps: true, eager: true };

/** Spread runs of a stage that say little: other threads have to compile its modules, too. */
const TRIAL = 32;
/** Parts of a system for each thread, so that none waits long for the last one. */
const PARTS = 4;

/** Never changed. */
const NONE: Context[] = [];

/** What is known of a system with a module. */
interface Spread {
  readonly slot: number;
  readonly context: Context;
}

/**
 * Systems with modules and kernels on several threads, native jobs on as many, all else on the main thread: bit for bit what
 * {@link serial} gives. In a tick threads wait for work awake, for a while; between ticks they sleep. Throws `bad-argument`.
 */
export function parallel(options: ParallelOptions = {}): Executor {
  expectOptions(options, "options", KNOWN);
  expectFlags(options, ["helps", "eager"]);
  const { threads = availableParallelism(), commandBytes = 16 << 20, hangMs = 10_000 } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 64)
    throw badArgument("threads", threads, "an integer from 1 to 64");
  if (!Number.isInteger(commandBytes) || commandBytes < 1024 || commandBytes > 2 ** 30)
    throw badArgument("commandBytes", commandBytes, "an integer from 1,024 to 2^30");
  if (typeof hangMs !== "number" || !(hangMs >= 10 && hangMs <= 3_600_000))
    throw badArgument("hangMs", hangMs, "milliseconds from 10 to 3,600,000");
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
  /** What the systems with modules of a stage cost, all together. */
  readonly #costs = new Map<readonly Context[], Cost>();
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
      this.#spreads.set(context, { slot, context });
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
    const spreads = group !== undefined && this.#spreads.size > 0 && group.count > 1;
    if (!spreads || checked) return runBodies(stage, options);
    const { tick } = this.#world!;
    for (let c = 0; c < stage.length; c++) stage[c]!.decide(tick);
    const able = this.#able(stage);
    let rows = 0;
    for (let c = 0; c < able.length; c++) rows += able[c]!.query.count;
    const cost = able.length === 0 ? undefined : this.#costOf(stage);
    if (cost !== undefined && cost.parts(rows, group) > 1) this.#runStage(stage, able, rows, cost, options);
    else this.#runHere(stage, able, rows, cost?.asks(rows) === true ? cost : undefined, options);
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

  /** What of a stage can be spread: modules with several chunks. */
  #able(stage: readonly Context[]): readonly Context[] {
    const least = this.#options.eager ? 1 : 2;
    let able = NONE;
    for (let c = 0; c < stage.length; c++) {
      const context = stage[c]!;
      if (context.system.module === undefined || !context.due || countChunks(context.query) < least) continue;
      if (able === NONE) able = [];
      able.push(context);
    }
    return able;
  }

  #costOf(stage: readonly Context[]): Cost {
    let cost = this.#costs.get(stage);
    if (cost === undefined) this.#costs.set(stage, (cost = new Cost(TRIAL)));
    return cost;
  }

  /** A stage on this thread; `cost` is told what those took that could have been spread. */
  #runHere(
    stage: readonly Context[],
    able: readonly Context[],
    rows: number,
    cost: Cost | undefined,
    options: Partial<TickOptions>,
  ): void {
    let ms = 0;
    for (let c = 0; c < stage.length; c++) {
      const context = stage[c]!;
      if (!context.due) continue;
      const timed = cost !== undefined && able.includes(context);
      const start = timed ? nowMs() : 0;
      runBody(context, options);
      if (timed) ms += nowMs() - start;
    }
    cost?.ran(rows, ms * 1000, false);
  }

  /** Other threads and this one share the chunks; systems without modules run here meanwhile. */
  #runStage(
    stage: readonly Context[],
    spread: readonly Context[],
    rows: number,
    cost: Cost,
    options: Partial<TickOptions>,
  ): void {
    const group = this.#group!;
    const { core } = this.#world!;
    const start = nowMs();
    this.#own.length = 0;
    group.begin();
    for (const context of spread) this.#publish(context);
    let others = 0;
    const failures: { at: number; chunk: number; error: unknown }[] = [];
    for (let at = 0; at < stage.length && failures.length === 0; at++) {
      const context = stage[at]!;
      if (!context.due || spread.includes(context)) continue;
      const began = nowMs();
      try {
        runBody(context, options);
        others += nowMs() - began;
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
    // Of several at once the share of each is not known: by rows.
    const took = Math.max(0, end - start - others);
    cost.ran(rows, took * 1000, true);
    for (const context of spread) {
      const ms = (took * context.query.count) / rows;
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
