import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { BIAS, exponentialOfRest, splitExponent } from "./exponential.ts";
import { expressions, polynomial } from "./expression.ts";

/** Up to here by a polynomial. */
const SMALL = 0.6;
/** From here on the nearest f32 is 1. */
const LARGE = 9.5;

/** tanh x = x + x^3 T(x^2), within 2^-28.4 up to {@link SMALL}; minimax by Remez' exchange, coefficients rounded one after the other. */
const TANGENT = [
  -0.33333298563957214, 0.13331936299800873, -0.05378471687436104, 0.02079862542450428, -0.005897966679185629,
];

/** Hyperbolic tangent of an f32. */
export function tanh(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const size = f("abs", x);
  const square = f("mul", size, size);
  const near = f("add", size, f("mul", f("mul", size, square), polynomial(graph, square, TANGENT)));
  // 1 - 2 / (e^2x + 1)
  const { rest, bits } = splitExponent(graph, f("min", f("add", size, size), 2 * LARGE), BIAS);
  const power = graph.bits("f32", f("shl", bits, 23));
  const far = f("sub", 1, f("div", 2, f("add", f("mul", exponentialOfRest(graph, rest), power), 1)));
  return f("copysign", f("select", f("lt", size, SMALL), near, far), x);
}
