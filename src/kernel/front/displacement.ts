import type { Graph } from "../graph.ts";
import type { Loop, Node } from "../node.ts";

/** f32: from a neighbour to the row's entity along one axis, both where the index has them. */
export function displacement(graph: Graph, loop: Loop, axis: "dx" | "dy"): Node {
  const [self, other] = axis === "dx" ? (["selfX", "otherX"] as const) : (["selfY", "otherY"] as const);
  return graph.op("sub", graph.leaf(loop, self), graph.leaf(loop, other));
}

/** f32: the square of the distance between them. */
export function distanceSquared(graph: Graph, loop: Loop): Node {
  const [dx, dy] = [displacement(graph, loop, "dx"), displacement(graph, loop, "dy")];
  return graph.op("add", graph.op("mul", dx, dx), graph.op("mul", dy, dy));
}
