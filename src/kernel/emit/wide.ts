import type { Frame } from "../frame.ts";
import type { Node } from "../node.ts";
import { operands, type Plan } from "./plan.ts";
import { FRAME, type Values } from "./values.ts";

/**
 * What an engine that makes one vector of 256 bits of two (V8's revectorizer) can make pairs of. It looks for pairs of stores
 * to following addresses, and behind them as far as it knows all operations.
 *
 * - `rows`: eight rows at a time, each instruction once for four and once for the next four. All numbers are of 32 bits;
 *   columns that are stored have single numbers; no integer is divided, or shifted by what differs from row to row.
 * - `parts`: four rows at a time, of which numbers of 64 bits take two vectors anyway.
 *
 * What is computed in rare cases only may be anything. Undefined if it is neither, or looks at other entities by name: V8 13 once lost
 * half of a vector there. What comes after lookups may be a program of its own, see {@link splitOf}.
 */
export function pairsOf(plan: Plan): "rows" | "parts" | undefined {
  const { program, loops, regions } = plan;
  const { nodes, buffers, stores, gathers } = program;
  const near = loops.size > 0;
  if (gathers.length > 0) return undefined;
  if (!near && (stores.length === 0 || stores.some(({ buffer }) => buffers[buffer]!.lanes > 1))) return undefined;
  if (nodes.every((node) => regions[node.id]!.isRare || isInWords(plan, node))) return "rows";
  return !near && stores.some(({ value }) => value.type === "f64") ? "parts" : undefined;
}

/** Whether a node is computed for four rows and the next four by the same instructions. */
function isInWords({ program, call, loops, regions }: Plan, node: Node): boolean {
  const { op, type, value, args } = node;
  if (regions[node.id] === call) return true;
  if (type === "f64") return false;
  if (op === "load") return loops.size > 0 || program.buffers[value >>> 16]!.lanes === 1;
  if (op === "div") return type === "f32";
  if (op === "shl" || op === "shr") return args[1]!.op === "const" || regions[args[1]!.id] === call;
  return operands(node).every((arg) => arg.type !== "f64" || regions[arg.id] === call);
}

/** Registers that V8 has for vectors. */
const REGISTERS = 15;

/**
 * Loads something into every vector register, which zeroes its upper half. V8 leaves what vectors of 256 bits were there, and
 * code with the older instructions of SSE, such as most of V8 itself, is up to 2.3 times as slow as long as it is not zero.
 */
export function clearUpperHalves({ code }: Values, { spare }: Frame): void {
  const locals = Array.from({ length: REGISTERS }, () => code.local("v128"));
  locals.forEach((local, i) => {
    code.get(FRAME);
    code.memory("v128.load32_zero", spare + i);
    code.set(local);
  });
  // All of them are needed at one time, so no two are in one register.
  code.get(FRAME);
  locals.forEach((local, i) => {
    code.get(local);
    if (i > 0) code.op("v128.or");
    code.release(local);
  });
  code.memory("v128.store", spare);
}
