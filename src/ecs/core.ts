import { WorldloomError } from "../core/errors.ts";
import type { Jobs } from "../native/jobs.ts";
import type { Arena } from "./arena.ts";
import type { Context } from "./context.ts";
import type { Derived } from "./derived.ts";
import { Entities } from "./entities.ts";
import type { EventChunks } from "./event-chunks.ts";
import { Names } from "./name.ts";
import { Observers } from "./observer.ts";
import { resourceTable } from "./operations.ts";
import type { Recorder } from "./recorder.ts";
import { Regions } from "./regions.ts";
import { Relations } from "./relations.ts";
import type { SchemaSet } from "./schema.ts";
import { areDisowned, disown } from "./slots.ts";
import { releaseRoot, Store } from "./store.ts";
import { Strings } from "./strings.ts";
import { Structure } from "./structure.ts";

/** What a world may use at most. Passing a limit is a coded error, and the world is as before. */
export interface Limits {
  /** Entities that exist at once: 1 to 2^24. Default 2^20. More leave fewer generations to each index. */
  readonly entities: number;
  /** Cached queries. Default 1,024. */
  readonly queries: number;
  /** Interned strings. Default 2^20. */
  readonly strings: number;
  /** Events of one type that are alive at once, and inputs of one tick. Default 2^20. */
  readonly events: number;
}

export interface CoreOptions {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  readonly jobs: Jobs;
  readonly limits: Limits;
  /** Rows a chunk, as a power of two: 5 to 16. */
  readonly shift: number;
  readonly seed: number;
  readonly checked: boolean;
  /** A root block to take over instead of starting empty. */
  readonly root?: number;
  /** The store that it is a copy of. */
  readonly like?: Store;
}

/** What conditions of systems, journals and listeners cannot do inside a tick either. */
const BETWEEN_TICKS: readonly string[] = ["apply", "restore", "step"];

/** The parts of one world, which the operations work on. `World` is its public face. */
export class Core {
  readonly arena: Arena;
  readonly schema: SchemaSet;
  readonly jobs: Jobs;
  readonly limits: Limits;
  readonly store: Store;
  readonly strings: Strings;
  readonly entities: Entities;
  readonly structure: Structure;
  readonly relations: Relations;
  readonly observers: Observers;
  readonly names: Names;
  readonly regions: Regions;
  /** Iterations of queries that are under way: structural changes wait for their end. */
  iterations = 0;
  /** Changes under way that will be taken back as a whole if they fail. */
  guards = 0;
  /** A tick runs: its systems, and what is asked when they run. */
  ticking = false;
  /** Not 0 while changes cannot happen at once: iterations, a running system, or the end of the world. */
  busy = 0;
  /** The context of the system that runs: its changes wait in its commands. */
  running: Context | undefined;
  /** Ticks that were begun, those that were dropped or run again included. */
  attempts = 0;
  /** Whether queries of systems are held to what the systems declared, and views expire. */
  readonly checked: boolean;
  disposed = false;
  /** By type: what events are read by. */
  readonly eventChunks = new Map<number, EventChunks>();
  /** Derived memory that ends with the world. */
  readonly derived: Derived[] = [];
  /** Told of changes while commands are applied that shall be taken back later. */
  recorder: Recorder | undefined;
  #removals: number;
  /** What {@link places} said last, and of which slots. */
  #places = 0;
  #slots = -1;
  #slotsVersion = -1;

  constructor(options: CoreOptions) {
    this.arena = options.arena;
    this.schema = options.schema;
    this.jobs = options.jobs;
    this.limits = options.limits;
    this.checked = options.checked;
    this.store = new Store(options.arena, options.schema, options.shift);
    if (options.root === undefined) this.store.start(options.seed);
    else this.store.adoptRoot(options.root, options.like);
    try {
      this.strings = new Strings(this.store, options.limits.strings);
      this.entities = new Entities(this.store, options.limits.entities);
      this.structure = new Structure(this.store, this.entities);
      this.relations = new Relations(this.store, this.entities);
      this.observers = new Observers(options.schema);
      this.names = new Names(this);
      this.regions = new Regions(this);
      this.#removals = this.store.removals;
      if (options.root === undefined) {
        for (const text of options.schema.strings) this.strings.intern(text);
        options.schema.declared.forEach(({ role }, id) => {
          if (role === "resource") resourceTable(this, id);
        });
      }
    } catch (error) {
      releaseRoot(this.arena, this.store.root);
      throw error;
    }
  }

  /** Independent parts that start as these are, and know the texts that `texts` knows. Throws `arena-full`. */
  fork(texts?: Strings): Core {
    const { arena, schema, jobs, limits, checked, store } = this;
    const made = new Core({
      arena,
      schema,
      jobs,
      limits,
      checked,
      shift: store.shift,
      seed: store.seed,
      root: this.copyRoot(),
      like: store,
    });
    if (texts !== undefined) made.strings.borrow(texts);
    return made;
  }

  /** A copy of the root that shares every block, attached regions as they are now. Throws `view-expired`, `arena-full`. */
  copyRoot(): number {
    this.regions.flush();
    return this.store.copyRoot();
  }

  /** Continues from a root block, which the store takes over. */
  adopt(root: number): void {
    const blocks = this.regions.blocks();
    this.store.adoptRoot(root);
    this.entities.reload();
    if (this.store.removals !== this.#removals) {
      this.#removals = this.store.removals;
      this.structure.reload();
    }
    this.regions.follow(blocks);
  }

  /** Throws `world-disposed`, or `structure-locked` when `what` cannot happen inside an iteration. */
  checkOpen(what?: string): void {
    if (this.disposed) throw new WorldloomError("world-disposed", "This world has been disposed; make another.");
    if (what === undefined) return;
    if (this.iterations > 0) {
      throw new WorldloomError(
        "structure-locked",
        `${what} cannot happen while a query is being iterated; do it after the loop.`,
        {
          operation: what,
        },
      );
    }
    if (this.running !== undefined) {
      throw new WorldloomError(
        "structure-locked",
        `${what} cannot happen inside a system; use the commands of its context, or do it between ticks.`,
        {
          operation: what,
          system: this.running.access.system,
        },
      );
    }
    if (this.ticking && BETWEEN_TICKS.includes(what)) this.checkOutside(what, "the one that runs is not over");
  }

  /** Throws `world-disposed`, or `structure-locked` inside a tick. */
  checkOutside(what: string, advice: string): void {
    this.checkOpen();
    if (!this.ticking) return;
    const operands = { operation: what, ...(this.running && { system: this.running.access.system }) };
    const message = `${what} cannot happen inside a tick; do it between ticks: ${advice}.`;
    throw new WorldloomError("structure-locked", message, operands);
  }

  beginIteration(): void {
    this.iterations++;
    this.busy++;
  }

  /** The last one that ends lets the changes happen that waited. */
  endIteration(): void {
    this.iterations--;
    this.busy--;
    if (this.iterations === 0) this.onIdle();
  }

  /** Set by an executor: waits until no other thread works on the world. Comes before what changes more than columns. */
  join: () => void = () => {};

  /** Set by the world: applies what was deferred. */
  onIdle: () => void = () => {};

  /** Runs `change`, {@link atomically} where `guarded`. */
  atomicallyIf<T>(guarded: boolean, change: () => T): T {
    return guarded ? this.atomically(change) : change();
  }

  /** Runs `change`; if it throws, the world continues from where it was. */
  atomically<T>(change: () => T): T {
    this.regions.flush(true);
    const guard = this.store.copyRoot();
    const noted = this.observers.noted;
    let result: T;
    this.guards++;
    try {
      result = change();
    } catch (error) {
      this.adopt(guard);
      this.observers.drop(noted);
      throw error;
    } finally {
      this.guards--;
    }
    releaseRoot(this.arena, guard);
    return result;
  }

  /** Another number whenever some entity may be in another row than when this was asked before. */
  places(): number {
    const { entities } = this;
    const { rows, columns } = entities.slots;
    const { version } = columns[0]!;
    // Of a replica others write the memory.
    if (this.arena.replica) return ++this.#places;
    if (rows !== this.#slots || version !== this.#slotsVersion || !areDisowned(entities)) {
      disown(entities);
      this.#slots = rows;
      this.#slotsVersion = version;
      this.#places++;
    }
    return this.#places;
  }

  /** Throws `structure-locked` inside a tick or an iteration. */
  dispose(): void {
    if (this.disposed) return;
    this.checkOpen("dispose");
    this.checkOutside("dispose", "the tick needs the world");
    this.disposed = true;
    this.busy++;
    this.structure.ways.release();
    for (const memory of this.derived) memory.dispose();
    releaseRoot(this.arena, this.store.root);
    this.store.root = 0;
    this.store.tables = [];
  }
}
