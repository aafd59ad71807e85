import type { Graph } from "../graph.ts";
import type { Node, Op } from "../node.ts";

/** Makes the node of an operation; numbers are constants of the type of the other operands. */
export type Expression = (op: Op, ...operands: readonly (Node | number)[]) => Node;

/** A short way to write operations on a graph. One operand at least must be a node; of a choice, the second or third. */
export function expressions(graph: Graph): Expression {
  return (op, ...operands) => {
    const values = op === "select" || op === "rare" ? operands.slice(1) : operands;
    const { type } = values.find((operand) => typeof operand !== "number") as Node;
    const isShift = op === "shl" || op === "shr";
    return graph.op(
      op,
      ...operands.map((operand, i) =>
        typeof operand === "number" ? graph.constant(isShift && i === 1 ? "i32" : type, operand) : operand,
      ),
    );
  };
}

/** `c[0] + x * (c[1] + x * (c[2] + ...))` by Horner's rule. */
export function polynomial(graph: Graph, x: Node, coefficients: readonly number[]): Node {
  const f = expressions(graph);
  let sum = graph.constant(x.type, coefficients.at(-1)!);
  for (let i = coefficients.length - 2; i >= 0; i--) sum = f("add", f("mul", x, sum), coefficients[i]!);
  return sum;
}

/** 1.5 * 2^23: an f32 below 2^22 that is added to it is rounded to an integer, which the low bits of the sum hold. */
export const ROUNDER = 12_582_912;
