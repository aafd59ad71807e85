import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions, polynomial } from "./expression.ts";

/** atan a = a + a^3 A(a^2), within 2^-28.1 up to 1; minimax by Remez' exchange, coefficients rounded one after the other. */
const ARCTANGENT = [
  -0.33333298563957214, 0.1999852955341339, -0.14264042675495148, 0.10951543599367142, -0.08403550088405609,
  0.057998981326818466, -0.031259261071681976, 0.010978777892887592, -0.0018121555913239717,
];
/** pi/2 and pi, each as the sum of two f32. */
export const HALF_PI = [1.5707963705062866, -4.371139000186241e-8] as const;
export const PI = [3.1415927410125732, -8.742278000372482e-8] as const;

/** The angle of the point (x, y) from the positive x axis, both f32, from -pi to pi. */
export function atan2(graph: Graph, y: Node, x: Node): Node {
  const f = expressions(graph);
  const [width, height] = [f("abs", x), f("abs", y)];
  const steep = f("gt", height, width);
  const short = f("select", steep, width, height);
  const long = f("select", steep, height, width);
  const quotient = f("div", short, long);
  // 0/0 is 0 here, and infinity by infinity 1.
  const equal = graph.apart(`atan2 ${y.id} ${x.id}`, () => {
    const same = f("select", f("gt", long, 0), graph.constant("f32", 1), 0);
    return f("select", f("eq", short, long), same, Number.NaN);
  });
  const ratio = f("rare", f("ne", quotient, quotient), equal, quotient);
  const square = f("mul", ratio, ratio);
  const flat = f("add", ratio, f("mul", f("mul", ratio, square), polynomial(graph, square, ARCTANGENT)));
  const turned = f("select", steep, f("sub", HALF_PI[0], f("sub", flat, HALF_PI[1])), flat);
  const left = f("lt", graph.bits("i32", x), 0);
  const angle = f("select", left, f("sub", PI[0], f("sub", turned, PI[1])), turned);
  return f("copysign", angle, y);
}

/** The angle from -pi/2 to pi/2 with the tangent x, an f32. */
export function atan(graph: Graph, x: Node): Node {
  return atan2(graph, x, graph.constant("f32", 1));
}
