import { WorldloomError } from "../../core/errors.ts";
import { Writer } from "../wasm/binary.ts";
import { opensBlock } from "../wasm/code.ts";
import {
  type Body,
  decodeModule,
  encodeModule,
  type FunctionType,
  importCount,
  instructionsOf,
  type WasmModule,
} from "../wasm/module.ts";
import { absorbs, type Canonical, canonicalise, resultOf } from "../wasm/nan.ts";
import { op, type } from "../wasm/opcode.ts";
import { charge, chargeBytes, localCount, note, rewrite, stop } from "../wasm/rewrite.ts";
import { hookProxies } from "./bridge-hook.ts";
import { MORE_SLOT } from "./bridge-layout.ts";
import { shrinkFirstStacks } from "./first-stack.ts";
import { callInfo, state } from "./offsets.ts";

/** Bits of the exported global `why`: what ran out. Several can be set. */
export const luaWhy = { fuel: 1, work: 2, stack: 4, memory: 8, hang: 16 } as const;

/** Work that is done past the limit before Lua's own C code is stopped in the middle. */
const WORK_RESERVE = 1 << 22;

/** Targets of the jump to the code of an instruction, one for each of them and one more. */
export const DISPATCH_TARGETS = 83;
/** Locals of the loop of the virtual machine: the `lua_State`, the `CallInfo`, the address of the next instruction. */
export const EXECUTE_LOCALS = { state: 0, call: 7, next: 3 } as const;

/** Slots of a stack that Lua itself allows at most, and so the most that `stackMax` can be. */
export const LUA_STACK_MAX = 1_000_000;

export interface LuaBuild {
  /** Pages of 64 KiB of the memory at first, 10 at least, and at most. */
  readonly pages: number;
  readonly pagesMax: number;
}

/**
 * The build of Lua of wasmoon 1.16.0, with exact budgets. New exported globals, all i32 and mutable:
 *
 * - `fuel`: instructions of Lua that are left. One is taken before each; where none is left it traps, in all coroutines,
 *   metamethods, handlers and finalisers alike, as no `pcall` catches a trap.
 * - `work`: steps that are left for loops in C, 16 bytes copied or filled being one. Below zero functions of the libraries
 *   for texts and tables trap; they use Lua only through its API, so that all is in order. Elsewhere `fuel` becomes -1, and the
 *   next instruction of Lua traps. Code in C that goes on for {@link WORK_RESERVE} more traps in the middle: after `hang` the
 *   memory cannot be used any more.
 * - `fuelMore`, `workMore`: what a counter that ran out has still to come. Where there is some, the function in the slot
 *   {@link MORE_SLOT} is called to bring it, and can end the call.
 * - `why`: bits of {@link luaWhy}, set before a trap.
 * - `thread`: the coroutine (its `lua_State`) that ran out of fuel or stack. The instruction that it has come to is saved
 *   in it, so that its line can be asked for.
 * - `stackMax`: slots of the stack of one coroutine. More traps.
 * - `__global_0` to `__global_3`: the globals that the build has; with the memory they are all the state there is.
 *
 * NaNs are canonical wherever their bits are seen: which one an operation gives differs between processors, and on one of them
 * between the compilers that take turns.
 *
 * Throws `script-invalid` if the bytes are another build.
 */
export function instrumentLua(bytes: Uint8Array, { pages, pagesMax }: LuaBuild): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  const memory = module.memories[0];
  if (memory === undefined || module.globals.length !== 4 || module.bodies.length !== FUNCTIONS) {
    throw unknownBuild("its parts");
  }
  const globals = addGlobals(module);
  const found = find(module);
  shrinkFirstStacks(module, found.grow);
  const signature = module.types.push({ parameters: [], results: [] }) - 1;
  const imported = importCount(module, "function");
  for (const [index, body] of module.bodies.entries()) {
    const where = `function ${imported + index}`;
    const own = module.types[module.functions[index]!]!;
    const exact = withExactNans(body, where, own);
    module.bodies[index] = meter(
      exact,
      where,
      localCount(own, exact),
      { ...globals, signature },
      found.library.has(index),
    );
  }
  for (const index of [found.grow, found.shrink]) module.bodies[index] = limitStack(module.bodies[index]!, globals);
  module.bodies[found.grow] = refuseStack(module.bodies[found.grow]!, globals);
  hookProxies(module);
  module.memories[0] = { initial: pages, maximum: pagesMax, shared: false };
  return encodeModule({ ...module, data: moveHeap(module), customs: [] });
}

interface Globals {
  readonly fuel: number;
  readonly fuelMore: number;
  readonly work: number;
  readonly workMore: number;
  readonly why: number;
  readonly stackMax: number;
  readonly thread: number;
}

/** Functions of the build. */
const FUNCTIONS = 658;
/** Functions of libraries that have loops: how many, from the one that opens the library on. */
const LIBRARIES = { luaopen_base: 29, luaopen_string: 36, luaopen_table: 9, luaopen_utf8: 8 } as const;
/** What became of `LUAI_MAXSTACK` and numbers made of it in the functions that grow and shrink stacks: how often. */
const GROW_CONSTANTS: Readonly<Record<number, number>> = { 999999: 1, 1000000: 3, 1000200: 1, 16000001: 1 };
const SHRINK_CONSTANTS: Readonly<Record<number, number>> = { 999999: 1, 1000000: 3, 333332: 1 };
/**
 * Where the stack of C begins, which grows down to 35,136, and the heap. The 1 MiB between is five times what Lua's 200 nested
 * calls of C take at most; half of it is left, so that machines are smaller.
 */
const HEAP = 1_083_712;
const HEAP_MOVED = HEAP - (1 << 19);
/** A slot of a stack is 16 bytes. */
const SLOT_SHIFT = 4;

function unknownBuild(what: string): WorldloomError {
  return new WorldloomError("script-invalid", `this build of Lua is not known (${what}): install wasmoon 1.16.0`, {
    what,
  });
}

function addGlobals(module: WasmModule): Globals {
  const first = module.globals.length;
  for (let i = 0; i < first; i++) module.exports.push({ name: `__global_${i}`, kind: "global", index: i });
  const add = (name: string, value: number): number => {
    const index = module.globals.length;
    const init = new Writer(8).byte(op.i32Const).s32(value).byte(op.end).written;
    module.globals.push({ type: type.i32, mutable: true, init });
    module.exports.push({ name, kind: "global", index });
    return index;
  };
  return {
    fuel: add("fuel", 0x7fffffff),
    fuelMore: add("fuelMore", 0),
    work: add("work", 0x7fffffff),
    workMore: add("workMore", 0),
    why: add("why", 0),
    stackMax: add("stackMax", LUA_STACK_MAX),
    thread: add("thread", 0),
  };
}

interface Found {
  readonly grow: number;
  readonly shrink: number;
  /** The functions of {@link LIBRARIES}. */
  readonly library: ReadonlySet<number>;
}

/** The functions that are treated in a way of their own, by what they alone contain. */
function find(module: WasmModule): Found {
  const execute: number[] = [];
  const counts: Map<number, number>[] = [];
  for (const [index, body] of module.bodies.entries()) {
    const count = new Map<number, number>();
    counts.push(count);
    const at = instructionsOf(body, "code");
    while (at.next()) {
      if (at.code === op.brTable && at.targets.length === DISPATCH_TARGETS) execute.push(index);
      if (at.code === op.i32Const) count.set(at.first, (count.get(at.first) ?? 0) + 1);
    }
  }
  const only = (value: number): number => {
    const [first, ...more] = [...counts.keys()].filter((index) => counts[index]!.has(value));
    if (first === undefined || more.length > 0) throw unknownBuild(`the constant ${value}`);
    return first;
  };
  const grow = only(16_000_001);
  const shrink = only(333_332);
  for (const value of [999_999, 1_000_000, 1_000_200]) {
    for (const [index, count] of counts.entries()) {
      const expected = index === grow ? GROW_CONSTANTS : index === shrink ? SHRINK_CONSTANTS : {};
      if ((count.get(value) ?? 0) !== (expected[value] ?? 0)) throw unknownBuild(`the constant ${value}`);
    }
  }
  if (execute.length !== 1) throw unknownBuild("the loop of its virtual machine");
  return { grow, shrink, library: libraryOf(module) };
}

function libraryOf(module: WasmModule): ReadonlySet<number> {
  const imported = importCount(module, "function");
  const found = new Set<number>();
  for (const [name, count] of Object.entries(LIBRARIES)) {
    const opens = module.exports.find((item) => item.name === name);
    if (opens === undefined) throw unknownBuild(name);
    for (let i = 0; i < count; i++) found.add(opens.index - imported + i);
  }
  return found;
}

/**
 * Makes the NaNs that arithmetic gives canonical: texts, and with them scripts, tell their signs. Not at stores: values are moved
 * as floats here, and an integer below 0 has the bits of a NaN.
 */
function withExactNans(body: Body, where: string, own: FunctionType): Body {
  const needs = new Set<Canonical>();
  const at = instructionsOf(body, where);
  while (at.next()) {
    const what = resultOf(at.code);
    if (what !== undefined) needs.add(what);
  }
  const kinds: number[] = [];
  for (const what of needs) {
    if (typeof what === "string") throw unknownBuild("its vectors");
    kinds.push(what);
  }
  if (kinds.length === 0) return body;
  const first = localCount(own, body);
  let left: Canonical | undefined;
  return rewrite(body, where, kinds, (to) => {
    const { code } = to.at;
    if (left !== undefined && !absorbs(code, left))
      canonicalise(to.before(), left, first + kinds.indexOf(left as number));
    left = resultOf(code);
  });
}

/** Charges `fuel` for instructions, and `work` for jumps back in loops and for what is copied or filled. */
function meter(body: Body, where: string, local: number, globals: Counting, library: boolean): Body {
  const { fuel: fuelAt, fuelMore, work: workAt, workMore, signature } = globals;
  const overworked = (out: Writer) => (library ? stop(out, globals.why, luaWhy.work) : overwork(out, local, globals));
  const fuel = {
    counter: fuelAt,
    local,
    past: (out: Writer) => askMore(out, fuelAt, fuelMore, signature, () => runOut(out, globals)),
  };
  const work = {
    counter: workAt,
    local,
    past: (out: Writer) => askMore(out, workAt, workMore, signature, () => overworked(out)),
  };
  const dispatching = loopsAroundDispatch(body);
  /** Of each block that is open, whether jumps to it cost work. */
  const open: boolean[] = [false];
  const costs = (label: number): boolean => open[open.length - 1 - label]!;
  return rewrite(body, where, [type.i32], (to) => {
    const { code, start, first, targets } = to.at;
    if (opensBlock(code)) open.push(code === op.loop && !dispatching.has(start));
    else if (code === op.end) open.pop();
    else if (code === op.br && costs(first)) charge(to.before(), 1, work);
    else if (code === op.brIf && costs(first)) {
      charge(to.instead().byte(op.if).byte(type.none), 1, work);
      to.out
        .byte(op.br)
        .u32(first + 1)
        .byte(op.end);
    } else if (code === op.brTable) {
      if (targets.length === DISPATCH_TARGETS) charge(to.before(), 1, fuel);
      else if (targets.some(costs)) charge(to.before(), 1, work);
    } else if (code === op.memoryCopy || code === op.memoryFill) chargeBytes(to.before(), work);
  });
}

interface Counting extends Globals {
  /** The type of functions without parameters and results. */
  readonly signature: number;
}

/** Has more brought to a counter that is below zero, if there is more, and does `past` if it stays there. */
function askMore(out: Writer, counter: number, more: number, signature: number, past: () => void): void {
  out.byte(op.globalGet).u32(more).byte(op.i32Const).s32(0).byte(op.i32GtS).byte(op.if).byte(type.none);
  out.byte(op.i32Const).s32(MORE_SLOT).byte(op.callIndirect).u32(signature).u32(0).byte(op.end);
  out.byte(op.globalGet).u32(counter).byte(op.i32Const).s32(0).byte(op.i32LtS).byte(op.if).byte(type.none);
  past();
  out.byte(op.end);
}

/** Traps before an instruction, with the thread in `thread` and the instruction after it in its call, for traces. */
function runOut(out: Writer, { thread, why }: Globals): void {
  out.byte(op.localGet).u32(EXECUTE_LOCALS.state).byte(op.globalSet).u32(thread);
  out
    .byte(op.localGet)
    .u32(EXECUTE_LOCALS.call)
    .byte(op.localGet)
    .u32(EXECUTE_LOCALS.next)
    .byte(op.i32Store)
    .u32(2)
    .u32(callInfo.next);
  stop(out, why, luaWhy.fuel);
}

function overwork(out: Writer, local: number, { fuel, fuelMore, why }: Globals): void {
  note(out, why, luaWhy.work);
  out.byte(op.i32Const).s32(-1).byte(op.globalSet).u32(fuel);
  out.byte(op.i32Const).s32(0).byte(op.globalSet).u32(fuelMore);
  out.byte(op.localGet).u32(local).byte(op.i32Const).s32(-WORK_RESERVE).byte(op.i32LtS).byte(op.if).byte(type.none);
  stop(out, why, luaWhy.hang);
  out.byte(op.end);
}

/** Where the loops begin that every instruction of Lua goes round; they have its fuel already. */
function loopsAroundDispatch(body: Body): ReadonlySet<number> {
  const open: number[] = [];
  const at = instructionsOf(body, "code");
  while (at.next()) {
    if (opensBlock(at.code)) open.push(at.start);
    else if (at.code === op.end) open.pop();
    else if (at.code === op.brTable && at.targets.length === DISPATCH_TARGETS) return new Set(open);
  }
  return new Set();
}

/** Lets the heap begin at {@link HEAP_MOVED}, in code and globals. Returns the data to match. */
function moveHeap(module: WasmModule): Uint8Array {
  const moved = new Writer(8).byte(op.i32Const).s32(HEAP_MOVED).written;
  let count = 0;
  for (const [index, body] of module.bodies.entries()) {
    module.bodies[index] = rewrite(body, "heap", [], (to) => {
      if (to.at.code !== op.i32Const || to.at.first !== HEAP) return;
      to.instead().bytes(moved);
      count++;
    });
  }
  const [pointer] = module.globals;
  module.globals[0] = { ...pointer!, init: new Writer(8).bytes(moved).byte(op.end).written };
  // The last bytes are those of the variable with the end of the heap, but for a zero.
  const data = module.data?.slice() ?? new Uint8Array(0);
  const ends = [0, 8, 16].every((shift, i) => data[data.length - 3 + i] === ((HEAP >> shift) & 0xff));
  if (count !== 2 || !ends) throw unknownBuild("its heap");
  for (const [i, shift] of [0, 8, 16].entries()) data[data.length - 3 + i] = (HEAP_MOVED >> shift) & 0xff;
  return data;
}

/** `stackMax` instead of the constant. */
function limitStack(body: Body, { stackMax }: Globals): Body {
  return rewrite(body, "stack", [], (to) => {
    if (to.at.code !== op.i32Const) return;
    const value = to.at.first;
    if (value === 1_000_000) to.instead().byte(op.globalGet).u32(stackMax);
    if (value === 999_999) to.instead().byte(op.globalGet).u32(stackMax).byte(op.i32Const).s32(1).byte(op.i32Sub);
    if (value === 333_332) {
      to.instead().byte(op.globalGet).u32(stackMax).byte(op.i32Const).s32(3).byte(op.i32DivU);
      to.out.byte(op.i32Const).s32(1).byte(op.i32Sub);
    }
  });
}

/**
 * Before all else in `luaD_growstack(L, n, raise)`: if the slots in use and n more are past `stackMax`, traps if it would
 * raise an error, and else returns 0, as it says that the stack cannot grow.
 */
function refuseStack(body: Body, { stackMax, why, thread }: Globals): Body {
  const out = new Writer(128);
  out.byte(op.localGet).u32(1).byte(op.globalGet).u32(stackMax).byte(op.i32GtS);
  out.byte(op.localGet).u32(0).byte(op.i32Load).u32(2).u32(state.top);
  out.byte(op.localGet).u32(0).byte(op.i32Load).u32(2).u32(state.stack).byte(op.i32Sub);
  out.byte(op.i32Const).s32(SLOT_SHIFT).byte(op.i32ShrS);
  out.byte(op.localGet).u32(1).byte(op.i32Add).byte(op.globalGet).u32(stackMax).byte(op.i32GtS).byte(op.i32Or);
  out.byte(op.if).byte(type.none).byte(op.localGet).u32(2).byte(op.if).byte(type.none);
  out.byte(op.localGet).u32(0).byte(op.globalSet).u32(thread);
  stop(out, why, luaWhy.stack);
  out.byte(op.end).byte(op.i32Const).s32(0).byte(op.return).byte(op.end);
  out.part(body.bytes, body.at, body.end);
  return { locals: body.locals, bytes: out.written, at: 0, end: out.length };
}
