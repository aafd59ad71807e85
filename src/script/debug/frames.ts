import { localsAt, upvalueName } from "../lua/code-lines.ts";
import type { Machine } from "../lua/machine.ts";
import {
  callInfo,
  cClosure,
  debug,
  luaClosure,
  luaValue,
  nameAt,
  proto as protoAt,
  state,
  upvalue as upvalueAt,
  variant,
} from "../lua/offsets.ts";
import { PRELUDE_NAME } from "../lua/prelude/index.ts";
import type { ProbedCall } from "../lua/probed-call.ts";
import { record, word } from "../lua/template.ts";
import { Heap, luaKind, type Slot } from "./heap.ts";

/** A call of a function that is going on. */
export interface Frame {
  /** As its caller calls it; empty where that has no name for it. */
  readonly name: string;
  /** The script or module; empty for functions of the engine. */
  readonly source: string;
  /** From 1; 0 for functions of the engine. */
  readonly line: number;
  /** Where its function begins; 0 for the top level. */
  readonly firstLine: number;
  /** Its `lua_State`, `CallInfo`, `Proto` and closure. */
  readonly thread: number;
  readonly call: number;
  readonly proto: number;
  readonly closure: number;
  /** The number of its instruction. */
  readonly instruction: number;
}

/** Set in the status of calls of functions of C. */
const C_CALL = 2;
const FRAMES_MAX = 1_000;

/** Whether calls are going on in a thread. */
export function isRunning({ words }: Machine, thread: number): boolean {
  return words[(words[(thread + state.call) >> 2]! + callInfo.previous) >> 2] !== 0;
}

/** Depth of the innermost call of a thread. */
export function depthOf({ words }: Machine, at: number): number {
  let depth = 0;
  for (let info = at; info !== 0; info = words[(info + callInfo.previous) >> 2]!) depth++;
  return depth;
}

/** Is used again: fresh memory takes longer than the copy. */
let spare: Uint8Array = new Uint8Array(0);

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = spare.length === bytes.length ? spare : new Uint8Array(bytes.length);
  // Nobody else takes it until it is given back.
  spare = NOTHING;
  copy.set(bytes);
  return copy;
}

const NOTHING = new Uint8Array(0);

/**
 * Does something with the machine and puts its memory back to what it was, so that no byte differs after it. Fuel is put
 * back, too.
 */
export function isolated<T>(vm: ProbedCall["vm"], action: () => T): T {
  const { machine, words, broken } = vm;
  const { lua } = machine;
  const image = copyOf(machine.bytes);
  const [fuel, work, why, thread, stack] = [lua.fuel, lua.work, lua.why, lua.thread, lua.stackMax].map((g) => g.value);
  const pointer = lua.stackSave();
  const kept = words.slice();
  const limit = machine.limitBytes;
  machine.limitBytes = image.length;
  try {
    return action();
  } finally {
    machine.limitBytes = limit;
    machine.bytes.set(image);
    spare = image;
    words.set(kept);
    vm.broken = broken;
    lua.stackRestore(pointer);
    machine.arm(fuel!, work!, stack!);
    lua.why.value = why!;
    lua.thread.value = thread!;
  }
}

/** Makes what Lua keeps in locals visible to its API: the instruction that a thread is at, and its registers. */
export function settle({ words, bytes }: Machine, thread: number, next: number): void {
  const info = words[(thread + state.call) >> 2]!;
  if (bytes[info + callInfo.status]! & C_CALL) return;
  if (next !== 0) words[(info + callInfo.next) >> 2] = next;
  const top = words[(info + callInfo.top) >> 2]!;
  if (words[(thread + state.top) >> 2]! < top) words[(thread + state.top) >> 2] = top;
}

/** All calls that are going on, innermost first, through the coroutines that wait for others. */
export function framesOf(at: ProbedCall, threads: readonly number[], next: number): Frame[] {
  const { machine } = at.vm;
  return isolated(at.vm, () => {
    settle(machine, threads[0]!, next);
    return threads.flatMap((thread) => threadFrames(machine, at.vm.words[word.record]!, thread)).slice(0, FRAMES_MAX);
  });
}

function threadFrames(machine: Machine, at: number, thread: number): Frame[] {
  const { lua } = machine;
  const frames: Frame[] = [];
  for (let level = 0; level < FRAMES_MAX && lua.lua_getstack(thread, level, at) !== 0; level++) {
    if (lua.lua_getinfo(thread, at + record.what, at) === 0) break;
    const { words } = machine;
    const source = nameAt(machine.bytes, at + debug.source);
    if (source === PRELUDE_NAME) continue;
    const info = words[(at + debug.call) >> 2]!;
    const what = nameAt(machine.bytes, words[(at + debug.what) >> 2]!);
    const name = nameAt(machine.bytes, words[(at + debug.name) >> 2]!);
    const func = words[info >> 2]!;
    const closure = words[func >> 2]!;
    if (what === "C") {
      if (name !== "")
        frames.push({
          name,
          source: "",
          line: 0,
          firstLine: 0,
          thread,
          call: info,
          proto: 0,
          closure: 0,
          instruction: 0,
        });
      continue;
    }
    const proto = words[(closure + luaClosure.proto) >> 2]!;
    frames.push({
      name: what === "main" ? "top level" : name,
      source,
      line: words[(at + debug.line) >> 2]!,
      firstLine: words[(at + debug.firstLine) >> 2]!,
      thread,
      call: info,
      proto,
      closure,
      instruction: ((words[(info + callInfo.next) >> 2]! - words[(proto + protoAt.code) >> 2]!) >> 2) - 1,
    });
  }
  return frames;
}

/** Coroutines from the one that runs outwards to the one in which the call began. */
export function threadsFrom(machine: Machine, running: number, outermost: number): number[] {
  const heap = new Heap(machine);
  const chain = [outermost];
  for (let thread = outermost; thread !== running && chain.length < FRAMES_MAX; ) {
    const inner = resumedBy(heap, heap.word(thread + state.call));
    if (inner === 0 || chain.includes(inner)) break;
    chain.unshift(inner);
    thread = inner;
  }
  return chain[0] === running ? chain : [running];
}

/** The coroutine that the function of C of a call resumes: its first argument, or what `coroutine.wrap` keeps. */
function resumedBy(heap: Heap, info: number): number {
  const func = heap.word(info + callInfo.func);
  const first = heap.slot(func + luaValue.bytes);
  if (heap.kind(first) === luaKind.thread) return heap.object(first);
  if ((heap.slot(func).tag & 15) !== luaKind.function) return 0;
  const kept = heap.slot(heap.word(func) + cClosure.upvalue);
  return kept.tag === luaKind.thread ? heap.object(kept) : 0;
}

/** Names and values of a frame's locals; the last one of a name is the one that counts. */
export function localsOf(machine: Machine, { call: info, proto, instruction }: Frame): [string, Slot][] {
  if (proto === 0) return [];
  const heap = new Heap(machine);
  const base = heap.word(info + callInfo.func) + luaValue.bytes;
  return localsAt(machine, proto, instruction).map((name, i) => [name, heap.slot(base + i * luaValue.bytes)]);
}

export function upvaluesOf(machine: Machine, { closure, proto }: Pick<Frame, "closure" | "proto">): [string, Slot][] {
  if (proto === 0) return [];
  const heap = new Heap(machine);
  const found: [string, Slot][] = [];
  for (let i = 0; i < machine.bytes[closure + luaClosure.count]!; i++) {
    const upvalue = heap.word(closure + luaClosure.upvalues + 4 * i);
    found.push([upvalueName(machine, proto, i), heap.slot(heap.word(upvalue + upvalueAt.value))]);
  }
  return found;
}

/** Whether a function of that slot of the table, such as `pcall`, is among the calls of a thread. */
export function calls(machine: Machine, thread: number, slots: readonly number[]): boolean {
  const { words, bytes } = machine;
  for (let info = words[(thread + state.call) >> 2]!; info !== 0; info = words[(info + callInfo.previous) >> 2]!) {
    const func = words[info >> 2]!;
    if (bytes[func + luaValue.type] === variant.lightFunction && slots.includes(words[func >> 2]!)) return true;
  }
  return false;
}
