import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { HALF_PI, PI } from "./arctangent.ts";
import { expressions, polynomial } from "./expression.ts";

/** From here on by asin a = pi/2 - 2 asin sqrt((1 - a) / 2). Above cos 1, where the second part is below 1 and so more exact. */
const LARGE = 0.5625;

/** asin a = a + a^3 A(a^2), within 2^-28.9 up to {@link LARGE}; minimax by Remez' exchange, coefficients rounded one after the other. */
const ARCSINE = [
  0.16666631400585175, 0.07502097636461258, 0.04423220083117485, 0.03401068598031998, 0.006742904894053936,
  0.047483429312705994,
];

/** Whether the size of an f32 is large, and the arcsine of that, or of the root by which it is found. */
function parts(graph: Graph, x: Node) {
  const f = expressions(graph);
  const size = f("abs", x);
  const isLarge = f("ge", size, LARGE);
  const square = f("select", isLarge, f("mul", f("sub", 1, size), 0.5), f("mul", size, size));
  const sine = f("select", isLarge, f("sqrt", square), size);
  const angle = f("add", sine, f("mul", f("mul", sine, square), polynomial(graph, square, ARCSINE)));
  return { isLarge, angle, twice: f("add", angle, angle) };
}

/** The angle from -pi/2 to pi/2 with the sine x, an f32; NaN beyond 1. */
export function asin(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const { isLarge, angle, twice } = parts(graph, x);
  return f("copysign", f("select", isLarge, f("sub", HALF_PI[0], f("sub", twice, HALF_PI[1])), angle), x);
}

/** The angle from 0 to pi with the cosine x, an f32; NaN beyond 1. */
export function acos(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const { isLarge, angle, twice } = parts(graph, x);
  const far = f("select", f("lt", x, 0), f("sub", PI[0], f("sub", twice, PI[1])), twice);
  return f("select", isLarge, far, f("sub", HALF_PI[0], f("sub", f("copysign", angle, x), HALF_PI[1])));
}
