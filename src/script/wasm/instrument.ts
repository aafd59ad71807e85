import { WorldloomError } from "../../core/errors.ts";
import { wasm } from "../../native/wasm.ts";
import { Writer } from "./binary.ts";
import { type Gauges, guestWhy, meter } from "./meter.ts";
import { type Body, decodeModule, encodeModule, type FunctionType, importCount, type WasmModule } from "./module.ts";
import { op, type } from "./opcode.ts";
import { checkGuest } from "./policy.ts";
import { settle, stop } from "./rewrite.ts";
import { signaturesOf } from "./stack.ts";

/** Globals that instrumented modules export, all i32 and mutable. */
const gaugeNames = ["fuel", "depth", "why"] as const;
/** The function that a module's start function is exported as. */
export const START = "__start";
/** With a number from 0 on: the mutable globals that the module has, in order. */
export const GLOBAL_PREFIX = "__global_";

export interface GuestOptions {
  /** Pages of 64 KiB that its memory may grow to; the module's own limit counts as well. */
  readonly pagesMax: number;
}

/**
 * A module that keeps to budgets, and behaves the same on every machine. It exports besides its own things `memory`,
 * {@link gaugeNames}, its mutable globals, and {@link START} where it has a start function, which does not run by itself.
 *
 * - `fuel` counts down by 1 an instruction, before each straight run of them; by 1 more for 16 bytes filled or copied, and by
 *   4,096 for a page of memory. Below zero it traps: `fuel` of n lets n units run.
 * - `depth` counts down by calls that are open (see {@link meter}), so that V8's own stack never decides.
 * - `why`: bits of {@link guestWhy}, set before a trap of these.
 *
 * Memory is declared with its limit, for which V8 reserves addresses at once. Growing past the limit gives -1; if it gives
 * -1 below, the machine is out of memory, and that traps, as no program may see it. All state is `memory` and globals.
 *
 * Throws `script-invalid`, with function and byte where it can, for what is malformed or has what guests may not have: other
 * memories than one of its own, threads, relaxed SIMD, exceptions, changes of tables, globals without numbers.
 */
export function instrument(bytes: Uint8Array<ArrayBuffer>, { pagesMax }: GuestOptions): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  if (!wasm.validate(bytes)) throw invalid(bytes);
  checkGuest(module, pagesMax);
  exportState(module);
  const types = module.functions.map((index) => module.types[index]!);
  const gauges = addGauges(module);
  for (const [index, body] of module.bodies.entries()) {
    module.bodies[index] = meter(body, `function ${gauges.imported + index}`, types[index]!, gauges);
  }
  const memory = module.memories[0];
  if (memory !== undefined) {
    const maximum = Math.min(memory.maximum ?? pagesMax, pagesMax);
    module.memories[0] = { ...memory, maximum };
    module.functions.push(typeIndex(module, [type.i32], [type.i32]));
    module.bodies.push(growBody(maximum, gauges));
  }
  return encodeModule({ ...module, start: undefined });
}

function invalid(bytes: Uint8Array<ArrayBuffer>): WorldloomError {
  let cause: unknown;
  try {
    new wasm.Module(bytes);
  } catch (error) {
    cause = error;
  }
  const said = cause instanceof Error ? cause.message.replace(/^WebAssembly\.Module\(\): /, "") : "";
  return new WorldloomError("script-invalid", `not a valid module: ${said}; build it again`, {}, cause);
}

/** Exports all that decides what the module will do. */
function exportState(module: WasmModule): void {
  const { exports } = module;
  if (module.memories.length > 0 && !exports.some(({ name }) => name === "memory")) {
    exports.push({ name: "memory", kind: "memory", index: 0 });
  }
  let count = 0;
  for (const [index, { mutable }] of module.globals.entries()) {
    if (mutable) exports.push({ name: `${GLOBAL_PREFIX}${count++}`, kind: "global", index });
  }
  if (module.start !== undefined) exports.push({ name: START, kind: "function", index: module.start });
}

function addGauges(module: WasmModule): Gauges {
  const [fuel, depth, why] = gaugeNames.map((name) => {
    const index = module.globals.length;
    const init = new Writer(8).byte(op.i32Const).s32(0).byte(op.end).written;
    module.globals.push({ type: type.i32, mutable: true, init });
    module.exports.push({ name, kind: "global", index });
    return index;
  }) as [number, number, number];
  const signatures = signaturesOf(module);
  return {
    fuel,
    depth,
    why,
    grow: signatures.functions.length,
    imported: importCount(module, "function"),
    signatures,
    resultType: ({ results }) => typeIndex(module, [], results),
  };
}

function typeIndex({ types }: WasmModule, parameters: readonly number[], results: readonly number[]): number {
  const same = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((x, i) => x === b[i]);
  const found = types.findIndex((item) => same(item.parameters, parameters) && same(item.results, results));
  return found >= 0 ? found : types.push({ parameters, results } satisfies FunctionType) - 1;
}

const PAGE_COST_SHIFT = 12;

/** `memory.grow` of a number of pages, up to a limit. */
function growBody(maximum: number, { fuel, why }: Gauges): Body {
  const out = new Writer(128);
  const left = 1;
  out.byte(op.localGet).u32(0).byte(op.i32Const).s32(maximum).byte(op.memorySize).byte(0).byte(op.i32Sub);
  out.byte(op.i32GtU).byte(op.if).byte(type.none).byte(op.i32Const).s32(-1).byte(op.return).byte(op.end);
  out.byte(op.globalGet).u32(fuel).byte(op.localGet).u32(0).byte(op.i32Const).s32(PAGE_COST_SHIFT).byte(op.i32Shl);
  out.byte(op.i32Sub);
  settle(out, { counter: fuel, local: left, past: (to) => stop(to, why, guestWhy.fuel) });
  out.byte(op.localGet).u32(0).byte(op.memoryGrow).byte(0).byte(op.localTee).u32(left);
  out.byte(op.i32Const).s32(-1).byte(op.i32Eq).byte(op.if).byte(type.none);
  stop(out, why, guestWhy.memory);
  out.byte(op.end).byte(op.localGet).u32(left).byte(op.end);
  return { locals: [[1, type.i32]], bytes: out.written, at: 0, end: out.length };
}
