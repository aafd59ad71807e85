import { hold } from "../held.ts";
import type { LuaEngine } from "../lua/engine.ts";
import { LineTracker } from "../lua/line-tracker.ts";
import { luaValue, state } from "../lua/offsets.ts";
import { PRELUDE_NAME } from "../lua/prelude/index.ts";
import type { Probe } from "../lua/probe.ts";
import type { ProbedCall } from "../lua/probed-call.ts";
import { type Breakpoint, Breakpoints, hitCounts } from "./breakpoints.ts";
import { type Evaluated, environmentOf, evaluate, selfOf } from "./evaluate.ts";
import { calls, depthOf, type Frame, framesOf, isRunning, threadsFrom } from "./frames.ts";
import { Heap, luaKind } from "./heap.ts";
import { show } from "./shown.ts";
import { Sources } from "./sources.ts";
import { SELF } from "./variables.ts";

/** Whoever shows what the debugger finds and says what it does next. */
export interface DebugFront {
  /** Whether something was asked that was not served. Called at each line, so it is cheap. */
  pending(): boolean;
  /** Serves what was asked. */
  serve(): void;
  /** Blocks until something is asked. */
  wait(): void;
  emit(event: string, body: object): void;
}

export type StepKind = "over" | "in" | "out";

/** A stop: nothing runs until it is resumed. */
export interface Stop {
  readonly call: ProbedCall;
  /** Innermost first. */
  readonly frames: readonly Frame[];
  /** The coroutine that stands still, and the instruction after the one that it is at; 0 where it knows it itself. */
  readonly running: number;
  readonly next: number;
  readonly reason: string;
  /** Of an error what it says. */
  readonly text: string;
}

interface Step {
  readonly kind: StepKind;
  readonly thread: number;
  readonly depth: number;
}

/** Which errors stop: all, or those that no `pcall` will catch. */
export type ErrorFilter = "all" | "uncaught";

/** The only thread that clients see: a world runs one script at a time. */
export const THREAD = 1;
/** Where nothing is looked for, how often in a power of two of instructions it is looked whether somebody asks. */
const POLL = 255;
/** Status of a coroutine that waits; one that an error has ended has a greater one. */
const WAITS = 1;

/**
 * Stops the scripts of engines at breakpoints, steps and errors. It looks at machines without writing to them, so that a
 * world goes on as if nobody had looked; while it is stopped, the whole process waits, and no budget is used.
 */
export class LuaDebugger implements Probe {
  readonly sources = new Sources();
  readonly breakpoints = new Breakpoints(this.sources);
  readonly errors = new Set<ErrorFilter>();
  stopped: Stop | undefined;
  readonly #front: DebugFront;
  readonly #engines = new Set<LuaEngine>();
  readonly #tracker = new LineTracker();
  /** Of the versions of scripts that were seen last. */
  readonly #hashes = new Map<string, string>();
  #call: ProbedCall | undefined;
  #busy = false;
  #step: Step | undefined;
  #pause: string | undefined;
  #running = 0;
  #outermost = 0;
  #steps = 0;

  constructor(front: DebugFront) {
    this.#front = front;
  }

  /** Looks at the scripts of an engine from the next tick on. */
  attach(engine: LuaEngine): void {
    this.#engines.add(engine);
    engine.probe = this;
  }

  /** Lets everything run, and looks at nothing from the next tick on. */
  detach(): void {
    for (const engine of this.#engines) engine.probe = undefined;
    this.#engines.clear();
    this.breakpoints.clear();
    this.errors.clear();
    this.resume();
  }

  /** Stops before the next line that runs. */
  pause(reason = "pause"): void {
    this.#pause = reason;
  }

  /** Goes on, to the next stop of that kind or without end. */
  resume(kind?: StepKind): void {
    const { stopped } = this;
    this.stopped = undefined;
    this.#pause = undefined;
    this.#step = undefined;
    if (kind === undefined || stopped === undefined) return;
    const innermost = stopped.frames.find(({ thread }) => thread === stopped.running);
    const depth = innermost === undefined ? 0 : depthOf(stopped.call.vm.machine, innermost.call);
    this.#step = { kind, thread: stopped.running, depth };
  }

  /** The value of an expression in a frame of the stop; with `keep` of statements, too, whose effects stay. */
  evaluate(frame: Frame, text: string, keep: boolean): Evaluated {
    const { call, running, next } = this.stopped!;
    const self = selfOf(call);
    const more = self === undefined ? [] : ([[SELF, self]] as const);
    return this.#quietly(() => evaluate(call, frame, text, { running, next, keep, more }));
  }

  /** Does something during which nothing stops. */
  #quietly<T>(action: () => T): T {
    this.#busy = true;
    try {
      return action();
    } finally {
      this.#busy = false;
    }
  }

  enter(call: ProbedCall): void {
    this.#call = call;
    this.#tracker.clear();
    this.#running = this.#outermost = 0;
    const { name, file, hash } = call.program;
    if (this.#hashes.get(name) === hash) return;
    // A reload brings another text.
    this.#hashes.set(name, hash);
    this.sources.refresh(name, file);
  }

  leave(): void {
    this.#call = undefined;
    // Whoever steps out of a call gets to the next one.
    if (this.#step !== undefined) this.#step = { ...this.#step, kind: "in" };
  }

  step(thread: number, info: number, next: number): void {
    const call = this.#call;
    if (call === undefined || this.#busy) return;
    const { machine } = call.vm;
    if (this.#outermost === 0) this.#outermost = thread;
    this.#running = thread;
    if (this.breakpoints.count === 0 && this.#step === undefined && this.#pause === undefined) {
      // Nothing stops at a line: then which one it is can wait.
      if (this.errors.size > 0 && machine.lua.fuel.value === 0) this.#spent(call, info, next);
      else if ((++this.#steps & POLL) === 0 && this.#front.pending()) this.#front.serve();
      return;
    }
    const begins = this.#tracker.step(machine, info, next);
    const isSpent = this.errors.size > 0 && machine.lua.fuel.value === 0;
    // Who steps out comes to the midst of a line.
    if (!begins && !isSpent && this.#step?.kind !== "out") return;
    if (this.#front.pending()) this.#front.serve();
    const { code, line, entered } = this.#tracker;
    if (code.source === PRELUDE_NAME) return;
    if (isSpent) return this.#spent(call, info, next);
    if (!begins) {
      if (this.#step !== undefined && this.#comesTo(thread, info, this.#step)) this.#stop(call, next, "step", "");
      return;
    }
    const hit = this.#hits(call, next, this.breakpoints.at(code.source, line, entered ? code.firstLine : undefined));
    if (hit.length > 0) {
      const reason = hit.every((one) => one.line === 0) ? "function breakpoint" : "breakpoint";
      return this.#stop(call, next, reason, "", hit);
    }
    if (this.#pause !== undefined) return this.#stop(call, next, this.#pause, "");
    if (this.#step !== undefined && this.#comesTo(thread, info, this.#step)) this.#stop(call, next, "step", "");
  }

  thrown(): void {
    const call = this.#call;
    if (call === undefined || this.#busy || this.errors.size === 0 || this.#running === 0) return;
    const { machine } = call.vm;
    const { bytes } = machine;
    const threads = threadsFrom(machine, this.#running, this.#outermost);
    // Coroutines that an error has ended already pass it on.
    const alive = threads.filter((thread) => bytes[thread + state.status]! <= WAITS && isRunning(machine, thread));
    const running = alive[0];
    if (running === undefined || bytes[running + state.status] === WAITS) return;
    const slots = catchers(call);
    if (!this.errors.has("all") && alive.some((thread) => calls(machine, thread, slots))) return;
    this.#running = running;
    const heap = new Heap(machine);
    const value = heap.slot(heap.word(running + state.top) - luaValue.bytes);
    const text = heap.kind(value) === luaKind.string ? heap.text(value) : show(heap, call, value).text;
    this.#stop(call, 0, "exception", text);
  }

  hostCall(): void {}

  /** Of the breakpoints of a line those that stop; those that only print do so. */
  #hits(call: ProbedCall, next: number, all: readonly Breakpoint[]): Breakpoint[] {
    if (all.length === 0) return [];
    const running = this.#running;
    const frames = framesOf(call, threadsFrom(call.vm.machine, running, this.#outermost), next);
    const value = (text: string): Evaluated => {
      return this.#quietly(() => evaluate(call, frames[0]!, text, { running, next, keep: false }));
    };
    return all.filter((one) => {
      if (one.condition !== undefined && one.condition.trim() !== "") {
        const { ok, shown } = value(one.condition);
        if (!ok) this.print("stderr", `breakpoint: ${one.condition}: ${shown.text}`);
        else if (shown.text === "nil" || shown.text === "false") return false;
      }
      one.hits++;
      if (!hitCounts(one.hitCondition, one.hits)) return false;
      if (one.logMessage === undefined || one.logMessage === "") return true;
      const said = one.logMessage.replace(/\{([^{}]*)\}/g, (_, text: string) => {
        const { shown } = value(text);
        return shown.type === "string" ? (JSON.parse(shown.text) as string) : shown.text;
      });
      this.print("console", said, frames[0]);
      return false;
    });
  }

  /** Tells the client something. */
  print(category: "console" | "stdout" | "stderr", text: string, frame?: Frame): void {
    const source = frame === undefined ? undefined : this.sources.named(frame.source);
    const where = source?.path === undefined ? {} : { source: { name: source.name, path: source.path } };
    const line = frame === undefined ? {} : { line: frame.line };
    this.#front.emit("output", { category, output: `${text}\n`, ...where, ...line });
  }

  /** The next instruction would be one too many. */
  #spent(call: ProbedCall, info: number, next: number): void {
    this.#tracker.step(call.vm.machine, info, next);
    if (this.#tracker.code.source === PRELUDE_NAME) return;
    this.#stop(call, next, "exception", "used up its instructions: is there a loop without end?");
  }

  #comesTo(thread: number, info: number, { kind, thread: from, depth }: Step): boolean {
    if (kind === "in") return true;
    const { machine } = this.#call!.vm;
    if (thread !== from) return !threadsFrom(machine, thread, this.#outermost).includes(from);
    return depthOf(machine, info) < depth + (kind === "over" ? 1 : 0);
  }

  #stop(call: ProbedCall, next: number, reason: string, text: string, hit: readonly Breakpoint[] = []): void {
    const running = this.#running;
    const frames = framesOf(call, threadsFrom(call.vm.machine, running, this.#outermost), next);
    if (frames.length === 0) return;
    this.#step = this.#pause = undefined;
    this.stopped = { call, frames, running, next, reason, text };
    const ids = hit.length === 0 ? {} : { hitBreakpointIds: hit.map(({ id }) => id) };
    const said = text === "" ? {} : { text, description: text };
    this.#front.emit("stopped", { reason, threadId: THREAD, allThreadsStopped: true, ...said, ...ids });
    hold(() => {
      while (this.stopped !== undefined) {
        this.#front.serve();
        if (this.stopped !== undefined) this.#front.wait();
      }
    });
  }
}

/** The slots of the functions that catch errors. */
function catchers(call: ProbedCall): number[] {
  const heap = new Heap(call.vm.machine);
  const environment = environmentOf(call);
  if (heap.kind(environment) !== luaKind.table) return [];
  const meta = heap.metatable(heap.object(environment));
  const globals = meta === 0 ? undefined : heap.field(meta, "__index");
  if (globals === undefined) return [];
  return ["pcall", "xpcall"].flatMap((name) => {
    const slot = heap.field(heap.object(globals), name);
    return slot === undefined ? [] : [heap.object(slot)];
  });
}
