import type { Writer } from "./binary.ts";
import { opensBlock } from "./code.ts";
import { costsOf } from "./cost.ts";
import { type Body, type FunctionType, instructionsOf } from "./module.ts";
import { absorbs, type Canonical, canonicalise, resultOf } from "./nan.ts";
import { op, type } from "./opcode.ts";
import { type Charge, charge, chargeBytes, localCount, type Rewriting, rewrite, stop } from "./rewrite.ts";
import { frameSlots, type Signatures } from "./stack.ts";

/** Bits of the exported global `why`: what ran out. */
export const guestWhy = { fuel: 1, stack: 4, memory: 8 } as const;

/** What code that is added refers to. */
export interface Gauges {
  readonly fuel: number;
  readonly depth: number;
  readonly why: number;
  /** The function that does `memory.grow`. */
  readonly grow: number;
  /** Functions below that number are the host's. */
  readonly imported: number;
  readonly signatures: Signatures;
  /** The type, among those of the module, of a block with the results of a function of several. */
  resultType(type: FunctionType): number;
}

/** Slots of a frame of the native stack for which a call counts once more. */
const FRAME_SLOTS = 16;

/**
 * A body with fuel, depth and canonical NaNs. Fuel is taken before each straight run of instructions, and for what
 * is filled and copied. A call takes 1 of the depth, more where the function has many locals and operands, and gives it back
 * when it returns; a function that calls no other of the module takes only what is more, as nothing nests in it.
 */
export function meter(body: Body, where: string, own: FunctionType, gauges: Gauges): Body {
  const { nests, needs } = survey(body, where, gauges);
  const costs = costsOf(body, where);
  const count = localCount(own, body);
  const spare = needs.map((what) => (typeof what === "number" ? what : type.v128));
  const locals: readonly number[] = [type.i32, ...new Set(spare)];
  const localOf = (what: number): number => count + locals.indexOf(what);
  const fuel: Charge = { counter: gauges.fuel, local: count, past: (out) => stop(out, gauges.why, guestWhy.fuel) };
  const slots = frameSlots(own, body, where, gauges.signatures) + locals.length;
  const frame = Math.floor(slots / FRAME_SLOTS);
  const taken = frame + (nests ? 1 : 0);
  let open = 0;
  /** What the instruction before left on the stack, still to be made canonical. */
  let left: Canonical | undefined;
  return rewrite(body, where, locals, (to) => {
    const { code, start } = to.at;
    if (left !== undefined && !absorbs(code, left))
      canonicalise(to.before(), left, localOf(typeof left === "number" ? left : type.v128));
    left = resultOf(code);
    if (start === body.at && taken > 0) enter(to.out, taken, own, count, gauges);
    const cost = costs.get(start);
    if (cost !== undefined) charge(to.before(), cost, fuel);
    if (opensBlock(code)) open++;
    else if (code === op.end && open-- === 0 && taken > 0) leave(to.behind(), taken, gauges).byte(op.end);
    else if (taken > 0 && code === op.return) to.instead().byte(op.br).u32(open);
    else if (taken > 0 && (code === op.returnCall || code === op.returnCallIndirect)) leave(to.before(), taken, gauges);
    else replaceBulk(to, fuel, gauges);
  });
}

/** Whether it calls functions of the module, and what it makes canonical. */
function survey(body: Body, where: string, gauges: Gauges): { nests: boolean; needs: readonly Canonical[] } {
  const needs = new Set<Canonical>();
  let nests = false;
  const at = instructionsOf(body, where);
  while (at.next()) {
    const what = resultOf(at.code);
    if (what !== undefined) needs.add(what);
    nests ||= at.code === op.callIndirect || at.code === op.returnCallIndirect;
    nests ||= (at.code === op.call || at.code === op.returnCall) && at.first >= gauges.imported;
  }
  return { nests, needs: [...needs] };
}

/** Takes the depth, and opens a block that returning jumps behind. */
function enter(out: Writer, taken: number, own: FunctionType, local: number, gauges: Gauges): void {
  charge(out, taken, { counter: gauges.depth, local, past: (to) => stop(to, gauges.why, guestWhy.stack) });
  out.byte(op.block);
  const { results } = own;
  if (results.length > 1) out.s32(gauges.resultType(own));
  else out.byte(results[0] ?? type.none);
}

function leave(out: Writer, taken: number, { depth }: Gauges): Writer {
  return out.byte(op.globalGet).u32(depth).byte(op.i32Const).s32(taken).byte(op.i32Add).byte(op.globalSet).u32(depth);
}

/** What works on whole memories. Segments stay as they are, so that instances differ in nothing but memory and globals. */
function replaceBulk(to: Rewriting, fuel: Charge, { grow }: Gauges): void {
  const { code } = to.at;
  if (code === op.memoryCopy || code === op.memoryFill || code === op.memoryInit) chargeBytes(to.before(), fuel);
  else if (code === op.memoryGrow) to.instead().byte(op.call).u32(grow);
  else if (code === op.dataDrop || code === op.elemDrop) to.instead();
}
