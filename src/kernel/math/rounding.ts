import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { expressions } from "./expression.ts";

/** The nearest integer of an f32 or f64, ties upwards, with the sign that JavaScript gives to 0. */
export function round(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const up = f("ceil", x);
  return f("select", f("gt", f("sub", up, 0.5), x), f("sub", up, 1), up);
}

/** -1, 1, or the number itself if it is a zero or NaN; of any type but bool. */
export function sign(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  if (x.type === "u32") return f("min", x, 1);
  if (x.type === "i32") return f("max", f("min", x, 1), -1);
  return f("select", f("gt", x, 0), 1, f("select", f("lt", x, 0), -1, x));
}
