import { operands, type Plan } from "./plan.ts";

/**
 * Whether a program is written for eight rows at a time. Then each instruction comes twice, for four rows and the next four, so that an
 * engine which looks for such pairs (V8's revectorizer) makes one instruction on 256 bits of both. It does so for
 * what a pair of stores to following addresses depends on, if it knows all of it: numbers of 32 bits in columns of their own, no
 * integer division, no shift by numbers that differ from row to row, nothing that visits other entities. What is computed in rare
 * cases only may be anything.
 */
export function isWide(plan: Plan): boolean {
  const { program, call, loops, regions } = plan;
  const { nodes, buffers, stores, gathers } = program;
  if (loops.size + gathers.length > 0 || stores.length === 0) return false;
  if (stores.some(({ buffer }) => buffers[buffer]!.lanes > 1)) return false;
  return nodes.every((node) => {
    const { op, type, value, args } = node;
    if (regions[node.id] === call || regions[node.id]!.kind === "rare") return true;
    if (type === "f64" || op === "alive" || op === "fetch") return false;
    if (op === "load") return buffers[value >>> 16]!.lanes === 1;
    if (op === "div") return type === "f32";
    if (op === "shl" || op === "shr") return args[1]!.op === "const" || regions[args[1]!.id] === call;
    return operands(node).every((arg) => arg.type !== "f64" || regions[arg.id] === call);
  });
}
