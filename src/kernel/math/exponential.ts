import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions, polynomial, ROUNDER } from "./expression.ts";

/** ln 2 = the sum: 15 bits, so that products with exponents are exact, and 24 more. */
export const LN2 = [0.693145751953125, 0.000001428606765330187] as const;

/** e^r = 1 + r + r^2 E(r), within 2^-28.2 for r within (ln 2)/2; minimax by Remez' exchange, coefficients rounded one after the other. */
const EXPONENTIAL = [
  0.4999999403953552, 0.16666516661643982, 0.041668105870485306, 0.008369140326976776, 0.0013836747966706753,
];

/** e to an f32. */
export function exp(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  // Beyond, the result is 0 or infinite.
  const { rest, bits } = splitExponent(graph, f("min", f("max", x, -104), 89), 2 * BIAS);
  return scaled(graph, exponentialOfRest(graph, rest), bits);
}

/** Of the exponent of an f32. */
export const BIAS = 127;

/** An f32 as `n ln 2 + rest`; `bits` is i32, and its lowest nine bits are n + `bias`. For |n| below 2^9. */
export function splitExponent(graph: Graph, x: Node, bias: number): { readonly rest: Node; readonly bits: Node } {
  const f = expressions(graph);
  const sum = f("add", f("mul", x, Math.LOG2E), ROUNDER + bias);
  const count = f("sub", sum, ROUNDER + bias);
  return { rest: LN2.reduce((rest, part) => f("sub", rest, f("mul", count, part)), x), bits: graph.bits("i32", sum) };
}

/** e to an f32 within (ln 2)/2 and a little. */
export function exponentialOfRest(graph: Graph, rest: Node): Node {
  const f = expressions(graph);
  const end = f("mul", f("mul", rest, rest), polynomial(graph, rest, EXPONENTIAL));
  return f("add", f("add", rest, end), 1);
}

/**
 * An f32 times 2^n, in two steps that are rounded once, for |n| up to 250: `bits` is n + 2 * {@link BIAS} plus a number
 * whose lowest ten bits are 0, such as the bits of {@link ROUNDER}.
 */
export function scaled(graph: Graph, value: Node, bits: Node): Node {
  const f = expressions(graph);
  const half = f("shr", bits, 1);
  const power = (n: Node): Node => graph.bits("f32", f("shl", n, 23));
  return f("mul", f("mul", value, power(half)), power(f("sub", bits, half)));
}
