import { WorldloomError } from "../../core/errors.ts";
import { type FaultKind, type ScriptFault, ScriptStop } from "../fault.ts";
import { type Entity, ScriptError } from "../host.ts";
import { guestWhy } from "./meter.ts";

/** A call that a guest or its host ended. */
export class Trap {
  readonly kind: FaultKind;
  readonly message: string;
  readonly trace: readonly string[];

  constructor(kind: FaultKind, message: string, trace: readonly string[] = []) {
    this.kind = kind;
    this.message = message;
    this.trace = trace;
  }

  fault(script: string, entity: Entity): ScriptFault {
    const { kind, message, trace } = this;
    return { kind, engine: "wasm", script, entity, message, line: 0, trace };
  }
}

/** What an error that came out of a guest says; throws it again if it is neither the guest's nor a budget's. */
export function trapOf(error: unknown, reasons: number, budgetKind: "instructions" | "instructionsPerTick"): Trap {
  if (error instanceof Trap) return error;
  if (error instanceof ScriptStop) return new Trap(error.kind, error.message, traceOf(error));
  if (error instanceof ScriptError) return new Trap("error", error.message, traceOf(error));
  if (error instanceof WorldloomError || !(error instanceof Error)) throw error;
  // V8 counts its own stack: deeper than the depth that is allowed only in functions with very many locals.
  if (error instanceof RangeError && /call stack/.test(error.message)) return tooDeep(error);
  if (error.name !== "RuntimeError") throw error;
  if (reasons & guestWhy.memory) return tooMuchMemory(traceOf(error));
  if (reasons & guestWhy.stack) return tooDeep(error);
  if (reasons & guestWhy.fuel) return outOfFuel(budgetKind, traceOf(error));
  return new Trap("trap", error.message, traceOf(error));
}

export function outOfFuel(kind: "instructions" | "instructionsPerTick", trace: readonly string[] = []): Trap {
  const whose = kind === "instructions" ? "its call may run" : "all calls of its domain may run in a tick";
  return new Trap(kind, `it ran the instructions that ${whose}`, trace);
}

export function tooMuchMemory(trace: readonly string[] = []): Trap {
  return new Trap("memory", "it has more memory than it may have", trace);
}

function tooDeep(error: Error): Trap {
  return new Trap("stack", "its calls are nested deeper than they may be", traceOf(error));
}

/** Names of the functions that were running, innermost first; where the module has no names, their numbers. */
function traceOf({ stack = "" }: Error): string[] {
  return Array.from(
    stack.matchAll(/^\s+at (?:(\S+) \()?wasm:\/\/[^\s)]*?wasm-function\[(\d+)\]/gm),
    ([, name, number]) => {
      return name === undefined ? `function ${number}` : name.replace(/^[^.]*\./, "");
    },
  );
}
