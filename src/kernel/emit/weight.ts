import type { Node, Op } from "../node.ts";

/** Instructions on a vector that an operation takes, about; quotients and roots wait as long as several. */
export function weightOf({ op, type, args }: Node): number {
  const isInteger = type === "i32" || type === "u32";
  if (op === "div") return isInteger ? 20 : type === "f64" ? 12 : 5;
  if ((op === "shl" || op === "shr") && args[1]!.op !== "const") return 16;
  if (op === "convert") return args[0]!.type === "f64" || type === "f64" ? 6 : 3;
  return (WEIGHTS[op] ?? 1) * (type === "f64" ? 2 : 1);
}

const WEIGHTS: Readonly<Partial<Record<Op, number>>> = {
  const: 0,
  uniform: 0,
  sqrt: 5,
  min: 3,
  max: 3,
  alive: 14,
  fetch: 14,
};
