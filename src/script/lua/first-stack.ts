import { WorldloomError } from "../../core/errors.ts";
import { type Body, instructionsOf, type WasmModule } from "../wasm/module.ts";
import { op } from "../wasm/opcode.ts";
import { rewrite } from "../wasm/rewrite.ts";
import { FIRST_SLOT, slotNames } from "./bridge-layout.ts";

/** Slots of the first stack of a coroutine, in Lua and here. */
const SLOTS = { lua: 40, ours: 12 } as const;
/** Slots behind each stack, for errors. */
const SLOTS_MORE = 5;
/** Below so many slots a stack grows by a quarter. */
const SLOTS_SMALL = 128;
/** A slot is 16 bytes, of which the type is the ninth. */
const SLOT_BYTES = 16;

/** Slots that a C function finds free when it is called: in Lua, and where all it does is to wait. */
const ROOM = { lua: 20, waiting: 4 } as const;
/** The functions that wait, one behind the other in the table. */
const WAITING = { first: FIRST_SLOT + slotNames.indexOf("wait"), count: 3 } as const;

/**
 * Lets the stacks of coroutines begin with 12 slots instead of 40, and grow by a quarter instead of to the double while they are
 * small: most coroutines wait where few slots are in use, and their stacks are a large part of the memory. So what waits asks for
 * less room than other C functions. Lua reads a stack's size
 * from its ends, so that nothing else knows it. `grow` is the number of `luaD_growstack`. Throws `script-invalid` for other builds.
 */
export function shrinkFirstStacks(module: WasmModule, grow: number): void {
  const bytes = stackBytes(SLOTS.lua);
  const [init, ...more] = [...module.bodies.keys()].filter((index) => {
    const counts = constantsOf(module.bodies[index]!);
    return counts.get(bytes.all) === 1 && counts.get(bytes.usable) === 1 && counts.get(FIRST_CALL_TOP) === 1;
  });
  if (init === undefined || more.length > 0 || constantsOf(module.bodies[grow]!).get(DOUBLING_SHIFT) !== 1)
    throw unknownStack();
  const [call, ...others] = [...module.bodies.keys()].filter((index) => {
    const counts = constantsOf(module.bodies[index]!);
    const { parameters, results } = module.types[module.functions[index]!]!;
    return (
      parameters.length === 4 && results.length === 1 && roomOf(ROOM.lua).every((value) => counts.get(value) === 1)
    );
  });
  if (call === undefined || others.length > 0) throw unknownStack();
  module.bodies[call] = withLessRoom(module.bodies[call]!);
  module.bodies[init] = shorter(module.bodies[init]!);
  module.bodies[grow] = growingByQuarter(module.bodies[grow]!);
}

/** Where the first call of a stack may write to: 20 slots behind its function. */
const FIRST_CALL_TOP = 21 * SLOT_BYTES;
/** Makes of bytes twice the number of slots. */
const DOUBLING_SHIFT = 3;

function stackBytes(slots: number): { readonly usable: number; readonly all: number } {
  return { usable: slots * SLOT_BYTES, all: (slots + SLOTS_MORE) * SLOT_BYTES };
}

/** `stack_init`, which the compiler unrolled: without the slots past the new end being set to nil. */
function shorter(body: Body): Body {
  const [from, to] = [stackBytes(SLOTS.lua), stackBytes(SLOTS.ours)];
  let left = 0;
  const made = rewrite(body, "first stack", [], (at) => {
    const { code, first, offset } = at.at;
    if (code === op.i32Const && first === from.all) at.instead().byte(op.i32Const).s32(to.all);
    if (code === op.i32Const && first === from.usable) at.instead().byte(op.i32Const).s32(to.usable);
    if (code !== op.i32Store8 || offset < to.all) return;
    at.instead().byte(op.drop).byte(op.drop);
    left++;
  });
  if (left !== SLOTS.lua - SLOTS.ours) throw unknownStack();
  return made;
}

/** Where there is `bytes >> 3`, twice the slots: `bytes * 5 >> 6` for a stack that is small. */
function growingByQuarter(body: Body): Body {
  let bytes = -1;
  return rewrite(body, "stack", [], (to) => {
    const { code, first } = to.at;
    if (code !== op.i32Const || first !== DOUBLING_SHIFT) {
      bytes = code === op.localGet ? first : -1;
      return;
    }
    if (bytes < 0) throw unknownStack();
    const out = to.instead().byte(op.i32Const).s32(5).byte(op.i32Mul).byte(op.i32Const).s32(6).byte(op.i32ShrS);
    out.byte(op.localGet).u32(bytes).byte(op.i32Const).s32(DOUBLING_SHIFT).byte(op.i32ShrS);
    out
      .byte(op.localGet)
      .u32(bytes)
      .byte(op.i32Const)
      .s32(SLOTS_SMALL * SLOT_BYTES)
      .byte(op.i32LtS);
    // What Lua shifts by now.
    out.byte(op.select).byte(op.i32Const).s32(0);
  });
}

/** The numbers in `precallC` that say how much room there must be: bytes but for less than a slot, slots, bytes. */
function roomOf(slots: number): readonly number[] {
  return [slots * SLOT_BYTES + SLOT_BYTES - 1, slots, slots * SLOT_BYTES];
}

/** `precallC(L, func, results, f)`, where f is the number of a C function. */
function withLessRoom(body: Body): Body {
  const [usual, less] = [roomOf(ROOM.lua), roomOf(ROOM.waiting)];
  return rewrite(body, "room", [], (to) => {
    const which = to.at.code === op.i32Const ? usual.indexOf(to.at.first) : -1;
    if (which < 0) return;
    const out = to.instead().byte(op.i32Const).s32(less[which]!).byte(op.i32Const).s32(usual[which]!);
    out.byte(op.localGet).u32(3).byte(op.i32Const).s32(WAITING.first).byte(op.i32Sub);
    out.byte(op.i32Const).s32(WAITING.count).byte(op.i32LtU).byte(op.select);
  });
}

function constantsOf(body: Body): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const at = instructionsOf(body, "code");
  while (at.next()) if (at.code === op.i32Const) counts.set(at.first, (counts.get(at.first) ?? 0) + 1);
  return counts;
}

function unknownStack(): WorldloomError {
  const what = "its stacks";
  return new WorldloomError("script-invalid", `this build of Lua is not known (${what}): install wasmoon 1.16.0`, {
    what,
  });
}
