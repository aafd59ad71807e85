import { Writer } from "./binary.ts";
import type { Instructions } from "./code.ts";
import { type Body, type FunctionType, instructionsOf } from "./module.ts";
import { op, type } from "./opcode.ts";

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

/** How a global counts down. */
export interface Charge {
  /** The global, an i32. */
  readonly counter: number;
  /** A local of the function, of type i32: what is left, in `past`. */
  readonly local: number;
  /** Writes what happens below zero. */
  past(out: Writer): void;
}

/** Takes `cost`. */
export function charge(out: Writer, cost: number, of: Charge): void {
  out.byte(op.globalGet).u32(of.counter).byte(op.i32Const).s32(cost).byte(op.i32Sub);
  settle(out, of);
}

/** Takes one for each 16 bytes of the number on the stack, which stays there. */
export function chargeBytes(out: Writer, of: Charge): void {
  out.byte(op.localTee).u32(of.local).byte(op.globalGet).u32(of.counter);
  out.byte(op.localGet).u32(of.local).byte(op.i32Const).s32(4).byte(op.i32ShrU).byte(op.i32Sub);
  settle(out, of);
}

/** Notes a reason in the global of reasons. */
export function note(out: Writer, why: number, reason: number): void {
  out.byte(op.globalGet).u32(why).byte(op.i32Const).s32(reason).byte(op.i32Or).byte(op.globalSet).u32(why);
}

/** Notes a reason and traps. */
export function stop(out: Writer, why: number, reason: number): void {
  note(out, why, reason);
  out.byte(op.unreachable);
}

/** Writes the number on the stack to the counter. */
export function settle(out: Writer, { counter, local, past }: Charge): void {
  out.byte(op.localTee).u32(local).byte(op.globalSet).u32(counter);
  out.byte(op.localGet).u32(local).byte(op.i32Const).s32(0).byte(op.i32LtS).byte(op.if).byte(type.none);
  past(out);
  out.byte(op.end);
}
