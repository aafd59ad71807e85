import { Writer } from "./binary.ts";
import type { Instructions } from "./code.ts";
import { type Body, type FunctionType, instructionsOf } from "./module.ts";
import { op } from "./opcode.ts";

/** A body being copied, with code put between its instructions. */
export interface Rewriting {
  readonly at: Instructions;
  readonly out: Writer;
  /** Copies what was read before the current instruction, so that code written now comes before it. */
  before(): Writer;
  /** The same, and leaves the current instruction out. */
  instead(): Writer;
  /** The same, with the current instruction: code written now comes behind it. */
  behind(): Writer;
}

/** Copies a body; `visit` sees each instruction in order. New locals, of the types in `locals`, come after the old ones. */
export function rewrite(body: Body, where: string, locals: readonly number[], visit: (to: Rewriting) => void): Body {
  const at = instructionsOf(body, where);
  const out = new Writer((body.end - body.at) * 2);
  let copied = body.at;
  const copyTo = (end: number): Writer => {
    if (end > copied) out.part(body.bytes, copied, end);
    copied = end;
    return out;
  };
  const rewriting: Rewriting = {
    at,
    out,
    before: () => copyTo(at.start),
    behind: () => copyTo(at.end),
    instead: () => {
      copyTo(at.start);
      copied = at.end;
      return out;
    },
  };
  while (at.next()) visit(rewriting);
  copyTo(body.end);
  const added = locals.map((type) => [1, type] as const);
  return { locals: [...body.locals, ...added], bytes: out.written, at: 0, end: out.length };
}

/** The number of the first local that can be added to a function. */
export function localCount(type: FunctionType, body: Body): number {
  return body.locals.reduce((sum, [count]) => sum + count, type.parameters.length);
}

/** How a global counts down, and stops the module below zero. */
export interface Charge {
  /** The global that counts down. */
  readonly counter: number;
  /** A local of the function, of type i32. */
  readonly local: number;
  /** The global of reasons, and the bit that is set in it. */
  readonly why: number;
  readonly reason: number;
}

export function charge(out: Writer, cost: number, { counter, local, why, reason }: Charge): void {
  out.byte(op.globalGet).u32(counter).byte(op.i32Const).s32(cost).byte(op.i32Sub);
  out.byte(op.localTee).u32(local).byte(op.globalSet).u32(counter);
  out.byte(op.localGet).u32(local).byte(op.i32Const).s32(0).byte(op.i32LtS).byte(op.if).byte(0x40);
  stop(out, why, reason);
  out.byte(op.end);
}

/** One for each 16 bytes of the number on the stack, which stays there. */
export function chargeBytes(out: Writer, { counter, local, why, reason }: Charge): void {
  out.byte(op.localTee).u32(local);
  out.byte(op.globalGet).u32(counter).byte(op.localGet).u32(local).byte(op.i32Const).s32(4).byte(op.i32ShrU);
  out.byte(op.i32Sub).byte(op.localTee).u32(local).byte(op.globalSet).u32(counter);
  out.byte(op.localGet).u32(local).byte(op.i32Const).s32(0).byte(op.i32LtS).byte(op.if).byte(0x40);
  stop(out, why, reason);
  out.byte(op.end);
}

/** Notes the reason and traps. */
export function stop(out: Writer, why: number, reason: number): void {
  out.byte(op.globalGet).u32(why).byte(op.i32Const).s32(reason).byte(op.i32Or).byte(op.globalSet).u32(why);
  out.byte(op.unreachable);
}
