import { codeOf } from "../lua/code-lines.ts";
import { COLLECTED, globalState, KIND_MASK, luaValue, state, variant } from "../lua/offsets.ts";
import { PRELUDE_NAME, slots } from "../lua/prelude/index.ts";
import type { ProbedCall } from "../lua/probed-call.ts";
import { loadText } from "../lua/template.ts";
import { type Frame, isolated, localsOf, settle, upvaluesOf } from "./frames.ts";
import { Heap, luaKind, type Slot } from "./heap.ts";
import { frozen, type Shown, show } from "./shown.ts";

/** Instructions that an expression may use. */
const FUEL = 100_000;
const WORK = 5_000_000;
const STACK = 10_000;
/** Bytes by which memory may grow for it. */
const GROWTH = 8 << 20;
const NAME = "expression";

export interface Evaluated {
  readonly ok: boolean;
  /** The value, or why there is none. */
  readonly shown: Shown;
}

export interface EvaluateOptions {
  /** The coroutine that stands still, and the instruction after the one that it is at; 0 where it knows it itself. */
  readonly running: number;
  readonly next: number;
  /** Whether what it writes stays: else all of it is taken back, and functions of the host refuse. */
  readonly keep: boolean;
  /** Values besides those of the frame, by name. */
  readonly more?: readonly (readonly [string, Slot])[];
}

/**
 * What an expression, or with `keep` statements, give in a frame: its locals, upvalues and globals are in scope. It has a
 * small budget of its own.
 */
export function evaluate(call: ProbedCall, frame: Frame, text: string, options: EvaluateOptions): Evaluated {
  const { machine } = call.vm;
  const { keep } = options;
  if (!keep) return call.quietly(() => isolated(call.vm, () => run(call, frame, text, options)));
  const before = machine.bytes.slice();
  let done: Evaluated | undefined;
  const { lua } = machine;
  const [fuel, work, why, thread, stack] = [lua.fuel, lua.work, lua.why, lua.thread, lua.stackMax].map((g) => g.value);
  const pointer = lua.stackSave();
  const limit = machine.limitBytes;
  machine.limitBytes = Math.min(limit, before.length + GROWTH);
  try {
    done = run(call, frame, text, options);
  } finally {
    if (done?.ok !== true) {
      machine.bytes.fill(0, before.length);
      machine.bytes.set(before);
      call.vm.broken = undefined;
    }
    machine.limitBytes = limit;
    lua.stackRestore(pointer);
    machine.arm(fuel!, work!, stack!);
    lua.why.value = why!;
    lua.thread.value = thread!;
  }
  return done;
}

function run(
  call: ProbedCall,
  frame: Frame,
  text: string,
  { running, next, keep, more = [] }: EvaluateOptions,
): Evaluated {
  const { vm } = call;
  const { machine } = vm;
  const { lua } = machine;
  const heap = new Heap(machine);
  const values = scopeOf(call, frame, text, more);
  const global = heap.word(running + state.global);
  const [top, stopped] = [heap.word(running + state.top), machine.bytes[global + globalState.stop]!];
  settle(machine, running, next);
  // A collection would move the stack of the thread that stands still.
  machine.bytes[global + globalState.stop] = 1;
  const mainTop = lua.lua_gettop(vm.main);
  machine.arm(FUEL, WORK, STACK);
  const thread = lua.lua_newthread(vm.main);
  try {
    const names = values.map(([name]) => name);
    const message = load(call, thread, text, names);
    if (message !== undefined) return { ok: false, shown: { text: message, type: "error" } };
    lua.lua_checkstack(thread, names.length + 16);
    for (const [, slot] of values) pushSlot(heap, thread, slot);
    machine.arm(FUEL, WORK, STACK);
    const stop = vm.resume(thread, values.length, NAME);
    if (stop !== undefined) return { ok: false, shown: { text: clean(stop.message), type: "error" } };
    if (vm.waits(thread)) return { ok: false, shown: { text: "nothing can wait here", type: "error" } };
    const first = heap.word(thread + state.top) - luaValue.bytes * vm.results;
    const shown = show(heap, call, heap.slot(first));
    if (!keep) return { ok: true, shown: frozen(shown, undefined, 6) };
    for (const [i, [name, slot]] of values.entries())
      if (i > 0) assign(heap, { thread, frame, name, slot, value: heap.slot(first + luaValue.bytes * i) });
    return { ok: true, shown };
  } finally {
    if (keep) {
      lua.lua_settop(vm.main, mainTop);
      machine.words[(running + state.top) >> 2] = top;
      machine.bytes[global + globalState.stop] = stopped;
    }
  }
}

/** The values that the text names, `_ENV` first. Inner locals go before outer ones. */
function scopeOf(call: ProbedCall, frame: Frame, text: string, more: readonly (readonly [string, Slot])[]) {
  const { machine } = call.vm;
  const known = new Map<string, Slot>();
  for (const [name, slot] of upvaluesOf(machine, frame)) known.set(name, slot);
  for (const [name, slot] of localsOf(machine, frame)) known.set(name, slot);
  for (const [name, slot] of more) known.set(name, slot);
  const words = new Set(text.match(/[A-Za-z_]\w*/g) ?? []);
  const values: [string, Slot][] = [["_ENV", known.get("_ENV") ?? environmentOf(call)]];
  for (const [name, slot] of known)
    if (name !== "_ENV" && words.has(name) && /^[A-Za-z_]\w*$/.test(name)) values.push([name, slot]);
  return values.slice(0, NAMES_MAX);
}

const NAMES_MAX = 100;

/** The globals of the instance whose call it is. */
export function environmentOf(call: ProbedCall): Slot {
  const heap = new Heap(call.vm.machine);
  const driver = heap.element(call.vm.raw().slot(call.vm.main, slots.drivers), call.instance);
  if (driver === undefined || heap.kind(driver) !== luaKind.table) return { tag: luaKind.nil, at: 0 };
  const update = heap.field(heap.object(driver), "onUpdate");
  if (update === undefined || heap.placeOf(update).split(":")[0] !== PRELUDE_NAME) return driver;
  const closure = heap.object(update);
  const { at: proto } = codeOf(call.vm.machine, closure);
  return upvaluesOf(call.vm.machine, { closure, proto }).find(([name]) => name === "env")?.[1] ?? driver;
}

/** The `self` of the instance whose call it is. */
export function selfOf(call: ProbedCall): Slot | undefined {
  const heap = new Heap(call.vm.machine);
  return heap.element(call.vm.raw().slot(call.vm.main, slots.selves), call.instance);
}

/** Pushes a function that gives the value of the text, and then those of the names; or says what is wrong. */
function load(call: ProbedCall, thread: number, text: string, names: readonly string[]): string | undefined {
  const { lua } = call.vm.machine;
  const around = (body: string): string =>
    `local ${names.join(", ")} = ...; local function __text() ${body}\nend local __value = __text() return __value${names
      .slice(1)
      .map((name) => `, ${name}`)
      .join("")}`;
  let message: string | undefined;
  for (const body of [`return ${text}`, text]) {
    if (loadText(call.vm.machine, thread, around(body), NAME) === 0) return undefined;
    message ??= clean(call.vm.values.text(thread, -1));
    lua.lua_settop(thread, 0);
  }
  return message;
}

function clean(message: string): string {
  return message.replace(new RegExp(`^(${NAME}|${PRELUDE_NAME}):\\d+: `), "").replace(/ near 'end'$/, " near the end");
}

/** Pushes a copy of a value. */
function pushSlot(heap: Heap, thread: number, { tag, at }: Slot): void {
  const { machine } = heap;
  machine.lua.lua_pushnil(thread);
  if (tag === luaKind.nil) return;
  const { words, bytes } = machine;
  const top = words[(thread + state.top) >> 2]! - luaValue.bytes;
  words[top >> 2] = words[at >> 2]!;
  words[(top >> 2) + 1] = words[(at >> 2) + 1]!;
  bytes[top + luaValue.type] = isCollected(tag) ? tag | COLLECTED : tag;
}

function isCollected(tag: number): boolean {
  return (tag & KIND_MASK) >= luaKind.string && tag !== variant.lightFunction;
}

interface Assignment {
  readonly thread: number;
  readonly frame: Frame;
  readonly name: string;
  /** Where the value was, and the one that it has now. */
  readonly slot: Slot;
  readonly value: Slot;
}

/** Writes a value that the text gave to a local or upvalue. */
function assign(heap: Heap, { thread, frame, name, slot, value }: Assignment): void {
  const { words, bytes, lua } = heap.machine;
  const same =
    words[slot.at >> 2] === words[value.at >> 2] &&
    words[(slot.at >> 2) + 1] === words[(value.at >> 2) + 1] &&
    slot.tag === value.tag;
  if (same) return;
  const upvalues = upvaluesOf(heap.machine, frame);
  const index = upvalues.findIndex(([, { at }]) => at === slot.at);
  if (index >= 0) {
    pushSlot(heap, thread, heap.slot(words[frame.call >> 2]!));
    pushSlot(heap, thread, value);
    lua.lua_setupvalue(thread, -2, index + 1);
    lua.lua_settop(thread, -2);
    return;
  }
  if (!localsOf(heap.machine, frame).some(([known, { at }]) => known === name && at === slot.at)) return;
  words[slot.at >> 2] = words[value.at >> 2]!;
  words[(slot.at >> 2) + 1] = words[(value.at >> 2) + 1]!;
  bytes[slot.at + luaValue.type] = bytes[value.at + luaValue.type]!;
}
