import { Worker } from "node:worker_threads";
import { badArgument, expectOptions, type Known } from "../../core/argument.ts";
import { nowMs, systemClock } from "../../core/clock.ts";
import { WorldloomError } from "../../core/errors.ts";
import { workerFile } from "../../core/worker-file.ts";
import { workerFlags } from "../worker-flags.ts";
import { errorOf } from "./error-record.ts";
import type { Asked, CallName, Calls, ServeOptions, Told } from "./protocol.ts";

export interface CallOptions {
  /** How long this call may take, in ms; 0 for no limit. */
  readonly timeoutMs?: number;
}

const CALL: Known<CallOptions> = { timeoutMs: true };

/** Times in ms; 0 for none. */
export interface ThreadLimits {
  /** For a call, unless it says otherwise. */
  readonly timeoutMs: number;
  readonly openMs: number;
  /** For a thread that is asked to say anything. */
  readonly hangMs: number;
  readonly closeMs: number;
}

/** Who is told of what was not asked for. */
export interface ThreadListener {
  ticked(told: Told & { readonly is: "ticked" }): void;
  /** A tick of the running loop failed. */
  tickFailed(error: Error): void;
  /** The thread is no more; `known` if a call was rejected with it. */
  failed(error: WorldloomError, known: boolean): void;
}

interface Pending {
  readonly call: CallName | "open";
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly cancel: (() => void) | undefined;
}

/** The worker of a hosted world, as the host sees it: calls are answered in their order, or rejected. */
export class HostThread {
  readonly #worker: Worker;
  readonly #limits: ThreadLimits;
  readonly #listener: ThreadListener;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #ids = OPEN;
  /** Why calls are refused. */
  #over: WorldloomError | undefined;
  /** Nothing more is expected of the worker. */
  #dead = false;
  #closing: Promise<void> | undefined;
  /** When the worker was first asked something after it was last heard. */
  #askedMs: number | undefined;
  #cancelWatch: (() => void) | undefined;

  constructor(serve: ServeOptions, limits: ThreadLimits, listener: ThreadListener) {
    this.#limits = limits;
    this.#listener = listener;
    const entry = workerFile("serve", import.meta.url);
    try {
      this.#worker = new Worker(entry, { workerData: serve, ...workerFlags(), name: "worldloom world" });
    } catch (cause) {
      throw unsendable("options", cause);
    }
    this.#worker.on("message", (told: Told | null) => this.#heard(told));
    this.#worker.on("messageerror", (cause) => this.#fail("message", "sent what cannot be read", cause));
    this.#worker.on("error", (cause) => this.#fail("error", `threw: ${messageOf(cause)}`, cause));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (status) => {
        resolve();
        this.#fail("exit", `ended with exit status ${status}`);
      });
    });
  }

  /** Resolves when the world is there. Throws `module-failed`, `host-failed`, `host-timeout`, and then no thread is left. */
  async open(): Promise<void> {
    try {
      await this.#expect(OPEN, "open", this.#limits.openMs);
    } catch (error) {
      this.#over ??= error as WorldloomError;
      await this.#end();
      throw error;
    }
    if (this.#limits.hangMs > 0) this.#watch(this.#limits.hangMs);
  }

  /** Rejects with what the call throws, `host-failed`, `host-timeout`, `simulation-closed`, `bad-argument`. */
  ask<C extends CallName>(
    call: C,
    operands: Parameters<Calls[C]>,
    options: CallOptions,
  ): Promise<Awaited<ReturnType<Calls[C]>>> {
    if (this.#over !== undefined) return Promise.reject(again(this.#over));
    try {
      expectOptions(options, "options", CALL);
    } catch (error) {
      return Promise.reject(error);
    }
    const { timeoutMs = this.#limits.timeoutMs } = options;
    if (!isTime(timeoutMs)) return Promise.reject(badTime("timeoutMs", timeoutMs));
    const id = ++this.#ids;
    try {
      this.#send({ id, call, operands });
    } catch (cause) {
      return Promise.reject(unsendable(call, cause));
    }
    return this.#expect(id, call, timeoutMs) as Promise<Awaited<ReturnType<Calls[C]>>>;
  }

  /** Resolves when all that was asked is answered and the thread has ended. Throws what went wrong meanwhile. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#dead) return this.#exited;
    const { closeMs } = this.#limits;
    const closed = this.ask("close", [], { timeoutMs: 0 });
    this.#over ??= new WorldloomError("simulation-closed", "This hosted world has been closed; open another.");
    const cancel =
      closeMs > 0
        ? systemClock.wait(closeMs, () => this.#fail("close", `did not end within ${closeMs} ms`))
        : undefined;
    try {
      await closed;
    } finally {
      cancel?.();
      await this.#end();
    }
  }

  #expect(id: number, call: Pending["call"], timeoutMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancel =
        timeoutMs > 0 ? systemClock.wait(timeoutMs, () => this.#settle(id)?.reject(late(call, timeoutMs))) : undefined;
      this.#pending.set(id, { call, resolve, reject, cancel });
    });
  }

  #send(asked: Asked): void {
    this.#worker.postMessage(asked);
    this.#askedMs ??= nowMs();
  }

  #heard(told: Told | null): void {
    this.#askedMs = undefined;
    // Modules may send messages of their own.
    switch (told?.is) {
      case "ready":
        this.#settle(OPEN)?.resolve(undefined);
        break;
      case "unloadable":
        this.#settle(OPEN, true)?.reject(errorOf(told.error));
        break;
      case "answer":
        this.#settle(told.id)?.resolve(told.value);
        break;
      case "refusal":
        this.#settle(told.id)?.reject(errorOf(told.error));
        break;
      case "ticked":
        this.#listener.ticked(told);
        break;
      case "tick-failed":
        this.#listener.tickFailed(errorOf(told.error));
        break;
      case "alive":
        break;
    }
  }

  /** Takes a call off the list; undefined where it was given up. After some the thread may end at any time. */
  #settle(id: number, last = false): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.cancel?.();
    if (last || pending?.call === "close") this.#dead = true;
    return pending;
  }

  #fail(reason: string, what: string, cause?: unknown): void {
    if (this.#dead) return;
    const calls = Array.from(this.#pending.values(), ({ call }) => call);
    const error = new WorldloomError(
      "host-failed",
      `The thread of the hosted world ${what}; open another from a snapshot.`,
      { reason, calls },
      cause,
    );
    this.#over ??= error;
    void this.#end();
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(again(error));
    this.#listener.failed(error, calls.length > 0);
  }

  async #end(): Promise<void> {
    this.#dead = true;
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    await this.#worker.terminate();
    await this.#exited;
  }

  /** Finds a worker that says nothing for `hangMs` though it was asked. */
  #watch(hangMs: number): void {
    const check = (): void => {
      if (this.#askedMs === undefined) this.#send({ id: PING, call: "ping", operands: [] });
      else if (nowMs() - this.#askedMs >= hangMs) {
        // If it was this thread that was held up, the answers are here and are heard before that.
        this.#cancelWatch = systemClock.wait(0, () => {
          if (this.#askedMs !== undefined) this.#fail("hung", `has not answered for ${hangMs} ms`);
          else this.#watch(hangMs);
        });
        return;
      }
      this.#watch(hangMs);
    };
    this.#cancelWatch = systemClock.wait(hangMs / 2, check);
  }
}

/** Whether it can be a limit of time: 0 for none. */
export function isTime(ms: number): boolean {
  return typeof ms === "number" && ms >= 0 && ms < 2 ** 31;
}

export function badTime(name: string, ms: unknown): WorldloomError {
  return badArgument(name, ms, "a number of milliseconds, 0 for no limit");
}

/** Numbers of what is expected without having been asked, or asked without being expected. */
const OPEN = 0;
const PING = -1;

function late(call: string, timeoutMs: number): WorldloomError {
  const message =
    call === "open"
      ? `The hosted world was not there within ${timeoutMs} ms, and its thread was ended; raise openMs.`
      : `The hosted world did not answer to ${call} within ${timeoutMs} ms; what it was asked is done all the same, later.`;
  return new WorldloomError("host-timeout", message, { call, timeoutMs });
}

function unsendable(what: string, cause: unknown): WorldloomError {
  const message = `What ${what} was given cannot be sent to a thread: ${messageOf(cause).replace(/\.$/, "")}; give plain values.`;
  return new WorldloomError("bad-argument", message, { what }, cause);
}

/** The same error, with the stack of whoever gets it. */
function again({ code, message, operands, cause }: WorldloomError): WorldloomError {
  return new WorldloomError(code, message, operands, cause);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
