import { WorldloomError } from "../../core/errors.ts";
import type { Budget } from "../budget.ts";
import { type FaultKind, ScriptStop } from "../fault.ts";
import { WAIT_MARK } from "./bridge-layout.ts";
import { LUA_STACK_MAX, luaWhy } from "./build.ts";
import { Converter, luaType } from "./convert.ts";
import type { LuaExports } from "./glue.ts";
import type { Machine } from "./machine.ts";
import { SLOT_COUNT, slots } from "./prelude/index.ts";
import { RawLua } from "./raw.ts";
import { newRunner, record, word } from "./template.ts";
import { type Trace, traceOf } from "./trace.ts";

/** What ended a run before its end. */
export interface Stop extends Trace {
  readonly kind: FaultKind;
  readonly message: string;
}

/** What a coroutine gave when it began to wait. */
export interface LuaWait {
  readonly ticks: number;
  readonly event: string;
}

/** Steps that C code may take in a call that may use so many instructions: far more than what does not mean to hang. */
export function workFor(instructions: number): number {
  return Math.min(10 * instructions + 20_000_000, 0x7fff_ffff);
}
/** Slots that the engine itself needs. */
const STACK_MIN = 1000;
/** Instructions for the engine's own errands, which no script pays. */
export const ERRAND_FUEL = 100_000_000;

/** A machine that was made from a template, and how functions run in it. */
export class LuaVm {
  readonly machine: Machine;
  readonly lua: LuaExports;
  readonly values: Converter;
  /** Addresses; see {@link word}. */
  readonly words: Int32Array<ArrayBuffer>;
  #raw: RawLua | undefined;
  #rawBytes: Uint8Array<ArrayBufferLike> | undefined;
  readonly #stack: number;
  readonly #work: number;
  /** Set when C code was stopped somewhere in between: nothing can be called until another image is in place. */
  broken: FaultKind | undefined;

  constructor(machine: Machine, words: Int32Array<ArrayBuffer>, { stack, instructions }: Budget) {
    this.machine = machine;
    this.lua = machine.lua;
    this.words = words;
    this.values = new Converter(machine);
    this.#stack = Math.min(Math.max(stack, STACK_MIN), LUA_STACK_MAX);
    this.#work = workFor(instructions);
  }

  get main(): number {
    return this.words[word.main]!;
  }

  get runner(): number {
    return this.words[word.runner]!;
  }

  /** What the memory holds, without a call. Not to be kept, as the memory moves when it grows. */
  raw(): RawLua {
    const { bytes } = this.machine;
    if (this.#raw === undefined || this.#rawBytes !== bytes) {
      this.#rawBytes = bytes;
      this.#raw = new RawLua(bytes, this.machine.words);
    }
    return this.#raw;
  }

  /** Visits the integer keys of the table in a slot. */
  each(slot: number, visit: (key: number, value: number, raw: RawLua) => void): void {
    const raw = this.raw();
    raw.each(raw.slot(this.main, slot), (key, value) => visit(key, value, raw));
  }

  arm(fuel: number): void {
    this.machine.arm(fuel, this.#work, this.#stack);
  }

  /** Pushes what a slot holds onto the main thread, from where {@link move} takes it. */
  pushSlot(slot: number): void {
    this.lua.lua_pushvalue(this.main, slot);
  }

  pushInteger(value: number): void {
    this.lua.lua_pushinteger(this.main, BigInt(value));
  }

  /** Moves the topmost values of the main thread to another. */
  move(thread: number, count: number): void {
    if (this.lua.lua_checkstack(thread, count + 2) === 0)
      throw new ScriptStop("stack", "the stack has no room for values");
    this.lua.lua_xmove(this.main, thread, count);
  }

  /**
   * Starts a function that lies on the thread under `count` values, or goes on where it waits. Undefined if it ended or
   * began to wait; a stop leaves the thread useless.
   */
  resume(thread: number, count: number, script: string): Stop | undefined {
    const { lua } = this;
    const pointer = lua.stackSave();
    let outcome: number;
    try {
      outcome = lua.lua_resume(thread, this.main, count, this.words[word.record]! + record.results);
    } catch (thrown) {
      lua.stackRestore(pointer);
      lua.setThrew(0, 0);
      return this.#stopped(thrown, thread, script);
    }
    const why = lua.why.value;
    if ((why & luaWhy.memory) !== 0) return this.#stop("memory", thread, script);
    if ((why & luaWhy.work) !== 0) return this.#stop("work", thread, script);
    if (outcome <= YIELDED) return undefined;
    if (outcome === OUT_OF_MEMORY) return this.#stop("memory", thread, script);
    return { kind: "error", message: this.#message(thread), ...this.#trace(thread, script) };
  }

  /** Values that a run gave, on top of its thread. */
  get results(): number {
    return this.machine.words[(this.words[word.record]! + record.results) >> 2]!;
  }

  waits(thread: number): boolean {
    return this.raw().status(thread) === YIELDED;
  }

  /** The thread of a task of that instance; 0 if there is none. */
  threadOf(task: number, instance: number): number {
    const { lua, main } = this;
    const raw = this.raw();
    const place = raw.listed(raw.slot(main, slots.places), task);
    const thread = raw.listed(raw.slot(main, slots.tasks), task);
    if (place !== 0 && thread !== 0) return raw.integer(place) === instance ? raw.thread(thread) : 0;
    lua.lua_rawgeti(main, slots.places, BigInt(task));
    lua.lua_rawgeti(main, slots.tasks, BigInt(task));
    const mine = Number(lua.lua_tointegerx(main, -2, 0)) === instance;
    const found = mine ? lua.lua_tothread(main, -1) : 0;
    lua.lua_settop(main, SLOT_COUNT);
    return found;
  }

  /** What a thread that waits gave: to wait for one tick if it says nothing else. Its stack is made ready to go on. */
  readWait(thread: number): LuaWait {
    const count = this.results;
    const raw = this.raw();
    const first = raw.top(thread) - count * VALUE_BYTES;
    const marked = count >= 2 && raw.isLight(first, WAIT_MARK);
    const wait = {
      ticks: marked ? raw.integer(first + VALUE_BYTES) : 1,
      event: marked && count > 2 ? raw.text(first + 2 * VALUE_BYTES) : "",
    };
    if (count > 0) this.lua.lua_settop(thread, -1 - count);
    return wait;
  }

  /** After a run that ended: the runner is empty again. */
  clear(): void {
    this.lua.lua_settop(this.runner, 0);
  }

  /**
   * Gives the runner up: its function waits, or was stopped. It is let go of first, as there may be no memory for another. So
   * many values stay on the main thread.
   */
  renewRunner(kept = 0): void {
    this.guard(() => {
      const { lua, main } = this;
      lua.lua_settop(main, SLOT_COUNT + kept);
      lua.lua_pushnil(main);
      lua.lua_copy(main, -1, slots.runner);
      lua.lua_settop(main, SLOT_COUNT + kept);
      this.words[word.runner] = newRunner(this.machine, this.main);
    });
  }

  /** Does an errand of the engine's: a function of a slot with integers. The result that it gives, if it is an integer. */
  errand(slot: number, ...values: readonly number[]): number {
    return this.#errand(slot, values, 0);
  }

  /** The same, with the value on the main thread's top as the last one. */
  errandOnTop(slot: number, ...values: readonly number[]): number {
    return this.#errand(slot, values, 1);
  }

  #errand(slot: number, values: readonly number[], more: number): number {
    const { lua, main } = this;
    const { fuel } = lua;
    const left = fuel.value;
    let result = 0;
    this.guard(() => {
      fuel.value = ERRAND_FUEL;
      this.pushSlot(slot);
      for (const value of values) this.pushInteger(value);
      if (more > 0) lua.lua_rotate(main, -2 - values.length, -1);
      this.run(values.length + more);
      result = Number(lua.lua_tointegerx(this.runner, -1, 0));
      this.clear();
    });
    fuel.value = left;
    return result;
  }

  /** Runs a function of the engine's on the runner, from the main thread's top. Throws `script-fault`. */
  run(count: number): void {
    this.move(this.runner, count + 1);
    const stop = this.resume(this.runner, count, "");
    if (stop === undefined && !this.waits(this.runner)) return;
    this.renewRunner();
    throw new WorldloomError("script-fault", stop?.message ?? "nothing can wait here", { kind: stop?.kind ?? "error" });
  }

  /** Runs what may run out of memory between calls: then the machine is of no use any more. */
  guard(action: () => void): void {
    if (this.broken !== undefined) return;
    try {
      action();
    } catch (thrown) {
      // Only what the machine itself threw is of its making.
      if (thrown instanceof WorldloomError && thrown.operands["kind"] === undefined) throw thrown;
      this.broken = (this.lua.why.value & luaWhy.hang) !== 0 ? "work" : "memory";
    }
  }

  #stopped(thrown: unknown, thread: number, script: string): Stop {
    const why = this.lua.why.value;
    const within = (why & luaWhy.fuel) !== 0 ? this.lua.thread.value : thread;
    if (thrown instanceof ScriptStop)
      return { kind: thrown.kind, message: thrown.message, ...this.#trace(thread, script) };
    if (!(thrown instanceof Error) || !(thrown.name === "RuntimeError" || thrown instanceof RangeError)) throw thrown;
    if ((why & luaWhy.memory) !== 0) return this.#stop("memory", within, script);
    if ((why & luaWhy.stack) !== 0) return this.#stop("stack", thread, script);
    if ((why & luaWhy.hang) !== 0) {
      this.broken = "work";
      return { kind: "work", message: messages.work, line: 0, frames: [] };
    }
    if ((why & luaWhy.work) !== 0) return this.#stop("work", within, script);
    if ((why & luaWhy.fuel) !== 0) return this.#stop("instructions", within, script);
    this.broken = "work";
    return { kind: "work", message: thrown.message, line: 0, frames: [] };
  }

  #stop(kind: keyof typeof messages, thread: number, script: string): Stop {
    return { kind, message: messages[kind], ...this.#trace(thread, script) };
  }

  #trace(thread: number, script: string): Trace {
    return traceOf(this.machine, thread, this.words[word.record]!, script);
  }

  /** The text of an error: a string, a number, or what a table has as `message`. */
  #message(thread: number): string {
    const { lua, values } = this;
    const type = lua.lua_type(thread, -1);
    if (type === luaType.string) return values.text(thread, -1);
    if (type === luaType.number) return String(values.read(thread, -1));
    let message = type === luaType.nil ? "an error without a message" : "an error that is no text";
    if (type === luaType.table)
      this.guard(() => {
        values.pushText(thread, "message");
        if (lua.lua_rawget(thread, -2) === luaType.string) message = values.text(thread, -1);
      });
    return message;
  }
}

const YIELDED = 1;
const VALUE_BYTES = 16;
const OUT_OF_MEMORY = 4;
const messages = {
  memory: "used up its memory",
  stack: "used up its stack: is there a recursion without end?",
  work: "kept a function of the library busy for too long",
  instructions: "used up its instructions: is there a loop without end?",
} as const;
