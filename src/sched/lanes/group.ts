import { availableParallelism } from "node:os";
import { nowMs } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import type { Core } from "../../ecs/core.ts";
import type { LaneCalls, Lanes } from "../../ecs/lanes.ts";
import { describeWorld, type WorldDescription } from "../../ecs/replica.ts";
import { releaseRoot } from "../../ecs/store.ts";
import { wasm } from "../../native/wasm.ts";
import { type TraceRing, traceKind } from "../trace/ring.ts";
import { Board, CALL, CHUNKS, CLOSING, partOf, RESTING, TASKS_MAX, TICKING } from "./board.ts";
import type { Recorded } from "./segment.ts";
import type { LaneError, LaneSystem } from "./start.ts";
import { Thread } from "./thread.ts";

/** Why a task failed. */
export interface Failure {
  /** Number of the system, -1 for a kernel. */
  readonly system: number;
  readonly chunk: number;
  readonly error: LaneError;
}

export interface LaneOptions {
  readonly threads: number;
  readonly commandBytes: number;
  readonly hangMs: number;
  readonly helps: boolean;
  readonly eager: boolean;
}

type Code = (list: number, count: number, frame: number) => void;

/** How often a thread that waits for the others looks whether they still exist, in milliseconds. */
const LISTEN_MS = 20;

/** The lane of the main thread. */
const MAIN = 0;

/** The threads of one executor, and the board that they share. */
export class LaneGroup implements Lanes {
  readonly eager: boolean;
  readonly #core: Core;
  readonly #systems: readonly LaneSystem[];
  readonly #world: WorldDescription;
  readonly #threads: Thread[] = [];
  readonly #board: Board;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #options: LaneOptions;
  readonly #spins: boolean;
  /** Runs a task with chunks here; tells {@link fail} if it failed. */
  readonly #help: (at: number) => void;
  readonly #slots = new Map<object, number>();
  readonly #codes: { readonly module: object; readonly code: Code }[] = [];
  #failures: Failure[] = [];
  #ring: TraceRing | undefined;
  #traces = 0;
  #numberOf: (system: string) => number = () => 0;
  /** Lanes are numbered on, so that a new thread is never taken for an old one. */
  #lanes = MAIN;
  #closed = false;
  /** New threads that are not ready yet. */
  readonly #starting = new Set<Promise<unknown>>();

  constructor(core: Core, systems: readonly LaneSystem[], options: LaneOptions, help: (at: number) => void) {
    this.#core = core;
    this.#systems = systems;
    this.#options = options;
    this.eager = options.eager;
    this.#help = help;
    this.#world = describeWorld(core);
    this.#words = new Int32Array(new SharedArrayBuffer(Board.bytes()));
    this.#spins = options.threads <= availableParallelism();
    this.#board = new Board(this.#words, this.#spins);
    this.#board.shares = options.threads;
  }

  /** Threads that take tasks now, this one included. */
  get count(): number {
    let count = 1;
    for (const { ready } of this.#threads) if (ready) count++;
    return count;
  }

  /** Starts the threads. Throws what their modules throw. */
  async start(): Promise<void> {
    try {
      await Promise.all(Array.from({ length: this.#options.threads - 1 }, () => this.#add()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  beginTick(): void {
    this.#board.state = TICKING;
  }

  endTick(failed: boolean): void {
    if (failed) this.finish();
    this.#board.state = RESTING;
    this.#failures = [];
  }

  /** A stage begins: nothing has been recorded. */
  begin(): void {
    this.#failures = [];
    for (const { segment } of this.#threads) segment.clear();
  }

  /** Says that the world is now as threads shall see it. */
  show(): void {
    this.#board.show(this.#core.store.root);
  }

  /** Writes part `part` of `parts`: neighbours go to the same thread. {@link call} shows what was written. */
  publish(kind: number, name: number, part: number, parts: number, a: number, b: number, c: number, d: number): void {
    while (this.#board.open >= TASKS_MAX - 1) {
      this.#board.call();
      this.#work();
    }
    const share = Math.floor((part * this.#options.threads) / parts);
    this.#board.publish(kind, name, share, a, b, c, d);
  }

  /** Lets the threads begin with what was published. */
  call(): void {
    this.#board.call();
  }

  runCalls({ module, calls, count }: LaneCalls, meanwhile?: () => void): void {
    const slot = this.#slotOf(module);
    for (const thread of this.#threads) if (thread.ready) thread.teach({ slot, module });
    const name = this.nameOf(this.#core.running?.access.system ?? "kernel");
    for (let i = 0; i < count; i++)
      this.publish(CALL, name, i, count, slot, calls[i * 3]!, calls[i * 3 + 1]!, calls[i * 3 + 2]!);
    this.call();
    try {
      meanwhile?.();
    } finally {
      this.finish();
    }
    const failed = this.#failures.find(({ system }) => system < 0);
    if (failed === undefined) return;
    throw new WorldloomError("lane-failed", `A thread failed in a kernel: ${failed.error.message}.`, {
      reason: failed.error.message,
    });
  }

  /** Takes part until every task has ended. */
  finish(): void {
    while (this.#board.open > 0) this.#work();
    this.#listen();
  }

  /** See {@link Executor.trace}. */
  trace(ring: TraceRing | undefined, numberOf: (system: string) => number): void {
    this.#ring = ring;
    this.#numberOf = numberOf;
    if (ring !== undefined) for (const thread of this.#threads) thread.trace(this.#traces + 1, ring.buffer);
    this.#board.tracing = ring === undefined ? 0 : ++this.#traces;
  }

  /** The number by which traces know a system. */
  nameOf(system: string): number {
    return this.#ring === undefined ? 0 : this.#numberOf(system);
  }

  failures(): readonly Failure[] {
    return this.#failures;
  }

  fail(system: number, chunk: number, error: unknown): void {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
    const { code, operands } = error instanceof WorldloomError ? error : { code: undefined, operands: undefined };
    this.#failures.push({ system, chunk, error: { message, stack, code, operands } });
  }

  /** What the other threads recorded in this stage. */
  recorded(): Recorded[] {
    return this.#threads.flatMap((thread) => (thread.ready ? thread.segment.take(this.#core) : []));
  }

  word(at: number): number {
    return this.#words[at]!;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#board.state = CLOSING;
    await Promise.allSettled(this.#starting);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  /** Runs one task, or waits for the others; gives up on threads that hang or have ended. */
  #work(): void {
    const board = this.#board;
    const at = this.#options.helps || this.count === 1 ? board.claim(MAIN) : -1;
    if (at >= 0) {
      const start = this.#ring === undefined ? 0 : nowMs();
      this.#run(at);
      this.#ring?.record(traceKind.part, board.nameOf(at), MAIN, start, nowMs(), partOf(this.#words, at));
      board.end(at, MAIN);
      return;
    }
    const start = nowMs();
    const { done } = board;
    while (board.open > 0 && board.done === done) {
      const left = this.#options.hangMs - (nowMs() - start);
      if (left <= 0) return this.#giveUp();
      board.awaitProgress(done, Math.min(left, LISTEN_MS));
      this.#listen();
      if (this.count === 1 && board.waiting) return;
    }
  }

  #run(at: number): void {
    if (this.#board.kindOf(at) === CHUNKS) return this.#help(at);
    const words = this.#words;
    try {
      this.#codes[words[at + 1]!]!.code(words[at + 2]!, words[at + 3]!, words[at + 4]!);
    } catch (error) {
      this.fail(-1, 0, error);
    }
  }

  /** Reads what the threads have sent. */
  #listen(): void {
    for (const thread of this.#threads) {
      for (const message of thread.messages()) {
        if (message.is === "failed") this.#failures.push(message);
        else if (message.is === "left") thread.ready = false;
      }
    }
  }

  /** No task has ended for too long. */
  #giveUp(): void {
    const board = this.#board;
    const lanes = new Set(board.running());
    for (const lane of lanes) {
      const error: LaneError = {
        message: `its thread did not get on for ${this.#options.hangMs} ms and was ended; mend the loop, or raise hangMs of parallel()`,
        stack: undefined,
        code: "lane-failed",
        operands: { lane, hangMs: this.#options.hangMs },
      };
      this.#failures.push({ system: board.systemOf(lane), chunk: 0, error });
    }
    board.giveUp((lane) => lane !== MAIN);
    const lost = this.#threads.filter(({ lane }) => lanes.has(lane));
    // It may write until it has ended: what it writes to must not be used for anything else before.
    const release = this.#core.store.hold();
    const ends = lost.map((thread) => {
      this.#threads.splice(this.#threads.indexOf(thread), 1);
      return thread.terminate();
    });
    void Promise.all(ends).then(release);
  }

  #slotOf(module: object): number {
    const known = this.#slots.get(module);
    if (known !== undefined) return known;
    const code = new wasm.Instance(module, { m: { m: this.#core.arena.memory.wasm } }).exports["run"] as Code;
    this.#slots.set(module, this.#codes.length);
    this.#codes.push({ module, code });
    return this.#codes.length - 1;
  }

  #replaceEnded(): void {
    for (let t = this.#threads.length - 1; t >= 0; t--) if (this.#threads[t]!.ended) this.#threads.splice(t, 1);
    if (this.#closed) return;
    for (let missing = this.#options.threads - 1 - this.#threads.length; missing > 0; missing--) {
      const added = this.#add();
      this.#starting.add(added);
      // What is broken stays away: the others do its work.
      void added.catch(() => {}).finally(() => this.#starting.delete(added));
    }
  }

  async #add(): Promise<void> {
    const lane = ++this.#lanes;
    const { arena, store } = this.#core;
    const root = store.copyRoot();
    try {
      const thread = new Thread(
        { lane, board: this.#words, spins: this.#spins, world: this.#world, root, systems: this.#systems },
        this.#options.commandBytes,
      );
      this.#threads.push(thread);
      if (this.#ring !== undefined) thread.trace(this.#traces, this.#ring.buffer);
      await thread.whenReady();
      // One that never got so far would not the next time.
      void thread.exit.then(() => this.#replaceEnded());
    } finally {
      releaseRoot(arena, root);
    }
  }
}
