import { operands, type Plan } from "./plan.ts";

/**
 * What an engine that makes one vector of 256 bits of two (V8's revectorizer) can make pairs of. It looks for pairs of stores
 * to following addresses, and behind them as far as it knows all operations.
 *
 * - `rows`: eight rows at a time, each instruction once for four and once for the next four. All numbers are of 32 bits;
 *   columns that are stored have single numbers; no integer is divided, or shifted by what differs from row to row.
 * - `parts`: four rows at a time, of which numbers of 64 bits take two vectors anyway.
 *
 * What is computed in rare cases only may be anything. Undefined if it is neither, or looks at other entities by name: V8 13 once lost
 * half of a vector there, and it would gain nothing.
 */
export function pairsOf(plan: Plan): "rows" | "parts" | undefined {
  const { program, call, loops, regions } = plan;
  const { nodes, buffers, stores, gathers } = program;
  const near = loops.size > 0;
  if (gathers.length > 0) return undefined;
  if (!near && (stores.length === 0 || stores.some(({ buffer }) => buffers[buffer]!.lanes > 1))) return undefined;
  const inWords = nodes.every((node) => {
    const { op, type, value, args } = node;
    if (regions[node.id] === call || regions[node.id]!.kind === "rare") return true;
    if (type === "f64") return false;
    if (op === "load") return near || buffers[value >>> 16]!.lanes === 1;
    if (op === "div") return type === "f32";
    if (op === "shl" || op === "shr") return args[1]!.op === "const" || regions[args[1]!.id] === call;
    return operands(node).every((arg) => arg.type !== "f64" || regions[arg.id] === call);
  });
  if (inWords) return "rows";
  return !near && stores.some(({ value }) => value.type === "f64") ? "parts" : undefined;
}
