import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { type Reduced, reduceLarge, reduceSmallLong, SMALL_LONG } from "./angle.ts";
import { expressions, polynomial } from "./expression.ts";
import { flipped, isEven } from "./sine.ts";

/** tan r = r + r^3 T(r^2), within 2^-29.5; minimax by Remez' exchange. */
const TANGENT = [
  0.33333349895823744, 0.133326583108305, 0.054060505676117476, 0.02127904749172376, 0.010844195604998342,
  0.00007861126922512366, 0.004381806318711586,
];

/** Tangent of an f32 in radians, whatever its size; in f64 inside, for its slope grows with it. */
export function tan(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const angle = f("abs", x);
  const of = ({ quarter, rest }: Reduced): Node => {
    const square = f("mul", rest, rest);
    const value = f("add", rest, f("mul", f("mul", rest, square), polynomial(graph, square, TANGENT)));
    const even = isEven(graph, quarter);
    const quotient = f("div", f("select", even, value, -1), f("select", even, 1, value));
    return flipped(graph, graph.convert("f32", quotient), graph.bits("i32", x));
  };
  return f(
    "rare",
    f("gt", angle, SMALL_LONG),
    graph.apart(`tan ${x.id}`, () => of(reduceLarge(graph, angle))),
    of(reduceSmallLong(graph, angle)),
  );
}
