import type { Graph } from "../graph.ts";
import type { Node } from "../node.ts";
import { cosineOfRest, type Reduced, reduceLarge, reduceSmall, SMALL, sineOfRest } from "./angle.ts";
import { expressions } from "./expression.ts";

/** Sine of an f32 in radians, whatever its size. */
export function sin(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const angle = f("abs", x);
  const of = (reduced: Reduced): Node => {
    const value = f("select", isEven(graph, reduced.quarter), sineOfRest(graph, reduced), cosineOfRest(graph, reduced));
    const sign = f("xor", graph.bits("i32", x), f("shl", graph.bits("i32", reduced.quarter), 30));
    return flipped(graph, value, sign);
  };
  return f(
    "rare",
    f("gt", angle, SMALL),
    graph.apart(`sin ${x.id}`, () => of(large(graph, angle))),
    of(reduceSmall(graph, angle)),
  );
}

/** Cosine of an f32 in radians; it shares most of the work with the sine of the same. */
export function cos(graph: Graph, x: Node): Node {
  const f = expressions(graph);
  const angle = f("abs", x);
  const of = (reduced: Reduced): Node => {
    const value = f("select", isEven(graph, reduced.quarter), cosineOfRest(graph, reduced), sineOfRest(graph, reduced));
    return flipped(graph, value, f("shl", f("add", graph.bits("i32", reduced.quarter), 1), 30));
  };
  return f(
    "rare",
    f("gt", angle, SMALL),
    graph.apart(`cos ${x.id}`, () => of(large(graph, angle))),
    of(reduceSmall(graph, angle)),
  );
}

export function isEven(graph: Graph, quarter: Node): Node {
  const f = expressions(graph);
  return f("eq", f("and", quarter, 1), 0);
}

/** An f32 with its sign changed where the highest bit of an i32 is set. */
export function flipped(graph: Graph, value: Node, bits: Node): Node {
  const f = expressions(graph);
  return graph.bits("f32", f("xor", graph.bits("i32", value), f("and", bits, -0x80000000)));
}

function large(graph: Graph, angle: Node): Reduced {
  const { quarter, rest } = reduceLarge(graph, angle);
  return { quarter, rest: graph.convert("f32", rest) };
}
